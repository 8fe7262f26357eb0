/**
 * The texts that Go prints about goroutines, after a panic, a deadlock, a SIGQUIT (goroutineheader and tracebackothers
 * in runtime/traceback.go, printpanics in runtime/panic.go).
 */
import { G_STRIDE, G_STRIDE_BYTES, G_WAITREASON_BYTE, G_WAITSINCE, gmem, gmem8 } from "./ffi.ts";
import { allgs, gentry, isNative } from "./g.ts";
import { goidOf, parentOf, readgstatus } from "./gstatus.ts";
import { runNow } from "./m.ts";
import { FatalError, PanicError, UncaughtError } from "./panic.ts";
import { Gdead, Gidle, Gscan, Gwaiting, statusName, waitReasonStrings } from "./runtime2.ts";
import { creationSites, framesOf, noteThrow, operationSites } from "./sites.ts";
import { sliceTime } from "./time.ts";
import { type Run, runOf } from "./world.ts";

/**
 * What reports say of a goroutine.
 *
 * @example
 * ```ts
 * const [main]: GoroutineInfo[] = goroutines();
 * console.log(main?.goid, main?.name, main?.state); // 1 main running
 * ```
 */
export interface GoroutineInfo {
  /** Its number, from 1 (main). */
  goid: number;
  /** "running", "runnable", or, when it waits, Go's wait reason (runtime/runtime2.go): "chan receive", "sleep", ... */
  state: string;
  /**
   * How long it has waited, milliseconds of the run's clock, accurate to some 4 ms; it starts again at 0 after 2^32 ms
   * (49 days). 0 when it does not wait.
   */
  waited: number;
  /** The name of the function that it was started with. */
  name: string;
  /** The number of the goroutine that started it; 0 for main. */
  createdBy: number;
  /** The stack of its last operation, innermost frame first; empty without the run's option `traceback: "all"`. */
  frames: readonly string[];
  /** The source line of its go statement; empty without the run's option `traceback: "all"`. */
  createdAt: string;
}

/** The name of the function that a goroutine was started on. */
export function entryName(gp: number): string {
  const entry = gentry[gp];
  if (typeof entry === "function") return entry.name || (goidOf(gp) === 1 ? "main" : "anonymous");
  return isNative(gp) ? `native 0x${Number(entry).toString(16)}` : "anonymous";
}

/**
 * All goroutines that exist, in the order of their numbers. It may be called anywhere. (tracebackothers in
 * runtime/traceback.go.)
 *
 * @example
 * ```ts
 * go(function* worker() {
 *   yield* chan<number>().recv();
 * });
 * yield* gosched();
 * const waiting = goroutines().filter((g) => g.state === "chan receive");
 * console.log(waiting.map((g) => `${g.goid} ${g.name}`)); // [ '2 worker' ]
 * ```
 */
export function goroutines(): GoroutineInfo[] {
  return goroutinesOf((run) => run.world === runNow()?.world);
}

/** Those of the runs that are wanted. @internal */
export function goroutinesOf(wanted: (run: Run) => boolean): GoroutineInfo[] {
  const out: GoroutineInfo[] = [];
  for (const gp of allgs()) {
    const status = readgstatus(gp) & ~Gscan;
    if (status === Gdead || status === Gidle) continue;
    const run = runOf(gp);
    if (run === undefined || !wanted(run)) continue;
    const waits = status === Gwaiting;
    out.push({
      goid: goidOf(gp),
      state: waits ? waitReasonStrings[gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE]] : statusName(status),
      waited: waits ? (sliceTime() - gmem[gp * G_STRIDE + G_WAITSINCE]) >>> 0 : 0,
      name: entryName(gp),
      createdBy: parentOf(gp),
      frames: framesOf(operationSites(gp)),
      createdAt: framesOf(creationSites(gp))[0] ?? "",
    });
  }
  return out.sort((a, b) => a.goid - b.goid);
}

const MINUTE_MS = 60_000;

function names(list: readonly GoroutineInfo[]): Map<number, string> {
  return new Map(list.map((g) => [g.goid, g.name]));
}

/** One goroutine as Go prints it. */
function format(g: GoroutineInfo, creators: ReadonlyMap<number, string>): string {
  const minutes = Math.floor(g.waited / MINUTE_MS);
  const lines = [`goroutine ${g.goid} [${g.state}${minutes >= 1 ? `, ${minutes} minutes` : ""}]:`];
  if (g.frames.length === 0) lines.push(`${g.name}(...)`);
  for (const frame of g.frames) {
    const at = /^(.*) \((.*)\)$/.exec(frame);
    lines.push(`${at?.[1] ?? g.name}(...)`, `\t${at?.[2] ?? frame}`);
  }
  if (g.createdBy !== 0) {
    const creator = creators.get(g.createdBy);
    lines.push(`created by ${creator ?? "a goroutine that is gone"} in goroutine ${g.createdBy}`);
    if (g.createdAt !== "") lines.push(`\t${g.createdAt.replace(/^.* \((.*)\)$/, "$1")}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Goroutines as Go prints them. @param all where the names of creators are looked up @internal */
export function formatGoroutines(list: readonly GoroutineInfo[], all: readonly GoroutineInfo[]): string {
  const creators = names(all);
  return list.map((g) => format(g, creators)).join("\n");
}

/**
 * All goroutines as a text, as Go prints them on SIGQUIT (tracebackothers in runtime/traceback.go).
 *
 * @param first the index of the G that comes first; 0 (the default): in the order of their numbers
 * @example
 * ```ts
 * go(function* worker() {
 *   yield* chan<number>().recv();
 * });
 * yield* gosched();
 * console.log(goroutineDump().trimEnd());
 * // Output:
 * // goroutine 1 [running]:
 * // main(...)
 * //
 * // goroutine 2 [chan receive]:
 * // worker(...)
 * // created by main in goroutine 1
 * ```
 */
export function goroutineDump(first = 0): string {
  const list = goroutines();
  const goid = first === 0 ? 0 : goidOf(first);
  return formatGoroutines([...list.filter((g) => g.goid === goid), ...list.filter((g) => g.goid !== goid)], list);
}

/** How Go prints a panic's value: the first line of its report. */
function panicLine(error: unknown): string {
  if (error instanceof PanicError) return `panic: ${error.message}`;
  return `panic: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

/** What Go prints when a goroutine's panic is not recovered. */
export function panicReport(gp: number, error: unknown): string {
  noteThrow(gp, error);
  return `${panicLine(error)}\n\n${goroutineDump(gp)}`;
}

/** Puts all goroutines behind the text of a fatal error, once. @param gp G that failed, 0 for none */
export function attachReport(error: FatalError, gp: number): void {
  const dump = goroutineDump(gp);
  if (error.message === error.text && dump !== "") error.message = `${error.text}\n\n${dump}`;
}

/** Reports of errors that are the program's own: what main threw is not ours to change. */
const reports = new WeakMap<object, string>();

/** Notes what Go would print of main's own error. */
export function noteReport(gp: number, error: unknown): void {
  if (typeof error === "object" && error !== null) reports.set(error, panicReport(gp, error));
}

/**
 * The text that Go prints when a program ends with this error: "panic: ..." or "fatal error: ...", and all goroutines
 * (printpanics and fatalthrow in runtime/panic.go).
 *
 * @param error what {@link run} rejected with: also an error that main threw
 * @returns the text; undefined for an error that ended no run, and for a primitive value that main threw
 * @example
 * ```ts
 * import { chan, reportOf, run } from "gobuf";
 *
 * await run(function* main() { yield* chan<number>().recv(); }).catch((error) =>
 * console.log(reportOf(error)?.split("\n")[0])); // fatal error: all goroutines are asleep - deadlock!
 * ```
 */
export function reportOf(error: unknown): string | undefined {
  if (error instanceof FatalError) return `fatal error: ${error.message}`;
  if (error instanceof UncaughtError) return error.message;
  return typeof error === "object" && error !== null ? reports.get(error) : undefined;
}
