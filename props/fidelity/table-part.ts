/** The parts that check a table: the status relation and the layout. */
import type { Context } from "./context.ts";
import { checkLayout } from "./layout.ts";
import { checkRelation, type TableCheck } from "./relation.ts";
import { type PartResult, Tally } from "./result.ts";

function tablePart(part: string, { reporter }: Context, check: () => TableCheck): PartResult {
  reporter.begin(part, 1, "table");
  const tally = new Tally(part, "");
  const { checked, faults } = tally.timed(check);
  tally.divergent = faults.length;
  tally.compared = checked;
  tally.notes.push(`${checked} checks`);
  reporter.tick();
  const failures = faults.map((title) => ({ part, body: "" as const, title, details: [], replay: undefined }));
  const result = { rows: [tally.row()], failures };
  reporter.end(result);
  return result;
}

/** The descriptor against the Rust seed's layout. */
export function layoutPart(context: Context): PartResult {
  return tablePart("layout", context, () => checkLayout(context.target.layout));
}

/** The status machine against the 13 edges. */
export function relationPart(context: Context): PartResult {
  return tablePart("relation", context, () => checkRelation(context.target.status));
}
