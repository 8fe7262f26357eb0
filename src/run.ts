/**
 * A run: from a main goroutine to its result, Go's verdict, or the first failure (rt0_go, main and checkdead of
 * runtime/proc.go).
 */
import { resetChans } from "./chan.ts";
import type { Address } from "./ffi.ts";
import { allocG, gbody, resetGs } from "./g.ts";
import { resetTransitions, setTransitionHook, type TransitionHook } from "./gstatus.ts";
import { MCALL_NONE, mp, takeForgotten } from "./m.ts";
import { newNativeG } from "./native.ts";
import { FatalError } from "./panic.ts";
import { fail, resumeMain, sched, schedule, startMain } from "./proc.ts";
import { randinit } from "./rand.ts";
import { runqinit } from "./runq.ts";
import { resetSudogs } from "./sudog.ts";
import { advanceClock, clockIsFake, nanotime, timeinit, wakeTime } from "./time.ts";
import { resetHandles } from "./trap.ts";

/** How a run is to go. */
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
}

/** Goroutines resumed between two looks at the clock. */
const BUDGET = 2048;
/** A run gives timers and I/O of the process their turn after so many milliseconds. */
const SLICE_MS = 4;

let running = false;

/** Empties the scheduler of this thread: whatever it ran before is gone. */
export function schedinit(options: RunOptions = {}): void {
  if (mp.curg !== 0) throw new Error("gobuf: schedinit in a goroutine");
  resetGs();
  resetSudogs();
  resetTransitions();
  resetChans();
  resetHandles();
  runqinit();
  timeinit(options.clock ?? "real");
  randinit(options.seed ?? Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
  mp.mcall = MCALL_NONE;
  mp.waitunlockf = null;
  mp.dying = null;
  mp.stop = false;
  mp.ok = true;
  takeForgotten();
  sched.schedtick = 0;
  sched.gcount = 0;
  sched.main = 0;
  sched.done = false;
  sched.result = undefined;
  sched.failed = false;
  sched.error = undefined;
  setTransitionHook(null);
}

/** A function that makes a generator body. */
export type Body<R> = () => Generator<unknown, R, unknown>;

function begin(gp: number, entry: unknown, options: RunOptions): void {
  startMain(gp, entry);
  setTransitionHook(options.onTransition ?? null);
  running = true;
}

function beginGenerator(main: Body<unknown>, options: RunOptions): void {
  if (running) throw new Error("gobuf: run: a run is under way on this thread");
  schedinit(options);
  const gp = allocG();
  gbody[gp] = main();
  begin(gp, main, options);
}

/** Go's verdict on goroutines of which none will ever run again: checkdead. */
function checkdead(): FatalError {
  if (sched.gcount === 0) return new FatalError("no goroutines (main called runtime.Goexit) - deadlock!");
  return new FatalError("all goroutines are asleep - deadlock!");
}

/** Ends the run. @returns main's result @throws what ended it */
function end(): unknown {
  running = false;
  setTransitionHook(null);
  // A fatal error that a body caught ends the run all the same.
  if (mp.dying !== null) throw mp.dying;
  const { result, error, failed } = sched;
  if (failed) throw error;
  return result;
}

/** Runs to the end without a pause: there is no clock but the fake one. */
function drive(): unknown {
  try {
    resumeMain();
    while (!mp.stop) {
      if (!schedule(BUDGET) && !mp.stop && !advanceClock()) throw checkdead();
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
 * @throws FatalError with Go's verdict (deadlock), or what a goroutine threw and nobody caught
 */
export function runSync<R>(main: Body<R>, options: Omit<RunOptions, "clock"> = {}): R {
  beginGenerator(main, { ...options, clock: "fake" });
  return drive() as R;
}

/**
 * Like {@link runSync}, with a native function as main.
 *
 * @param prepare called when the scheduler is empty: makes the objects that the body names by handles
 * @returns nothing: a native main has no result
 */
export function runNativeSync(prepare: () => { fn: Address; arg: Address | null }, options: Omit<RunOptions, "clock"> = {}): void {
  if (running) throw new Error("gobuf: run: a run is under way on this thread");
  schedinit({ ...options, clock: "fake" });
  const { fn, arg } = prepare();
  begin(newNativeG(fn, arg), fn, options);
  drive();
}

/**
 * Runs goroutines: starts `main`, and everything it starts, among the other work of the process.
 *
 * @param main the main goroutine's body; the run is over when it returns, whatever still runs
 * @returns main's result; rejects with Go's verdict (deadlock) or what a goroutine threw and nobody caught
 */
export function run<R>(main: Body<R>, options: RunOptions = {}): Promise<R> {
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  beginGenerator(main, options);
  const settle = () => {
    try {
      resolve(end() as R);
    } catch (error) {
      reject(error);
    }
  };
  const step = () => {
    try {
      const start = performance.now();
      while (!mp.stop) {
        if (schedule(BUDGET)) {
          if (performance.now() - start > SLICE_MS) return void setImmediate(step);
        } else if (!mp.stop && !advanceClock()) {
          const when = clockIsFake() ? 0 : wakeTime();
          if (when === 0) throw checkdead();
          const ms = (when - nanotime()) / 1e6;
          if (ms < 1) return void setImmediate(step);
          return void setTimeout(step, Math.ceil(ms));
        }
      }
    } catch (error) {
      fail(error);
    }
    settle();
  };
  try {
    resumeMain();
  } catch (error) {
    fail(error);
  }
  step();
  return promise;
}
