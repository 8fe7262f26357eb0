/**
 * What a program that is explored leaves to the explorer besides its operations: an outcome to draw, a place at which it
 * may be preempted.
 */
import { getg, type Op, opReady } from "../runtime/m.ts";
import { cheaprandn } from "../runtime/rand.ts";
import { drawn, isSteered } from "./steer.ts";

/**
 * Draws one of `n` outcomes, for what a program does by chance or what comes from outside: an error or none, a packet
 * that is lost. An explorer tries them all, as it does orders, and the schedule says which it was; Go's order has 0.
 * Outside an exploration it is drawn from the run's generator, which the run's `seed` seeds.
 *
 * @param n 1 to 2^31-1
 * @returns an operation's; 0 to n-1
 * @throws RangeError for a bad `n`; Error outside a goroutine
 * @example
 * ```ts
 * import { Mutex } from "gobuf";
 * import { choose, explore } from "gobuf/testing";
 *
 * const { summary } = explore(
 *   function* () {
 *     const mutex = new Mutex();
 *     yield* mutex.lock();
 *     const failed = (yield* choose(2)) === 1;
 *     yield* mutex.unlock();
 *     return failed ? "failed" : "done";
 *   },
 *   { scheduler: "exhaustive" },
 * );
 * console.log(summary); // all 2 schedules pass
 * ```
 */
export function choose(n: number): Op<number> {
  getg("choose");
  if (!Number.isInteger(n) || n < 1 || n > 0x7fffffff) {
    throw new RangeError(`gobuf: choose: ${n} outcomes: expected an integer of 1 to 2147483647`);
  }
  return opReady(isSteered() ? drawn(n) : cheaprandn(n));
}

/**
 * A place at which an explorer may switch to another goroutine, as Go may anywhere: between the read and the write of
 * what goroutines share without a lock. In Go's order, and outside an exploration, nothing happens.
 *
 * @throws Error outside a goroutine
 * @example
 * ```ts
 * import { WaitGroup } from "gobuf";
 * import { explore, ExploreError, preemptionPoint } from "gobuf/testing";
 *
 * function* counter() {
 *   const wg = new WaitGroup();
 *   let n = 0;
 *   for (let i = 0; i < 2; i++) {
 *     wg.go(function* () {
 *       const before = n;
 *       yield* preemptionPoint();
 *       n = before + 1;
 *     });
 *   }
 *   yield* wg.wait();
 *   if (n !== 2) throw new Error(`counted to ${n}`);
 * }
 * try {
 *   explore(counter, { seed: 1 });
 * } catch (error) {
 *   if (error instanceof ExploreError) console.log(error.message.split("\n")[0]); // panic: Error: counted to 1
 * }
 * ```
 */
export function preemptionPoint(): Op<void> {
  getg("preemptionPoint");
  return opReady<void>(undefined);
}
