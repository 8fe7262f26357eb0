/** The scheduler for fast-check: it finds a lost update, and shrinks it. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { chan, WaitGroup } from "gobuf";
import { schedules } from "gobuf/fast-check";
import { ExploreError, replay } from "gobuf/testing";
import { parseSchedule } from "./schedule.ts";

/** A counter that is read, and written after an operation. */
function* lostUpdate() {
  const log = chan<number>(3);
  const wg = new WaitGroup();
  let count = 0;
  for (let i = 0; i < 3; i++) {
    wg.go(function* () {
      const before = count;
      yield* log.send(i);
      count = before + 1;
    });
  }
  yield* wg.wait();
  if (count !== 3) throw new Error(`the count is ${count}`);
}

test("it finds a lost update, and shrinks to one deviation, with the exact string in the error", () => {
  const details = fc.check(
    fc.property(schedules(), (schedule) => {
      replay(lostUpdate, schedule);
    }),
    { seed: 1 },
  );
  expect(details.failed).toBe(true);
  const [schedule = ""] = details.counterexample ?? [];
  expect(parseSchedule(schedule).deviations).toHaveLength(1);
  const error = details.errorInstance;
  if (!(error instanceof ExploreError)) throw error;
  expect(error.schedule).toMatch(/^g1:\dA$/);
  expect(() => replay(lostUpdate, error.schedule)).toThrow("the count is 2");
});

test("its schedules keep to the constraints, and fit any program", () => {
  fc.assert(
    fc.property(schedules({ steps: 10, width: 3, deviations: 4 }), (schedule) => {
      const { deviations, lenient } = parseSchedule(schedule);
      expect(lenient).toBe(true);
      expect(deviations.length).toBeLessThanOrEqual(4);
      for (const { step, pick } of deviations) expect([step < 10, pick === 1 || pick === 2]).toEqual([true, true]);
      replay(function* () {}, schedule);
    }),
    { seed: 1 },
  );
});
