/** The plots of the page, as SVG. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { numbersOf, type Result } from "../measure.ts";
import { amount } from "../table.ts";

const { document } = parseHTML("<html></html>");

/** One colour an implementation, defined in style.css for light and dark. */
const colour = (impl: string) => `var(--${impl})`;

const WIDTH = 900;
/** Where the bars begin: the rows' names and the implementations' stand before it. */
const LEFT = 310;
const BAR = 17;
/** Height of a line of text. */
const LINE = 16;
/** Space between two rows. */
const GAP = 8;

function svg(options: Plot.PlotOptions): string {
  const plot = Plot.plot({ ...options, document: document as unknown as NonNullable<Plot.PlotOptions["document"]> });
  return (plot as unknown as { outerHTML: string }).outerHTML;
}

/** A bar of a bar chart. */
interface Bar {
  readonly row: string;
  readonly impl: string;
  readonly value: number;
  readonly text: string;
}

/**
 * Bars, in groups of a row, their lengths proportional to their values.
 *
 * @param label what the values are
 * @param one where to mark what the bars are compared with
 */
function bars(title: string, list: readonly Bar[], label: string, one?: number): string {
  const rows = [...new Set(list.map(({ row }) => row))];
  let y = 0;
  const placed = rows.flatMap((row) => {
    const those = list.filter((bar) => bar.row === row);
    const at = those.map((bar, i) => ({ ...bar, first: i === 0, y1: y + i * BAR + 1, y2: y + (i + 1) * BAR - 1 }));
    y += those.length * BAR + GAP;
    return at;
  });
  const middle = (bar: { y1: number; y2: number }) => (bar.y1 + bar.y2) / 2;
  const margins = { marginLeft: LEFT, marginRight: 70, marginTop: 10, marginBottom: 40 };
  return svg({
    ariaLabel: title,
    width: WIDTH,
    height: y + margins.marginTop + margins.marginBottom,
    ...margins,
    x: { label, labelArrow: "none", grid: true, domain: [0, Math.max(one ?? 0, ...list.map(({ value }) => value))] },
    y: { axis: null, domain: [0, y], reverse: true },
    style: { fontSize: "12px" },
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
      Plot.text(placed, {
        x: "value",
        y: middle,
        text: "text",
        textAnchor: "start",
        dx: 5,
        fill: "currentColor",
        stroke: "var(--back)",
      }),
      Plot.text(placed, { x: 0, y: middle, text: "impl", textAnchor: "end", dx: -6 }),
      Plot.text(
        placed.filter(({ first }) => first),
        { x: 0, y: middle, text: "row", textAnchor: "end", dx: -90, fontWeight: 600 },
      ),
    ],
  });
}

/** How many times as fast as Go the results of a group are; how many nanoseconds where there is no Go. */
export function barChart(group: string, results: readonly Result[]): string {
  const compared = results.filter((r) => r.vs_go !== null);
  if (compared.length > 0) {
    const list = compared.map(({ name, impl, vs_go }) => {
      const value = vs_go ?? 0;
      return { row: name, impl, value, text: value.toPrecision(3) };
    });
    return bars(group, list, "times Go (GOMAXPROCS=1); longer is better", 1);
  }
  const list = results.map((r) => {
    const value = numbersOf(r).median;
    return { row: r.name, impl: r.impl, value, text: amount(r.metric, value) };
  });
  return bars(group, list, "ns; shorter is better");
}

/** What a gosched costs as the goroutines grow. Empty when a run has too few of those rows. */
export function growthCurve(results: readonly Result[]): string {
  const points = results.flatMap((r) => {
    const size = /^gosched (\d+)$/.exec(r.name)?.[1];
    return size === undefined ? [] : [{ size: Number(size), impl: r.impl, ns: numbersOf(r).median }];
  });
  const sizes = new Set(points.map(({ size }) => size));
  if (sizes.size < 3) return "";
  const sorted = points.sort((a, b) => a.size - b.size);
  const impls = [...new Set(points.map(({ impl }) => impl))];
  const last = impls.flatMap((impl) => sorted.findLast((point) => point.impl === impl) ?? []);
  const logs = points.map(({ ns }) => Math.log10(ns));
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  const margins = { marginLeft: 60, marginRight: 90, marginTop: 30, marginBottom: 45 };
  const height = 360;
  return svg({
    ariaLabel: "growth",
    width: WIDTH,
    height: height + margins.marginTop + margins.marginBottom,
    ...margins,
    x: { type: "log", label: "goroutines", grid: true, ticks: powers(sizes), tickFormat: english },
    y: { type: "log", label: "ns a gosched", grid: true, domain: [10 ** low, 10 ** high], tickFormat: english },
    color: { domain: impls, range: impls.map(colour) },
    style: { fontSize: "12px" },
    marks: [
      Plot.line(sorted, { x: "size", y: "ns", z: "impl", stroke: "impl", strokeWidth: 2, ariaLabel: "impl" }),
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
