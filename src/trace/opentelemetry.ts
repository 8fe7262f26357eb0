/**
 * gobuf/opentelemetry: tasks and regions of `trace` as spans of OpenTelemetry, and its context over goroutines and
 * channels. `@opentelemetry/api` must be installed beside gobuf.
 *
 * A goroutine has the active context of the code that started it, and keeps it over every wait, where the program has a
 * context manager made of AsyncLocalStorage, as the SDK's for Node is. What is here adds spans to that.
 *
 * @example
 * ```ts
 * import { context, run, trace } from "gobuf";
 * import { instrument } from "gobuf/opentelemetry";
 *
 * using _ = instrument();
 * await run(function* main() {
 *   const [ctx, task] = trace.newTask(context.background(), "order"); // a span
 *   using _ = task;
 *   yield* trace.withRegion(ctx, "pack", function* () {}); // its child
 * });
 * ```
 */
import {
  type Context,
  createContextKey,
  type Link,
  context as otel,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace as spans,
  type Tracer,
} from "@opentelemetry/api";
import { bodyOf, type Go } from "../runtime/body.ts";
import { checkOptions, refuse } from "../runtime/expect.ts";
import { getg, isGoexit } from "../runtime/m.ts";
import { type Annotations, checkText, setAnnotations, type Task } from "./task.ts";

/** Whose spans they are, where the program names no tracer. */
const NAME = "gobuf";

/** The task that a context of OpenTelemetry belongs to: a region within another one of its task is that one's child. */
const TASK = createContextKey("gobuf task");

/**
 * Options of {@link instrument}.
 *
 * @example
 * ```ts
 * import { trace } from "@opentelemetry/api";
 * import { type InstrumentOptions, instrument } from "gobuf/opentelemetry";
 *
 * const options: InstrumentOptions = { tracer: trace.getTracer("shop", "1.0.0") };
 * using _ = instrument(options);
 * ```
 */
export interface InstrumentOptions {
  /** Starts the spans. By default the global tracer of the name "gobuf". */
  tracer?: Tracer;
}

/** Goes on with a body in a context: each of its turns is a call in it, and what it starts has it, too. */
class Within<R> implements Iterable<unknown, R, true> {
  constructor(
    private readonly context: Context,
    private readonly body: Go<R>,
  ) {}

  [Symbol.iterator](): Iterator<unknown, R, true> {
    return this as unknown as Iterator<unknown, R, true>;
  }

  next(resume: true): IteratorResult<unknown, R> {
    return otel.with(this.context, () => this.body.next(resume));
  }

  throw(error: unknown): IteratorResult<unknown, R> {
    return otel.with(this.context, () => this.body.throw(error));
  }

  return(value: R): IteratorResult<unknown, R> {
    return otel.with(this.context, () => this.body.return(value));
  }
}

/** Runs a body within a span, and ends the span with it. */
function* inSpan<R>(span: Span, context: Context, body: Go<R>): Go<R> {
  try {
    return yield* new Within(context, body);
  } catch (error) {
    if (isGoexit(error)) throw error;
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** Spans of one {@link instrument}. */
class Spans implements Annotations {
  /** The contexts in which tasks are the active spans. */
  private readonly tasks = new WeakMap<Task, Context>();

  constructor(private readonly tracer: Tracer) {}

  taskBegins(task: Task, parent: Task | null, type: string): () => void {
    const above = this.contextOf(parent);
    const span = this.tracer.startSpan(type, {}, above);
    this.tasks.set(task, spans.setSpan(above, span).setValue(TASK, task));
    return () => span.end();
  }

  log(task: Task | null, category: string, message: string): void {
    spans.getSpan(this.contextOf(task))?.addEvent(category === "" ? "log" : category, { message });
  }

  region<R>(task: Task | null, type: string, body: Go<R>): Go<R> {
    const above = this.contextOf(task);
    const span = this.tracer.startSpan(type, {}, above);
    return inSpan(span, spans.setSpan(above, span), body);
  }

  /** The active context, where it has no task or is of this one; else the task's. */
  private contextOf(task: Task | null): Context {
    const active = otel.active();
    if (task === null || active.getValue(TASK) === task) return active;
    return this.tasks.get(task) ?? active;
  }
}

/**
 * From now on tasks (`trace.newTask`) and regions (`trace.withRegion`) are spans, and messages (`trace.log`) their events,
 * whether or not a trace is being written.
 *
 * A task's span is the child of the task in the context that it is given, or of the active span; that of a region is the
 * child of the region around it in the same goroutine and task, or of its task. While a region's function runs, its span
 * is the active one, also in goroutines that it starts. An error that leaves a region is recorded as the span's exception.
 *
 * @returns what ends it, by `using` or its dispose; tasks that are under way still end their spans
 * @throws Error when spans are made already; TypeError for other options, or a tracer that is none
 * @example
 * ```ts
 * import { run, trace } from "gobuf";
 * import { instrument } from "gobuf/opentelemetry";
 *
 * using _ = instrument();
 * const sum = await run(() =>
 *   trace.withRegion("add", function* () {
 *     return 1 + 2;
 *   }),
 * );
 * console.log(sum); // 3
 * ```
 */
export function instrument(options: InstrumentOptions = {}): Disposable {
  checkOptions("instrument", options, ["tracer"]);
  const { tracer = spans.getTracer(NAME) } = options;
  checkTracer("instrument", tracer);
  const made = new Spans(tracer);
  if (!setAnnotations(null, made)) throw new Error("gobuf: instrument: tasks and regions are spans already");
  return {
    [Symbol.dispose]: () => {
      setAnnotations(made, null);
    },
  };
}

/**
 * Runs a function within a span of its own, which is the active one meanwhile, over all of its waits and in the goroutines
 * that it starts: `tracer.startActiveSpan` for a goroutine. The span ends with the function, and records what it throws.
 *
 * @param fn a generator function; it gets the span
 * @returns what `fn` returns
 * @throws what `fn` throws; TypeError for arguments of other types; Error outside a goroutine
 * @example
 * ```ts
 * import { trace } from "@opentelemetry/api";
 * import { run, sleep } from "gobuf";
 * import { withSpan } from "gobuf/opentelemetry";
 *
 * const tracer = trace.getTracer("shop");
 * await run(function* main() {
 *   yield* withSpan(tracer, "pack", function* (span) {
 *     span.setAttribute("parcels", 3);
 *     yield* sleep(1);
 *   });
 * });
 * ```
 */
export function withSpan<R>(tracer: Tracer, name: string, fn: (span: Span) => Go<R>): Go<R>;
/** The same, with options of the span: its kind, attributes, links. */
export function withSpan<R>(tracer: Tracer, name: string, options: SpanOptions, fn: (span: Span) => Go<R>): Go<R>;
export function* withSpan<R>(
  tracer: Tracer,
  name: string,
  third: SpanOptions | ((span: Span) => Go<R>),
  fourth?: (span: Span) => Go<R>,
): Go<R> {
  const [options, fn] = typeof third === "function" ? [{}, third] : [third, fourth];
  checkTracer("withSpan", tracer);
  checkText("withSpan", name, "the span's name, a string");
  if (typeof options !== "object" || options === null) refuse("withSpan", options, "options of a span");
  if (typeof fn !== "function") refuse("withSpan", fn, "a generator function");
  getg("withSpan");
  const above = otel.active();
  const span = tracer.startSpan(name, options, above);
  const context = spans.setSpan(above, span);
  let body: Go<R>;
  try {
    body = otel.with(context, () => bodyOf("withSpan", fn, [span]) as Go<R>);
  } catch (error) {
    // Ends no goroutine: the function made no body, and none of it has run.
    span.end();
    throw error;
  }
  return yield* inSpan(span, context, body);
}

/**
 * A value on its way through a channel, with the context in which it was sent: {@link carry} makes it.
 *
 * @example
 * ```ts
 * import { chan, run } from "gobuf";
 * import { type Carried, carry } from "gobuf/opentelemetry";
 *
 * await run(function* main() {
 *   const jobs = chan<Carried<string>>(1);
 *   yield* jobs.send(carry("ant"));
 *   console.log((yield* jobs.recv())?.value); // ant
 * });
 * ```
 */
export interface Carried<out T> {
  readonly value: T;
  /** The sender's. */
  readonly context: Context;
  /** For the options of a span that is not the child of the sender's, e.g. of a batch; none where nothing was active. */
  readonly links: Link[];
}

/**
 * Puts the active context beside a value, for whoever receives it: a channel hands over values only, and the goroutine
 * that receives has a context of its own.
 *
 * @example
 * ```ts
 * import { chan, go, run } from "gobuf";
 * import { type Carried, carry, withCarried } from "gobuf/opentelemetry";
 *
 * await run(function* main() {
 *   const jobs = chan<Carried<string>>();
 *   go(function* sender() {
 *     yield* jobs.send(carry("ant"));
 *   });
 *   const job = yield* jobs.recv();
 *   if (job === undefined) return;
 *   yield* withCarried(job, function* (name) {
 *     console.log(name); // ant
 *   }); // its spans are children of the sender's
 * });
 * ```
 */
export function carry<T>(value: T): Carried<T> {
  const context = otel.active();
  const sender = spans.getSpanContext(context);
  return { value, context, links: sender === undefined ? [] : [{ context: sender }] };
}

/**
 * Runs a function in the context in which a value was sent: its spans are the children of the sender's.
 *
 * @param fn a generator function; it gets the value
 * @returns what `fn` returns
 * @throws what `fn` throws; TypeError for what {@link carry} did not make; Error outside a goroutine
 * @example
 * ```ts
 * import { run } from "gobuf";
 * import { carry, withCarried } from "gobuf/opentelemetry";
 *
 * const job = carry(20);
 * const more = await run(function* main() {
 *   return yield* withCarried(job, function* (n) {
 *     return n + 1;
 *   });
 * });
 * console.log(more); // 21
 * ```
 */
export function* withCarried<T, R>(carried: Carried<T>, fn: (value: T) => Go<R>): Go<R> {
  const context: Partial<Context> | undefined = (carried as Partial<Carried<T>> | null | undefined)?.context;
  if (typeof context?.getValue !== "function") refuse("withCarried", carried, "what carry() made");
  if (typeof fn !== "function") refuse("withCarried", fn, "a generator function");
  getg("withCarried");
  const body = otel.with(carried.context, () => bodyOf("withCarried", fn, [carried.value]) as Go<R>);
  return yield* new Within(carried.context, body);
}

function checkTracer(what: string, tracer: unknown): void {
  if (typeof (tracer as Partial<Tracer> | null | undefined)?.startSpan !== "function") {
    refuse(what, tracer, "a tracer of OpenTelemetry");
  }
}
