/** The table beside Shuttle: it has the kernels of the crate, each with a row of GoKer's table, and of all seeds. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cell, readResults, shuttleSection, shuttleVersion } from "./results.ts";

const results = readResults();
const read = (name: string) => readFileSync(join(import.meta.dir, name), "utf8");

test("the results are of the crate's kernels, of 20 seeds each, and each is found for each seed", () => {
  const kernels = [...read("src/kernels.rs").matchAll(/^ {4}\("([a-z]+#\d+)", \w+\),$/gm)].map(([, name]) => name);
  expect(kernels.length).toBeGreaterThanOrEqual(15);
  expect(results.map(({ name }) => name)).toEqual(kernels as string[]);
  for (const { name, random, pct } of results) {
    for (const runs of [random, pct]) {
      expect(runs, name).toHaveLength(20);
      for (const run of runs) expect(run, name).toBeWithin(1, 1001);
    }
  }
});

test("the crate is pinned, in its lock file too", () => {
  expect(read("Cargo.lock")).toContain(`name = "shuttle"\nversion = "${shuttleVersion()}"`);
});

test("a row has both sides, and one that GoKer's table does not have is refused", () => {
  const section = shuttleSection();
  for (const { name, random, pct } of results) {
    const row = section.split("\n").find((line) => line.startsWith(`| ${name} | `));
    expect(row?.split(" | ")[1]).toBe(cell(random));
    expect(row?.split(" | ")[3]).toBe(cell(pct));
    expect(row?.split(" | ")).toHaveLength(6);
  }
  expect(() => shuttleSection([{ name: "moby#1", random: [1], pct: [1] }])).toThrow("moby#1 is not in ");
});

test("a cell has the median and the most, and what was not found", () => {
  expect(cell([3, 1, 2, 9])).toBe("2 (9)");
  expect(cell([3, null, 2, 9])).toBe("3 (9), 3 of 4 seeds");
  expect(cell([null])).toBe("not in 1000");
});
