/**
 * Classes of errors: panics and fatal errors (runtime/panic.go), and what ends a run.
 *
 * What is a panic in Go is a thrown {@link PanicError}: a goroutine may catch it, as Go recovers. What is a fatal error
 * in Go (its functions throw and fatal) is a {@link FatalError}: it ends the run also when a goroutine catches it,
 * because a lock or the scheduler is in a state in which nothing can be relied on.
 */

/**
 * What is a panic of the runtime in Go, e.g. "send on closed channel" (plainError in runtime/error.go). Its message is
 * Go's text. A goroutine may catch it; one that nobody catches ends the run.
 *
 * @example
 * ```ts
 * const ch = chan<number>();
 * ch.close();
 * try {
 *   ch.close();
 * } catch (error) {
 *   if (!(error instanceof PanicError)) throw error;
 *   console.log(error.message); // close of closed channel
 * }
 * ```
 */
export class PanicError extends Error {
  override readonly name = "PanicError";
}

/**
 * What is a fatal error in Go, e.g. "all goroutines are asleep - deadlock!" (fatal and throw in runtime/panic.go). It
 * ends the run, also when a goroutine catches it.
 *
 * Its message is what Go prints: {@link text}, an empty line, and all goroutines, or the first 1000 of them and how many
 * are left out.
 *
 * @example
 * ```ts
 * import { chan, FatalError, run } from "gobuf";
 *
 * await run(function* () {
 *   yield* chan<number>().recv();
 * }).catch((error) => {
 *   if (error instanceof FatalError) console.log(error.text); // all goroutines are asleep - deadlock!
 * });
 * ```
 */
export class FatalError extends Error {
  override readonly name: string = "FatalError";
  constructor(
    /** Go's text, on one line. */
    readonly text: string,
  ) {
    super(text);
  }
}

/**
 * What {@link goexit} throws, so that each `finally` on the way out runs and may wait. It is no error: a `catch` around it
 * is to throw it again, as nothing in Go can catch a Goexit. One that does not only puts the end off: the goroutine ends
 * when its body, or the function that it was in by {@link call}, returns, and a second `goexit` cannot be caught.
 *
 * @example
 * ```ts
 * go(function* () {
 *   try {
 *     yield* goexit();
 *   } catch (error) {
 *     if (error instanceof Goexit) throw error;
 *   } finally {
 *     console.log("on the way out"); // on the way out
 *   }
 * });
 * yield* gosched();
 * ```
 */
export class Goexit extends Error {
  override readonly name = "Goexit";
  constructor() {
    super("the goroutine ends (runtime.Goexit): a catch that gets this is to throw it again");
  }
}

/** A class of errors. */
type Kind<T> = abstract new (...args: never[]) => T;

/** Whether a value is of a class: instanceof, for any value; one that cannot be looked at is not (a revoked proxy). */
export function isA<T>(value: unknown, kind: Kind<T>): value is T {
  try {
    return value instanceof kind;
  } catch {
    // Ends no goroutine: a value is looked at.
    return false;
  }
}

/**
 * What a run ends with when a goroutine other than main threw something that nobody caught (printpanics and dopanic_m
 * in runtime/panic.go). What main throws is not wrapped: {@link reportOf} gives its report.
 *
 * Its message is what Go prints: the panic, and that goroutine, with `traceback: "all"` the others, too. `cause` is what
 * was thrown.
 *
 * @example
 * ```ts
 * import { go, gosched, run, UncaughtError } from "gobuf";
 *
 * await run(function* () {
 *   go(function* () {
 *     throw new Error("no luck");
 *   });
 *   yield* gosched();
 * }).catch((error) => {
 *   if (error instanceof UncaughtError) console.log(error.goid, String(error.cause)); // 2 Error: no luck
 * });
 * ```
 */
export class UncaughtError extends Error {
  override readonly name = "UncaughtError";
  constructor(
    report: string,
    /** The goroutine's number. */
    readonly goid: number,
    cause: unknown,
  ) {
    super(report, { cause });
  }
}

/**
 * A native goroutine touched the guard below its stack: the stack has overflowed, and the goroutine has ended. The run
 * ends with this error, unless the option `onStackOverflow` of {@link run} is given. (In Go, whose stacks grow up to 1
 * GB, it is a fatal error: "stack overflow", newstack in runtime/stack.go.)
 *
 * @example
 * ```ts
 * import { go, gosched, native, run, StackOverflowError } from "gobuf";
 *
 * // bodies.c: void deep(void *arg) { volatile char frame[1000]; frame[0] = 1; deep(arg); }
 * const source = new URL("./bodies.c", import.meta.url);
 * const { symbols } = native.cc({ source, symbols: { deep: native.body } });
 * await run(function* () {
 *   go.native(symbols.deep);
 *   yield* gosched();
 * }).catch((error) => {
 *   if (error instanceof StackOverflowError) console.log(error.goid, error.name); // 2 StackOverflowError
 * });
 * ```
 */
export class StackOverflowError extends FatalError {
  override readonly name = "StackOverflowError";
  constructor(
    /** The goroutine's number. */
    readonly goid: number,
    /** The address that it touched, in the 128 KiB below `lo`. */
    readonly address: bigint,
    /** The lowest address of its stack. */
    readonly lo: bigint,
    /** The first address above its stack: `hi - lo` is its size in bytes. */
    readonly hi: bigint,
  ) {
    const hex = (n: bigint) => `0x${n.toString(16)}`;
    super(
      `stack overflow: goroutine ${goid} touched ${hex(address)}, ${lo - address} bytes below its stack ` +
        `[${hex(lo)}, ${hex(hi)}) of ${hi - lo} bytes`,
    );
  }
}

/**
 * A goroutine was to make a status change that the scheduler does not allow, or was in another status than it should be
 * (casgstatus in runtime/proc.go). It is a bug of gobuf. Its message names the goroutine, both statuses, and the last
 * status changes of all goroutines.
 *
 * @example
 * ```ts
 * import { run, StatusError } from "gobuf";
 *
 * await run(function* () {}).catch((error) => {
 *   if (!(error instanceof StatusError)) throw error;
 *   throw new Error(`a bug of gobuf: goroutine ${error.goid}`, { cause: error });
 * });
 * ```
 */
export class StatusError extends FatalError {
  override readonly name = "StatusError";
  constructor(
    message: string,
    /** The goroutine's number; 0 for one that has none yet. */
    readonly goid: number,
    /** The status that it was expected to have, as Go numbers them (runtime/runtime2.go). */
    readonly from: number,
    /** The status that it was to get. */
    readonly to: number,
  ) {
    super(message);
  }
}
