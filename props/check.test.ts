/** The properties' own check: a failure prints its seed, its counterexample and the command that replays it. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { check } from "./check.ts";

test("a property that fails prints seed, shrunk counterexample and replay command", () => {
  const run = () =>
    check("check.test.ts", "small", fc.nat(1000), (n) => {
      if (n >= 17) throw new Error(`${n} is too large`);
    });
  expect(run).toThrow("counterexample: 17\n17 is too large\nreplay: GOBUF_SEED=20261124 GOBUF_PATH=");
  expect(run).toThrow("npx bun test check.test.ts -t 'small'");
});

test("the same seed gives the same values, twice", () => {
  const values = () => {
    const seen: number[] = [];
    check("check.test.ts", "seen", fc.nat(), (n) => {
      seen.push(n);
    });
    return seen;
  };
  expect(values()).toEqual(values());
  expect(new Set(values()).size).toBeGreaterThan(50);
});
