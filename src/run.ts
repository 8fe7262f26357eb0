/**
 * A run: from a main goroutine to its result, Go's verdict, or the first failure (rt0_go and main of runtime/proc.go).
 */

import { endPool, wishProcs } from "./procs/wish.ts";
import { type Body, frameOf } from "./runtime/body.ts";
import { native } from "./runtime/ffi.ts";
import { partWorld } from "./runtime/foreign.ts";
import { allocG, gbody } from "./runtime/g.ts";
import { setTransitionHook, type TransitionHook } from "./runtime/gstatus.ts";
import { RETIRED, retired } from "./runtime/instance.ts";
import { failRun, mp } from "./runtime/m.ts";
import { kick } from "./runtime/outside.ts";
import type { StackOverflowError } from "./runtime/panic.ts";
import { startG } from "./runtime/proc.ts";
import { checkRunOptions } from "./runtime/runoptions.ts";
import { newWorld, type SchedOptions, schedinit } from "./runtime/schedinit.ts";
import { resumeMain, startMain } from "./runtime/schedule.ts";
import { wantTracebacks } from "./runtime/sites.ts";
import { sliceTime } from "./runtime/time.ts";
import { goroutineDump } from "./runtime/traceback.ts";
import { addRun, currentWorld, enter, observeBegin, Run, RunOverError, type World, worlds } from "./runtime/world.ts";
import { apart, drive, step } from "./turns.ts";
import { installWorkers } from "./workers/install.ts";
import { endWorkers } from "./workers/mates.ts";

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
   * What reports say (Go's GOTRACEBACK). "single" (the default): of a panic the goroutine that panicked, of a fatal error
   * all goroutines; of each its state, the function it was started on, and its creator. "all": of a panic, too, all
   * goroutines, and of each also the source lines of its last operation and of its go statement; each operation then
   * takes some microseconds more.
   */
  traceback?: "single" | "all";
  /**
   * How many native goroutines can run at the same time, 1 to 64: Go's GOMAXPROCS. By default 1: all goroutines have one
   * thread. With more, goroutines of `go.native` run on so many threads of their own, beside the thread of the run, which
   * keeps the generator goroutines. EXPERIMENTAL, on Linux; the guide says what native goroutines may do then.
   */
  procs?: number;
  /**
   * Ends the run from outside: when the signal aborts, the run rejects with its reason. A body that is running goes on
   * to its next wait.
   */
  signal?: AbortSignal;
}

/** The world that runs with the real clock share, while it has one. */
let shared: World | null = null;

/** Whether a run must have a world to itself: its clock, its draws or its transitions are not to be others'. */
function wantsOwnWorld(options: RunOptions): boolean {
  return options.clock === "fake" || options.seed !== undefined || options.onTransition !== undefined;
}

/** A run in a fresh world, which is the current one. */
function beginWorld(options: RunOptions & SchedOptions): Run {
  if (worlds.size === 0) return schedinit(options, false);
  const world = newWorld(options);
  enter(world);
  const run = new Run(world);
  addRun(run);
  return run;
}

/** What a run has of its options, and gives back when it is over. */
function equip(run: Run, options: RunOptions): void {
  run.onStackOverflow = options.onStackOverflow ?? null;
  run.tracebackAll = options.traceback === "all";
  if (options.traceback === "all") wantTracebacks(1);
}

function unequip(options: RunOptions): void {
  if (options.traceback === "all") wantTracebacks(-1);
}

/** Main of the first run of a world: a G, made ready. */
function beginMain(run: Run, options: RunOptions, gp: number, entry: unknown): void {
  mp.now = sliceTime();
  observeBegin(run.world);
  startMain(gp, entry, run);
  setTransitionHook(options.onTransition ?? null);
}

/** A generator as the body of a fresh G. */
function newG(body: Generator<unknown, unknown, true>): number {
  const gp = allocG();
  gbody[gp] = body;
  return gp;
}

/** What ended a run. @returns main's result @throws what ended it */
function resultOf(run: Run): unknown {
  if (run.failed) throw run.error;
  return run.result;
}

/**
 * Like {@link run}, but to the end before it returns, on the fake clock. The event loop gets no turn: a goroutine
 * cannot wait for a promise.
 *
 * It may be called anywhere, also in a goroutine of another run, except in a callback of a native goroutine.
 *
 * @param main the main goroutine's body, a generator function; the run is over when it returns
 * @param options those of `run`, without the clock and the signal
 * @returns main's result
 * @throws as `run` rejects; TypeError when `main` does not make a generator; Error in a callback of a native goroutine
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
export function runSync<R>(main: Body<R>, options: Omit<RunOptions, "clock" | "signal"> = {}): R {
  checkRunOptions("runSync", options, ["seed", "onTransition", "onStackOverflow", "traceback"]);
  const body = frameOf("runSync", main, []);
  return driven({ ...options, clock: "fake" }, () => [newG(body), main]) as R;
}

/** Runs a main to its end, whatever else this thread is doing. @param makeMain called when the scheduler is empty */
export function driven(options: RunOptions & SchedOptions, makeMain: () => [gp: number, entry: unknown]): unknown {
  if (mp.curg < 0) {
    throw new Error("gobuf: runSync in a callback of a native goroutine: no run can be run to its end there");
  }
  return apart(() => {
    const run = beginWorld(options);
    equip(run, options);
    try {
      const [gp, entry] = makeMain();
      beginMain(run, options, gp, entry);
      drive(run);
    } finally {
      unequip(options);
    }
    return resultOf(run);
  });
}

/** SIGQUIT: prints what Go prints. The program goes on, for it may be more than its goroutines. */
function printGoroutines(): void {
  console.error(`SIGQUIT: quit\n\n${goroutineDump()}`);
  native.gobuf_quit_printed();
}

/** Runs that print their goroutines on SIGQUIT. */
let printing = 0;

function printOnQuit(change: 1 | -1): void {
  if (process.platform === "win32") return;
  const before = printing;
  printing += change;
  if (before === 0) {
    process.on("SIGQUIT", printGoroutines);
    // A native body that keeps the thread keeps it from this, too: the library names it.
    native.gobuf_quit_init();
  } else if (printing === 0) process.off("SIGQUIT", printGoroutines);
}

/** A world that goes on between the event loop's turns. */
function keepGoing(world: World): void {
  world.step = () => step(world);
  // While it waits for the world outside, nothing else may keep the event loop: the process would end, or spin.
  world.alive = setInterval(() => {}, 0x7fffffff);
}

/** Ends a run when its signal aborts. @returns what stops listening */
function listen(run: Run, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {};
  const abort = () => {
    failRun(run, signal.reason);
    kick(run.world);
  };
  signal.addEventListener("abort", abort, { once: true });
  return () => signal.removeEventListener("abort", abort);
}

/**
 * Starts a main goroutine, and runs it and all goroutines that it starts, beside the other work of the process: the
 * event loop gets its turn every 4 ms of work, and whenever no goroutine can run. Go's rt0_go, main and checkdead
 * (runtime/proc.go).
 *
 * A run is over when main returns, when an error ends it, or when its signal aborts. The frames of the goroutines that
 * are left are then ended by `return()`, so that their `finally` and `using` run, and promises that waited for the run
 * are rejected. (In Go the process exits there.) Several runs may be under way on a thread.
 *
 * Goroutines have the stores of AsyncLocalStorage (node:async_hooks) that their creator had, main those of the caller, and
 * keep them over every wait.
 *
 * @param main the main goroutine's body, a generator function
 * @returns main's result. Rejects with what main threw; with {@link UncaughtError} when another goroutine threw; with
 *   {@link FatalError} for a deadlock or another fatal error of Go's, and with its subclass {@link StackOverflowError}
 *   when a native body overflowed its stack
 * @throws TypeError when `main` does not make a generator
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
  checkRunOptions("run", options);
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  if (options.signal?.aborted) {
    reject(options.signal.reason);
    return promise;
  }
  if (retired) {
    reject(new RunOverError(RETIRED));
    return promise;
  }
  const body = frameOf("run", main, []);
  const settle = (run: Run) => (run.failed ? reject(run.error) : resolve(run.result as R));
  if (joins(options)) {
    const run = joinWorld(options, settle);
    within(run.world, () => joinMain(run, body, main));
  } else if (!mp.turn) {
    const run = openWorld(options, settle);
    beginMain(run, options, newG(body), main);
    step(run.world, () => resumeMain(run));
  } else {
    // A goroutine of another world runs, below us on the stack: this one begins when the event loop has its turn.
    const run = apart(() => {
      const opened = openWorld(options, settle);
      beginMain(opened, options, newG(body), main);
      return opened;
    });
    run.world.scheduled = true;
    setImmediate(() => {
      run.world.scheduled = false;
      step(run.world, () => resumeMain(run));
    });
  }
  return promise;
}

/** Whether a run joins the world that others share, which is there. */
export function joins(options: RunOptions): boolean {
  return !wantsOwnWorld(options) && shared !== null && shared.runs.size > 0;
}

/** A run in a world of its own, or the first in the one that others will share. @param settle is called when it is over */
export function openWorld(options: RunOptions, settle: (run: Run) => void): Run {
  const run = beginWorld(options);
  if (wantsOwnWorld(options)) partWorld(run.world);
  else shared = run.world;
  keepGoing(run.world);
  attach(run, options, settle);
  return run;
}

/** A run in the world that others share. @param settle is called when it is over */
export function joinWorld(options: RunOptions, settle: (run: Run) => void): Run {
  const run = new Run(shared as World);
  addRun(run);
  attach(run, options, settle);
  return run;
}

/** A run whose threads could not be ended. */
function brokenBy(run: Run, error: unknown): Run {
  run.failed = true;
  run.error = error;
  return run;
}

function attach(run: Run, options: RunOptions, settle: (run: Run) => void): void {
  installWorkers();
  const deaf = listen(run, options.signal);
  equip(run, options);
  printOnQuit(1);
  if (options.procs !== undefined && options.procs > 1) wishProcs(run, options.procs);
  // The code that begins a run may be about to begin another, or to send: no verdict before the event loop has turned.
  run.world.lately = true;
  run.settle = () => {
    deaf();
    unequip(options);
    printOnQuit(-1);
    const pool = endPool(run);
    const workers = endWorkers(run);
    if (pool === null && workers === null) settle(run);
    else
      Promise.all([pool, workers]).then(
        () => settle(run),
        (error) => settle(brokenBy(run, error)),
      );
  };
}

/** Does something in a world: at once in a turn of its own and between turns, apart in a turn of another world. */
function within(world: World, f: () => void): void {
  if (mp.turn && currentWorld() !== world) {
    apart(() => {
      enter(world);
      f();
    });
    return;
  }
  enter(world);
  f();
}

/** Main of a run that joins a world: a goroutine that nobody has started, next in line. */
function joinMain(run: Run, body: Generator<unknown, unknown, true>, entry: unknown): void {
  const { curg } = mp;
  const gp = newG(body);
  run.main = gp;
  // It has no creator.
  mp.curg = 0;
  startG(gp, entry, run);
  mp.curg = curg;
}
