/** `bun run explore:goker`. See `bun run explore:goker --help`. */
import { readFileSync, writeFileSync } from "node:fs";
import { command, EXIT_USAGE, integer } from "../../../scripts/command.ts";
import { runInGo } from "./ingo.ts";
import { kernels } from "./kernels.ts";
import { cellsOf, inGoOfPage, PAGE, page, rowsOfPage } from "./page.ts";
import { exploreTwin, type Row, rowOf } from "./rows.ts";

interface Options {
  readonly write: boolean;
  readonly check: boolean;
  readonly only?: string;
  readonly runs: number;
  readonly go: boolean;
}

/** Compares what was found with the page. @returns differences */
function differences(rows: readonly Row[]): string[] {
  const told = rowsOfPage(readFileSync(PAGE, "utf8"));
  return rows.flatMap((row) => {
    const cells = cellsOf(row).join(" | ");
    const said = told.get(row.kernel.name)?.join(" | ") ?? "no row";
    return cells === said ? [] : [`${row.kernel.name}:\n  README.md: ${said}\n  now:       ${cells}`];
  });
}

function main(options: Options): number {
  const chosen = kernels.filter(({ name }) => name.includes(options.only ?? ""));
  if (chosen.length === 0) {
    console.error(`explore:goker: --only ${options.only}: no kernel has that in its name`);
    return EXIT_USAGE;
  }
  if (options.write && options.only !== undefined) {
    console.error("explore:goker: --write and --only: the page has all kernels");
    return EXIT_USAGE;
  }
  const rows: Row[] = [];
  for (const kernel of chosen) {
    const row = rowOf(kernel);
    rows.push(row);
    const twins = exploreTwin(kernel);
    console.log(`${cellsOf(row).join(" | ")} | ${twins} runs of the twin pass`);
  }
  const before = inGoOfPage(readFileSync(PAGE, "utf8"));
  const fresh = options.go ? runInGo(chosen, options.runs) : { skipped: "--no-go" };
  if ("skipped" in fresh) console.log(`Go: skipped: ${fresh.skipped}`);
  else for (const [name, { shown, of }] of Object.entries(fresh.kernels)) console.log(`Go: ${name}: ${shown} of ${of}`);
  if (options.write) {
    writeFileSync(PAGE, page(rows, "skipped" in fresh ? before : fresh));
    console.log(`written: ${PAGE}`);
  }
  const differ = options.check ? differences(rows) : [];
  for (const text of differ) console.error(text);
  console.log(`${rows.length} kernels: each is found for each seed, and exhaustively; each twin passes`);
  if (differ.length > 0) console.error(`${differ.length} rows of README.md differ: npx bun run explore:goker --write`);
  return differ.length === 0 ? 0 : 1;
}

const program = command(
  "explore:goker",
  "How many runs the explorers need for the bugs of GoBench's GoKer, and how often Go shows them.",
)
  .option("--only <text>", "kernels that have this in their name")
  .option("--write", "write the table, props/explore/goker/README.md", false)
  .option("--check", "compare with the table, but for what Go shows", false)
  .option("--runs <n>", "runs of each kernel in Go", integer(1, 100_000), 200)
  .option("--no-go", "no runs in Go")
  .parse();
process.exitCode = main(program.opts<Options>());
