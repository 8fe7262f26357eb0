/** The live part: fresh random workloads, recorded with a Go and compared at once. */
import type { Case, CaseInput } from "../../golden/format.ts";
import { generate } from "../../golden/generate.ts";
import { generateTimers } from "../../golden/generate-timers.ts";
import { type Go, goAvailable, RecordError, record } from "../../golden/record.ts";
import { type Context, inShard } from "./context.ts";
import { replayCommand, workloadSeed } from "./replay.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { divergences } from "./run-case.ts";
import { limitsOf } from "./trace.ts";

const PART = "live";
/** Workloads recorded at a time: enough to keep all processors busy, few enough to keep in memory. */
const BATCH = 256;

/** Where the recordings come from. */
export interface Recorder {
  readonly goAvailable: typeof goAvailable;
  readonly record: (inputs: readonly CaseInput[], options: { readonly go: Go }) => Promise<Case[]>;
}

/** One workload in so many is a program of timers. A seed that this divides is one's, so that a replay needs only the seed. */
const TIMERS_EVERY = 4;

/** Seed of the k-th workload, by which the kind of workload is known. */
export function liveSeed(base: number, k: number): number {
  const seed = workloadSeed(base, k);
  const rest = seed % TIMERS_EVERY;
  if (k % TIMERS_EVERY === TIMERS_EVERY - 1) return seed - rest;
  return rest === 0 ? seed + 1 : seed;
}

/** The workload of a seed. */
function liveCase(seed: number): CaseInput {
  return seed % TIMERS_EVERY === 0 ? generateTimers(seed) : generate(seed);
}

/** Records and compares. What cannot be recorded is a failure, for it was asked for. */
export async function livePart(
  { options, reporter, bodies }: Context,
  replaySeed?: number,
  recorder: Recorder = { goAvailable, record },
): Promise<PartResult> {
  const tallies = bodies.map((b) => new Tally(PART, b.kind));
  const failures: Failure[] = [];
  const go = recorder.goAvailable(options.go);
  if (!go.ok) {
    for (const tally of tallies) tally.notes.push("NOT RECORDED");
    failures.push({ ...unrecorded(go.reason), title: "there is no Go to record with" });
    const result = { rows: tallies.map((t) => t.row()), failures };
    reporter.end(result);
    return result;
  }
  // a replay is to find the same Go, whatever the shell's settings are then
  const chosen = /^go/.test(process.env.GOTOOLCHAIN ?? "");
  const again = { library: options.library, go: options.go ?? (chosen ? go.command : undefined) };
  const seeds: number[] = [];
  if (replaySeed !== undefined) seeds.push(replaySeed);
  else for (let k = 0; k < options.live; k++) if (inShard(options, k)) seeds.push(liveSeed(options.seed, k));
  reporter.begin(PART, seeds.length, `workloads recorded with ${go.version}, from seed ${replaySeed ?? options.seed}`);
  const timed = bodies.map(() => 0);
  for (let at = 0; at < seeds.length; at += BATCH) {
    const batch = seeds.slice(at, at + BATCH);
    for (const c of await recordBatch(go, batch, failures, again, recorder)) {
      bodies.forEach((b, i) => {
        const tally = tallies[i] as Tally;
        const refused = b.refuses?.(c.workload);
        if (refused !== undefined) {
          tally.skip(refused);
          return;
        }
        if (c.workload.timers !== undefined) timed[i] = (timed[i] as number) + 1;
        const details = tally.timed(() => [...divergences(c, b.run(c, limitsOf(c)), tally), ...b.takeFaults()]);
        tally.add(c, details.length > 0);
        if (details.length > 0) {
          const replay = replayCommand({ kind: "live", seed: c.seed }, b.kind, again);
          failures.push({ part: PART, body: b.kind, title: `workload ${JSON.stringify(c.name)}`, details, replay });
        }
      });
      reporter.tick();
    }
  }
  tallies.forEach((tally, i) => {
    if ((timed[i] as number) > 0) tally.notes.push(`${timed[i]} of timers`);
  });
  const result = { rows: tallies.map((t) => t.row()), failures };
  reporter.end(result);
  return result;
}

/** A failure that says nothing of gobuf: a comparison less than was asked for. */
function unrecorded(detail: string): Failure {
  const title = "the recording failed";
  return { part: PART, body: "", title, details: [detail], replay: undefined, notRecorded: true };
}

/** Records a batch. One that Go cannot run is a failure of the run. */
async function recordBatch(
  go: Go,
  seeds: readonly number[],
  failures: Failure[],
  again: { readonly go: string | undefined },
  { record }: Recorder,
): Promise<Case[]> {
  const inputs = seeds.map(liveCase);
  try {
    const cases = await record(inputs, { go });
    if (cases.length !== seeds.length) throw new Error(`Go recorded ${cases.length} of ${seeds.length} workloads`);
    return cases;
  } catch (error) {
    const failure = unrecorded(error instanceof Error ? error.message : String(error));
    const replay =
      error instanceof RecordError ? replayCommand({ kind: "live", seed: error.input.seed }, "", again) : undefined;
    failures.push({ ...failure, replay });
    return [];
  }
}
