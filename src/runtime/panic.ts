/**
 * Panics and fatal errors: runtime/panic.go.
 *
 * A panic of Go is a thrown {@link PanicError}: a goroutine may catch it. A fatal error (Go's throw and fatal) is a
 * {@link FatalError}: it ends the run even where a goroutine caught it, because the state it speaks of is broken.
 */

/**
 * A panic of the runtime, e.g. "send on closed channel": plainError in runtime/error.go. Its message is Go's text.
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
 * A fatal error of the runtime, e.g. "all goroutines are asleep - deadlock!".
 *
 * Its message is what Go prints: {@link text}, and behind an empty line all goroutines.
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
    /** Go's text. */
    readonly text: string,
  ) {
    super(text);
  }
}

/**
 * A goroutine other than main threw and nobody caught it: the run ends, as a Go program does.
 *
 * Its message is what Go prints: the panic, the goroutine, and all others; `cause` is what was thrown.
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
 * A native goroutine ran over the end of its stack, or touched the guard below it: it is dead, the others are not.
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
 *   if (error instanceof StackOverflowError) console.log(error.goid, error.hi - error.lo); // 2 32768n
 * });
 * ```
 */
export class StackOverflowError extends FatalError {
  override readonly name = "StackOverflowError";
  constructor(
    /** The goroutine's number. */
    readonly goid: number,
    /** The address it touched. */
    readonly address: bigint,
    /** Lowest address of its stack; the guard lies below. */
    readonly lo: bigint,
    /** The address behind its stack. */
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
 * An illegal step of the status machine: names the goroutine, both statuses, and the last transitions.
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
    /** The goroutine whose status it was; 0 for one that has no number yet. */
    readonly goid: number,
    /** The status the caller took it to have. */
    readonly from: number,
    /** The status it was to get. */
    readonly to: number,
  ) {
    super(message);
  }
}
