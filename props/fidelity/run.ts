/** One run of fidelity, from options to exit code. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { currentAbi } from "../../scripts/abis/abis.ts";
import { type JUnitCase, type JUnitSuite, junit } from "../../scripts/junit.ts";
import { type Options, UsageError } from "./cli.ts";
import type { Bodies, Context } from "./context.ts";
import { goldenFiles, goldenPart } from "./golden-part.ts";
import { runGenerators } from "./interp.ts";
import { livePart } from "./live-part.ts";
import { matrixPart } from "./matrix-part.ts";
import { NativeBodies } from "./native.ts";
import { settlePage } from "./page/page.ts";
import { brokenRows, EVERYTHING, itemsOf, needsOf } from "./page/rows.ts";
import { preemptPart } from "./preempt-part.ts";
import { loadProbe, type Probe } from "./probe-library.ts";
import { probePart } from "./probe-part.ts";
import { randomPart } from "./random-part.ts";
import { formatReplay } from "./replay.ts";
import type { Reporter } from "./reporter.ts";
import { type Failure, type PartResult, type Row, summary } from "./result.ts";
import { statusPart } from "./status-part.ts";
import { layoutPart, relationPart } from "./table-part.ts";
import type { Target } from "./target.ts";

/** What a run comes to. */
export type Verdict = "ok" | "diverged" | "not recorded";

/** Bodies that are TypeScript generators. */
function generatorBodies(target: Target): Bodies {
  return { kind: "generator", run: (input, limits) => runGenerators(target, input, limits), takeFaults: () => [] };
}

/** Parts as they are run, one after the other. */
async function* parts(context: Context, probe: Probe | undefined): AsyncGenerator<PartResult> {
  const { options, bodies } = context;
  const { replay } = options;
  if (replay?.kind === "golden") return yield goldenPart(context, replay);
  if (replay?.kind === "random") return yield randomPart(context, replay.seed);
  if (replay?.kind === "live") return yield await livePart(context, replay.seed);
  const needs = options.rows.length === 0 ? EVERYTHING : needsOf(itemsOf(options.rows));
  if (needs.part("layout")) yield layoutPart(context);
  if (needs.part("relation")) yield relationPart(context);
  const asked = options.page !== undefined || options.go !== undefined;
  if (options.rows.length === 0 ? asked : needs.part("status")) yield statusPart(context);
  const native = bodies.find((b) => b instanceof NativeBodies);
  if (probe !== undefined && native !== undefined && needs.part("probe")) yield probePart(context, probe, native);
  if (native !== undefined && options.runs > 0 && needs.part("preempt")) yield await preemptPart(context);
  if (needs.part("golden")) yield goldenPart(context, undefined, needs.golden);
  if (options.runs > 0 && needs.part("random")) yield randomPart(context);
  if (options.live > 0) yield await livePart(context);
  if (options.goMatrix !== undefined) yield await matrixPart(context);
}

/** Rows whose sentences close the run: the goldens', or those of the one part that a replay runs. */
function closing(rows: readonly Row[], { replay }: Options): Row[] {
  return rows.filter((row) => row.part === (replay?.kind ?? "golden"));
}

/** Parts that compared nothing: silence is not to pass for agreement. */
export function silent(rows: readonly Row[], failures: readonly Failure[] = []): Failure[] {
  const spoken = new Set(failures.map(({ part }) => part));
  return rows
    .filter(({ compared, part, cases, skipped = 0 }) => {
      // bodies that can run none of a replay's cases have said why
      const refused = cases === 0 && skipped > 0;
      return compared === 0 && !refused && !spoken.has(part);
    })
    .map(({ part, body, note }) => {
      const title = `it compared nothing${note === "" ? "" : ` (${note})`}`;
      return { part, body, title, details: [], replay: undefined };
    });
}

function write(option: "json" | "junit", file: string, text: string): void {
  try {
    writeFileSync(resolve(file), text);
  } catch (error) {
    throw new UsageError(`--${option} ${file}: ${(error as Error).message}`);
  }
}

/** A suite for each row of the table: a case for what was compared, and one for each failure. */
function suitesOf(rows: readonly Row[], failures: readonly Failure[]): JUnitSuite[] {
  const left = new Set(failures);
  const suites = rows.map((row): JUnitSuite => {
    const own = failures.filter(({ part, body }) => part === row.part && (body === row.body || row.body === ""));
    for (const failure of own) left.delete(failure);
    const whole = { name: `${row.compared} comparisons`, output: [summary(row), row.note].filter(Boolean).join("; ") };
    return { name: [row.part, row.body].filter(Boolean).join(" "), ms: row.ms, cases: [...own.map(caseOf), whole] };
  });
  // What belongs to no row: rows of FIDELITY.md, a part that ended before it had one.
  return left.size === 0 ? suites : [...suites, { name: "others", cases: [...left].map(caseOf) }];
}

function caseOf({ title, details, replay, notRecorded }: Failure): JUnitCase {
  const text = [title, ...details, ...(replay === undefined ? [] : [`replay: ${replay}`])].join("\n");
  return notRecorded ? { name: title, skipped: text } : { name: title, failure: text };
}

/** @throws UsageError */
function probeFor(target: Target): Probe {
  try {
    return loadProbe(target.native.api);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Runs what the options ask for.
 *
 * @returns "ok" when something was compared and nothing diverged; "not recorded" when only Go's side is missing
 * @throws UsageError
 */
export async function runFidelity(target: Target, options: Options, reporter: Reporter): Promise<Verdict> {
  // what is wrong with a path is to be known before the run, not behind it
  for (const option of ["json", "junit"] as const) {
    const file = options[option];
    if (file !== undefined) write(option, file, option === "json" ? "{}\n" : "");
  }
  if (options.replay === undefined) goldenFiles(options.golden);
  itemsOf(options.rows);
  const probe = options.bodies.includes("native") ? probeFor(target) : undefined;
  const bodies = options.bodies.map((kind) =>
    kind === "native" && probe !== undefined ? new NativeBodies(target, probe) : generatorBodies(target),
  );
  const context: Context = { target, options, reporter, bodies };
  const emulated = currentAbi()?.title;
  reporter.line(
    `${target.name}${emulated ? `, ${emulated}` : ""}, ${target.library}, bun ${Bun.version}, seed ${options.seed}`,
  );
  const results: PartResult[] = [];
  for await (const result of parts(context, probe)) results.push(result);
  const rows = results.flatMap((r) => r.rows);
  const diverged = results.flatMap((r) => r.failures);
  const found = [...diverged, ...(await brokenRows(options.rows, target, rows, diverged, reporter))];
  const mute = silent(rows, found);
  for (const { part, body, title } of mute) reporter.line(`${part}${body && ` on ${body} bodies`}: ${title}`);
  const failures = [...found, ...mute];
  const compared =
    options.rows.length > 0 ||
    rows.some((row) => row.body !== "" && row.part !== "probe" && row.part !== "preempt" && row.cases > 0);
  const page = options.page === undefined || (await settlePage(options.page, target, rows, failures, reporter));
  const ok = compared && failures.length === 0 && page;
  const unrecorded = failures.filter((failure) => failure.notRecorded).length;
  const only = page && unrecorded > 0 && unrecorded === failures.length;
  const verdict = ok ? "ok" : only ? "not recorded" : "diverged";
  reporter.table(rows);
  if (!compared) reporter.line("nothing was compared: no golden, random or live case was run");
  if (failures.length > 0) reporter.line(`${failures.length} failures`);
  reporter.summaries(closing(rows, options));
  if (options.json !== undefined) {
    const { seed, shard, replay } = options;
    const result = {
      ok,
      target: target.name,
      abi: emulated ?? null,
      library: target.library,
      bun: Bun.version,
      seed,
      shard,
      replay: replay === undefined ? null : formatReplay(replay),
      rows,
      failures,
    };
    write("json", options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (options.junit !== undefined) {
    const told: readonly Failure[] = page
      ? failures
      : [
          ...failures,
          { part: "page", body: "", title: "FIDELITY.md is not what this run says", details: [], replay: undefined },
        ];
    write("junit", options.junit, junit(suitesOf(rows, told)));
  }
  return verdict;
}
