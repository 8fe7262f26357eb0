/**
 * What contexts are made of: context/context.go. The functions that make them are in context.ts.
 *
 * A context is canceled in one go: nothing runs between its end and that of its children, so nothing here waits.
 */

import { callersContext } from "../runtime/asynccontext.ts";
import { closechan, type Source } from "../runtime/chan.ts";
import { Chan, makechan, nilchan, type RecvChan } from "../runtime/channel.ts";
import { refuse } from "../runtime/expect.ts";
import { refuseChan } from "../runtime/foreign.ts";
import { currentRun, expectOutside, isUnderWay } from "../runtime/outside.ts";
import { PanicError } from "../runtime/panic.ts";
import { newprocIn } from "../runtime/proc.ts";
import { recvCase, select } from "../runtime/select.ts";
import { now } from "../runtime/time.ts";
import { type Callback, callBody, Timer } from "../time/timer.ts";
import { asError, Canceled, type Context, DeadlineExceeded, Key } from "./types.ts";

/** An error's name; nothing where it cannot be looked at. */
function nameOf(error: Error): string | undefined {
  try {
    return error.name;
  } catch {
    // Ends no goroutine: a name is read.
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

/** Sees to it that a goroutine that waits for the end of a context wakes. */
class DoneSource implements Source {
  constructor(
    /** A signal may end it: while a goroutine waits, the world outside may still wake it. */
    private readonly outside: boolean,
    /** Ends it at a point in time. */
    private readonly timed: TimerCtx | null,
  ) {}

  poll(): void {}

  block(): void {
    this.timed?.adopt();
    if (this.outside) expectOutside(currentRun("waiting for a signal"), 1);
  }

  unblock(): void {
    if (this.outside) expectOutside(currentRun("waiting for a signal"), -1);
  }
}

/** The second half of the end of a context, when its children are over. */
class Leaving {
  constructor(readonly ctx: CancelCtx) {}
}

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
    super("");
  }

  /** @internal */
  get suffix(): string {
    return ".WithoutCancel";
  }

  override toString(): string {
    return chainName(this);
  }

  override value<T>(key: Key<T>): T | undefined {
    return lookup(this, key);
  }
}

/** Adds a value: valueCtx. */
export class ValueCtx implements Context {
  /** The nearest that is no ValueCtx: it answers for this one, however many lie between. @internal */
  readonly base: Context;

  constructor(
    readonly parent: Context,
    readonly key: Key<unknown>,
    readonly val: unknown,
  ) {
    this.base = baseOf(parent);
  }

  deadline(): number | undefined {
    return this.base.deadline();
  }

  done(): RecvChan<never> {
    return this.base.done();
  }

  err(): Error | undefined {
    return this.base.err();
  }

  value<T>(key: Key<T>): T | undefined {
    return lookup(this, key);
  }

  get signal(): AbortSignal {
    return this.base.signal;
  }

  /** @internal */
  get suffix(): string {
    return `.WithValue(${stringify(this.key)}, ${stringify(this.val)})`;
  }

  toString(): string {
    return chainName(this);
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
  /** The nearest that is neither this class's nor a ValueCtx; a SignalCtx itself. */
  private readonly root: Context;
  /** The nearest that ends at a point in time, itself included: none above it ends earlier. @internal */
  readonly timed: TimerCtx | null;
  /** A signal of the process may end it, or one above it. @internal */
  outside: boolean;

  constructor(readonly parent: Context) {
    const base = baseOf(parent);
    const known = base instanceof CancelCtx;
    this.root = known ? base.root : this instanceof SignalCtx ? this : base;
    this.timed = this instanceof TimerCtx ? this : known ? base.timed : null;
    this.outside = known && base.outside;
  }

  deadline(): number | undefined {
    return this.timed !== null ? this.timed.deadline() : this.root === this ? undefined : this.root.deadline();
  }

  done(): RecvChan<never> {
    this.timed?.look();
    if (this.donechan === null) {
      this.donechan = makechan<never>(0);
      const outside = this.outside || this.root instanceof SignalCtx || this.root.value(signalKey) !== undefined;
      if (outside || this.timed !== null) this.donechan.source = new DoneSource(outside, this.timed);
    }
    return this.donechan;
  }

  err(): Error | undefined {
    if (this.failure === undefined) this.timed?.look();
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

  /** @internal */
  get suffix(): string {
    return ".WithCancel";
  }

  toString(): string {
    return chainName(this);
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
        newprocIn(currentRun(what), this.watchParent(end), this.watchParent);
      }
    }
    return this;
  }

  private *watchParent(end: () => void): Generator<unknown, void, true> {
    if ((yield* select([recvCase(this.parent.done()), recvCase(this.done())])).index === 0) end();
  }

  /** Ends it and its children, unless it is over: cancel. @param remove take it from its parent */
  cancel(remove: boolean, err: Error, cause?: Error): void {
    const reason = cause ?? err;
    // A child is over before what comes after it, and its own children before it: without a frame of the stack for each.
    const open: (CancelCtx | Leaving)[] = [this];
    for (let c = open.pop(); c !== undefined; c = open.pop()) {
      if (c instanceof Leaving) c.ctx.leave(remove && c.ctx === this);
      else {
        const children = c.end(err, reason);
        if (children === null) continue;
        open.push(new Leaving(c));
        for (const child of [...children].reverse()) open.push(child);
      }
    }
  }

  /** Its own end. @returns those that end with it; null when it is over */
  private end(err: Error, reason: Error): Iterable<CancelCtx> | null {
    if (this.failure !== undefined) return null;
    this.failure = err;
    this.reason = reason;
    if (this.donechan === null) this.donechan = closedchan;
    else closechan(this.donechan);
    const children = this.children ?? [];
    this.children = null;
    return children;
  }

  /** What follows the end of its children. */
  private leave(remove: boolean): void {
    if (remove) this.remove();
    this.controller?.abort(this.reason);
    this.left();
  }

  /** What a subclass has to do when it is over. */
  protected left(): void {}

  /** Takes it from its parent: removeChild. */
  protected remove(): void {
    if (this.unregister !== null) this.unregister();
    else parentCancelCtx(this.parent)?.children?.delete(this);
  }
}

/** Ends at a point in time: timerCtx. */
export class TimerCtx extends CancelCtx {
  private timer: Timer | null = null;
  /** Its cause, when the time is over. */
  private why: Error | undefined;

  constructor(
    parent: Context,
    private readonly when: number,
  ) {
    super(parent);
  }

  /** Sets it to end in `ms` milliseconds. */
  arm(ms: number, why: Error | undefined): void {
    if (this.err() !== undefined) return;
    this.why = why;
    this.timer = new Timer(ms, () => this.expire());
  }

  private expire(): void {
    this.cancel(true, DeadlineExceeded, this.why);
  }

  /** Somebody asks. When the run of its timer is over, which stopped the timer, it is the clock that counts. @internal */
  look(): void {
    if (this.timer === null || !this.timer.orphaned) return;
    if (now() >= this.when) this.expire();
    else this.adopt();
  }

  /** A goroutine will wait for it: its timer belongs to a run that goes on. @internal */
  adopt(): void {
    if (this.timer?.orphaned && isUnderWay()) this.timer = new Timer(this.when - now(), () => this.expire());
  }

  override deadline(): number {
    return this.when;
  }

  override get suffix(): string {
    const date = new Date(this.when).toJSON() ?? "no date";
    return `.WithDeadline(${date} [${this.when - now()}ms])`;
  }

  protected override left(): void {
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

  protected override left(): void {
    if (this.decided) return;
    this.decided = true;
    if (!this.run.over) this.context(newprocIn, this.run, callBody(this.f, "context.afterFunc"), this.f);
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
    return String(this.parent);
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

/** The nearest of a context and those that it was made from that is no ValueCtx. */
function baseOf(ctx: Context): Context {
  return ctx instanceof ValueCtx ? ctx.base : ctx;
}

/** What a context of these calls itself, by all that it was made from, without a frame of the stack for each. */
function chainName(ctx: ValueCtx | CancelCtx | WithoutCancelCtx): string {
  const suffixes: string[] = [];
  let c: Context = ctx;
  while (
    (c instanceof CancelCtx && c.toString === CancelCtx.prototype.toString) ||
    c instanceof ValueCtx ||
    c instanceof WithoutCancelCtx
  ) {
    suffixes.push(c.suffix);
    c = c.parent;
  }
  return contextName(c) + suffixes.reverse().join("");
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

/** @throws PanicError where untyped code gave no parent; TypeError where it gave something else than a context */
export function checkParent(what: string, parent: Context | null | undefined): void {
  if (parent === null || parent === undefined) throw new PanicError("cannot create context from nil parent");
  checkContext(what, parent);
}

/** @throws TypeError where untyped code gave something else than a context */
export function checkContext(what: string, ctx: Context | null | undefined): void {
  if (typeof ctx?.done !== "function" || typeof ctx.err !== "function" || typeof ctx.value !== "function") {
    refuse(what, ctx, "a context");
  }
}
