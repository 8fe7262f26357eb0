/** The tables of the page. */
import { aimText, type Verdict } from "../aims.ts";
import { definitionOf, IMPLEMENTATIONS } from "../definitions.ts";
import { isNoisy, numbersOf, type Result } from "../measure.ts";
import { ratioOf } from "../ratio.ts";
import type { Comparison } from "../schema.ts";
import type { ServeResult } from "../serve.ts";
import { amount, counted, skippedLine } from "../table.ts";
import { byUnit, inUnit, rangeOf, rounded, type Unit } from "./numbers.ts";

export const text = (plain: string) => Bun.escapeHTML(plain);

/** A name for a link. */
export const anchor = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

function cells(list: readonly string[], tag = "td"): string {
  return list.map((one) => `<${tag}>${one}</${tag}>`).join("");
}

/** A table that scrolls by itself where it is wider than the window, and says so. */
function table(name: string, caption: string, head: readonly string[], rows: readonly string[]): string {
  return `<div class="wide" tabindex="0" role="region" aria-label="${text(caption)}"><table class="${name}"><thead><tr>${cells(head, "th")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

const dash = "&ndash;";

/** An interval, with the digits that its width allows. */
function range(low: number, high: number, digits = (high - low) / 2): string {
  return `${rounded(low, digits)}${dash}${rounded(high, digits)}`;
}

const key = (impl: string) => `<span class="key" style="background:var(--${impl})"></span>${impl}`;

/** The ratio beside another implementation, and its interval: two cells. */
function ratioCells(results: readonly Result[], r: Result, over: string): [string, string] {
  const spread = r.impl === over ? undefined : ratioOf(results, r.name, r.impl, over);
  if (spread === undefined) return ["", ""];
  const { ratio, low, high } = spread;
  return [rounded(ratio, (high - low) / 2), range(low, high)];
}

function resultRow(results: readonly Result[], r: Result, unit: Unit, first: boolean): string {
  const [low, high] = rangeOf(r);
  const noise = `${(r.spread * 100).toFixed(0)} %`;
  const list = [
    first ? `<a href="#what-${anchor(r.name)}">${text(r.name)}</a>` : "",
    key(r.impl),
    inUnit(numbersOf(r).median, r, unit),
    `${inUnit(low, r, unit)}${dash}${inUnit(high, r, unit)}`,
    text(counted(r)),
    ...ratioCells(results, r, "go"),
    ...ratioCells(results, r, "async"),
    isNoisy(r) ? `<span class="missed">${noise}</span>` : noise,
  ];
  const what = `data-row="${text(r.name)}" data-impl="${r.impl}"`;
  return `<tr ${what}${first ? ' class="first"' : ""}>${cells(list)}</tr>`;
}

/** Results, one table for each unit. */
export function resultTables(results: readonly Result[]): string {
  return byUnit(results)
    .map(({ unit, results: those }) => {
      const head = [
        "row",
        "implementation",
        `median, ${unit.name}`,
        `of rounds, ${unit.name}`,
        "for one",
        "times Go",
        "of rounds",
        "times async",
        "of rounds",
        "quartiles apart",
      ];
      const rows = those.map((r, i) => resultRow(results, r, unit, those[i - 1]?.name !== r.name));
      return table("rows", `results, ${unit.name}`, head, rows);
    })
    .join("\n");
}

/** What a verdict's numbers are, with its unit. */
function reachedCells({ unit, reached, low, high }: Verdict): [string, string] {
  if (reached === null || low === null || high === null) return ["", ""];
  const name = { times: "times", bytes: "B", ms: "ms", share: "of the gain" }[unit];
  return [`${rounded(reached, (high - low) / 2 || 1)} ${name}`, range(low, high, (high - low) / 2 || 1)];
}

/** The aims of a run, each with what it reached. */
export function aimTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((v) => {
    const list = [
      text(v.row),
      key(v.impl),
      `<span class="${v.verdict.replace(" ", "-")}">${v.verdict}</span>`,
      text(aimText(v)),
      ...reachedCells(v),
    ];
    const what = `data-aim="${text(v.row)}" data-impl="${v.impl}" data-verdict="${v.verdict}"`;
    return `<tr class="first" ${what}>${cells(list)}</tr>`;
  });
  return table("aims", "aims", ["row", "implementation", "this run says", "aim", "reached", "of rounds"], rows);
}

export function serveTable(serve: readonly ServeResult[]): string {
  const rows = serve.map((r) => {
    const late = [r.late_p50, r.late_p99, r.late_max].map((ms) => ms.toFixed(1));
    const perSecond = rounded(r.per_second, r.per_second / 20);
    return `<tr data-row="${r.name}" data-impl="${r.impl}">${cells([r.name, r.impl, ...late, perSecond])}</tr>`;
  });
  const head = ["row", "implementation", "late by, median, ms", "99 %, ms", "most, ms", "requests a second"];
  return table("rows", "an interval beside a server", head, rows);
}

export function baselineTable({ what, rows, skipped }: Comparison): string {
  const lines = rows.map((c) => {
    const moved = { better: "met", worse: "missed", same: "dim" }[c.moved];
    const list = [
      text(c.name),
      c.impl,
      amount(c.metric, c.base),
      amount(c.metric, c.now),
      text(counted(c)),
      c.ratio.toFixed(2),
      `${c.ratio_low.toFixed(2)}${dash}${c.ratio_high.toFixed(2)}`,
      `<span class="${moved}">${c.moved}</span>`,
    ];
    return `<tr data-compared="${text(c.name)}" data-impl="${c.impl}" data-moved="${c.moved}">${cells(list)}</tr>`;
  });
  const head = ["row", "implementation", "baseline", "now", "a", "ratio", "of pairs", "moved"];
  const missing = skipped.map((one) => `<p class="skipped">${text(skippedLine(one))}</p>`);
  return [
    `<h2 id="compared">Compared with ${text(what)}</h2>`,
    table("rows", "comparison", head, lines),
    ...missing,
  ].join("\n");
}

/** What every implementation and row of a run is. */
export function definitions(impls: Iterable<string>, rows: Iterable<string>): string {
  const list = (terms: readonly (readonly [string, string])[]) =>
    `<dl>${terms.map(([term, what]) => `<dt id="what-${anchor(term)}">${text(term)}</dt><dd>${text(what)}</dd>`).join("\n")}</dl>`;
  return [
    "<h3>Implementations</h3>",
    list([...impls].map((impl) => [impl, IMPLEMENTATIONS[impl] ?? ""])),
    "<h3>Rows: what one operation is</h3>",
    list([...new Set(rows)].map((row) => [row, definitionOf(row) ?? ""])),
  ].join("\n");
}
