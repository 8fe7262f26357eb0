/**
 * Goroutines and promises: a goroutine waits for a promise, and ordinary async code takes part in channels.
 *
 * A promise that settles makes the goroutine runnable, and the run goes on in a microtask (runtime/outside.ts). While a
 * promise or a hold is pending, a run in which no goroutine can run waits instead of reporting a deadlock.
 */

import { afterFunc } from "./context/context.ts";
import type { Context } from "./context/types.ts";
import type { Go } from "./runtime/body.ts";
import { closechan, type Source, trySend } from "./runtime/chan.ts";
import { Chan } from "./runtime/channel.ts";
import { getg, type Op, opOwnCall, opPending } from "./runtime/m.ts";
import { currentRun, expectOutside } from "./runtime/outside.ts";
import { gopark, goready } from "./runtime/proc.ts";
import { waitReasonIOWait } from "./runtime/runtime2.ts";
import type {
  NamedCases,
  RecvCase,
  SelectCase,
  Selected,
  SelectedDefault,
  SelectedNamed,
  SelectedNamedDefault,
  SelectOptions,
} from "./runtime/scase.ts";
import { recvCase, select } from "./runtime/select.ts";
import { spawnOwn } from "./runtime/spawn.ts";
import type { Run } from "./runtime/world.ts";

const { then } = Promise.prototype;

/** How the promise that a goroutine waited for has settled. */
interface Settled {
  pending: boolean;
  failed: boolean;
  value: unknown;
}

/**
 * Waits for a promise without blocking other goroutines. Reports show the goroutine as `[IO wait]`. Go has no
 * counterpart.
 *
 * @param promise a promise or another thenable; any other value is the result as it is, one turn later
 * @param ctx gives the wait up when it is canceled. The promise goes on, and what becomes of it is dropped: hand
 *   `ctx.signal` to what makes it, so that it stops, too. A deadline of the fake clock does not come meanwhile: that clock
 *   stands still while a promise is pending
 * @returns what the promise fulfils with
 * @throws what the promise rejects with; `ctx.err()` when the context is canceled; Error outside a goroutine
 * @example
 * ```ts
 * const page = yield* wait(Promise.resolve("<html>"));
 * console.log(page.length); // 6
 * ```
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * go(function* () {
 *   cancel();
 * });
 * try {
 *   yield* wait(new Promise(() => {}), ctx);
 * } catch (error) {
 *   console.log(error === context.Canceled); // true
 * }
 * ```
 */
export function wait<T>(promise: PromiseLike<T> | T, ctx?: Context): Op<Awaited<T>> {
  getg("wait");
  return ctx === undefined ? waitFor(promise) : opOwnCall(waitOrCancel(promise, ctx));
}

/** @param settled what may settle before the promise does */
function waitFor<T>(promise: PromiseLike<T> | T, settled: Settled = unsettled()): Op<Awaited<T>> {
  const gp = getg("wait");
  const run = currentRun("wait");
  expectOutside(run, 1);
  // As `await` does: of another thenable the first call counts, and the `then` of a promise is the language's own.
  then.call(
    Promise.resolve(promise),
    (value) => arrive(gp, run, settled, false, value),
    (error) => arrive(gp, run, settled, true, error),
  );
  gopark(gp, null, waitReasonIOWait, () => {
    if (settled.failed) throw settled.value;
    return settled.value;
  });
  return opPending();
}

const unsettled = (): Settled => ({ pending: true, failed: false, value: undefined });

/** Wakes the goroutine, for the first of what it waits for. */
function arrive(gp: number, run: Run, settled: Settled, failed: boolean, value: unknown): void {
  if (run.over || !settled.pending) return;
  settled.pending = false;
  settled.failed = failed;
  settled.value = value;
  goready(gp);
  expectOutside(run, -1);
}

function* waitOrCancel<T>(promise: PromiseLike<T> | T, ctx: Context): Generator<unknown, Awaited<T>, true> {
  const canceled = ctx.err();
  if (canceled !== undefined) {
    // Nobody hears how it ends: a rejection is not to be reported as unhandled.
    Promise.resolve(promise).then(undefined, () => {});
    throw canceled;
  }
  const gp = getg("wait");
  const run = currentRun("wait");
  const settled = unsettled();
  const stop = afterFunc(ctx, () => arrive(gp, run, settled, true, ctx.err()));
  try {
    return yield* waitFor(promise, settled);
  } finally {
    stop();
  }
}

/** Keeps a run open while goroutines wait for a promise in a select. */
const settling: Source = {
  poll() {},
  block() {
    expectOutside(currentRun("select"), 1);
  },
  unblock() {
    expectOutside(currentRun("select"), -1);
  },
};

/**
 * Makes a case of `select` for a promise: as of a channel that brings how the promise has settled, and is then closed. Go has
 * no counterpart.
 *
 * A select gives a rejection as a value, for another case may be what matters; `value.status` tells the two apart, as with
 * Promise.allSettled. While a goroutine waits in such a select, a run in which no goroutine can run is no deadlock.
 *
 * @param promise a promise or another thenable; any other value is a promise that has fulfilled with it
 * @example
 * ```ts
 * const page = Promise.resolve("<html>");
 * const r = yield* select({ page: promiseCase(page), late: recvCase(after(1000)) });
 * if (r.case === "page" && r.value?.status === "fulfilled") console.log(r.value.value); // <html>
 * ```
 */
export function promiseCase<T>(promise: PromiseLike<T> | T): RecvCase<PromiseSettledResult<Awaited<T>>> {
  const c = new Chan<PromiseSettledResult<Awaited<T>>>(1);
  c.source = settling;
  const settle = (result: PromiseSettledResult<Awaited<T>>) => {
    trySend(c, result);
    closechan(c);
  };
  then.call(
    Promise.resolve(promise),
    (value) => settle({ status: "fulfilled", value: value as Awaited<T> }),
    (reason) => settle({ status: "rejected", reason }),
  );
  return recvCase(c);
}

/**
 * Keeps the run open: until the returned object is disposed of, a run in which no goroutine can run waits for the event
 * loop instead of failing with a deadlock. For a program whose goroutines wait for what ordinary code sends them, such
 * as a server. Go has no counterpart.
 *
 * @throws Error when no run is under way
 * @example
 * ```ts
 * import { chan, hold, run } from "gobuf";
 *
 * const clicks = chan<string>();
 * setTimeout(() => clicks.sendAsync("click"), 5);
 * await run(function* () {
 *   using _ = hold();
 *   console.log(yield* clicks.recv()); // click
 * });
 * ```
 */
export function hold(): Disposable {
  const run = currentRun("hold");
  let held = true;
  expectOutside(run, 1);
  return {
    [Symbol.dispose]() {
      if (held) expectOutside(run, -1);
      held = false;
    },
  };
}

/**
 * {@link select} for ordinary async code: a goroutine of the run under way does it.
 *
 * @param cases as for `select`
 * @returns as `select`; rejects with PanicError as `select` throws it, and with Error when no run is under way, and
 *   with an Error named RunOverError when the run ends first
 * @example
 * ```ts
 * import { chan, go, hold, recvCase, run, selectAsync } from "gobuf";
 *
 * const jobs = chan<string>();
 * const quit = chan<void>();
 * const done = run(function* () {
 *   go(function* () {
 *     yield* jobs.send("sweep");
 *   });
 *   using _ = hold();
 *   yield* quit.recv();
 * });
 * const r = await selectAsync([recvCase(jobs), recvCase(chan<number>())]);
 * if (r.index === 0) console.log(r.value); // sweep
 * await quit.sendAsync();
 * await done;
 * ```
 */
export function selectAsync<const C extends readonly SelectCase[]>(cases: C): Promise<Selected<C>>;
export function selectAsync<const C extends readonly SelectCase[]>(
  cases: C,
  options: SelectOptions,
): Promise<Selected<C> | SelectedDefault>;
export function selectAsync<const C extends NamedCases>(cases: C): Promise<SelectedNamed<C>>;
export function selectAsync<const C extends NamedCases>(
  cases: C,
  options: SelectOptions,
): Promise<SelectedNamed<C> | SelectedNamedDefault>;
export function selectAsync(cases: readonly SelectCase[] | NamedCases, options: SelectOptions = {}): Promise<unknown> {
  return spawnOwn(bodies.selectAsync, cases, options);
}

/** A minifier keeps the name of a method. */
const bodies = {
  *selectAsync(cases: readonly SelectCase[] | NamedCases, options: SelectOptions): Go<unknown> {
    return yield* select(cases as NamedCases, options);
  },
};
