/** Channels of 64-bit words, which goroutines in TypeScript, C and Zig share. */
import { checkCapacity } from "../runtime/chan.ts";
import { Chan } from "../runtime/channel.ts";
import { type ChanUse, ownerNow, owners, refuseOther } from "../runtime/foreign.ts";
import type { Op } from "../runtime/m.ts";
import { type Codec, word } from "../runtime/word.ts";
import type { World } from "../runtime/world.ts";

class WordChan<in out T> extends Chan<T> {
  private readonly owner: World | null = owners === 0 ? null : ownerNow();

  constructor(codec: Codec<T>, capacity: number) {
    super(capacity);
    this.codec = codec as Codec<unknown>;
  }

  override checkUse(use: ChanUse): void {
    if (this.owner !== null) refuseOther(this.owner, use);
  }

  override send(value: T): Op<void> {
    (this.codec as Codec<unknown>).toWord(value, word);
    return super.send(value);
  }
}

/**
 * Makes a channel on which TypeScript sends and receives values, and native bodies 64-bit words: Go's
 * `make(chan T, capacity)` with a codec that says how a T is a word.
 *
 * A channel of `chan` can be used by native bodies, too: a word is a number, or a BigInt from 2^53 on; sent to a body,
 * an integer, a BigInt of 64 bits, a boolean or undefined (0) is a word.
 *
 * @param codec `native.i32`, `u32`, `f64`, `i64`, `u64`, or one of your own ({@link Codec})
 * @param capacity 0 (unbuffered) to 2^31-1
 * @throws PanicError "makechan: size out of range"; `send` and `sendCase` throw one for a value that the codec refuses
 * @example
 * ```ts
 * const squares = native.chan(native.f64, 1);
 * yield* squares.send(2.25);
 * console.log(yield* squares.recv()); // 2.25
 * ```
 */
export function chan<T>(codec: Codec<T>, capacity = 0): Chan<T> {
  checkCapacity("native.chan", capacity);
  return new WordChan(codec, capacity);
}
