/** gobuf/opentelemetry before the real SDK: what its exporter gets of tasks, regions, and values that channels hand over. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { context as otel, SpanStatusCode, trace as spans, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { chan, context, type Go, go, goexit, gosched, Mutex, run, runSync, sleep, trace, WaitGroup, wait } from "gobuf";
import { type Carried, carry, instrument, withCarried, withSpan } from "gobuf/opentelemetry";

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
let tracer: Tracer;

beforeAll(() => {
  otel.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  spans.setGlobalTracerProvider(provider);
  tracer = spans.getTracer("test");
});
afterAll(() => {
  otel.disable();
  spans.disable();
});
beforeEach(() => exporter.reset());

/** The spans that have ended, as `child<parent`, in the order of their ends. */
function tree(): string[] {
  const ended = exporter.getFinishedSpans();
  const nameOf = (id: string | undefined) => ended.find((span) => span.spanContext().spanId === id)?.name ?? "";
  return ended.map((span) => `${span.name}<${nameOf(span.parentSpanContext?.spanId)}`);
}

function spanOf(name: string): ReadableSpan {
  const found = exporter.getFinishedSpans().find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name} has ended`);
  return found;
}

describe("instrument", () => {
  test("tasks are spans, regions their children, in whichever goroutine", async () => {
    using _ = instrument({ tracer });
    await run(function* main() {
      const [ctx, task] = trace.newTask(context.background(), "order");
      const wg = new WaitGroup();
      for (const name of ["milk", "beans"]) {
        wg.go(function* worker() {
          yield* trace.withRegion(ctx, name, function* () {
            yield* sleep(name === "milk" ? 1 : 2);
            yield* trace.withRegion(ctx, `${name}/in`, function* () {
              yield* gosched();
            });
          });
        });
      }
      yield* wg.wait();
      const [, part] = trace.newTask(ctx, "serve");
      part.end();
      part.end();
      trace.log(ctx, "size", "tall");
      task.end();
    });
    expect(tree().toSorted()).toEqual([
      "beans/in<beans",
      "beans<order",
      "milk/in<milk",
      "milk<order",
      "order<",
      "serve<order",
    ]);
    expect(new Set(exporter.getFinishedSpans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  test("a region's span is active over each kind of wait, and its goroutines have it; nobody else has", async () => {
    using _ = instrument({ tracer });
    const seen: (string | undefined)[] = [];
    const active = () => (spans.getActiveSpan() as unknown as ReadableSpan | undefined)?.name;
    await run(function* main() {
      const ch = chan<number>();
      const mu = new Mutex();
      const other = new WaitGroup();
      other.go(function* () {
        for (let i = 0; i < 8; i++) {
          seen.push(active());
          yield* gosched();
        }
      });
      yield* trace.withRegion("all", function* () {
        go(function* () {
          yield* gosched();
          expect(active()).toBe("all");
          yield* ch.send(1);
        });
        const waits: (() => Go<unknown>)[] = [
          () => ch.recv() as never,
          () => sleep(1) as never,
          () => wait(Bun.sleep(1)) as never,
          () => mu.lock() as never,
          () => gosched() as never,
        ];
        for (const one of waits) {
          yield* one();
          expect(active()).toBe("all");
        }
      });
      expect(active()).toBeUndefined();
      yield* other.wait();
    });
    expect(seen).toEqual(new Array(8).fill(undefined));
  });

  test("a region without a task is the child of the span that was active where the run began", async () => {
    using _ = instrument();
    await tracer.startActiveSpan("request", async (span) => {
      await run(() => trace.withRegion("query", function* () {}));
      span.end();
    });
    expect(tree()).toEqual(["query<request", "request<"]);
    expect(spanOf("query").instrumentationScope.name).toBe("gobuf");
  });

  test("messages are events of the task's span, or of the active one", () => {
    using _ = instrument({ tracer });
    runSync(function* main() {
      const [ctx, task] = trace.newTask(context.background(), "order");
      trace.log(ctx, "size", "tall");
      trace.log("nobody", "hears");
      yield* trace.withRegion("pack", function* () {
        trace.log("", "wrapped");
      });
      task.end();
    });
    const eventsOf = (name: string) => spanOf(name).events.map((event) => [event.name, event.attributes?.message]);
    expect(eventsOf("order")).toEqual([["size", "tall"]]);
    expect(eventsOf("pack")).toEqual([["log", "wrapped"]]);
  });

  test("an error is the span's exception, and goes on; a Goexit is none; each span ends", async () => {
    using _ = instrument({ tracer });
    const failed = run(() =>
      trace.withRegion("fails", function* () {
        yield* gosched();
        throw new RangeError("too tall");
      }),
    );
    await expect(failed).rejects.toThrow("too tall");
    expect(spanOf("fails").status).toEqual({ code: SpanStatusCode.ERROR, message: "too tall" });
    expect(spanOf("fails").events.map(({ attributes }) => attributes?.["exception.type"])).toEqual(["RangeError"]);
    await run(function* main() {
      const done = chan<never>();
      go(function* () {
        try {
          yield* trace.withRegion("leaves", function* () {
            yield* goexit();
          });
        } finally {
          done.close();
        }
      });
      yield* done.recv();
      const began = chan<never>();
      go(function* () {
        yield* trace.withRegion("left", function* () {
          began.close();
          yield* chan<never>().recv();
        });
      });
      yield* began.recv();
    });
    expect(spanOf("leaves").status.code).toBe(SpanStatusCode.UNSET);
    expect(spanOf("left").ended).toBe(true);
  });

  test("is there once, and gone when disposed; a task under way still ends", () => {
    const first = instrument({ tracer });
    expect(() => instrument({ tracer })).toThrow("gobuf: instrument: tasks and regions are spans already");
    runSync(function* main() {
      const [ctx, task] = trace.newTask(context.background(), "order");
      first[Symbol.dispose]();
      yield* trace.withRegion(ctx, "unseen", function* () {});
      expect(trace.newTask(ctx, "unseen")[1].end()).toBeUndefined();
      task.end();
    });
    expect(tree()).toEqual(["order<"]);
    using _ = instrument({ tracer });
    first[Symbol.dispose]();
    runSync(() => trace.withRegion("seen", function* () {}));
    expect(tree()).toEqual(["order<", "seen<"]);
  });

  test("beside a trace both have all", () => {
    using _ = instrument({ tracer });
    const chunks: string[] = [];
    trace.start((chunk) => void chunks.push(new TextDecoder().decode(chunk)), { format: "perfetto" });
    runSync(function* main() {
      const [ctx, task] = trace.newTask(context.background(), "order");
      yield* trace.withRegion(ctx, "pack", function* () {});
      task.end();
    });
    trace.stop();
    expect(tree()).toEqual(["pack<order", "order<"]);
    for (const name of ["order", "pack"]) expect(chunks.join("")).toContain(`"${name}"`);
  });
});

describe("withSpan", () => {
  test("nests, with options, and gives the result", async () => {
    const result = await run(() =>
      withSpan(tracer, "outer", function* () {
        yield* sleep(1);
        return yield* withSpan(tracer, "inner", { attributes: { n: 7 } }, function* (span) {
          span.setAttribute("m", 8);
          yield* sleep(1);
          return 42;
        });
      }),
    );
    expect(result).toBe(42);
    expect(tree()).toEqual(["inner<outer", "outer<"]);
    expect(spanOf("inner").attributes).toEqual({ n: 7, m: 8 });
  });

  test("whoever drives a body: what is thrown into it, and what ends it early, comes in its span; each span ends", () => {
    const seen: (string | undefined)[] = [];
    const active = () => (spans.getActiveSpan() as unknown as ReadableSpan | undefined)?.name;
    function* body(): Go<string> {
      try {
        yield;
        return "not reached";
      } catch (error) {
        seen.push(`${error} in ${active()}`);
        return "caught";
      } finally {
        seen.push(active());
      }
    }
    runSync(function* main() {
      const caught = withSpan(tracer, "caught", body);
      caught.next(true);
      expect(caught.throw("a text")).toEqual({ done: true, value: "caught" });
      const left = withSpan(tracer, "left", body);
      left.next(true);
      expect(left.return("over")).toEqual({ done: true, value: "over" });
    });
    expect(seen).toEqual(["a text in caught", "caught", "left"]);
    expect(tree()).toEqual(["caught<", "left<"]);
  });

  test("what is thrown and is no Error is told as a text", () => {
    const failing = () =>
      withSpan(tracer, "fails", function* () {
        throw 7;
      });
    expect(() => runSync(failing)).toThrow();
    expect(spanOf("fails").status).toEqual({ code: SpanStatusCode.ERROR, message: "7" });
    expect(spanOf("fails").events.map(({ attributes }) => attributes?.["exception.message"])).toEqual(["7"]);
  });

  test("refuses what it cannot use, in words; a span that began has ended", () => {
    const refused: [() => Go<unknown>, string][] = [
      [() => withSpan({} as never, "x", function* () {}), "gobuf: withSpan: expected a tracer of OpenTelemetry"],
      [() => withSpan(tracer, 3 as never, function* () {}), "gobuf: withSpan: expected the span's name, a string"],
      [() => withSpan(tracer, "x", null as never), "gobuf: withSpan: expected options of a span, got null"],
      [() => withSpan(tracer, "x", {}, 3 as never), "gobuf: withSpan: expected a generator function, got 3"],
      [() => withSpan(tracer, "plain", (() => 3) as never), "is no generator function"],
      [() => withCarried(3 as never, function* () {}), "gobuf: withCarried: expected what carry() made, got 3"],
      [() => withCarried(carry(1), 3 as never), "gobuf: withCarried: expected a generator function, got 3"],
    ];
    for (const [body, says] of refused) expect(() => runSync(body)).toThrow(says);
    expect(tree()).toEqual(["plain<"]);
    expect(() => instrument({ tracer: 3 as never })).toThrow("expected a tracer of OpenTelemetry, got 3");
    expect(() => instrument({ spans: 3 } as never)).toThrow('unknown option "spans": expected tracer');
    expect(() => withSpan(tracer, "x", function* () {}).next(true)).toThrow("outside a goroutine");
  });
});

describe("what a channel hands over", () => {
  test("has the sender's context: a span of the receiver is the sender's child, or linked to it", async () => {
    await run(function* main() {
      const jobs = chan<Carried<string>>(2);
      const worker = new WaitGroup();
      worker.go(function* () {
        yield* withSpan(tracer, "worker", function* () {
          for (let job = yield* jobs.recv(); job !== undefined; job = yield* jobs.recv()) {
            yield* withCarried(job, function* (name) {
              yield* withSpan(tracer, `does ${name}`, function* () {
                yield* sleep(1);
              });
            });
            yield* withSpan(tracer, "notes", { links: job.links }, function* () {});
          }
        });
      });
      yield* withSpan(tracer, "asks", function* () {
        yield* jobs.send(carry("ant"));
      });
      jobs.close();
      yield* worker.wait();
    });
    expect(tree()).toEqual(["asks<", "does ant<asks", "notes<worker", "worker<"]);
    expect(spanOf("notes").links.map((link) => link.context.spanId)).toEqual([spanOf("asks").spanContext().spanId]);
  });

  test("without a span there is nothing to link to", () => {
    expect(carry(1).links).toEqual([]);
  });
});
