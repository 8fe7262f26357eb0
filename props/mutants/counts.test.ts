/** The counts of verdicts: each is counted, one that survived or is wrong is not in order, and what was written stays. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../../scripts/scratch.ts";
import { countsOf, isInOrder, writeCounts } from "./counts.ts";
import { SUBJECTS, VERDICTS } from "./mutant.ts";

test("each verdict is counted, those that no mutant has as well", () => {
  const counts = countsOf([...VERDICTS, "FOUND"].map((verdict) => ({ verdict: verdict as (typeof VERDICTS)[number] })));
  expect(Object.keys(counts)).toEqual([...VERDICTS]);
  for (const verdict of VERDICTS) expect(counts[verdict], verdict).toBe(verdict === "FOUND" ? 2 : 1);
  expect(Object.values(countsOf([]))).toEqual(VERDICTS.map(() => 0));
});

test("one that survived, and one that is wrong, are not in order; the others are", () => {
  for (const verdict of VERDICTS) {
    expect(isInOrder(countsOf([{ verdict }])), verdict).toBe(verdict !== "SURVIVED" && verdict !== "WRONG");
  }
});

test("what is written holds the subjects of this run anew, the others as they were, in one order", () => {
  using folder = scratch("counts");
  const file = join(folder.path, "results.json");
  const read = () => JSON.parse(readFileSync(file, "utf8")) as object;
  const [first = "", second = "", third = ""] = SUBJECTS;
  writeCounts(file, { [third]: { FOUND: 3 }, [second]: { FOUND: 2 } });
  expect(Object.entries(read())).toEqual([
    [second, { FOUND: 2 }],
    [third, { FOUND: 3 }],
  ]);
  writeCounts(file, { [first]: { FOUND: 1 }, [third]: { FOUND: 4 } });
  expect(Object.entries(read())).toEqual([
    [first, { FOUND: 1 }],
    [second, { FOUND: 2 }],
    [third, { FOUND: 4 }],
  ]);
  expect(readFileSync(file, "utf8")).toEndWith("}\n");
});
