/**
 * Reports: what Go prints when a panic or a fatal error ends a program (fatalpanic, fatalthrow and dopanic_m in
 * runtime/panic.go). A run makes its own when it ends: {@link reportFailure}.
 */
import { writeSync } from "node:fs";
import { goidOf } from "./gstatus.ts";
import { FatalError, isA, UncaughtError } from "./panic.ts";
import { printindented, printpanics } from "./printpanics.ts";
import { noteThrow } from "./sites.ts";
import { noteGoroutines } from "./traceback.ts";
import type { Run } from "./world.ts";

/** Reports of errors that are the program's own: what main threw is not ours to change. Each is made when it is read. */
const reports = new WeakMap<object, () => string>();
/** Those of values that are no objects. Of a value that was thrown again the last one is kept. */
const primitives = new Map<unknown, () => string>();
const PRIMITIVES_MAX = 64;

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/**
 * Notes what Go would print of a panic.
 *
 * GOTRACEBACK=single: the goroutine that panicked. A value that cannot be printed is a fatal error, which lists all.
 */
function notePanic(run: Run, gp: number, error: unknown): () => string {
  const { text, fatal } = printpanics(error);
  noteThrow(gp, error);
  const goroutines = noteGoroutines(run.world, gp, fatal || run.tracebackAll);
  return () => `${text}\n\n${goroutines()}`;
}

/** Puts all goroutines behind the text of a fatal error, once. @param gp the G that failed, 0 for none */
function attachReport(error: FatalError, run: Run, gp: number): void {
  if (error.message !== error.text) return;
  const dump = noteGoroutines(run.world, gp, true)();
  if (dump !== "") error.message = `${printindented(error.text)}\n\n${dump}`;
}

/**
 * Makes the report of a run that has failed, before its goroutines leave. The run's error becomes what it rejects with: a
 * fatal error, main's own error, or an UncaughtError.
 */
export function reportFailure(run: Run): void {
  const { error, failedG: gp } = run;
  if (isA(error, FatalError)) attachReport(error, run, gp);
  else if (gp === 0) return;
  else if (gp !== run.main) run.error = new UncaughtError(notePanic(run, gp, error)(), goidOf(gp), error);
  else if (isObject(error)) reports.set(error, notePanic(run, gp, error));
  else {
    primitives.delete(error);
    primitives.set(error, notePanic(run, gp, error));
    if (primitives.size > PRIMITIVES_MAX) primitives.delete(primitives.keys().next().value);
  }
}

/**
 * The text that Go prints when a program ends with this error: "panic: ..." or "fatal error: ...", and the goroutines
 * (printpanics and fatalthrow in runtime/panic.go). Of a panic that is the one that panicked, with the run's option
 * `traceback: "all"` all of them; of a fatal error all of them.
 *
 * An error whose `cause` is an error was thrown in the place of that one, which Go calls recovered: both are printed.
 *
 * @param error what {@link run} rejected with: also what main threw
 * @returns the text; undefined for an error that ended no run
 * @example
 * ```ts
 * import { chan, reportOf, run } from "gobuf";
 *
 * await run(function* main() { yield* chan<number>().recv(); }).catch((error) =>
 * console.log(reportOf(error)?.split("\n")[0])); // fatal error: all goroutines are asleep - deadlock!
 * ```
 */
export function reportOf(error: unknown): string | undefined {
  if (isA(error, FatalError)) {
    return `fatal error: ${error.message === error.text ? printindented(error.text) : error.message}`;
  }
  if (isA(error, UncaughtError)) return error.message;
  return (isObject(error) ? reports.get(error) : primitives.get(error))?.();
}

/** Go's, for a program that ends by a panic or a fatal error. */
const EXIT_CODE = 2;

/**
 * Ends the process as Go ends a program that panicked: its report on stderr, exit code 2 (fatalpanic in
 * runtime/panic.go). It is for the end of a program that is nothing but its run.
 *
 * @param error what {@link run} rejected with
 * @example
 * ```ts
 * import { fatalpanic, run } from "gobuf";
 *
 * await run(function* main() {
 *   console.log("no panic");
 * }).catch(fatalpanic);
 * console.log("the end");
 * // Output:
 * // no panic
 * // the end
 * ```
 */
export function fatalpanic(error: unknown): never {
  const text = `${(reportOf(error) ?? printpanics(error).text).trimEnd()}\n`;
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(2, bytes, at);
    } catch (failed) {
      // Ends no goroutine: bytes are written.
      // A pipe that is full takes more later; one that nobody reads takes no more.
      if ((failed as NodeJS.ErrnoException).code !== "EAGAIN") break;
    }
  }
  process.exit(EXIT_CODE);
}
