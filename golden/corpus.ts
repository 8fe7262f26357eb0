/** The committed corpora: which cases each has, and the bytes of its file. */
import { join } from "node:path";
import {
  type Case,
  type CaseInput,
  EXTENSIONS,
  type Extension,
  FORMAT,
  type Header,
  type Op,
  type Workload,
} from "./format.ts";
import { generate } from "./generate.ts";
import { generateTimers } from "./generate-timers.ts";
import { TIMERS } from "./named/timers.ts";
import { NAMED } from "./named.ts";
import { PROFILE_NAMES, PROFILES } from "./profiles.ts";

/** Seeds 1.. to a share of a profile, and to the smallest share. */
const CASES_PER_SHARE = 6;
const CASES_MIN = 12;
/** Programs of timers: seeds 1.. to this, and those that alone show a fault. */
const TIMER_CASES = 400;
const TIMER_SEEDS: readonly number[] = [856];

/** Programs of timers, those written by hand first. */
function timerCases(): CaseInput[] {
  const seeds = [...Array.from({ length: TIMER_CASES }, (_, i) => i + 1), ...TIMER_SEEDS];
  return [...TIMERS, ...seeds.map(generateTimers)];
}

export interface Corpus {
  readonly name: string;
  /** Path of the file; one that ends in `.gz` is compressed. */
  readonly path: string;
  readonly cases: readonly CaseInput[];
}

/** What went into making a corpus, for its header. */
export type Origin = Pick<Header, "go" | "goos" | "goarch">;

function randomCases(): CaseInput[] {
  return PROFILE_NAMES.flatMap((name) =>
    Array.from({ length: Math.max(CASES_MIN, CASES_PER_SHARE * PROFILES[name].share) }, (_, i) =>
      generate(i + 1, name),
    ),
  );
}

/** The corpora that `golden:record` makes. */
export function corpora(): Corpus[] {
  const at = (file: string) => join(import.meta.dir, file);
  return [
    { name: "named", path: at("named.jsonl"), cases: NAMED },
    { name: "random", path: at("random.jsonl.gz"), cases: randomCases() },
    { name: "timers", path: at("timers.jsonl.gz"), cases: timerCases() },
  ];
}

/** The extensions of format 1 that a workload uses. */
export function extensionsOf(workload: Workload): Extension[] {
  const selectsNone = (ops: readonly Op[]): boolean =>
    ops.some((op) => (op[0] === "select" && op[1].length === 0) || (op[0] === "once" && selectsNone(op[2])));
  const used: Record<Extension, boolean> = {
    "nil-chan": workload.chans.includes(null),
    "select-none": workload.bodies.some(selectsNone),
    timers: workload.timers !== undefined,
  };
  return EXTENSIONS.filter((name) => used[name]);
}

/** The lines of a corpus: its header and its cases. */
export function corpusLines(name: string, origin: Origin, cases: readonly Case[]): string[] {
  const used = new Set(cases.flatMap(({ workload }) => extensionsOf(workload)));
  const extensions = EXTENSIONS.filter((extension) => used.has(extension));
  const { go, goos, goarch } = origin;
  const header: Header = { format: FORMAT, go, goos, goarch, gomaxprocs: 1, corpus: name };
  const first = extensions.length === 0 ? header : { ...header, extensions };
  return [first, ...cases].map((line) => JSON.stringify(line));
}

/** The bytes of a corpus file. libdeflate writes no time and no name, and the same bytes on every processor. */
export function corpusBytes(path: string, lines: readonly string[]): Uint8Array {
  const text = new TextEncoder().encode(`${lines.join("\n")}\n`);
  return path.endsWith(".gz") ? Bun.gzipSync(text, { library: "libdeflate", level: 9 }) : text;
}

/** The lines of a corpus file of our own. */
export function linesOf(path: string, bytes: Uint8Array<ArrayBuffer>): string[] {
  const text = new TextDecoder().decode(path.endsWith(".gz") ? Bun.gunzipSync(bytes) : bytes);
  return text.replace(/\n$/, "").split("\n");
}
