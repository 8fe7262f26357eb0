/** `bun run bench --html FILE`: one page with everything in it; it asks the network for nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { aimText, type Verdict } from "../aims.ts";
import { isNoisy, isTooNoisy, numbersOf, type Result } from "../measure.ts";
import { GROUPS } from "../rows.ts";
import type { Comparison, Header, Report } from "../schema.ts";
import type { ServeResult } from "../serve.ts";
import { amount, counted, failedLine, reachedText, skippedLine, TOO_NOISY } from "../table.ts";
import { barChart, growthCurve } from "./plots.ts";

const text = (plain: string) => Bun.escapeHTML(plain);

/** What the groups' charts are headed with. */
const TITLES: Record<(typeof GROUPS)[number], string> = {
  switch: "The switch",
  gosched: "gosched, in rings of 1, 2, 100 and 10,000",
  "goroutines as they grow": "gosched, as the goroutines grow",
  channels: "Channels and select",
  sync: "Starting, waiting, locking",
  programs: "Programs",
  timers: "Timers",
  "event loop": "The event loop, beside work",
  preemption: "Preemption",
  parked: "Goroutines that wait",
};

function headerList(h: Header): string {
  const terms: [string, string][] = [
    ["gobuf", `${h.gobuf}, commit ${h.commit ?? "unknown"}, ${h.abi}`],
    ["Bun", h.bun],
    ["machine", `${h.cpu}, ${h.cores} cores; kernel ${h.kernel}`],
    ["load", h.load.map((l) => l.toFixed(2)).join(" ")],
    ["run", `${h.quick ? "quick" : "full"}; seed ${h.seed}; ${h.date ?? "of no date"}`],
    ...Object.entries(h.peers).filter(([impl]) => impl !== "native" && impl !== "generator"),
  ];
  const list = terms.map(([term, what]) => `<dt>${text(term)}</dt><dd>${text(what)}</dd>`);
  return `<dl>${list.join("")}</dl>`;
}

function cells(list: readonly string[], tag = "td"): string {
  return list.map((text) => `<${tag}>${text}</${tag}>`).join("");
}

function table(name: string, head: readonly string[], rows: readonly string[]): string {
  return `<div class="wide"><table class="${name}"><thead><tr>${cells(head, "th")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function resultRow(r: Result, first: boolean): string {
  const { min, median, max } = numbersOf(r);
  const ratio =
    r.vs_go === null
      ? ["", ""]
      : [r.vs_go.toFixed(2), `${(r.vs_go_low ?? 0).toFixed(2)}&ndash;${(r.vs_go_high ?? 0).toFixed(2)}`];
  const list = [
    first ? text(r.name) : "",
    `<span class="key" style="background:var(--${r.impl})"></span>${r.impl}`,
    ...[min, median, max].map((n) => amount(r.metric, n)),
    text(counted(r)),
    ...ratio,
    isNoisy(r) ? `<span class="missed">${(r.spread * 100).toFixed(0)} %</span>` : `${(r.spread * 100).toFixed(0)} %`,
  ];
  const what = `data-row="${text(r.name)}" data-impl="${r.impl}"`;
  return `<tr ${what}${first ? ' class="first"' : ""}>${cells(list)}</tr>`;
}

function resultTable(results: readonly Result[]): string {
  const head = ["row", "implementation", "min", "median", "max", "a", "times Go", "of rounds", "spread"];
  return table(
    "rows",
    head,
    results.map((r, i) => resultRow(r, results[i - 1]?.name !== r.name)),
  );
}

function aimTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((v) => {
    const list = [text(v.row), v.impl, aimText(v), reachedText(v), `<span class="${v.verdict}">${v.verdict}</span>`];
    const where = v.verdict === "missed" ? text(v.where ?? "") : "";
    const what = `data-aim="${text(v.row)}" data-impl="${v.impl}" data-verdict="${v.verdict}"`;
    return `<tr class="first" ${what}>${cells(list)}<td class="where">${where}</td></tr>`;
  });
  return table("aims", ["row", "implementation", "aim", "reached", "", "where the time goes"], rows);
}

function serveTable(serve: readonly ServeResult[]): string {
  const rows = serve.map((r) => {
    const late = [r.late_p50, r.late_p99, r.late_max].map((ms) => `${ms.toFixed(2)} ms`);
    return `<tr data-row="${r.name}" data-impl="${r.impl}">${cells([r.name, r.impl, ...late, Math.round(r.per_second).toLocaleString("en")])}</tr>`;
  });
  return table("rows", ["row", "implementation", "late by: median", "99 %", "most", "requests a second"], rows);
}

function baselineTable({ what, rows, skipped }: Comparison): string {
  const lines = rows.map((c) => {
    const range = `${c.ratio_low.toFixed(2)}&ndash;${c.ratio_high.toFixed(2)}`;
    const moved = { better: "met", worse: "missed", same: "dim" }[c.moved];
    const list = [
      text(c.name),
      c.impl,
      amount(c.metric, c.base),
      amount(c.metric, c.now),
      text(counted(c)),
      c.ratio.toFixed(2),
      range,
      `<span class="${moved}">${c.moved}</span>`,
    ];
    return `<tr data-compared="${text(c.name)}" data-impl="${c.impl}" data-moved="${c.moved}">${cells(list)}</tr>`;
  });
  const head = ["row", "implementation", "baseline", "now", "a", "ratio", "of pairs", "moved"];
  const missing = skipped.map((one) => `<p class="skipped">${text(skippedLine(one))}</p>`);
  return [`<h2>Compared with ${text(what)}</h2>`, table("rows", head, lines), ...missing].join("\n");
}

/** The charts and the table of a group. */
function section(group: (typeof GROUPS)[number], results: readonly Result[]): string {
  const those = results.filter((r) => r.group === group);
  if (those.length === 0) return "";
  const curve = group === "goroutines as they grow" ? growthCurve(results) : "";
  return `<h2>${TITLES[group]}</h2>\n${curve}\n${barChart(group, those)}\n${resultTable(those)}`;
}

function count(verdicts: readonly Verdict[], verdict: Verdict["verdict"]): string {
  return `${verdicts.filter((v) => v.verdict === verdict).length} ${verdict}`;
}

function aimSection(aims: readonly Verdict[]): string {
  const counts = (["met", "missed", "not measured"] as const).map((verdict) => count(aims, verdict));
  return `<h2>Aims</h2>\n<p>${counts.join(", ")} in this run.</p>\n${aimTable(aims)}`;
}

/** The page of a report. */
export function page({ header, rows, failed, serve, aims, baseline }: Report): string {
  const css = readFileSync(join(import.meta.dir, "style.css"), "utf8");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>gobuf ${text(header.gobuf)}: benchmark</title>
<style>
${css}</style>
</head>
<body>
<h1>gobuf ${text(header.gobuf)}, measured</h1>
${headerList(header)}
${isTooNoisy(rows) ? `<p class="warning">${TOO_NOISY}</p>` : ""}
${failed.map((one) => `<p class="warning failed">${text(failedLine(one))}</p>`).join("\n")}
<p class="dim">Each implementation of a row is a process of its own; they took turns, for several rounds. <i>Times Go</i> is the
median of Go (with GOMAXPROCS=1, in the same run) divided by this one's: above 1, it is faster than Go, or takes less memory.
<i>Spread</i> is the distance between the quartiles of the samples, as a share of the median.</p>
${baseline === null ? "" : baselineTable(baseline)}
${rows.length === 0 ? "" : aimSection(aims)}
${GROUPS.map((group) => section(group, rows)).join("\n")}
${serve.length === 0 ? "" : `<h2>An interval beside a server</h2>\n${serveTable(serve)}`}
</body>
</html>
`;
}
