/** Go's traces before the judge of pools: a right one passes, one with a fault does not, and a round of both agrees. */
import { expect, test } from "bun:test";
import { installedGo } from "../../go.ts";
import { besideGo, eventsOf } from "./beside-go.ts";
import { judge } from "./judge.ts";

/** "id from to proc thread" */
const RIGHT = [
  "7 NotExist Runnable 0 50",
  "7 Runnable Running 1 51",
  "1 Running Waiting 0 50",
  "8 NotExist Runnable 1 51",
  "7 Running Syscall 1 51",
  "7 Syscall Runnable -1 51",
  "8 Runnable Running 1 52",
  "7 Runnable Running 0 50",
  "7 Running NotExist 0 50",
  "8 Running Waiting 1 52",
  "8 Waiting Runnable 0 50",
  "8 Runnable Running 0 50",
];

test("a right one is right: of goroutines whose start it has", () => {
  const { seen, wrong } = judge([eventsOf(RIGHT)], "go");
  expect(wrong).toEqual([]);
  expect(seen).toEqual({ transitions: 11, executes: 4, migrations: 2, goroutines: 2, calls: 1, waited: 1 });
});

const WRONG: [what: string, change: string[], says: RegExp][] = [
  ["a P with two goroutines", RIGHT.with(7, "7 Runnable Running 1 50"), /the P runs G 2 already/],
  ["an M with two goroutines", RIGHT.with(7, "7 Runnable Running 0 52"), /the M runs G 2 already/],
  ["a change that is left out", RIGHT.toSpliced(5, 1), /it was syscall/],
  ["a change that Go does not make", RIGHT.with(10, "8 Waiting Running 0 50"), /no change/],
  ["a state that is not known", RIGHT.with(9, "8 Running Lost 1 52"), /no change/],
];
for (const [what, changes, says] of WRONG) {
  test(`${what} is seen`, () => {
    expect(judge([eventsOf(changes)], "go").wrong.join("\n")).toMatch(says);
  });
}

const go = installedGo();
const missing = go.ok ? (process.platform === "linux" && process.arch === "x64" ? "" : "not this platform") : go.reason;

test.skipIf(missing !== "")(
  `a round of the real Go on two Ps${missing === "" ? "" : ` (skipped: ${missing})`}`,
  async () => {
    const { skipped, ...seen } = await besideGo({ procs: 2, rounds: 1, seed: 1 });
    // Its reader is a module that may have to be fetched.
    if (skipped !== null) return expect(skipped).not.toBe("");
    expect(seen.wrong).toEqual([]);
    expect(seen).toMatchObject({ runs: 9, deadlocks: 1 });
    expect(seen.transitions).toBeGreaterThan(1000);
  },
  240_000,
);

test("a Go that is not there is skipped by name", async () => {
  const seen = await besideGo({ procs: 2, rounds: 1, seed: 1 }, "/nowhere/go");
  expect(seen).toMatchObject({ runs: 0, wrong: [] });
  expect(seen.skipped).toContain("/nowhere/go is not there");
});
