/**
 * Tests of concurrent code on a clock of their own: testing/synctest.
 *
 * In a bubble time stands still while anything can run, and jumps when all goroutines are blocked durably: on channels,
 * select, sleep, Cond, WaitGroup, and other than in Go on a Mutex or RWMutex too. Who waits for a promise is not.
 */

import { type RunOptions, run } from "../run.ts";
import type { Body } from "../runtime/body.ts";
import type { Op } from "../runtime/m.ts";
import { bubbled, bubbleWait, namedAs } from "./bubble.ts";

/**
 * Runs a body in a new bubble: Test. It is over when every goroutine of the bubble has ended.
 *
 * The clock starts at 2000-01-01 00:00:00 UTC, and stops once the body has returned.
 *
 * @param body the main goroutine's body
 * @param options those of `run` but the clock, with `traceback: "all"` by default
 * @returns the body's result, undefined when it ended by goexit; rejects as `run` does, and with FatalError "deadlock:
 *   all goroutines in bubble are blocked" or "deadlock: main bubble goroutine has exited but blocked goroutines remain"
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
  return run(
    namedAs(body.name, () => bubbled(body)),
    { traceback: "all", ...options, clock: "fake" },
  );
}

/**
 * Waits until every other goroutine of the bubble is blocked durably: Wait.
 *
 * @throws PanicError "goroutine is not in a bubble"; "wait already in progress" when another goroutine is in it
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
