/** The timer heap against a plain list, and the clocks. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { check } from "../../props/check.ts";
import { runSync, sleep } from "../index.ts";
import { schedinit } from "./schedinit.ts";
import { advanceClock, checkTimers, heap, nanotime, resetTimer, stopTimer, Timer, wakeTime } from "./time.ts";

type Step = { what: "set" | "stop" | "advance"; timer: number; after: number };

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom("set", "set", "stop", "advance"),
    timer: fc.nat(20),
    after: fc.integer({ min: 1, max: 8 }),
  }),
  { maxLength: 80 },
);

const NAME = "every timer fires once, when it is due, and a stopped one does not";
test(NAME, () =>
  check("src/runtime/time.test.ts", NAME, steps, (list) => {
    schedinit({ clock: "fake" });
    const due = new Map<number, number>();
    const fired: number[] = [];
    const timers = Array.from({ length: 21 }, (_, i) => new Timer(() => fired.push(i), null));
    const settle = () => {
      const now = nanotime();
      const expected = [...due].filter(([, when]) => when <= now);
      fired.length = 0;
      checkTimers();
      expect([...fired].sort((a, b) => a - b)).toEqual(expected.map(([i]) => i).sort((a, b) => a - b));
      // In the order of their times, whatever equal ones do.
      const times = fired.map((i) => due.get(i) ?? 0);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      for (const [i] of expected) due.delete(i);
    };
    for (const { what, timer, after } of list) {
      const t = timers[timer] as Timer;
      if (what === "set") {
        expect(resetTimer(t, nanotime() + after, 0)).toBe(due.has(timer));
        due.set(timer, nanotime() + after);
      } else if (what === "stop") expect(stopTimer(t)).toBe(due.delete(timer));
      else {
        if (advanceClock()) settle();
      }
    }
    while (advanceClock()) settle();
    expect(due.size).toBe(0);
    expect([heap.length, wakeTime()]).toEqual([0, 0]);
  }),
);

describe("sleep", () => {
  test("moves the fake clock by what was asked for, down to a nanosecond", () =>
    runSync(function* () {
      for (const ms of [1, 0.5, 0.000001, 3_600_000]) {
        const start = nanotime();
        yield* sleep(ms);
        expect(nanotime() - start).toBe(Math.round(ms * 1e6));
      }
    }));

  test.each([0, -1, Number.NEGATIVE_INFINITY])("sleep(%p) returns at once", (ms) =>
    runSync(function* () {
      const start = nanotime();
      yield* sleep(ms);
      expect(nanotime()).toBe(start);
    }),
  );
});

test("a timer of no time or a negative period is refused with Go's text", () => {
  expect(() => resetTimer(new Timer(() => {}, null), 0, 0)).toThrow("timer when must be positive");
  expect(() => resetTimer(new Timer(() => {}, null), 1, -1)).toThrow("timer period must be non-negative");
});
