import { expect, test } from "bun:test";
import { measureRow, quantile, summarise } from "./measure.ts";
import { programs } from "./programs.ts";
import { rows } from "./rows.ts";

const row = { name: "x", unit: "op" };

test("quantiles lie between the samples", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3], 0)).toBe(1);
  expect(quantile([1, 2, 3], 1)).toBe(3);
});

test("the ratio is Go's median by ours, with the rounds' lowest and highest", () => {
  const r = summarise(row, "native", [[10, 10], [20]], [[40, 40], [20]]);
  expect(r.ns_min).toBe(10);
  expect(r.ns_median).toBe(10);
  expect(r.vs_go).toBe(4);
  expect(r.vs_go_low).toBe(1);
  expect(r.vs_go_high).toBe(4);
});

test("without Go there is no ratio", () => {
  expect(summarise(row, "native", [[10]], undefined).vs_go).toBeNull();
});

test("every row has a program that does its work", async () => {
  for (const { name } of rows(1)) {
    if (name === "raw switch" || name === "execute from TypeScript") continue;
    expect(programs[name], name).toBeDefined();
  }
  expect(await programs["gosched 2"]?.(100)).toBe(100);
  expect(await programs["select 8"]?.(100)).toBe(4950);
  expect(await programs.sieve?.(10)).toBe(29);
  expect(await programs.skynet?.(100)).toBe(4950);
});

test("a program that did not do its work fails the row by name", async () => {
  const lazy = { name: "select 2", unit: "item", n: 10, check: 45 };
  const peers = { generator: { "select 2": async () => 44 }, native: {}, go: undefined };
  await expect(measureRow(lazy, peers, { rounds: 1, samples: 1 })).rejects.toThrow(
    "bench: select 2, generator, gave 44, expected 45",
  );
});
