/** The time of a run: shared out among its rows, and no more of it than there is. */
import { expect, test } from "bun:test";
import { Budget } from "./budget.ts";
import { FULL, QUICK, type Row, rows } from "./rows.ts";

const effort = { rounds: 3, passes: 2, samples: 2, roundMs: 60, warmMs: 100 };
const row = { group: "sync", long: false } as Row;

test("rows of one kind get equal shares, and what one leaves goes to the others", () => {
  let now = 100;
  const budget = new Budget(400, [row, row, row], () => now);
  expect(budget.next(row, effort)).toEqual({ ...effort, until: 200 });
  now = 120;
  expect(budget.next(row, effort)?.until).toBe(120 + 140);
  now = 399;
  expect(budget.next(row, effort)?.until).toBe(400);
});

test("a run is late when half of a row's time is missing for each that is left", () => {
  let now = 0;
  const budget = new Budget(400, [row, row, row, row], () => now);
  expect(budget.isLate).toBe(false);
  budget.next(row, effort);
  now = 240;
  expect(budget.isLate, "3 rows have 53 each, of 100").toBe(false);
  now = 260;
  expect(budget.isLate, "3 rows have 47 each, of 100").toBe(true);
});

test("when the time is over, the rows left get none", () => {
  let now = 0;
  const budget = new Budget(400, [row, row], () => now);
  now = 400;
  expect(budget.next(row, effort)).toBeUndefined();
});

test.each([QUICK, FULL])("all rows of a run, each taking its share, end in time: %j", (scale) => {
  let now = 0;
  const all = rows(scale);
  const budget = new Budget(1000, all, () => now);
  for (const one of all) now = budget.next(one, effort)?.until ?? Number.NaN;
  expect(now).toBeCloseTo(1000);
});
