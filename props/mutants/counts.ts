/** The counts of verdicts: of a run, whether it is in order, and what is written of it for FIDELITY.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Outcome, SUBJECTS, VERDICTS } from "./mutant.ts";

/** How many mutants there are of each verdict. */
export type Counts = Readonly<Record<string, number>>;

export function countsOf(outcomes: readonly Pick<Outcome, "verdict">[]): Counts {
  return Object.fromEntries(VERDICTS.map((v) => [v, outcomes.filter(({ verdict }) => verdict === v).length]));
}

/** Whether no mutant survived, and the harness was wrong of none. */
export function isInOrder(counts: Counts): boolean {
  return counts.SURVIVED === 0 && counts.WRONG === 0;
}

/** Writes the counts of subjects that were run whole beside those of the others, in one order, whichever were run. */
export function writeCounts(file: string, counts: Readonly<Record<string, Counts>>): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as typeof counts) : {};
  const all = { ...before, ...counts };
  const ordered = Object.fromEntries(SUBJECTS.flatMap((s) => (all[s] === undefined ? [] : [[s, all[s]]])));
  writeFileSync(file, `${JSON.stringify(ordered, null, 2)}\n`);
}
