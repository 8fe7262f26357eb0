/** Traces before Go's own reader: those of random workloads are accepted, and say what happened; faulty ones are refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chan, go, gosched, run, wait } from "gobuf";
import { generate } from "../../golden/generate.ts";
import { integerFromEnv } from "../../scripts/numbers.ts";
import { compareTraces, formatDivergence } from "../fidelity/compare.ts";
import type { Trace } from "../fidelity/trace.ts";
import { corrupt, illegalTransitions, otherFaults } from "./corruptions.ts";
import { BUILD_MS, buildReader, readTraces, type Verdict, whyNoReader } from "./reader.ts";
import { decode, eventLists } from "./wire.ts";
import { expectedChanges, record, runOn } from "./workloads.ts";

/** Workloads, half of them on native bodies, from this seed on; GOBUF_SEED replaces it, GOBUF_RUNS multiplies. */
const SEED = integerFromEnv("GOBUF_SEED", 20_261_124, 0, Number.MAX_SAFE_INTEGER);
const WORKLOADS = 200 * integerFromEnv("GOBUF_RUNS", 1, 1, 100_000);
/** Every other pair of them has so many bytes in a generation of its trace: most have several then. */
const SMALL_GENERATION_BYTES = 150;
/** Time of the properties of all workloads. */
const ALL_MS = 60_000;

interface Traced {
  readonly name: string;
  readonly run: Trace;
  readonly bytes: Uint8Array;
  readonly again: Trace;
}

const all: Traced[] = [];
let folder = "";
let files = 0;

/** Puts a trace into a file. @returns its path */
function save(bytes: Uint8Array): string {
  const file = join(folder, `${files++}.trace`);
  writeFileSync(file, bytes);
  return file;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-trace-"));
  for (let k = 0; k < WORKLOADS; k++) {
    const kind = k % 2 === 0 ? "generator" : "native";
    const small = k % 4 > 1;
    const input = generate(SEED + k);
    const end = record(small ? SMALL_GENERATION_BYTES : undefined);
    const run = runOn(kind, input);
    const bytes = end();
    const name = `${input.name} on ${kind} bodies${small ? ", in small generations" : ""}`;
    all.push({ name, run, bytes, again: runOn(kind, input) });
  }
}, ALL_MS);

afterAll(() => rmSync(folder, { recursive: true }));

test(`tracing changes nothing: ${WORKLOADS} random workloads do the same with it and without`, () => {
  const different = all.flatMap(({ name, run, again }) => {
    const found = compareTraces(again, run).flatMap(formatDivergence);
    return found.length === 0 ? [] : [name, ...found];
  });
  expect(different).toEqual([]);
});

const why = whyNoReader();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

describe.skipIf(why !== undefined)(`Go's reader, golang.org/x/exp/trace${skipped}`, () => {
  beforeAll(buildReader, BUILD_MS);

  async function readOne(bytes: Uint8Array): Promise<Verdict> {
    const [verdict] = await readTraces([save(bytes)]);
    if (verdict === undefined) throw new Error("the reader said nothing");
    return verdict;
  }

  test(
    `accepts the traces of ${WORKLOADS} random workloads, and gives back every status change with its reason`,
    async () => {
      const verdicts = await readTraces(all.map(({ bytes }) => save(bytes)));
      expect(verdicts).toHaveLength(WORKLOADS);
      expect(verdicts.filter(({ syncs }) => syncs > 3).length).toBeGreaterThan(WORKLOADS / 4);
      for (const [k, { accepted, reason, goroutines, names, rises }] of verdicts.entries()) {
        const { name, run } = all[k] as Traced;
        const expected = expectedChanges(run.status);
        // A stop's reason stands in the trace alone; main's end is the end of the run.
        const got = (goroutines ?? []).slice(0, expected.length).map((text) => text.replace(/(>Runnable) .*/, "$1"));
        expect({ name, accepted, reason, rises, got }).toEqual({
          ...{ name, accepted: true, reason: "", rises: true },
          got: expected,
        });
        expect(Object.keys(names)).toHaveLength(1 + run.status.filter((line) => line.includes("idle>")).length);
      }
    },
    ALL_MS,
  );

  test(
    `refuses each of these ${WORKLOADS} traces once one illegal transition is in it`,
    async () => {
      const faulty = all.flatMap(({ name, bytes }, k) => {
        // Each fault in turn; where a trace has no place for it, the next one.
        for (let i = 0; i < illegalTransitions.length; i++) {
          const fault = illegalTransitions[(k + i) % illegalTransitions.length];
          const changed = fault && corrupt(bytes, fault);
          if (fault && changed) return [{ name: `${fault.name} in ${name}`, says: fault.says, file: save(changed) }];
        }
        return [];
      });
      expect(faulty).toHaveLength(WORKLOADS);
      const verdicts = await readTraces(faulty.map(({ file }) => file));
      for (const [k, { accepted, reason }] of verdicts.entries()) {
        expect({ name: faulty[k]?.name, accepted }).toEqual({ name: faulty[k]?.name, accepted: false });
        expect(reason).toMatch(faulty[k]?.says ?? "");
      }
    },
    ALL_MS,
  );

  describe("refuses, by name,", () => {
    /** A trace with a place for every fault: several goroutines, an idle P, generations. */
    async function sample(): Promise<Uint8Array> {
      const end = record(SMALL_GENERATION_BYTES);
      await run(
        function* main() {
          const ch = chan<number>();
          for (let i = 0; i < 20; i++) {
            go(function* worker() {
              yield* gosched();
              yield* ch.send(i);
            });
          }
          for (let i = 0; i < 20; i++) yield* ch.recv();
          yield* wait(Promise.resolve());
        },
        { clock: "fake" },
      );
      return end();
    }

    test("nothing where nothing is wrong: taken apart and put together it is the same, and accepted", async () => {
      const bytes = await sample();
      const same = corrupt(bytes, { name: "nothing", says: /^$/, apply: () => true });
      expect(same).toEqual(bytes);
      expect(await readOne(bytes)).toMatchObject({ accepted: true, reason: "" });
    });

    for (const fault of [...illegalTransitions, ...otherFaults]) {
      test(
        fault.name,
        async () => {
          const changed = corrupt(await sample(), fault);
          if (changed === undefined) throw new Error("the sample has no place for this fault");
          const { accepted, reason } = await readOne(changed);
          expect({ accepted, reason }).toMatchObject({ accepted: false, reason: expect.stringMatching(fault.says) });
        },
        ALL_MS,
      );
    }
  });
});

test("a trace has the events that it should, each kind", () => {
  const names = new Set(all.flatMap(({ bytes }) => eventLists(decode(bytes)).flat()).map(({ name }) => name));
  expect([...names].sort()).toEqual([
    ...["GoBlock", "GoCreate", "GoDestroy", "GoStart", "GoStatus", "GoStop", "GoUnblock"],
    ...["ProcStart", "ProcStatus", "ProcStop"],
  ]);
});
