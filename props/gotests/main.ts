/**
 * `bun run gotests`: counts Go's own tests that are told here, and those that are not. `--go` runs the originals of all
 * that are told; `--record` writes down anew what Go's crash programs print.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { command } from "../../scripts/command.ts";
import { countsTable, totalOf } from "./counts.ts";
import { PROGRAMS } from "./crash-programs.ts";
import { Originals, type Verdict } from "./original.ts";
import { outline } from "./outline.ts";
import { type Outlines, TRACEBACKS, type Traceback } from "./reports.ts";
import { FILES, packages } from "./table.ts";

const RECORD = join(import.meta.dir, "crash-outlines.json");

/** What Go's crash programs print now. */
export async function recordOutlines(originals: Originals): Promise<Outlines> {
  const run = await originals.crashPrograms();
  const recorded: Record<string, Record<Traceback, string[]>> = {};
  for (const name of Object.keys(PROGRAMS)) {
    const both: Record<Traceback, string[]> = { single: [], all: [] };
    for (const traceback of TRACEBACKS) {
      const { code, output } = await run(name, traceback);
      if (code !== 2)
        throw new Error(`${name} ends with exit code ${code}, Go's programs that crash with 2\n${output}`);
      both[traceback] = outline(output);
    }
    recorded[name] = both;
  }
  return recorded;
}

/** Runs every original of a told test. @returns whether none failed */
async function runOriginals(originals: Originals, only: string | undefined): Promise<boolean> {
  let ok = true;
  const counts = new Map<Verdict, number>();
  for (const { pkg, module, names } of packages()) {
    if (only !== undefined && pkg !== only) continue;
    const start = performance.now();
    const verdicts = await originals.run(pkg, module, names);
    const left = [...verdicts].filter(([, verdict]) => verdict === "skip").map(([name]) => name);
    if (left.length > 0) {
      for (const [name, verdict] of await originals.run(pkg, module, left, "long")) verdicts.set(name, verdict);
    }
    const failed = [...verdicts].filter(([, verdict]) => verdict === "fail").map(([name]) => name);
    ok &&= failed.length === 0;
    const skipped = [...verdicts].filter(([, verdict]) => verdict === "skip").map(([name]) => name);
    for (const verdict of verdicts.values()) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const notes = [
      failed.length > 0 ? `FAILED: ${failed.join(" ")}` : "",
      skipped.length > 0 ? `skipped by Go: ${skipped.join(" ")}` : "",
    ];
    console.log(`${pkg}: ${verdicts.size} in ${seconds} s. ${notes.filter((n) => n !== "").join("; ")}`);
  }
  if (counts.size === 0) throw new Error(`no package is named ${only}`);
  console.log(`${originals.version}: ${[...counts].map(([verdict, n]) => `${n} ${verdict}`).join(", ")}`);
  return ok;
}

async function main(): Promise<number> {
  const program = command(
    "bun run gotests",
    "Go's own tests beside the port: counts, and the originals (the port's side is `bun test props/gotests`). Exit code: " +
      "0 none failed, 1 one did, 2 the command line or the set-up is wrong.",
  )
    .addOption(new Option("--go", "run the originals of all told tests with the installed Go"))
    .addOption(new Option("--package <path>", "only those of this package").implies({ go: true }))
    .addOption(new Option("--record", "write crash-outlines.json from what Go's crash programs print"))
    .parse();
  const options = program.opts<{ go?: boolean; package?: string; record?: boolean }>();
  for (const line of countsTable(FILES)) console.log(line);
  const { told, differ, untold, absent } = totalOf(FILES);
  console.log(`${told} told, ${differ} of them known to differ; ${untold} not told, ${absent} of them not there yet`);
  if (options.go !== true && options.record !== true) return 0;
  const originals = Originals.find();
  if (typeof originals === "string") throw new Error(originals);
  if (options.record === true) {
    writeFileSync(RECORD, `${JSON.stringify(await recordOutlines(originals), null, 2)}\n`);
    console.log(`wrote ${RECORD}`);
  }
  return options.go !== true || (await runOriginals(originals, options.package)) ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(`gotests: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}
