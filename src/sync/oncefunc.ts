/**
 * onceFunc, onceValue and onceValues: sync/oncefunc.go.
 */
import { bodyIfAny, type Go } from "../runtime/body.ts";
import { getg, isGoexit, type Op, opCall, opOwnCall, opReady } from "../runtime/m.ts";
import { PanicError } from "../runtime/panic.ts";
import { Once } from "./once.ts";

/** A function that runs once, and what became of it. */
class OnceCall<T> {
  private readonly once = new Once();
  /** Not kept behind its run, so that what it holds can be collected. */
  private f: (() => Generator<unknown, unknown, true> | T) | null;
  private returned = false;
  private result: T | undefined;
  /** What it threw. A function that ended its goroutine threw nothing: then Go's text for a panic without a value. */
  private thrown: unknown = new PanicError("panic called with nil argument");

  constructor(
    /** The operation's name, for errors. */
    private readonly what: string,
    f: () => Generator<unknown, unknown, true> | T,
  ) {
    if (typeof f !== "function") throw new TypeError(`gobuf: ${what}: expected a function, got ${String(f)}`);
    this.f = f;
  }

  call(): Op<T> {
    getg(this.what);
    return this.once.finished ? opReady(this.outcome()) : opOwnCall(this.slow());
  }

  private *slow(): Generator<unknown, T, true> {
    if (yield* this.once.begin()) {
      try {
        yield* this.run(this.f as () => T);
      } finally {
        this.f = null;
        yield* this.once.end();
      }
    }
    return this.outcome();
  }

  private *run(f: () => Generator<unknown, unknown, unknown> | T): Generator<unknown, void, true> {
    try {
      const made = f();
      const body = bodyIfAny(this.what, f, made);
      this.result = (body === null ? made : yield* opCall(body)) as T;
      this.returned = true;
    } catch (error) {
      if (!isGoexit(error)) this.thrown = error;
      throw error;
    }
  }

  private outcome(): T {
    if (!this.returned) throw this.thrown;
    return this.result as T;
  }
}

/**
 * Makes a function that runs `f` on its first call only: Go's sync.OnceFunc (sync/oncefunc.go). Calls that come while
 * `f` runs wait until it is over. When `f` throws, every call throws the same.
 *
 * @param f a generator function, or a plain one, without parameters. It is not kept behind its run
 * @returns a function for goroutines, to be called with `yield*`. It throws Error outside a goroutine, and PanicError
 *   "panic called with nil argument" when `f` ended its goroutine by `goexit`
 * @throws TypeError when `f` is no function
 * @example
 * ```ts
 * const connect = onceFunc(function* () {
 *   yield* sleep(10);
 *   console.log("connected"); // connected
 * });
 * yield* connect();
 * yield* connect();
 * ```
 */
export function onceFunc(f: () => Generator<unknown, unknown, true> | void): () => Op<void> {
  const once = new OnceCall<void>("onceFunc", f);
  return () => once.call();
}

/**
 * Makes a function that runs `f` on its first call only, and gives what `f` returned on every call: Go's sync.OnceValue
 * (sync/oncefunc.go). Calls that come while `f` runs wait until it is over. When `f` throws, every call throws the same.
 *
 * @param f as for {@link onceFunc}
 * @returns as {@link onceFunc}
 * @throws TypeError when `f` is no function
 * @example
 * ```ts
 * const config = onceValue(function* () {
 *   yield* sleep(10);
 *   return { port: 8080, read: now() };
 * });
 * const first = yield* config();
 * yield* sleep(100);
 * console.log(first.port, first === (yield* config())); // 8080 true
 * ```
 */
export function onceValue<T>(f: () => Go<T>): () => Op<T>;
export function onceValue<T>(f: () => T): () => Op<T>;
export function onceValue<T>(f: () => Go<T> | T): () => Op<T> {
  const once = new OnceCall<T>("onceValue", f);
  return () => once.call();
}

/**
 * {@link onceValue} for a function that returns several values, in a tuple: Go's sync.OnceValues (sync/oncefunc.go).
 *
 * @param f as for {@link onceFunc}
 * @returns as {@link onceFunc}; the tuple is the same one each time
 * @throws TypeError when `f` is no function
 * @example
 * ```ts
 * const measure = onceValues(function* () {
 *   const start = now();
 *   yield* sleep(25);
 *   return ["slept", now() - start];
 * });
 * const [what, ms] = yield* measure();
 * console.log(what, ms); // slept 25
 * ```
 */
export function onceValues<const T extends readonly unknown[]>(f: () => Go<T>): () => Op<T>;
export function onceValues<const T extends readonly unknown[]>(f: () => T): () => Op<T>;
export function onceValues<const T extends readonly unknown[]>(f: () => Go<T> | T): () => Op<T> {
  const once = new OnceCall<T>("onceValues", f);
  return () => once.call();
}
