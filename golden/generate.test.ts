/** The generator of workloads: a seed decides the case, and all ops, profiles and rare shapes come up. */
import { expect, test } from "bun:test";
import { OP_NAMES, type Op, type OpName } from "./format.ts";
import { generate } from "./generate.ts";
import { PROFILE_NAMES } from "./profiles.ts";

const SEEDS = Array.from({ length: 40 }, (_, i) => 2 ** 40 + i);
const ALL = PROFILE_NAMES.flatMap((profile) => SEEDS.map((seed) => generate(seed, profile)));

function* opsOf(ops: readonly Op[], depth = 0): Generator<{ op: Op; depth: number }> {
  for (const op of ops) {
    yield { op, depth };
    if (op[0] === "once") yield* opsOf(op[2], depth + 1);
  }
}

const EVERY = ALL.flatMap(({ workload }) => workload.bodies.flatMap((body) => [...opsOf(body)]));

test("the same seed gives the same case", () => {
  expect(PROFILE_NAMES.flatMap((profile) => SEEDS.map((seed) => generate(seed, profile)))).toEqual(ALL);
  expect(SEEDS.map((seed) => generate(seed))).toEqual(SEEDS.map((seed) => generate(seed)));
});

test("other seeds give other cases, also where only the upper bits differ", () => {
  const workloads = [1, 2, 2 ** 32 + 1, 2 ** 52 + 1].map((seed) => JSON.stringify(generate(seed, "mix").workload));
  expect(new Set(workloads).size).toBe(4);
});

test("every op occurs", () => {
  const seen = new Set<OpName>(EVERY.map(({ op }) => op[0]));
  expect([...seen].sort()).toEqual([...OP_NAMES].sort());
});

test("every profile is chosen at some seed", () => {
  const chosen = new Set(Array.from({ length: 600 }, (_, seed) => generate(seed).name.replace(/-\d+$/, "")));
  expect([...chosen].sort()).toEqual([...PROFILE_NAMES].sort());
});

test("the rare shapes occur", () => {
  const selects = EVERY.map(({ op }) => op).filter((op) => op[0] === "select");
  expect(selects.some(([, cases]) => new Set(cases.map(([, c]) => c)).size < cases.length)).toBe(true);
  expect(selects.some(([, cases, hasDefault]) => cases.length === 0 && !hasDefault)).toBe(true);
  expect(EVERY.some(({ op, depth }) => op[0] === "once" && depth > 0)).toBe(true);
  expect(ALL.some(({ workload }) => workload.chans.includes(null))).toBe(true);
  expect(ALL.some(({ workload }) => workload.bodies[0].some(([name]) => name === "goexit"))).toBe(true);
  expect(ALL.some(({ workload }) => workload.bodies[0].filter(([name]) => name === "go").length > 256)).toBe(true);
  expect(new Set(ALL.map(({ workload }) => workload.join)).size).toBe(2);
});

test("what is no seed is refused", () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN])
    expect(() => generate(seed)).toThrow(`seed ${seed}: expected an integer from 0 to 2^53-1`);
});
