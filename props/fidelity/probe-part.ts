/**
 * The register probe: first that it sees a broken register at all, then random workloads at random depths of recursion,
 * with distinct values in every callee-saved register around every operation.
 */
import { generate } from "../../golden/generate.ts";
import type { Context } from "./context.ts";
import type { NativeBodies } from "./native.ts";
import type { Probe } from "./probe-library.ts";
import { replayCommand, workloadSeed } from "./replay.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { selftest } from "./selftest.ts";
import { OPEN_LIMITS } from "./trace.ts";

const PART = "probe";
const WORKLOADS = 100;

/** What of the native bodies the probe's part uses. */
export type Watched = Pick<NativeBodies, "kind" | "counts" | "run" | "takeFaults">;

/** Runs the probe. */
export function probePart({ target, options, reporter }: Context, probe: Probe, native: Watched): PartResult {
  reporter.begin(PART, WORKLOADS, `workloads, ${probe.registers} registers`);
  const tally = new Tally(PART, native.kind);
  const { checked, faults } = selftest(probe, target.native, options.seed);
  const failures: Failure[] = faults.map((title) => ({ part: PART, body: "", title, details: [], replay: undefined }));
  const before = { ...native.counts };
  for (let k = 0; k < WORKLOADS; k++) {
    const seed = workloadSeed(options.seed, k);
    const input = generate(seed);
    const trace = tally.timed(() => native.run(input, OPEN_LIMITS));
    const details = native.takeFaults();
    tally.add(trace, details.length > 0);
    if (details.length > 0) {
      const replay = replayCommand({ kind: "random", seed }, native.kind, options);
      failures.push({
        part: PART,
        body: native.kind,
        title: `workload ${JSON.stringify(input.name)}`,
        details,
        replay,
      });
    }
    reporter.tick();
  }
  const { registers, frames } = native.counts;
  // Any of the three alone says nothing.
  tally.compared = Math.min(checked, registers - before.registers, frames - before.frames);
  tally.notes.push(
    `${checked} self-tests`,
    `${registers - before.registers} registers compared`,
    `${frames - before.frames} frames`,
  );
  const result = { rows: [tally.row()], failures };
  reporter.end(result);
  return result;
}
