/** The aims of the bench: each names a row, and reads as a sentence; a run says met or missed only where it can. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Aim, aims, aimText, judge } from "./aims.ts";
import { type Result, summarise } from "./measure.ts";
import { PROCESSES_DIFFER, ratioOf } from "./ratio.ts";
import { FULL, partName, rows } from "./rows.ts";

const time = (name: string, impl: string, ...rounds: number[]): Result =>
  summarise(
    { group: "sync", name, unit: "op", metric: "time", n: 1 },
    impl,
    rounds.map((ns) => [ns]),
    undefined,
  );
const bytes = (name: string, impl: string, ...rounds: number[]): Result =>
  summarise(
    { group: "parked", name, unit: "goroutine", metric: "bytes", n: 1 },
    impl,
    rounds.map((n) => [n]),
    undefined,
  );

/** Seven rounds that agree, and one that does not, which is too few to make the row a noisy one. */
const ofMany = (impl: string, ns: number, other: number) => time("a", impl, ...Array(7).fill(ns), other);

const faster: Aim = { row: "a", impl: "native", over: "go", times: 2 };
const smaller: Aim = { row: "b", impl: "generator", bytes: 500 };
const beside: Aim = { row: "c", impl: "generator", over: "async", ms: 35 };
const MS = 1e6;

describe("an aim of speed", () => {
  test.each([
    ["reached by far", [time("a", "native", 10, 10), time("a", "go", 30, 30)], "met", 3],
    ["missed by far", [time("a", "native", 10, 10), time("a", "go", 15, 15)], "missed", 1.5],
    ["reached exactly", [time("a", "native", 10, 10), time("a", "go", 20, 20)], "not told", 2],
    ["reached by less than processes differ", [time("a", "native", 10), time("a", "go", 20.9)], "not told", 2.09],
    ["missed by less than processes differ", [time("a", "native", 10), time("a", "go", 19.25)], "not told", 1.925],
    ["reached in most rounds", [ofMany("native", 10, 16), ofMany("go", 30, 30)], "not told", 3],
    ["missed in most rounds", [ofMany("native", 10, 10), ofMany("go", 15, 22)], "not told", 1.5],
    ["without the other", [time("a", "native", 10)], "not measured", null],
    ["with another implementation's row", [time("a", "generator", 10), time("a", "go", 20)], "not measured", null],
  ] as const)("%s", (_, results, verdict, reached) => {
    expect(judge(results, [faster])[0]).toMatchObject({
      row: "a",
      over: "go",
      aim: 2,
      unit: "times",
      reached,
      verdict,
    });
  });
});

const gain: Aim = { row: "a, 2 Ps", single: "a, 1 P", impl: "native", over: "go", share: 0.95 };
test.each([
  ["as great as Go's", [100, 52, 100, 52], "met", 1],
  ["smaller", [100, 60, 100, 52], "missed", 52 / 60],
  ["on a machine that gives Go no second core", [100, 99, 100, 70], "not told", 70 / 99],
])("a gain by a second P that is %s", (_, [one = 0, two = 0, goOne = 0, goTwo = 0], verdict, reached) => {
  const results = [
    time("a, 1 P", "native", one),
    time("a, 2 Ps", "native", two),
    time("a, 1 P", "go", goOne),
    time("a, 2 Ps", "go", goTwo),
  ];
  const [found] = judge(results, [gain]);
  expect(found).toMatchObject({ row: "a, 2 Ps", impl: "native", over: "go", aim: 0.95, unit: "share", verdict });
  expect(found?.reached).toBeCloseTo(reached);
  expect(judge(results.slice(1), [gain])[0]).toMatchObject({ reached: null, verdict: "not measured" });
  expect(aimText({ over: "go", aim: 0.95, unit: "share" })).toBe("0.95 of what go gains");
});

test.each([
  [[470, 480], "met"],
  [[500, 500], "met"],
  [[501, 510], "missed"],
  [[490, 510], "not told"],
] as const)("an aim of memory: rounds of %j bytes are %s", (rounds, verdict) => {
  const [first] = judge([bytes("b", "generator", ...rounds)], [smaller]);
  expect(first).toMatchObject({ over: null, aim: 500, unit: "bytes", verdict });
});

test.each([
  [20, "met"],
  [35, "met"],
  [36, "missed"],
] as const)("an aim of milliseconds beside another: %d more is %s", (more, verdict) => {
  const results = [time("c", "generator", 50 * MS + more * MS), time("c", "async", 50 * MS)];
  expect(judge(results, [beside])[0]).toMatchObject({ over: "async", aim: 35, unit: "ms", reached: more, verdict });
});

test("no row that Go has is to be slower than Go, unless another aim is set", () => {
  const row = { group: "sync", unit: "op", metric: "time", n: 1 } as const;
  const results = [
    summarise({ ...row, name: "a" }, "native", [[10]], [[30]]),
    summarise({ ...row, name: "d" }, "native", [[10]], [[30]]),
    summarise({ ...row, name: "d" }, "effect", [[10]], [[30]]),
    time("a", "go", 30),
    time("d", "go", 30),
  ];
  const told = judge(results, [faster]).map(({ row: name, impl, aim }) => [name, impl, aim]);
  expect(told).toEqual([
    ["a", "native", 2],
    ["d", "native", 1],
  ]);
});

test("a ratio's interval has the ratios of its rounds, pair by pair", () => {
  const spread = ratioOf([time("a", "native", 10, 20, 10), time("a", "go", 30, 60, 40)], "a", "native", "go");
  expect(spread?.ratio).toBe(4);
  expect(spread?.low).toBeCloseTo(3 * 0.95);
  expect(spread?.high).toBeCloseTo(4 * 1.05);
});

test("a noisy row tells nothing, and neither does a run of many", () => {
  const quiet = [time("a", "native", 10, 10), time("a", "go", 30, 30)];
  const noisy = time("a", "go", 30, 60, 30, 60);
  const others = ["x", "y", "z"].map((name) => time(name, "async", 10, 10));
  expect(judge([...quiet, ...others], [faster])[0]?.verdict).toBe("met");
  expect(judge([quiet[0] as Result, noisy, ...others, ...others], [faster])[0]?.verdict).toBe("not told");
  const many = ["u", "v", "w"].map((name) => time(name, "async", 10, 20, 10, 20));
  expect(judge([...quiet, ...many], [faster])[0]?.verdict).toBe("not told");
});

test("runs whose processes differ by no more than that never say met and missed of one row", () => {
  // A side's processes: half of what a ratio's may differ by.
  const apart = PROCESSES_DIFFER / 2 - 0.001;
  const process = fc.double({ min: 1 - apart, max: 1 + apart, noNaN: true });
  const side = fc.array(process, { minLength: 3, maxLength: 9 });
  const runs = fc.array(fc.tuple(side, side), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(runs, fc.double({ min: 1.8, max: 2.2, noNaN: true }), (list, times) => {
      const told = list.map(([ours, theirs]) => {
        const results = [
          time("a", "native", ...ours.map((one) => 10 * one)),
          time("a", "go", ...theirs.map((one) => 10 * times * one)),
        ];
        return judge(results, [faster])[0]?.verdict;
      });
      expect(told.includes("met") && told.includes("missed")).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test("every aim names a row that there is, once", () => {
  const names = new Set(rows(FULL).flatMap((row) => row.parts.map((part) => partName(row, part))));
  for (const { row } of aims) expect(names.has(row), row).toBe(true);
  const ids = aims.map((aim) => `${aim.row} ${aim.impl} ${"over" in aim ? aim.over : ""}`);
  expect(new Set(ids).size).toBe(aims.length);
});

test("an aim in words", () => {
  expect(aimText({ over: "go", aim: 2.5, unit: "times" })).toBe("2.5 times go");
  expect(aimText({ over: "boost", aim: 1 / 1.3, unit: "times" })).toBe("0.77 times boost");
  expect(aimText({ over: "go", aim: 20, unit: "times" })).toBe("20 times go");
  expect(aimText({ over: "async", aim: 1, unit: "times" })).toBe("not slower than async");
  expect(aimText({ over: null, aim: 520, unit: "bytes" })).toBe("at most 520 B");
  expect(aimText({ over: "async", aim: 35, unit: "ms" })).toBe("at most 35 ms beside async");
});
