/**
 * The M of this thread, and how a goroutine leaves a request for the scheduler: the fields of m through which gopark,
 * mcall and a wake-up hand values (runtime/runtime2.go), and the one operation object that generator bodies yield.
 *
 * An operation runs when its function is called, on the goroutine, as in Go. If it need not wait, its `yield*` never
 * leaves the body. If it must wait, it leaves a request in `mp.mcall` (park, gosched, ...), and the `yield*` switches
 * to g0, the scheduler, which carries the request out.
 */
import { G_EXITING_BYTE, G_GOID, G_KIND_BYTE, G_STRIDE, G_STRIDE_BYTES, gmem, gmem8, native } from "./ffi.ts";
import { origin, RETIRED, retired, runningElsewhere, setInstance } from "./instance.ts";
import { FatalError, Goexit, isA, PanicError } from "./panic.ts";
import { ambientRun, currentWorld, firstRun, type Run, runOf, type World } from "./world.ts";

setInstance({ isRunning: () => mp.curg !== 0 });

/** No request. */
export const MCALL_NONE = 0;
/** Park: running>waiting, with the reason set and the unlock function in `mp.waitunlockf`. */
export const MCALL_PARK = 1;
/** To the tail of the global queue. */
export const MCALL_GOSCHED = 2;
/** To the tail of the local queue. */
export const MCALL_GOYIELD = 3;
/** Run `mp.callee`, a generator, on the goroutine's own stack of generators. */
export const MCALL_CALL = 4;
/** End the goroutine, finally blocks first. */
export const MCALL_GOEXIT = 5;
/** Leave the M for good: the run ends with a fatal error, and the goroutine is never resumed. */
export const MCALL_FATAL = 6;
/** To the tail of the global queue, because the monitor has asked: gopreempt_m. */
export const MCALL_PREEMPT = 7;
/** It stops for suspendG. */
export const MCALL_PREEMPTPARK = 8;

/**
 * What a parked goroutine does first when it runs again, before its body goes on: the code that stands behind gopark in
 * Go. It returns the operation's result, throws the operation's panic, or parks again and returns {@link REPARK}.
 */
export type Continuation = (gp: number) => unknown;

/** A continuation's answer that it has parked the goroutine again. */
export const REPARK: unique symbol = Symbol("repark");

/** Runs on g0 after running>waiting; false takes the park back: the goroutine is runnable at once. */
export type UnlockFunction = (gp: number) => boolean;

/** A generator body, or a frame of one. */
export type Frame = Generator<unknown, unknown, true>;

/** What the scheduler passes to a body's `next`, so that an operation tells its resume from its start. */
export const RESUME = true;

// State of the one operation object.
const YIELDED = 0;
/** Made and not yielded yet. */
export const ARMED = 1;
/** The same, but it may be left so (an unlock: its goyield is only a courtesy). */
const OPTIONAL = 2;

/**
 * What the operations of gobuf return: write `yield*` before it at once, and the `yield*` gives the operation's result.
 * It is not a value to keep: there is one object for all operations of a thread, so that an operation allocates
 * nothing.
 *
 * @typeParam T what `yield*` on it gives
 * @example
 * ```ts
 * const ch = chan<number>(1);
 * yield* ch.send(1);
 * const n: number | undefined = yield* ch.recv();
 * ```
 */
export class Op<T> implements Iterable<unknown, T, true> {
  /** @internal */
  done = true;
  /** @internal */
  value: unknown = undefined;
  /** @internal */
  state = YIELDED;
  /** Result of the operation that the resumed body waits for. @internal */
  result: unknown = undefined;

  [Symbol.iterator](): Iterator<unknown, T, true> {
    this.state = YIELDED;
    return this as unknown as Iterator<unknown, T, true>;
  }

  /** @internal */
  next(resume?: unknown): this {
    if (resume === RESUME) {
      this.done = true;
      this.value = this.result;
      // biome-ignore lint/complexity/noArguments: a rest parameter would be an array for each operation
    } else if (arguments.length === 0) iterated();
    return this;
  }

  /** @internal */
  throw(error: unknown): never {
    // The panic of a wait was made on g0; its stack is to show where the goroutine waits.
    if (mp.waitFailed) {
      mp.waitFailed = false;
      if (isA(error, PanicError)) Error.captureStackTrace(error, this.throw);
    }
    throw error;
  }

  /** @internal */
  return(value: unknown): this {
    this.done = true;
    this.value = value;
    return this;
  }
}

/**
 * The M of this thread, and the one operation: to have both in one object saves an operation two loads with their
 * checks.
 */
class M extends Op<never> {
  /** The G that runs, 0 on g0; negative while it waits for a callback on g0. Read it anew after every switch. */
  curg = 0;
  /** gobuf_execute, or what stands in its place (setExecute): begins a turn of a native G, until its next trap. */
  execute = native.gobuf_execute as (gp: number) => number;
  /** The same for the rest of a turn: the operation of the last trap did not wait. */
  goon = native.gobuf_goon as (gp: number) => number;
  /** The request to g0. */
  mcall = MCALL_NONE;
  waitunlockf: UnlockFunction | null = null;
  callee: Frame | null = null;
  /**
   * Whether the goroutine leaves the M by goyield, or because it is preempted: hooks that see its status change cannot tell
   * that from gosched. Go's traces call both "preempted".
   */
  preempted = false;
  /** Second result of a receive or a select: a value was received (and not the zero value of a closed channel). */
  ok = true;
  /** A continuation threw what the body is about to see. */
  waitFailed = false;
  /** The value that a receive or a select received. */
  elem: unknown = undefined;
  /** sliceTime at the start of the slice. A goroutine that parks notes it as the time since when it waits. */
  now = 0;
  /** A run of this world ends: main returned, or something failed. */
  stop = false;
  /** A turn of this world is under way: what becomes runnable meanwhile needs no kick. */
  turn = false;
  /** The operation made last, by the name that errors call it. */
  what = "";
  /** The goroutine that runs leaves its frames, for its run is over: what cannot be done any more is not done, silently. */
  leaving = false;
  /** Turns that schedule has given to goroutines; it adds them up where it returns. */
  switches = 0;
  /** Goroutines have contexts of async code: asynccontext.ts. For good, once it is so. */
  carries = false;
  /** The operation made last is no point: {@link opNoPoint}. For the point hook alone, which makes it false again. */
  noPoint = false;
}

/** The M of this thread. */
export const mp = new M();

/**
 * Sets the point hook, or removes it (null): it is called at the `yield*` of each operation, and may turn one that need
 * not wait into one that waits (gobuf/testing). It replaces a method of the operation object, so that operations do not
 * have to check for a hook.
 */
export function setPointHook(f: (() => void) | null): void {
  mp.noPoint = false;
  const plain = (Op<never>).prototype[Symbol.iterator] as (this: Op<never>) => Iterator<unknown, never, unknown>;
  mp[Symbol.iterator] =
    f === null
      ? plain
      : () => {
          if (mp.noPoint) mp.noPoint = false;
          else f();
          return plain.call(mp);
        };
}

let callHook: (() => void) | null = null;

/** Sets the call hook, or removes it (null): see {@link callDone}. */
export function setCallHook(f: (() => void) | null): void {
  // Most programs never have one: see gmem in ffi.ts.
  if (f !== callHook) changeCallHook(f);
}

function changeCallHook(f: (() => void) | null): void {
  callHook = f;
}

/**
 * The last step of a call that has no `yield*` and may let other goroutines go on: go, close, done, signal and the like.
 * It calls the call hook, which may run others first (gobuf/testing).
 */
export function callDone(): void {
  if (callHook !== null) callHook();
}

/**
 * The calling goroutine's G: getg.
 * @param what the operation's name, for the error
 * @throws Error outside a goroutine
 */
export function getg(what: string): number {
  const m = mp;
  const gp = m.curg;
  if (m.state === ARMED || gp <= 0) return refuse(what);
  m.what = what;
  if (siteHook !== null) siteHook(gp);
  return gp;
}

let siteHook: ((gp: number) => void) | null = null;

/** Sets the hook that is called when an operation is made (sites.ts notes its source line), or removes it (null). */
export function setSiteHook(f: ((gp: number) => void) | null): void {
  if (f !== siteHook) changeSiteHook(f);
}

function changeSiteHook(f: ((gp: number) => void) | null): void {
  siteHook = f;
}

/** The number of the goroutine that runs: goidOf, which stands on this file. */
function goidNow(): number {
  const i = mp.curg * G_STRIDE + G_GOID;
  return (gmem[i + 1] as number) * 2 ** 32 + ((gmem[i] as number) >>> 0);
}

/** Something else than `yield*` goes through an operation: it passes nothing to `next`, as `yield*` does. */
function iterated(): never {
  const { what } = mp;
  takeForgotten();
  return fatal(
    `goroutine ${goidNow()}: ${what} was iterated by something else than \`yield*\` (a loop, [...op], const [v] = op, ` +
      `Array.from): write \`yield*\` before the operation`,
  );
}

/** @returns the G, for an operation that leaves the M for good: {@link refuseFatal} */
function refuse(what: string): number {
  if (isFatal()) return refuseFatal();
  if (mp.curg < 0) {
    mp.state = YIELDED;
    throw new Error(
      `gobuf: ${what} in a callback of a native goroutine: no operation can wait there: call it in the body, or use ` +
        `ordinary async code (sendAsync, spawn)`,
    );
  }
  if (mp.curg === 0) {
    mp.state = YIELDED;
    if (retired) throw new Error(`${RETIRED}: ${what}`);
    const other = runningElsewhere();
    if (other !== undefined) {
      throw new Error(
        `gobuf: ${what} of another copy of gobuf: it is of the copy in ${origin}, the goroutine that calls it of that in ` +
          `${other}: what passes things between the two needs one copy`,
      );
    }
    throw new Error(`gobuf: ${what} outside a goroutine: call it in a body started by run() or go()`);
  }
  mp.state = YIELDED;
  return fatal(
    `${what}: the operation before it was made and never yielded: write \`yield*\` before it ` +
      `(goroutine ${goidNow()}: ${mp.what})`,
  );
}

/** Whether the frame that just yielded did so with a plain `yield`, an operation in its hands. */
export function isArmed(): boolean {
  return mp.state === ARMED;
}

/** Whether the frame that just ended left an operation without its `yield*`; forgets what it asked for. */
export function takeForgotten(): boolean {
  const was = mp.state === ARMED;
  mp.state = YIELDED;
  mp.mcall = MCALL_NONE;
  return was;
}

/** An operation that is over: its `yield*` gives `value` at once. */
export function opReady<T>(value: T): Op<T> {
  mp.state = ARMED;
  mp.done = true;
  mp.value = value;
  return mp as unknown as Op<T>;
}

/**
 * An operation that is over, and before which exploring lets nobody in: a lock taken from a waiter that was just woken. No
 * time passes while a program is explored, so that such a waiter never starves; a search that always preempted the one
 * with the lock would have no end.
 */
export function opNoPoint(): Op<void> {
  mp.noPoint = true;
  return opReady<void>(undefined);
}

/** An operation that must wait: it leaves a request for the scheduler. @param code MCALL_... */
export function opMcall<T>(code: number): Op<T> {
  mp.mcall = code;
  mp.state = ARMED;
  mp.done = false;
  return mp as unknown as Op<T>;
}

/** An operation that must wait, and has left its request in `mp.mcall`. */
export function opPending<T>(): Op<T> {
  mp.state = ARMED;
  mp.done = false;
  return mp as unknown as Op<T>;
}

/**
 * The type of an operation that is over when it returns, as an unlock: its `yield*` may be left out, and a type of its own
 * tells the lint rule so (gobuf/eslint).
 *
 * @example
 * ```ts
 * const mutex = new Mutex();
 * yield* mutex.lock();
 * const unlocked: OptionalOp = mutex.unlock();
 * yield* unlocked;
 * ```
 */
export interface OptionalOp extends Op<void> {}

/** An operation that is over, but may ask for goyield in `mp.mcall`: it need not be yielded. */
export function opOptional(): OptionalOp {
  mp.state = OPTIONAL;
  mp.done = mp.mcall === MCALL_NONE;
  mp.value = undefined;
  return mp as unknown as OptionalOp;
}

/** Generators of gobuf's own that operations call, while places are noted: their frames are nobody else's business. */
const ownCalls = new WeakSet<object>();

/** Whether a frame of a goroutine is an operation's own. */
export function isOwnCall(frame: Frame | null | undefined): boolean {
  return frame !== null && frame !== undefined && ownCalls.has(frame);
}

/** {@link opCall} with a generator of gobuf's own: the rest of an operation that may wait more than once. */
export function opOwnCall<T>(callee: Generator<unknown, T, true>): Op<T> {
  if (siteHook !== null) ownCalls.add(callee);
  return opCall(callee);
}

/** An operation that runs a generator on the goroutine's own stack of generators and gives its result. */
export function opCall<T>(callee: Generator<unknown, T, true>): Op<T> {
  mp.callee = callee;
  return opMcall(MCALL_CALL);
}

/**
 * Ends the run with a fatal error of Go's. It is thrown here; if a body catches it, the run ends with it all the same.
 */
export function fatal(message: string): never {
  const error = new FatalError(message);
  if (!mp.leaving) condemn(error);
  throw error;
}

/**
 * An operation that is a fatal error of Go's: it ends the run, and its `yield*` leaves the body, which is never resumed. In
 * frames that are being left it throws.
 */
export function opFatal<T>(message: string): Op<T> {
  if (mp.leaving) throw new FatalError(message);
  condemn(new FatalError(message));
  const op = opMcall<T>(MCALL_FATAL);
  // Where the `yield*` may be left out, the next operation refuses.
  mp.state = OPTIONAL;
  return op;
}

/** Whether what a frame caught is the Goexit that ends its goroutine. */
export function isGoexit(error: unknown): boolean {
  return gmem8[Math.abs(mp.curg) * G_STRIDE_BYTES + G_EXITING_BYTE] !== 0 && isA(error, Goexit);
}

/** Makes an error end the run, even if a body catches it: none of the goroutine's operations does anything any more. */
export function condemn(error: FatalError): void {
  const run = runNow();
  if (run === undefined) return;
  const { curg } = mp;
  failRun(run, error, Math.abs(curg));
  if (curg > 0) mp.curg = -curg;
  refusals = 0;
  if (!mp.turn) soon(run.world);
}

/** A world that has paused looks at what has become of its runs. */
function soon(world: World): void {
  if (world.step === null || world.scheduled) return;
  world.scheduled = true;
  queueMicrotask(() => {
    world.scheduled = false;
    world.step?.();
  });
}

/** Whether the goroutine that runs has met a fatal error: its G stands negative in {@link mp}, as in a callback. */
export function isFatal(): boolean {
  const { curg } = mp;
  return curg < 0 && gmem8[-curg * G_STRIDE_BYTES + G_KIND_BYTE] === 0 && runOf(-curg).failed;
}

/**
 * For functions that a goroutine calls without `yield*`, and ordinary code, too: refuses behind a fatal error.
 *
 * @throws the error that the run ends with
 */
export function checkFatal(): void {
  if (mp.curg < 0 && isFatal()) throw runOf(-mp.curg).error;
}

/** Operations that a body tried behind a fatal error. */
let refusals = 0;
/** So many of them throw. A body that catches them all is taken off the M by the next one. */
const REFUSALS_MAX = 64;

/** An operation behind a fatal error does nothing. @returns the G, for an operation whose `yield*` never comes back */
function refuseFatal(): number {
  const gp = -mp.curg;
  mp.state = YIELDED;
  if (++refusals <= REFUSALS_MAX) throw runOf(gp).error;
  const own = Object.getOwnPropertyDescriptor(mp, Symbol.iterator);
  mp[Symbol.iterator] = () => {
    if (own === undefined) delete (mp as Partial<M>)[Symbol.iterator];
    else Object.defineProperty(mp, Symbol.iterator, own);
    mp.state = YIELDED;
    mp.done = false;
    mp.mcall = MCALL_FATAL;
    return mp as unknown as Iterator<unknown, never, unknown>;
  };
  return gp;
}

/**
 * The run of the goroutine that runs, or that a callback on g0 belongs to. On g0 during a turn it is the first of the world
 * whose turn it is, outside of turns the ambient one.
 */
export function runNow(): Run | undefined {
  const gp = Math.abs(mp.curg);
  if (gp !== 0) return runOf(gp);
  return mp.turn ? firstRun(currentWorld()) : ambientRun();
}

/** Ends a run with an error; the first that failed counts. @param gp the G that failed, 0 for none */
export function failRun(run: Run, error: unknown, gp = 0): void {
  if (run.ends) return;
  run.failed = true;
  run.failedG = gp;
  run.error = error;
  mp.stop = true;
}
