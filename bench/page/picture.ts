/** The one picture of the page: each row's ratio to Go and to plain async code, with its spread, on a logarithmic axis. */
import * as Plot from "@observablehq/plot";
import type { Result } from "../measure.ts";
import { middleOf, ratioOf, type Spread } from "../ratio.ts";
import { figure, svg } from "./plots.ts";

/** What is compared with what, and the mark that stands for it. */
export const COMPARISONS = [
  { impl: "native", over: "go", text: "native beside Go", colour: "var(--native)" },
  { impl: "generator", over: "go", text: "generator beside Go", colour: "var(--generator)" },
  { impl: "generator", over: "async", text: "generator beside async", colour: "var(--async)" },
] as const;
type Comparison = (typeof COMPARISONS)[number];

/** A mark of the picture. */
interface Mark extends Spread {
  readonly row: string;
  readonly comparison: Comparison;
}

/** All ratios of a run, in the order of its rows. */
function marksOf(results: readonly Result[]): Mark[] {
  return [...new Set(results.map(({ name }) => name))].flatMap((row) =>
    COMPARISONS.flatMap((comparison) => {
      const spread = ratioOf(results, row, comparison.impl, comparison.over);
      return spread === undefined || !(spread.low > 0) || !Number.isFinite(spread.high)
        ? []
        : [{ ...spread, row, comparison }];
    }),
  );
}

/** What the marks of a comparison say together. */
export interface Summary {
  readonly text: string;
  readonly rows: number;
  readonly middle: number;
  /** Rows whose whole spread lies above 1, or below. */
  readonly faster: number;
  readonly slower: readonly string[];
}

/** Sums the picture up. */
export function summaries(results: readonly Result[]): Summary[] {
  const marks = marksOf(results);
  return COMPARISONS.flatMap((comparison) => {
    const those = marks.filter((mark) => mark.comparison === comparison);
    if (those.length === 0) return [];
    return [
      {
        text: comparison.text,
        rows: those.length,
        middle: middleOf(those.map(({ ratio }) => ratio)),
        faster: those.filter(({ low }) => low > 1).length,
        slower: those.filter(({ high }) => high < 1).map(({ row }) => row),
      },
    ];
  });
}

/** Space of a mark, and of a row's name above its marks. */
const MARK = 9;
const NAME = 17;
const GAP = 5;
/** Ratios beyond are drawn at the edge. */
const FURTHEST = 100;

/** The picture; empty when a run has nothing to compare. */
export function picture(results: readonly Result[]): string {
  const marks = marksOf(results);
  if (marks.length === 0) return "";
  let y = 0;
  const names: { row: string; at: number }[] = [];
  const placed = [...new Set(marks.map(({ row }) => row))].flatMap((row) => {
    names.push({ row, at: y + NAME / 2 });
    y += NAME;
    const those = marks.filter((mark) => mark.row === row);
    const at = those.map((mark, i) => ({ ...mark, at: y + (i + 0.5) * MARK }));
    y += those.length * MARK + GAP;
    return at;
  });
  const edge = (n: number) => Math.min(FURTHEST, Math.max(1 / FURTHEST, n));
  const least = Math.min(0.5, ...marks.map(({ low }) => edge(low)));
  const most = Math.max(2, ...marks.map(({ high }) => edge(high)));
  const ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].filter((n) => n >= least && n <= most);
  const fill = (mark: Mark) => mark.comparison.colour;
  return figure((width) => {
    const shown = width < 500 ? ticks.filter((n) => /^(0\.0?)?1/.test(String(n))) : ticks;
    const axis = { tickFormat: (n: number) => `${n}` };
    return svg({
      ariaLabel: "picture",
      width,
      height: y + 60,
      marginLeft: 14,
      marginRight: 14,
      marginTop: 22,
      marginBottom: 38,
      x: { type: "log", domain: [least, most], axis: null },
      y: { axis: null, domain: [0, y], reverse: true },
      marks: [
        Plot.gridX(shown),
        Plot.axisX(shown, {
          ...axis,
          label: "slower | times as fast | faster",
          labelAnchor: "center",
          labelArrow: "none",
        }),
        Plot.axisX(shown, { ...axis, anchor: "top", label: null }),
        Plot.ruleX([1], { stroke: "currentColor" }),
        Plot.ruleY(placed, {
          y: "at",
          x1: (mark: Mark) => edge(mark.low),
          x2: (mark: Mark) => edge(mark.high),
          stroke: fill,
          strokeWidth: 2.5,
        }),
        Plot.dot(placed, {
          x: (mark: Mark) => edge(mark.ratio),
          y: "at",
          r: 3.5,
          fill,
          ariaLabel: ({ row, comparison, ratio, low, high }: Mark) =>
            `${row}; ${comparison.text}; ${ratio}; ${low}; ${high}`,
        }),
        Plot.text(names, {
          x: least,
          y: "at",
          text: "row",
          textAnchor: "start",
          dx: -8,
          fontWeight: 600,
          stroke: "var(--back)",
          fill: "currentColor",
        }),
      ],
    });
  });
}
