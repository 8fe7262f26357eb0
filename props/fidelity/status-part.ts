/** The part that compares Go's statuses, and the changes its source makes, with what is written down beside the port's. */
import { goAvailable, minorOf } from "../../golden/record.ts";
import type { Context } from "./context.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { readSource } from "./status/read.ts";
import { GO_EDGES, reasonFaults, sourceFaults } from "./status/table.ts";

const PART = "status";

/** Compares the table with the port, and with the Go that is there; without one that is not done, and noted. */
export function statusPart({ options, reporter }: Context): PartResult {
  const tally = new Tally(PART, "");
  const go = goAvailable(options.go);
  reporter.begin(PART, 1, go.ok ? `table, and the source of ${go.version}` : "table");
  const failures: Failure[] = [];
  const fail = (titles: readonly string[], more: Partial<Failure> = {}) => {
    for (const title of titles) failures.push({ part: PART, body: "", title, details: [], replay: undefined, ...more });
  };
  tally.timed(() => {
    fail(reasonFaults());
    // the reasons are compared with the relation, Go or not
    tally.compared = GO_EDGES.length;
    if (!go.ok) return tally.notes.push(`Go's source is SKIPPED: ${go.reason.split("\n")[0]}`);
    try {
      const source = readSource(go);
      fail(sourceFaults(source, minorOf(go.version)).map((fault) => `${go.version}: ${fault}`));
      tally.compared += source.changes.length;
      return tally.notes.push(`${source.changes.length} changes of ${go.version}`);
    } catch (error) {
      return fail(["Go's source cannot be read"], { details: [(error as Error).message], notRecorded: true });
    }
  });
  tally.divergent = failures.length;
  reporter.tick();
  const result = { rows: [tally.row()], failures };
  reporter.end(result);
  return result;
}
