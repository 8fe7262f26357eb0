/** `bun run fidelity --write` and `--check`: FIDELITY.md made from the run that has just ended. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/runtime/library.ts";
import { goldenFiles } from "../golden-part.ts";
import { readGoldenFile } from "../reader.ts";
import type { Reporter } from "../reporter.ts";
import type { Failure, Row } from "../result.ts";
import type { Target } from "../target.ts";
import { type Page, renderPage } from "./render.ts";

const FILE = join(packageRoot, "FIDELITY.md");

/** First line in which two texts differ, 1-based. */
function firstDifference(a: string, b: string): number {
  const [as, bs] = [a.split("\n"), b.split("\n")];
  for (let i = 0; ; i++) if (as[i] !== bs[i]) return i + 1;
}

/**
 * Makes the page and writes it, or compares it with the one that is there.
 *
 * @returns whether every row is as expected, and the page as it should be
 */
export async function settlePage(
  mode: "write" | "check",
  target: Target,
  rows: readonly Row[],
  failures: readonly Failure[],
  reporter: Reporter,
): Promise<boolean> {
  const parts = new Set(rows.map((row) => row.part));
  const cases = goldenFiles([]).flatMap((file) => readGoldenFile(file).cases);
  const page = await renderPage(rows, { failures, parts, cases, layout: target.layout });
  return settle(mode, FILE, page, (line) => reporter.line(line));
}

/** Writes a page, or compares it. @returns whether it is without a fault, and as it should be */
export function settle(
  mode: "write" | "check",
  file: string,
  { text, faults }: Page,
  say: (line: string) => void,
): boolean {
  for (const fault of faults) say(`FIDELITY.md: ${fault}`);
  if (faults.length > 0) return false;
  if (mode === "write") {
    writeFileSync(file, text);
    return true;
  }
  const found = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (found === text) return true;
  say(`FIDELITY.md is out of date from line ${firstDifference(found, text)} on: run \`bun run fidelity --write\``);
  return false;
}
