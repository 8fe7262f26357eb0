/** The benchmark as text. */
import { aimText, type Verdict } from "./aims.ts";
import type { Compared, Skipped } from "./compare.ts";
import { isNoisy, isTooNoisy, numbersOf, type Result } from "./measure.ts";
import type { Metric } from "./rows.ts";
import type { Header } from "./schema.ts";
import type { ServeResult } from "./serve.ts";

/** The warning. */
export const TOO_NOISY =
  "WARNING: more than a quarter of the rows are noisy: this machine is too busy for a judgement.";

/** A number of a result with its unit. */
export function amount(metric: Metric, n: number): string {
  if (metric === "bytes") return `${n.toFixed(0)} B`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(2)} ms`;
  if (n >= 1e4) return `${(n / 1e3).toFixed(1)} us`;
  return `${n.toFixed(1)} ns`;
}

/** What a result counts. */
export function counted({ metric, unit }: Pick<Result, "metric" | "unit">): string {
  return metric === "cpu" ? `${unit} (CPU time)` : unit;
}

/** The header's lines. */
export function headerText(h: Header): string[] {
  const peers = Object.entries(h.peers).filter(([impl]) => impl !== "native" && impl !== "generator");
  return [
    `gobuf ${h.gobuf}, commit ${h.commit ?? "unknown"}, ${h.abi}; Bun ${h.bun}${h.quick ? "; a quick run" : ""}`,
    `${h.cpu}, ${h.cores} cores; kernel ${h.kernel}; load ${h.load.map((l) => l.toFixed(2)).join(" ")}; seed ${h.seed}`,
    ...peers.map(([impl, version]) => `${impl}: ${version}`),
  ];
}

/** The lines before the first row. */
export function headerLines(h: Header): string[] {
  const columns = [
    "row".padEnd(32),
    "impl".padEnd(11),
    "min".padStart(10),
    "median".padStart(10),
    "max".padStart(10),
    " times Go  a",
  ];
  return [...headerText(h), "", columns.join(" ")];
}

/** One row. The ratio stands with its lowest and highest value of a round. */
export function resultLine(r: Result): string {
  const { min, median, max } = numbersOf(r);
  const ratio = r.vs_go === null ? "" : r.vs_go.toFixed(2);
  const range =
    r.vs_go_low === null || r.vs_go_high === null ? "" : ` (${r.vs_go_low.toFixed(2)}-${r.vs_go_high.toFixed(2)})`;
  const noise = isNoisy(r) ? `  noisy: quartiles ${(r.spread * 100).toFixed(0)} % apart` : "";
  const numbers = [min, median, max].map((n) => amount(r.metric, n).padStart(10)).join(" ");
  return `${r.name.padEnd(32)} ${r.impl.padEnd(11)} ${numbers}  ${ratio.padStart(8)}  ${counted(r)}${range}${noise}`;
}

/** The row of the interval that runs beside a server. */
export function serveLine(r: ServeResult): string {
  const late = `late by p50 ${r.late_p50.toFixed(2)} ms, p99 ${r.late_p99.toFixed(2)} ms, max ${r.late_max.toFixed(2)} ms`;
  return `${r.name.padEnd(32)} ${r.impl.padEnd(11)} ${late}; ${Math.round(r.per_second)} requests a second`;
}

/** What a run reached of an aim, and the interval. */
export function reachedText({ unit, reached, low, high }: Verdict): string {
  if (reached === null) return "";
  const digits = unit === "bytes" ? 0 : unit === "ms" ? 1 : 2;
  const range = low === null || high === null ? "" : ` (${low.toFixed(digits)}-${high.toFixed(digits)})`;
  return `${reached.toFixed(digits)}${range}${{ times: " times", bytes: " B", ms: " ms", share: "" }[unit]}`;
}

/** The lines behind the last row: the aims that this run speaks of. */
export function footerLines(results: readonly Result[], verdicts: readonly Verdict[]): string[] {
  const judged = verdicts.filter(({ verdict }) => verdict !== "not measured");
  const lines = [
    "",
    "times Go: Go's median by this one's, GOMAXPROCS=1 in the same run; above 1 it is faster than Go.",
  ];
  if (judged.length > 0) lines.push("");
  for (const v of judged) {
    const aim = `aim ${aimText(v)}, reached ${reachedText(v)}`;
    lines.push(`${v.verdict.padEnd(8)} ${v.row.padEnd(32)} ${v.impl.padEnd(10)} ${aim}`);
  }
  if (judged.length > 0) lines.push("", ...aimsSummary(verdicts));
  const noisy = results.filter(isNoisy).length;
  if (isTooNoisy(results)) lines.push(`${TOO_NOISY} (${noisy} of ${results.length})`);
  return lines;
}

/** How many aims were met, and which were not. */
function aimsSummary(verdicts: readonly Verdict[]): string[] {
  return (["met", "missed", "not told", "not measured"] as const).map((which) => {
    const those = verdicts.filter(({ verdict }) => verdict === which);
    const names = those.map(({ row, impl, over }) => `${row}, ${impl}${over === null ? "" : ` beside ${over}`}`);
    return `aims ${which}: ${those.length}${those.length === 0 ? "" : `: ${names.join("; ")}`}`;
  });
}

/** What makes an earlier run a bad baseline for this one. */
function unlike(h: Header, earlier: Header): string[] {
  const same = ["cpu", "cores", "bun", "quick"] as const;
  return same
    .filter((what) => h[what] !== earlier[what])
    .map((what) => `WARNING: not the same ${what}: the baseline has ${earlier[what]}, this run ${h[what]}`);
}

/** The lines before the first row of a comparison. @param earlier the header of the report that is compared with */
export function compareHeader(h: Header, what: string, earlier?: Header): string[] {
  const columns = ["row".padEnd(32), "impl".padEnd(11), "baseline".padStart(10), "now".padStart(10), "   ratio  a"];
  const warnings = earlier === undefined ? [] : unlike(h, earlier);
  return [
    ...headerText(h),
    `baseline: ${what}${earlier?.commit === undefined ? "" : `, commit ${earlier.commit}`}`,
    ...warnings,
    "",
    columns.join(" "),
  ];
}

/** What could not be compared. */
export function skippedLine({ impl, name, why }: Skipped): string {
  return `${name === null ? impl : `${name}, ${impl}`}: SKIPPED: the baseline does not fit: ${why}`;
}

/** A row that there was no time for. */
export function leftOutLine(name: string): string {
  return `${name}: LEFT OUT: the run's time is over`;
}

/** A peer that failed at a row. */
export function failedLine({ impl, name, why }: Skipped): string {
  return `${name}, ${impl}: FAILED, and the run goes on without it: ${why}`;
}

/** A row of a comparison. */
export function compareLine(c: Compared): string {
  const range = `(${c.ratio_low.toFixed(2)}-${c.ratio_high.toFixed(2)})`;
  const p = c.p === null ? "" : `, p ${c.p.toFixed(3)}`;
  const numbers = [c.base, c.now].map((n) => amount(c.metric, n).padStart(10)).join(" ");
  const moved = c.moved === "same" ? "" : `  ${c.moved.toUpperCase()}`;
  const ratio = c.ratio.toFixed(2).padStart(8);
  return `${c.name.padEnd(32)} ${c.impl.padEnd(11)} ${numbers} ${ratio}  ${counted(c)} ${range}${p}${moved}`;
}

/** Pairs of processes whose ratios differ by more than this say that the machine is busy with something else. */
const APART = 1.5;

/** The lines behind a comparison. */
export function compareFooter(lines: readonly Compared[]): string[] {
  const noisy = lines.filter(({ ratio_low, ratio_high }) => ratio_high > APART * ratio_low).length;
  const moved = (which: Compared["moved"]) => lines.filter((line) => line.moved === which);
  const name = ({ name, impl, ratio }: Compared) => `${name}, ${impl} (${ratio.toFixed(2)})`;
  return [
    "",
    "ratio: the baseline's median by this checkout's; above 1 it has become better.",
    `${moved("same").length} rows have not moved beyond the noise`,
    ...(["better", "worse"] as const).map((which) => {
      const those = moved(which);
      return `${those.length} ${which}${those.length === 0 ? "" : `: ${those.map(name).join("; ")}`}`;
    }),
    ...(noisy > lines.length / 4 ? [`${TOO_NOISY} (${noisy} of ${lines.length})`] : []),
  ];
}
