/** Tasks in a trace, as Go's own reader gives them back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chan, context, type Go, go, gosched, now, type RunOptions, runSync, sleep, trace, WaitGroup } from "gobuf";
import { GoTrace } from "../../src/trace/gotrace.ts";
import { Recorder } from "../../src/trace/recorder.ts";
import { Output } from "../../src/trace/sink.ts";
import { Task } from "../../src/trace/task.ts";
import { corrupt, taskFaults } from "./corruptions.ts";
import { BUILD_MS, buildReader, readTraces, type Verdict, whyNoReader } from "./reader.ts";
import { decode, eventLists, type WireEvent } from "./wire.ts";

const why = whyNoReader();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

/** The trace of what `f` does from where it says so. */
function traceFrom(f: (start: () => void) => unknown): Uint8Array {
  const chunks: Uint8Array[] = [];
  try {
    f(() => trace.start((chunk) => chunks.push(chunk)));
  } finally {
    trace.stop();
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The trace of a run of `main`. */
function traceOf(main: () => Go): Uint8Array {
  return traceFrom((start) => {
    start();
    runSync(main);
  });
}

/** An order of two cups: a task of each, the second ended by the goroutine that drinks it. */
function* order(): Go {
  const [orderCtx, whole] = trace.newTask(context.background(), "order");
  using _ = whole;
  const cups = chan<trace.Task>();
  function* barista(kind: string): Go {
    const [ctx, task] = trace.newTask(orderCtx, kind);
    const [timed, cancel] = context.withTimeout(ctx, 1000);
    using _ = cancel;
    yield* trace.withRegion(timed, "brew", function* () {
      yield* sleep(1);
      trace.log(timed, "milk", kind);
    });
    yield* cups.send(task);
  }
  go(barista, "cappuccino");
  go(barista, "espresso");
  for (let i = 0; i < 2; i++) (yield* cups.recv())?.end();
  trace.log("till", "paid");
}

describe.skipIf(why !== undefined)(`tasks, read by Go${skipped}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-trace-"));
    buildReader();
  }, BUILD_MS);
  afterAll(() => rmSync(folder, { recursive: true }));

  async function verdictOf(bytes: Uint8Array): Promise<Verdict> {
    const file = join(folder, "one.trace");
    writeFileSync(file, bytes);
    const [verdict] = await readTraces([file]);
    if (verdict === undefined) throw new Error("the reader said nothing");
    return verdict;
  }

  /** The annotations of a trace, which must be accepted. */
  async function read(bytes: Uint8Array): Promise<readonly string[]> {
    const verdict = await verdictOf(bytes);
    expect(verdict).toMatchObject({ accepted: true, reason: "", rises: true });
    return verdict.annotations ?? [];
  }

  test("within tasks, with messages and regions of goroutines that carry their contexts", async () => {
    const annotations = await read(traceOf(order));
    // Which of the two comes first is the scheduler's business.
    expect([...annotations].sort()).toEqual(
      [
        "1 begin task 1 order",
        ...["2 begin task 3 cappuccino in 1", "2 begin brew in 3", "2 log milk: cappuccino in 3", "2 end brew in 3"],
        ...["3 begin task 2 espresso in 1", "3 begin brew in 2", "3 log milk: espresso in 2", "3 end brew in 2"],
        ...["1 end task 2 espresso in 1", "1 end task 3 cappuccino in 1"],
        ...["1 log till: paid", "1 end task 1 order"],
      ].sort(),
    );
    expect(annotations[0]).toBe("1 begin task 1 order");
    expect(annotations.at(-1)).toBe("1 end task 1 order");
  });

  test("ended twice end once; what carries the context of one that is over still belongs to it", async () => {
    const annotations = await read(
      traceOf(function* main() {
        const [ctx, task] = trace.newTask(context.background(), "twice");
        task.end();
        task.end();
        yield* gosched();
        task[Symbol.dispose]();
        trace.log(ctx, "late", "still");
        trace.newTask(ctx, "after");
      }),
    );
    expect(annotations).toEqual([
      ...["1 begin task 1 twice", "1 end task 1 twice", "1 log late: still in 1", "1 begin task 2 after in 1"],
    ]);
  });

  test("never ended stay open", async () => {
    const annotations = await read(
      traceOf(function* main() {
        trace.newTask(context.background(), "endless");
      }),
    );
    expect(annotations).toEqual(["1 begin task 1 endless"]);
  });

  test("older than the trace have a number, but neither type nor parent", async () => {
    const bytes = traceFrom((start) =>
      runSync(function* main() {
        const [ctx, task] = trace.newTask(context.background(), "older");
        start();
        const [, younger] = trace.newTask(ctx, "younger");
        yield* trace.withRegion(ctx, "r", function* () {});
        younger.end();
        task.end();
      }),
    );
    expect(await read(bytes)).toEqual([
      ...["1 begin task 2 younger in 1", "1 begin r in 1", "1 end r in 1"],
      ...["1 end task 2 younger in 1", "1 end task 1 "],
    ]);
  });

  test("go on over the end of a run", async () => {
    let carried: trace.Task | undefined;
    const bytes = traceFrom((start) => {
      start();
      runSync(function* first() {
        [, carried] = trace.newTask(context.background(), "long");
      });
      runSync(function* second() {
        carried?.end();
      });
    });
    expect(await read(bytes)).toEqual(["1 begin task 1 long", "2 end task 1 long"]);
  });

  test("keep number, type and parent from one generation of the format to the next", async () => {
    const TURNS = 40;
    const chunks: Uint8Array[] = [];
    const output = Output.toSink((chunk) => chunks.push(chunk));
    const recorder = new Recorder(new GoTrace(output, now, 100));
    const [outer, inner] = [new Task(() => {}), new Task(() => {})];
    runSync(function* main() {
      recorder.taskBegins(outer, null, "outer");
      recorder.taskBegins(inner, outer, "inner");
      for (let i = 0; i < TURNS; i++) yield* gosched();
      recorder.region(inner, true, "r");
      for (let i = 0; i < TURNS; i++) yield* gosched();
      recorder.region(inner, false, "r");
      recorder.taskEnds(inner);
      for (let i = 0; i < TURNS; i++) yield* gosched();
      recorder.taskEnds(outer);
    });
    recorder.stop();
    output.close();
    const { accepted, syncs, annotations } = await verdictOf(new Uint8Array(Buffer.concat(chunks)));
    expect({ accepted, annotations }).toEqual({
      accepted: true,
      annotations: [
        ...["1 begin task 1 outer", "1 begin task 2 inner in 1", "1 begin r in 2", "1 end r in 2"],
        ...["1 end task 2 inner in 1", "1 end task 1 outer"],
      ],
    });
    expect(syncs).toBeGreaterThan(3);
  });

  test("reach through a context of the program's own; one that gives anything else carries none", async () => {
    const annotations = await read(
      traceOf(function* main() {
        const [ctx, task] = trace.newTask(context.background(), "own");
        using _ = task;
        const own = (value: context.Context["value"]): context.Context => ({
          ...{ deadline: () => ctx.deadline(), done: () => ctx.done(), err: () => ctx.err(), signal: ctx.signal },
          value,
        });
        const passes = own((key) => ctx.value(key));
        const lies = own(() => "a task" as never);
        const forgets = own(() => undefined);
        for (const [name, c] of Object.entries({ passes, lies, forgets })) {
          trace.log(c, "", name);
          yield* trace.withRegion(c, name, function* () {});
          trace.newTask(c, name)[1].end();
        }
      }),
    );
    const inTask = annotations.filter((text) => text.endsWith(" in 1"));
    expect(inTask).toEqual([
      ...["1 log : passes in 1", "1 begin passes in 1", "1 end passes in 1"],
      ...["1 begin task 2 passes in 1", "1 end task 2 passes in 1"],
    ]);
    expect(annotations).toHaveLength(2 + 3 * inTask.length);
  });

  test("have source lines where the run keeps them: where newTask and end were called", async () => {
    function* main(): Go {
      const [, task] = trace.newTask(context.background(), "short");
      task.end();
    }
    const stacks = async (options: RunOptions) => {
      const bytes = traceFrom((start) => {
        start();
        runSync(main, options);
      });
      expect(await read(bytes)).toHaveLength(2);
      const stackOf = ({ name, args }: WireEvent) => (name.startsWith("UserTask") ? [args.at(-1)] : []);
      return { text: new TextDecoder().decode(bytes), numbers: eventLists(decode(bytes)).flat().flatMap(stackOf) };
    };
    const withLines = await stacks({ traceback: "all" });
    expect(new Set(withLines.numbers).size).toBe(2);
    expect(withLines.text).toContain("tasks.test.ts");
    const without = await stacks({});
    expect(new Set(without.numbers).size).toBe(1);
    expect(without.text).not.toContain("tasks.test.ts");
  });

  describe("are refused with a fault:", () => {
    const sample = () =>
      traceOf(function* main() {
        const [ctx, task] = trace.newTask(context.background(), "sample");
        const others = new WaitGroup();
        others.go(function* other() {
          yield* trace.withRegion(ctx, "r", () => pause());
          task.end();
        });
        yield* others.wait();
      });

    test("not without one", async () => {
      expect(corrupt(sample(), { name: "nothing", says: /^$/, apply: () => true })).toEqual(sample());
      expect(await read(sample())).toHaveLength(4);
    });

    for (const fault of taskFaults) {
      test(fault.name, async () => {
        const changed = corrupt(sample(), fault);
        if (changed === undefined) throw new Error("the sample has no place for this fault");
        const { accepted, reason } = await verdictOf(changed);
        expect({ accepted, reason }).toMatchObject({ accepted: false, reason: expect.stringMatching(fault.says) });
      });
    }
  });
});

function* pause(): Go {
  yield* sleep(1);
}
