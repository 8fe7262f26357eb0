/** The live part: fresh random workloads, recorded with the installed Go and compared at once. */
import type { Case } from "../../golden/format.ts";
import { generate } from "../../golden/generate.ts";
import { goAvailable, RecordError, record } from "../../golden/record.ts";
import { type Context, inShard } from "./context.ts";
import { replayCommand, workloadSeed } from "./replay.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { divergences } from "./run-case.ts";
import { limitsOf } from "./trace.ts";

const PART = "live";
/** Workloads recorded at a time: enough to keep all processors busy, few enough to keep in memory. */
const BATCH = 256;

/** Records and compares, or says why not. */
export async function livePart({ options, reporter, bodies }: Context, replaySeed?: number): Promise<PartResult> {
  const tallies = bodies.map((b) => new Tally(PART, b.kind));
  const go = goAvailable();
  if (!go.ok) {
    reporter.line(`live: SKIPPED: ${go.reason}`);
    for (const tally of tallies) tally.notes.push(`SKIPPED: ${go.reason}`);
    return { rows: tallies.map((t) => t.row()), failures: [] };
  }
  const seeds: number[] = [];
  if (replaySeed !== undefined) seeds.push(replaySeed);
  else for (let k = 0; k < options.live; k++) if (inShard(options, k)) seeds.push(workloadSeed(options.seed, k));
  reporter.begin(PART, seeds.length, `workloads recorded with ${go.version}, from seed ${replaySeed ?? options.seed}`);
  const failures: Failure[] = [];
  for (let at = 0; at < seeds.length; at += BATCH) {
    const batch = seeds.slice(at, at + BATCH);
    for (const c of await recordBatch(batch, failures)) {
      bodies.forEach((b, i) => {
        const tally = tallies[i] as Tally;
        const details = tally.timed(() => [...divergences(c, b.run(c, limitsOf(c))), ...b.takeFaults()]);
        tally.add(c, details.length > 0);
        if (details.length > 0) {
          const replay = replayCommand({ kind: "live", seed: c.seed }, b.kind, options.library);
          failures.push({ part: PART, body: b.kind, title: `workload ${JSON.stringify(c.name)}`, details, replay });
        }
      });
      reporter.tick();
    }
  }
  const result = { rows: tallies.map((t) => t.row()), failures };
  reporter.end(result);
  return result;
}

/** A batch that Go cannot run is a failure of the run: it would otherwise be a comparison less than asked for. */
async function recordBatch(seeds: readonly number[], failures: Failure[]): Promise<Case[]> {
  try {
    return await record(seeds.map((seed) => generate(seed)));
  } catch (error) {
    const known = error instanceof RecordError;
    const replay = known ? replayCommand({ kind: "live", seed: error.input.seed }, "") : undefined;
    const details = [error instanceof Error ? error.message : String(error)];
    failures.push({ part: PART, body: "", title: "recording failed", details, replay });
    return [];
  }
}
