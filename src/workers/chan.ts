/**
 * The maker of channels: chan, and for those between threads (sharedchan.ts) chan.shared and chan.attach. Its declarations are
 * the package's: it names nothing of a group's.
 */
import { CAPACITY_MAX, checkCapacity } from "../runtime/chan.ts";
import { type Chan, chan as makeChan } from "../runtime/channel.ts";
import { PROCS_KIND_CHANNEL } from "../runtime/codes.ts";
import { describe, refuse } from "../runtime/expect.ts";
import { currentRun } from "../runtime/outside.ts";
import type { Codec } from "../runtime/word.ts";
import { groupOf, memberOf } from "./group.ts";
import { CODECS, objectOf, type SharedChan, type SharedName } from "./sharedchan.ts";

function codecName(codec: Codec<never> | undefined): string | null {
  if (codec === undefined) return null;
  if (CODECS.get((codec as Partial<Codec<never>> | null)?.name ?? "") !== (codec as unknown)) {
    const name = (codec as Partial<Codec<never>> | null)?.name;
    throw new TypeError(
      `gobuf: chan.shared: codec ${typeof name === "string" ? name : describe(codec)} is not one of ` +
        `${[...CODECS.keys()].join(", ")}: the other threads have to find it by its name`,
    );
  }
  return codec.name;
}

/** The maker of channels, and what makes those that threads share. */
export interface ChanStatement {
  <T>(capacity?: number): Chan<T>;
  /**
   * Makes a channel that goroutines of several threads share, those of `go.worker` and of a program's own Workers. It does
   * what any channel does, in the same order; values go to the other thread as a structured clone gives them. It is the
   * run's in which it was made: with the end of that run it is over.
   *
   * A value that would not arrive equal is refused by `send`: a function, an instance of a class, a channel of one thread.
   * Shared channels, Mutexes and WaitGroups, and contexts, pass as themselves. EXPERIMENTAL, on Linux.
   *
   * @param capacity as for `chan`. The memory of `capacity` words is taken at once
   * @param codec one of `native.i32`, `u32`, `i64`, `u64`, `f64`: its values go as a word, without a copy. Numbers, booleans,
   *   null and undefined do so without a codec, too
   * @throws PanicError "makechan: size out of range"; TypeError for another codec; Error when no run is under way
   * @example
   * ```ts
   * import { chan, run } from "gobuf";
   *
   * await run(function* main() {
   *   const squares = chan.shared<number>(2);
   *   yield* squares.send(4);
   *   console.log(squares.len, yield* squares.recv()); // 1 4
   * });
   * ```
   */
  readonly shared: <T>(capacity?: number, codec?: Codec<T>) => Chan<T>;
  /**
   * Takes up a shared channel that came to this thread by `postMessage`.
   *
   * @param message what came in the place of the channel
   * @throws TypeError for something else; an Error named RunOverError when the run that made it is over
   * @example
   * ```ts
   * import { chan, run } from "gobuf";
   *
   * await run(function* main() {
   *   const ch = chan.shared<string>(1);
   *   const message: unknown = structuredClone(ch); // as postMessage does
   *   yield* chan.attach<string>(message).send("ant");
   *   console.log(yield* ch.recv()); // ant
   * });
   * ```
   */
  readonly attach: <T>(message: unknown) => Chan<T>;
}

function shared<T>(capacity = 0, codec?: Codec<T>): Chan<T> {
  checkCapacity("chan.shared", capacity);
  const name = codecName(codec as Codec<never> | undefined);
  const member = groupOf(currentRun("chan.shared"), "chan.shared");
  member.meet();
  const handle = member.make(PROCS_KIND_CHANNEL, Math.min(capacity, CAPACITY_MAX), "channel");
  return objectOf(member, { handle, codec: name }) as Chan<T>;
}

function attach<T>(message: unknown): Chan<T> {
  const { shared: name } = (typeof message === "object" && message !== null ? message : {}) as Partial<
    SharedChan<unknown>
  >;
  const cells = name?.group?.cells;
  if (!(cells instanceof Int32Array && cells.buffer instanceof SharedArrayBuffer)) {
    refuse("chan.attach", message, "a channel of chan.shared that came by postMessage");
  }
  return objectOf(memberOf((name as SharedName).group), name as SharedName) as Chan<T>;
}

/**
 * Makes a channel: Go's `make(chan T, capacity)` (makechan in runtime/chan.go). `chan.shared` makes one that threads share.
 *
 * @param capacity how many values it can hold, an integer from 0 (unbuffered: each send waits for a receiver) to 2^31-1
 *   Memory grows with what is in it, and not with the capacity
 * @throws PanicError "makechan: size out of range"; TypeError for what is no number
 * @example
 * ```ts
 * const replies = chan<number>();
 * go(function* () {
 *   yield* replies.send(42);
 * });
 * console.log(yield* replies.recv()); // 42
 * ```
 */
export const chan: ChanStatement = Object.assign(makeChan, { shared, attach });
