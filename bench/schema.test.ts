import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { checkReport, type Report } from "./schema.ts";

/** On an emulated processor a process of programs takes seconds to start. */
setDefaultTimeout(120_000);

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
  serve: [],
  aims: [{ row: "a", impl: "native", over: "go", aim: 2, reached: null, verdict: "not measured" }],
  baseline: null,
};

test("a whole report passes", () => {
  expect(checkReport(good)).toEqual([]);
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
  ["no load", { ...good, header: { ...good.header, load: [] } }, "header.load: []"],
  ["nothing", undefined, "rows: expected at least one"],
])("%s is named", (_, report, expected) => {
  expect(checkReport(report)).toContain(expected);
});

function bench(...args: string[]) {
  const run = Bun.spawnSync([process.execPath, join(import.meta.dir, "main.ts"), ...args], { stderr: "pipe" });
  return { code: run.exitCode, out: run.stdout.toString(), err: run.stderr.toString() };
}

test("a filter that matches nothing, a bad expression and a bad option are refused", () => {
  expect(bench("--filter", "^none$")).toMatchObject({ code: 2, err: expect.stringContaining("no row matches") });
  expect(bench("--filter", "(")).toMatchObject({ code: 2, err: expect.stringContaining("Invalid regular expression") });
  expect(bench("--fast")).toMatchObject({ code: 2, err: expect.stringContaining("unknown option '--fast'") });
  expect(bench("--peers", "go,perl")).toMatchObject({
    code: 2,
    err: expect.stringContaining("perl: expected all, none"),
  });
  expect(bench("--seed", "-1")).toMatchObject({ code: 2, err: expect.stringContaining("0 to 2^53-1") });
});

test("--json - prints a report that fits the schema", () => {
  const { code, out } = bench("--quick", "--peers", "async", "--filter", "^timer start", "--json", "-");
  expect(code).toBe(0);
  const report = JSON.parse(out);
  expect(checkReport(report)).toEqual([]);
  expect(report.rows.map(({ impl }: { impl: string }) => impl)).toEqual(["generator", "async"]);
});
