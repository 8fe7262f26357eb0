/**
 * Contexts: context/context.go. Exported as the namespace `context`.
 *
 * Both worlds meet here: a context has an AbortSignal, and a signal gives a context ({@link fromSignal}). A cancel
 * function may be called from anywhere, also by code outside the goroutines.
 */

import { PanicError } from "../runtime/panic.ts";
import { now } from "../runtime/time.ts";
import { currentRun } from "../runtime/world.ts";
import type { Callback } from "../time/timer.ts";
import {
  AfterFuncCtx,
  type CancelCauseFunc,
  CancelCtx,
  Canceled,
  type CancelFunc,
  type Context,
  causeOf,
  checkParent,
  DeadlineExceeded,
  EmptyCtx,
  type Key,
  signalCtx,
  TimerCtx,
  ValueCtx,
  WithoutCancelCtx,
} from "./cancelctx.ts";

export { type CancelCauseFunc, Canceled, type CancelFunc, type Context, DeadlineExceeded, Key } from "./cancelctx.ts";

const backgroundCtx = new EmptyCtx("context.Background");
const todoCtx = new EmptyCtx("context.TODO");

/**
 * The root of contexts: never canceled, no deadline, no values: context.Background.
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
 * Like {@link background}, where it is not clear yet which context to use: context.TODO.
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.todo());
 * ```
 */
export function todo(): Context {
  return todoCtx;
}

/** A function that is also disposable: disposing calls it. */
function disposable<F extends () => unknown>(f: F): F & Disposable {
  return Object.assign(f, { [Symbol.dispose]: () => void f() });
}

/**
 * A context that ends with its parent, or by its cancel function: context.WithCancel.
 *
 * @returns the context and its cancel function; call it in any case, so that the parent can forget the context
 * @throws Error when no run is under way and the parent is a context of the program's own without `afterFunc`
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
  checkParent(parent);
  const c = new CancelCtx(parent).propagate("context.withCancel");
  return [c, disposable(() => c.cancel(true, Canceled))];
}

/**
 * Like {@link withCancel}; the cancel function takes the reason, which {@link cause} gives: context.WithCancelCause.
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancelCause(context.background());
 * cancel(new Error("disk full"));
 * console.log(ctx.err() === context.Canceled, context.cause(ctx)?.message); // true disk full
 * ```
 */
export function withCancelCause(parent: Context): [ctx: Context, cancel: CancelCauseFunc] {
  checkParent(parent);
  const c = new CancelCtx(parent).propagate("context.withCancelCause");
  return [c, disposable((cause?: Error) => c.cancel(true, Canceled, cause))];
}

/**
 * A context that ends at a point in time, if its parent does not end or was not to end earlier: context.WithDeadline,
 * context.WithDeadlineCause.
 *
 * @param deadline a date, or milliseconds since the Unix epoch, as {@link now} gives them
 * @param why what {@link cause} gives when the time has come; by default {@link DeadlineExceeded}
 * @throws Error when no run is under way
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
  const when = Number(deadline);
  return timerCtx(parent, when, when - now(), why, "context.withDeadline");
}

/**
 * {@link withDeadline}, `ms` milliseconds from now: context.WithTimeout, context.WithTimeoutCause.
 *
 * @param ms fractions count
 * @param why what {@link cause} gives when the time is over; by default {@link DeadlineExceeded}
 * @throws Error when no run is under way
 * @example
 * ```ts
 * const [ctx, cancel] = context.withTimeout(context.background(), 20, new Error("too slow"));
 * using _ = cancel;
 * const r = yield* select([recvCase(ctx.done()), recvCase(after(1000))]);
 * console.log(r.index, context.cause(ctx)?.message); // 0 too slow
 * ```
 */
export function withTimeout(parent: Context, ms: number, why?: Error): [ctx: Context, cancel: CancelFunc] {
  return timerCtx(parent, now() + ms, ms, why, "context.withTimeout");
}

function timerCtx(
  parent: Context,
  when: number,
  ms: number,
  why: Error | undefined,
  what: string,
): [ctx: Context, cancel: CancelFunc] {
  checkParent(parent);
  const earlier = parent.deadline();
  if (earlier !== undefined && earlier < when) return withCancel(parent);
  currentRun(what);
  const c = new TimerCtx(parent, when).propagate(what);
  if (ms > 0) c.arm(ms, why);
  else c.cancel(true, DeadlineExceeded, why);
  return [c, disposable(() => c.cancel(true, Canceled))];
}

/**
 * A context that has one more value: context.WithValue.
 *
 * @throws PanicError "nil key"
 * @example
 * ```ts
 * const requestId = new context.Key<string>("request id");
 * const ctx = context.withValue(context.background(), requestId, "r-1");
 * console.log(ctx.value(requestId)); // r-1
 * ```
 */
export function withValue<T>(parent: Context, key: Key<T>, value: T): Context;
export function withValue(parent: Context, key: Key<unknown>, value: unknown): Context {
  checkParent(parent);
  if (key === null || key === undefined) throw new PanicError("nil key");
  return new ValueCtx(parent, key, value);
}

/**
 * A context with its parent's values that does not end with it and has no deadline: context.WithoutCancel.
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * const cleanup = context.withoutCancel(ctx);
 * cancel();
 * console.log(cleanup.err()); // undefined
 * ```
 */
export function withoutCancel(parent: Context): Context {
  checkParent(parent);
  return new WithoutCancelCtx(parent);
}

/**
 * Calls a function in a goroutine of its own when a context ends, at once if it is over: context.AfterFunc.
 *
 * @param f a generator function, or a plain one
 * @returns keeps `f` from being called; false when it was started or stopped before. `using` does, too.
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
  const a = new AfterFuncCtx(ctx, f).propagate("context.afterFunc");
  return disposable(() => a.stop());
}

/**
 * Why a context is over: the first reason that it or one it was made from was canceled for, else its `err()`; undefined
 * while it is not: context.Cause.
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
  return causeOf(ctx);
}

/**
 * The context of an AbortSignal: canceled when the signal is aborted, for its reason. A signal that tells of a timeout
 * gives {@link DeadlineExceeded}, any other {@link Canceled}.
 *
 * A signal has one context, and the one of a context's own `signal` is that context. While a goroutine waits for the end
 * of such a context, or of one that ends with it, an idle run is no deadlock.
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
  return signalCtx(signal);
}
