/**
 * `bun run bench`: gobuf's native and generator bodies, and Go beside them where it is installed.
 */
import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";

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
const { measureRow } = await import("./measure.ts");
const { nativePrograms } = await import("./native.ts");
const { programs, setSeed } = await import("./programs.ts");
const { rows } = await import("./rows.ts");
const { checkReport } = await import("./schema.ts");
const { footerLines, headerLines, resultLine } = await import("./table.ts");

const effort = options.quick ? { rounds: 3, samples: 2 } : { rounds: 5, samples: 4 };
const chosen = rows(options.quick ? 0.25 : 1).filter((row) => options.filter?.test(row.name) ?? true);
if (chosen.length === 0) {
  console.error(
    `bench: no row matches ${options.filter}: there are ${rows(1)
      .map((row) => row.name)
      .join(", ")}`,
  );
  process.exit(2);
}
const print = options.json === "-" ? () => {} : (line: string) => console.log(line);

setSeed(options.seed);
const peer = await GoPeer.start(1);
const go = typeof peer === "string" ? undefined : peer;
const head = header(go?.version ?? `SKIPPED: ${peer}`, options.seed);
headerLines(head).forEach(print);
const results = [];
for (const row of chosen) {
  const measured = await measureRow(row, { generator: programs, native: nativePrograms, go }, effort);
  for (const result of measured) print(resultLine(result));
  results.push(...measured);
}
go?.stop();
footerLines(results).forEach(print);

const report = { header: head, rows: results };
const wrong = checkReport(report);
if (wrong.length > 0) throw new Error(`bench: its own report is wrong: ${wrong.join("; ")}`);
if (options.json !== undefined) {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (options.json === "-") process.stdout.write(text);
  else writeFileSync(options.json, text);
}
