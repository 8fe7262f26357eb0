/** What a context is to those that use it, and the errors that its end has: context/context.go. */

import type { RecvChan } from "../runtime/channel.ts";
import { isA } from "../runtime/panic.ts";
import { textOfValue } from "../runtime/printpanics.ts";

/**
 * What goroutines that work on one task share: a deadline, the news that the task is canceled, and values. Go's
 * context.Context (context/context.go). The functions of the namespace `context` make them; a program may have its own.
 *
 * @example
 * ```ts
 * function* poll(ctx: context.Context): Go<number> {
 *   for (let n = 0; ; n++) {
 *     if ((yield* select([recvCase(ctx.done()), recvCase(after(10))])).index === 0) return n;
 *   }
 * }
 * const [ctx] = context.withTimeout(context.background(), 35);
 * console.log(yield* poll(ctx)); // 3
 * ```
 */
export interface Context {
  /** When it will be canceled, in milliseconds as `now()` gives them; undefined for never. Go's Deadline. */
  deadline(): number | undefined;
  /** A channel that is closed when it is canceled; nil when it never will be. The same one each time. Go's Done. */
  done(): RecvChan<never>;
  /** `Canceled` or `DeadlineExceeded` when it has been canceled, else undefined. Go's Err. */
  err(): Error | undefined;
  /** The value of a key, undefined when there is none. Go's Value. */
  value<T>(key: Key<T>): T | undefined;
  /** A signal that is aborted when it is canceled, for `fetch` and the like. Its reason is the context's cause. */
  readonly signal: AbortSignal;
  /**
   * A program's own context may have this method: it arranges that `f` is called when the context is canceled, and
   * returns a function that prevents the call and tells whether it did. Without it, gobuf starts a goroutine that
   * watches `done()` for each context made from this one. (afterFuncer in context/context.go.)
   */
  afterFunc?(f: () => void): () => boolean;
}

/**
 * The key of a value in a {@link Context}, which also carries the value's type. Two keys of one name are different
 * keys.
 *
 * @typeParam T the value's type
 * @example
 * ```ts
 * const userKey = new context.Key<{ name: string }>("user");
 * const ctx = context.withValue(context.background(), userKey, { name: "gopher" });
 * console.log(ctx.value(userKey)?.name); // gopher
 * ```
 */
export class Key<in out T> {
  /** Never there: it carries the type. */
  declare protected readonly type: (value: T) => T;

  constructor(
    /** What messages call it. */
    readonly name: string,
  ) {}

  toString(): string {
    return this.name;
  }
}

/**
 * Cancels a context: Go's context.CancelFunc (context/context.go). Only the first call has an effect. `using` calls it,
 * too.
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * {
 *   using _ = cancel;
 * }
 * console.log(ctx.err()?.message); // context canceled
 * ```
 */
export type CancelFunc = (() => void) & Disposable;

/**
 * Cancels a context for a reason, which `context.cause` gives: Go's context.CancelCauseFunc (context/context.go). Only
 * the first call has an effect. `using` calls it without a reason.
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancelCause(context.background());
 * cancel(new Error("enough"));
 * console.log(context.cause(ctx)?.message); // enough
 * ```
 */
export type CancelCauseFunc = ((cause?: Error) => void) & Disposable;

// One object stands for the end of every context: it was made nowhere in particular.
class ContextError extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    // A stack that is written over is read first, and with it the map of this file's source: 5 ms as the module is loaded.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
    this.stack = `${name}: ${message}`;
  }
}

/**
 * What `err()` gives when a context was canceled: Go's context.Canceled (context/context.go). Its `name` is
 * "AbortError", as of an aborted fetch.
 *
 * @example
 * ```ts
 * const [ctx, cancel] = context.withCancel(context.background());
 * cancel();
 * console.log(ctx.err() === context.Canceled); // true
 * console.log(String(context.Canceled)); // AbortError: context canceled
 * ```
 */
export const Canceled: Error = new ContextError("AbortError", "context canceled");

/**
 * What `err()` gives when a context's deadline has passed: Go's context.DeadlineExceeded (context/context.go). Its
 * `name` is "TimeoutError", as of AbortSignal.timeout.
 *
 * @example
 * ```ts
 * const [ctx] = context.withTimeout(context.background(), 5);
 * yield* ctx.done().recv();
 * console.log(ctx.err() === context.DeadlineExceeded); // true
 * console.log(String(context.DeadlineExceeded)); // TimeoutError: context deadline exceeded
 * ```
 */
export const DeadlineExceeded: Error = new ContextError("TimeoutError", "context deadline exceeded");

/** Anything that was thrown, as an error. @internal */
export function asError(thrown: unknown): Error {
  return isA(thrown, Error) ? thrown : new Error(textOfValue(thrown), { cause: thrown });
}
