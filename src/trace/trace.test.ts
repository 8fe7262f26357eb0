/** Starting and stopping a trace; what stands in one, Go's reader says in props/trace. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Body, chan, context, go, gosched, run, runSync, sleep, trace } from "gobuf";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-trace-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = "go 1.26 trace\0\0\0";
const END_OF_GENERATION = 52;
/** A process of its own, on a busy machine. */
const CHILD_MS = 30_000;

/** Two goroutines that meet, and a pause. */
const program: Body<number> = function* main() {
  const ch = chan<number>();
  go(function* worker() {
    yield* gosched();
    yield* ch.send(1);
  });
  const got = yield* ch.recv();
  yield* sleep(1000);
  return got ?? 0;
};

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

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

describe("start", () => {
  test("writes Go's format into a file, the whole of it by the time that stop returns", () => {
    const file = join(folder, "whole.trace");
    trace.start(file);
    runSync(program);
    trace.stop();
    const bytes = readFileSync(file);
    expect(textOf(bytes.subarray(0, 16))).toBe(HEADER);
    expect(bytes.at(-1)).toBe(END_OF_GENERATION);
    expect(textOf(bytes)).toContain("worker");
  });

  test("writes Perfetto's format into a file that ends in .json, and where it is asked for", () => {
    const file = join(folder, "whole.json");
    trace.start(file);
    runSync(program);
    trace.stop();
    expect(JSON.parse(readFileSync(file, "utf8")).traceEvents.length).toBeGreaterThan(10);
    const asked = bytesOf(() => runSync(program), { format: "perfetto" });
    expect(JSON.parse(new TextDecoder().decode(asked)).displayTimeUnit).toBe("ns");
    trace.start(file, { format: "go" });
    trace.stop();
    expect(readFileSync(file, "latin1")).toStartWith(HEADER);
  });

  test("is refused while a trace is being written, which goes on", () => {
    let second: unknown;
    const bytes = bytesOf(() => {
      try {
        trace.start(join(folder, "second.trace"));
      } catch (error) {
        second = error;
      }
      expect(trace.isEnabled()).toBe(true);
      runSync(program);
    });
    expect(second).toEqual(new Error("gobuf: trace.start: tracing is already enabled"));
    expect(textOf(bytes)).toContain("worker");
    expect(trace.isEnabled()).toBe(false);
  });

  test("is refused for a file that cannot be written, and says why", () => {
    const file = join(folder, "no", "such", "folder.trace");
    expect(() => trace.start(file)).toThrow(`gobuf: trace.start: cannot write ${file}: ENOENT`);
    expect(trace.isEnabled()).toBe(false);
  });

  test("is refused for what is no file, and for a format that there is not", () => {
    expect(() => trace.start(5 as never)).toThrow("5 is neither the path of a file nor a function");
    const format = "pprof" as never;
    expect(() => trace.start(() => {}, { format })).toThrow('the format is "pprof": expected "go" or "perfetto"');
    expect(trace.isEnabled()).toBe(false);
  });
});

describe("stop", () => {
  test("without a trace does nothing", () => {
    trace.stop();
    expect(trace.isEnabled()).toBe(false);
  });

  test("without a run leaves an empty trace, in both formats", () => {
    expect(textOf(bytesOf(() => {}))).toStartWith(HEADER);
    const json = bytesOf(() => {}, { format: "perfetto" });
    expect(JSON.parse(new TextDecoder().decode(json)).traceEvents.every((e: { ph: string }) => e.ph === "M")).toBe(
      true,
    );
  });

  test("says that a sink failed; the program did not notice", () => {
    trace.start(() => {
      throw new Error("the disk is full");
    });
    expect(runSync(program)).toBe(1);
    const message = "gobuf: trace: writing to the sink failed, the trace is incomplete: the disk is full";
    expect(() => trace.stop()).toThrow(message);
    expect(trace.isEnabled()).toBe(false);
    trace.stop();
  });

  test("in the middle of a run", async () => {
    let size = 0;
    await run(function* main() {
      trace.start((chunk) => {
        size += chunk.length;
      });
      yield* gosched();
      trace.stop();
      yield* gosched();
    });
    expect(size).toBeGreaterThan(HEADER.length);
  });
});

describe("a process that ends without stop", () => {
  for (const [how, end] of [
    ["by an error", 'throw new Error("no more");'],
    ["by process.exit", "process.exit(1);"],
    ["with its last line", ""],
  ] as const) {
    test(
      `leaves a complete trace: ${how}`,
      async () => {
        const file = join(folder, "left.trace");
        const program = join(folder, "program.ts");
        const text = `import { gosched, run, trace } from ${JSON.stringify(join(import.meta.dir, "..", "index.ts"))};
trace.start(${JSON.stringify(file)});
await run(function* leaver() {
  yield* gosched();
  ${end}
});
`;
        writeFileSync(program, text);
        const child = Bun.spawn([process.execPath, program], { stdout: "ignore", stderr: "ignore" });
        expect(await child.exited).toBe(end === "" ? 0 : 1);
        const bytes = readFileSync(file);
        expect(textOf(bytes)).toContain("leaver");
        expect(bytes.at(-1)).toBe(END_OF_GENERATION);
      },
      CHILD_MS,
    );
  }
});

describe("a trace", () => {
  test("on the fake clock is the same, byte for byte, each time", () => {
    const options = { seed: 1 };
    for (const format of ["go", "perfetto"] as const) {
      const one = bytesOf(() => runSync(program, options), { format });
      const other = bytesOf(() => runSync(program, options), { format });
      expect(one).toEqual(other);
    }
  });

  test("stands beside the run's own onTransition, which sees the same as without", () => {
    const seen = (): string[] => {
      const lines: string[] = [];
      runSync(program, { seed: 1, onTransition: (gp, from, to) => lines.push(`${gp} ${from}>${to}`) });
      return lines;
    };
    const alone = seen();
    let beside: string[] = [];
    bytesOf(() => {
      beside = seen();
    });
    expect(beside).toEqual(alone);
    expect(alone.length).toBeGreaterThan(8);
  });

  test("survives a run that fails", () => {
    const bytes = bytesOf(() => {
      expect(() =>
        runSync(function* main() {
          yield* chan<void>().recv();
        }),
      ).toThrow("deadlock");
      runSync(program);
    });
    expect(textOf(bytes)).toContain("worker");
  });
});

describe("annotations", () => {
  test("outside a goroutine are refused", () => {
    expect(() => trace.log("a", "b")).toThrow("trace.log outside a goroutine");
    expect(() => trace.withRegion("a", function* () {}).next()).toThrow("trace.withRegion outside a goroutine");
    expect(() => trace.log(context.background(), "a", "b")).toThrow("trace.log outside a goroutine");
    expect(() => trace.newTask(context.background(), "a")).toThrow("trace.newTask outside a goroutine");
  });

  test("without a trace do nothing, and a region gives what its function gives", () => {
    const result = runSync(function* main() {
      trace.log("a", "b");
      return yield* trace.withRegion("r", function* () {
        yield* gosched();
        return 42;
      });
    });
    expect(result).toBe(42);
  });

  test("a region of no generator function is refused", () => {
    runSync(function* main() {
      const fn = (() => 5) as never;
      expect(() => trace.withRegion("r", fn).next()).toThrow("fn is no generator function");
    });
  });

  test("a region that a trace began in is not ended in it", () => {
    const ends = (text: string) => text.split('"ph":"e"').length - 1;
    let text = "";
    runSync(function* main() {
      yield* trace.withRegion("before", function* () {
        trace.start(
          (chunk) => {
            text += new TextDecoder().decode(chunk);
          },
          { format: "perfetto" },
        );
        yield* trace.withRegion("within", function* () {
          yield* gosched();
        });
      });
      trace.stop();
    });
    expect(ends(text)).toBe(1);
  });
});
