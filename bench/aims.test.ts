/** The aims of the bench: each names a row, and reads as a sentence. */
import { expect, test } from "bun:test";
import { type Aim, aims, aimText, judge } from "./aims.ts";
import { type Result, summarise } from "./measure.ts";
import { FULL, partName, rows } from "./rows.ts";

const time = (name: string, impl: string, ns: number): Result =>
  summarise({ group: "sync", name, unit: "op", metric: "time", n: 1 }, impl, [[ns]], undefined);
const bytes = (name: string, impl: string, n: number): Result =>
  summarise({ group: "parked", name, unit: "goroutine", metric: "bytes", n: 1 }, impl, [[n]], undefined);

const faster: Aim = { row: "a", impl: "native", over: "go", times: 2, where: "in the middle" };
const smaller: Aim = { row: "b", impl: "generator", bytes: 500 };

test.each([
  ["reached exactly", [time("a", "native", 10), time("a", "go", 20)], "met", 2],
  ["missed by little", [time("a", "native", 10), time("a", "go", 17.5)], "missed", 1.75],
  ["without the other", [time("a", "native", 10)], "not measured", null],
  ["with another implementation's row", [time("a", "generator", 10), time("a", "go", 20)], "not measured", null],
])("an aim of speed %s", (_, results, verdict, reached) => {
  expect(judge(results, [faster])).toEqual([
    { row: "a", impl: "native", over: "go", aim: 2, reached, verdict, where: "in the middle" } as never,
  ]);
});

test.each([
  [500, "met"],
  [501, "missed"],
])("an aim of memory: %d bytes are %s", (n, verdict) => {
  expect(judge([bytes("b", "generator", n)], [smaller])).toMatchObject([{ over: null, aim: 500, reached: n, verdict }]);
});

test("every aim names a row that there is, once", () => {
  const names = new Set(rows(FULL).flatMap((row) => row.parts.map((part) => partName(row, part))));
  for (const { row } of aims) expect(names.has(row), row).toBe(true);
  expect(new Set(aims.map(({ row, impl }) => `${row} ${impl}`)).size).toBe(aims.length);
});

test("an aim in words", () => {
  expect(aimText({ over: "go", aim: 2.5 })).toBe("2.5 times go");
  expect(aimText({ over: "boost", aim: 1 / 1.3 })).toBe("0.77 times boost");
  expect(aimText({ over: "go", aim: 20 })).toBe("20 times go");
  expect(aimText({ over: null, aim: 520 })).toBe("at most 520 B");
});
