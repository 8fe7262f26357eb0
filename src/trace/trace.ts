/**
 * Traces that people look at: runtime/trace.
 *
 * A trace has every status change of every goroutine of this thread, and when the P is idle. It is written while the
 * runs go on, in pieces that can be read one after the other.
 */

import { type Context, withValue } from "../context/context.ts";
import { bodyOf, type Go } from "../runtime/body.ts";
import { getg } from "../runtime/m.ts";
import { now } from "../runtime/time.ts";
import type { TraceFormat } from "./format.ts";
import { GoTrace } from "./gotrace.ts";
import { PerfettoTrace } from "./perfetto.ts";
import { Recorder } from "./recorder.ts";
import { Output, type TraceSink } from "./sink.ts";
import { checkContext, checkText, refuse, Task, taskKey, taskOf } from "./task.ts";

export type { TraceSink } from "./sink.ts";
export type { Task } from "./task.ts";

/**
 * How a trace is written.
 *
 * @example
 * ```ts
 * const options: trace.TraceOptions = { format: "perfetto" };
 * let text = "";
 * trace.start((chunk) => (text += new TextDecoder().decode(chunk)), options);
 * yield* gosched();
 * trace.stop();
 * console.log(JSON.parse(text).displayTimeUnit); // ns
 * ```
 */
export interface TraceOptions {
  /**
   * "go": what `go tool trace` opens, and Go's packages read (version 1.26 of the format). "perfetto": JSON that
   * ui.perfetto.dev and chrome://tracing open. By default a file whose name ends in `.json` is of the second kind, all
   * else of the first.
   */
  format?: "go" | "perfetto";
}

/** Who asks, in errors. */
const WITH_REGION = "trace.withRegion";

let recorder: Recorder | null = null;
let output: Output | null = null;

/**
 * Starts tracing this thread, in a run or before one, until {@link stop}: runtime/trace.Start.
 *
 * Times are the run's clock's. On the fake clock, which stands still while anything runs, each event comes a nanosecond
 * after the one before; such a trace is the same, byte for byte, each time. A run that comes later follows in the same
 * trace, its goroutines numbered on. With the run's `traceback: "all"` a stack has source lines; else it is the function
 * that the goroutine was started on.
 *
 * The schedule is the same with tracing and without. An event costs 50 to 70 ns, half of them for the clock, and 5 bytes;
 * one in Perfetto's format ten times as long, and 200 bytes. A process that ends completes its trace, unless it is killed:
 * then what is missing is the last generation of Go's format, 4 MB at the most, or the end of Perfetto's.
 *
 * @param to a file, which is made or emptied, or a function that takes the bytes
 * @throws Error when tracing is already enabled, or the file cannot be written
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { chan, go, run, trace } from "gobuf";
 *
 * const file = join(tmpdir(), "gobuf-example.trace");
 * trace.start(file);
 * await run(function* main() {
 *   const ch = chan<string>();
 *   go(function* worker() {
 *     yield* ch.send("done");
 *   });
 *   yield* ch.recv();
 * });
 * trace.stop();
 * console.log(await Bun.file(file).slice(0, 13).text()); // go 1.26 trace
 * ```
 */
export function start(to: string | TraceSink, options: TraceOptions = {}): void {
  if (recorder !== null) throw new Error("gobuf: trace.start: tracing is already enabled");
  const format = options.format ?? (typeof to === "string" && to.endsWith(".json") ? "perfetto" : "go");
  if (format !== "go" && format !== "perfetto") {
    throw new TypeError(`gobuf: trace.start: the format is ${JSON.stringify(format)}: expected "go" or "perfetto"`);
  }
  if (typeof to !== "string" && typeof to !== "function") {
    throw new TypeError(`gobuf: trace.start: ${JSON.stringify(to)} is neither the path of a file nor a function`);
  }
  output = typeof to === "string" ? Output.toFile(to) : Output.toSink(to);
  const writer: TraceFormat = format === "go" ? new GoTrace(output, now) : new PerfettoTrace(output);
  recorder = new Recorder(writer);
  process.on("exit", stop);
}

/**
 * Ends the trace: runtime/trace.Stop. When it returns, the trace is complete. Without a trace it does nothing.
 *
 * @throws Error when something could not be written: what the program did while it was traced is not touched by that
 * @example
 * ```ts
 * let bytes = 0;
 * trace.start((chunk) => (bytes += chunk.length));
 * yield* gosched();
 * trace.stop();
 * console.log(bytes > 0); // true
 * ```
 */
export function stop(): void {
  process.off("exit", stop);
  const ending = recorder;
  recorder = null;
  ending?.stop();
  const out = output;
  output = null;
  out?.close();
}

/**
 * Whether a trace is being written: runtime/trace.IsEnabled.
 *
 * @example
 * ```ts
 * console.log(trace.isEnabled()); // false
 * ```
 */
export function isEnabled(): boolean {
  return recorder !== null;
}

/** Tells the trace, if there is one, that a task is over. */
function taskEnds(task: Task): void {
  recorder?.taskEnds(task);
}

/**
 * Begins a task, a part of the one that the context carries, if it does: runtime/trace.NewTask.
 *
 * What has the returned context, in whichever goroutine, belongs to the task: messages ({@link log}), regions
 * ({@link withRegion}) and tasks made from it. A task may outlast a trace, and begin before one, which then has neither
 * its type nor its parent.
 *
 * @param type kinds of tasks that are compared with each other
 * @returns a context with the task, and the task, which is to be ended
 * @throws TypeError for a parent that is no context; Error outside a goroutine
 * @example
 * ```ts
 * const [ctx, task] = trace.newTask(context.background(), "makeCappuccino");
 * using _ = task;
 * trace.log(ctx, "order", "with cinnamon");
 * const milk = new WaitGroup();
 * milk.go(function* steamer() {
 *   yield* trace.withRegion(ctx, "steamMilk", function* () {
 *     yield* sleep(2);
 *   });
 * });
 * yield* milk.wait();
 * ```
 */
export function newTask(parent: Context, type: string): [ctx: Context, task: Task] {
  checkContext("trace.newTask", parent);
  checkText("trace.newTask", type, "the task's type, a string");
  getg("trace.newTask");
  const task = new Task(taskEnds);
  recorder?.taskBegins(task, taskOf(parent), type);
  return [withValue(parent, taskKey, task), task];
}

/**
 * Writes a message into the trace, at the goroutine that runs: runtime/trace.Log. Does nothing without a trace.
 *
 * @param ctx says which task the message belongs to; without it, or where it carries none, to no task
 * @param category kinds of messages that belong together; may be empty
 * @throws TypeError for arguments of other types; Error outside a goroutine
 * @example
 * ```ts
 * trace.log("cache", "miss");
 * const [ctx, task] = trace.newTask(context.background(), "lookup");
 * trace.log(ctx, "cache", "hit");
 * task.end();
 * ```
 */
export function log(ctx: Context, category: string, message: string): void;
/** The same for no task. */
export function log(category: string, message: string): void;
export function log(first: Context | string, second: string, third?: string): void {
  const ctx = typeof first === "string" ? null : first;
  const category = typeof first === "string" ? first : second;
  const message = typeof first === "string" ? second : third;
  if (typeof first !== "string") checkContext("trace.log", first, "a context, or the category, a string");
  checkText("trace.log", category, "the category, a string");
  checkText("trace.log", message, "the message, a string");
  getg("trace.log");
  recorder?.log(taskOf(ctx), category, message as string);
}

/**
 * Runs a part of a goroutine as a region of the trace, which shows how long it took: runtime/trace.WithRegion.
 *
 * @param ctx says which task the region belongs to; without it, or where it carries none, to no task
 * @param type kinds of regions that are compared with each other
 * @param fn a generator function
 * @returns what `fn` returns
 * @throws TypeError for arguments of other types; Error outside a goroutine
 * @example
 * ```ts
 * const sum = yield* trace.withRegion("add", function* () {
 *   yield* gosched();
 *   return 1 + 2;
 * });
 * console.log(sum); // 3
 * const [ctx, task] = trace.newTask(context.background(), "rest");
 * using _ = task;
 * yield* trace.withRegion(ctx, "nap", function* () {
 *   yield* sleep(1);
 * });
 * ```
 */
export function withRegion<R>(ctx: Context, type: string, fn: () => Go<R>): Go<R>;
/** The same for no task. */
export function withRegion<R>(type: string, fn: () => Go<R>): Go<R>;
export function* withRegion<R>(first: Context | string, second: string | (() => Go<R>), third?: () => Go<R>): Go<R> {
  const ctx = typeof first === "string" ? null : first;
  const type = typeof first === "string" ? first : (second as string);
  const fn = typeof first === "string" ? second : third;
  if (typeof first !== "string") checkContext(WITH_REGION, first, "a context, or the region's type, a string");
  checkText(WITH_REGION, type, "the region's type, a string");
  if (typeof fn !== "function") refuse(WITH_REGION, fn, "a generator function");
  getg(WITH_REGION);
  const body = bodyOf(WITH_REGION, fn, []) as Go<R>;
  const writer = recorder;
  // It is asked for once: a context of the program's own may answer differently, and a region ends in its task.
  const task = writer === null ? null : taskOf(ctx);
  writer?.region(task, true, type);
  try {
    return yield* body;
  } finally {
    if (recorder === writer) writer?.region(task, false, type);
  }
}
