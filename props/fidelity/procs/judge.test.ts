/** The judge of runs with several Ms sees what is wrong with a merged trace, and finds nothing wrong with a right one. */
import { expect, test } from "bun:test";
import { MAIN, type PoolEvent } from "../../../src/procs/pool.ts";
import { judge } from "./judge.ts";
import { runProcs } from "./run.ts";

const [IDLE, RUNNABLE, RUNNING, WAITING, DEAD] = [0, 1, 2, 4, 6];

/** A trace, its numbers as they stand: each writer gets its own. */
function lists(...events: [who: number, gp: number, old: number, to: number][]): PoolEvent[][] {
  const all = events.map(([who, gp, old, to], number) => ({ number, gp, old, new: to, who }));
  return [0, 1, MAIN].map((writer) => all.filter(({ who }) => who === writer));
}

const RIGHT: [number, number, number, number][] = [
  [MAIN, 7, IDLE, RUNNABLE],
  [0, 7, RUNNABLE, RUNNING],
  [0, 8, IDLE, RUNNABLE],
  [1, 8, RUNNABLE, RUNNING],
  [0, 7, RUNNING, WAITING],
  [1, 7, WAITING, RUNNABLE],
  [1, 8, RUNNING, DEAD],
  [1, 7, RUNNABLE, RUNNING],
  [1, 7, RUNNING, RUNNABLE],
  [0, 7, RUNNABLE, RUNNING],
  [0, 7, RUNNING, DEAD],
  [MAIN, 7, IDLE, RUNNABLE],
];

test("a right one is right, and its migrations are counted", () => {
  const { seen, wrong } = judge(lists(...RIGHT));
  expect(wrong).toEqual([]);
  expect(seen).toEqual({ transitions: 12, executes: 4, migrations: 2, goroutines: 3 });
});

const WRONG: [what: string, change: (events: [number, number, number, number][]) => void, says: RegExp][] = [
  ["a G that two Ms run", (e) => e.splice(4, 0, [1, 7, RUNNABLE, RUNNING]), /it was running/],
  [
    "a P that runs two Gs",
    (e) => e.splice(4, 0, [0, 9, IDLE, RUNNABLE], [0, 9, RUNNABLE, RUNNING]),
    /runs G 7 already/,
  ],
  ["a change that another M makes", (e) => e.splice(4, 1, [1, 7, RUNNING, WAITING]), /it runs on P 0/],
  ["a change that no pool makes", (e) => e.splice(5, 1, [1, 7, WAITING, RUNNING]), /is no change of a pool's/],
  ["a change that is left out", (e) => e.splice(5, 1), /it was waiting/],
  ["a G that wakes before it waits", (e) => e.splice(4, 2, e[5] as never, e[4] as never), /it was running/],
  [
    "main's thread that runs a G",
    (e) => e.push([MAIN, 7, RUNNABLE, RUNNING]),
    /main's thread runs no native goroutine/,
  ],
];

for (const [what, change, says] of WRONG) {
  test(`${what} is seen`, () => {
    const events = RIGHT.map((event) => [...event] as [number, number, number, number]);
    change(events);
    expect(judge(lists(...events)).wrong.join("\n")).toMatch(says);
  });
}

test("a writer whose numbers do not rise is seen", () => {
  const [first, ...rest] = lists(...RIGHT) as [PoolEvent[], ...PoolEvent[][]];
  expect(judge([first.toReversed(), ...rest]).wrong).toContain("a writer's numbers do not rise");
});

test.skipIf(process.platform !== "linux")(
  "a round on three Ms has nothing wrong (Linux's futex)",
  async () => {
    expect(await runProcs({ procs: 3, rounds: 1, seed: 1 })).toBe(true);
  },
  240_000,
);
