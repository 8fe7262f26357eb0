/** The generator of workloads: a seed decides the case, and all ops, profiles and rare shapes come up. */
import { describe, expect, test } from "bun:test";
import { OP_NAMES, type Op, type OpName, TIMER_OPS } from "./format.ts";
import { generate } from "./generate.ts";
import { generateTimers } from "./generate-timers.ts";
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

describe("programs of timers", () => {
  const programs = SEEDS.map((seed) => generateTimers(seed));

  test("are the same for the same seed, and others for another", () => {
    expect(SEEDS.map((seed) => generateTimers(seed))).toEqual(programs);
    expect(new Set(programs.map(({ workload }) => JSON.stringify(workload))).size).toBe(SEEDS.length);
  });

  test("have every op on timers, selects on their channels, and slots that are named and are there", () => {
    const ops = programs.flatMap(({ workload }) => workload.bodies.flatMap((body) => [...opsOf(body)]));
    const seen = new Set<string>(ops.map(({ op }) => op[0]));
    for (const name of Object.keys(TIMER_OPS)) expect(seen).toContain(name);
    const cases = ops.flatMap(({ op }) => (op[0] === "select" ? op[1] : []));
    expect(new Set(cases.map(([dir]) => dir))).toEqual(new Set(["timer", "send", "recv"]));
    for (const { workload } of programs) expect(workload.timers).toBeGreaterThan(0);
  });

  test("that may come to a deadlock have no ticker", () => {
    const deadlocks = programs.filter(({ workload }) => workload.bodies[0].at(-1)?.[0] === "recv");
    expect(deadlocks.length).toBeGreaterThan(0);
    for (const { workload } of deadlocks)
      expect(workload.bodies.flat().some(([name]) => name === "newticker")).toBe(false);
  });
});

test("what is no seed is refused", () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) {
    expect(() => generate(seed)).toThrow(`seed ${seed}: expected an integer from 0 to 2^53-1`);
    expect(() => generateTimers(seed)).toThrow(`seed ${seed}: expected an integer from 0 to 2^53-1`);
  }
});
