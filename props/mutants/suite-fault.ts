/** How a fault of the suite is written down: the file and its test stand once above a list of edits. */
import type { Mutant } from "./mutant.ts";

/** What is wrong, the text, and what it becomes. */
export type Fault = readonly [what: string, from: string, to: string];

/**
 * Faults of one file.
 *
 * @param tests the test files that must find each, or one of them with `-t` and a pattern
 */
export function faultsOf(file: string, tests: string, faults: readonly Fault[]): Mutant[] {
  const [files = "", pattern] = tests.split(" -t ");
  const which = pattern === undefined ? [] : ["-t", pattern];
  const steps = [["test", ...files.split(" ").map((one) => `./${one}`), ...which]];
  return faults.map(([what, from, to]) => ({
    name: `suite/${file}: ${what}`,
    subject: "suite",
    kind: "a fault of the suite",
    edits: [{ file, from, to }],
    steps,
  }));
}
