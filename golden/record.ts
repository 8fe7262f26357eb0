/**
 * Records the committed corpora anew with the installed Go, or compares them (scripts/golden.ts is the command); `record`
 * and `goAvailable` are the way to what this machine's Go does.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { type Corpus, corpora, corpusBytes, corpusLines, linesOf } from "./corpus.ts";
import { type Case, GO_VERSION } from "./format.ts";
import { record } from "./recorder/run.ts";
import { type Go, goAvailable } from "./recorder/toolchain.ts";

export { BuildError } from "./recorder/build.ts";
export { RecordError, type RecordOptions, record } from "./recorder/run.ts";
export { findGo, type Go, goAvailable, goEnvironment, minorOf, type NoGo } from "./recorder/toolchain.ts";

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

/** What recording is done with; tests have their own. */
export interface Means {
  readonly goAvailable: typeof goAvailable;
  readonly corpora: () => readonly Corpus[];
  readonly record: typeof record;
  readonly print: (line: string) => void;
}

const MEANS: Means = { goAvailable, corpora, record, print: (line) => console.log(line) };

/** Records a corpus and writes it, or compares it; true when there is nothing to complain of. */
async function recordCorpus(
  corpus: Corpus,
  go: Go,
  check: boolean,
  jobs: number | undefined,
  { record, print }: Means,
): Promise<boolean> {
  const started = performance.now();
  const file = basename(corpus.path);
  const onProgress = (done: number, total: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${file}: ${done}/${total}${done === total ? "\r\x1b[K" : ""}`);
  };
  const cases = await record(corpus.cases, { onProgress, go, ...(jobs !== undefined && { jobs }) });
  const lines = corpusLines(corpus.name, { go: go.version, goos: go.goos, goarch: go.goarch }, cases);
  const sum = (list: "ops" | "status") => cases.reduce((total, c) => total + c[list].length, 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const what = `${file}: ${cases.length} cases, ${sum("ops")} ops, ${sum("status")} transitions, ${seconds} s`;
  const bytes = corpusBytes(corpus.path, lines);
  if (!check) {
    writeFileSync(corpus.path, bytes);
    print(`${what}, ${bytes.length} bytes written`);
    return true;
  }
  const committed = existsSync(corpus.path) ? new Uint8Array(readFileSync(corpus.path)) : undefined;
  const difference = committed === undefined ? "there is no such file" : compare(corpus.path, committed, lines, bytes);
  print(difference === undefined ? `${what}, the same` : `${what}: DIFFERS: ${difference}`);
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

/**
 * Records the committed corpora anew and writes them, or compares them.
 *
 * @param check compare
 * @param jobs processes at a time; all processors when absent
 * @returns whether there is nothing to complain of
 * @throws Error where the Go on PATH cannot record them
 */
export async function recordCorpora(check: boolean, jobs?: number, means: Means = MEANS): Promise<boolean> {
  const go = means.goAvailable();
  if (!go.ok) throw new Error(`cannot record: ${go.reason}`);
  if (go.version !== GO_VERSION) {
    throw new Error(`the corpora are recorded with ${GO_VERSION}, the go on PATH is ${go.version}`);
  }
  let good = true;
  for (const corpus of means.corpora()) good = (await recordCorpus(corpus, go, check, jobs, means)) && good;
  return good;
}

if (import.meta.main) {
  console.error("golden/record.ts is no command: run `bun run golden:record`");
  process.exitCode = 2;
}
