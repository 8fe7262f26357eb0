/** The committed golden files: they are of this generator's workloads, and cover what they promise. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { corpora, corpusBytes, extensionsOf, linesOf } from "./corpus.ts";
import {
  type Case,
  type CaseInput,
  type Extension,
  GO_VERSION,
  type Header,
  OUTCOMES,
  WAIT_REASONS,
} from "./format.ts";
import { firstDifference, goAvailable, record } from "./record.ts";

/** The first run in a fresh clone builds the recorder, and Go's standard library with it. */
const BUILD_MS = 300_000;
const RULES = [...Array.from({ length: 14 }, (_, i) => String(i + 1).padStart(2, "0")), "12b"];

const committed = new Map(
  corpora().map(({ name, path }) => [name, linesOf(path, new Uint8Array(readFileSync(path)))] as const),
);
const cases = [...committed.values()].flatMap((lines) => lines.slice(1).map((line) => JSON.parse(line) as Case));

describe("the committed corpora", () => {
  test("are recorded from the workloads of this source", () => {
    for (const { name, cases: inputs } of corpora()) {
      const recorded = cases.filter((c) => inputs.some((input) => input.name === c.name));
      expect(recorded.map(({ name, seed, workload }) => ({ name, seed, workload }))).toEqual([...inputs]);
      expect(committed.get(name)).toHaveLength(1 + inputs.length);
    }
  });

  test("say in their headers what they are", () => {
    for (const [corpus, lines] of committed) {
      const header = JSON.parse(lines[0]) as Header;
      const go = { format: 1, go: GO_VERSION, goos: "linux", goarch: "amd64", gomaxprocs: 1 } as const;
      const extensions: Extension[] = corpus === "timers" ? ["timers"] : ["nil-chan", "select-none"];
      expect(header).toEqual({ ...go, corpus, extensions });
    }
  });

  test("have a case for every rule, every outcome and every wait reason, and no name twice", () => {
    for (const rule of RULES) expect(cases.map(({ name }) => name).join()).toContain(`rule-${rule}-`);
    expect(new Set(cases.map(({ outcome }) => outcome))).toEqual(new Set(OUTCOMES));
    const reasons = cases.flatMap(({ status }) => status.map((change) => change.split("running>waiting ")[1]));
    expect(new Set(reasons.filter((reason) => reason !== undefined))).toEqual(new Set(WAIT_REASONS));
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test("hold the goroutine limit, a spilled run queue and Goexit of main", () => {
    const events = cases.map(({ ops }) => ops.join("\n"));
    for (const sign of [/ go 0$/m, / go 300$/m, /^0\.\d+ goexit$/m, / panic$/m]) {
      expect(events.some((text) => sign.test(text))).toBe(true);
    }
  });

  test(
    "are compressed to the same bytes again",
    () => {
      for (const { name, path } of corpora()) {
        expect(Buffer.compare(corpusBytes(path, committed.get(name) ?? []), readFileSync(path))).toBe(0);
      }
    },
    BUILD_MS,
  );
});

test("a difference is named by its case and event", () => {
  const lines = (committed.get("named") ?? []).slice(0, 3);
  expect(firstDifference(lines, lines)).toBeUndefined();
  const changed = lines.map((line, i) => (i === 2 ? line.replace("1 waiting>runnable", "2 waiting>runnable") : line));
  const place = "case rule-02-ready-takes-runnext (line 3), status[8]";
  expect(firstDifference(lines, changed)).toBe(`${place}: committed 1 waiting>runnable, recorded 2 waiting>runnable`);
  expect(firstDifference(lines.slice(0, 2), lines)).toContain("rule-02-ready-takes-runnext (line 3) is not in");
  expect(firstDifference(lines, lines.slice(0, 2))).toBe("1 lines more");
});

test("each way in which two corpora differ is named", () => {
  const one: Case = {
    ...{ name: "a", seed: 1, workload: cases[0].workload, outcome: "done", ops: ["0 start 0"], status: ["0 x"] },
  } as never;
  const header = "{}";
  const said = (committed: Partial<Case> | string | undefined, recorded: Partial<Case>) => {
    const line = typeof committed === "string" ? [committed] : committed && [JSON.stringify({ ...one, ...committed })];
    return firstDifference([header, ...(line ?? [])], [header, JSON.stringify({ ...one, ...recorded })]);
  };
  const place = "case a (line 2)";
  expect(said({}, {})).toBeUndefined();
  expect(firstDifference(["1"], ["2"])).toBe("the header: committed 1, recorded 2");
  expect(said(undefined, {})).toBe(`${place} is not in the committed file`);
  expect(said("{", {})).toBe(`${place}: the committed line is not JSON`);
  expect(said({ name: "b" }, {})).toBe(`${place}: the committed line is case b`);
  for (const list of ["ops", "status"] as const) {
    const more = { [list]: [...one[list], "more"] };
    expect(said({}, more)).toBe(`${place}, ${list}[1]: committed nothing, recorded more`);
    expect(said(more, {})).toBe(`${place}, ${list}[1]: committed more, recorded nothing`);
    expect(said({ [list]: ["then"] }, { [list]: ["now"] })).toBe(`${place}, ${list}[0]: committed then, recorded now`);
  }
  // What happened first is said first.
  const both = { ops: ["x"], status: ["y"], outcome: "deadlock" } as const;
  expect(said(both, {})).toContain("ops[0]");
  expect(said({ ...both, ops: one.ops }, {})).toContain("status[0]");
  expect(said({ outcome: "deadlock" }, {})).toBe(`${place}: committed deadlock, recorded done`);
  expect(said({ seed: 2 }, {})).toBe(`${place}: not the same workload or seed`);
});

test("a workload uses the extensions that it has need of, wherever in it that is", () => {
  const plain = { chans: [0], mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 1, join: false } as const;
  const none = ["select", [], false] as const;
  const of = (change: object) => extensionsOf({ ...plain, bodies: [[]], ...change } as never);
  expect(of({})).toEqual([]);
  expect(of({ chans: [0, null] })).toEqual(["nil-chan"]);
  expect(of({ timers: 0 })).toEqual(["timers"]);
  expect(of({ bodies: [[], [["gosched"], none]] })).toEqual(["select-none"]);
  expect(of({ bodies: [[["once", 0, [["once", 0, [none]]]]]] })).toEqual(["select-none"]);
  expect(
    of({
      bodies: [
        [
          ["once", 0, [["gosched"]]],
          ["select", [["recv", 0]], false],
        ],
      ],
    }),
  ).toEqual([]);
  expect(of({ chans: [null], timers: 1, bodies: [[none]] })).toEqual(["nil-chan", "select-none", "timers"]);
});

const go = goAvailable();
const why = go.ok ? "" : ` (skipped: ${go.reason})`;

describe.skipIf(!go.ok)(`with the installed Go${why}`, () => {
  async function recordAgain(lines: readonly string[]): Promise<void> {
    const again = await record(lines.map((line) => JSON.parse(line) as CaseInput));
    expect(again.map((c) => JSON.stringify(c))).toEqual([...lines]);
  }

  test(
    "the shared sample is recorded to the same lines",
    async () => {
      const path = join(import.meta.dir, "sample.jsonl");
      await recordAgain(linesOf(path, new Uint8Array(readFileSync(path))).slice(1));
    },
    BUILD_MS,
  );

  test(
    "every fortieth committed case is recorded to the same line",
    async () => {
      for (const lines of committed.values()) await recordAgain(lines.filter((_, i) => i % 40 === 1));
    },
    BUILD_MS,
  );

  test(
    "a workload that cannot run is refused by name, with what replays it",
    async () => {
      const workload = { ...cases[0].workload, bodies: [[["send", 7] as const]] };
      await expect(record([cases[0], { name: "broken", seed: 3, workload }])).rejects.toThrow(
        /case broken failed: .*no such operand.*\n\{"seed":3,"workload":/s,
      );
    },
    BUILD_MS,
  );
});
