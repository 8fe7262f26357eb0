/** The section on Go's own tests: counts of props/gotests, and what is known to differ. */
import { countsTable, totalOf } from "../../gotests/counts.ts";
import type { Untold } from "../../gotests/gotest.ts";
import { REPORT_FAILS } from "../../gotests/reports.ts";
import { FILES } from "../../gotests/table.ts";
import { type Evidence, judge } from "./judge.ts";

const TEST = "test:props/gotests/gotests.test.ts";

function grouped<T>(list: readonly T[], keyOf: (item: T) => string, nameOf: (item: T) => string): string[] {
  const groups = Map.groupBy(list, keyOf);
  return [...groups].map(([key, items]) => `* ${key}: ${items.map(nameOf).join(", ")}`);
}

/**
 * The section's lines. The counts are those of the tests' own table: the check runs them, so that a test told as in Go
 * passes, one that is known to differ does, and what is not there yet is not there.
 */
export async function gotestsSection(evidence: Evidence, faults: string[]): Promise<string[]> {
  const verdict = await judge(TEST, evidence);
  if (verdict !== undefined) faults.push(`Go's own tests: ${verdict}`);
  const { told, differ, untold, absent } = totalOf(FILES);
  const failing = FILES.flatMap((f) => f.told).filter((t) => t.fails !== undefined);
  const reports = [...REPORT_FAILS].map(([name, fails]) => ({ name: `report of ${name}`, fails }));
  const missing: readonly Untold[] = FILES.flatMap((f) => f.untold);
  return [
    `${told} test functions of Go are told as programs over the public API (props/gotests), ${differ} of which are known to`,
    `differ; ${untold} are not told, ${absent} of them as the port does not have what they test yet. Checked by \`${TEST}\`;`,
    "`bun run gotests --go` runs the originals.",
    "",
    ...countsTable(FILES),
    "",
    "Known to differ:",
    "",
    ...grouped(
      [...failing, ...reports],
      (t) => t.fails?.fault ?? "",
      (t) => t.name,
    ),
    "",
    "Not told:",
    "",
    ...grouped(
      missing,
      (u) => u.reason,
      (u) => u.name,
    ),
  ];
}
