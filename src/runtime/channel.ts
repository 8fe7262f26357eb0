/**
 * Channels as programs hold them: the class Chan and its ends, over the hchan of chan.ts.
 */
import type { Go } from "./body.ts";
import {
  chancap,
  chanlen,
  chanrecv,
  chansend,
  checkCapacity,
  closechan,
  Hchan,
  recvContinue,
  recvOkContinue,
} from "./chan.ts";
import { getg, mp, type Op, opPending, opReady } from "./m.ts";
import { spawn } from "./spawn.ts";

/**
 * The sending end of a channel: `chan<- T`.
 *
 * @example
 * ```ts
 * function* count(to: SendChan<number>): Go {
 *   for (let n = 0; n < 3; n++) yield* to.send(n);
 *   to.close();
 * }
 * go(count, chan<number>(3));
 * ```
 */
export interface SendChan<in T> {
  send(value: T): Op<void>;
  sendAsync(value: T): Promise<void>;
  close(): void;
  readonly len: number;
  readonly cap: number;
}

/**
 * The receiving end of a channel: `<-chan T`.
 *
 * @example
 * ```ts
 * function* sum(from: RecvChan<number>): Go<number> {
 *   let total = 0;
 *   for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) total += n;
 *   return total;
 * }
 * const numbers = chan<number>(2);
 * yield* numbers.send(40);
 * yield* numbers.send(2);
 * numbers.close();
 * console.log(yield* sum(numbers)); // 42
 * ```
 */
export interface RecvChan<out T> {
  recv(): Op<T | undefined>;
  recvOk(): Op<Received<T>>;
  recvAsync(): Promise<T | undefined>;
  recvOkAsync(): Promise<Received<T>>;
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
  readonly len: number;
  readonly cap: number;
}

/**
 * A value and true, or undefined and false once the channel is closed and empty: `v, ok := <-ch`.
 *
 * @example
 * ```ts
 * const words = chan<string>(1);
 * yield* words.send("ant");
 * words.close();
 * const first: Received<string> = yield* words.recvOk();
 * const second: Received<string> = yield* words.recvOk();
 * console.log(first, second); // [ 'ant', true ] [ undefined, false ]
 * ```
 */
export type Received<T> = [value: T, ok: true] | [value: undefined, ok: false];

/**
 * A channel: `chan T`, made by {@link chan}.
 *
 * @typeParam T what it carries
 * @example
 * ```ts
 * const ch: Chan<string> = chan<string>(2);
 * yield* ch.send("ant");
 * console.log(ch.len, ch.cap); // 1 2
 * ch.close();
 * console.log(yield* ch.recvOk(), yield* ch.recvOk()); // [ 'ant', true ] [ undefined, false ]
 * ```
 */
export class Chan<in out T> extends Hchan implements SendChan<T>, RecvChan<T> {
  /** Values in the buffer: `len(ch)`. */
  get len(): number {
    return this.source === null ? chanlen(this) : 0;
  }

  /** Size of the buffer: `cap(ch)`. The one of a timer's channel does not count. */
  get cap(): number {
    return this.source === null ? chancap(this) : 0;
  }

  /** Sends: `ch <- value`. @throws PanicError "send on closed channel" */
  send(value: T): Op<void> {
    return chansend(getg("send"), this, value) ? opReady<void>(undefined) : opPending();
  }

  /** Receives: `<-ch`. Gives undefined once the channel is closed and empty. */
  recv(): Op<T | undefined> {
    return chanrecv(getg("recv"), this, recvContinue) ? opReady(mp.elem as T) : opPending();
  }

  /** Receives: `v, ok := <-ch`. */
  recvOk(): Op<Received<T>> {
    if (!chanrecv(getg("recvOk"), this, recvOkContinue)) return opPending();
    return opReady(mp.ok ? [mp.elem as T, true] : [undefined, false]);
  }

  /** Sends, from ordinary async code, in the run under way. Rejects with PanicError "send on closed channel". */
  sendAsync(value: T): Promise<void> {
    return spawn(sendAsync<T>, this, value);
  }

  /** Receives, from ordinary async code, in the run under way. */
  recvAsync(): Promise<T | undefined> {
    return spawn(recvAsync<T>, this);
  }

  /** Receives, from ordinary async code, in the run under way: `v, ok := <-ch`. */
  recvOkAsync(): Promise<Received<T>> {
    return spawn(recvOkAsync<T>, this);
  }

  /** Receives until the channel is closed: `for (const v of ch)` of async code. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const [value, ok] = await this.recvOkAsync();
      if (!ok) return;
      yield value;
    }
  }

  /** Closes: `close(ch)`. @throws PanicError "close of closed channel", "close of nil channel" */
  close(): void {
    closechan(this);
  }
}

// The goroutines of the async methods: reports tell of them by these names.

function* sendAsync<T>(c: Chan<T>, value: T): Go {
  yield* c.send(value);
}

function* recvAsync<T>(c: Chan<T>): Go<T | undefined> {
  return yield* c.recv();
}

function* recvOkAsync<T>(c: Chan<T>): Go<Received<T>> {
  return yield* c.recvOk();
}

/**
 * A channel that is nil: sends and receives on it block forever, select never chooses it. It stands in for a channel of
 * any type, at either end.
 *
 * @example
 * ```ts
 * // A select that is to listen to one of two channels only.
 * const words = chan<string>(1);
 * yield* words.send("ant");
 * let quiet = false;
 * const r = yield* select([recvCase(quiet ? nilchan : words), recvCase(after(10))]);
 * quiet = r.index === 0;
 * ```
 */
export const nilchan = new Chan<never>(0, true) as Chan<never> & SendChan<unknown>;

/**
 * Makes a channel: `make(chan T, capacity)`.
 *
 * @param capacity 0 (unbuffered) to 2^31-1
 * @throws PanicError "makechan: size out of range"
 * @example
 * ```ts
 * const replies = chan<number>();
 * go(function* () {
 *   yield* replies.send(42);
 * });
 * console.log(yield* replies.recv()); // 42
 * ```
 */
export function chan<T>(capacity = 0): Chan<T> {
  checkCapacity(capacity);
  return new Chan<T>(capacity);
}
