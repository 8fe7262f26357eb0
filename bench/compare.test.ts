/** Two reports of the bench are compared: a row that moved is told from the machine's noise. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { abiSkip } from "../scripts/abis/skip.ts";
import { packageRoot } from "../src/runtime/library.ts";
import { openBaseline } from "./baseline.ts";
import {
  BaselineError,
  CHANGE_MIN,
  CONFIRMING_SETS,
  compareReports,
  compareRow,
  isConfirmed,
  movement,
  P_MAX,
  PROCESSES,
} from "./compare.ts";
import { type Result, type Starter, summarise } from "./measure.ts";
import { report } from "./page/fixture.ts";
import { type Command, Peer } from "./peer.ts";
import { host } from "./peers.ts";
import { FULL, rows } from "./rows.ts";
import { mannWhitney } from "./statistics.ts";
import { compareFooter, compareHeader } from "./table.ts";

/** Ten processes and more. */
setDefaultTimeout(60_000);

describe("Mann-Whitney", () => {
  // Two of the 252 ways to choose five of ten lie so far apart.
  test.each([
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252],
    [[6, 7, 8, 9, 10], [1, 2, 3, 4, 5], 2 / 252],
    [[1, 2, 3, 4, 6], [5, 7, 8, 9, 10], 4 / 252],
    [[1, 2], [3, 4], 2 / 6],
    [[1, 3], [2, 4], 4 / 6],
    [[1, 1, 1], [1, 1, 1], 1],
  ])("of %p and %p", (a, b, p) => {
    expect(mannWhitney(a, b)).toBeCloseTo(p, 10);
  });
});

describe("a row", () => {
  const base = [100, 101, 102, 103, 104];
  const times = (factor: number) => base.map((n) => n * factor);

  test.each([
    ["twice as slow", times(2), "worse"],
    ["twice as fast", times(0.5), "better"],
    ["slower by more than the noise", times(1.06), "worse"],
    ["as fast", times(1), "same"],
    ["slower by less than counts, though never as fast", [105, 105, 105, 105, 104.5], "same"],
    ["slower, but for one process", [99, 202, 204, 206, 208], "same"],
  ])("that is %s", (_, now, moved) => {
    expect(movement(base, now).moved).toBe(moved as never);
  });

  test.each([
    ["the same", times(1.2), true],
    ["the same, but for two pairs", [102.5, 121, 122, 123, 125], true],
    ["the same, but for three", [101.5, 121, 122, 123, 125], false],
    ["the same by less than counts", times(1.02), false],
    ["nothing", base, false],
    ["the opposite", times(0.8), false],
  ])("that was worse, and of which another set says %s", (_, after, is) => {
    expect(isConfirmed("worse", { before: base, after })).toBe(is);
  });

  test("that has not moved is hardly ever said to have, however the machine may sway", () => {
    const seed = 7;
    // Ranks alone count, so any spread will do: here processes differ by up to three times.
    const process = fc.noBias(fc.integer({ min: 1000, max: 3000 }));
    const side = fc.array(process, { minLength: PROCESSES, maxLength: PROCESSES });
    const set = fc.record({ before: side, after: side });
    const sets = fc.array(set, { minLength: CONFIRMING_SETS, maxLength: CONFIRMING_SETS });
    const machines = fc.sample(fc.tuple(set, sets), { numRuns: 2000, seed });
    const alarmed = machines.filter(([{ before, after }]) => movement(before, after).moved !== "same");
    const moved = alarmed.filter(([{ before, after }, further]) =>
      further.some((again) => isConfirmed(movement(before, after).moved, again)),
    );
    // By the first set alone 8 of a thousand are.
    expect(alarmed.length, `seed ${seed}`).toBeGreaterThan(5);
    expect(moved.length, `seed ${seed}`).toBeLessThanOrEqual(1);
  });

  test("can move with as many processes as there are", () => {
    expect(movement(base, times(2)).p).toBeLessThan(P_MAX);
    expect(CHANGE_MIN).toBeGreaterThan(0);
  });
});

describe("a report of an earlier run", () => {
  const result = (ns: number, apart: number): Result =>
    summarise(
      { group: "sync", name: "a", unit: "op", metric: "time", n: 1 },
      "native",
      [[ns - apart, ns, ns + apart]],
      undefined,
    );

  test.each([
    ["worse", result(100, 1), result(120, 1)],
    ["better", result(120, 1), result(100, 1)],
    ["same", result(100, 30), result(120, 30)],
    ["same", result(100, 0), result(102, 0)],
  ])("%s", (moved, before, now) => {
    expect(compareReports([before], [now])).toMatchObject([{ name: "a", moved, p: null }]);
  });

  /** Ten rows of a run, the first of which is so many times as slow. */
  const run = (factor: number, first = 1, apart = 1) =>
    Array.from({ length: 10 }, (_, i) => {
      const ns = (100 + i) * factor * (i === 0 ? first : 1);
      return { ...result(ns, apart), name: `row ${i}` };
    });
  const movedOf = (base: Result[], now: Result[]) =>
    compareReports(base, now).flatMap(({ name, moved }) => (moved === "same" ? [] : [`${name} ${moved}`]));

  test("a row that moved among others that did not is named, whatever the machine's mood", () => {
    expect(movedOf(run(1), run(1, 1.5))).toEqual(["row 0 worse"]);
    expect(movedOf(run(1), run(1.2, 0.5))).toEqual(["row 0 better"]);
  });

  test("what all rows have in common is the machine's mood", () => {
    expect(movedOf(run(1), run(1.5))).toEqual([]);
    expect(movedOf(run(1), run(1.5, 0.8))).toEqual([]);
    expect(movedOf(run(1), run(0.5, 1.5))).toEqual([]);
  });

  test("nothing is told from a run that is too noisy", () => {
    expect(movedOf(run(1), run(1, 2.5, 30))).toEqual([]);
    expect(movedOf(run(1, 1, 30), run(1, 2.5))).toEqual([]);
  });

  test("samples of one among the other's tell nothing", () => {
    const sample = (...ns: number[]) =>
      summarise({ group: "sync", name: "a", unit: "op", metric: "time", n: 1 }, "native", [ns], undefined);
    expect(movedOf([sample(90, 100, 100, 100, 100)], [sample(100, 120, 120, 120, 120)])).toEqual([]);
    expect(movedOf([sample(90, 100, 100, 100, 100)], [sample(101, 120, 120, 120, 120)])).toEqual(["a worse"]);
  });

  test("rows of one run alone are left out", () => {
    expect(compareReports([], [result(1, 0)])).toEqual([]);
  });
});

test("the footer names what has moved, and a machine that is too busy", () => {
  const line = { name: "a", impl: "native", unit: "op", metric: "time", base: 1, now: 2, p: 0.008 } as const;
  const worse = { ...line, ratio: 0.5, ratio_low: 0.49, ratio_high: 0.51, moved: "worse" } as const;
  const same = { ...line, ratio: 1, ratio_low: 0.5, ratio_high: 2, moved: "same" } as const;
  expect(compareFooter([worse]).slice(-3)).toEqual([
    "0 rows have not moved beyond the noise",
    "0 better",
    "1 worse: a, native (0.50)",
  ]);
  expect(compareFooter([same]).at(-1)).toContain("too busy for a judgement. (1 of 1)");
});

test("the header says when an earlier run was of another kind", () => {
  const { header } = report;
  const lines = compareHeader(header, "run.json", { ...header, cpu: "Z80", quick: !header.quick });
  expect(lines.filter((line) => line.startsWith("WARNING"))).toEqual([
    `WARNING: not the same cpu: the baseline has Z80, this run ${header.cpu}`,
    `WARNING: not the same quick: the baseline has ${!header.quick}, this run ${header.quick}`,
  ]);
  expect(compareHeader(header, "run.json", header).join("\n")).not.toContain("WARNING");
});

describe("a baseline", () => {
  const folder = mkdtempSync(join(tmpdir(), "gobuf-compare-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("that is nothing of the kind is refused", () => {
    expect(() => openBaseline("no-such-commit")).toThrow(
      "bench: --baseline no-such-commit: expected a checkout's folder, a report of --json, or a commit",
    );
    const file = join(folder, "report.json");
    writeFileSync(file, "{}");
    expect(() => openBaseline(file)).toThrow("is no report of this bench: rows: expected at least one");
    writeFileSync(join(folder, "package.json"), '{ "name": "other" }');
    expect(() => openBaseline(folder)).toThrow("is no checkout of gobuf: its package is other");
  });

  const effort = { rounds: 1, passes: 1, samples: 1, roundMs: 1e6, warmMs: 0 };
  const found = rows(FULL).find(({ name }) => name === "gosched 2");
  if (found === undefined) throw new Error("no row");
  const row = { ...found, n: 1600, fixed: true };
  const starter = (command: Command): Starter => ({ impl: "generator", start: () => Peer.start("generator", command) });
  const here = starter(host("generator", 1));
  const test_ = abiSkip(["arm64", "windows", "musl"], "it starts dozens of processes of the same programs");

  test_("that is this checkout has not moved", async () => {
    using same = openBaseline(packageRoot);
    if (same.kind !== "checkout") throw new Error("no checkout");
    const lines = await compareRow(row, starter(same.command("generator", 1)), here, effort);
    expect(lines).toMatchObject([{ name: "gosched 2", impl: "generator", moved: "same" }]);
  });

  test_("that cannot do a row is told from this checkout, which must", async () => {
    const lost: Starter = { ...here, start: () => Promise.reject(new Error("bench: generator ended")) };
    const failed = (base: Starter, now: Starter) => compareRow(row, base, now, effort).catch((error: unknown) => error);
    expect(await failed(lost, here)).toBeInstanceOf(BaselineError);
    expect(await failed(lost, here)).toMatchObject({ message: "bench: generator ended" });
    expect(await failed(here, lost)).not.toBeInstanceOf(BaselineError);
  });

  test_("whose gosched is slower is told from it: the row is better here, and worse there", async () => {
    const root = join(folder, "slow");
    mkdirSync(root);
    for (const name of ["src", "package.json"]) cpSync(join(packageRoot, name), join(root, name), { recursive: true });
    symlinkSync(join(packageRoot, "zig-out"), join(root, "zig-out"), "junction");
    const file = join(root, "src", "go.ts");
    const source = readFileSync(file, "utf8");
    const slow = "const until = performance.now() + 0.02;\n  while (performance.now() < until);\n  ";
    const edited = source.replace('getg("gosched");', `${slow}getg("gosched");`);
    expect(edited).not.toBe(source);
    writeFileSync(file, edited);
    using slower = openBaseline(root);
    if (slower.kind !== "checkout") throw new Error("no checkout");
    const there = starter(slower.command("generator", 1));
    expect(await compareRow(row, there, here, effort)).toMatchObject([{ moved: "better" }]);
    expect(await compareRow(row, here, there, effort)).toMatchObject([{ moved: "worse" }]);
  });
});
