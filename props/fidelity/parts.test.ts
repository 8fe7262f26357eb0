/**
 * The parts of a run but the golden one: each kind of difference that a part looks for is planted once, and must be
 * seen, counted and named; without one, nothing is said.
 */
import { describe, expect, test } from "bun:test";
import type { Case } from "../../golden/format.ts";
import { generate } from "../../golden/generate.ts";
import { RecordError } from "../../golden/record.ts";
import { type Options, parseOptions } from "./cli.ts";
import type { Bodies, Context } from "./context.ts";
import { gobuf } from "./gobuf.ts";
import { runGenerators } from "./interp.ts";
import { livePart, liveSeed, type Recorder } from "./live-part.ts";
import { EYES, loadProbe, type Probe } from "./probe-library.ts";
import { probePart, type Watched } from "./probe-part.ts";
import { randomPart } from "./random-part.ts";
import { workloadSeed } from "./replay.ts";
import { Reporter } from "./reporter.ts";
import type { PartResult } from "./result.ts";
import { silent } from "./run.ts";
import { layoutPart, relationPart } from "./table-part.ts";
import type { Target } from "./target.ts";
import type { Kind, Runner, Trace } from "./trace.ts";

const SEED = 5;
const right: Runner = (input, limits) => runGenerators(gobuf, input, limits);

/** Bodies that do as generators do, but for what `change` does to a trace. */
function bodies(kind: Kind, change: (trace: Trace, run: number) => Trace = (t) => t, faults: string[] = []): Bodies {
  let runs = 0;
  return { kind, run: (input, limits) => change(right(input, limits), ++runs), takeFaults: () => faults.splice(0) };
}

function context(list: readonly Bodies[], argv = "", target: Target = gobuf): Context {
  const options = parseOptions(argv.split(" ").filter(Boolean)) as Options;
  const out = { write: () => true };
  return { target, options, reporter: new Reporter(out, out), bodies: list };
}

/** What each failure says first, and how many cases each kind of body failed. */
function seen({ rows, failures }: PartResult) {
  return {
    divergent: rows.map((row) => row.divergent),
    failed: failures.map(({ body }) => body),
    says: failures.flatMap(({ title, details }) => (details.length > 0 ? details[0] : title)),
  };
}

const lastStatus = (trace: Trace, event: string): Trace => ({ ...trace, status: trace.status.with(-1, event) });
const lastOp = (trace: Trace, event: string): Trace => ({ ...trace, ops: trace.ops.with(-1, event) });

describe("random", () => {
  const three = `--runs 3 --seed ${SEED}`;
  const both = (change?: (trace: Trace, run: number) => Trace, faults?: string[]) =>
    seen(randomPart(context([bodies("generator"), bodies("native", change, faults)], three)));

  test("says nothing where nothing differs, and counts what it compared", () => {
    const result = randomPart(context([bodies("generator"), bodies("native")], three));
    expect(seen(result)).toEqual({ divergent: [0, 0], failed: [], says: [] });
    const [first, second] = result.rows;
    const events = (first?.ops ?? 0) + (first?.transitions ?? 0);
    // Each kind of body runs twice; the second is compared with the first kind, too.
    expect([first?.compared, second?.compared]).toEqual([events, 2 * events]);
    expect(first?.cases).toBe(3);
    expect(silent(result.rows)).toEqual([]);
  });

  test("sees a trace that is not legal", () => {
    const change = (trace: Trace) => lastStatus(trace, "0 dead>running");
    const result = randomPart(context([bodies("generator", change)], three));
    expect(seen(result)).toMatchObject({ divergent: [3], failed: ["generator", "generator", "generator"] });
    expect(result.failures[0]?.details.slice(0, 2)).toEqual([
      "the trace is not legal:",
      expect.stringContaining('"0 dead>running" is illegal: no such transition in a trace'),
    ]);
  });

  test.each(["ops", "status", "outcome"] as const)("sees %s in which kinds of body differ", (part) => {
    // What a judge would take as well, so that only the comparison can tell.
    const change = (trace: Trace): Trace =>
      part === "outcome" ? { ...trace, outcome: "deadlock" } : { ...trace, [part]: [...trace[part], "9 extra"] };
    const { divergent, failed, says } = both(change);
    expect({ divergent, failed }).toEqual({ divergent: [0, 3], failed: ["native", "native", "native"] });
    expect(says.length).toBe(3);
    const result = randomPart(context([bodies("generator"), bodies("native", change)], three));
    expect(result.failures[0]?.details).toContain("expected is what generator bodies give:");
  });

  test("sees a second run with the same seed that differs", () => {
    const change = (trace: Trace, run: number) => (run % 2 === 0 ? lastOp(trace, "0 start 9") : trace);
    const { divergent, says } = both(change);
    expect(divergent).toEqual([0, 3]);
    expect(says).toEqual(Array(3).fill("expected is the first of two runs with one seed:"));
  });

  test("sees what the native side found, in the first run and in the second", () => {
    expect(both(undefined, ["rbx"]).says).toEqual(["the native side found:"]);
    const faults: string[] = [];
    const late = (trace: Trace, run: number) => {
      if (run === 6) faults.push("rbx");
      return trace;
    };
    expect(both(late, faults)).toMatchObject({ divergent: [0, 1], says: ["the native side found:"] });
  });

  test("names the workload by what replays it, with both kinds of body", () => {
    const result = randomPart(context([bodies("generator"), bodies("native", (t) => lastOp(t, "x"))], three));
    expect(result.failures.map(({ replay }) => replay)).toEqual(
      [0, 1, 2].map((k) => `bun run fidelity --replay 'random:${workloadSeed(SEED, k)}'`),
    );
    const alone = randomPart(context([bodies("native", (t) => lastOp(t, "x"))], three), 77);
    expect(alone.failures.map(({ replay }) => replay)).toEqual([
      "bun run fidelity --replay 'random:77' --bodies native",
    ]);
  });
});

describe("live", () => {
  const argv = `--live 3 --seed ${SEED}`;
  const recorded = (input: Parameters<Runner>[0]): Case => {
    const { outcome, ...trace } = right(input, { opsMax: 1e6, statusMax: 1e6 });
    return { ...input, ...trace, outcome: outcome as Case["outcome"] };
  };
  const recorder = (record: Recorder["record"]): Recorder => ({
    goAvailable: () => ({ ok: true, version: "go1.26.8" }) as ReturnType<Recorder["goAvailable"]>,
    record,
  });
  const go = recorder((inputs) => Promise.resolve(inputs.map(recorded)));

  test("says nothing where nothing differs, and counts what it compared", async () => {
    const result = await livePart(context([bodies("generator"), bodies("native")], argv), undefined, go);
    expect(seen(result)).toEqual({ divergent: [0, 0], failed: [], says: [] });
    for (const row of result.rows) expect([row.cases, row.compared]).toEqual([3, row.ops + row.transitions]);
  });

  test.each(["ops", "status", "outcome"] as const)("sees %s that Go does not give", async (part) => {
    const change = (trace: Trace): Trace =>
      part === "outcome" ? { ...trace, outcome: "x" } : { ...trace, [part]: trace[part].slice(0, -1) };
    const result = await livePart(context([bodies("generator"), bodies("native", change)], argv), undefined, go);
    expect(seen(result)).toMatchObject({ divergent: [0, 3], failed: ["native", "native", "native"] });
    expect(result.failures[0]?.replay).toBe(`bun run fidelity --replay 'live:${liveSeed(SEED, 0)}' --bodies native`);
  });

  test("sees what the native side found", async () => {
    const result = await livePart(context([bodies("native", undefined, ["rbx"])], argv), undefined, go);
    expect(seen(result)).toEqual({ divergent: [1], failed: ["native"], says: ["rbx"] });
  });

  test("fails where Go cannot record a workload, names it, and where it records too few", async () => {
    const broken = recorder((inputs) => {
      throw new RecordError(inputs[1] as (typeof inputs)[1], "go ended");
    });
    const failed = await livePart(context([bodies("generator")], argv), undefined, broken);
    expect(failed.failures).toMatchObject([
      {
        title: "the recording failed",
        notRecorded: true,
        replay: `bun run fidelity --replay 'live:${liveSeed(SEED, 1)}'`,
      },
    ]);
    const few = await livePart(
      context([bodies("generator")], argv),
      undefined,
      recorder((inputs) => Promise.resolve(inputs.slice(1).map(recorded))),
    );
    expect(few.failures[0]?.details).toEqual(["Go recorded 2 of 3 workloads"]);
  });

  test("compared nothing where there is no Go, and says why", async () => {
    const none: Recorder = {
      ...go,
      goAvailable: () => ({ ok: false, reason: "no go on PATH" }) as ReturnType<Recorder["goAvailable"]>,
    };
    const { rows, failures } = await livePart(context([bodies("generator")], argv), undefined, none);
    expect(rows).toMatchObject([{ part: "live", cases: 0, compared: 0 }]);
    expect(failures).toMatchObject([{ details: ["no go on PATH"], notRecorded: true }]);
    expect(silent(rows, failures)).toEqual([]);
    expect(silent(rows)).toMatchObject([
      { part: "live", body: "generator", title: expect.stringContaining("nothing") },
    ]);
  });

  test("records in batches, every workload once", async () => {
    const asked: number[] = [];
    const counting = recorder((inputs) => {
      asked.push(...inputs.map(({ seed }) => seed));
      return Promise.resolve(inputs.map((input) => ({ ...input, outcome: "return", ops: [], status: [] })));
    });
    await livePart(context([], "--live 300"), undefined, counting);
    expect(asked).toEqual(Array.from({ length: 300 }, (_, k) => liveSeed(1, k)));
    // a fourth of them are of timers, and the seed alone says which
    expect(asked.map((seed, k) => (seed % 4 === 0) === (k % 4 === 3)).every(Boolean)).toBe(true);
    expect(generate(asked[0] as number).seed).toBe(asked[0] as number);
  });
});

describe("probe", () => {
  const probe = loadProbe(gobuf.native.api);

  /** Native bodies that say they have compared so much, and found this. */
  function watched(counts = { ops: 1, registers: 1, frames: 1 }, faults: string[] = []): Watched {
    const total = { ops: 5, registers: 5, frames: 5 };
    return {
      kind: "native",
      counts: total,
      run: (input, limits) => {
        for (const name of ["ops", "registers", "frames"] as const) total[name] += counts[name];
        return right(input, limits);
      },
      takeFaults: () => faults.splice(0),
    };
  }
  const run = (native = watched(), changed: Partial<Probe> = {}) =>
    probePart(context([], `--seed ${SEED}`), { ...probe, ...changed }, native);

  test("says nothing where nothing differs, and what it looked at", () => {
    const result = run();
    expect(seen(result)).toEqual({ divergent: [0], failed: [], says: [] });
    expect(result.rows[0]).toMatchObject({ cases: 100, compared: 100 });
    expect(result.rows[0]?.note).toMatch(/^\d+ self-tests, 100 registers compared, 100 frames$/);
  });

  test("sees what the bodies found, and names the workload", () => {
    const result = run(watched(undefined, ["rbx"]));
    expect(seen(result)).toEqual({ divergent: [1], failed: ["native"], says: ["rbx"] });
    const { name } = generate(workloadSeed(SEED, 0));
    expect(result.failures[0]?.title).toBe(`workload ${JSON.stringify(name)}`);
    expect(result.failures[0]?.replay).toBe(
      `bun run fidelity --replay 'random:${workloadSeed(SEED, 0)}' --bodies native`,
    );
  });

  test.each([
    ["registers", { ops: 1, registers: 0, frames: 1 }],
    ["frames", { ops: 1, registers: 1, frames: 0 }],
  ])("compared nothing where no %s were", (_, counts) => {
    expect(silent(run(watched(counts)).rows)).toMatchObject([{ part: "probe", body: "native" }]);
  });

  test.each<[string, Partial<Probe>, RegExp]>([
    [
      "is blind",
      { selftest: () => ({ mismatches: 0, register: 0, what: "rbx" }) },
      /rbx, changed once, is seen 0 times/,
    ],
    [
      "sees double",
      { selftest: () => ({ mismatches: 2, register: 0, what: "rbx" }) },
      /rbx, changed once, is seen 2 times/,
    ],
    [
      "names another register",
      { selftest: (eye, k) => ({ ...probe.selftest(eye, k), register: 999 }) },
      /was changed and another register is named: /,
    ],
    ["has no self-tests", { selftests: () => 0 }, /nothing to break before the probe's eye for/],
    ["sees what a caller saves", { selftestCallerSaved: () => 3 }, /3 mismatches where only what a caller saves/],
  ])("says of a probe that %s, for each eye", (_, changed, says) => {
    const { failures } = run(watched(), changed);
    const found = failures.map(({ title }) => title).filter((title) => says.test(title));
    for (const eye of ["goroutine", "g0"])
      expect(found.some((title) => title.includes(eye) || title.includes(": expected"))).toBe(true);
    expect(found.length).toBe(failures.length);
  });
});

test("each of the probe's self-tests is carried out, the last of each eye among them", () => {
  const real = loadProbe(gobuf.native.api);
  const bodies = {
    kind: "native",
    counts: { ops: 0, registers: 0, frames: 0 },
    run: right,
    takeFaults: () => [],
  } as const;
  const asked: string[] = [];
  const selftest: Probe["selftest"] = (eye, k) => {
    asked.push(`${eye} ${k}`);
    return real.selftest(eye, k);
  };
  probePart(context([]), { ...real, selftest }, bodies);
  const expected = EYES.flatMap((eye) => Array.from({ length: real.selftests(eye) }, (_, k) => `${eye} ${k}`));
  expect(asked).toEqual(expected);
  expect(expected.length).toBeGreaterThan(40);
});

describe("a table", () => {
  test("that is right is counted, and one that is wrong fails", () => {
    for (const part of [layoutPart, relationPart]) {
      const good = part(context([]));
      expect(seen(good)).toMatchObject({ divergent: [0], failed: [] });
      expect(good.rows[0]?.compared).toBeGreaterThan(20);
      expect(silent(good.rows)).toEqual([]);
    }
    const broken: Target = {
      ...gobuf,
      layout: { ...gobuf.layout, g_goid: 1 },
      status: { ...gobuf.status, scanBit: 1 },
    };
    for (const part of [layoutPart, relationPart]) {
      const bad = part(context([], "", broken));
      expect(seen(bad)).toMatchObject({ divergent: [1], failed: [""] });
      expect(bad.failures[0]?.title).toContain(part === layoutPart ? "g_goid is 1" : "the scan bit is 1");
    }
  });
});
