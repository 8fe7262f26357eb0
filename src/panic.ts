/**
 * Panics and fatal errors: runtime/panic.go.
 *
 * A panic of Go is a thrown {@link PanicError}: a goroutine may catch it. A fatal error (Go's throw and fatal) is a
 * {@link FatalError}: it ends the run even where a goroutine caught it, because the state it speaks of is broken.
 */

/** A panic of the runtime, e.g. "send on closed channel": plainError in runtime/error.go. Its message is Go's text. */
export class PanicError extends Error {
  override readonly name = "PanicError";
}

/** A fatal error of the runtime, e.g. "all goroutines are asleep - deadlock!". Its message is Go's text. */
export class FatalError extends Error {
  override readonly name = "FatalError";
}

/** An illegal step of the status machine: names the goroutine, both statuses, and the last transitions. */
export class StatusError extends FatalError {
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
