/**
 * Compares a row of two checkouts: processes of one and the other in turn (A B B A ...), each with its own warm-up,
 * because two processes of one program differ by more than the samples of one of them do. A process is one observation.
 *
 * A row has moved when the observations of one side all but never lie so (Mann-Whitney, p < {@link P_MAX}: with five
 * processes a side that is when all of one side's lie beyond all of the other's), the medians differ by more than
 * {@link CHANGE_MIN}, and one of two further sets of processes says the same ({@link isConfirmed}).
 */
import {
  type Effort,
  isTooNoisy,
  numbersOf,
  partOf,
  type Result,
  type Rounds,
  type Starter,
  sampleRow,
} from "./measure.ts";
import { partName, type Row } from "./rows.ts";
import { mannWhitney, median, quantile } from "./statistics.ts";

export const P_MAX = 0.01;
/** Of a further set, which has one thing to confirm, one way: of its 25 pairs of processes two may say the opposite. */
export const P_CONFIRM = 0.05;
export const CHANGE_MIN = 0.03;

/** Sets of processes that may confirm it: on a busy machine one that does not may be bad luck. */
export const CONFIRMING_SETS = 2;

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

/** What the samples of a process say: their lower quartile, since whatever else the machine does can only slow them down. */
function observation(samples: readonly number[]): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    0.25,
  );
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

/** What processes of both sides gave. */
export interface Observed {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Whether another set of processes says what the first one said. */
export function isConfirmed(first: Movement | undefined, again: Observed | undefined): boolean {
  return again !== undefined && movement(again.before, again.after, P_CONFIRM).moved === first;
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

/** What one implementation of a row gave: of each process the samples, by part. */
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
      const found = await sampleRow(row, [starter], { ...effort, rounds: 1, passes: 1 }).catch((error: Error) => {
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
  const observed = (list: Rounds[], part: number) => list.map((parts) => observation(parts[part] ?? []));
  const once = async () => {
    const sides = await runSides(row, base, now, effort);
    return row.parts.map((part, i) => ({ part, before: observed(sides.base, i), after: observed(sides.now, i) }));
  };
  const first = (await once()).map(({ part, before, after }) => {
    const what = { name: partName(row, part), impl: now.impl, unit: part.unit, metric: part.metric };
    return summariseSides(what, before, after);
  });
  const alarmed = new Set(first.keys().filter((i) => first[i]?.moved !== "same"));
  const sure = new Set<number>();
  for (let set = 0; set < CONFIRMING_SETS && sure.size < alarmed.size; set++) {
    const again = await once();
    for (const i of alarmed) if (isConfirmed(first[i]?.moved, again[i])) sure.add(i);
  }
  return first.map((line, i) => (sure.has(i) ? line : { ...line, moved: "same" }));
}

/** So many rows say how far a row differs between two runs of the same code on this machine. */
const MOOD_ROWS = 8;

/** What a machine's mood did to all rows: their median ratio, and three standard deviations (by the MAD), as logarithms. */
function mood(ratios: readonly number[]): { middle: number; reach: number } {
  if (ratios.length < MOOD_ROWS) return { middle: 0, reach: 0 };
  const logs = ratios.map(Math.log);
  const middle = median(logs);
  return { middle, reach: 3 * 1.4826 * median(logs.map((log) => Math.abs(log - middle))) };
}

/**
 * Compares a run with the report of an earlier one. That one met another mood of the machine, so a row has moved only where
 * no sample of one run lies among the other's, the medians differ by more than both spreads, and by more than rows differ
 * from each other; and none where one of the runs is too noisy. What moves all rows alike is taken for the mood.
 */
export function compareReports(base: readonly Result[], now: readonly Result[]): Compared[] {
  const pairs = now.flatMap((r) => {
    const earlier = base.find(({ name, impl, metric }) => name === r.name && impl === r.impl && metric === r.metric);
    return earlier === undefined ? [] : [{ earlier, r, before: numbersOf(earlier), after: numbersOf(r) }];
  });
  const { middle, reach } = mood(pairs.map(({ before, after }) => before.median / after.median));
  const tooNoisy = isTooNoisy(base) || isTooNoisy(now);
  return pairs.map(({ earlier, r, before, after }) => {
    const ratio = before.median / after.median;
    const log = Math.log(ratio);
    const noise = Math.log1p(Math.max(CHANGE_MIN, earlier.spread + r.spread));
    const apart = before.max < after.min || after.max < before.min;
    // From none and from what all did, the same way.
    const fromMood = (log - middle) * Math.sign(log);
    const isFar = Math.abs(log) > noise && fromMood > Math.max(noise, reach);
    const moved = tooNoisy || !apart || !isFar ? "same" : ratio > 1 ? "better" : "worse";
    return {
      name: r.name,
      impl: r.impl,
      unit: r.unit,
      metric: r.metric,
      base: before.median,
      now: after.median,
      ratio,
      ratio_low: ratio * Math.exp(-noise),
      ratio_high: ratio * Math.exp(noise),
      p: null,
      moved,
    };
  });
}
