/** Numbers of the page: no more digits than the noise allows, and one unit for a whole table. */
import { numbersOf, type Result } from "../measure.ts";

/** A number, in the last place that an uncertainty of it leaves: 1,614 of ±120 is 1,600. */
export function rounded(value: number, uncertainty: number): string {
  const DIGITS_MOST = 3;
  if (!Number.isFinite(value)) return "";
  const place = uncertainty > 0 ? Math.floor(Math.log10(uncertainty)) : -DIGITS_MOST;
  if (place <= 0) {
    const digits = Math.min(-place, DIGITS_MOST);
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }
  const step = 10 ** Math.min(place, Math.max(0, Math.floor(Math.log10(Math.abs(value)))));
  return (Math.round(value / step) * step).toLocaleString("en");
}

/** A clock and a program are no steadier than that, whatever the rounds say. */
const SURE = 0.005;

/** How far the rounds of a result lie from each other, either way. */
export function uncertaintyOf(r: Result): number {
  const { min, median, max } = numbersOf(r);
  const rounds = r.rounds ?? [min, max];
  return Math.max((Math.max(...rounds) - Math.min(...rounds)) / 2, SURE * median);
}

/** The least and the most of a result's rounds. */
export function rangeOf(r: Result): readonly [low: number, high: number] {
  const { min, max } = numbersOf(r);
  const rounds = r.rounds ?? [min, max];
  return [Math.min(...rounds), Math.max(...rounds)];
}

/** A unit of a table or a plot, and how many of what was measured it is. */
export interface Unit {
  readonly name: string;
  readonly size: number;
}

const NS: Unit = { name: "ns", size: 1 };
const MS: Unit = { name: "ms", size: 1e6 };
const BYTES: Unit = { name: "B", size: 1 };

/** The unit of a row, by its largest number: nanoseconds up to a tenth of a millisecond. */
export function unitOf(row: readonly Result[]): Unit {
  const NS_MOST = 1e5;
  if (row.some(({ metric }) => metric === "bytes")) return BYTES;
  return Math.max(...row.map((r) => numbersOf(r).median)) < NS_MOST ? NS : MS;
}

/** Results that may stand in one table. */
export interface SameUnit {
  readonly unit: Unit;
  readonly results: readonly Result[];
}

/** Parts results by the units of their rows. Rows stay whole, and in order. */
export function byUnit(results: readonly Result[]): SameUnit[] {
  const found = new Map<Unit, Result[]>();
  for (const name of new Set(results.map((r) => r.name))) {
    const row = results.filter((r) => r.name === name);
    const unit = unitOf(row);
    found.set(unit, [...(found.get(unit) ?? []), ...row]);
  }
  return [...found].map(([unit, those]) => ({ unit, results: those }));
}

/** A number of a result in a unit, to the place that its rounds allow. */
export function inUnit(n: number, r: Result, unit: Unit): string {
  return rounded(n / unit.size, uncertaintyOf(r) / unit.size);
}
