/**
 * A run: from a main goroutine to its result, Go's verdict, or the first failure (rt0_go, main and checkdead of
 * runtime/proc.go).
 */

import { newNativeG, setStackOverflowHandler } from "./native/native.ts";
import { anyThrown } from "./native/nativestate.ts";
import { type Body, bodyOf } from "./runtime/body.ts";
import type { Address } from "./runtime/ffi.ts";
import { allocG, gbody } from "./runtime/g.ts";
import { setTransitionHook, type TransitionHook } from "./runtime/gstatus.ts";
import { mp } from "./runtime/m.ts";
import { isScheduled, later, outside, SLICE_MS, setStepper } from "./runtime/outside.ts";
import { FatalError, type StackOverflowError } from "./runtime/panic.ts";
import { fail, sched } from "./runtime/proc.ts";
import { type SchedOptions, schedinit } from "./runtime/schedinit.ts";
import { resumeMain, schedule, startMain } from "./runtime/schedule.ts";
import { setTracebacks } from "./runtime/sites.ts";
import { advanceClock, clockIsFake, nanotime, sliceTime, wakeTime } from "./runtime/time.ts";
import { attachReport, goroutineDump } from "./runtime/traceback.ts";
import { world } from "./runtime/world.ts";

/**
 * Options of {@link run}.
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
  /** Seed of the random choices of `select`, an integer from 0 to 2^53-1. By default it is random. */
  seed?: number;
  /**
   * "real" (the default): the system's clock. "fake": the clock stands still while a goroutine can run, and jumps to
   * the next timer when none can, as in Go's faketime build. It starts at 2009-11-10 23:00:00 UTC.
   */
  clock?: "real" | "fake";
  /**
   * Is called after each change of a goroutine's status, except main's own start, with the index of its G and both
   * statuses as Go numbers them (runtime/runtime2.go).
   */
  onTransition?: TransitionHook;
  /**
   * Is called when a native goroutine has overflowed its stack. That goroutine ends and the run goes on; without this
   * option the run ends with the error. An overflow of a native main always ends the run.
   */
  onStackOverflow?: (error: StackOverflowError) => void;
  /**
   * What reports say of a goroutine. "single" (the default): its state, the function it was started on, and its
   * creator. "all": also the source lines of its last operation and of its go statement; each operation then takes some
   * microseconds more. (Go's GOTRACEBACK.)
   */
  traceback?: "single" | "all";
}

/** Goroutines resumed between two looks at the clock. */
const BUDGET = 2048;

function begin(options: RunOptions & SchedOptions, start: () => [gp: number, entry: unknown]): void {
  if (world.running) throw new Error("gobuf: run: a run is under way on this thread: wait until it is over");
  schedinit(options);
  const [gp, entry] = start();
  world.running = true;
  world.epoch++;
  world.idleHook = null;
  mp.now = sliceTime();
  outside.expected = 0;
  outside.lately = false;
  setTracebacks(options.traceback === "all");
  setStackOverflowHandler(options.onStackOverflow ?? null);
  world.observer?.runBegins();
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
  world.running = false;
  mp.curg = 0;
  setTransitionHook(null);
  world.observer?.runEnds();
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
      if (schedule(BUDGET) || mp.stop || world.idleHook?.()) continue;
      if (!advanceClock()) throw checkdead();
    }
  } catch (error) {
    fail(error);
  }
  return end();
}

/**
 * Like {@link run}, but to the end before it returns, on the fake clock. The event loop gets no turn: a goroutine
 * cannot wait for a promise.
 *
 * @param main the main goroutine's body, a generator function; the run is over when it returns
 * @param options those of `run`, without the clock
 * @returns main's result
 * @throws as `run` rejects; TypeError when `main` does not make a generator; Error when a run is under way on this
 *   thread
 * @example
 * ```ts
 * import { now, runSync, sleep } from "gobuf";
 *
 * const hour = runSync(function* () {
 *   const start = now();
 *   yield* sleep(3_600_000);
 *   return now() - start;
 * });
 * console.log(hour); // 3600000
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

/** How the run that `run` started ends. */
let settle: (() => void) | null = null;
/** Calls {@link step} when the first timer of the heap is due, at `timerWhen` on nanotime's scale. */
let timer: ReturnType<typeof setTimeout> | null = null;
let timerWhen = 0;

function timedStep(): void {
  timer = null;
  if (!isScheduled()) step();
}

/** Goes on with the run, or ends it. */
function step(): void {
  if (settle === null) return;
  if (pausedAfterAWhile()) world.observer?.runIdles();
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
      if (world.idleHook !== null) {
        // A goroutine that waits for a promise is not durably blocked: the clock stands still.
        if (outside.expected !== 0) return true;
        if (outside.lately) return lastTurn();
        if (world.idleHook()) continue;
      }
      if (advanceClock()) continue;
      const when = clockIsFake() ? 0 : wakeTime();
      if (when !== 0) sleepUntil(when);
      else if (outside.expected === 0) {
        if (!outside.lately) throw checkdead();
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
  outside.lately = false;
  later();
  return true;
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

/** SIGQUIT: prints what Go prints. The program goes on, for it may be more than its goroutines. */
function printGoroutines(): void {
  console.error(`SIGQUIT: quit\n\n${goroutineDump()}`);
}

/**
 * Starts a main goroutine, and runs it and all goroutines that it starts, beside the other work of the process: the
 * event loop gets its turn every 4 ms of work, and whenever no goroutine can run. Go's rt0_go, main and checkdead
 * (runtime/proc.go).
 *
 * @param main the main goroutine's body, a generator function; the run is over when it returns, whatever other
 *   goroutines still do
 * @returns main's result. Rejects with what main threw; with {@link UncaughtError} when another goroutine threw; with
 *   {@link FatalError} for a deadlock or another fatal error of Go's, and with its subclass {@link StackOverflowError}
 *   when a native body overflowed its stack
 * @throws TypeError when `main` does not make a generator; Error when a run is under way on this thread
 * @example
 * ```ts
 * import { after, run } from "gobuf";
 *
 * const result = await run(function* main() {
 *   yield* after(5).recv();
 *   return "5 ms later";
 * });
 * console.log(result); // 5 ms later
 * ```
 */
export function run<R>(main: Body<R>, options: RunOptions = {}): Promise<R> {
  beginGenerator(main, options);
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  if (process.platform !== "win32") process.on("SIGQUIT", printGoroutines);
  // While it waits for the world outside, nothing else may keep the event loop: the process would end, or spin.
  const alive = setInterval(() => {}, 0x7fffffff);
  setStepper(step);
  settle = () => {
    settle = null;
    setStepper(null);
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
