import { expect, test } from "bun:test";
import { join } from "node:path";
import { checkReport, type Report } from "./schema.ts";

const good: Report = {
  header: {
    gobuf: "0.1.0",
    abi: "System V x86-64",
    bun: "1",
    go: "go1",
    cpu: "x",
    cores: 2,
    kernel: "6",
    load: [0, 0.5, 1],
    seed: 1,
  },
  rows: [
    {
      name: "a",
      impl: "native",
      unit: "op",
      ns_min: 1,
      ns_median: 2,
      spread: 0,
      vs_go: 2,
      vs_go_low: 1,
      vs_go_high: 3,
    },
  ],
  serve: [],
};

test("a whole report passes", () => {
  expect(checkReport(good)).toEqual([]);
});

test.each([
  ["no rows", { ...good, rows: [] }, "rows: expected at least one"],
  ["a negative time", { ...good, rows: [{ ...good.rows[0], ns_min: -1 }] }, "rows[0].ns_min: -1"],
  ["a missing field", { ...good, rows: [{ ...good.rows[0], impl: undefined }] }, "rows[0].impl: undefined"],
  ["an unknown field", { ...good, rows: [{ ...good.rows[0], x: 1 }] }, "rows[0].x: no such field"],
  ["no load", { ...good, header: { ...good.header, load: [] } }, "header.load: []"],
  ["nothing", undefined, "rows: expected at least one"],
])("%s is named", (_, report, expected) => {
  expect(checkReport(report)).toContain(expected);
});

/** The Go programs are built first, on a machine whose Go has built nothing yet. */
const BUILD_MS_MAX = 120_000;

function bench(...args: string[]) {
  const run = Bun.spawnSync([process.execPath, join(import.meta.dir, "main.ts"), ...args], { stderr: "pipe" });
  return { code: run.exitCode, out: run.stdout.toString(), err: run.stderr.toString() };
}

test("a filter that matches nothing, a bad expression and a bad option are refused", () => {
  expect(bench("--filter", "^none$")).toMatchObject({ code: 2, err: expect.stringContaining("no row matches") });
  expect(bench("--filter", "(")).toMatchObject({ code: 2, err: expect.stringContaining("Invalid regular expression") });
  expect(bench("--fast")).toMatchObject({ code: 2, err: expect.stringContaining("unknown option '--fast'") });
  expect(bench("--seed", "-1")).toMatchObject({ code: 2, err: expect.stringContaining("0 to 2^53-1") });
});

test(
  "--json - prints a report that fits the schema",
  () => {
    const { code, out } = bench("--quick", "--filter", "^raw switch$", "--json", "-");
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(checkReport(report)).toEqual([]);
    expect(report.rows).toHaveLength(1);
  },
  BUILD_MS_MAX,
);
