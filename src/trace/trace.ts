/**
 * Execution traces: runtime/trace. Exported as the namespace `trace`.
 *
 * A trace records every status change of every goroutine of this thread, and when no goroutine can run. It is written
 * while the runs go on, in pieces (Go's generations), each of which can be read by itself.
 */

import { type Context, withValue } from "../context/context.ts";
import { bodyOf, type Go } from "../runtime/body.ts";
import { checkOptions, describe, refuse } from "../runtime/expect.ts";
import { getg } from "../runtime/m.ts";
import { now } from "../runtime/time.ts";
import type { TraceFormat } from "./format.ts";
import { GoTrace } from "./gotrace.ts";
import { PerfettoTrace } from "./perfetto.ts";
import { Recorder, recording } from "./recorder.ts";
import { Output, type TraceSink } from "./sink.ts";
import { annotations, checkContext, checkText, Task, taskKey, taskOf } from "./task.ts";

export type { TraceSink } from "./sink.ts";
export type { Task } from "./task.ts";

/**
 * Options of {@link start}.
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
   * "go": version 1.26 of Go's own format, for `go tool trace` and Go's packages. "perfetto": JSON for ui.perfetto.dev
   * and chrome://tracing. By default "perfetto" for a file whose name ends in `.json`, else "go".
   */
  format?: "go" | "perfetto";
}

/** The function's name in errors. */
const WITH_REGION = "trace.withRegion";

let recorder: Recorder | null = null;
let output: Output | null = null;

/**
 * Starts tracing this thread, during a run or before one, until {@link stop}: Go's trace.Start
 * (runtime/trace/trace.go).
 *
 * Times are those of the run's clock. The fake clock stands still while a goroutine runs; there each event gets a time
 * one nanosecond after the one before, and the trace has the same bytes each time. Later runs are added to the same
 * trace, and their goroutines get new numbers. Stacks have source lines with the run's option `traceback: "all"`; else
 * a stack is the one function that the goroutine was started with.
 *
 * Tracing does not change the order in which goroutines run. An event takes 50 to 70 ns, half of that for the clock,
 * and 5 bytes; in Perfetto's format ten times as long, and 200 bytes. When the process ends, the trace is completed.
 * When it is killed, the last generation of Go's format is missing (4 MB at most), or the end of Perfetto's JSON.
 *
 * @param to a file, which is created or emptied, or a function that takes the bytes
 * @throws Error when tracing is already enabled, or the file cannot be written; TypeError for an unknown format, and
 *   for a `to` that is neither
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
  checkOptions("trace.start", options, ["format"]);
  if (recording !== null) throw new Error(`gobuf: trace.start: ${recording}`);
  const format = options.format ?? (typeof to === "string" && to.endsWith(".json") ? "perfetto" : "go");
  if (format !== "go" && format !== "perfetto") {
    throw new TypeError(`gobuf: trace.start: the format is ${JSON.stringify(format)}: expected "go" or "perfetto"`);
  }
  if (typeof to !== "string" && typeof to !== "function") {
    throw new TypeError(`gobuf: trace.start: ${describe(to)} is neither the path of a file nor a function`);
  }
  output = typeof to === "string" ? Output.toFile(to) : Output.toSink(to);
  const writer: TraceFormat = format === "go" ? new GoTrace(output, now) : new PerfettoTrace(output);
  recorder = new Recorder(writer);
  process.on("exit", stop);
}

/**
 * Ends the trace: Go's trace.Stop (runtime/trace/trace.go). When it returns, the trace is complete. Without a trace it
 * does nothing.
 *
 * @returns a promise where a sink is still busy, with one that it gave: it fulfils when the sink is done, and rejects with
 *   Error when it failed. Else nothing
 * @throws Error when a part of the trace could not be written. The traced program has gone on all the same
 * @example
 * ```ts
 * let bytes = 0;
 * trace.start((chunk) => (bytes += chunk.length));
 * yield* gosched();
 * trace.stop();
 * console.log(bytes > 0); // true
 * ```
 */
export function stop(): Promise<void> | undefined {
  process.off("exit", stop);
  const ending = recorder;
  recorder = null;
  ending?.stop();
  const out = output;
  output = null;
  return out?.close();
}

/**
 * Whether a trace is being written: Go's trace.IsEnabled (runtime/trace/annotation.go).
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
 * Begins a task: Go's trace.NewTask (runtime/trace/annotation.go). If the context carries a task, the new one is a part
 * of it.
 *
 * Messages ({@link log}), regions ({@link withRegion}) and further tasks belong to the task when they are given the
 * returned context, in whichever goroutine. A task that began before the trace has no type and no parent in it.
 *
 * @param type the kind of task; `go tool trace` compares tasks of one type
 * @returns a context that carries the task, and the task: call its `end`
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
  const of = recorder === null && annotations === null ? null : taskOf(parent);
  recorder?.taskBegins(task, of, type);
  task.alsoEnds = annotations?.taskBegins(task, of, type);
  return [withValue(parent, taskKey, task), task];
}

/**
 * Writes a message of the running goroutine into the trace: Go's trace.Log (runtime/trace/annotation.go). Without a
 * trace it does nothing.
 *
 * @param ctx the context whose task the message belongs to; without it, or when it carries none, the message has no
 *   task
 * @param category the kind of message; may be empty
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
/** The same, without a task. */
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
  annotations?.log(taskOf(ctx), category, message as string);
}

/**
 * Runs a function as a region of the trace, which shows how long the goroutine was in it: Go's trace.WithRegion
 * (runtime/trace/annotation.go).
 *
 * @param ctx the context whose task the region belongs to; without it, or when it carries none, the region has no task
 * @param type the kind of region; `go tool trace` compares regions of one type
 * @param fn a generator function
 * @returns what `fn` returns
 * @throws what `fn` throws; TypeError for arguments of other types; Error outside a goroutine
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
/** The same, without a task. */
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
  const task = writer === null && annotations === null ? null : taskOf(ctx);
  writer?.region(task, true, type);
  try {
    return yield* annotations === null ? body : annotations.region(task, type, body);
  } finally {
    if (recorder === writer) writer?.region(task, false, type);
  }
}
