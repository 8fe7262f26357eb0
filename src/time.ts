/**
 * Timers and the clock: runtime/time.go for one P. A 4-ary heap of timers ordered by `when`, with Go's lazy deletion
 * (a stopped timer stays in the heap as a zombie), because it decides in which order equal deadlines come.
 *
 * All times are nanoseconds, as plain numbers.
 */
import { gtimer } from "./g.ts";
import { getg, type Op, opPending, opReady } from "./m.ts";
import { FatalError } from "./panic.ts";
import { gopark, goready } from "./proc.ts";
import { waitReasonSleep } from "./runtime2.ts";

// Bits of a timer's state.
const timerHeaped = 1;
const timerModified = 2;
const timerZombie = 4;

/** What a timer calls when it expires, on g0. */
export type TimerFunction = (arg: unknown, seq: number, delay: number) => void;

/** A timer: timer of runtime/time.go. */
export interface Timer {
  /** When it expires; 0 when it is not pending. */
  when: number;
  /** Expires again every so many nanoseconds; 0 for once. */
  period: number;
  f: TimerFunction;
  arg: unknown;
  seq: number;
  state: number;
}

/** A timer that is not pending. */
export function newTimer(f: TimerFunction, arg: unknown): Timer {
  return { when: 0, period: 0, f, arg, seq: 0, state: 0 };
}

/** timers.heap, in two arrays: a timer, and its `when` as it was when it took its place. */
let heap: Timer[] = [];
let whens: number[] = [];
let zombies = 0;
/** Earliest `when` of the modified timers, 0 for none: their place in the heap is by their old one. */
let minWhenModified = 0;

/** Where the fake clock starts: any time but 0, which means "never" to a Mutex. */
const FAKE_START_NS = 1_000_000_000;
let fake = false;
let fakeNow = FAKE_START_NS;

/** Empties the heap and sets the clock. */
export function timeinit(clock: "fake" | "real"): void {
  heap = [];
  whens = [];
  zombies = 0;
  minWhenModified = 0;
  fake = clock === "fake";
  fakeNow = FAKE_START_NS;
}

/** The clock, nanoseconds: monotonic, of no particular origin. */
export function nanotime(): number {
  return fake ? fakeNow : Bun.nanoseconds() + 1;
}

/** Whether time stands still while anything can run. */
export function clockIsFake(): boolean {
  return fake;
}

/** Timers in the heap, zombies included. */
export function timerCount(): number {
  return heap.length;
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
  return true;
}

function siftUp(i: number): void {
  const timer = heap[i] as Timer;
  const when = whens[i];
  while (i > 0) {
    const parent = (i - 1) >> 2;
    if (when >= whens[parent]) break;
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
  for (;;) {
    const left = (i << 2) + 1;
    if (left >= n) break;
    let least = when;
    let child = -1;
    const end = left + 4 < n ? left + 4 : n;
    for (let c = left; c < end; c++) {
      if (whens[c] < least) {
        least = whens[c];
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
  if (changed && heap.length > 1) {
    for (let i = (heap.length - 2) >> 2; i >= 0; i--) siftDown(i);
  }
}

function tooManyZombies(): boolean {
  return zombies > heap.length >> 2;
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
  timer.when = timer.period > 0 ? timer.when + timer.period * (1 + Math.floor(delay / timer.period)) : 0;
  timer.state |= timerModified;
  if (timer.when === 0) {
    timer.state |= timerZombie;
    zombies++;
  }
  updateHead();
  f(arg, seq, delay);
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
  const pending = timer.when > 0;
  timer.period = period;
  timer.when = when;
  timer.seq++;
  if ((timer.state & timerHeaped) !== 0) {
    timer.state |= timerModified;
    if ((timer.state & timerZombie) !== 0) {
      zombies--;
      timer.state &= ~timerZombie;
    }
    if (minWhenModified === 0 || when < minWhenModified) minWhenModified = when;
    return pending;
  }
  cleanHead();
  timer.state |= timerHeaped;
  heap.push(timer);
  whens.push(when);
  siftUp(heap.length - 1);
  return pending;
}

/** Stops a timer: timer.stop. @returns whether it was pending */
export function stopTimer(timer: Timer): boolean {
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
  let timer = gtimer[gp] as Timer | null;
  if (timer === null) {
    timer = newTimer(goroutineReady, gp);
    gtimer[gp] = timer;
  }
  resetTimer(timer, sleepWhen, 0);
  return true;
}

/** Parks the calling goroutine for `ns` nanoseconds: timeSleep. @returns false when there is nothing to wait for */
export function timeSleep(gp: number, ns: number): boolean {
  if (!(ns > 0)) return false;
  sleepWhen = nanotime() + ns;
  gopark(gp, resetForSleep, waitReasonSleep, null);
  return true;
}

/**
 * Pauses the goroutine: time.Sleep.
 *
 * @param ms milliseconds; fractions count, down to a nanosecond. 0 or less returns at once.
 */
export function sleep(ms: number): Op<void> {
  const gp = getg("sleep");
  if (!timeSleep(gp, Math.round(ms * 1e6))) return opReady<void>(undefined);
  return opPending();
}

