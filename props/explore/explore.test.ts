/** The explorers find the planted bugs, each again from its string; the correct twins pass; the same seed does the same. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ExploreError, type ExploreOptions, explore, replay } from "gobuf/testing";
import { PAGE } from "./page.ts";
import { planted } from "./programs.ts";
import { page } from "./table.ts";

/** The largest exploration has 10,000 runs; on an emulated processor each takes a millisecond or more. */
setDefaultTimeout(120_000);

const SEED = 1;
const SCHEDULERS = ["random", "pct", "exhaustive"] as const;

function failureOf(f: () => unknown): ExploreError | undefined {
  try {
    f();
  } catch (error) {
    if (error instanceof ExploreError) return error;
    throw error;
  }
  return undefined;
}

function headline(error: ExploreError | undefined): string | undefined {
  return error?.message.split("\n", 1)[0];
}

for (const { name, bug, fixed, failure, foundBy, options: runs } of planted) {
  describe(name, () => {
    test("passes in Go's own order", () => {
      replay(bug, "g1:", runs);
    });
    for (const scheduler of SCHEDULERS) {
      const options: ExploreOptions = { ...runs, scheduler, seed: SEED };
      if (foundBy.includes(scheduler)) {
        test(`the ${scheduler} scheduler finds it; its string replays it, and the shrunk one too`, () => {
          const error = failureOf(() => explore(bug, options));
          if (error === undefined) throw new Error("not found");
          expect(headline(error)).toMatch(failure);
          for (const schedule of [error.found, error.schedule]) {
            const again = failureOf(() => replay(bug, schedule, runs));
            expect(again?.schedule).toBe(schedule);
            expect(headline(again)).toMatch(failure);
          }
          expect(error.schedule.length).toBeLessThanOrEqual(error.found.length);
          // All of them take two switches at the most, of one or two digits and a letter each.
          expect(error.schedule.length).toBeLessThanOrEqual("g1:".length + 6);
        });
      } else {
        test(`the ${scheduler} scheduler does not find it in 1000 runs`, () => {
          expect(explore(bug, options).runs).toBe(1000);
        });
      }
      test(`the correct twin passes: ${scheduler}`, () => {
        const { complete, summary } = explore(fixed, options);
        expect(complete).toBe(scheduler === "exhaustive");
        expect(summary).toMatch(
          scheduler === "exhaustive"
            ? /^all \d+ schedules (with at most 2 preemptions )?pass$/
            : /^1000 runs of the \w+ scheduler, seed 1, pass: \d+ schedules$/,
        );
      });
    }
  });
}

describe("the same seed explores the same schedules, another one others", () => {
  for (const scheduler of SCHEDULERS) {
    test(scheduler, () => {
      for (const { fixed, options } of planted) {
        const schedules = (seed: number) => {
          const list: string[] = [];
          explore(fixed, { ...options, scheduler, seed, runs: 100, onSchedule: (schedule) => list.push(schedule) });
          return list;
        };
        const first = schedules(SEED);
        expect(schedules(SEED)).toEqual(first);
        // Only in small programs all seeds come to the same.
        if (scheduler !== "exhaustive" && new Set(first).size > 50) expect(schedules(2)).not.toEqual(first);
      }
    });
  }
});

test("README.md is what `bun run explore:table` writes", async () => {
  expect(await Bun.file(PAGE).text()).toBe(page());
});
