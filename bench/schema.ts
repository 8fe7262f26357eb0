/**
 * The shape of `bun run bench --json`, and a check of it.
 */
import type { Verdict } from "./aims.ts";
import type { Compared, Skipped } from "./compare.ts";
import type { BytesResult, Result, TimeResult } from "./measure.ts";
import type { ServeResult } from "./serve.ts";

/** What ran, and where. */
export interface Header {
  gobuf: string;
  /** The commit of the checkout, `-dirty` where files differ from it; "unknown" outside of git. Older reports have none. */
  commit?: string;
  /** The command that measured it, without what it wrote. Older reports have none. */
  command?: string;
  /** When the run started: ISO 8601. */
  date?: string;
  abi: string;
  bun: string;
  /** Go's version, or why it is missing. */
  go: string;
  /** The version of each implementation that was asked for, or why it is missing. */
  peers: Record<string, string>;
  cpu: string;
  cores: number;
  kernel: string;
  /** Load averages of 1, 5 and 15 minutes when the run started. */
  load: number[];
  seed: number;
  /** A quick run: fewer samples, and no rows of a million goroutines. */
  quick: boolean;
}

/** What a comparison with a baseline found. */
export interface Comparison {
  what: string;
  rows: Compared[];
  /** What the baseline cannot do. */
  skipped: Skipped[];
}

/** The whole file. */
export interface Report {
  header: Header;
  rows: Result[];
  /** Peers that failed at a row. */
  failed: Skipped[];
  /** Rows, or peers of rows, that a run had no time for. Older reports have none. */
  left_out?: string[];
  /** How late an interval runs beside a server; empty when that was left out. */
  serve: ServeResult[];
  /** What the run says of gobuf's aims. */
  aims: Verdict[];
  /** The comparison with a baseline, if there was one; with a checkout there are no other rows. */
  baseline: Comparison | null;
}

const isText = (v: unknown) => typeof v === "string" && v !== "";
const isCount = (v: unknown) => typeof v === "number" && Number.isFinite(v) && v >= 0;
const isPositive = (v: unknown) => typeof v === "number" && Number.isFinite(v) && v > 0;
/** Beside another implementation a time may be below 0. */
const isNumberOrNull = (v: unknown) => v === null || (typeof v === "number" && Number.isFinite(v));
const isRatio = (v: unknown) => v === null || isPositive(v);

const HEADER: Record<keyof Header, (v: unknown) => boolean> = {
  gobuf: isText,
  commit: (v) => v === undefined || isText(v),
  command: (v) => v === undefined || isText(v),
  date: (v) => v === undefined || (isText(v) && !Number.isNaN(Date.parse(v as string))),
  abi: isText,
  bun: isText,
  go: isText,
  peers: (v) => typeof v === "object" && v !== null && Object.values(v).every(isText),
  cpu: isText,
  cores: isPositive,
  kernel: isText,
  load: (v) => Array.isArray(v) && v.length === 3 && v.every(isCount),
  seed: isCount,
  quick: (v) => typeof v === "boolean",
};

const COMMON = {
  group: isText,
  name: isText,
  impl: isText,
  unit: isText,
  n: isPositive,
  samples: isPositive,
  spread: isCount,
  vs_go: isRatio,
  vs_go_low: isRatio,
  vs_go_high: isRatio,
  rounds: (v: unknown) => v === undefined || (Array.isArray(v) && v.length > 0 && v.every(isPositive)),
};

const TIME: Record<keyof TimeResult, (v: unknown) => boolean> = {
  ...COMMON,
  metric: (v) => v === "time" || v === "cpu",
  ns_min: isPositive,
  ns_median: isPositive,
  ns_max: isPositive,
};

const BYTES: Record<keyof BytesResult, (v: unknown) => boolean> = {
  ...COMMON,
  metric: (v) => v === "bytes",
  bytes_min: isPositive,
  bytes_median: isPositive,
  bytes_max: isPositive,
};

function checkRow(what: string, row: unknown): string[] {
  const metric = (row as Partial<Result> | null)?.metric;
  return checkFields(what, row, metric === "bytes" ? BYTES : TIME);
}

const AIM: Record<keyof Verdict, (v: unknown) => boolean> = {
  row: isText,
  impl: isText,
  over: (v) => v === null || isText(v),
  aim: isPositive,
  unit: (v) => v === "times" || v === "bytes" || v === "ms" || v === "share",
  reached: isNumberOrNull,
  low: isNumberOrNull,
  high: isNumberOrNull,
  verdict: (v) => v === "met" || v === "missed" || v === "not told" || v === "not measured",
};

const COMPARED: Record<keyof Compared, (v: unknown) => boolean> = {
  name: isText,
  impl: isText,
  unit: isText,
  metric: (v) => v === "time" || v === "cpu" || v === "bytes",
  base: isPositive,
  now: isPositive,
  ratio: isPositive,
  ratio_low: isPositive,
  ratio_high: isPositive,
  p: (v) => v === null || (isPositive(v) && (v as number) <= 1),
  moved: (v) => v === "better" || v === "worse" || v === "same",
};

const SKIPPED: Record<keyof Skipped, (v: unknown) => boolean> = {
  impl: isText,
  name: (v) => v === null || isText(v),
  why: isText,
};

const SERVE: Record<keyof ServeResult, (v: unknown) => boolean> = {
  name: isText,
  impl: isText,
  per_second: isPositive,
  late_p50: isCount,
  late_p99: isCount,
  late_max: isCount,
};

function checkFields(what: string, value: unknown, fields: Record<string, (v: unknown) => boolean>): string[] {
  if (typeof value !== "object" || value === null) return [`${what}: expected an object`];
  const found = value as Record<string, unknown>;
  const wrong = Object.entries(fields)
    .filter(([name, isRight]) => !isRight(found[name]))
    .map(([name]) => `${what}.${name}: ${JSON.stringify(found[name])}`);
  const unknown = Object.keys(found).filter((name) => !(name in fields));
  return [...wrong, ...unknown.map((name) => `${what}.${name}: no such field`)];
}

/** What is wrong with a report; empty when nothing is. */
export function checkReport(report: unknown): string[] {
  const { header, rows = [], failed = [], serve = [], aims, baseline = null } = (report ?? {}) as Partial<Report>;
  const { left_out = [] } = (report ?? {}) as Partial<Report>;
  if (![rows, failed, serve].every(Array.isArray)) return ["rows, failed and serve: expected lists"];
  const { rows: compared = [], skipped = [] } = baseline ?? {};
  if (!Array.isArray(compared) || !Array.isArray(skipped)) return ["baseline.rows and skipped: expected lists"];
  if (rows.length + serve.length + compared.length === 0) return ["rows: expected at least one"];
  return [
    ...checkFields("header", header, HEADER),
    ...rows.flatMap((row, i) => checkRow(`rows[${i}]`, row)),
    ...(Array.isArray(aims)
      ? aims.flatMap((aim, i) => checkFields(`aims[${i}]`, aim, AIM))
      : ["aims: expected a list"]),
    ...compared.flatMap((row, i) => checkFields(`baseline.rows[${i}]`, row, COMPARED)),
    ...failed.flatMap((one, i) => checkFields(`failed[${i}]`, one, SKIPPED)),
    ...skipped.flatMap((one, i) => checkFields(`baseline.skipped[${i}]`, one, SKIPPED)),
    ...(Array.isArray(left_out) && left_out.every(isText) ? [] : ["left_out: expected a list of names"]),
    ...serve.flatMap((row, i) => checkFields(`serve[${i}]`, row, SERVE)),
  ];
}
