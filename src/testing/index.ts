/**
 * gobuf/testing: what tests of concurrent code need. Runs that fail when they leave goroutines behind, bubbles with a
 * clock of their own, and explorers of the orders in which goroutines may run.
 *
 * @example
 * ```ts
 * import { chan, go } from "gobuf";
 * import { runTest } from "gobuf/testing";
 *
 * const sum = await runTest(function* () {
 *   const ch = chan<number>();
 *   go(function* () {
 *     yield* ch.send(40);
 *     yield* ch.send(2);
 *   });
 *   return ((yield* ch.recv()) ?? 0) + ((yield* ch.recv()) ?? 0);
 * });
 * console.log(sum); // 42
 * ```
 */
export { type Exploration, type ExploreOptions, explore, type ReplayOptions, replay } from "./explore.ts";
export { ExploreError } from "./failure.ts";
export { LeakError, leakCheck, runTest } from "./leaks.ts";
export { choose, preemptionPoint } from "./points.ts";
export { ScheduleError } from "./schedule.ts";
export * as synctest from "./synctest.ts";
