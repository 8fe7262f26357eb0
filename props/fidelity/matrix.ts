/**
 * What `--go-matrix` leaves: the committed cases recorded with each of many Gos, by rule, and the status changes that a
 * program of Go's takes. FIDELITY.md shows it; nothing of that needs a network.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpora } from "../../golden/corpus.ts";
import { GO_VERSION } from "../../golden/format.ts";
import { minorOf } from "../../golden/record.ts";
import { edgesOf } from "./status/table.ts";

const FILE = join(import.meta.dir, "go-matrix.json");

/** The Gos that must decide as the goldens say: the first and the last of each release when this was written. */
export const PINNED: readonly string[] = [
  "go1.24.0",
  "go1.24.13",
  "go1.25.0",
  "go1.25.14",
  "go1.26.0",
  GO_VERSION,
  "go1.26.11",
  "go1.27.0",
  "go1.27.4",
];

/** Those whose status changes are counted in a run, too. */
export const COUNTED: readonly string[] = [GO_VERSION, "go1.27.4"];

/** Cases of a rule: how many there are, and how many of them a Go decides in another way. */
export type Count = readonly [cases: number, differ: number];

export interface Matrix {
  /** Digest of the corpora that were recorded. */
  readonly corpora: string;
  /** Counts by Go, then by rule. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, Count>>>>;
  /** Edges that the program of status changes took, by Go. */
  readonly taken: Readonly<Record<string, readonly string[]>>;
}

/** The rule that a case shows: "rule 05" of `rule-05-...`; else what its name begins with. */
export function ruleOf(name: string): string {
  const rule = /^rule-(\d+b?)-/.exec(name)?.[1];
  if (rule !== undefined) return `rule ${rule}`;
  return /^(?:events|outcome)-/.exec(name)?.[0].slice(0, -1) ?? "random workloads";
}

/** A digest of the committed corpora; their headers' Go is no part of it. */
export function corporaDigest(): string {
  const hash = createHash("sha256");
  for (const { path } of corpora()) {
    const bytes = new Uint8Array(readFileSync(path));
    const text = new TextDecoder().decode(path.endsWith(".gz") ? Bun.gunzipSync(bytes) : bytes);
    hash.update(text.slice(text.indexOf("\n")));
  }
  return hash.digest("hex").slice(0, 16);
}

export function writeMatrix(matrix: Matrix): void {
  const line = ([name, value]: readonly [string, unknown]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  const object = (entries: Readonly<Record<string, unknown>>) =>
    `{\n${Object.entries(entries).map(line).join(",\n")}\n  }`;
  const { corpora: digest, versions, taken } = matrix;
  const text = `{\n  "corpora": ${JSON.stringify(digest)},\n  "versions": ${object(versions)},\n  "taken": ${object(taken)}\n}\n`;
  writeFileSync(FILE, text);
}

export function readMatrix(): Matrix {
  if (!existsSync(FILE)) return { corpora: "", versions: {}, taken: {} };
  return JSON.parse(readFileSync(FILE, "utf8")) as Matrix;
}

/** What keeps a matrix from being what the page claims of it. */
export function matrixFaults(matrix: Matrix, digest = corporaDigest()): string[] {
  const faults: string[] = [];
  const again = "run `bun run fidelity --go-matrix --write`";
  if (matrix.corpora !== digest) faults.push(`Go versions: recorded of other goldens than are committed: ${again}`);
  for (const version of PINNED) {
    const rules = matrix.versions[version];
    if (rules === undefined) faults.push(`Go versions: ${version} has not been recorded: ${again}`);
    for (const [rule, [cases, differ]] of Object.entries(rules ?? {})) {
      if (differ > 0)
        faults.push(`Go versions: ${version} decides ${differ} of ${cases} cases of ${rule} in another way`);
    }
  }
  for (const version of COUNTED) {
    const known = new Set(edgesOf(minorOf(version)));
    const taken = matrix.taken[version];
    if (taken === undefined) faults.push(`Go versions: no status change of ${version} has been counted: ${again}`);
    for (const edge of taken ?? []) {
      if (!known.has(edge)) faults.push(`Go versions: ${version} took ${edge}, which its source does not have`);
    }
  }
  return faults;
}
