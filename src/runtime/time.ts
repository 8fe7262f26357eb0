/**
 * Timers and the clock: runtime/time.go for one P. A 4-ary heap of timers ordered by `when`, with Go's lazy deletion
 * (a stopped timer stays in the heap as a zombie), because it decides in which order equal deadlines come.
 *
 * All times are nanoseconds, as plain numbers.
 */
import type { Source } from "./chan.ts";
import { checkDuration } from "./expect.ts";
import { gtimer } from "./g.ts";
import { getg, mp, type Op, opPending, opReady, runNow } from "./m.ts";
import { FatalError } from "./panic.ts";
import { gopark, goready } from "./proc.ts";
import { cheaprandn } from "./rand.ts";
import { realStart, realTimeAt } from "./realtime.ts";
import { waitReasonSleep } from "./runtime2.ts";
import { enter, onSwitch, type Run, runOf } from "./world.ts";

// Bits of a timer's state.
const timerHeaped = 1;
const timerModified = 2;
const timerZombie = 4;

/** What a timer calls when it expires, on g0. The run is the one that the timer belongs to. */
export type TimerFunction = (arg: unknown, seq: number, delay: number, run: Run) => void;

/**
 * A timer, not pending: timer of runtime/time.go.
 *
 * One that feeds a channel is in the heap only while a goroutine waits on that channel; else it runs, late, when the
 * channel is looked at. Nobody can tell, and a timer that was forgotten can be collected.
 */
export class Timer implements Source {
  /** When it expires; 0 when it is not pending. */
  when = 0;
  /** Expires again every so many nanoseconds; 0 for once. */
  period = 0;
  seq = 0;
  state = 0;
  /** Goroutines that wait on its channel. */
  blocked = 0;
  /** Which of two of one time comes first: drawn in bubbles, else 0. timer.rand. */
  rand = 0;
  /** The run that it belongs to; null while nobody has armed it. */
  run: Run | null = null;

  constructor(
    readonly f: TimerFunction,
    readonly arg: unknown,
    /** It feeds a channel. */
    readonly isChan = false,
  ) {}

  /** Runs when it has expired and the heap does not see to that: maybeRunChan. */
  poll(): void {
    if ((this.state & timerHeaped) !== 0 || this.when === 0) return;
    const now = nanotime();
    if (this.when <= now) fire(this, now);
  }

  /** A goroutine will wait on the channel: blockTimerChan. */
  block(): void {
    this.blocked++;
    if ((this.state & timerZombie) !== 0 && this.when > 0) {
      this.state &= ~timerZombie;
      zombies--;
    }
    if (needsAdd(this)) add(this);
  }

  /** A goroutine no longer waits on the channel: unblockTimerChan. */
  unblock(): void {
    this.blocked--;
    if (this.blocked === 0 && (this.state & (timerHeaped | timerZombie)) === timerHeaped) {
      this.state |= timerZombie;
      zombies++;
    }
  }
}

/** timers.heap, in two arrays: a timer, and its `when` as it was when it took its place. */
export let heap: Timer[] = [];
let whens: number[] = [];
let zombies = 0;
/**
 * timers.len: how long the heap was when Go would have unlocked it last, before an expired timer's function is called and
 * behind each look at the heap. What is too many zombies is measured by it, so that it decides when they are dropped.
 */
let length = 0;
/** Earliest `when` of the modified timers, 0 for none: their place in the heap is by their old one. */
let minWhenModified = 0;

/** Where the fake clock starts: any time but 0, which means "never" to a Mutex. */
const FAKE_START_NS = 1_000_000_000;
/** What the fake clock tells then: the date of Go's faketime build, milliseconds since the Unix epoch. */
const FAKE_START_MS = 1_257_894_000_000;
/** The same in a bubble: the date of Go's testing/synctest, 2000-01-01 00:00:00 UTC. */
const BUBBLE_START_MS = 946_684_800_000;
/** No timer expires later, and no wait is longer, nanoseconds: maxWhen, the largest number below 2^63. */
const MAX_WHEN_NS = 2 ** 63 - 1024;
/** The longest wait, milliseconds: 292 years. */
export const MAX_WAIT_MS = MAX_WHEN_NS / 1e6;
/** Draws of {@link Timer.rand}. */
const RAND_MAX = 2 ** 31 - 1;
let fake = false;
let fakeNow = FAKE_START_NS;
let fakeStartMs = FAKE_START_MS;
let realStartMs = realStart(0);
/** Whether timers of one time expire in an order that is drawn, as in Go's bubbles; else in the heap's. */
let draws = false;

/** A heap of its own, and a clock. */
export function timeinit(clock: "fake" | "real"): void {
  heap = [];
  whens = [];
  zombies = 0;
  length = 0;
  minWhenModified = 0;
  fake = clock === "fake";
  fakeNow = FAKE_START_NS;
  fakeStartMs = FAKE_START_MS;
  draws = false;
  if (!fake) realStartMs = realStart(realStartMs);
}

onSwitch({
  init: (options) => timeinit(options.clock),
  save: () => ({ heap, whens, zombies, length, minWhenModified, fake, fakeNow, fakeStartMs, realStartMs, draws }),
  load(saved) {
    ({ heap, whens, zombies, length, minWhenModified, fake, fakeNow, fakeStartMs, realStartMs, draws } =
      saved as Clockwork);
  },
  end() {
    heap = [];
    whens = [];
    zombies = 0;
    length = 0;
    minWhenModified = 0;
  },
});

/** What a world has of this file. */
interface Clockwork {
  heap: Timer[];
  whens: number[];
  zombies: number;
  length: number;
  minWhenModified: number;
  fake: boolean;
  fakeNow: number;
  fakeStartMs: number;
  realStartMs: number;
  draws: boolean;
}

/** Takes all timers of a run, which is over, out of the heap of its world, which is the current one. */
export function stopTimersOf(run: Run): void {
  if (!heap.some((timer) => timer.run === run)) return;
  const others: Timer[] = [];
  const othersWhens: number[] = [];
  for (const [i, timer] of heap.entries()) {
    if (timer.run !== run) {
      others.push(timer);
      othersWhens.push(whens[i]);
      continue;
    }
    if ((timer.state & timerZombie) !== 0) zombies--;
    timer.state = 0;
    timer.when = 0;
    timer.seq++;
  }
  heap = others;
  whens = othersWhens;
  length = heap.length;
  if (heap.length === 0) minWhenModified = 0;
  heapify();
}

/** The fake clock tells the time of a bubble. @param drawn whether the order of equal deadlines is drawn */
export function timeinitBubble(drawn: boolean): void {
  fakeStartMs = BUBBLE_START_MS;
  draws = drawn;
}

/** The clock, nanoseconds: monotonic, of no particular origin. */
export function nanotime(): number {
  return fake ? fakeNow : Bun.nanoseconds() + 1;
}

/** The time `ms` from now on {@link nanotime}'s scale, now for 0 and less: when of time/sleep.go. */
export function whenOf(ms: number): number {
  return ms > 0 ? Math.min(nanotime() + Math.round(ms * 1e6), MAX_WHEN_NS) : nanotime();
}

/** An interval in whole nanoseconds; at least one, for 0 would be no ticker. */
export function periodOf(ms: number): number {
  return Math.min(Math.max(1, Math.round(ms * 1e6)), MAX_WHEN_NS);
}

/**
 * The clock as waits are measured by: whole milliseconds modulo 2^32, of no particular origin.
 *
 * @param real performance.now(), where somebody has just looked: a look takes 40 ns
 */
export function sliceTime(real: number = fake ? 0 : performance.now()): number {
  return (fake ? fakeNow / 1e6 : real) | 0;
}

/**
 * The time of the run's clock: Go's time.Now (time/time.go).
 *
 * @returns milliseconds since the Unix epoch, with fractions. It never goes back within a run: a change of the system's
 *   clock shows in the next run. The fake clock starts at 2009-11-10 23:00:00 UTC, in a bubble of `gobuf/testing` at
 *   2000-01-01 00:00:00 UTC
 * @example
 * ```ts
 * const start = now();
 * yield* sleep(20);
 * console.log(now() - start); // 20
 * ```
 */
export function now(): number {
  return timeAt(nanotime());
}

/** What {@link now} gives when {@link nanotime} gives `ns`. */
export function timeAt(ns: number): number {
  if (fake) return fakeStartMs + (ns - FAKE_START_NS) / 1e6;
  return realTimeAt(realStartMs, ns);
}

/** Whether time stands still while anything can run. */
export function clockIsFake(): boolean {
  return fake;
}

/** When the first timer expires, 0 when there is none: timers.wakeTime. */
export function wakeTime(): number {
  const when = whens.length === 0 ? 0 : whens[0];
  return when === 0 || (minWhenModified !== 0 && minWhenModified < when) ? minWhenModified : when;
}

/** Moves the fake clock to the first timer. @returns false when there is none */
export function advanceClock(): boolean {
  const when = wakeTime();
  if (!fake || when === 0) return false;
  if (when > fakeNow) fakeNow = when;
  mp.now = sliceTime();
  return true;
}

function siftUp(i: number): void {
  const timer = heap[i] as Timer;
  const when = whens[i];
  while (i > 0) {
    const parent = (i - 1) >> 2;
    const above = whens[parent];
    if (when > above || (when === above && timer.rand >= (heap[parent] as Timer).rand)) break;
    heap[i] = heap[parent] as Timer;
    whens[i] = whens[parent];
    i = parent;
  }
  heap[i] = timer;
  whens[i] = when;
}

function siftDown(i: number): void {
  const n = heap.length;
  const timer = heap[i] as Timer;
  const when = whens[i];
  // Without draws all ranks are 0, and a look at them took a tenth of `timer start+stop`.
  const ranks = draws;
  for (;;) {
    const left = (i << 2) + 1;
    if (left >= n) break;
    let least = when;
    let rand = timer.rand;
    let child = -1;
    const end = Math.min(left + 4, n);
    for (let c = left; c < end; c++) {
      if (whens[c] < least || (ranks && whens[c] === least && (heap[c] as Timer).rand < rand)) {
        least = whens[c];
        rand = (heap[c] as Timer).rand;
        child = c;
      }
    }
    if (child < 0) break;
    heap[i] = heap[child] as Timer;
    whens[i] = least;
    i = child;
  }
  heap[i] = timer;
  whens[i] = when;
}

/** Takes the last timer off the heap and puts it in place i, without sifting. */
function moveLastTo(i: number): void {
  const timer = heap.pop() as Timer;
  const when = whens.pop() as number;
  if (i < heap.length) {
    heap[i] = timer;
    whens[i] = when;
  }
}

/** Brings the heap's head up to date: timer.updateHeap. @returns whether it changed */
function updateHead(): boolean {
  const timer = heap[0] as Timer;
  if ((timer.state & timerZombie) !== 0) {
    timer.state = 0;
    zombies--;
    moveLastTo(0);
    if (heap.length > 0) siftDown(0);
    else minWhenModified = 0;
    return true;
  }
  if ((timer.state & timerModified) !== 0) {
    timer.state &= ~timerModified;
    whens[0] = timer.when;
    siftDown(0);
    return true;
  }
  return false;
}

/** Drops zombies from the tail and brings the head up to date: timers.cleanHead. */
function cleanHead(): void {
  while (heap.length > 0) {
    const last = heap[heap.length - 1] as Timer;
    if ((last.state & timerZombie) !== 0) {
      last.state = 0;
      zombies--;
      moveLastTo(heap.length);
    } else if (!updateHead()) return;
  }
}

/** Applies what was modified since, and drops zombies: timers.adjust. */
function adjust(now: number, force: boolean): void {
  if (!force && (minWhenModified === 0 || minWhenModified > now)) return;
  minWhenModified = 0;
  let changed = false;
  for (let i = 0; i < heap.length; i++) {
    const timer = heap[i] as Timer;
    if ((timer.state & timerZombie) !== 0) {
      zombies--;
      timer.state = 0;
      moveLastTo(i);
      i--;
      changed = true;
    } else if ((timer.state & timerModified) !== 0) {
      whens[i] = timer.when;
      timer.state &= ~timerModified;
      changed = true;
    }
  }
  if (changed) heapify();
}

/** Orders the whole heap: timers.initHeap. */
function heapify(): void {
  if (heap.length <= 1) return;
  for (let i = (heap.length - 2) >> 2; i >= 0; i--) siftDown(i);
}

function tooManyZombies(): boolean {
  return zombies > length >> 2;
}

/** Runs every timer that has expired: timers.check. */
export function checkTimers(): void {
  const next = wakeTime();
  if (next === 0) return;
  const now = nanotime();
  if (now < next && !tooManyZombies()) return;
  if (heap.length > 0) {
    adjust(now, false);
    while (runHead(now));
    if (tooManyZombies()) adjust(now, true);
    length = heap.length;
  }
}

/** Runs the first timer when it has expired: timers.run. @returns whether there may be another */
function runHead(now: number): boolean {
  while (heap.length > 0) {
    const timer = heap[0] as Timer;
    if ((timer.state & (timerModified | timerZombie)) === 0 && whens[0] > now) return false;
    if (updateHead()) continue;
    if (timer.when > now) return false;
    fire(timer, now);
    return true;
  }
  return false;
}

/** timer.unlockAndRun. */
function fire(timer: Timer, now: number): void {
  const { f, arg, seq } = timer;
  const delay = now - timer.when;
  const { period } = timer;
  // The clock goes no further than the last tick.
  const again = period > 0 && timer.when < MAX_WHEN_NS;
  timer.when = again ? Math.min(timer.when + period * (1 + Math.floor(delay / period)), MAX_WHEN_NS) : 0;
  if ((timer.state & timerHeaped) !== 0) {
    timer.state |= timerModified;
    if (timer.when === 0) {
      timer.state |= timerZombie;
      zombies++;
    }
    updateHead();
    length = heap.length;
  }
  f(arg, seq, delay, timer.run as Run);
}

/** timer.needsAdd. */
function needsAdd(timer: Timer): boolean {
  return (timer.state & timerHeaped) === 0 && timer.when > 0 && (!timer.isChan || timer.blocked > 0);
}

/** Puts a timer in the heap: timer.maybeAdd. */
function add(timer: Timer): void {
  cleanHead();
  timer.state |= timerHeaped;
  heap.push(timer);
  whens.push(timer.when);
  siftUp(heap.length - 1);
  length = heap.length;
}

/** Makes the world of a timer's run the current one. A timer of a run that is over is in no heap, and anybody's. */
function goHome(timer: Timer): void {
  if (timer.run?.over) {
    timer.run = null;
    timer.when = 0;
    timer.state = 0;
    timer.blocked = 0;
  }
  timer.run ??= runNow() ?? null;
  if (!mp.turn && timer.run !== null) enter(timer.run.world);
}

/**
 * Sets a timer to expire: timer.modify.
 *
 * @param when nanoseconds on {@link nanotime}'s scale, above 0
 * @param period 0, or nanoseconds from one expiry to the next
 * @returns whether it was pending
 */
export function resetTimer(timer: Timer, when: number, period: number): boolean {
  if (!(when > 0)) throw new FatalError("timer when must be positive");
  if (!(period >= 0)) throw new FatalError("timer period must be non-negative");
  goHome(timer);
  // A frame that is left sets nothing any more: its run is over.
  if (timer.run?.over) return false;
  const pending = timer.when > 0;
  timer.period = period;
  timer.when = when;
  timer.seq++;
  if (draws) timer.rand = cheaprandn(RAND_MAX);
  if ((timer.state & timerHeaped) !== 0) {
    timer.state |= timerModified;
    if ((timer.state & timerZombie) !== 0) {
      zombies--;
      timer.state &= ~timerZombie;
    }
    if (minWhenModified === 0 || when < minWhenModified) minWhenModified = when;
  } else if (needsAdd(timer)) add(timer);
  return pending;
}

/** Stops a timer: timer.stop. @returns whether it was pending */
export function stopTimer(timer: Timer): boolean {
  goHome(timer);
  if ((timer.state & timerHeaped) !== 0) {
    timer.state |= timerModified;
    if ((timer.state & timerZombie) === 0) {
      timer.state |= timerZombie;
      zombies++;
    }
  }
  const pending = timer.when > 0;
  timer.when = 0;
  timer.seq++;
  return pending;
}

function goroutineReady(arg: unknown): void {
  goready(arg as number);
}

let sleepWhen = 0;

/** Arms the sleep timer, on g0, after the goroutine is waiting: resetForSleep. */
function resetForSleep(gp: number): boolean {
  let timer = gtimer.get(gp) as Timer | undefined;
  if (timer === undefined) {
    timer = new Timer(goroutineReady, gp);
    gtimer.set(gp, timer);
  }
  timer.run = runOf(gp);
  resetTimer(timer, sleepWhen, 0);
  return true;
}

/** Parks the calling goroutine for `ns` nanoseconds: timeSleep. @returns false when there is nothing to wait for */
export function timeSleep(gp: number, ns: number): boolean {
  if (!(ns > 0)) return false;
  sleepWhen = Math.min(nanotime() + ns, MAX_WHEN_NS);
  gopark(gp, resetForSleep, waitReasonSleep, null);
  return true;
}

/**
 * Pauses the goroutine for at least `ms` milliseconds: Go's time.Sleep (timeSleep in runtime/time.go).
 *
 * @param ms milliseconds; fractions count, down to a nanosecond. 0 or less returns at once; more than 292 years, and
 *   Infinity, are 292 years, as in Go
 * @throws TypeError for NaN and what is no number; Error outside a goroutine
 * @example
 * ```ts
 * yield* sleep(1.5);
 * ```
 */
export function sleep(ms: number): Op<void> {
  const gp = getg("sleep");
  checkDuration("sleep", "ms", ms);
  if (!timeSleep(gp, Math.round(ms * 1e6))) return opReady<void>(undefined);
  return opPending();
}
