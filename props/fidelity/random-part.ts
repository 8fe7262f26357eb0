/** The random part: workloads from a seed, every kind of body against the others and against the judges. */
import type { CaseInput } from "../../golden/format.ts";
import { generate } from "../../golden/generate.ts";
import { type Bodies, type Context, inShard } from "./context.ts";
import { replayCommand, workloadSeed } from "./replay.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { divergences, illegalities } from "./run-case.ts";
import { limitsOf, OPEN_LIMITS, type Trace } from "./trace.ts";

const PART = "random";

/** Everything wrong with one workload on one kind of body. @returns its trace, and what is wrong, headed */
function examine(
  input: CaseInput,
  bodies: Bodies,
  first: { kind: string; trace: Trace } | undefined,
  tally: Tally,
): { trace: Trace; details: string[] } {
  const limits = first === undefined ? OPEN_LIMITS : limitsOf(first.trace);
  const trace = bodies.run(input, limits);
  const faults = bodies.takeFaults();
  const again = bodies.run(input, limitsOf(trace));
  const headed = (head: string, lines: string[]) => (lines.length === 0 ? [] : [head, ...lines]);
  const details = [
    ...headed("the trace is not legal:", illegalities(input, trace)),
    ...(first === undefined
      ? []
      : headed(`expected is what ${first.kind} bodies give:`, divergences(first.trace, trace, tally))),
    ...headed("expected is the first of two runs with one seed:", divergences(trace, again, tally)),
    ...headed("the native side found:", [...faults, ...bodies.takeFaults()]),
  ];
  return { trace, details };
}

/** Runs random workloads, or the one of a replay. */
export function randomPart({ options, reporter, bodies }: Context, replaySeed?: number): PartResult {
  const seeds: number[] = [];
  if (replaySeed !== undefined) seeds.push(replaySeed);
  else for (let k = 0; k < options.runs; k++) if (inShard(options, k)) seeds.push(workloadSeed(options.seed, k));
  reporter.begin(PART, seeds.length, `workloads, from seed ${replaySeed ?? options.seed}`);
  const failures: Failure[] = [];
  const tallies = bodies.map((b) => new Tally(PART, b.kind));
  for (const seed of seeds) {
    const input = generate(seed);
    let first: { kind: string; trace: Trace } | undefined;
    bodies.forEach((b, i) => {
      const tally = tallies[i] as Tally;
      const { trace, details } = tally.timed(() => examine(input, b, first, tally));
      tally.add(trace, details.length > 0);
      if (details.length > 0) {
        failures.push({
          part: PART,
          body: b.kind,
          title: `workload ${JSON.stringify(input.name)}`,
          details,
          // both kinds of body again: the difference may be between them
          replay: replayCommand({ kind: "random", seed }, bodies.length > 1 ? "" : b.kind, options),
        });
      }
      first ??= { kind: b.kind, trace };
    });
    reporter.tick();
  }
  const result = { rows: tallies.map((t) => t.row()), failures };
  reporter.end(result);
  return result;
}
