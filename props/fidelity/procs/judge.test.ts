/** The judge of runs with several Ms sees what is wrong with a merged trace, and finds nothing wrong with a right one. */
import { expect, test } from "bun:test";
import { MAIN, NO_P, type PoolEvent } from "../../../src/procs/pool.ts";
import { openBodies } from "../../procs/bodies.ts";
import { judgedHistories } from "./histories.ts";
import { judge } from "./judge.ts";
import { judgedRounds } from "./rounds.ts";

const [IDLE, RUNNABLE, RUNNING, SYSCALL, WAITING, DEAD] = [0, 1, 2, 3, 4, 6];

/** A change. Without a P in it, an M has the P of its number. */
type Change = [who: number, gp: number, old: number, to: number, p?: number];

/** A trace, its numbers as they stand: each writer gets its own. */
function lists(...events: Change[]): PoolEvent[][] {
  const all = events.map(([who, gp, old, to, p = who], number) => ({ number, gp, old, new: to, who, p }));
  return [0, 1, 2, MAIN].map((writer) => all.filter(({ who }) => who === writer));
}

const RIGHT: Change[] = [
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
  expect(seen).toEqual({ transitions: 12, executes: 4, migrations: 2, goroutines: 3, calls: 0, waited: 0 });
});

/** Two calls: P 0 is retaken from the first, which finds P 1 idle; and from the second, which finds none. */
const CALLS: Change[] = [
  [MAIN, 7, IDLE, RUNNABLE],
  [0, 7, RUNNABLE, RUNNING],
  [0, 7, RUNNING, SYSCALL],
  [MAIN, 8, IDLE, RUNNABLE],
  [2, 8, RUNNABLE, RUNNING, 0],
  [0, 7, SYSCALL, RUNNING, 1],
  [0, 7, RUNNING, SYSCALL, 1],
  [0, 7, SYSCALL, RUNNABLE, NO_P],
  [2, 8, RUNNING, WAITING, 0],
  [2, 7, RUNNABLE, RUNNING, 0],
];

test("blocking calls are right, with their P and without", () => {
  const { seen, wrong } = judge(lists(...CALLS));
  expect(wrong).toEqual([]);
  expect(seen).toEqual({ transitions: 10, executes: 3, migrations: 1, goroutines: 2, calls: 2, waited: 1 });
});

const WRONG_CALLS: [what: string, change: (events: Change[]) => void, says: RegExp][] = [
  ["a P that two Ms have", (e) => e.splice(5, 1, [0, 7, SYSCALL, RUNNING, 0]), /the P runs G 8 already/],
  ["an M that goes on without a P", (e) => e.splice(5, 1, [0, 7, SYSCALL, RUNNING, NO_P]), /nothing runs without a P/],
  ["a call that ends on another M", (e) => e.splice(5, 1, [1, 7, SYSCALL, RUNNING]), /M 0 runs it already/],
  ["a P that is let go of with its G", (e) => e.splice(7, 1, [0, 7, SYSCALL, RUNNABLE, 1]), /goes on with it/],
  ["an M that runs another G in a call", (e) => e.splice(4, 1, [0, 8, RUNNABLE, RUNNING]), /the M runs G 7 already/],
  ["a change with another's P", (e) => e.splice(8, 1, [2, 8, RUNNING, WAITING, 1]), /the P runs G undefined/],
  ["a call that is left for a wait", (e) => e.splice(7, 1, [0, 7, SYSCALL, WAITING, NO_P]), /no change of a pool's/],
];

for (const [what, change, says] of WRONG_CALLS) {
  test(`${what} is seen`, () => {
    const events = CALLS.map((event) => [...event] as Change);
    change(events);
    expect(judge(lists(...events)).wrong.join("\n")).toMatch(says);
  });
}

const WRONG: [what: string, change: (events: Change[]) => void, says: RegExp][] = [
  ["a G that two Ms run", (e) => e.splice(4, 0, [1, 7, RUNNABLE, RUNNING]), /it was running/],
  [
    "a P that runs two Gs",
    (e) => e.splice(4, 0, [0, 9, IDLE, RUNNABLE], [0, 9, RUNNABLE, RUNNING]),
    /runs G 7 already/,
  ],
  ["a change that another M makes", (e) => e.splice(4, 1, [1, 7, RUNNING, WAITING]), /it runs on M 0/],
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
    const events = RIGHT.map((event) => [...event] as Change);
    change(events);
    expect(judge(lists(...events)).wrong.join("\n")).toMatch(says);
  });
}

test("a writer whose numbers do not rise is seen", () => {
  const [first, ...rest] = lists(...RIGHT) as [PoolEvent[], ...PoolEvent[][]];
  expect(judge([first.toReversed(), ...rest]).wrong).toContain("a writer's numbers do not rise");
});

test.skipIf(process.platform !== "linux")(
  "a round on three Ms has nothing wrong, and its channels' histories are linearizable (Linux's futex)",
  async () => {
    const { symbols } = openBodies();
    const { sums, wrong } = await judgedRounds(symbols, { procs: 3, rounds: 1, seed: 1 });
    expect(wrong).toEqual([]);
    expect(sums).toMatchObject({ runs: 9, deadlocks: 1 });
    const histories = await judgedHistories(symbols, { procs: 3, count: 4, seed: 1 });
    expect(histories).toMatchObject({ runs: 4, channels: 8, wrong: [] });
    expect(histories.operations).toBeGreaterThan(100);
  },
  240_000,
);
