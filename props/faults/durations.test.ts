/** F17: durations without end, and those that are none. */
import { describe, expect, test } from "bun:test";
import { after, afterFunc, context, go, newTicker, newTimer, now, runSync, sleep, tick, trace } from "gobuf";

/** The longest wait, as Go's: 2^63 nanoseconds, milliseconds. */
const LONGEST_MS = 2 ** 63 / 1e6;
const ENDLESS = [Number.POSITIVE_INFINITY, Number.MAX_VALUE, 1e300, 1e18, 1e15, LONGEST_MS];
const NONE: unknown[] = [Number.NaN, undefined, null, "5", 5n, {}, new Date(), () => 5];

const WAITS: [string, (ms: number) => Generator<unknown, void, true>][] = [
  [
    "sleep",
    function* (ms) {
      yield* sleep(ms);
    },
  ],
  [
    "after",
    function* (ms) {
      yield* after(ms).recv();
    },
  ],
  [
    "newTimer",
    function* (ms) {
      yield* newTimer(ms).c.recv();
    },
  ],
  [
    "Timer.reset",
    function* (ms) {
      const t = newTimer(1);
      t.reset(ms);
      yield* t.c.recv();
    },
  ],
  [
    "newTicker",
    function* (ms) {
      yield* newTicker(ms).c.recv();
    },
  ],
  [
    "Ticker.reset",
    function* (ms) {
      const t = newTicker(1);
      t.reset(ms);
      yield* t.c.recv();
    },
  ],
  [
    "tick",
    function* (ms) {
      yield* tick(ms).recv();
    },
  ],
  [
    "context.withTimeout",
    function* (ms) {
      yield* context.withTimeout(context.background(), ms)[0].done().recv();
    },
  ],
];

describe.each(WAITS)("F17: %s", (name, waits) => {
  test.each(ENDLESS)("of %p ms ends, in 292 years, and the clock goes on", (ms) => {
    runSync(function* () {
      const start = now();
      go(function* () {
        yield* sleep(5);
      });
      yield* waits(ms);
      expect(now() - start).toBeLessThanOrEqual(LONGEST_MS);
      expect(now() - start).toBeGreaterThan(LONGEST_MS - 2000);
      expect(new Date(now()).getFullYear()).toBe(2302);
      yield* sleep(Number.POSITIVE_INFINITY);
      expect(Number.isFinite(now())).toBe(true);
    });
  });

  test.each(NONE)("of %p is a TypeError that names the argument", (ms) => {
    runSync(function* () {
      const start = now();
      let thrown: unknown;
      try {
        yield* waits(ms as number);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(TypeError);
      expect((thrown as Error).message).toStartWith(`gobuf: ${name}: expected ms, a number of milliseconds, got `);
      expect(now()).toBe(start);
    });
  });
});

test.each(NONE.filter((v) => !(v instanceof Date)))("F17: withDeadline at %p is a TypeError", (when) => {
  runSync(function* () {
    expect(() => context.withDeadline(context.background(), when as number)).toThrow(
      "gobuf: context.withDeadline: expected a deadline",
    );
    expect(() => context.withDeadline(context.background(), new Date(Number.NaN))).toThrow(TypeError);
  });
});

test.each(ENDLESS)("F17: the deadline at %p is a date", (when) => {
  runSync(function* () {
    const [ctx] = context.withDeadline(context.background(), when);
    expect(new Date(ctx.deadline() as number).getTime()).toBe(Math.trunc(Math.min(when, 8.64e15)));
    expect(String(ctx)).not.toContain("no date");
    expect(ctx.err()).toBeUndefined();
    const [early] = context.withDeadline(context.background(), -when);
    expect(early.err()).toBe(context.DeadlineExceeded);
  });
});

test("F17: afterFunc without end is not called, and keeps nobody", () => {
  runSync(function* () {
    using _ = afterFunc(Number.POSITIVE_INFINITY, () => expect.unreachable());
    yield* sleep(1e9);
    expect(() => afterFunc(Number.NaN, () => {})).toThrow("gobuf: afterFunc: expected ms");
  });
});

test("F17: a trace of an endless sleep can be read", () => {
  const read = (format: "perfetto" | "go") => {
    const chunks: Uint8Array[] = [];
    trace.start((chunk) => chunks.push(chunk), { format });
    runSync(function* main() {
      yield* sleep(Number.POSITIVE_INFINITY);
      yield* sleep(1);
    });
    trace.stop();
    return Buffer.concat(chunks);
  };
  const { traceEvents } = JSON.parse(read("perfetto").toString()) as { traceEvents: { ts?: number }[] };
  expect(traceEvents.length).toBeGreaterThan(3);
  for (const { ts } of traceEvents) if (ts !== undefined) expect(Number.isFinite(ts)).toBe(true);
  expect(read("go").subarray(0, 13).toString()).toBe("go 1.26 trace");
});
