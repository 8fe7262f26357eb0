/**
 * `bun run golden:record` records the committed corpora anew with the installed Go; `--check` compares instead of writing.
 * Elsewhere `record` and `goAvailable` are the way to what this machine's Go does.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { type Corpus, corpora, corpusBytes, corpusLines, linesOf } from "./corpus.ts";
import { type Case, GO_VERSION } from "./format.ts";
import { type Go, goAvailable } from "./recorder/build.ts";
import { record } from "./recorder/run.ts";

export { goAvailable } from "./recorder/build.ts";
export { RecordError, type RecordOptions, record } from "./recorder/run.ts";

const USAGE = `usage: bun run golden:record [--check] [--jobs N]
  --check   compare with the committed corpora instead of writing them; exit 1 when a case differs
  --jobs N  recorder processes at a time (default: one a processor)`;

/**
 * Says where two corpora of lines first differ: the case by name, and its part.
 * @returns undefined when they are the same
 */
export function firstDifference(committed: readonly string[], recorded: readonly string[]): string | undefined {
  const at = recorded.findIndex((line, i) => line !== committed[i]);
  if (at < 0)
    return committed.length === recorded.length ? undefined : `${committed.length - recorded.length} lines more`;
  if (at === 0) return `the header: committed ${committed[0]}, recorded ${recorded[0]}`;
  const now = JSON.parse(recorded[at]) as Case;
  const place = `case ${now.name} (line ${at + 1})`;
  if (committed[at] === undefined) return `${place} is not in the committed file`;
  const then = parseCase(committed[at]);
  if (then === undefined) return `${place}: the committed line is not JSON`;
  if (then.name !== now.name) return `${place}: the committed line is case ${then.name}`;
  for (const list of ["ops", "status"] as const) {
    const events = now[list].length >= then[list].length ? now[list] : then[list];
    const i = events.findIndex((_, j) => now[list][j] !== then[list][j]);
    if (i >= 0)
      return `${place}, ${list}[${i}]: committed ${then[list][i] ?? "nothing"}, recorded ${now[list][i] ?? "nothing"}`;
  }
  return then.outcome === now.outcome
    ? `${place}: not the same workload or seed`
    : `${place}: committed ${then.outcome}, recorded ${now.outcome}`;
}

function parseCase(line: string): Case | undefined {
  try {
    return JSON.parse(line) as Case;
  } catch {
    return undefined;
  }
}

/** Records a corpus and writes it, or compares it; true when there is nothing to complain of. */
async function recordCorpus(corpus: Corpus, go: Go, check: boolean, jobs: number | undefined): Promise<boolean> {
  const started = performance.now();
  const file = basename(corpus.path);
  const onProgress = (done: number, total: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${file}: ${done}/${total}${done === total ? "\r\x1b[K" : ""}`);
  };
  const cases = await record(corpus.cases, jobs === undefined ? { onProgress } : { onProgress, jobs });
  const lines = corpusLines(corpus.name, { go: go.version, goos: go.goos, goarch: go.goarch }, cases);
  const sum = (list: "ops" | "status") => cases.reduce((total, c) => total + c[list].length, 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const what = `${file}: ${cases.length} cases, ${sum("ops")} ops, ${sum("status")} transitions, ${seconds} s`;
  const bytes = corpusBytes(corpus.path, lines);
  if (!check) {
    writeFileSync(corpus.path, bytes);
    console.log(`${what}, ${bytes.length} bytes written`);
    return true;
  }
  const committed = existsSync(corpus.path) ? new Uint8Array(readFileSync(corpus.path)) : undefined;
  const difference = committed === undefined ? "there is no such file" : compare(corpus.path, committed, lines, bytes);
  console.log(difference === undefined ? `${what}, the same` : `${what}: DIFFERS: ${difference}`);
  return difference === undefined;
}

function compare(
  path: string,
  committed: Uint8Array<ArrayBuffer>,
  lines: string[],
  bytes: Uint8Array,
): string | undefined {
  const difference = firstDifference(linesOf(path, committed), lines);
  if (difference !== undefined) return difference;
  return Buffer.compare(committed, bytes) === 0 ? undefined : "the same cases in other bytes";
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { check: { type: "boolean" }, jobs: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
  if (jobs !== undefined && !(Number.isInteger(jobs) && jobs >= 1))
    throw new Error(`--jobs ${values.jobs}: not a count`);
  const go = goAvailable();
  if (!go.ok) throw new Error(`cannot record: ${go.reason}`);
  if (go.version !== GO_VERSION) {
    throw new Error(`the corpora are recorded with ${GO_VERSION}, the go on PATH is ${go.version}`);
  }
  let good = true;
  for (const corpus of corpora()) good = (await recordCorpus(corpus, go, values.check === true, jobs)) && good;
  return good ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
