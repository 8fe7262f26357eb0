/**
 * Compares a row of two checkouts: processes of one and the other in turn (A B B A ...), each with its own warm-up,
 * because two processes of one program differ by more than the samples of one of them do. The median of a process is
 * one observation.
 *
 * A row has moved when the observations of one side all but never lie so (Mann-Whitney, p < {@link P_MAX}: with five
 * processes a side that is when all of one side's lie beyond all of the other's), the medians differ by more than
 * {@link CHANGE_MIN}, and a second set of processes says the same ({@link confirmed}).
 */
import { type Effort, numbersOf, partOf, type Result, type Rounds, type Starter, sampleRow } from "./measure.ts";
import { partName, type Row } from "./rows.ts";
import { mannWhitney, median } from "./statistics.ts";

export const P_MAX = 0.01;
/** Of the second set, which has one thing to confirm, one way: of its 25 pairs of processes two may say the opposite. */
export const P_CONFIRM = 0.05;
export const CHANGE_MIN = 0.03;

/** Processes a side. */
export const PROCESSES = 5;

export type Movement = "better" | "worse" | "same";

/** One row of two checkouts. */
export interface Compared {
  readonly name: string;
  readonly impl: string;
  readonly unit: string;
  readonly metric: Row["parts"][number]["metric"];
  /** Medians, nanoseconds or bytes. */
  readonly base: number;
  readonly now: number;
  /** The baseline's by this one's: above 1 it has become better. Lowest and highest of a pair of processes. */
  readonly ratio: number;
  readonly ratio_low: number;
  readonly ratio_high: number;
  /** Of the first set of processes; null when the baseline is a file. */
  readonly p: number | null;
  readonly moved: Movement;
}

/** How two sides lie to each other. @param base one observation a process @param now as many */
export function movement(
  base: readonly number[],
  now: readonly number[],
  pMax = P_MAX,
): { p: number; moved: Movement } {
  const p = mannWhitney(base, now);
  const ratio = median(base) / median(now);
  if (p >= pMax || Math.abs(ratio - 1) <= CHANGE_MIN) return { p, moved: "same" };
  return { p, moved: ratio > 1 ? "better" : "worse" };
}

/** What two sets of processes say together. */
export function confirmed(first: Movement, base: readonly number[], now: readonly number[]): Movement {
  return first === movement(base, now, P_CONFIRM).moved ? first : "same";
}

/** Sums two sides up. */
function summariseSides(
  what: Pick<Compared, "name" | "impl" | "unit" | "metric">,
  base: readonly number[],
  now: readonly number[],
): Compared {
  const ratios = base.map((b, i) => b / (now[i] ?? Number.NaN));
  return {
    ...what,
    base: median(base),
    now: median(now),
    ratio: median(base) / median(now),
    ratio_low: Math.min(...ratios),
    ratio_high: Math.max(...ratios),
    ...movement(base, now),
  };
}

/** The baseline cannot do a row, or an implementation at all: that is no reason to compare nothing else. */
export class BaselineError extends Error {}

/** What could not be compared. */
export interface Skipped {
  readonly impl: string;
  /** The row; null for all of them. */
  readonly name: string | null;
  readonly why: string;
}

/** What one implementation of a row gave, the parts of each process' median. */
interface Sides {
  readonly base: Rounds[];
  readonly now: Rounds[];
}

/** Runs processes of both sides in turn. */
async function runSides(row: Row, base: Starter, now: Starter, effort: Effort): Promise<Sides> {
  const sides: Sides = { base: [], now: [] };
  for (let i = 0; i < PROCESSES; i++) {
    const turns = [
      ["base", base],
      ["now", now],
    ] as const;
    for (const [side, starter] of i % 2 === 0 ? turns : turns.toReversed()) {
      const found = await sampleRow(row, [starter], { ...effort, rounds: 1 }).catch((error: Error) => {
        throw side === "base" ? new BaselineError(error.message, { cause: error }) : error;
      });
      const samples = found.get(starter.impl) ?? [];
      sides[side].push(row.parts.map((_, part) => partOf(samples, part).flat()));
    }
  }
  return sides;
}

/**
 * Compares an implementation of a row.
 *
 * @returns a line for each thing that the row measures
 * @throws BaselineError when the other side fails
 */
export async function compareRow(row: Row, base: Starter, now: Starter, effort: Effort): Promise<Compared[]> {
  const medians = (list: Rounds[], part: number) => list.map((parts) => median(parts[part] ?? []));
  const once = async () => {
    const sides = await runSides(row, base, now, effort);
    return row.parts.map((part, i) => ({ part, before: medians(sides.base, i), after: medians(sides.now, i) }));
  };
  const first = (await once()).map(({ part, before, after }) => {
    const what = { name: partName(row, part), impl: now.impl, unit: part.unit, metric: part.metric };
    return summariseSides(what, before, after);
  });
  if (first.every(({ moved }) => moved === "same")) return first;
  const second = await once();
  return first.map((line, i) => {
    const { before = [], after = [] } = second[i] ?? {};
    return { ...line, moved: confirmed(line.moved, before, after) };
  });
}

/**
 * Compares a run with the report of an earlier one. That one met another mood of the machine, so only what lies outside
 * of both spreads counts.
 */
export function compareReports(base: readonly Result[], now: readonly Result[]): Compared[] {
  return now.flatMap((r) => {
    const earlier = base.find(({ name, impl, metric }) => name === r.name && impl === r.impl && metric === r.metric);
    if (earlier === undefined) return [];
    const [before, after] = [numbersOf(earlier).median, numbersOf(r).median];
    const ratio = before / after;
    const noise = Math.max(CHANGE_MIN, earlier.spread + r.spread);
    const moved = Math.abs(ratio - 1) <= noise ? "same" : ratio > 1 ? "better" : "worse";
    const { name, impl, unit, metric } = r;
    return [
      {
        name,
        impl,
        unit,
        metric,
        base: before,
        now: after,
        ratio,
        ratio_low: ratio / (1 + noise),
        ratio_high: ratio * (1 + noise),
        p: null,
        moved,
      },
    ];
  });
}
