/** The register probe across migration: nothing is wrong, and what is broken on purpose is seen, by its name. */
import { describe, expect, test } from "bun:test";
import { breakable, migrate } from "./registers.ts";

describe.skipIf(process.platform !== "linux")("registers of goroutines that migrate (Linux's futex)", () => {
  test("are as they were, on three Ms", async () => {
    const seen = await migrate({ procs: 3, seed: 1, migrants: 12, count: 4000 });
    expect({ bad: seen.bad, first: seen.first, operations: seen.operations }).toEqual({
      bad: 0,
      first: "",
      operations: 12 * 4000,
    });
    expect(seen.compared).toBeGreaterThanOrEqual(6 * seen.operations);
    if (seen.skipped === null) expect(seen.interrupted).toBeGreaterThan(1000);
  }, 60_000);

  test("each one that is broken is named", async () => {
    const names = breakable();
    expect(names.length).toBeGreaterThan(6);
    for (const [k, name] of names.entries()) {
      // A register may be broken in several ways: the first of each.
      if (names.indexOf(name) !== k) continue;
      const seen = await migrate({ procs: 2, seed: k, migrants: 2, count: 512, fault: k + 1 });
      expect(seen.bad).toBe(2);
      expect(seen.first).toStartWith(`${name}: expected 0x`);
    }
  }, 120_000);
});
