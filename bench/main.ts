/**
 * `bun run bench`: gobuf's native and generator bodies, and Go beside them where it is installed.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Result } from "./measure.ts";
import type { RowRequest } from "./row.ts";

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InvalidArgumentError("expected an integer of 0 to 2^53-1");
  return seed;
}

const options = new Command("bench")
  .description("measures gobuf, and the same programs in Go beside it")
  .option("--filter <regexp>", "only rows whose name matches", pattern)
  .option("--json <file>", "write the rows as JSON; - for standard output in place of the table")
  .option("--quick", "fewer samples: half a minute in place of minutes")
  .option("--seed <number>", "seed of select's draws", seedOf, 1)
  .option("--library <path>", "another build of the native library")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ filter?: RegExp; json?: string; quick?: boolean; seed: number; library?: string }>();

if (options.library) process.env.GOBUF_LIBRARY = options.library;

// What loads the library comes only now.
const { GoPeer } = await import("./go.ts");
const { header } = await import("./header.ts");
const { rows } = await import("./rows.ts");
const { checkReport } = await import("./schema.ts");
const { serveRows } = await import("./serve.ts");
const { footerLines, headerLines, resultLine, serveLine } = await import("./table.ts");

const scale = options.quick ? 0.25 : 1;
const effort = options.quick ? { rounds: 3, samples: 2 } : { rounds: 5, samples: 4 };
const chosen = rows(scale).filter((row) => options.filter?.test(row.name) ?? true);
/** The row that is not of nanoseconds an operation: how late an interval runs beside a server of goroutines. */
const SERVE = "interval beside Bun.serve";
const withServe = options.filter?.test(SERVE) ?? true;
if (chosen.length === 0 && !withServe) {
  const names = [...rows(1).map((row) => row.name), SERVE];
  console.error(`bench: no row matches ${options.filter}: there are ${names.join(", ")}`);
  process.exit(2);
}

/** Measures a row in a process of its own. */
function measured(name: string, go: boolean): Result[] {
  const request: RowRequest = { name, scale, ...effort, seed: options.seed, go };
  const run = Bun.spawnSync([process.execPath, join(import.meta.dir, "row.ts"), JSON.stringify(request)], {
    stderr: "inherit",
  });
  if (run.exitCode !== 0) throw new Error(`bench: row ${name} ended with exit code ${run.exitCode}`);
  return JSON.parse(run.stdout.toString()) as Result[];
}

const print = options.json === "-" ? () => {} : (line: string) => console.log(line);
const peer = await GoPeer.start(1);
const go = typeof peer === "string" ? undefined : peer;
go?.stop();
const head = header(go?.version ?? `SKIPPED: ${peer}`, options.seed);
headerLines(head).forEach(print);
const results: Result[] = [];
for (const row of chosen) {
  const these = measured(row.name, go !== undefined);
  for (const result of these) print(resultLine(result));
  results.push(...these);
}
const serve = withServe ? await serveRows() : [];
for (const row of serve) print(serveLine(row));
footerLines(results).forEach(print);

const report = { header: head, rows: results, serve };
const wrong = checkReport(report);
if (wrong.length > 0) throw new Error(`bench: its own report is wrong: ${wrong.join("; ")}`);
if (options.json !== undefined) {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (options.json === "-") process.stdout.write(text);
  else writeFileSync(options.json, text);
}
