/**
 * `bun run bench`: gobuf's native and generator bodies, and beside them the same programs in Go and in what else one might
 * use. Each implementation of a row runs in a process of its own: what the compiler learnt from one program must not be
 * in another's code.
 */
import { writeFileSync } from "node:fs";
import type { Baseline, Checkout } from "./baseline.ts";
import type { Compared, Skipped } from "./compare.ts";
import type { Effort, Result, Starter } from "./measure.ts";
import { readOptions } from "./options.ts";
import { type Available, OURS, PEERS, prepare, tryOut } from "./peers.ts";
import type { Row } from "./rows.ts";
import type { Comparison, Report } from "./schema.ts";

/** Says what is wrong with what was asked for, and ends the process. */
function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}

const options = readOptions(process.argv.slice(2));
if (options.library) process.env.GOBUF_LIBRARY = options.library;

// What loads the library comes only now.
await import("../src/runtime/ffi.ts").catch((error: Error) => refuse(`bench: ${error.message}`));
const { openBaseline } = await import("./baseline.ts");
const { Budget } = await import("./budget.ts");
const { judge } = await import("./aims.ts");
const { BaselineError, compareReports, compareRow } = await import("./compare.ts");
const { header } = await import("./header.ts");
const { isTooNoisy, JUDGED, measureRow } = await import("./measure.ts");
const { Peer } = await import("./peer.ts");
const { FULL, partName, QUICK, rows } = await import("./rows.ts");
const { checkReport } = await import("./schema.ts");
const { serveRows } = await import("./serve.ts");
const {
  compareFooter,
  compareHeader,
  compareLine,
  failedLine,
  footerLines,
  headerLines,
  leftOutLine,
  resultLine,
  serveLine,
  skippedLine,
} = await import("./table.ts");

/** A quick run is to be over in three minutes, a whole one in ten: the rest is for what is built before, and the end. */
const RUN_MS = options.quick ? 165_000 : 570_000;
const end = performance.now() + RUN_MS;
const effort: Effort = options.quick
  ? { rounds: 3, passes: 2, samples: 4, roundMs: 40, warmMs: 60 }
  : { rounds: 3, passes: 3, samples: 4, roundMs: 120, warmMs: 200 };
/** Enough samples of a process to leave out those that a busy machine slowed down. */
const compareEffort: Effort = { ...effort, samples: 5, roundMs: 120 };
/** A row of a million goroutines takes seconds a sample. */
const LONG_ROUNDS = 3;
const all = rows(options.quick ? QUICK : FULL);
const namesOf = (row: (typeof all)[number]) => row.parts.map((part) => partName(row, part));
const chosen = all.filter((row) => namesOf(row).some((name) => options.filter?.test(name) ?? true));
/** The row that is not of nanoseconds an operation: how late an interval runs beside a server of goroutines. */
const SERVE = "interval beside Bun.serve";
const withServe = options.baseline === undefined && (options.filter?.test(SERVE) ?? true);
if (chosen.length === 0 && !withServe) {
  const names = [...all.flatMap(namesOf), ...(options.baseline === undefined ? [SERVE] : [])];
  const where = options.quick ? " in a quick run" : "";
  refuse(`bench: no row matches ${options.filter?.text}${where}: there are ${names.join("; ")}`);
}

/** What is to be compared with; its folder goes with the process. */
using baseline = options.baseline === undefined ? undefined : opened(options.baseline);
function opened(name: string): Baseline {
  try {
    return openBaseline(name);
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const isCheckout = baseline?.kind === "checkout";
if (isCheckout && options.peers !== undefined && options.peers.length > 0) {
  baseline?.[Symbol.dispose]();
  refuse("bench: --peers: only gobuf is compared with another checkout");
}

const print = options.json === "-" ? () => {} : (line: string) => console.log(line);
const available: Available[] = [];
for (const impl of [...OURS, ...(options.peers ?? (options.baseline === undefined ? PEERS : []))]) {
  available.push(await prepare(impl, options.seed, options.peers !== undefined));
}
const ours = available.slice(0, OURS.length);
for (const one of ours) if ("skipped" in one) throw new Error(`bench: ${one.impl}: ${one.skipped}`);
const head = header(available, options);

/** How a peer is started for a row; none where it is not there or has no such program. */
function starter(peer: Available, row: Row): Starter[] {
  if ("skipped" in peer || !peer.programs.has(row.name)) return [];
  return [{ impl: peer.impl, start: () => Peer.start(peer.impl, peer.command) }];
}

/** Peers that failed at a row. */
const failed: Skipped[] = [];

/** Goes on without a peer that fails; without gobuf there is nothing to measure. */
function onFailure(name: string, impl: string, error: Error): void {
  if ((OURS as readonly string[]).includes(impl)) throw error;
  const one = { impl, name, why: error.message };
  failed.push(one);
  print(failedLine(one));
}

/** Rows that there was no time for. */
const leftOut: string[] = [];

/** Measures every row. */
async function measureAll(): Promise<Result[]> {
  headerLines(head).forEach(print);
  const results: Result[] = [];
  const budget = new Budget(end, chosen);
  for (const row of chosen) {
    const there = available.flatMap((peer) => starter(peer, row));
    // Those that aims speak of go first.
    const starters = budget.isLate ? there.filter(({ impl }) => JUDGED.has(impl)) : there;
    const long = budget.next(row, row.long ? { ...effort, rounds: LONG_ROUNDS } : effort);
    if (long === undefined) {
      leftOut.push(row.name);
      print(leftOutLine(row.name));
      continue;
    }
    leftOut.push(...there.filter((one) => !starters.includes(one)).map(({ impl }) => `${row.name}, ${impl}`));
    const these = await measureRow(row, starters, long, (impl, error) => onFailure(row.name, impl, error));
    for (const result of these) print(resultLine(result));
    results.push(...these);
  }
  return results;
}

/** Measures every row of ours beside another checkout's. */
async function compareAll(checkout: Checkout): Promise<Comparison> {
  compareHeader(head, checkout.what).forEach(print);
  const lines: Compared[] = [];
  const skipped: Skipped[] = [];
  const skip = (one: Skipped) => {
    print(skippedLine(one));
    skipped.push(one);
  };
  for (const one of ours) {
    const { impl } = one;
    const theirs = await tryOut(impl, checkout.command(impl, options.seed));
    if ("skipped" in theirs) {
      skip({ impl, name: null, why: theirs.skipped });
      continue;
    }
    for (const row of chosen) {
      const [now] = starter(one, row);
      const [base] = starter(theirs, row);
      if (now === undefined) continue;
      if (base === undefined) {
        skip({ impl, name: row.name, why: "it has no such program" });
        continue;
      }
      try {
        const these = await compareRow(row, base, now, compareEffort);
        for (const line of these) print(compareLine(line));
        lines.push(...these);
      } catch (error) {
        if (!(error instanceof BaselineError)) throw error;
        skip({ impl, name: row.name, why: error.message });
      }
    }
  }
  return { what: checkout.what, rows: lines, skipped };
}

/** Compares with an earlier run. */
function compareEarlier(what: string, earlier: Report): Comparison {
  const lines = compareReports(earlier.rows, results);
  const skipped = results
    .filter((r) => !lines.some(({ name, impl }) => name === r.name && impl === r.impl))
    .map(({ name, impl }) => ({ impl, name, why: "it has no such row" }));
  const noisy = isTooNoisy(earlier.rows)
    ? ["WARNING: the baseline was measured on a machine too busy for a judgement"]
    : [];
  const body = [...lines.map(compareLine), ...skipped.map(skippedLine), ...noisy];
  for (const line of [...compareHeader(head, what, earlier.header), ...body]) print(line);
  return { what, rows: lines, skipped };
}

const results = isCheckout ? [] : await measureAll();
const isOver = performance.now() > end;
if (withServe && isOver && !isCheckout) leftOut.push(SERVE);
const serve = withServe && !isOver ? await serveRows() : [];
for (const row of serve) print(serveLine(row));
const aims = judge(results);
if (!isCheckout) footerLines(results, aims).forEach(print);
let comparison: Comparison | null = null;
if (baseline !== undefined) {
  comparison =
    baseline.kind === "checkout" ? await compareAll(baseline) : compareEarlier(baseline.what, baseline.report);
  compareFooter(comparison.rows).forEach(print);
  if (comparison.rows.length === 0) {
    baseline[Symbol.dispose]();
    refuse(`bench: --baseline ${baseline.what}: nothing could be compared`);
  }
}

const report = { header: head, rows: results, failed, left_out: leftOut, serve, aims, baseline: comparison };
const wrong = checkReport(report);
if (options.json !== undefined) {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (options.json === "-") process.stdout.write(text);
  else writeFileSync(options.json, text);
}
if (options.html !== undefined) {
  const { page } = await import("./page/html.ts");
  writeFileSync(options.html, page(report));
}
// Minutes of measuring are not thrown away for it.
if (wrong.length > 0) console.error(`bench: its own report does not fit its schema: ${wrong.join("; ")}`);
if (wrong.length > 0 || failed.length > 0) process.exitCode = 1;
if (options.fail && comparison?.rows.some(({ moved }) => moved === "worse")) process.exitCode = 1;
