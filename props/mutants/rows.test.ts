/** No row of FIDELITY.md lacks a fault that its own checks must find, and no fault is of a row that there is not. */
import { expect, test } from "bun:test";
import { ITEMS } from "../fidelity/page/rows.ts";
import { ROW_MUTANTS } from "./rows.ts";

test("each row of FIDELITY.md has a fault, and each fault a row", () => {
  const faulty = ROW_MUTANTS.map(({ name }) => name.slice("rows/".length));
  // A name may be one of the Rust seed's and one of Go's: --row checks both.
  expect(faulty.toSorted()).toEqual([...new Set(ITEMS.map(({ name }) => name))].toSorted());
});

test("a fault is judged by its row's checks alone", () => {
  for (const { name, steps, subject } of ROW_MUTANTS) {
    expect(subject).toBe("rows");
    expect(steps?.map((step) => step.slice(0, 3))).toEqual([
      ["props/fidelity/main.ts", "--row", name.slice("rows/".length)],
    ]);
  }
});
