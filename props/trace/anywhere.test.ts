/** A trace may begin and end anywhere in a run, also between two steps of the scheduler. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trace } from "gobuf";
import { generate } from "../../golden/generate.ts";
import { Prng } from "../../golden/prng.ts";
import { integerFromEnv } from "../../scripts/numbers.ts";
import { BUILD_MS, buildReader, readTraces, whyNoReader } from "./reader.ts";
import { expectedChange, runLooking, runOn } from "./workloads.ts";

/** Workloads, half of them on native bodies, from this seed on. */
const SEED = integerFromEnv("GOBUF_SEED", 20_261_124, 0, Number.MAX_SAFE_INTEGER);
const WORKLOADS = 200;
const ALL_MS = 60_000;

const why = whyNoReader();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

interface Part {
  readonly name: string;
  readonly file: string;
  /** Goroutines that there are when the trace begins, with what they do. */
  readonly there: readonly string[];
  readonly changes: readonly string[];
}

/** What the goroutines do after some status changes, by the last change of each. */
function doing(status: readonly string[]): string[] {
  const states = new Map([[0, "Running"]]);
  for (const line of status) {
    const [, g, to = ""] = /^(\d+) \w+>(\w+)/.exec(line) ?? [];
    if (to === "dead") states.delete(Number(g));
    else states.set(Number(g), `${to.charAt(0).toUpperCase()}${to.slice(1)}`);
  }
  const numbers = [...states.keys()].sort((a, b) => a - b);
  return numbers.map((g) => `${g + 1} Undetermined>${states.get(g)}`);
}

describe.skipIf(why !== undefined)(`Go's reader${skipped}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-trace-"));
    buildReader();
  }, BUILD_MS);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Traces a part of a workload. */
  function partOf(k: number): Part {
    const kind = k % 2 === 0 ? "generator" : "native";
    const input = generate(SEED + k);
    const random = new Prng(SEED + k);
    const { status } = runOn(kind, input);
    const first = random.within([1, status.length]);
    const last = random.within([first, status.length]);
    const chunks: Uint8Array[] = [];
    const run = runLooking(kind, input, (changes) => {
      if (changes === first) trace.start((chunk) => chunks.push(chunk));
      if (changes === last) trace.stop();
    });
    expect(run.status).toEqual(status);
    const file = join(folder, `${k}.trace`);
    writeFileSync(file, Buffer.concat(chunks));
    const name = `${input.name} on ${kind} bodies, changes ${first} to ${last}`;
    return { name, file, there: doing(status.slice(0, first)), changes: status.slice(first, last).map(expectedChange) };
  }

  test(
    `accepts traces of parts of ${WORKLOADS} random workloads: who is there, and what happens then`,
    async () => {
      const parts = Array.from({ length: WORKLOADS }, (_, k) => partOf(k));
      for (const [k, { accepted, reason, goroutines }] of (await readTraces(parts.map((p) => p.file))).entries()) {
        const { name, there, changes } = parts[k] as Part;
        const got = (goroutines ?? []).map((text) => text.replace(/(>Runnable) .*/, "$1"));
        expect({ name, accepted, reason, got }).toEqual({
          name,
          accepted: true,
          reason: "",
          got: [...there, ...changes],
        });
      }
    },
    ALL_MS,
  );
});
