/** The section on Go's own tests: counts of props/gotests, and what is known to differ. */
import { countsTable, totalOf } from "../../gotests/counts.ts";
import type { Untold } from "../../gotests/gotest.ts";
import { REPORT_FAILS } from "../../gotests/reports.ts";
import { FILES } from "../../gotests/table.ts";
import type { Evidence, Judges } from "./judge.ts";

const TEST = "test:props/gotests/gotests.test.ts";

/** The number of a fault in the project's own list, which the page's readers do not have. */
const FAULT_NUMBER = /^[A-Z]\d+: /;

function grouped<T>(list: readonly T[], keyOf: (item: T) => string, nameOf: (item: T) => string): string[] {
  const groups = Map.groupBy(list, keyOf);
  return [...groups].map(([key, items]) => `* ${key}: ${items.map(nameOf).join(", ")}`);
}

/**
 * The section's lines. The counts are those of the tests' own table: the check runs them, so that a test told as in Go
 * passes, one that is known to differ does, and what is not there yet is not there.
 */
export async function gotestsSection(evidence: Evidence, faults: string[], judges: Judges): Promise<string[]> {
  const verdict = await judges.check(TEST, evidence);
  if (verdict !== undefined) faults.push(`Go's own tests: ${verdict}`);
  const { told, differ, untold, absent } = totalOf(FILES);
  const failing = FILES.flatMap((f) => f.told).filter((t) => t.fails !== undefined);
  const reports = [...REPORT_FAILS].map(([name, fails]) => ({ name: `report of ${name}`, fails }));
  const missing: readonly Untold[] = FILES.flatMap((f) => f.untold);
  return [
    `${told} test functions of Go are retold as programs over gobuf's public API, in [props/gotests](props/gotests/table.ts), and expect`,
    `what Go's expect. ${told - differ} of them pass. ${differ} are *known to differ*: they fail, each in the way that is written down with`,
    "it, and the suite is red when one of them passes or fails in another way. " +
      `${untold} functions are not retold, ${absent} of them`,
    `because gobuf does not have what they test yet. The evidence is \`${TEST}\`; \`bun run gotests --go\` runs`,
    "the originals beside it.",
    "",
    ...countsTable(FILES),
    "",
    "Known to differ, what differs first. A *report of* a program is what gobuf prints for one of Go's crash programs:",
    "",
    ...grouped(
      [...failing, ...reports],
      (t) => (t.fails?.fault ?? "").replace(FAULT_NUMBER, ""),
      (t) => t.name,
    ),
    "",
    "Not retold, the reason first:",
    "",
    ...grouped(
      missing,
      (u) => u.reason,
      (u) => u.name,
    ),
  ];
}
