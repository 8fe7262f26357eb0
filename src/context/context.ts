/**
 * Contexts: context/context.go. Exported as the namespace `context`.
 *
 * A context has an AbortSignal, and an AbortSignal gives a context ({@link fromSignal}). A cancel function may be
 * called by goroutines and by ordinary code.
 */

import { checkCallback } from "../runtime/body.ts";
import { checkDuration, refuse } from "../runtime/expect.ts";
import { callDone } from "../runtime/m.ts";
import { currentRun } from "../runtime/outside.ts";
import { PanicError } from "../runtime/panic.ts";
import { MAX_WAIT_MS, now } from "../runtime/time.ts";
import type { Callback } from "../time/timer.ts";
import {
  AfterFuncCtx,
  CancelCtx,
  causeOf,
  checkContext,
  checkParent,
  EmptyCtx,
  signalCtx,
  TimerCtx,
  ValueCtx,
  WithoutCancelCtx,
} from "./cancelctx.ts";
import { disposable } from "./disposable.ts";
import { type CancelCauseFunc, Canceled, type CancelFunc, type Context, DeadlineExceeded, Key } from "./types.ts";

export { notifyContext } from "./notify.ts";
export { type CancelCauseFunc, Canceled, type CancelFunc, type Context, DeadlineExceeded, Key } from "./types.ts";

const backgroundCtx = new EmptyCtx("context.Background");
const todoCtx = new EmptyCtx("context.TODO");

/**
 * The context that all others are made from: it is never canceled, and has no deadline and no values. Go's
 * context.Background (context/context.go).
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * ```
 */
export function background(): Context {
  return backgroundCtx;
}

/**
 * Like {@link background}, for a place where it is not decided yet which context to use: Go's context.TODO
 * (context/context.go).
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.todo());
 * ```
 */
export function todo(): Context {
  return todoCtx;
}

/**
 * Makes a context that is canceled with its parent, or by its cancel function: Go's context.WithCancel
 * (context/context.go).
 *
 * @returns the context and its cancel function. Call the function in any case, or the parent keeps the context
 * @throws PanicError "cannot create context from nil parent"; Error when no run is under way and the parent is a
 *   Context of the program's own that has no `afterFunc`
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * using _ = cancel;
 * go(function* () {
 *   yield* ctx.done().recv();
 *   console.log("told to stop"); // told to stop
 * });
 * yield* gosched();
 * cancel();
 * yield* gosched();
 * ```
 */
export function withCancel(parent: Context): [ctx: Context, cancel: CancelFunc] {
  checkParent("context.withCancel", parent);
  const c = new CancelCtx(parent).propagate("context.withCancel");
  return [c, disposable(() => cancel(c))];
}

/** What a cancel function does. */
function cancel(c: CancelCtx, cause?: Error): void {
  c.cancel(true, Canceled, cause);
  callDone();
}

/**
 * Like {@link withCancel}, with a cancel function that takes a reason, which {@link cause} gives: Go's
 * context.WithCancelCause (context/context.go).
 *
 * @throws as {@link withCancel}
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancelCause(context.background());
 * cancel(new Error("disk full"));
 * console.log(ctx.err() === context.Canceled, context.cause(ctx)?.message); // true disk full
 * ```
 */
export function withCancelCause(parent: Context): [ctx: Context, cancel: CancelCauseFunc] {
  checkParent("context.withCancelCause", parent);
  const c = new CancelCtx(parent).propagate("context.withCancelCause");
  return [c, disposable((cause?: Error) => cancel(c, cause))];
}

/**
 * Makes a context that is canceled at a point in time, with its parent, or by its cancel function: Go's
 * context.WithDeadline and, with `why`, context.WithDeadlineCause (context/context.go). When the parent's deadline is
 * earlier, that one holds.
 *
 * @param deadline a Date, or milliseconds since the Unix epoch, as {@link now} gives them
 * @param why what {@link cause} gives after the deadline; by default {@link DeadlineExceeded}
 * @throws PanicError "cannot create context from nil parent"; Error when no run is under way
 * @example
 * ```ts
 * const [ctx, cancel] = context.withDeadline(context.background(), now() + 20);
 * using _ = cancel;
 * yield* ctx.done().recv();
 * console.log(ctx.err()?.message); // context deadline exceeded
 * ```
 */
export function withDeadline(
  parent: Context,
  deadline: number | Date,
  why?: Error,
): [ctx: Context, cancel: CancelFunc] {
  const what = "context.withDeadline";
  checkParent(what, parent);
  const given: unknown = deadline instanceof Date ? deadline.getTime() : deadline;
  if (typeof given !== "number" || Number.isNaN(given)) {
    refuse(what, deadline, "a deadline, a valid Date or milliseconds since the Unix epoch");
  }
  checkCause(what, why);
  const when = Math.max(-DATE_MAX_MS, Math.min(given, DATE_MAX_MS));
  return timerCtx(parent, when, when - now(), why, what);
}

/**
 * {@link withDeadline}, `ms` milliseconds from now: Go's context.WithTimeout and, with `why`, context.WithTimeoutCause
 * (context/context.go).
 *
 * @param ms milliseconds, fractions count; 0 or less cancels the context at once
 * @param why what {@link cause} gives when the time is over; by default {@link DeadlineExceeded}
 * @throws as {@link withDeadline}
 * @example
 * ```ts
 * const [ctx, cancel] = context.withTimeout(context.background(), 20, new Error("too slow"));
 * using _ = cancel;
 * const r = yield* select([recvCase(ctx.done()), recvCase(after(1000))]);
 * console.log(r.index, context.cause(ctx)?.message); // 0 too slow
 * ```
 */
export function withTimeout(parent: Context, ms: number, why?: Error): [ctx: Context, cancel: CancelFunc] {
  const what = "context.withTimeout";
  checkParent(what, parent);
  checkDuration(what, "ms", ms);
  checkCause(what, why);
  const wait = Math.max(-MAX_WAIT_MS, Math.min(ms, MAX_WAIT_MS));
  return timerCtx(parent, now() + wait, wait, why, what);
}

/** The last time that a Date can hold, milliseconds. */
const DATE_MAX_MS = 8.64e15;

/** @throws TypeError for a cause that is no error */
function checkCause(what: string, why: unknown): void {
  if (why !== undefined && !(why instanceof Error)) refuse(what, why, "a cause, an Error or undefined");
}

function timerCtx(
  parent: Context,
  when: number,
  ms: number,
  why: Error | undefined,
  what: string,
): [ctx: Context, cancel: CancelFunc] {
  const earlier = parent.deadline();
  if (earlier !== undefined && earlier < when) return withCancel(parent);
  currentRun(what);
  const c = new TimerCtx(parent, when).propagate(what);
  if (ms > 0) c.arm(ms, why);
  else c.cancel(true, DeadlineExceeded, why);
  return [c, disposable(() => cancel(c))];
}

/**
 * Makes a context with one more value: Go's context.WithValue (context/context.go). It is canceled with its parent.
 *
 * @throws PanicError "nil key", "cannot create context from nil parent"
 * @example
 * ```ts
 * const requestId = new context.Key<string>("request id");
 * const ctx = context.withValue(context.background(), requestId, "r-1");
 * console.log(ctx.value(requestId)); // r-1
 * ```
 */
export function withValue<T>(parent: Context, key: Key<T>, value: T): Context;
export function withValue(parent: Context, key: Key<unknown>, value: unknown): Context {
  checkParent("context.withValue", parent);
  if (key === null || key === undefined) throw new PanicError("nil key");
  if (!(key instanceof Key)) refuse("context.withValue", key, "a context.Key");
  return new ValueCtx(parent, key, value);
}

/**
 * Makes a context with its parent's values that is never canceled: Go's context.WithoutCancel (context/context.go).
 *
 * @throws PanicError "cannot create context from nil parent"
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * const cleanup = context.withoutCancel(ctx);
 * cancel();
 * console.log(cleanup.err()); // undefined
 * ```
 */
export function withoutCancel(parent: Context): Context {
  checkParent("context.withoutCancel", parent);
  return new WithoutCancelCtx(parent);
}

/**
 * Calls a function in a goroutine of its own when a context is canceled; at once if it is already: Go's
 * context.AfterFunc (context/context.go).
 *
 * @param f a generator function, or a plain one
 * @returns a function that prevents the call, and tells whether it did: false when `f` was started, or the call
 *   prevented before. `using` calls it, too
 * @throws Error when no run is under way
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * const stop = context.afterFunc(ctx, () => console.log("over")); // over
 * cancel();
 * yield* gosched();
 * console.log(stop()); // false
 * ```
 */
export function afterFunc(ctx: Context, f: Callback): (() => boolean) & Disposable {
  checkContext("context.afterFunc", ctx);
  checkCallback("context.afterFunc", f);
  const a = new AfterFuncCtx(ctx, f).propagate("context.afterFunc");
  return disposable(() => a.stop());
}

/**
 * Why a context was canceled: Go's context.Cause (context/context.go).
 *
 * @returns the reason of the first cancellation, of the context or of one that it was made from; its `err()` where no
 *   reason was given; undefined while it is not canceled
 *
 * @example
 * ```ts
 * const [parent, cancel] = context.withCancelCause(context.background());
 * const [ctx] = context.withTimeout(parent, 1000);
 * cancel(new Error("shutting down"));
 * console.log(context.cause(ctx)?.message); // shutting down
 * ```
 */
export function cause(ctx: Context): Error | undefined {
  checkContext("context.cause", ctx);
  return causeOf(ctx);
}

/**
 * The context of an AbortSignal: it is canceled when the signal is aborted, and {@link cause} gives the signal's
 * reason. Its `err()` is {@link DeadlineExceeded} when the reason is a TimeoutError (as of AbortSignal.timeout), else
 * {@link Canceled}. Go has no counterpart.
 *
 * The same signal gives the same context, and a context's own `signal` gives that context. While a goroutine waits for
 * such a context, or for one made from it, a run in which no goroutine can run is no deadlock.
 *
 * @example
 * ```ts
 * const controller = new AbortController();
 * const ctx = context.fromSignal(controller.signal);
 * controller.abort(new Error("client gone"));
 * console.log(ctx.err()?.message, context.cause(ctx)?.message); // context canceled client gone
 * ```
 */
export function fromSignal(signal: AbortSignal): Context {
  if (!(signal instanceof AbortSignal)) refuse("context.fromSignal", signal, "an AbortSignal");
  return signalCtx(signal);
}
