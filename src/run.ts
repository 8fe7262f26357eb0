/**
 * A run: from a main goroutine to its result, Go's verdict, or the first failure (rt0_go, main and checkdead of
 * runtime/proc.go).
 */

import { newNativeG, setStackOverflowHandler } from "./native/native.ts";
import { anyThrown, resetNative } from "./native/nativestate.ts";
import { resetHandles } from "./native/trap.ts";
import { bodyOf } from "./runtime/body.ts";
import { resetChans } from "./runtime/chan.ts";
import type { Address } from "./runtime/ffi.ts";
import { allocG, gbody, resetGs } from "./runtime/g.ts";
import { resetTransitions, setTransitionHook, type TransitionHook } from "./runtime/gstatus.ts";
import { MCALL_NONE, mp, takeForgotten } from "./runtime/m.ts";
import { FatalError, type StackOverflowError } from "./runtime/panic.ts";
import { fail, sched } from "./runtime/proc.ts";
import { randinit } from "./runtime/rand.ts";
import { runqinit } from "./runtime/runq.ts";
import { resumeMain, schedule, startMain } from "./runtime/schedule.ts";
import { resetSudogs } from "./runtime/sudog.ts";
import { advanceClock, clockIsFake, nanotime, sliceTime, timeinit, wakeTime } from "./runtime/time.ts";
import { attachReport, goroutineDump, setTracebacks } from "./runtime/traceback.ts";

/**
 * How a run is to go.
 *
 * @example
 * ```ts
 * import { run, type RunOptions, sleep } from "gobuf";
 *
 * const options: RunOptions = { clock: "fake", seed: 1, traceback: "all" };
 * await run(function* () {
 *   yield* sleep(3_600_000);
 * }, options);
 * ```
 */
export interface RunOptions {
  /** Seed of select's draws, 0 to 2^53-1. By default the time of day chooses one. */
  seed?: number;
  /**
   * "real" (the default), or "fake": time stands still while anything can run, and jumps to the next timer when nothing
   * can, as in Go's faketime build.
   */
  clock?: "real" | "fake";
  /** Sees every status change but main's own start. */
  onTransition?: TransitionHook;
  /** Sees a native goroutine's stack overflow, in place of the run's end; not that of a native main. */
  onStackOverflow?: (error: StackOverflowError) => void;
  /**
   * "all" notes where each operation and each go statement stands, for reports: some microseconds an operation. By
   * default a report has the names of functions, states and creators, but no source lines.
   */
  traceback?: "single" | "all";
}

/** Goroutines resumed between two looks at the clock. */
const BUDGET = 2048;
/** A run gives timers and I/O of the process their turn after so many milliseconds. */
const SLICE_MS = 4;

/** Sees what a run does besides its goroutines' status changes: a trace. */
export interface RunObserver {
  /** A run is about to start main. */
  runBegins(): void;
  /** Nothing runs until the event loop has had its turn. */
  runIdles(): void;
  runEnds(): void;
}

let observer: RunObserver | null = null;

/** Sets what sees the runs of this thread, or nothing. */
export function setRunObserver(o: RunObserver | null): void {
  observer = o;
}

/** Whether a run is under way on this thread. */
let running = false;
/** Counts runs: what was started for an earlier one must not touch this one. */
let epoch = 0;
/** Promises, async operations and holds that may still make a goroutine runnable. */
let outside = 0;
/** There was one since the last look: what it set off may be about to ask for more. */
let outsideLately = false;

/**
 * A bubble's share of an idle run: nothing can run, and nothing is expected from outside.
 *
 * @returns whether a goroutine can run again; else the clock moves on
 * @throws FatalError the bubble's verdict
 */
export type IdleHook = () => boolean;
let idleHook: IdleHook | null = null;

/** Makes the run under way a bubble: gobuf/testing does. */
export function setIdleHook(f: IdleHook): void {
  idleHook = f;
}

/** Empties the scheduler of this thread: whatever it ran before is gone. */
export function schedinit(options: RunOptions = {}): void {
  if (mp.curg !== 0) throw new Error("gobuf: schedinit in a goroutine");
  resetGs();
  resetSudogs();
  resetTransitions();
  resetChans();
  resetHandles();
  resetNative();
  runqinit();
  timeinit(options.clock ?? "real");
  randinit(options.seed ?? Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
  mp.mcall = MCALL_NONE;
  mp.waitunlockf = null;
  mp.dying = null;
  mp.stop = false;
  mp.ok = true;
  takeForgotten();
  sched.schedtick61 = 0;
  sched.gcount = 0;
  sched.main = 0;
  sched.done = false;
  sched.result = undefined;
  sched.failed = false;
  sched.error = undefined;
  setTransitionHook(null);
}

/**
 * A function that makes a generator body.
 *
 * @example
 * ```ts
 * import { type Body, run } from "gobuf";
 *
 * const main: Body<number> = function* () {
 *   return 42;
 * };
 * console.log(await run(main));
 * ```
 */
export type Body<R> = () => Generator<unknown, R, unknown>;

function begin(options: RunOptions, start: () => [gp: number, entry: unknown]): void {
  if (running) throw new Error("gobuf: run: a run is under way on this thread");
  schedinit(options);
  const [gp, entry] = start();
  running = true;
  epoch++;
  mp.now = sliceTime();
  outside = 0;
  outsideLately = false;
  idleHook = null;
  setTracebacks(options.traceback === "all");
  setStackOverflowHandler(options.onStackOverflow ?? null);
  observer?.runBegins();
  startMain(gp, entry);
  setTransitionHook(options.onTransition ?? null);
}

function beginGenerator(main: Body<unknown>, options: RunOptions): void {
  begin(options, () => {
    const body = bodyOf("run", main, []);
    const gp = allocG();
    gbody[gp] = body;
    return [gp, main];
  });
}

/** Go's verdict on goroutines of which none will ever run again: checkdead. */
function checkdead(): FatalError {
  const nobody = sched.gcount === 0;
  const text = nobody ? "no goroutines (main called runtime.Goexit)" : "all goroutines are asleep";
  const error = new FatalError(`${text} - deadlock!`);
  attachReport(error, 0);
  // A native body that took no notice of what its callback threw may be the one that waits.
  const thrown = anyThrown();
  return thrown === null ? error : Object.assign(error, { cause: thrown.error });
}

/** Ends the run. @returns main's result @throws what ended it */
function end(): unknown {
  running = false;
  mp.curg = 0;
  setTransitionHook(null);
  observer?.runEnds();
  // A fatal error that a body caught ends the run all the same.
  if (mp.dying !== null) throw mp.dying;
  if (sched.failed) throw sched.error;
  return sched.result;
}

/** Runs to the end without a pause: there is no clock but the fake one. */
function drive(): unknown {
  try {
    resumeMain();
    while (!mp.stop) {
      if (schedule(BUDGET) || mp.stop || idleHook?.()) continue;
      if (!advanceClock()) throw checkdead();
    }
  } catch (error) {
    fail(error);
  }
  return end();
}

/**
 * Runs goroutines to the end on the fake clock, at once.
 *
 * @param main the main goroutine's body; the run is over when it returns
 * @returns main's result
 * @throws FatalError with Go's verdict (deadlock), or what a goroutine threw and nobody caught; TypeError when `main`
 *   does not make a generator
 * @example
 * ```ts
 * import { now, runSync, sleep } from "gobuf";
 *
 * const hour = runSync(function* () {
 *   const start = now();
 *   yield* sleep(3_600_000);
 *   return now() - start;
 * });
 * console.log(hour);
 * ```
 */
export function runSync<R>(main: Body<R>, options: Omit<RunOptions, "clock"> = {}): R {
  beginGenerator(main, { ...options, clock: "fake" });
  return drive() as R;
}

/**
 * Like {@link runSync}, with a native function as main, which has no result.
 *
 * @param prepare called when the scheduler is empty: makes the objects that the body names by handles
 */
export function runNativeSync(
  prepare: () => { fn: Address; arg: Address | null },
  options: Omit<RunOptions, "clock"> = {},
): void {
  begin({ ...options, clock: "fake" }, () => {
    const { fn, arg } = prepare();
    return [newNativeG(fn, arg), fn];
  });
  drive();
}

/** The run that `run` started: how it goes on, and how it ends. */
let settle: (() => void) | null = null;
/** Whether {@link step} will be called in a microtask, or in the event loop's next turn. */
let scheduled = false;
/** Calls it when the first timer of the heap is due, at `timerWhen` on nanotime's scale. */
let timer: ReturnType<typeof setTimeout> | null = null;
let timerWhen = 0;

function scheduledStep(): void {
  scheduled = false;
  step();
}

function timedStep(): void {
  timer = null;
  if (!scheduled) step();
}

/** Goes on with the run, or ends it. */
function step(): void {
  if (settle === null) return;
  if (pausedAfterAWhile()) observer?.runIdles();
  else settle();
}

/**
 * Runs goroutines for a while, and sees to it that {@link step} is called again when there is more to run.
 *
 * @returns false when the run is over
 */
function pausedAfterAWhile(): boolean {
  try {
    const start = performance.now();
    mp.now = sliceTime();
    while (!mp.stop) {
      if (schedule(BUDGET)) {
        mp.now = sliceTime();
        if (performance.now() - start < SLICE_MS) continue;
        later();
        return true;
      }
      if (mp.stop) continue;
      if (idleHook !== null) {
        // Who waits for a promise is not blocked durably: the clock stands still for it.
        if (outside !== 0) return true;
        if (outsideLately) return lastTurn();
        if (idleHook()) continue;
      }
      if (advanceClock()) continue;
      const when = clockIsFake() ? 0 : wakeTime();
      if (when !== 0) sleepUntil(when);
      else if (outside === 0) {
        if (!outsideLately) throw checkdead();
        return lastTurn();
      }
      return true;
    }
  } catch (error) {
    fail(error);
  }
  return false;
}

/** The async code behind what came from outside gets its turn before the verdict. */
function lastTurn(): true {
  outsideLately = false;
  later();
  return true;
}

function later(): void {
  scheduled = true;
  setImmediate(scheduledStep);
}

/** Waits for the first timer of the heap. @param when nanoseconds on nanotime's scale */
function sleepUntil(when: number): void {
  // One that is armed for an earlier time serves as well: it will look again.
  if (timer !== null && timerWhen <= when) return;
  const ms = (when - nanotime()) / 1e6;
  // setTimeout counts whole milliseconds, and to spin through the rest of one would cost a core: a timer is up to 1 ms
  // late, as all others of the process are.
  stopTimer();
  timer = setTimeout(timedStep, Math.min(Math.max(1, Math.ceil(ms)), 0x7fffffff));
  timerWhen = when;
}

function stopTimer(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
}

/** When the first kick since the last turn of the event loop came, performance.now(); 0: none has come. */
let kicked = 0;

/**
 * Something outside made a goroutine runnable: the run goes on before the event loop does.
 *
 * Not without end, though: async code that answers each step of ours in a microtask would keep timers and I/O out.
 */
export function kick(): void {
  if (settle === null || mp.curg !== 0 || scheduled) return;
  const now = performance.now();
  if (kicked === 0) {
    kicked = now;
    setImmediate(() => {
      kicked = 0;
    });
  }
  if (now - kicked > SLICE_MS) return later();
  scheduled = true;
  queueMicrotask(scheduledStep);
}

/** SIGQUIT: prints what Go prints. The program goes on, for it may be more than its goroutines. */
function printGoroutines(): void {
  console.error(`SIGQUIT: quit\n\n${goroutineDump()}`);
}

/**
 * Runs goroutines: starts `main`, and everything it starts, among the other work of the process.
 *
 * @param main the main goroutine's body; the run is over when it returns, whatever still runs
 * @throws TypeError at once, when `main` does not make a generator
 * @returns main's result; rejects with Go's verdict (deadlock), what main threw, or {@link UncaughtError} of another
 *   goroutine
 * @example
 * ```ts
 * import { after, run } from "gobuf";
 *
 * const result = await run(function* main() {
 *   yield* after(5).recv();
 *   return "5 ms later";
 * });
 * console.log(result);
 * ```
 */
export function run<R>(main: Body<R>, options: RunOptions = {}): Promise<R> {
  beginGenerator(main, options);
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  if (process.platform !== "win32") process.on("SIGQUIT", printGoroutines);
  // While it waits for the world outside, nothing else may keep the event loop: the process would end, or spin.
  const alive = setInterval(() => {}, 0x7fffffff);
  settle = () => {
    settle = null;
    stopTimer();
    clearInterval(alive);
    process.off("SIGQUIT", printGoroutines);
    try {
      resolve(end() as R);
    } catch (error) {
      reject(error);
    }
  };
  try {
    resumeMain();
  } catch (error) {
    fail(error);
  }
  step();
  return promise;
}

/** Whether a run is under way on this thread. */
export function isRunning(): boolean {
  return running;
}

/** A token of the run under way, for what comes back later. @throws Error when there is none */
export function currentRun(what: string): number {
  if (!running) throw new Error(`gobuf: ${what}: no run is under way on this thread: start one with run()`);
  return epoch;
}

/** Whether the run of a token is still under way. */
export function isCurrentRun(token: number): boolean {
  return running && token === epoch;
}

/** Something outside may still make a goroutine runnable (1), or no longer may (-1): an idle run is no deadlock meanwhile. */
export function expectOutside(change: 1 | -1): void {
  outside += change;
  outsideLately = true;
  if (change === -1) kick();
}
