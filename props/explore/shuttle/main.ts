/** `bun run explore:shuttle`: kernels of GoKer under Shuttle's explorers, beside ours. */
import { readFileSync, writeFileSync } from "node:fs";
import { command } from "../../../scripts/command.ts";
import { PAGE as GOKER, rowsOfPage } from "../goker/page.ts";
import { PAGE, withSection } from "../page.ts";
import { cellsOf, MANIFEST, type Needed, readResults, writeResults } from "./results.ts";

/** Runs the crate. @throws Error when it does not build, a twin fails, or a kernel fails in another way */
function runShuttle(only: string): Needed[] {
  const line = ["cargo", "run", "--release", "--locked", "--quiet", "--manifest-path", MANIFEST, "--", only];
  const { exitCode, stdout, stderr } = Bun.spawnSync(line, { stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`cargo run: exit code ${exitCode}\n${stderr.toString().trim().slice(-4000)}`);
  const lines = stdout.toString().split("\n").filter(Boolean);
  return lines.map((text) => JSON.parse(text) as Needed);
}

function main({ write, only = "" }: { write: boolean; only?: string }): number {
  if (write && only !== "") {
    console.error("explore:shuttle: --write and --only: the table has all kernels");
    return 2;
  }
  if (Bun.which("cargo") === null) {
    console.error("explore:shuttle: no cargo on PATH");
    return 1;
  }
  const results = runShuttle(only);
  const told = rowsOfPage(readFileSync(GOKER, "utf8"));
  console.log("kernel | Shuttle, random | gobuf, random | Shuttle, PCT | gobuf, PCT | gobuf, mixed");
  for (const each of results) console.log(cellsOf(each, told).join(" | "));
  if (results.length === 0) {
    console.error(`explore:shuttle: --only ${only}: no kernel has that in its name`);
    return 2;
  }
  if (write) {
    writeResults(results);
    writeFileSync(PAGE, withSection(readFileSync(PAGE, "utf8")));
    return 0;
  }
  const known = new Map(readResults().map((each) => [each.name, JSON.stringify(each)]));
  const differ = results.filter((each) => known.get(each.name) !== JSON.stringify(each));
  for (const { name } of differ)
    console.error(`explore:shuttle: ${name} differs from results.json: run it with --write`);
  return differ.length === 0 ? 0 : 1;
}

const program = command(
  "bun run explore:shuttle",
  "How many runs Shuttle's explorers need for kernels of GoKer, beside ours. Exit code: 0 as in the table, 1 not so or it " +
    "cannot be run, 2 the command line is wrong.",
)
  .option("--write", "write the table to props/explore/README.md", false)
  .option("--only <text>", "kernels that have this in their name")
  .parse();
process.exitCode = main(program.opts<{ write: boolean; only?: string }>());
