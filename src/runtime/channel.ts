/**
 * Channels as programs hold them: the class Chan and its ends, over the hchan of chan.ts.
 */
import { AsyncValues } from "./asyncvalues.ts";
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
  tryRecv,
  trySend,
} from "./chan.ts";
import { type ChanUse, ownerNow, owners, refuseOther, refuseOutside } from "./foreign.ts";
import { callDone, checkFatal, getg, mp, type Op, opPending, opReady } from "./m.ts";
import { mayOutside } from "./outside.ts";
import { spawnOwn, spawnSend } from "./spawn.ts";
import { type World, whenSeveralWorlds } from "./world.ts";

/**
 * The sending end of a channel: Go's `chan<- T`. {@link Chan} says what the methods do.
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
  /** {@link Chan.send} */
  send(value: T): Op<void>;
  /** {@link Chan.sendAsync} */
  sendAsync(value: T): Promise<void>;
  /** {@link Chan.close} */
  close(): void;
  /** {@link Chan.len} */
  readonly len: number;
  /** {@link Chan.cap} */
  readonly cap: number;
}

/**
 * The receiving end of a channel: Go's `<-chan T`. {@link Chan} says what the methods do.
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
  /** {@link Chan.recv} */
  recv(): Op<T | undefined>;
  /** {@link Chan.recvOk} */
  recvOk(): Op<Received<T>>;
  /** {@link Chan.recvAsync} */
  recvAsync(): Promise<T | undefined>;
  /** {@link Chan.recvOkAsync} */
  recvOkAsync(): Promise<Received<T>>;
  /** Receives until the channel is closed and empty: `for await`. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
  /** {@link Chan.len} */
  readonly len: number;
  /** {@link Chan.cap} */
  readonly cap: number;
}

/**
 * What `recvOk` gives, Go's `v, ok := <-ch`: a value and true; or undefined and false when the channel is closed and
 * empty.
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
 * A channel: Go's `chan T` (hchan in runtime/chan.go). {@link chan} makes it.
 *
 * The methods that return an {@link Op} are for goroutines, with `yield*`; outside a goroutine they throw an Error.
 * Those whose names end in Async are for ordinary async code: a goroutine of the run under way carries them out. They
 * reject with Error when no run is under way, and with an Error named RunOverError when the run ends first.
 *
 * @typeParam T what it carries. A channel of a type with `undefined` needs `recvOk` to tell a value from the end
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
  /** The bubble in which it was made. @internal */
  get bubble(): World | null {
    return null;
  }

  /** Refuses a goroutine that it is not for. @internal */
  checkUse(_use: ChanUse): void {}

  /** How many values the buffer holds: Go's `len(ch)`. Always 0 for a timer's channel. */
  get len(): number {
    return this.source === null ? chanlen(this) : 0;
  }

  /** The size of the buffer: Go's `cap(ch)`. Always 0 for a timer's channel. */
  get cap(): number {
    return this.source === null ? chancap(this) : 0;
  }

  /**
   * Sends a value, Go's `ch <- value` (chansend in runtime/chan.go): waits until a receiver takes it, or until the
   * buffer has room.
   *
   * @throws PanicError "send on closed channel"
   */
  send(value: T): Op<void> {
    return chansend(getg("send"), this, value) ? opReady<void>(undefined) : opPending();
  }

  /**
   * Receives a value, Go's `<-ch` (chanrecv in runtime/chan.go). Gives undefined when the channel is closed and empty.
   */
  recv(): Op<T | undefined> {
    return chanrecv(getg("recv"), this, recvContinue) ? opReady(mp.elem as T) : opPending();
  }

  /** Receives a value, and whether there was one: Go's `v, ok := <-ch`. */
  recvOk(): Op<Received<T>> {
    if (!chanrecv(getg("recvOk"), this, recvOkContinue)) return opPending();
    return opReady(mp.ok ? [mp.elem as T, true] : [undefined, false]);
  }

  /**
   * {@link send} for ordinary async code: at once where a receiver waits or the buffer has room. Rejects with PanicError
   * "send on closed channel"; with RunOverError when the run ends before the value is received.
   */
  sendAsync(value: T): Promise<void> {
    if (this.codec === null && !this.closed && isPlain(this) && mayOutside() && trySend(this, value)) {
      return sent;
    }
    return spawnSend(bodies.sendAsync<T>, this, value);
  }

  /** {@link recv} for ordinary async code: at once where a value is there. */
  recvAsync(): Promise<T | undefined> {
    if (isPlain(this) && mayOutside() && tryRecv(this)) return Promise.resolve(mp.elem as T | undefined);
    return spawnOwn(bodies.recvAsync<T>, this);
  }

  /** {@link recvOk} for ordinary async code: at once where a value is there. */
  recvOkAsync(): Promise<Received<T>> {
    if (isPlain(this) && mayOutside() && tryRecv(this)) {
      return Promise.resolve<Received<T>>(mp.ok ? [mp.elem as T, true] : [undefined, false]);
    }
    return spawnOwn(bodies.recvOkAsync<T>, this);
  }

  /** Receives until the channel is closed and empty, in ordinary async code: `for await (const v of ch)`. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return new AsyncValues<T>(
      () => {
        if (!isPlain(this) || !mayOutside() || !tryRecv(this)) return undefined;
        return mp.ok ? { value: mp.elem as T, done: false } : { value: undefined, done: true };
      },
      () => spawnOwn(bodies.recvOkAsync<T>, this),
    );
  }

  /**
   * Closes the channel, Go's `close(ch)` (closechan in runtime/chan.go): goroutines that wait to receive get undefined,
   * those that wait to send panic. It never waits, and may be called from ordinary code, too.
   *
   * @throws PanicError "close of closed channel", "close of nil channel"
   */
  close(): void {
    checkFatal();
    closechan(this);
    callDone();
  }
}

/** What sendAsync returns where the value is sent at once: one for all of them, for a new one takes 15 ns. */
const sent = Promise.resolve();

/** Whether ordinary code may use a channel by itself: it is no bubble's, and nothing else stands for it or feeds it. */
function isPlain(c: Pick<Chan<unknown>, "source" | "nil" | "bubble">): boolean {
  return c.source === null && !c.nil && c.bubble === null;
}

/** A channel that was made in a bubble, for goroutines of it: hchan.bubble. A class of its own, so that others do not pay. */
class BubbleChan<T> extends Chan<T> {
  constructor(
    capacity: number,
    private readonly owner: World,
  ) {
    super(capacity);
  }

  override get bubble(): World {
    return this.owner;
  }

  override checkUse(use: ChanUse): void {
    refuseOutside(this.owner, `${use} ${use === "close" ? "of" : "on"} synctest channel from outside bubble`);
  }

  override send(value: T): Op<void> {
    this.checkUse("send");
    return super.send(value);
  }

  override recv(): Op<T | undefined> {
    this.checkUse("receive");
    return super.recv();
  }

  override recvOk(): Op<Received<T>> {
    this.checkUse("receive");
    return super.recvOk();
  }

  override close(): void {
    this.checkUse("close");
    super.close();
  }
}

/**
 * A channel that a goroutine made while there was a world with a clock, a seed or a hook of its own. It has no operations of
 * its own: those of {@link Chan} ask once there are several worlds, and while there is one it costs nothing (a trip 9 ns, if
 * each operation compared).
 */
class WorldChan<T> extends Chan<T> {
  constructor(
    capacity: number,
    private readonly owner: World,
  ) {
    super(capacity);
  }

  override checkUse(use: ChanUse): void {
    // A timer is its clock's, whoever receives: as in a bubble, which may use one from outside.
    if (this.source === null) refuseOther(this.owner, use);
  }
}

whenSeveralWorlds(() => {
  const { send, recv, recvOk, close } = Chan.prototype;
  Chan.prototype.send = function (value) {
    this.checkUse("send");
    return send.call(this, value);
  };
  Chan.prototype.recv = function () {
    this.checkUse("receive");
    return recv.call(this);
  };
  Chan.prototype.recvOk = function () {
    this.checkUse("receive");
    return recvOk.call(this);
  };
  Chan.prototype.close = function () {
    this.checkUse("close");
    close.call(this);
  };
});

/** A channel, of the world whose goroutine makes it: makechan. @param capacity a legal one @internal */
export function makechan<T>(capacity: number): Chan<T> {
  if (owners === 0) return new Chan<T>(capacity);
  const owner = ownerNow();
  if (owner === null) return new Chan<T>(capacity);
  return owner.owns ? new BubbleChan<T>(capacity, owner) : new WorldChan<T>(capacity, owner);
}

// TypeScript knows no such method: a loop over a channel does not compile. Where nothing checked the types, it says so.
Object.defineProperty(Chan.prototype, Symbol.iterator, {
  configurable: true,
  value(): never {
    throw new TypeError(
      "gobuf: a channel is no list: write `for (let v = yield* ch.recv(); v !== undefined; v = yield* ch.recv())` in a " +
        "goroutine, and `for await (const v of ch)` in async code",
    );
  },
});

/** The goroutines of the async methods: reports tell of them by these names, which a minifier keeps. */
const bodies = {
  *sendAsync<T>(c: Chan<T>, value: T): Go {
    yield* c.send(value);
  },
  *recvAsync<T>(c: Chan<T>): Go<T | undefined> {
    return yield* c.recv();
  },
  *recvOkAsync<T>(c: Chan<T>): Go<Received<T>> {
    return yield* c.recvOk();
  },
};

/**
 * The nil channel, Go's `var ch chan T`: sends and receives on it wait for ever, `select` never chooses its case,
 * `close` throws. It can stand for a channel of any type, at either end.
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
 * Makes a channel: Go's `make(chan T, capacity)` (makechan in runtime/chan.go).
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
export function chan<T>(capacity = 0): Chan<T> {
  checkCapacity("chan", capacity);
  return makechan<T>(capacity);
}
