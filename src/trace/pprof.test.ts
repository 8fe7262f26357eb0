/** Profiles of what goroutines wait for: counts, times of the fake clock, stacks; the file as another reader decodes it. */
import { afterEach, describe, expect, test } from "bun:test";
import {
  afterFunc,
  chan,
  go,
  gosched,
  hold,
  Mutex,
  metrics,
  pprof,
  RWMutex,
  run,
  runSync,
  sleep,
  trace,
  WaitGroup,
  wait,
} from "gobuf";
import { Profile as Decoded } from "pprof-format";

const inMs = (name: "block" | "mutex") =>
  pprof.lookup(name).samples.map(({ stack, count, delay }) => [stack.join("<"), count, Math.round(delay)]);

afterEach(() => {
  pprof.stop();
  trace.stop();
});

describe("block", () => {
  test("counts waits for others by where they wait, the longest first, and no sleep", () => {
    pprof.start();
    runSync(function* main() {
      const ch = chan<number>();
      const wg = new WaitGroup();
      for (let i = 0; i < 3; i++) {
        wg.go(function* receiver() {
          yield* ch.recv();
        });
      }
      wg.go(function* sender() {
        for (let i = 0; i < 3; i++) {
          yield* sleep(10);
          yield* ch.send(i);
        }
      });
      yield* wg.wait();
    });
    expect(inMs("block")).toEqual([
      ["receiver", 3, 60],
      ["main", 1, 30],
    ]);
    expect(inMs("mutex")).toEqual([]);
  });

  test("has source lines with tracebacks, each place by itself", () => {
    pprof.start();
    runSync(
      function* main() {
        const [a, b] = [chan<number>(), chan<number>()];
        go(function* sender() {
          yield* sleep(1);
          yield* a.send(1);
          yield* sleep(2);
          yield* b.send(1);
        });
        yield* a.recv();
        yield* b.recv();
      },
      { traceback: "all" },
    );
    const places = pprof.lookup("block").samples.map(({ stack }) => stack[0] ?? "");
    expect(places).toHaveLength(2);
    for (const place of places) expect(place).toMatch(/^main \(.*pprof\.test\.ts:\d+\)$/);
    expect(new Set(places).size).toBe(2);
  });

  test("a wait that is not over is not counted; start counts from nothing, and stop keeps what there is", () => {
    const waits = function* main() {
      go(function* forever() {
        yield* chan().recv();
      });
      const ch = chan<number>();
      go(function* sender() {
        yield* ch.send(1);
      });
      yield* ch.recv();
    };
    pprof.start();
    runSync(waits);
    pprof.stop();
    expect(inMs("block").map(([stack, count]) => [stack, count])).toEqual([["main", 1]]);
    runSync(waits);
    expect(inMs("block")).toHaveLength(1);
    pprof.start();
    expect(inMs("block")).toEqual([]);
  });

  test("begun in the middle of a wait, it counts from there", () => {
    runSync(function* main() {
      const ch = chan<number>();
      go(function* receiver() {
        yield* ch.recv();
      });
      yield* sleep(100);
      pprof.start();
      yield* sleep(5);
      yield* ch.send(1);
      pprof.stop();
    });
    expect(inMs("block")).toEqual([["receiver", 1, 5]]);
  });
});

describe("mutex", () => {
  test("names who lets go, with the time that others waited", () => {
    pprof.start();
    runSync(function* main() {
      const mu = new Mutex();
      const rw = new RWMutex();
      const wg = new WaitGroup();
      wg.go(function* holder() {
        yield* mu.lock();
        yield* rw.lock();
        yield* sleep(20);
        rw.unlock();
        yield* mu.unlock();
      });
      yield* gosched();
      for (let i = 0; i < 2; i++) {
        wg.go(function* reader() {
          yield* rw.rlock();
          rw.runlock();
        });
      }
      wg.go(function* wants() {
        yield* mu.lock();
        yield* mu.unlock();
      });
      yield* wg.wait();
    });
    expect(inMs("mutex")).toEqual([["holder", 3, 60]]);
  });

  test("an unlock by ordinary code is outside", async () => {
    pprof.start();
    await run(function* main() {
      using _ = hold();
      const rw = new RWMutex();
      yield* rw.rlock();
      setTimeout(() => rw.runlock(), 1);
      yield* rw.lock();
    });
    expect(pprof.lookup("mutex").samples.map(({ stack }) => stack)).toEqual([["outside"]]);
  });
});

describe("goroutine", () => {
  test("counts those that there are, by their stacks", () => {
    runSync(function* main() {
      for (let i = 0; i < 3; i++) {
        go(function* worker() {
          yield* chan().recv();
        });
      }
      yield* gosched();
      const profile = pprof.lookup("goroutine");
      expect(profile.samples.map(({ stack, count, delay }) => [...stack, count, delay])).toEqual([
        ["worker", 3, 0],
        ["main", 1, 0],
      ]);
      expect(profile.toString()).toBe("goroutine profile: total 4\n3\n\tworker\n\n1\n\tmain\n");
    });
  });
});

describe("the file", () => {
  test("is what a reader of pprof's decodes: types, stacks, lines and values", () => {
    pprof.start();
    runSync(
      function* main() {
        const ch = chan<number>();
        go(function* sender() {
          yield* sleep(7000);
          yield* ch.send(1);
        });
        yield* ch.recv();
      },
      { traceback: "all" },
    );
    const profile = pprof.lookup("block");
    const decoded = Decoded.decode(Bun.gunzipSync(profile.encode()));
    const text = (i: number | bigint) => decoded.stringTable.strings[Number(i)];
    expect(decoded.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([
      ["contentions", "count"],
      ["delay", "nanoseconds"],
    ]);
    expect(decoded.sample).toHaveLength(1);
    const [count, delay] = decoded.sample[0]?.value ?? [];
    expect(Number(count)).toBe(1);
    expect(Math.round(Number(delay) / 1e6)).toBe(7000);
    const stack = decoded.sample[0]?.locationId.map((id) => {
      const line = decoded.location.find((location) => location.id === id)?.line[0];
      const made = decoded.function.find(({ id: of }) => of === line?.functionId);
      return `${text(made?.name ?? 0)} (${text(made?.filename ?? 0)}:${line?.line})`;
    });
    expect(stack).toEqual([...(profile.samples[0]?.stack ?? [])]);
    expect(Decoded.decode(Bun.gunzipSync(pprof.lookup("goroutine").encode())).sampleType).toHaveLength(1);
  });
});

describe("one recorder", () => {
  test("a profile and a trace refuse each other, and themselves, in words", () => {
    pprof.start();
    expect(() => pprof.start()).toThrow("gobuf: pprof.start: waits are being counted already: call pprof.stop() first");
    expect(() => trace.start(() => {})).toThrow("gobuf: trace.start: waits are being counted already");
    pprof.stop();
    pprof.stop();
    trace.start(() => {});
    expect(() => pprof.start()).toThrow("gobuf: pprof.start: tracing is already enabled");
    trace.stop();
    pprof.start();
    expect(() => pprof.lookup("heap" as never)).toThrow(
      'gobuf: pprof.lookup: expected "goroutine", "block" or "mutex", got "heap"',
    );
  });
});

describe("metrics", () => {
  test("counts goroutines by status, and those that wait by what for", () => {
    runSync(function* main() {
      const mu = new Mutex();
      yield* mu.lock();
      for (let i = 0; i < 3; i++) {
        go(function* () {
          yield* i === 0 ? mu.lock() : chan().recv();
        });
      }
      yield* gosched();
      go(function* () {});
      const { goroutines, waiting } = metrics();
      expect(goroutines).toEqual({ running: 1, runnable: 1, waiting: 3 });
      expect(waiting).toEqual({ "sync.Mutex.Lock": 1, "chan receive": 2 });
    });
  });

  test.each([1, 10, 1000])("counts switches: %p goscheds are as many", async (n) => {
    const before = metrics().switches;
    runSync(function* main() {
      for (let i = 0; i < n; i++) yield* gosched();
    });
    expect(metrics().switches - before).toBe(n);
    await run(function* main() {
      afterFunc(0, function* () {});
      for (let i = 0; i < n; i++) yield* gosched();
      yield* wait(new Promise((resolve) => setImmediate(resolve)));
    });
    // The timer's, and main's behind its wait.
    expect(metrics().switches - before).toBeGreaterThanOrEqual(2 * n + 1);
  });
});
