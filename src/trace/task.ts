/**
 * Tasks of a trace: runtime/trace/annotation.go. trace.ts, which knows whether a trace is being written, makes them.
 */
import { type Context, Key } from "../context/context.ts";
import type { Go } from "../runtime/body.ts";
import { refuse } from "../runtime/expect.ts";
import { getg } from "../runtime/m.ts";

/**
 * A task: work of several goroutines that a trace shows as one piece. Go's trace.Task (runtime/trace/annotation.go).
 * `trace.newTask` makes it.
 *
 * @example
 * ```ts
 * const [ctx, task] = trace.newTask(context.background(), "order");
 * const worker = new WaitGroup();
 * worker.go(function* () {
 *   using _ = task;
 *   yield* trace.withRegion(ctx, "pack", function* () {
 *     yield* sleep(1);
 *   });
 * });
 * yield* worker.wait();
 * ```
 */
export class Task implements Disposable {
  private ended = false;
  /** What else its end does. @internal */
  alsoEnds: (() => void) | undefined = undefined;

  /** @internal */
  constructor(private readonly ends: (task: Task) => void) {}

  /**
   * Ends the task: Go's Task.End. Any goroutine may call it. Only the first call has an effect. `using` calls it, too.
   *
   * @throws Error outside a goroutine
   */
  end(): void {
    if (this.ended) return;
    getg("Task.end");
    this.ended = true;
    this.ends(this);
    this.alsoEnds?.();
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** Gives a context's task: traceContextKey. */
export const taskKey = new Key<Task>("trace.Task");

/** The task that a context carries, null for none: fromContext. A context of the program's own may give anything. */
export function taskOf(ctx: Context | null): Task | null {
  const task: unknown = ctx?.value(taskKey);
  return task instanceof Task ? task : null;
}

/** @param expected what it should be, for the error @throws TypeError where untyped code gave no context */
export function checkContext(what: string, ctx: Context | null | undefined, expected = "a context"): void {
  if (typeof ctx?.value !== "function") refuse(what, ctx, expected);
}

/** @param expected what it should be, for the error @throws TypeError where untyped code gave no string */
export function checkText(what: string, text: unknown, expected: string): void {
  if (typeof text !== "string") refuse(what, text, expected);
}

/** What else than a trace hears of tasks, messages and regions: spans of OpenTelemetry. */
export interface Annotations {
  /** @returns what the task's end does */
  taskBegins(task: Task, parent: Task | null, type: string): () => void;
  log(task: Task | null, category: string, message: string): void;
  /** @returns what runs in the place of the region's body */
  region<R>(task: Task | null, type: string, body: Go<R>): Go<R>;
}

/** Who hears of them besides the trace. */
export let annotations: Annotations | null = null;

/** Puts one in the place of another. @returns whether the other was there */
export function setAnnotations(from: Annotations | null, to: Annotations | null): boolean {
  if (annotations !== from) return false;
  annotations = to;
  return true;
}
