/** What is said of a mutant by what the suite said. */
import { existsSync, readFileSync } from "node:fs";
import type { Failure } from "../fidelity/result.ts";
import { listed } from "./listed.ts";
import type { Mutant, Verdict } from "./mutant.ts";
import { saysOf } from "./named.ts";

/** What one step of the suite said. */
export interface Step {
  readonly red: boolean;
  /** The check that went red, the signal, or the time-out. */
  readonly by: string;
  readonly output: string;
}

/** Whether a step that exits with 0 has come to its end: a result that is in order, or the test runner's own counts. */
export function hasSaidSo(output: string, result: string): boolean {
  if (existsSync(result)) return (JSON.parse(readFileSync(result, "utf8")) as { ok?: boolean }).ok === true;
  return /^ *0 fail\r?$/m.test(output) && /^ *[1-9]\d* pass\r?$/m.test(output);
}

/** The check that failed first, in one line; undefined when none has spoken. */
export function failureOf(output: string, result: string): string | undefined {
  if (existsSync(result)) {
    const { failures = [] } = JSON.parse(readFileSync(result, "utf8")) as { failures?: Failure[] };
    const [first] = failures;
    if (first !== undefined) return [first.part, first.title, first.details[0] ?? ""].join(": ").slice(0, 160);
  }
  const lines = output.split("\n").map((line) => line.trim());
  const test = lines.find((line) => line.startsWith("(fail)"));
  if (test !== undefined) return test.replace(/ \[[\d.]+ms\]$/, "");
  const crash = lines.find((line) => line.startsWith("panic(") || line.includes("Segmentation fault"));
  if (crash !== undefined) return `crash: ${crash.replace(/0x[0-9A-F]+/i, "...")}`;
  return lines.find((line) => /^(error|fidelity|[A-Z]\w*Error):|is refused/.test(line))?.slice(0, 160);
}

/** The verdict on a mutant. @param step the first red step of the suite, else the last */
export function verdictOf(mutant: Mutant, { red, by, output }: Step): { verdict: Verdict; by: string } {
  if (mutant.neutral)
    return red ? { verdict: "WRONG", by: `a neutral change failed: ${by}` } : { verdict: "NEUTRAL-OK", by };
  const entry = listed(mutant.name);
  if (entry === undefined) {
    if (!red) return { verdict: "SURVIVED", by };
    const says = saysOf(mutant.name);
    if (says !== undefined && !output.includes(says)) {
      return { verdict: "WRONG", by: `found, but nothing says ${JSON.stringify(says)}: ${by}` };
    }
    return { verdict: "FOUND", by };
  }
  // No run can tell these mutants; a test that reads the source must find them.
  if (entry.readBy !== undefined) {
    if (entry.readBy.test(by)) return { verdict: entry.verdict, by: `${entry.why}; ${by}` };
    return { verdict: "WRONG", by: `listed as read by ${entry.readBy}, which said nothing${by && `, but: ${by}`}` };
  }
  return red
    ? { verdict: "WRONG", by: `listed as ${entry.verdict}, but found: ${by}` }
    : { verdict: entry.verdict, by: entry.why };
}
