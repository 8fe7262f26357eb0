/**
 * Goroutines that a test leaves behind.
 */

import { gosched } from "../go.ts";
import { type RunOptions, run } from "../run.ts";
import { type Body, bodyOf, type Go } from "../runtime/body.ts";
import { allgs } from "../runtime/g.ts";
import { readgstatus } from "../runtime/gstatus.ts";
import { getg, type Op, opCall } from "../runtime/m.ts";
import { Grunnable } from "../runtime/runtime2.ts";
import { formatGoroutines, type GoroutineInfo, goroutines } from "../runtime/traceback.ts";

/**
 * A test left goroutines behind. Its message lists them as Go prints them.
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
    /** Those that are left, in the order of their numbers. */
    readonly goroutines: readonly GoroutineInfo[],
    report: string,
  ) {
    super(report);
  }
}

/** Turns that goroutines get to end: a runnable one that takes more is left behind, as one that waits is. */
const TURNS = 1000;

/**
 * Notes the goroutines that exist. The operation that it returns fails when others exist besides: those that can run get
 * their turns to end, those that wait are left behind.
 *
 * @returns an operation's function; the operation throws {@link LeakError}
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
  getg("leakCheck");
  const known = new Set(goroutines().map((g) => g.goid));
  return () => {
    getg("the leak check");
    return opCall(check(known));
  };
}

function anyRunnable(): boolean {
  return allgs().some((gp) => readgstatus(gp) === Grunnable);
}

function* check(known: ReadonlySet<number>): Go {
  for (let turn = 0; turn < TURNS && anyRunnable(); turn++) yield* gosched();
  const all = goroutines();
  const left = all.filter((g) => !known.has(g.goid));
  if (left.length === 0) return;
  const count = left.length === 1 ? "1 goroutine is" : `${left.length} goroutines are`;
  throw new LeakError(left, `${count} left behind\n\n${formatGoroutines(left, all)}`);
}

/**
 * `run` for tests: fails when main leaves goroutines behind, and its reports have source lines.
 *
 * @param main the main goroutine's body
 * @param options those of `run`, with `traceback: "all"` by default
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
      const result = yield* opCall(bodyOf("runTest", main, []));
      yield* noLeaks();
      return result;
    },
    { traceback: "all", ...options },
  );
}
