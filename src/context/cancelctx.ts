/**
 * What contexts are made of: context/context.go. The functions that make them are in context.ts.
 *
 * A context is canceled in one go: nothing runs between its end and that of its children, so nothing here waits.
 */

import { callersContext } from "../runtime/asynccontext.ts";
import { closechan, type Source } from "../runtime/chan.ts";
import { Chan, makechan, nilchan, type RecvChan } from "../runtime/channel.ts";
import { refuseChan } from "../runtime/foreign.ts";
import { currentRun, expectOutside } from "../runtime/outside.ts";
import { isA, PanicError } from "../runtime/panic.ts";
import { textOfValue } from "../runtime/printpanics.ts";
import { newproc } from "../runtime/proc.ts";
import { recvCase, select } from "../runtime/select.ts";
import { now } from "../runtime/time.ts";
import { type Callback, callBody, Timer } from "../time/timer.ts";

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
  /** Never there: it carries the type. @internal */
  declare readonly type: (value: T) => T;

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
    super(message);
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

/** An error's name; nothing where it cannot be looked at. */
function nameOf(error: Error): string | undefined {
  try {
    return error.name;
  } catch {
    return undefined;
  }
}

/** Gives the innermost context that can be canceled: &cancelCtxKey. */
const cancelCtxKey = new Key<CancelCtx>("cancelCtx");
/** Gives the signal that a context comes from. */
const signalKey = new Key<AbortSignal>("signal");

/** A channel of no content that is closed: closedchan. */
const closedchan = new Chan<never>(0);
closedchan.closed = true;

/** While a goroutine waits for a signal, the world outside may still wake it. */
const signalSource: Source = {
  poll() {},
  block: () => expectOutside(currentRun("waiting for a signal"), 1),
  unblock: () => expectOutside(currentRun("waiting for a signal"), -1),
};

/** The contexts that signals were made for or from. */
const signals = new WeakMap<AbortSignal, CancelCtx>();

/** background and todo: emptyCtx. */
export class EmptyCtx implements Context {
  constructor(private readonly name: string) {}

  deadline(): undefined {}

  done(): RecvChan<never> {
    return nilchan;
  }

  err(): undefined {}

  value<T>(_key: Key<T>): T | undefined {
    return undefined;
  }

  /** Never aborted. A new one each time, so that listeners are collected with it. */
  get signal(): AbortSignal {
    return new AbortController().signal;
  }

  toString(): string {
    return this.name;
  }
}

/** Has its parent's values only: withoutCancelCtx. */
export class WithoutCancelCtx extends EmptyCtx {
  constructor(readonly parent: Context) {
    super(`${contextName(parent)}.WithoutCancel`);
  }

  override value<T>(key: Key<T>): T | undefined {
    return lookup(this, key);
  }
}

/** Adds a value: valueCtx. */
export class ValueCtx implements Context {
  constructor(
    readonly parent: Context,
    readonly key: Key<unknown>,
    readonly val: unknown,
  ) {}

  deadline(): number | undefined {
    return this.parent.deadline();
  }

  done(): RecvChan<never> {
    return this.parent.done();
  }

  err(): Error | undefined {
    return this.parent.err();
  }

  value<T>(key: Key<T>): T | undefined {
    return lookup(this, key);
  }

  get signal(): AbortSignal {
    return this.parent.signal;
  }

  toString(): string {
    return `${contextName(this.parent)}.WithValue(${stringify(this.key)}, ${stringify(this.val)})`;
  }
}

/** Can be canceled: cancelCtx. {@link propagate} follows its making. */
export class CancelCtx implements Context {
  private donechan: Chan<never> | null = null;
  private failure: Error | undefined;
  private reason: Error | undefined;
  private controller: AbortController | null = null;
  /** Those that end with this one; null once it is over. @internal */
  children: Set<CancelCtx> | null = null;
  /** Takes back what a parent of the program's own was asked to do. */
  private unregister: (() => boolean) | null = null;

  constructor(readonly parent: Context) {}

  deadline(): number | undefined {
    return this.parent.deadline();
  }

  done(): RecvChan<never> {
    if (this.donechan === null) {
      this.donechan = makechan<never>(0);
      if (this.value(signalKey) !== undefined) this.donechan.source = signalSource;
    }
    return this.donechan;
  }

  err(): Error | undefined {
    return this.failure;
  }

  value<T>(key: Key<T>): T | undefined {
    return lookup(this, key);
  }

  /** Why it was canceled. @internal */
  get cause(): Error | undefined {
    return this.reason;
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      signals.set(this.controller.signal, this);
      if (this.failure !== undefined) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  toString(): string {
    return `${contextName(this.parent)}.WithCancel`;
  }

  /** Arranges that it is canceled with its parent: propagateCancel. @param what the operation's name, for an error */
  propagate(what: string): this {
    const { parent } = this;
    const done = parent.done();
    if (!(done instanceof Chan)) refuseChan(`${what}: the parent's done()`, done);
    if (isNil(done)) return this;
    const end = () => {
      const err = parent.err();
      if (err === undefined) throw new PanicError("context: internal error: missing cancel error");
      this.cancel(false, err, causeOf(parent));
    };
    if ((done as Chan<never>).closed) end();
    else {
      const p = parentCancelCtx(parent);
      if (p !== undefined) {
        p.children ??= new Set();
        p.children.add(this);
      } else if (parent.afterFunc !== undefined) this.unregister = parent.afterFunc(end);
      else {
        newproc(this.watchParent(end), this.watchParent, currentRun(what));
      }
    }
    return this;
  }

  private *watchParent(end: () => void): Generator<unknown, void, unknown> {
    if ((yield* select([recvCase(this.parent.done()), recvCase(this.done())])).index === 0) end();
  }

  /** Ends it and its children, unless it is over: cancel. @param remove take it from its parent */
  cancel(remove: boolean, err: Error, cause?: Error): void {
    if (this.failure !== undefined) return;
    this.failure = err;
    this.reason = cause ?? err;
    if (this.donechan === null) this.donechan = closedchan;
    else closechan(this.donechan);
    const children = this.children;
    this.children = null;
    if (children !== null) for (const child of children) child.cancel(false, err, this.reason);
    if (remove) this.remove();
    this.controller?.abort(this.reason);
  }

  /** Takes it from its parent: removeChild. */
  protected remove(): void {
    if (this.unregister !== null) this.unregister();
    else parentCancelCtx(this.parent)?.children?.delete(this);
  }
}

/** Ends at a point in time: timerCtx. */
export class TimerCtx extends CancelCtx {
  private timer: Timer | null = null;

  constructor(
    parent: Context,
    private readonly when: number,
  ) {
    super(parent);
  }

  /** Sets it to end in `ms` milliseconds. */
  arm(ms: number, cause: Error | undefined): void {
    if (this.err() !== undefined) return;
    const expire = () => this.cancel(true, DeadlineExceeded, cause);
    this.timer = new Timer(ms, expire);
  }

  override deadline(): number {
    return this.when;
  }

  override toString(): string {
    const date = new Date(this.when).toJSON() ?? "no date";
    return `${contextName(this.parent)}.WithDeadline(${date} [${this.when - now()}ms])`;
  }

  override cancel(remove: boolean, err: Error, cause?: Error): void {
    super.cancel(remove, err, cause);
    this.timer?.stop();
    this.timer = null;
  }
}

/** Starts a function when its parent ends: afterFuncCtx. */
export class AfterFuncCtx extends CancelCtx {
  /** The function was started, or never will be. */
  private decided = false;
  private readonly run = currentRun("context.afterFunc");
  private readonly context = callersContext();

  constructor(
    parent: Context,
    private readonly f: Callback,
  ) {
    super(parent);
  }

  override cancel(remove: boolean, err: Error, cause?: Error): void {
    super.cancel(remove, err, cause);
    if (this.decided) return;
    this.decided = true;
    if (!this.run.over) this.context(newproc, callBody(this.f), this.f, this.run);
  }

  /** @returns whether that kept the function from being started */
  stop(): boolean {
    if (this.decided) return false;
    this.decided = true;
    this.cancel(true, Canceled);
    return true;
  }
}

/** Ends with a signal. */
class SignalCtx extends CancelCtx {
  constructor(private readonly source: AbortSignal) {
    super(new EmptyCtx("context.FromSignal"));
  }

  override get signal(): AbortSignal {
    return this.source;
  }

  override toString(): string {
    return contextName(this.parent);
  }

  /** Takes over what the signal says. */
  abort(): void {
    const cause = asError(this.source.reason);
    this.cancel(false, nameOf(cause) === DeadlineExceeded.name ? DeadlineExceeded : Canceled, cause);
  }
}

/** The one context of a signal. */
export function signalCtx(signal: AbortSignal): Context {
  const known = signals.get(signal);
  if (known !== undefined) return known;
  const ctx = new SignalCtx(signal);
  signals.set(signal, ctx);
  if (signal.aborted) ctx.abort();
  else signal.addEventListener("abort", () => ctx.abort(), { once: true });
  return ctx;
}

/** Why a context is over: Cause. */
export function causeOf(ctx: Context): Error | undefined {
  const err = ctx.err();
  if (err === undefined) return undefined;
  return ctx.value(cancelCtxKey)?.cause ?? err;
}

/** A context's value, without a frame of the stack for each that it was made from: value. */
function lookup<T>(ctx: Context, key: Key<T>): T | undefined;
function lookup(ctx: Context, key: Key<unknown>): unknown {
  for (let c = ctx; ; ) {
    if (c instanceof ValueCtx) {
      if (c.key === key) return c.val;
      c = c.parent;
    } else if (c instanceof CancelCtx) {
      if (key === cancelCtxKey) return c;
      if (key === signalKey && c instanceof SignalCtx) return c.signal;
      c = c.parent;
    } else if (c instanceof WithoutCancelCtx) {
      if (key === cancelCtxKey || key === signalKey) return undefined;
      c = c.parent;
    } else return c.value(key);
  }
}

/** The context whose channel a parent's is, if it is one of these: parentCancelCtx. */
function parentCancelCtx(parent: Context): CancelCtx | undefined {
  const done = parent.done();
  if (done === closedchan || isNil(done)) return undefined;
  const p = parent.value(cancelCtxKey);
  return p?.done() === done ? p : undefined;
}

function isNil(c: RecvChan<never>): boolean {
  return (c as Chan<never>).nil;
}

/** What a context calls itself: contextName. */
function contextName(ctx: Context): string {
  return ctx.toString === Object.prototype.toString ? ctx.constructor.name : String(ctx);
}

/** A value of a context, if it says what it is called: stringify. */
function stringify(value: unknown): string {
  if (value === undefined || value === null) return "<nil>";
  if (typeof value === "string" || value instanceof Key) return String(value);
  return typeof value === "object" ? value.constructor?.name : typeof value;
}

/** @throws PanicError where untyped code gave no parent */
export function checkParent(parent: Context | null | undefined): void {
  if (parent === null || parent === undefined) throw new PanicError("cannot create context from nil parent");
}
