/** How a fault of a row of FIDELITY.md is written down. */
import type { Edit, Mutant } from "./mutant.ts";

/** Random workloads of a row whose evidence they are. */
const RUNS = "300";

/** A fault that breaks what a row says. The row is checked alone, by its own evidence. */
export function breaks(row: string, ...edits: Edit[]): Mutant {
  const steps = [["props/fidelity/main.ts", "--row", row, "--runs", RUNS, "--json", "mutant.json"]];
  return { name: `rows/${row}`, subject: "rows", kind: "a row of FIDELITY.md", edits, steps };
}

/** An edit of the TypeScript. */
export const src = (file: string, from: string, to: string): Edit => ({ file: `src/${file}`, from, to });

/** An edit of the library. */
export const arch = (file: string, from: string, to: string): Edit => ({ file: `arch/${file}`, from, to });
