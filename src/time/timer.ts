/**
 * Timers and tickers of package time: time/sleep.go, time/tick.go, over the heap of time.ts.
 *
 * The channel of a timer is synchronous, as in Go from 1.23 on: when `stop` or `reset` has returned, nothing is
 * received that the timer sent before. A timer belongs to the run in which it was made.
 */

import { type AsyncContext, callersContext, rootContext } from "../runtime/asynccontext.ts";
import { bodyIfAny, checkCallback } from "../runtime/body.ts";
import { type Hchan, timerchandrain, trySend } from "../runtime/chan.ts";
import { type Chan, makechan, nilchan, type RecvChan } from "../runtime/channel.ts";
import { checkDuration } from "../runtime/expect.ts";
import { refuseOutside } from "../runtime/foreign.ts";
import { opCall } from "../runtime/m.ts";
import { currentRun, kick } from "../runtime/outside.ts";
import { PanicError } from "../runtime/panic.ts";
import { newproc } from "../runtime/proc.ts";
import { nanotime, periodOf, Timer as RuntimeTimer, resetTimer, stopTimer, timeAt, whenOf } from "../runtime/time.ts";
import { type Codec, time } from "../runtime/word.ts";
import type { Run } from "../runtime/world.ts";

/**
 * The type of the functions that `afterFunc` and `context.afterFunc` call, in a goroutine of their own: a generator
 * function, or a plain one.
 *
 * @example
 * ```ts
 * const wg = new WaitGroup();
 * wg.add(2);
 * const plain: Callback = () => wg.done();
 * const waits: Callback = function* () {
 *   yield* sleep(5);
 *   wg.done();
 * };
 * for (const f of [plain, waits]) afterFunc(5, f);
 * yield* wg.wait();
 * ```
 */
export type Callback = () => Generator<unknown, unknown, true> | void;

/** The body of a goroutine that runs a callback. @internal */
export function* callBody(f: Callback, what = "afterFunc"): Generator<unknown, void, true> {
  const body = bodyIfAny(what, f, f());
  if (body !== null) yield* opCall(body);
}

/** Runs on g0: puts the time that the timer was set for into its channel, unless one is there. */
function sendTime(c: unknown, _seq: number, delay: number): void {
  trySend(c as Chan<number>, timeAt(nanotime() - delay));
}

/** What {@link goFunc} starts, and the context of the code that set it, where contexts are carried. */
interface Call {
  readonly f: Callback;
  readonly context: AsyncContext;
}

/** What a timer of afterFunc holds: the function alone, in a program without contexts. */
function callOf(f: Callback): Callback | Call {
  const context = callersContext();
  return context === rootContext ? f : { f, context };
}

/** Runs on g0: starts the goroutine of afterFunc. */
function goFunc(call: unknown, _seq: number, _delay: number, run: Run): void {
  const { f, context } = typeof call === "function" ? { f: call as Callback, context: rootContext } : (call as Call);
  context(newproc, callBody(f), f, run);
}

/** What {@link Timer} and {@link Ticker} share: a channel and the timer that feeds it. */
abstract class Clockwork implements Disposable {
  /** @internal */
  protected readonly r: RuntimeTimer;

  protected constructor(
    /**
     * Gives the time that the timer was set for, in milliseconds as {@link now} does. Its `len` and `cap` are 0.
     */
    readonly c: RecvChan<number>,
    f: Callback | null,
  ) {
    if (f !== null) this.r = new RuntimeTimer(goFunc, callOf(f));
    else {
      this.r = new RuntimeTimer(sendTime, c, true);
      (c as Chan<number>).source = this.r;
    }
  }

  /** The run that it belonged to is over, and has stopped it. @internal */
  get orphaned(): boolean {
    return this.r.run === null || this.r.run.over;
  }

  /** Stops it, at the end of a `using` block. */
  [Symbol.dispose](): void {
    halt(this.r);
  }
}

function refuseOutsideOf(r: RuntimeTimer, what: string): void {
  const world = r.run?.world;
  if (world?.owns) refuseOutside(world, `${what} of synctest timer from outside bubble`);
}

/** Reset. @param period 0 for a timer */
function set(r: RuntimeTimer, ms: number, period: number): boolean {
  refuseOutsideOf(r, "reset");
  const pending = resetTimer(r, whenOf(ms), period);
  const drained = drain(r);
  // Armed by code outside the goroutines, it may be the first that its world waits for.
  if (r.run !== null) kick(r.run.world);
  return pending || drained;
}

/** Stop. */
function halt(r: RuntimeTimer): boolean {
  refuseOutsideOf(r, "stop");
  const pending = stopTimer(r);
  return drain(r) || pending;
}

function drain(r: RuntimeTimer): boolean {
  return r.isChan && timerchandrain(r.arg as Chan<number>);
}

/** A channel for a timer: one value may lie in it, which nobody sees before it is received. */
function timerchan(): Chan<number> {
  const c = makechan<number>(1);
  c.codec = time as Codec<unknown>;
  return c;
}

/** The timer that feeds a channel, for native bodies; null for any other channel. @internal */
export function timerOf(c: Hchan): RuntimeTimer | null {
  return c.source instanceof RuntimeTimer ? c.source : null;
}

/** Stop of a timer or ticker that a native body names. @internal */
export const stopNative = halt;

/** Reset of a timer or ticker that a native body names. @throws PanicError as {@link Ticker.reset} @internal */
export function resetNative(r: RuntimeTimer, ms: number): boolean {
  if (r.period === 0) return set(r, ms, 0);
  checkInterval("Ticker.Reset", ms);
  return set(r, ms, periodOf(ms));
}

function checkInterval(what: string, ms: number): void {
  if (!(ms > 0)) throw new PanicError(`non-positive interval for ${what}`);
}

/**
 * A timer that fires once: Go's time.Timer (time/sleep.go). {@link newTimer} and {@link afterFunc} make it; `using`
 * stops it.
 *
 * @example
 * ```ts
 * const start = now();
 * using timer: Timer = newTimer(10);
 * console.log(((yield* timer.c.recv()) ?? 0) - start); // 10
 * ```
 */
export class Timer extends Clockwork {
  /** @internal */
  constructor(ms: number, f: Callback | null) {
    super(f === null ? timerchan() : nilchan, f);
    set(this.r, ms, 0);
  }

  /**
   * Stops the timer: Go's Stop. Nothing is received from its channel afterwards.
   *
   * @returns whether this call stopped it: false when its time was received, when the function of {@link afterFunc} has
   *   been started, or when it was stopped before
   * @example
   * ```ts
   * const timer = newTimer(1000);
   * if (timer.stop()) console.log("in time"); // in time
   * ```
   */
  stop(): boolean {
    return halt(this.r);
  }

  /**
   * Sets the timer to fire `ms` milliseconds from now, whether it has fired or not: Go's Reset.
   *
   * @param ms milliseconds, fractions count; 0 or less is at once
   * @throws TypeError for NaN and what is no number
   * @returns what {@link stop} would have returned
   * @example
   * ```ts
   * const idle = newTimer(1000);
   * idle.reset(2000);
   * yield* idle.c.recv();
   * ```
   */
  reset(ms: number): boolean {
    checkDuration("Timer.reset", "ms", ms);
    return set(this.r, ms, 0);
  }
}

/**
 * Makes a timer that sends the time on its channel, once: Go's time.NewTimer (time/sleep.go).
 *
 * @param ms milliseconds from now, fractions count; 0 or less is at once, more than 292 years are 292
 * @throws TypeError for arguments of other types; Error when no run is under way
 * @example
 * ```ts
 * const replies = chan<string>();
 * using timer = newTimer(50);
 * const r = yield* select([recvCase(replies), recvCase(timer.c)]);
 * console.log(r.index === 1 ? "no reply" : r.value); // no reply
 * ```
 */
export function newTimer(ms: number): Timer {
  checkDuration("newTimer", "ms", ms);
  currentRun("newTimer");
  return new Timer(ms, null);
}

/**
 * Gives a channel on which the time is sent once, `ms` milliseconds from now: Go's time.After (time/sleep.go).
 *
 * A channel that nobody waits on any longer is collected as garbage, also before its time.
 *
 * @param ms milliseconds from now, fractions count; 0 or less is at once, more than 292 years are 292
 * @throws TypeError for arguments of other types; Error when no run is under way
 * @example
 * ```ts
 * yield* select([recvCase(chan<string>()), recvCase(after(50))]);
 * console.log("50 ms later"); // 50 ms later
 * ```
 */
export function after(ms: number): RecvChan<number> {
  checkDuration("after", "ms", ms);
  currentRun("after");
  return new Timer(ms, null).c;
}

/**
 * Calls a function in a goroutine of its own, `ms` milliseconds from now: Go's time.AfterFunc (time/sleep.go).
 *
 * @param ms milliseconds from now, fractions count; 0 or less is at once, more than 292 years are 292
 * @param f a generator function, or a plain one
 * @returns a timer that stops or resets the call; its channel is nil
 * @throws TypeError for arguments of other types; Error when no run is under way
 * @example
 * ```ts
 * const ch = chan<string>();
 * afterFunc(10, function* () {
 *   yield* ch.send("late");
 * });
 * console.log(yield* ch.recv()); // late
 * ```
 */
export function afterFunc(ms: number, f: Callback): Timer {
  checkDuration("afterFunc", "ms", ms);
  checkCallback("afterFunc", f);
  currentRun("afterFunc");
  return new Timer(ms, f);
}

/**
 * A ticker, which sends the time at regular intervals: Go's time.Ticker (time/tick.go). {@link newTicker} makes it. A
 * tick is dropped when the one before it has not been received. `using` stops it.
 *
 * @example
 * ```ts
 * using ticker: Ticker = newTicker(10);
 * yield* sleep(35);
 * console.log(now() - ((yield* ticker.c.recv()) as number)); // 25
 * ```
 */
export class Ticker extends Clockwork {
  /** @internal */
  constructor(ms: number) {
    super(timerchan(), null);
    set(this.r, ms, periodOf(ms));
  }

  /**
   * Stops the ticks: Go's Stop. The channel is not closed: a goroutine that receives from it would take that for a
   * tick.
   *
   * @example
   * ```ts
   * const ticker = newTicker(10);
   * for (let i = 0; i < 3; i++) yield* ticker.c.recv();
   * ticker.stop();
   * ```
   */
  stop(): void {
    halt(this.r);
  }

  /**
   * Sets the interval, and counts it from now: Go's Reset.
   *
   * @param ms milliseconds between ticks, above 0; fractions count
   * @throws PanicError "non-positive interval for Ticker.Reset"; TypeError for NaN and what is no number
   * @example
   * ```ts
   * using ticker = newTicker(1000);
   * ticker.reset(10);
   * yield* ticker.c.recv();
   * ```
   */
  reset(ms: number): void {
    checkDuration("Ticker.reset", "ms", ms);
    checkInterval("Ticker.Reset", ms);
    set(this.r, ms, periodOf(ms));
  }
}

/**
 * Makes a ticker: Go's time.NewTicker (time/tick.go). Its first tick comes after the first interval.
 *
 * @param ms milliseconds between ticks, above 0; fractions count
 * @throws PanicError "non-positive interval for NewTicker"; TypeError for NaN and what is no number; Error when no run is under way
 * @example
 * ```ts
 * const start = now();
 * using ticker = newTicker(20);
 * for (let i = 0; i < 3; i++) console.log(((yield* ticker.c.recv()) ?? 0) - start);
 * // Output:
 * // 20
 * // 40
 * // 60
 * ```
 */
export function newTicker(ms: number): Ticker {
  checkDuration("newTicker", "ms", ms);
  checkInterval("NewTicker", ms);
  currentRun("newTicker");
  return new Ticker(ms);
}

/**
 * Gives the channel of a ticker that nobody stops: Go's time.Tick (time/tick.go).
 *
 * @param ms milliseconds between ticks, fractions count; 0 or less gives the nil channel
 * @throws TypeError for arguments of other types; Error when no run is under way
 * @example
 * ```ts
 * const ticks = tick(20);
 * yield* ticks.recv();
 * ```
 */
export function tick(ms: number): RecvChan<number> {
  checkDuration("tick", "ms", ms);
  return ms > 0 ? newTicker(ms).c : nilchan;
}
