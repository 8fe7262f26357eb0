/** README.md beside this file, and the programs in Go: a share of what `bun run explore:goker` looks at. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ExploreError, replay } from "gobuf/testing";
import { abiSkip } from "../../../scripts/abis/skip.ts";
import { namesInGo, runInGo } from "./ingo.ts";
import { kernels } from "./kernels.ts";
import { cellsOf, inGoOfPage, PAGE, page, rowsOfPage } from "./page.ts";
import { rowOf } from "./rows.ts";

setDefaultTimeout(180_000);

/** One row of so many is made anew. */
const SHARE = 30;
const text = readFileSync(PAGE, "utf8");
const told = rowsOfPage(text);

test("the table has a row for each kernel, in order", () => {
  expect([...told.keys()]).toEqual(kernels.map(({ name }) => name));
});

describe("each row's schedule fails as the kernel does, and its twin passes under it", () => {
  for (const { name, program, failure } of kernels) {
    test(name, () => {
      const schedule = told.get(name)?.[8]?.replaceAll("`", "") ?? "";
      let failed = "passed";
      try {
        replay(program(false), schedule);
      } catch (error) {
        if (!(error instanceof ExploreError)) throw error;
        failed = error.message.split("\n", 1)[0] as string;
      }
      expect(failed).toMatch(failure);
      // The twin has other decisions: the schedule is followed as far as it goes.
      replay(program(true), schedule.replace(":", "~"));
    });
  }
});

describe("rows that are made anew are what the table has: `npx bun run explore:goker --write`", () => {
  const anew = abiSkip(["arm64", "windows"], "the explorers are the same TypeScript there, at a tenth of the speed");
  for (const kernel of kernels.filter((_, i) => i % SHARE === 0)) {
    anew(kernel.name, () => {
      expect(cellsOf(rowOf(kernel))).toEqual(told.get(kernel.name) ?? []);
    });
  }
});

test("a page is read as it is written, and a row that is not so is seen", () => {
  const kernel = kernels[0] as (typeof kernels)[number];
  const row = {
    kernel,
    shownInOrder: false,
    runs: { random: [3, 1, 2], pct: [4, null], mixed: [null] },
    exhaustive: 6,
    schedule: "g1c:0A",
    twin: "the only schedule passes",
  };
  const inGo = { version: "go1.99.9", procs: 3, kernels: { [kernel.name]: { shown: 7, of: 8 } } };
  const made = page([row], inGo);
  expect(rowsOfPage(made).get(kernel.name)).toEqual(cellsOf(row));
  expect(cellsOf(row).slice(3)).toEqual([
    "hides",
    "2 (3)",
    "4 (4), 1 of 2 seeds",
    "not in 1000",
    "6",
    "`g1c:0A`",
    row.twin,
  ]);
  expect(inGoOfPage(made)).toEqual(inGo);
  expect(rowsOfPage(made.replace("2 (3)", "2 (4)")).get(kernel.name)).not.toEqual(cellsOf(row));
});

const names = namesInGo();
const skipped = "skipped" in names ? ` (skipped: ${names.skipped})` : "";
describe.skipIf(skipped !== "")(`in Go${skipped}`, () => {
  test("there is a program for each kernel, and none besides", () => {
    expect(names).toEqual(kernels.map(({ name }) => name).sort());
  });

  test("a kernel that cannot go well shows each time, one that needs a draw not", () => {
    const runs = 20;
    const inGo = runInGo([{ name: "moby#36114" }, { name: "moby#33293" }], runs);
    if ("skipped" in inGo) throw new Error(inGo.skipped);
    expect(inGo.kernels["moby#36114"]?.shown).toBe(runs);
    expect(inGo.kernels["moby#33293"]?.shown).toBeGreaterThan(0);
    expect(inGo.kernels["moby#33293"]?.shown).toBeLessThan(runs);
  });
});
