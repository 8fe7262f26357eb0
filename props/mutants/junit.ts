/** Verdicts on mutants as suites of JUnit's: one for each subject, in which a mutant is a case. */
import type { JUnitCase, JUnitSuite } from "../../scripts/junit.ts";
import type { Outcome } from "./mutant.ts";

function caseOf({ mutant: { name }, verdict, by }: Outcome): JUnitCase {
  const text = `${verdict}${by === "" ? "" : `: ${by}`}`;
  if (verdict === "SURVIVED" || verdict === "WRONG") return { name, failure: text };
  return verdict === "UNTESTABLE-HERE" ? { name, skipped: text } : { name, output: text };
}

/** What a run judged. */
export function suitesOf(outcomes: readonly Outcome[]): JUnitSuite[] {
  return [...Map.groupBy(outcomes, ({ mutant }) => mutant.subject)].map(([name, of]) => ({
    name,
    cases: of.map(caseOf),
  }));
}
