/** How many times as fast one implementation is as another, and how sure that is. */
import { numbersOf, type Result } from "./measure.ts";
import { median } from "./statistics.ts";

/** A ratio, and the interval in which it lies. */
export interface Spread {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What processes of one program differ by even if their rounds agree, as a share: where a process has its code and its
 * memory is drawn anew each time. No ratio is taken to be surer than that.
 */
export const PROCESSES_DIFFER = 0.05;

/**
 * The ratio of two implementations of a row, of a run: the other's median by this one's. Its interval has the ratios of all
 * rounds in it, and {@link PROCESSES_DIFFER} beyond them.
 *
 * @returns undefined where the run has not measured both
 */
export function ratioOf(results: readonly Result[], row: string, impl: string, over: string): Spread | undefined {
  const ours = results.find((r) => r.name === row && r.impl === impl);
  const theirs = results.find((r) => r.name === row && r.impl === over);
  if (ours === undefined || theirs === undefined) return undefined;
  const ratio = numbersOf(theirs).median / numbersOf(ours).median;
  const ratios = roundRatios(ours.rounds ?? [], theirs.rounds ?? []);
  return {
    ratio,
    low: Math.min(ratio, ...ratios) * (1 - PROCESSES_DIFFER),
    high: Math.max(ratio, ...ratios) * (1 + PROCESSES_DIFFER),
  };
}

/** Ratios of rounds that both sides have. */
function roundRatios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.flatMap((one, i) => (theirs[i] === undefined ? [] : [theirs[i] / one]));
}

/** The middle of ratios: their geometric mean's like, for a sentence. */
export function middleOf(ratios: readonly number[]): number {
  return Math.exp(median(ratios.map(Math.log)));
}
