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
  serve: [
    { name: "interval beside Bun.serve", impl: "generator", per_second: 5, late_p50: 0, late_p99: 1, late_max: 2 },
  ],
  left_out: ["b"],
  aims: [
    {
      row: "a",
      impl: "native",
      over: "go",
      aim: 2,
      unit: "times",
      reached: null,
      low: null,
      high: null,
      verdict: "not measured",
    },
  ],
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

/** Kinds of fields: what is right for each, and what is wrong. */
const KINDS = {
  text: { right: ["x"], wrong: ["", 1, null, undefined, ["x"]] },
  "a text or null": { right: ["x", null], wrong: ["", 1, undefined] },
  "a text or nothing": { right: ["x", undefined], wrong: ["", 1, null] },
  "a date or nothing": { right: ["2026-01-02", undefined], wrong: ["", "soon", 1, null] },
  count: { right: [0, 1.5], wrong: [-1, Number.NaN, Number.POSITIVE_INFINITY, "1", null, undefined] },
  positive: { right: [0.1], wrong: [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1", null, undefined] },
  number: { right: [-1, 0, 2.5, null], wrong: [Number.NaN, Number.POSITIVE_INFINITY, "1", undefined] },
  "rounds or nothing": { right: [[1], [1, 2], undefined], wrong: [[], [0], [1, "2"], 1, null] },
  "aim's unit": { right: ["times", "bytes", "ms"], wrong: ["", "miles", null, undefined] },
  ratio: { right: [0.1, null], wrong: [0, -1, Number.NaN, "1", undefined] },
  "a probability or null": { right: [0.1, 1, null], wrong: [0, 1.1, -1, "1", undefined] },
  boolean: { right: [true, false], wrong: [0, "true", null, undefined] },
  texts: { right: [{}, { a: "b" }], wrong: [null, "x", 1, undefined, { a: "" }, { a: 1 }, { a: "b", c: 1 }] },
  load: { right: [[0, 1, 2]], wrong: [[], [1, 2], [1, 2, 3, 4], [0, 1, -1], "012", { length: 3 }, null, undefined] },
  aim: { right: ["met", "missed", "not told", "not measured"], wrong: ["", "nearly", null, undefined] },
  movement: { right: ["better", "worse", "same"], wrong: ["", "moved", null, undefined] },
  metric: { right: ["time", "cpu", "bytes"], wrong: ["", "miles", null, undefined] },
} as const;

const RESULT: Readonly<Record<string, keyof typeof KINDS>> = {
  ...{ group: "text", name: "text", impl: "text", unit: "text", n: "positive", samples: "positive", spread: "count" },
  ...{ vs_go: "ratio", vs_go_low: "ratio", vs_go_high: "ratio", rounds: "rounds or nothing" },
};
const REASON = { impl: "text", name: "a text or null", why: "text" } as const;

/** The kind of each field of each part of a report. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, keyof typeof KINDS>>>> = {
  header: {
    ...{
      gobuf: "text",
      commit: "a text or nothing",
      command: "a text or nothing",
      date: "a date or nothing",
      abi: "text",
      bun: "text",
      go: "text",
    },
    ...{
      peers: "texts",
      cpu: "text",
      cores: "positive",
      kernel: "text",
      load: "load",
      seed: "count",
      quick: "boolean",
    },
  },
  "rows.0": { ...RESULT, ns_min: "positive", ns_median: "positive", ns_max: "positive" },
  "rows.1": { ...RESULT, bytes_min: "positive", bytes_median: "positive", bytes_max: "positive" },
  "failed.0": REASON,
  "serve.0": {
    ...{ name: "text", impl: "text", per_second: "positive", late_p50: "count", late_p99: "count", late_max: "count" },
  },
  "aims.0": {
    ...{ row: "text", impl: "text", over: "a text or null", aim: "positive", unit: "aim's unit" },
    ...{ reached: "number", low: "number", high: "number", verdict: "aim" },
  },
  "baseline.rows.0": {
    ...{ name: "text", impl: "text", unit: "text", metric: "metric", base: "positive", now: "positive" },
    ...{ ratio: "positive", ratio_low: "positive", ratio_high: "positive", p: "a probability or null" },
    ...{ moved: "movement" },
  },
  "baseline.skipped.0": REASON,
};

test.each(
  Object.entries(FIELDS).flatMap(([at, fields]) =>
    Object.entries(fields).map(([name, kind]) => [at, name, kind] as const),
  ),
)("of %s, %s is %s: what is right passes, and what is wrong is named", (at, name, kind) => {
  const named = `${at.replace(/\.(\d+)/g, "[$1]")}.${name}`;
  const said = (value: unknown) => {
    const report = structuredClone({ ...good, baseline }) as unknown as Record<string, never>;
    let place: Record<string, unknown> = report;
    for (const key of at.split(".")) place = place[key] as Record<string, unknown>;
    expect(Object.hasOwn(place, name) || kind.endsWith("nothing"), `${named} is in a whole report`).toBe(true);
    place[name] = value;
    return checkReport(report);
  };
  for (const value of KINDS[kind].right) expect(said(value), JSON.stringify(value)).toEqual([]);
  for (const value of KINDS[kind].wrong)
    expect(said(value), String(value)).toEqual([`${named}: ${JSON.stringify(value)}`]);
});

test("all fields of a whole report have a kind", () => {
  const whole = { ...good, baseline } as unknown as Record<string, unknown>;
  for (const [at, fields] of Object.entries(FIELDS)) {
    let place = whole;
    for (const key of at.split(".")) place = place[key] as Record<string, unknown>;
    const free = Object.keys(place).filter((name) => !(name in fields));
    // It decides which fields a row has.
    expect(free, at).toEqual(at.startsWith("rows") ? ["metric"] : []);
  }
});

test.each([
  ["no rows", { ...good, rows: [], serve: [] }, "rows: expected at least one"],
  ["a negative time", { ...good, rows: [{ ...time, ns_min: -1 }] }, "rows[0].ns_min: -1"],
  ["a missing field", { ...good, rows: [{ ...time, impl: undefined }] }, "rows[0].impl: undefined"],
  ["an unknown field", { ...good, rows: [{ ...time, x: 1 }] }, "rows[0].x: no such field"],
  ["bytes as nanoseconds", { ...good, rows: [{ ...bytes, ns_median: 1 }] }, "rows[0].ns_median: no such field"],
  ["time without nanoseconds", { ...good, rows: [{ ...bytes, metric: "time" }] }, "rows[0].ns_min: undefined"],
  ["an unknown metric", { ...good, rows: [{ ...time, metric: "miles" }] }, 'rows[0].metric: "miles"'],
  ["a peer without a word", { ...good, header: { ...good.header, peers: { go: "" } } }, 'header.peers: {"go":""}'],
  ["rows left out that are no list", { ...good, left_out: "a" }, "left_out: expected a list of names"],
  ["a row left out without a name", { ...good, left_out: [""] }, "left_out: expected a list of names"],
  ["no aims", { ...good, aims: undefined }, "aims: expected a list"],
  ["a header that is none", { ...good, header: null }, "header: expected an object"],
  ["a row that is none", { ...good, rows: [7] }, "rows[0]: expected an object"],
  ["a row of nothing", { ...good, rows: [null] }, "rows[0]: expected an object"],
  ["rows that are no list", { ...good, rows: {} }, "rows, failed and serve: expected lists"],
  ["failures that are no list", { ...good, failed: {} }, "rows, failed and serve: expected lists"],
  ["a server's rows that are no list", { ...good, serve: {} }, "rows, failed and serve: expected lists"],
  [
    "a comparison whose rows are no list",
    { ...good, baseline: { ...baseline, rows: {} } },
    "baseline.rows and skipped: expected lists",
  ],
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
