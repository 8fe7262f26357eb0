/** The bench's figures (quantiles, ratios to Go), its rows, and the programs and peers that they need. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Starter, sampleRow, summarise } from "./measure.ts";
import { Peer } from "./peer.ts";
import { gist, host, OURS, PEERS, prepare, tryOut } from "./peers.ts";
import type { Programs } from "./program.ts";
import { programs as asyncPrograms } from "./programs/async.ts";
import { programs as bridge } from "./programs/bridge.ts";
import { programs as csp } from "./programs/csp.ts";
import { programs as effect } from "./programs/effect.ts";
import { programs as alone } from "./programs/gobuf.ts";
import { programs as mixed } from "./programs/mixed.ts";
import { programs as native } from "./programs/native.ts";
import { first } from "./programs/start.ts";
import { FULL, GROUPS, operations, partName, QUICK, type Row, rows } from "./rows.ts";
import { median, quantile, spread } from "./statistics.ts";

const generator: Programs = { ...alone, ...mixed, ...bridge, "import and first run": first };

/** On an emulated processor a process of programs takes seconds to start. */
setDefaultTimeout(120_000);

const time = { group: "sync", name: "x", unit: "op", metric: "time", n: 10 } as const;

test("quantiles lie between the samples", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3], 0)).toBe(1);
  expect(quantile([1, 2, 3], 1)).toBe(3);
  expect(median([3, 1, 2])).toBe(2);
  expect(spread([1, 2, 3, 4, 5])).toBeCloseTo(2 / 3);
});

test("the ratio is Go's median by ours, with the rounds' lowest and highest", () => {
  expect(summarise(time, "native", [[10, 10], [20]], [[40, 40], [20]])).toMatchObject({
    ns_min: 10,
    ns_median: 10,
    ns_max: 20,
    samples: 3,
    vs_go: 4,
    vs_go_low: 1,
    vs_go_high: 4,
  });
});

test("without Go there is no ratio, and bytes are not called nanoseconds", () => {
  expect(summarise(time, "native", [[10]], undefined).vs_go).toBeNull();
  const bytes = summarise({ ...time, metric: "bytes" }, "native", [[10]], [[20]]);
  expect(bytes).toMatchObject({ metric: "bytes", bytes_median: 10, vs_go: 2 });
  expect(bytes).not.toHaveProperty("ns_median");
});

describe("rows", () => {
  const all = rows(FULL);

  test("a quick run has fewer operations and no row of a million goroutines", () => {
    const quick = rows(QUICK);
    expect(quick.length).toBeLessThan(all.length);
    expect(quick.some(({ name }) => /1M, |1000000/.test(name))).toBe(false);
    for (const row of quick) expect(row.n).toBeLessThanOrEqual(all.find(({ name }) => name === row.name)?.n ?? 0);
  });

  test("names are unique, and groups stand together", () => {
    const names = all.flatMap((row) => row.parts.map((part) => partName(row, part)));
    expect(new Set(names).size).toBe(names.length);
    expect([...new Set(all.map(({ group }) => group))]).toEqual([...GROUPS]);
  });

  test("each scheduling row stands once more with 16 bodies", () => {
    const doubled = all.filter(({ name }) => name.endsWith(", 16 bodies")).map(({ name }) => name.split(",")[0] ?? "");
    expect(doubled).toContain("gosched 2");
    for (const name of doubled) expect(all.some((row) => row.name === name)).toBe(true);
  });

  test("every program has a row, and every row a program of ours", () => {
    const names = new Set(all.map(({ name }) => name));
    const tables: [string, Programs][] = Object.entries({ generator, native, asyncPrograms, effect, csp });
    for (const [impl, table] of tables) {
      for (const name of Object.keys(table)) expect(names.has(name), `${impl}: ${name}`).toBe(true);
    }
    const onlyHere = ["gogo+mcall", "gogo+mcall, no FP words", "preemption"]; // where the probe has them
    for (const name of names) expect(name in generator || name in native || onlyHere.includes(name), name).toBe(true);
  });
});

/** A row, made small: what a program does for so few operations is right for more. */
function small(row: Row): Row {
  const few: Record<string, Partial<Row>> = {
    "sieve 2000": { n: 10, check: () => 29 },
    "skynet 1M": { n: 1000 },
    "import and first run": { n: 1 },
    "interval beside a body that spins": { n: 4 },
    "tasks of 1 ms": { n: 8 },
    "word between Ms": { n: 2000 },
    steal: { n: 200 },
    "main woken": { n: 100 },
    "trip between threads": { n: 100 },
    "tasks on threads": { n: 8 },
    "start on a thread": { n: 2 },
    "gosched 10000": { n: 20_000 },
    "gosched 10000, 16 bodies": { n: 20_000 },
  };
  if (row.group === "event loop") return { ...row, n: 4 };
  const n = row.fixed ? 1000 : 16_000;
  return { ...row, n, fixed: true, ...few[row.name] };
}

/** Too large to be run small. */
const LARGE = /100000/;

describe.each(Object.entries({ generator, native, asyncPrograms, effect, csp }))("%s", (impl, table: Programs) => {
  const there = rows(FULL).filter(({ name }) => name in table && !LARGE.test(name) && name !== "parked 1M");
  test.each(there.map((row) => [row.name, small(row)] as const))("%s does its work", async (name, row) => {
    const got = await table[name]?.(row.n);
    expect(typeof got === "number" ? got : got?.check).toBe(row.check(operations(row, impl)));
    if (typeof got === "object") expect(got.values).toHaveLength(row.parts.length);
  });
});

/** Why a promise fails. Bun's own `rejects` turns the event loop within itself, in which pipes stand still under wine. */
function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "it did not fail",
    (error: Error) => error.message,
  );
}

describe("peers", () => {
  const row: Row = {
    group: "sync",
    name: "spawn+exit",
    parts: [{ suffix: "", metric: "time", unit: "goroutine" }],
    n: 100,
    fixed: true,
    check: (n) => n,
    fresh: false,
    long: false,
  };
  const effort = { rounds: 2, passes: 1, samples: 2, roundMs: 1e6, warmMs: 0 };
  const starter = (impl: string): Starter => ({ impl, start: () => Peer.start(impl, host(impl, 1)) });
  test("rounds are taken in turn, each sample checked", async () => {
    const found = await sampleRow(row, [starter("generator"), starter("async")], effort);
    expect([...found].map(([impl, rounds]) => [impl, rounds.map((samples) => samples.length)])).toEqual([
      ["generator", [2, 2]],
      ["async", [2, 2]],
    ]);
  });

  test("each pass has processes of its own, and behind the first one only those that aims speak of", async () => {
    let started = 0;
    const other: Starter = { impl: "other", start: () => starter("async").start() };
    const counting: Starter = {
      impl: "async",
      start() {
        started++;
        return starter("async").start();
      },
    };
    const found = await sampleRow(row, [counting, other], { ...effort, passes: 3 });
    expect(started).toBe(3);
    expect([...found].map(([impl, rounds]) => [impl, rounds.length])).toEqual([
      ["async", 6],
      ["other", 2],
    ]);
    const late = await sampleRow(row, [counting], { ...effort, rounds: 9, passes: 3, until: 0 });
    expect(late.get("async"), "a row whose time is over has two rounds").toHaveLength(2);
  });

  test("a fresh row has a process for each sample", async () => {
    let started = 0;
    const counting: Starter = {
      impl: "async",
      start() {
        started++;
        return starter("async").start();
      },
    };
    const found = await sampleRow({ ...row, fresh: true }, [counting], effort);
    expect(started).toBe(2);
    expect(found.get("async")).toHaveLength(2);
  });

  test("a program that did not do its work fails the row by name", async () => {
    const lazy = { ...row, check: (n: number) => n + 1 };
    expect(await failure(sampleRow(lazy, [starter("async")], effort))).toBe(
      "bench: spawn+exit, async, gave 100, expected 101",
    );
  });

  test("who fails at the start, or in the middle, is left out if that is wanted, and the others go on", async () => {
    const dead: Starter = { impl: "dead", start: () => Promise.reject(new Error("it is dead")) };
    const lame: Starter = {
      impl: "lame",
      start: async () => {
        const peer = await starter("async").start();
        let samples = 0;
        const { sample } = peer;
        peer.sample = (...args) => (samples++ < 2 ? sample.apply(peer, args) : Promise.reject(new Error("it is lame")));
        return peer;
      },
    };
    const failures: string[] = [];
    const found = await sampleRow(
      row,
      [dead, lame, starter("async")],
      effort,
      (impl, error) => void failures.push(`${impl}: ${error.message}`),
    );
    expect([...found].map(([impl, rounds]) => [impl, rounds.length])).toEqual([["async", 2]]);
    expect(failures).toEqual(["dead: it is dead", "lame: it is lame"]);
    expect(await failure(sampleRow({ ...row, fresh: true }, [dead], effort))).toBe("it is dead");
  });

  test("a program that throws, one that is not there and a process that ends are named", async () => {
    await using peer = await Peer.start("async", host("async", 1));
    expect(await failure(peer.sample("none", 1, 1, 1))).toBe("bench: none, async: no such program: none");
    expect(await failure(Peer.start("rust", host("rust", 1)))).toContain(
      "bench: host rust: expected one of generator, native, async, effect, csp, stacks",
    );
  });

  test("what fails is skipped with the error, and not with the source around it", async () => {
    expect(await tryOut("native", host("rust", 1))).toEqual({
      impl: "native",
      skipped: "bench: host rust: expected one of generator, native, async, effect, csp, stacks",
    });
    expect(gist("go ended\npanic: 1\n\ngoroutine 1")).toBe("go ended panic: 1 ");
  });

  test("what cannot be had is skipped with its reason", async () => {
    expect(await prepare("fortran", 1, true)).toEqual({ impl: "fortran", skipped: "no such implementation" });
    expect(await prepare("async", 1, false)).toMatchObject({ impl: "async", version: `Bun ${Bun.version}` });
    for (const ours of OURS) expect(PEERS).not.toContain(ours);
  });
});
