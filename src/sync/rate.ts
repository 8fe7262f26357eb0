/**
 * Limiters of how often something happens: golang.org/x/time/rate. A bucket of tokens on the run's clock.
 */
import type { Context } from "../context/types.ts";
import { callDone, checkFatal, getg, type Op, opOwnCall, opReady } from "../runtime/m.ts";
import { recvCase, select } from "../runtime/select.ts";
import { nanotime, now } from "../runtime/time.ts";
import { newTimer } from "../time/timer.ts";

/** Nanoseconds of a second. */
const SECOND = 1e9;

/**
 * A permit for later, from {@link Limiter.reserve}: Go's rate.Reservation (golang.org/x/time/rate).
 *
 * @example
 * ```ts
 * const limiter = new Limiter(10, 1);
 * limiter.allow();
 * const r: Reservation = limiter.reserve();
 * console.log(r.ok, r.delay()); // true 100
 * r.cancel();
 * console.log(limiter.reserve().delay()); // 100
 * ```
 */
export class Reservation {
  /** @internal */
  constructor(
    private readonly limiter: Limiter,
    /** Whether it can be had at all: no more tokens than the burst. If not, nothing is reserved. Go's OK. */
    readonly ok: boolean,
    private readonly tokens: number,
    /** On nanotime's scale. @internal */
    readonly timeToAct: number,
    /** The limit when it was made. */
    private readonly limit: number,
  ) {}

  /** How long to wait before acting, in milliseconds; Infinity when it is not {@link ok}. Go's Delay. */
  delay(): number {
    return this.ok ? Math.max(0, this.timeToAct - nanotime()) / 1e6 : Number.POSITIVE_INFINITY;
  }

  /**
   * Gives the tokens back, as far as later reservations do not count on them: Go's Cancel. Does nothing when it is not
   * {@link ok}, and when the time to act is past.
   */
  cancel(): void {
    checkFatal();
    if (this.ok) this.limiter.restore(this.tokens, this.timeToAct, this.limit);
  }
}

/**
 * Limits how often something happens: a bucket that holds up to `burst` tokens, is full at first, and gets `limit` tokens
 * a second. Go's rate.Limiter (golang.org/x/time/rate), on the run's clock: also on the fake one.
 *
 * `allow` drops what is too much, `wait` delays it, and `reserve` tells how long to delay it.
 *
 * @example
 * ```ts
 * const limiter = new Limiter(10, 2);
 * const start = now();
 * for (let i = 0; i < 4; i++) {
 *   yield* limiter.wait();
 *   console.log(now() - start);
 * }
 * // Output:
 * // 0
 * // 0
 * // 100
 * // 200
 * ```
 */
export class Limiter {
  private bucket: number;
  /** When the bucket was last counted, on nanotime's scale. */
  private last = Number.NEGATIVE_INFINITY;
  /** The latest time to act of all reservations. */
  private lastEvent = Number.NEGATIVE_INFINITY;

  /**
   * Makes a limiter: Go's rate.NewLimiter.
   *
   * @param limitNow tokens a second, from 0; Infinity allows everything, whatever the burst. {@link Limiter.every} makes
   *   one of an interval
   * @param burstNow how many may be taken at once, an integer from 0
   * @throws TypeError for other values
   */
  constructor(
    private limitNow: number,
    private burstNow: number,
  ) {
    checkLimit("new Limiter", limitNow);
    checkCount("new Limiter", "burst", burstNow);
    this.bucket = burstNow;
  }

  /**
   * The limit of one token each `ms` milliseconds; Infinity for 0 and less. Go's rate.Every.
   *
   * @example
   * ```ts
   * console.log(Limiter.every(100), new Limiter(Limiter.every(250), 1).limit); // 10 4
   * ```
   */
  static every(ms: number): number {
    return ms > 0 ? 1000 / ms : Number.POSITIVE_INFINITY;
  }

  /** Tokens a second: Go's Limit. */
  get limit(): number {
    return this.limitNow;
  }

  /** How many may be taken at once: Go's Burst. */
  get burst(): number {
    return this.burstNow;
  }

  /** The tokens that are there now, with fractions; negative when more are reserved than were there. Go's Tokens. */
  tokens(): number {
    return this.advance(nanotime());
  }

  /** Takes a token if one is there: Go's Allow. @returns whether it did */
  allow(): boolean {
    return this.allowN(1);
  }

  /**
   * Takes `n` tokens if they are there: Go's AllowN.
   *
   * @param n an integer from 0
   * @returns whether it did
   * @throws TypeError when `n` is none
   * @example
   * ```ts
   * const limiter = new Limiter(10, 3);
   * console.log(limiter.allowN(3), limiter.allowN(1)); // true false
   * yield* sleep(100);
   * console.log(limiter.allowN(1)); // true
   * ```
   */
  allowN(n: number): boolean {
    checkCount("Limiter.allowN", "n", n);
    checkFatal();
    return this.take(n, nanotime(), 0).ok;
  }

  /** {@link reserveN} of one token: Go's Reserve. */
  reserve(): Reservation {
    return this.reserveN(1);
  }

  /**
   * Takes `n` tokens, also such that are still to come, and tells when to act: Go's ReserveN.
   *
   * @param n an integer from 0
   * @returns a reservation, which is not `ok` when `n` is more than the burst
   * @throws TypeError when `n` is none
   * @example
   * ```ts
   * const limiter = new Limiter(10, 2);
   * for (let i = 0; i < 2; i++) {
   *   const r = limiter.reserveN(2);
   *   yield* sleep(r.delay());
   * }
   * console.log(limiter.reserveN(3).ok); // false
   * ```
   */
  reserveN(n: number): Reservation {
    checkCount("Limiter.reserveN", "n", n);
    checkFatal();
    return this.take(n, nanotime(), Number.POSITIVE_INFINITY);
  }

  /**
   * {@link waitN} for one token: Go's Wait.
   *
   * @throws as {@link waitN}
   */
  wait(ctx?: Context): Op<void> {
    return this.waitN(1, ctx);
  }

  /**
   * Takes `n` tokens, and waits until they are there: Go's WaitN.
   *
   * @param n an integer from 0
   * @param ctx gives the wait up when it is canceled, and the tokens back
   * @throws Error "rate: Wait(n=...) exceeds limiter's burst ...", "rate: Wait(n=...) would exceed context deadline",
   *   both at once; `ctx.err()` when the context is canceled; TypeError when `n` is no integer from 0; Error outside a
   *   goroutine
   * @example
   * ```ts
   * const limiter = new Limiter(10, 5);
   * const [ctx] = context.withTimeout(context.background(), 300);
   * try {
   *   for (;;) {
   *     yield* limiter.waitN(5, ctx);
   *     console.log("five"); // five
   *   }
   * } catch (error) {
   *   console.log(String(error)); // Error: rate: Wait(n=5) would exceed context deadline
   * }
   * ```
   */
  waitN(n: number, ctx?: Context): Op<void> {
    getg("Limiter.wait");
    checkCount("Limiter.waitN", "n", n);
    if (n > this.burstNow && this.limitNow !== Number.POSITIVE_INFINITY) {
      throw new Error(`rate: Wait(n=${n}) exceeds limiter's burst ${this.burstNow}`);
    }
    const canceled = ctx?.err();
    if (canceled !== undefined) throw canceled;
    const deadline = ctx?.deadline();
    const most = deadline === undefined ? Number.POSITIVE_INFINITY : (deadline - now()) * 1e6;
    const r = this.take(n, nanotime(), most);
    if (!r.ok) throw new Error(`rate: Wait(n=${n}) would exceed context deadline`);
    const ms = r.delay();
    return ms === 0 ? opReady<void>(undefined) : opOwnCall(this.waitFor(r, ms, ctx));
  }

  private *waitFor(r: Reservation, ms: number, ctx: Context | undefined): Generator<unknown, void, true> {
    using timer = newTimer(ms);
    if (ctx === undefined) {
      yield* timer.c.recv();
      return;
    }
    const chosen = yield* select([recvCase(timer.c), recvCase(ctx.done())]);
    if (chosen.index === 0) return;
    r.cancel();
    throw ctx.err();
  }

  /**
   * Changes the limit from now on; what is reserved stays as it is: Go's SetLimit.
   *
   * @param limit as for the constructor
   * @throws TypeError for what is no limit
   * @example
   * ```ts
   * const limiter = new Limiter(0, 1);
   * console.log(limiter.allow(), limiter.allow()); // true false
   * limiter.setLimit(10);
   * yield* limiter.wait();
   * ```
   */
  setLimit(limit: number): void {
    checkLimit("Limiter.setLimit", limit);
    this.count();
    this.limitNow = limit;
    callDone();
  }

  /**
   * Changes the burst from now on; what is reserved stays as it is: Go's SetBurst.
   *
   * @param burst as for the constructor
   * @throws TypeError for what is no burst
   * @example
   * ```ts
   * const limiter = new Limiter(10, 1);
   * limiter.setBurst(3);
   * yield* sleep(500);
   * console.log(limiter.tokens()); // 3
   * ```
   */
  setBurst(burst: number): void {
    checkCount("Limiter.setBurst", "burst", burst);
    this.count();
    this.burstNow = burst;
    callDone();
  }

  private count(): void {
    checkFatal();
    const t = nanotime();
    this.bucket = this.advance(t);
    this.last = t;
  }

  /** Takes tokens, unless they are more than the burst, or would come later than `most` nanoseconds from `t`. */
  private take(n: number, t: number, most: number): Reservation {
    const limit = this.limitNow;
    if (limit === Number.POSITIVE_INFINITY) return new Reservation(this, true, n, t, limit);
    const left = this.advance(t) - n;
    const wait = left < 0 ? durationOf(limit, -left) : 0;
    if (n > this.burstNow || wait > most) return new Reservation(this, false, 0, t, limit);
    this.last = t;
    this.bucket = left;
    this.lastEvent = t + wait;
    return new Reservation(this, true, n, t + wait, limit);
  }

  /** The tokens at a time; a clock that went back adds none. */
  private advance(t: number): number {
    return Math.min(this.burstNow, this.bucket + tokensOf(this.limitNow, Math.max(0, t - this.last)));
  }

  /** Gives back what a reservation took, less what others reserved behind it. @internal */
  restore(tokens: number, timeToAct: number, limit: number): void {
    const t = nanotime();
    if (this.limitNow === Number.POSITIVE_INFINITY || tokens === 0 || timeToAct < t) return;
    const back = tokens - tokensOf(limit, this.lastEvent - timeToAct);
    if (back <= 0) return;
    this.bucket = Math.min(this.burstNow, this.advance(t) + back);
    this.last = t;
    if (timeToAct !== this.lastEvent) return;
    const before = timeToAct - durationOf(limit, tokens);
    if (before >= t) this.lastEvent = before;
  }
}

/** How long it takes until so many tokens have come, in whole nanoseconds. */
function durationOf(limit: number, tokens: number): number {
  return limit > 0 ? Math.trunc((tokens / limit) * SECOND) : Number.POSITIVE_INFINITY;
}

/** How many tokens come in so many nanoseconds. */
function tokensOf(limit: number, ns: number): number {
  // No time gives none, also without a limit.
  return limit > 0 && ns !== 0 ? (ns / SECOND) * limit : 0;
}

function checkLimit(what: string, limit: number): void {
  if (typeof limit === "number" && limit >= 0) return;
  throw new TypeError(`gobuf: ${what}: expected limit, tokens a second from 0 to Infinity, got ${String(limit)}`);
}

function checkCount(what: string, name: string, n: number): void {
  if (Number.isSafeInteger(n) && n >= 0) return;
  throw new TypeError(`gobuf: ${what}: expected ${name}, an integer from 0, got ${String(n)}`);
}
