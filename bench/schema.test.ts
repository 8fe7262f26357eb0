/** The schema of the bench's reports: a whole report passes, and what is missing or wrong in one is named. */
import { expect, test } from "bun:test";
import { checkReport, type Report } from "./schema.ts";

const common = {
  group: "sync",
  unit: "op",
  n: 10,
  samples: 4,
  spread: 0,
  vs_go: 2,
  vs_go_low: 1,
  vs_go_high: 3,
};
const time = { ...common, name: "a", impl: "native", metric: "time", ns_min: 1, ns_median: 2, ns_max: 3 } as const;
const bytes = {
  ...common,
  name: "b",
  impl: "native",
  metric: "bytes",
  bytes_min: 1,
  bytes_median: 2,
  bytes_max: 3,
} as const;

const good: Report = {
  header: {
    gobuf: "0.1.0",
    commit: "0123456789ab",
    date: "2026-01-02T03:04:05.678Z",
    abi: "System V x86-64",
    bun: "1",
    go: "go1",
    peers: { native: "0.1.0", go: "go1", csp: "SKIPPED: not there" },
    cpu: "x",
    cores: 2,
    kernel: "6",
    load: [0, 0.5, 1],
    seed: 1,
    quick: false,
  },
  rows: [time, bytes, { ...time, metric: "cpu" }],
  failed: [{ impl: "csp", name: "a", why: "no memory" }],
  serve: [],
  aims: [{ row: "a", impl: "native", over: "go", aim: 2, reached: null, verdict: "not measured" }],
  baseline: null,
};

const compared = {
  name: "a",
  impl: "native",
  unit: "op",
  metric: "time",
  base: 1,
  now: 2,
  ratio: 0.5,
  ratio_low: 0.4,
  ratio_high: 0.6,
  p: 0.008,
  moved: "worse",
} as const;
const skipped = [
  { impl: "native", name: null, why: "too old" },
  { impl: "generator", name: "b", why: "no such program" },
];
const baseline = { what: "main", rows: [compared], skipped };

test("a whole report passes", () => {
  expect(checkReport(good)).toEqual([]);
  expect(checkReport({ ...good, rows: [], baseline })).toEqual([]);
});

test.each([
  ["no rows", { ...good, rows: [] }, "rows: expected at least one"],
  ["a negative time", { ...good, rows: [{ ...time, ns_min: -1 }] }, "rows[0].ns_min: -1"],
  ["a missing field", { ...good, rows: [{ ...time, impl: undefined }] }, "rows[0].impl: undefined"],
  ["an unknown field", { ...good, rows: [{ ...time, x: 1 }] }, "rows[0].x: no such field"],
  ["bytes as nanoseconds", { ...good, rows: [{ ...bytes, ns_median: 1 }] }, "rows[0].ns_median: no such field"],
  ["time without nanoseconds", { ...good, rows: [{ ...bytes, metric: "time" }] }, "rows[0].ns_min: undefined"],
  ["an unknown metric", { ...good, rows: [{ ...time, metric: "miles" }] }, 'rows[0].metric: "miles"'],
  ["a peer without a word", { ...good, header: { ...good.header, peers: { go: "" } } }, 'header.peers: {"go":""}'],
  ["no aims", { ...good, aims: undefined }, "aims: expected a list"],
  ["a verdict of its own", { ...good, aims: [{ ...good.aims[0], verdict: "nearly" }] }, 'aims[0].verdict: "nearly"'],
  [
    "a comparison without what was skipped",
    { ...good, baseline: { ...baseline, skipped: 1 } },
    "baseline.rows and skipped: expected lists",
  ],
  [
    "what was skipped without a reason",
    { ...good, baseline: { ...baseline, skipped: [{ ...skipped[0], why: "" }] } },
    'baseline.skipped[0].why: ""',
  ],
  ["a failure of nobody", { ...good, failed: [{ ...good.failed[0], impl: "" }] }, 'failed[0].impl: ""'],
  ["a date that is none", { ...good, header: { ...good.header, date: "soon" } }, 'header.date: "soon"'],
  ["no load", { ...good, header: { ...good.header, load: [] } }, "header.load: []"],
  ["nothing", undefined, "rows: expected at least one"],
])("%s is named", (_, report, expected) => {
  expect(checkReport(report)).toContain(expected);
});
