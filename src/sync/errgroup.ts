/**
 * Groups of goroutines that work on one task: golang.org/x/sync/errgroup.
 */

import { withCancelCause } from "../context/context.ts";
import { asError, type CancelCauseFunc, type Context } from "../context/types.ts";
import { frameOf, type Go } from "../runtime/body.ts";
import { CAPACITY_MAX, trySend } from "../runtime/chan.ts";
import { type Chan, chan } from "../runtime/channel.ts";
import { refuse } from "../runtime/expect.ts";
import { getg, isGoexit, type Op, opCall, opOwnCall, opReady } from "../runtime/m.ts";
import { FatalError, isA, PanicError } from "../runtime/panic.ts";
import { newproc } from "../runtime/proc.ts";
import { WaitGroup } from "./waitgroup.ts";

/**
 * Runs goroutines for one task, waits for all of them, and gives the first error: Go's errgroup.Group
 * (golang.org/x/sync/errgroup).
 *
 * A goroutine fails by throwing. A PanicError or a FatalError is no failure of the group: it ends the run.
 *
 * @example
 * ```ts
 * const [group, ctx] = ErrGroup.withContext(context.background());
 * for (const ms of [10, 20, 30]) {
 *   yield* group.go(function* () {
 *     const r = yield* select([recvCase(ctx.done()), recvCase(after(ms))]);
 *     if (r.index === 1 && ms === 20) throw new Error(`${ms} ms is too long`);
 *   });
 * }
 * try {
 *   yield* group.wait();
 * } catch (error) {
 *   console.log(String(error), error === context.cause(ctx)); // Error: 20 ms is too long true
 * }
 * ```
 */
export class ErrGroup {
  private readonly wg = new WaitGroup();
  private sem: Chan<void> | null = null;
  private failed = false;
  private error: unknown;
  private cancel: CancelCauseFunc | null = null;

  /**
   * Makes a group and a context: Go's errgroup.WithContext. The context is canceled when the first goroutine fails, and
   * its cause is what that goroutine threw; without a failure it is canceled when `wait` returns.
   *
   * @throws as `context.withCancelCause`
   * @example
   * ```ts
   * const [group, ctx] = ErrGroup.withContext(context.background());
   * yield* group.go(function* () {
   *   yield* ctx.done().recv();
   * });
   * yield* group.go(function* () {
   *   throw new Error("no luck");
   * });
   * try {
   *   yield* group.wait();
   * } catch (error) {
   *   console.log(error === context.cause(ctx)); // true
   * }
   * ```
   */
  static withContext(parent: Context): [group: ErrGroup, ctx: Context] {
    const group = new ErrGroup();
    const [ctx, cancel] = withCancelCause(parent);
    group.cancel = cancel;
    return [group, ctx];
  }

  /**
   * Starts a goroutine of the group, and waits before that while as many run as the limit allows: Go's Go.
   *
   * @param fn a generator function. It is called at once with the arguments; its body runs later
   * @throws TypeError when `fn` does not make a generator; Error outside a goroutine
   * @example
   * ```ts
   * const group = new ErrGroup();
   * yield* group.go(function* (ms: number) {
   *   yield* sleep(ms);
   * }, 10);
   * yield* group.wait();
   * ```
   */
  go<A extends unknown[]>(fn: (...args: A) => Go<unknown>, ...args: A): Op<void> {
    getg("ErrGroup.go");
    const body = frameOf("ErrGroup.go", fn, args);
    if (this.sem !== null) return opOwnCall(this.startLimited(body, fn, this.sem));
    this.start(body, fn);
    return opReady<void>(undefined);
  }

  private *startLimited(body: Go<unknown>, fn: unknown, sem: Chan<void>): Go {
    yield* sem.send();
    this.start(body, fn);
  }

  /**
   * Starts a goroutine of the group if the limit allows it without waiting: Go's TryGo.
   *
   * @param fn as for {@link go}
   * @returns whether it was started
   * @throws TypeError when `fn` does not make a generator; Error outside a goroutine
   * @example
   * ```ts
   * const group = new ErrGroup();
   * group.setLimit(1);
   * function* nap() {
   *   yield* sleep(10);
   * }
   * console.log(group.tryGo(nap), group.tryGo(nap)); // true false
   * ```
   */
  tryGo<A extends unknown[]>(fn: (...args: A) => Go<unknown>, ...args: A): boolean {
    getg("ErrGroup.tryGo");
    const body = frameOf("ErrGroup.tryGo", fn, args);
    if (this.sem !== null && !trySend(this.sem, undefined)) return false;
    this.start(body, fn);
    return true;
  }

  private start(body: Go<unknown>, fn: unknown): void {
    this.wg.add(1);
    newproc(this.run(body), fn);
  }

  private *run(body: Go<unknown>): Go {
    try {
      yield* opCall(body);
    } catch (error) {
      // Neither is what ends a goroutine, or a run, a failure of the group.
      if (isA(error, PanicError) || isA(error, FatalError) || isGoexit(error)) throw error;
      this.fail(error);
    } finally {
      if (this.sem !== null) yield* this.sem.recv();
      this.wg.done();
    }
  }

  private fail(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.error = error;
    this.cancel?.(asError(error));
  }

  /**
   * Waits until all goroutines of the group have ended: Go's Wait.
   *
   * @throws what the first goroutine that failed threw; Error outside a goroutine
   * @example
   * ```ts
   * const group = new ErrGroup();
   * yield* group.go(function* () {
   *   throw new Error("no luck");
   * });
   * try {
   *   yield* group.wait();
   * } catch (error) {
   *   console.log(String(error)); // Error: no luck
   * }
   * ```
   */
  wait(): Op<void> {
    getg("ErrGroup.wait");
    return opOwnCall(this.waitSlow());
  }

  private *waitSlow(): Go {
    yield* this.wg.wait();
    this.cancel?.();
    if (this.failed) throw this.error;
  }

  /**
   * Limits how many goroutines of the group exist at a time: Go's SetLimit.
   *
   * @param n an integer from 0 (none may start), or Infinity; a negative number removes the limit
   * @throws PanicError "errgroup: modify limit while ... goroutines in the group are still active"; TypeError for
   *   what is no integer
   * @example
   * ```ts
   * const group = new ErrGroup();
   * group.setLimit(2);
   * for (const ms of [30, 20, 10]) yield* group.go(function* () { yield* sleep(ms); });
   * yield* group.wait();
   * ```
   */
  setLimit(n: number): void {
    if (!Number.isInteger(n) && n !== Number.POSITIVE_INFINITY && n !== Number.NEGATIVE_INFINITY) {
      refuse("ErrGroup.setLimit", n, "an integer or Infinity");
    }
    const active = this.sem?.len ?? 0;
    if (n >= 0 && active !== 0) {
      throw new PanicError(`errgroup: modify limit while ${active} goroutines in the group are still active`);
    }
    this.sem = n < 0 ? null : chan<void>(Math.min(n, CAPACITY_MAX));
  }
}
