/**
 * A share of `bun run explore:goker`: each kernel is found by what explores by default, and by the exhaustive scheduler,
 * and its string replays it; its twin passes.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ExploreError, type ExploreOptions, explore, replay } from "gobuf/testing";
import { currentAbi } from "../../../scripts/abis/abis.ts";
import { kernels, untold } from "./kernels.ts";

setDefaultTimeout(60_000);

/** Seeds of the tests; the command has 1 to 20, and an emulated processor takes ten times as long for each. */
const SEEDS = currentAbi() === undefined ? [1, 2, 3] : [1];
/** Kernels in GoBench's GoKer. */
const GOKER = 103;
/** Runs of a twin: a share of those of the command. */
const TWIN_RUNS = 200;

function failureOf(f: () => unknown): ExploreError | undefined {
  try {
    f();
  } catch (error) {
    if (error instanceof ExploreError) return error;
    throw error;
  }
  return undefined;
}

function headline(error: ExploreError | undefined): string {
  return error?.message.split("\n", 1)[0] ?? "passed";
}

test("all kernels are there: retold, or named with the reason why not", () => {
  const names = [...kernels, ...untold].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBe(GOKER);
  expect(kernels.length).toBeGreaterThanOrEqual(80);
  expect(kernels.filter(({ kind }) => kind === "blocking").length).toBe(68);
});

for (const { name, program, failure, options } of kernels) {
  describe(name, () => {
    const searches: ExploreOptions[] = [...SEEDS.map((seed) => ({ seed })), { scheduler: "exhaustive" }];
    for (const search of searches) {
      test(`found by ${JSON.stringify(search)}; its strings replay it`, () => {
        const error = failureOf(() => explore(program(false), { ...options, ...search, shrink: 200 }));
        if (error === undefined) throw new Error("not found");
        expect(headline(error)).toMatch(failure);
        for (const schedule of [error.found, error.schedule]) {
          expect(headline(failureOf(() => replay(program(false), schedule)))).toMatch(failure);
        }
      });
      test(`its twin passes: ${JSON.stringify(search)}`, () => {
        explore(program(true), { ...options, ...search, runs: TWIN_RUNS });
      });
    }
  });
}
