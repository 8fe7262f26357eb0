/**
 * `bun run bench`: gobuf's native and generator bodies, and beside them the same programs in Go and in what else one might
 * use. Each implementation of a row runs in a process of its own: what the compiler learnt from one program must not be
 * in another's code.
 */
import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import type { Baseline, Checkout } from "./baseline.ts";
import type { Compared } from "./compare.ts";
import type { Effort, Result, Starter } from "./measure.ts";
import { type Available, OURS, PEERS, prepare, tryOut } from "./peers.ts";
import type { Row } from "./rows.ts";
import type { Report } from "./schema.ts";

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

/** Names of peers. */
function peersOf(text: string): string[] {
  if (text === "all") return [...PEERS];
  const names = text === "none" ? [] : text.split(",");
  const unknown = names.filter((name) => !PEERS.includes(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`${unknown.join(", ")}: expected all, none, or some of ${PEERS.join(",")}`);
  }
  return names;
}

const options = new Command("bench")
  .description("measures gobuf, and the same programs in Go beside it")
  .option("--filter <regexp>", "only rows whose name matches", pattern)
  .option("--json <file>", "write the rows as JSON; - for standard output in place of the table")
  .option("--html <file>", "write a page with the table and plots")
  .option("--quick", "fewer samples, no rows of a million goroutines: under three minutes in place of seven")
  .option("--peers <list>", `all (builds corosensei, too), none, or some of ${PEERS.join(",")}`, peersOf)
  .option("--baseline <what>", "compare with another checkout's folder, a commit, or (weaker) a report of --json")
  .option("--fail", "with --baseline: end with exit code 1 when a row has become worse")
  .option("--seed <number>", "seed of select's draws", seedOf, 1)
  .option("--library <path>", "another build of the native library")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{
    filter?: RegExp;
    json?: string;
    html?: string;
    quick?: boolean;
    peers?: string[];
    baseline?: string;
    fail?: boolean;
    seed: number;
    library?: string;
  }>();

if (options.library) process.env.GOBUF_LIBRARY = options.library;

// What loads the library comes only now.
const { openBaseline } = await import("./baseline.ts");
const { judge } = await import("./aims.ts");
const { compareReports, compareRow } = await import("./compare.ts");
const { header } = await import("./header.ts");
const { measureRow } = await import("./measure.ts");
const { Peer } = await import("./peer.ts");
const { FULL, partName, QUICK, rows } = await import("./rows.ts");
const { checkReport } = await import("./schema.ts");
const { serveRows } = await import("./serve.ts");
const { compareFooter, compareHeader, compareLine, footerLines, headerLines, resultLine, serveLine } = await import(
  "./table.ts"
);

const effort: Effort = options.quick
  ? { rounds: 3, samples: 2, roundMs: 60, warmMs: 100 }
  : { rounds: 5, samples: 4, roundMs: 120, warmMs: 200 };
/** A row of a million goroutines takes seconds a sample. */
const LONG_ROUNDS = 3;
const all = rows(options.quick ? QUICK : FULL);
const namesOf = (row: (typeof all)[number]) => row.parts.map((part) => partName(row, part));
const chosen = all.filter((row) => namesOf(row).some((name) => options.filter?.test(name) ?? true));
/** The row that is not of nanoseconds an operation: how late an interval runs beside a server of goroutines. */
const SERVE = "interval beside Bun.serve";
const withServe = options.baseline === undefined && (options.filter?.test(SERVE) ?? true);
if (chosen.length === 0 && !withServe) {
  console.error(`bench: no row matches ${options.filter}: there are ${[...all.flatMap(namesOf), SERVE].join("; ")}`);
  process.exit(2);
}

/** What is to be compared with; it is removed again however this ends. */
using baseline = options.baseline === undefined ? undefined : opened(options.baseline);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    baseline?.[Symbol.dispose]();
    process.exit(1);
  });
}

function opened(name: string): Baseline {
  try {
    return openBaseline(name);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

const print = options.json === "-" ? () => {} : (line: string) => console.log(line);
const available: Available[] = [];
for (const impl of [...OURS, ...(options.peers ?? (options.baseline === undefined ? PEERS : []))]) {
  available.push(await prepare(impl, options.seed, options.peers !== undefined));
}
const ours = available.slice(0, OURS.length);
for (const one of ours) if ("skipped" in one) throw new Error(`bench: ${one.impl}: ${one.skipped}`);
const head = header(available, options.seed, options.quick === true);

/** How a peer is started for a row; none where it is not there or has no such program. */
function starter(peer: Available, row: Row): Starter[] {
  if ("skipped" in peer || !peer.programs.has(row.name)) return [];
  return [{ impl: peer.impl, start: () => Peer.start(peer.impl, peer.command) }];
}

/** Measures every row. */
async function measureAll(): Promise<Result[]> {
  headerLines(head).forEach(print);
  const results: Result[] = [];
  for (const row of chosen) {
    const starters = available.flatMap((peer) => starter(peer, row));
    const these = await measureRow(row, starters, row.long ? { ...effort, rounds: LONG_ROUNDS } : effort);
    for (const result of these) print(resultLine(result));
    results.push(...these);
  }
  return results;
}

/** Measures every row of ours beside another checkout's. */
async function compareAll(checkout: Checkout): Promise<Compared[]> {
  compareHeader(head, checkout.what).forEach(print);
  const lines: Compared[] = [];
  for (const one of ours) {
    const theirs = await tryOut(one.impl, checkout.command(one.impl, options.seed));
    if ("skipped" in theirs) {
      print(`${one.impl}: SKIPPED: the baseline does not fit these programs: ${theirs.skipped}`);
      continue;
    }
    for (const row of chosen) {
      const [now] = starter(one, row);
      const [base] = starter(theirs, row);
      if (now === undefined || base === undefined) continue;
      const these = await compareRow(row, base, now, effort);
      for (const line of these) print(compareLine(line));
      lines.push(...these);
    }
  }
  return lines;
}

const isCheckout = baseline?.kind === "checkout";
const results = isCheckout ? [] : await measureAll();
const serve = withServe ? await serveRows() : [];
for (const row of serve) print(serveLine(row));
const aims = judge(results);
if (!isCheckout) footerLines(results, aims).forEach(print);
let comparison: Report["baseline"] = null;
if (baseline !== undefined) {
  const lines = isCheckout ? await compareAll(baseline) : compareReports(baseline.report.rows, results);
  if (!isCheckout) for (const line of [...compareHeader(head, baseline.what), ...lines.map(compareLine)]) print(line);
  compareFooter(lines).forEach(print);
  comparison = { what: baseline.what, rows: lines };
}

const report = { header: head, rows: results, serve, aims, baseline: comparison };
const wrong = checkReport(report);
if (wrong.length > 0) throw new Error(`bench: its own report is wrong: ${wrong.join("; ")}`);
if (options.json !== undefined) {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (options.json === "-") process.stdout.write(text);
  else writeFileSync(options.json, text);
}
if (options.html !== undefined) {
  const { page } = await import("./page/html.ts");
  writeFileSync(options.html, page(report));
}
if (options.fail && comparison?.rows.some(({ moved }) => moved === "worse")) process.exitCode = 1;
