/**
 * Tasks of a trace: runtime/trace/annotation.go. trace.ts, which knows whether a trace is being written, makes them.
 */
import { type Context, Key } from "../context/context.ts";
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
