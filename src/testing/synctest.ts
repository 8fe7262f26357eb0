/**
 * Tests of concurrent code on a clock of their own: testing/synctest. Exported as the namespace `synctest`.
 *
 * A *bubble* is a run with a fake clock: time stands still while a goroutine can run, and jumps to the next timer when
 * all are durably blocked. A goroutine is durably blocked when it waits on a channel, in select, sleep, Cond,
 * WaitGroup, or, unlike in Go, on a Mutex or RWMutex. One that waits for a promise is not.
 */

import { type RunOptions, run } from "../run.ts";
import { type Body, checkFunction } from "../runtime/body.ts";
import type { Op } from "../runtime/m.ts";
import { bubbled, bubbleWait, namedAs } from "./bubble.ts";

/**
 * Runs a body in a new bubble, until all goroutines of the bubble have ended: Go's synctest.Test
 * (testing/synctest/synctest.go). The clock starts at 2000-01-01 00:00:00 UTC, and stands still when the body has
 * returned.
 *
 * @param body the main goroutine's body, a generator function
 * @param options those of `run`, without the clock; `traceback` is "all" by default
 * @returns the body's result; undefined when it ended by goexit. Rejects as `run` does, and with FatalError "deadlock:
 *   all goroutines in bubble are blocked" or "deadlock: main bubble goroutine has exited but blocked goroutines remain"
 * @throws as `run`
 * @example
 * ```ts
 * import { context, sleep } from "gobuf";
 * import { synctest } from "gobuf/testing";
 *
 * await synctest.test(function* () {
 *   const [ctx, cancel] = context.withTimeout(context.background(), 5000);
 *   yield* sleep(4999.999);
 *   yield* synctest.wait();
 *   console.log(ctx.err() ?? "in time"); // in time
 *   yield* sleep(0.001);
 *   yield* synctest.wait();
 *   console.log(ctx.err()?.message); // context deadline exceeded
 *   cancel();
 * });
 * ```
 */
export function test<R>(body: Body<R>, options: Omit<RunOptions, "clock"> = {}): Promise<R> {
  try {
    checkFunction("synctest.test", body, "a generator function");
  } catch (error) {
    // Ends no goroutine: an argument is checked.
    return Promise.reject(error);
  }
  return run(
    namedAs(body.name, () => bubbled(body)),
    { traceback: "all", ...options, clock: "fake" },
  );
}

/**
 * Waits until every other goroutine of the bubble is durably blocked: Go's synctest.Wait
 * (testing/synctest/synctest.go).
 *
 * @throws PanicError "goroutine is not in a bubble", "wait already in progress" (in another goroutine); Error outside a
 *   goroutine
 * @example
 * ```ts
 * import { go } from "gobuf";
 * import { synctest } from "gobuf/testing";
 *
 * await synctest.test(function* () {
 *   let done = false;
 *   go(function* () {
 *     done = true;
 *   });
 *   yield* synctest.wait();
 *   console.log(done); // true
 * });
 * ```
 */
export function wait(): Op<void> {
  return bubbleWait();
}
