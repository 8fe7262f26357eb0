/** Tasks, and what the annotations take; Go's reader has its say in props/trace. */
import { describe, expect, test } from "bun:test";
import { type Body, context, gosched, runSync, sleep, trace } from "gobuf";

const root = context.background();

function bytesOf(body: () => void, options?: trace.TraceOptions): Uint8Array {
  const chunks: Uint8Array[] = [];
  trace.start((chunk) => chunks.push(chunk), options);
  try {
    body();
  } finally {
    trace.stop();
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** An event of Perfetto's format. */
interface Shown {
  readonly ph: string;
  readonly cat?: string;
  readonly name?: string;
  readonly id2?: { readonly local: string };
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Those of tasks in the trace of what `body` does, "b type 1", and what else names one. */
function shownOf(body: () => void): { tasks: string[]; others: Shown[] } {
  const { traceEvents } = JSON.parse(new TextDecoder().decode(bytesOf(body, { format: "perfetto" }))) as {
    traceEvents: Shown[];
  };
  const tasks = traceEvents
    .filter(({ cat }) => cat === "task")
    .map(({ ph, name, id2 }) => `${ph} ${name} ${Number(id2?.local)}`);
  return { tasks, others: traceEvents.filter(({ cat, args }) => cat !== "task" && args?.task !== undefined) };
}

describe("a task", () => {
  test("without a trace is one all the same: its context carries what the parent does, and it ends", () => {
    const key = new context.Key<number>("n");
    runSync(function* main() {
      const [ctx, task] = trace.newTask(context.withValue(root, key, 7), "quiet");
      expect(ctx.value(key)).toBe(7);
      expect(String(ctx)).toBe("context.Background.WithValue(n, number).WithValue(trace.Task, Task)");
      trace.log(ctx, "a", "b");
      const got = yield* trace.withRegion(ctx, "r", function* () {
        yield* gosched();
        return 42;
      });
      expect(got).toBe(42);
      task.end();
      task.end();
    });
  });

  test("ends once, also where `using` ends it again, and after that from anywhere", () => {
    let ended: trace.Task | undefined;
    const { tasks } = shownOf(() => {
      runSync(function* main() {
        using task = trace.newTask(root, "short")[1];
        task.end();
        ended = task;
      });
      ended?.end();
    });
    expect(tasks).toEqual(["b short 1", "e short 1"]);
  });

  test("is not ended outside a goroutine, and can be ended later", () => {
    let left: trace.Task | undefined;
    const { tasks } = shownOf(() => {
      runSync(function* main() {
        [, left] = trace.newTask(root, "left");
      });
      expect(() => left?.end()).toThrow("Task.end outside a goroutine");
      runSync(function* next() {
        left?.end();
        trace.newTask(root, "last")[1].end();
      });
    });
    expect(tasks).toEqual(["b left 1", "e left 1", "b last 2", "e last 2"]);
  });

  test("ends where its block is left by an error", () => {
    const { tasks } = shownOf(() =>
      runSync(function* main() {
        try {
          using _ = trace.newTask(root, "fails")[1];
          yield* gosched();
          throw new Error("no");
        } catch {
          trace.newTask(root, "next")[1].end();
        }
      }),
    );
    expect(tasks).toEqual(["b fails 1", "e fails 1", "b next 2", "e next 2"]);
  });

  test("that is never ended ends with the trace in Perfetto's format, one that is older is not in it", () => {
    let older: trace.Task | undefined;
    runSync(function* before() {
      [, older] = trace.newTask(root, "older");
    });
    const { tasks } = shownOf(() =>
      runSync(function* main() {
        trace.newTask(root, "endless");
        older?.end();
        trace.newTask(root, "short")[1].end();
      }),
    );
    expect(tasks).toEqual(["b endless 1", "b short 3", "e short 3", "e endless 1"]);
  });

  test("has the messages and regions of those that carry its context, no others; its parts name it", () => {
    const { others, tasks } = shownOf(() =>
      runSync(function* main() {
        const [ctx, whole] = trace.newTask(root, "whole");
        const [partCtx, part] = trace.newTask(context.withoutCancel(ctx), "part");
        trace.log(root, "a", "of none");
        trace.log("a", "of none, either");
        trace.log(ctx, "a", "of whole");
        yield* trace.withRegion("of none", function* () {});
        yield* trace.withRegion(partCtx, "of part", function* () {});
        part.end();
        whole.end();
      }),
    );
    const named = others.map(({ ph, name, args }) => `${ph} ${name} ${args?.task}`);
    expect(named).toEqual(["i a: of whole 1", "b of part 2", "e of part 2"]);
    expect(tasks).toEqual(["b whole 1", "b part 2", "e part 2", "e whole 1"]);
  });

  test("has the same number in the next trace of the same program", () => {
    const tasks: Body<void> = function* main() {
      const [ctx, task] = trace.newTask(root, "whole");
      trace.newTask(ctx, "part")[1].end();
      yield* sleep(1);
      task.end();
    };
    for (const format of ["go", "perfetto"] as const) {
      const one = bytesOf(() => runSync(tasks, { seed: 1 }), { format });
      expect(bytesOf(() => runSync(tasks, { seed: 1 }), { format })).toEqual(one);
      const other: Body<void> = function* main() {
        trace.newTask(root, "whole")[1].end();
      };
      expect(bytesOf(() => runSync(other, { seed: 1 }), { format })).not.toEqual(one);
    }
  });
});

describe("arguments of other types are refused, with a trace and without:", () => {
  const symbol = Symbol("s") as never;
  const body = function* () {};
  const refusals: [call: string, says: string, make: () => unknown][] = [
    ["newTask(null)", "trace.newTask: expected a context, got null", () => trace.newTask(null as never, "t")],
    ["newTask(pair)", "expected a context, got an array", () => trace.newTask([root] as never, "t")],
    ["newTask(type)", 'expected a context, got "t"', () => trace.newTask("t" as never, "t")],
    [
      "newTask(ctx)",
      "expected the task's type, a string, got undefined",
      () => trace.newTask(root, undefined as never),
    ],
    ["newTask(ctx, symbol)", "expected the task's type, a string, got Symbol(s)", () => trace.newTask(root, symbol)],
    [
      "log(5)",
      "trace.log: expected a context, or the category, a string, got 5",
      () => trace.log(5 as never, "a", "b"),
    ],
    ["log(null)", "expected a context, or the category", () => trace.log(null as never, "a", "b")],
    ["log(task)", "got an object", () => trace.log(trace.newTask(root, "t")[1] as never, "a", "b")],
    ["log(ctx, 5)", "expected the category, a string, got 5", () => trace.log(root, 5 as never, "b")],
    [
      "log(ctx, category)",
      "expected the message, a string, got undefined",
      () => trace.log(root, "a", undefined as never),
    ],
    ["log(category)", "expected the message, a string, got undefined", () => trace.log("a", undefined as never)],
    [
      "withRegion({})",
      "trace.withRegion: expected a context, or the region's type, a string, got an object",
      () => trace.withRegion({} as never, "r", body).next(),
    ],
    [
      "withRegion(fn)",
      "expected a context, or the region's type, a string, got a function",
      () => trace.withRegion(body as never, body).next(),
    ],
    [
      "withRegion(ctx, fn)",
      "expected the region's type, a string, got a function",
      () => trace.withRegion(root, body as never, undefined as never).next(),
    ],
    [
      "withRegion(type)",
      "expected a generator function, got undefined",
      () => trace.withRegion("r", undefined as never).next(),
    ],
  ];
  for (const [call, says, make] of refusals) {
    test(call, () => {
      const refused = () =>
        runSync(function* main() {
          expect(make).toThrow(TypeError);
          expect(make).toThrow(says);
        });
      refused();
      bytesOf(refused);
    });
  }
});
