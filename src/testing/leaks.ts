/**
 * Tests that fail when they leave goroutines behind.
 */

import { gosched } from "../go.ts";
import { type RunOptions, run } from "../run.ts";
import { type Body, frameOf, type Go } from "../runtime/body.ts";
import { allgs } from "../runtime/g.ts";
import { readgstatus } from "../runtime/gstatus.ts";
import { getg, type Op, opCall, opOwnCall } from "../runtime/m.ts";
import { Grunnable } from "../runtime/runtime2.ts";
import { formatGoroutines, type GoroutineInfo, goroutinesOf } from "../runtime/traceback.ts";
import { type Run, runOf } from "../runtime/world.ts";

/**
 * What {@link runTest} and {@link leakCheck} fail with: goroutines still exist. Its message lists them as Go prints
 * them.
 *
 * @example
 * ```ts
 * import { chan, go } from "gobuf";
 * import { LeakError, runTest } from "gobuf/testing";
 *
 * await runTest(function* () {
 *   go(function* reader() {
 *     yield* chan<number>().recv();
 *   });
 * }).catch((error) => {
 *   if (error instanceof LeakError) console.log(error.goroutines[0]?.state); // chan receive
 * });
 * ```
 */
export class LeakError extends Error {
  override readonly name = "LeakError";
  constructor(
    /** The goroutines that still exist, in the order of their numbers. */
    readonly goroutines: readonly GoroutineInfo[],
    report: string,
  ) {
    super(report);
  }
}

/**
 * How many turns goroutines get to end. One that is runnable after that counts as left behind, as one that waits does.
 */
const TURNS = 1000;

/**
 * Notes which goroutines of the run exist, and returns a check for later: an operation that fails when there are others.
 * Goroutines that can run get 1000 turns to end first. Those of other runs, which may be under way beside this one, are not
 * looked at.
 *
 * @returns a function for `yield*`, which throws {@link LeakError}
 * @throws Error outside a goroutine
 * @example
 * ```ts
 * import { go, run } from "gobuf";
 * import { leakCheck } from "gobuf/testing";
 *
 * await run(function* () {
 *   const noLeaks = leakCheck();
 *   go(function* () {});
 *   yield* noLeaks();
 * });
 * ```
 */
export function leakCheck(): () => Op<void> {
  const mine = runOf(getg("leakCheck"));
  const known = new Set(goroutinesHere(mine).map((g) => g.goid));
  return () => {
    getg("the leak check");
    return opOwnCall(check(mine, known));
  };
}

function goroutinesHere(mine: Run): GoroutineInfo[] {
  return goroutinesOf((run) => run === mine);
}

function anyRunnable(mine: Run): boolean {
  return allgs().some((gp) => readgstatus(gp) === Grunnable && runOf(gp) === mine);
}

function* check(mine: Run, known: ReadonlySet<number>): Go {
  for (let turn = 0; turn < TURNS && anyRunnable(mine); turn++) yield* gosched();
  const all = goroutinesHere(mine);
  const left = all.filter((g) => !known.has(g.goid)).sort((a, b) => a.goid - b.goid);
  if (left.length === 0) return;
  const count = left.length === 1 ? "1 goroutine is" : `${left.length} goroutines are`;
  throw new LeakError(left, `${count} left behind\n\n${formatGoroutines(left)}`);
}

/**
 * `run` for tests: it fails when goroutines still exist after main has returned (see {@link leakCheck}), and its
 * reports have source lines.
 *
 * @param main the main goroutine's body, a generator function
 * @param options those of `run`; `traceback` is "all" by default
 * @returns main's result; rejects with {@link LeakError}, and as `run` does
 * @example
 * ```ts
 * import { sleep } from "gobuf";
 * import { runTest } from "gobuf/testing";
 *
 * await runTest(
 *   function* () {
 *     yield* sleep(3_600_000);
 *   },
 *   { clock: "fake" },
 * );
 * ```
 */
export function runTest<R>(main: Body<R>, options: RunOptions = {}): Promise<R> {
  return run(
    function* () {
      const noLeaks = leakCheck();
      const result = yield* opCall(frameOf("runTest", main, []));
      yield* noLeaks();
      return result;
    },
    { traceback: "all", ...options },
  );
}
