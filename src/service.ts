/** A service: a run that has no main and stays until it is stopped. */

import { joins, joinWorld, openWorld, type RunOptions } from "./run.ts";
import type { Go } from "./runtime/body.ts";
import { failRun, mp } from "./runtime/m.ts";
import { expectOutside, kick } from "./runtime/outside.ts";
import { finishRun } from "./runtime/proc.ts";
import { checkRunOptions } from "./runtime/runoptions.ts";
import { spawnIn } from "./runtime/spawn.ts";
import { type GoroutineInfo, goroutinesOf } from "./runtime/traceback.ts";
import { observeBegin, type Run, RunOverError } from "./runtime/world.ts";
import { apart } from "./turns.ts";

/**
 * Options of {@link start}: those of a run with the real clock.
 *
 * @example
 * ```ts
 * import { start, type StartOptions } from "gobuf";
 *
 * const controller = new AbortController();
 * const options: StartOptions = { signal: controller.signal };
 * const service = start(options);
 * controller.abort();
 * await service.closed;
 * console.log(service.signal.aborted); // true
 * ```
 */
export type StartOptions = Pick<RunOptions, "onStackOverflow" | "traceback" | "signal">;

/**
 * A run without a main, which stays until it is stopped: {@link start} makes one. Ordinary code starts goroutines in it and
 * awaits them.
 *
 * @example
 * ```ts
 * import { gosched, type Service, start } from "gobuf";
 *
 * async function answer(service: Service, n: number): Promise<number> {
 *   return await service.spawn(function* () {
 *     yield* gosched();
 *     return 2 * n;
 *   });
 * }
 * await using service = start();
 * console.log(await answer(service, 21)); // 42
 * ```
 */
export interface Service extends AsyncDisposable {
  /**
   * Starts a goroutine in the service.
   *
   * @returns what its body returns; rejects with what it throws, and when the service ends first
   */
  spawn<A extends unknown[], R>(fn: (...args: A) => Go<R>, ...args: A): Promise<R>;
  /** Aborted when the service ends, for the reason it ended by. */
  readonly signal: AbortSignal;
  /** Settles when the service is over: rejects with what a goroutine of it threw and nobody caught. */
  readonly closed: Promise<void>;
  /**
   * Ends the service as a run ends: its goroutines leave their frames, promises that wait for one of them reject.
   *
   * @param cause the reason of {@link signal}
   * @returns settles when the frames are left; never rejects
   */
  stop(cause?: unknown): Promise<void>;
  /** The service's own goroutines. */
  goroutines(): GoroutineInfo[];
}

/**
 * Starts a service: a run that has no main and ends when it is stopped, or when a goroutine of it fails. While there is one,
 * goroutines of the runs beside it that all wait are no deadlock, for the service may still wake them.
 *
 * @example
 * ```ts
 * import { chan, go, start } from "gobuf";
 *
 * await using service = start();
 * const answer = await service.spawn(function* () {
 *   const c = chan<number>();
 *   go(function* () {
 *     yield* c.send(42);
 *   });
 *   return yield* c.recv();
 * });
 * console.log(answer); // 42
 * ```
 */
export function start(options: StartOptions = {}): Service {
  checkRunOptions("start", options, ["onStackOverflow", "traceback", "signal"]);
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  const controller = new AbortController();
  const settle = (run: Run) => {
    controller.abort(run.failed ? run.error : run.result);
    if (run.failed && run.error !== options.signal?.reason) reject(run.error);
    else resolve();
  };
  const open = () => {
    const run = openWorld(options, settle);
    observeBegin(run.world);
    return run;
  };
  let run: Run;
  if (joins(options)) run = joinWorld(options, settle);
  else run = mp.turn ? apart(open) : open();
  expectOutside(run, 1);
  if (options.signal?.aborted) failRun(run, options.signal.reason);
  const stop = (cause?: unknown): Promise<void> => {
    if (!run.over) {
      finishRun(run, cause ?? new RunOverError("gobuf: the service was stopped"));
      kick(run.world);
    }
    return closed.catch(() => {});
  };
  return {
    spawn(fn, ...args) {
      if (run.over || run.ends) return Promise.reject(new RunOverError("gobuf: spawn: the service is over"));
      return spawnIn(run, fn, args);
    },
    signal: controller.signal,
    closed,
    stop,
    goroutines: () => goroutinesOf((of) => of === run),
    [Symbol.asyncDispose]: () => stop(),
  };
}
