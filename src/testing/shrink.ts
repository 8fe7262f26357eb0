/** Shrinking: shortens a failing schedule as long as it fails in the same way. */
import { type Deviation, formatSchedule, PLAIN } from "./schedule.ts";

/** Whether a schedule is the simpler one: fewer deviations, then a shorter string, then smaller numbers. */
function isSimpler(a: readonly Deviation[], b: readonly Deviation[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  const textA = formatSchedule({ deviations: a, lenient: false, mode: PLAIN });
  const textB = formatSchedule({ deviations: b, lenient: false, mode: PLAIN });
  return textA.length !== textB.length ? textA.length < textB.length : textA < textB;
}

/**
 * Makes a failing schedule simpler while it fails: leaves deviations out, halves first, then one by one; then moves
 * picks and steps towards 0.
 *
 * @param fails runs a schedule; its deviations as they came out, or null when it did not fail in the same way
 * @param enough whether no more schedules are to be tried
 */
export function shrink(
  found: readonly Deviation[],
  fails: (candidate: readonly Deviation[]) => readonly Deviation[] | null,
  enough: () => boolean,
): readonly Deviation[] {
  let best = found;
  const improves = (candidate: readonly Deviation[]): boolean => {
    if (enough()) return false;
    const actual = fails(candidate);
    if (actual === null || !isSimpler(actual, best)) return false;
    best = actual;
    return true;
  };
  const without = (at: number, size: number) => improves([...best.slice(0, at), ...best.slice(at + size)]);
  const changed = (at: number, change: Partial<Deviation>) =>
    improves(best.map((deviation, i) => (i === at ? { ...deviation, ...change } : deviation)));

  for (let size = best.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length; ) if (!without(at, size)) at += size;
  }
  for (let better = true; better && !enough(); ) {
    better = false;
    for (let at = 0; at < best.length; at++) {
      if (without(at, 1)) better = true;
      const { pick = 0, step = 0 } = best[at] ?? {};
      if (pick > 1 && changed(at, { pick: 1 })) better = true;
      const before = best[at - 1]?.step ?? -1;
      for (let earlier = before + 1; earlier < step; earlier++) {
        if (!changed(at, { step: earlier })) continue;
        better = true;
        break;
      }
    }
  }
  return best;
}
