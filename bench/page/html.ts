/** `bun run bench --html FILE`: one page with everything in it; it asks the network for nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Told, Verdict } from "../aims.ts";
import { isTooNoisy, type Result } from "../measure.ts";
import { PROCESSES_DIFFER } from "../ratio.ts";
import { GROUPS } from "../rows.ts";
import type { Header, Report } from "../schema.ts";
import { failedLine, leftOutLine, TOO_NOISY } from "../table.ts";
import { COMPARISONS, picture, type Summary, summaries } from "./picture.ts";
import { barCharts, growthCurve } from "./plots.ts";
import { aimTable, anchor, baselineTable, definitions, resultTables, serveTable, text } from "./tables.ts";

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
  procs: "Native goroutines on several Ms",
  threads: "Goroutines in TypeScript on several threads",
  parked: "Goroutines that wait",
  start: "The start of a program",
};

/** A section of the page; the contents list links to it. */
interface Section {
  readonly title: string;
  readonly html: string;
}

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

/** A sentence about all rows of a comparison. */
function sentence({ text: what, rows, middle, faster, slower }: Summary): string {
  const NAMED = 6;
  const more = slower.length > NAMED ? `; and ${slower.length - NAMED} more` : "";
  const names = slower.length === 0 ? "" : ` (${slower.slice(0, NAMED).map(text).join("; ")}${more})`;
  const rest = rows - faster - slower.length;
  return `<li><b>${what}</b>: ${rows} rows, ${middle.toPrecision(2)} times as fast in the middle. Faster on ${faster}, slower on ${slower.length}${names}, within the noise on ${rest}.</li>`;
}

/** What was measured, in the first lines, and the one picture. */
function opening(h: Header, results: readonly Result[]): string {
  const shown = picture(results);
  if (shown === "") return "";
  const keys = COMPARISONS.map(
    ({ text: what, colour }) => `<span><span class="key" style="background:${colour}"></span>${what}</span>`,
  );
  return `<p>gobuf runs goroutines in Bun. Here are ${new Set(results.map(({ name }) => name)).size} small programs, each written for gobuf, for Go and, where it can do the same, for plain
async code, and run in turn on one machine${h.quick ? ", quickly: fewer samples than a full run, and no row of a million goroutines" : ""}.</p>
<ul>${summaries(results).map(sentence).join("\n")}</ul>
<h2 id="picture">Every row at a glance</h2>
<p class="dim">How many times as fast gobuf is (of memory: how many times less it takes). The dot is the ratio of the medians; the line
has the ratios of all rounds, and ${PROCESSES_DIFFER * 100} % beyond them. Right of 1, gobuf is faster. The axis is logarithmic.</p>
<p class="keys">${keys.join(" ")}</p>
${shown}`;
}

const TOLD: readonly Told[] = ["met", "missed", "not told", "not measured"];

function aimSection(aims: readonly Verdict[]): Section {
  const those = (told: Told) => aims.filter(({ verdict }) => verdict === told);
  const counts = TOLD.map((told) => `${those(told).length} ${told}`).join(", ");
  const names = (told: Told) =>
    those(told)
      .map(({ row, impl, over }) => text(`${row}, ${impl}${over === null ? "" : ` beside ${over}`}`))
      .join("; ") || "none";
  return {
    title: "What gobuf aims at",
    html: `<p>These are no results: the project has set itself these figures, and this run says which it reached. An aim is <i>met</i> where
all rounds lie above it, <i>missed</i> where all lie below, and <i>not told</i> where it lies between, or where the row is noisy. Beside those that were set, no
row that Go has is to be slower than Go.</p>
<p>${counts}.</p>
<p><b>Missed</b>: ${names("missed")}.</p>
<p><b>Met</b>: ${names("met")}.</p>
${aimTable(aims)}`,
  };
}

/** The charts and the tables of a group. */
function groupSection(group: (typeof GROUPS)[number], results: readonly Result[]): Section[] {
  const those = results.filter((r) => r.group === group);
  if (those.length === 0) return [];
  const curve = group === "goroutines as they grow" ? growthCurve(results) : "";
  return [{ title: TITLES[group], html: `${curve}\n${barCharts(group, those)}\n${resultTables(those)}` }];
}

function method(h: Header): Section {
  return {
    title: "How it was measured",
    html: `<p>Each implementation of a row is a process of its own; they take turns, for several rounds, every second round in reverse
order, and those that aims speak of do so in several processes. A number is the median of all samples; beside it stand the lowest
and the highest median of a round. It has the digits that these leave. <i>Times Go</i> is the median of Go with GOMAXPROCS=1 divided
by this one's: above 1, it is faster than Go, or takes less memory; <i>times async</i> is the same beside plain async code. Where the
quartiles of the samples lie more than 15 % apart, a row is noisy.</p>
<p>This page was made by</p>
<pre><code>${text(h.command ?? "npx bun run bench --html page.html")}</code></pre>
<p>in a checkout of gobuf; bench/README.md says what it needs.</p>`,
  };
}

/** The page of a report. */
export function page(report: Report): string {
  const { header, rows, failed, serve, aims, baseline, left_out = [] } = report;
  const css = readFileSync(join(import.meta.dir, "style.css"), "utf8");
  const names = [...rows.map(({ name }) => name), ...serve.map(({ name }) => name)];
  const impls = new Set([...rows.map(({ impl }) => impl)]);
  const sections: Section[] = [
    ...(rows.length === 0 ? [] : [aimSection(aims)]),
    ...GROUPS.flatMap((group) => groupSection(group, rows)),
    ...(serve.length === 0 ? [] : [{ title: "An interval beside a server", html: serveTable(serve) }]),
    method(header),
    ...(names.length === 0 ? [] : [{ title: "What the names mean", html: definitions(impls, names) }]),
  ];
  const contents = sections.map(({ title }) => `<li><a href="#${anchor(title)}">${title}</a></li>`);
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
${opening(header, rows)}
${headerList(header)}
${isTooNoisy(rows) ? `<p class="warning">${TOO_NOISY}</p>` : ""}
${failed.map((one) => `<p class="warning failed">${text(failedLine(one))}</p>`).join("\n")}
${left_out.map((name) => `<p class="warning left-out">${text(leftOutLine(name))}</p>`).join("\n")}
${baseline === null ? "" : baselineTable(baseline)}
<nav aria-label="contents"><h2 id="contents">Contents</h2><ul>${contents.join("\n")}</ul></nav>
${sections.map(({ title, html }) => `<h2 id="${anchor(title)}">${title}</h2>\n${html}`).join("\n")}
</body>
</html>
`;
}
