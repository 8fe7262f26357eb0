/** The plots of the page, as SVG. Each is drawn twice, for wide windows and for narrow ones: its text is never scaled. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { numbersOf, type Result } from "../measure.ts";
import { ratioOf } from "../ratio.ts";
import { byUnit, inUnit, rangeOf, rounded } from "./numbers.ts";

const { document } = parseHTML("<html></html>");

/** One colour an implementation, defined in style.css for light and dark. */
const colour = (impl: string) => `var(--${impl})`;

/** Pixels; style.css says which is shown. */
const WIDTHS = { wide: 900, narrow: 340 } as const;
/** Where the bars begin: the implementations' names stand before it. */
const LEFT = 92;
/** Where they end: their numbers stand behind it. */
const RIGHT = 78;
const BAR = 17;
/** Height of a line of text. */
const LINE = 16;
/** Space between two rows. */
const GAP = 10;
const STYLE = { fontSize: "12px", overflow: "visible" };

export function svg(options: Plot.PlotOptions): string {
  const plot = Plot.plot({
    style: STYLE,
    ...options,
    document: document as unknown as NonNullable<Plot.PlotOptions["document"]>,
  });
  return (plot as unknown as { outerHTML: string }).outerHTML;
}

/** A plot for both widths. */
export function figure(draw: (width: number) => string): string {
  const both = Object.entries(WIDTHS).map(([name, width]) => `<div class="${name}">${draw(width)}</div>`);
  return `<figure>${both.join("\n")}</figure>`;
}

/** A bar of a bar chart. */
interface Bar {
  readonly row: string;
  readonly impl: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly text: string;
}

/**
 * Bars, in groups of a row, their lengths proportional to their values, each with a line over the values of its rounds.
 *
 * @param label what the values are
 * @param one where to mark what the bars are compared with
 */
function bars(title: string, list: readonly Bar[], label: string, one?: number): string {
  const rows = [...new Set(list.map(({ row }) => row))];
  let y = 0;
  const names: { row: string; at: number }[] = [];
  const placed = rows.flatMap((row) => {
    const those = list.filter((bar) => bar.row === row);
    names.push({ row, at: y + LINE / 2 });
    y += LINE;
    const at = those.map((bar, i) => ({ ...bar, y1: y + i * BAR + 1, y2: y + (i + 1) * BAR - 1 }));
    y += those.length * BAR + GAP;
    return at;
  });
  const middle = (bar: { y1: number; y2: number }) => (bar.y1 + bar.y2) / 2;
  const most = Math.max(one ?? 0, ...list.map(({ value }) => value));
  // A round that was disturbed does not make all other bars short.
  const end = Math.min(Math.max(most, ...list.map(({ high }) => high)), most * 1.3);
  const margins = { marginLeft: LEFT, marginRight: RIGHT, marginTop: 4, marginBottom: 40 };
  return figure((width) =>
    svg({
      ariaLabel: title,
      width,
      height: y + margins.marginTop + margins.marginBottom,
      ...margins,
      x: { label, labelAnchor: "center", labelArrow: "none", grid: true, domain: [0, end], ticks: width / 120 },
      y: { axis: null, domain: [0, y], reverse: true },
      marks: [
        Plot.rect(placed, {
          x1: 0,
          x2: "value",
          y1: "y1",
          y2: "y2",
          fill: (bar: Bar) => colour(bar.impl),
          ariaLabel: (bar: Bar) => `${bar.row}; ${bar.impl}; ${bar.value}`,
        }),
        ...(one === undefined ? [] : [Plot.ruleX([one], { stroke: "var(--go)", strokeDasharray: "4 3" })]),
        Plot.ruleY(placed, {
          y: middle,
          x1: (bar: Bar) => Math.min(bar.low, end),
          x2: (bar: Bar) => Math.min(bar.high, end),
          stroke: "currentColor",
          strokeWidth: 1.5,
        }),
        Plot.text(placed, {
          x: (bar: Bar) => Math.min(Math.max(bar.value, bar.high), end),
          y: middle,
          text: "text",
          textAnchor: "start",
          dx: 5,
          fill: "currentColor",
          stroke: "var(--back)",
        }),
        Plot.text(placed, { x: 0, y: middle, text: "impl", textAnchor: "end", dx: -6 }),
        Plot.text(names, { x: 0, y: "at", text: "row", textAnchor: "start", dx: 6 - LEFT, fontWeight: 600 }),
      ],
    }),
  );
}

/** How many times as fast as Go the results of a group are, and for rows without Go what they take. */
export function barCharts(group: string, results: readonly Result[]): string {
  const compared = results.flatMap((r): Bar[] => {
    const spread = r.impl === "go" ? undefined : ratioOf(results, r.name, r.impl, "go");
    if (spread === undefined) return [];
    const { ratio, low, high } = spread;
    return [{ row: r.name, impl: r.impl, value: ratio, low, high, text: rounded(ratio, (high - low) / 2) }];
  });
  const others = results.filter(({ name }) => !results.some((r) => r.name === name && r.impl === "go"));
  return [
    ...(compared.length === 0 ? [] : [bars(group, compared, "times Go, 1 P: longer is better", 1)]),
    ...byUnit(others).map(({ unit, results: those }) => {
      const list = those.map((r) => {
        const [low, high] = rangeOf(r).map((n) => n / unit.size) as [number, number];
        const value = numbersOf(r).median;
        return { row: r.name, impl: r.impl, value: value / unit.size, low, high, text: inUnit(value, r, unit) };
      });
      return bars(`${group}, ${unit.name}`, list, `${unit.name}: shorter is better`);
    }),
  ].join("\n");
}

/** The implementations of the curve. */
const CURVES = ["native", "generator", "async", "go", "go-all"];

/** What a gosched costs as the goroutines grow. Empty when a run has too few of those rows. */
export function growthCurve(results: readonly Result[]): string {
  const points = results.flatMap((r) => {
    const size = /^gosched (\d+)$/.exec(r.name)?.[1];
    if (size === undefined || !CURVES.includes(r.impl)) return [];
    const [low, high] = rangeOf(r);
    return [{ size: Number(size), impl: r.impl, ns: numbersOf(r).median, low, high }];
  });
  const sizes = new Set(points.map(({ size }) => size));
  if (sizes.size < 3) return "";
  const sorted = points.sort((a, b) => a.size - b.size);
  const impls = CURVES.filter((impl) => points.some((point) => point.impl === impl));
  const last = impls.flatMap((impl) => sorted.findLast((point) => point.impl === impl) ?? []);
  const logs = points.flatMap(({ low, high }) => [Math.log10(low), Math.log10(high)]);
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  const margins = { marginLeft: 50, marginRight: 80, marginTop: 30, marginBottom: 45 };
  const height = 360;
  return figure((width) => {
    const ticks = powers(sizes).filter((_, i) => width > WIDTHS.narrow || i % 2 === 0);
    return svg({
      ariaLabel: "growth",
      width,
      height: height + margins.marginTop + margins.marginBottom,
      ...margins,
      x: {
        type: "log",
        label: "goroutines",
        labelAnchor: "center",
        labelArrow: "none",
        grid: true,
        ticks,
        tickFormat: english,
      },
      y: { type: "log", label: "ns a gosched", grid: true, domain: [10 ** low, 10 ** high], tickFormat: english },
      color: { domain: impls, range: impls.map(colour) },
      marks: [
        Plot.line(sorted, { x: "size", y: "ns", z: "impl", stroke: "impl", strokeWidth: 2, ariaLabel: "impl" }),
        Plot.ruleX(sorted, { x: "size", y1: "low", y2: "high", stroke: "impl", strokeWidth: 1.5 }),
        Plot.dot(sorted, {
          x: "size",
          y: "ns",
          fill: "impl",
          r: 3.5,
          ariaLabel: ({ size, impl, ns }: { size: number; impl: string; ns: number }) => `${size}; ${impl}; ${ns}`,
        }),
        Plot.text(apart(last, 10 ** ((LINE * (high - low)) / height)), {
          x: "size",
          y: "at",
          text: "impl",
          fill: "impl",
          textAnchor: "start",
          dx: 9,
        }),
      ],
    });
  });
}

const english = (n: number) => n.toLocaleString("en");

/** The powers of ten among numbers. */
function powers(numbers: Iterable<number>): number[] {
  return [...numbers].filter((n) => Number.isInteger(Math.log10(n)));
}

/** Places for the lines' names that do not lie on each other. @param factor how far apart, on a logarithmic axis */
function apart<T extends { size: number; ns: number }>(points: readonly T[], factor: number): (T & { at: number })[] {
  const below = new Map<number, number>();
  return points
    .toSorted((a, b) => a.ns - b.ns)
    .map((point) => {
      const at = Math.max(point.ns, (below.get(point.size) ?? 0) * factor);
      below.set(point.size, at);
      return { ...point, at };
    });
}
