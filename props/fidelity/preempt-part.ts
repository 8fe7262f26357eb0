/**
 * Preemption of native bodies: every register of bodies that are preempted between two instructions, with collections
 * meanwhile; the exact counts and the edges of bodies under a storm of preemptions; and every instruction (steps-part.ts).
 */
import { join } from "node:path";
import { noAsync, registers } from "../preempt/async.ts";
import { STEPPED } from "../preempt/steps.ts";
import { storm } from "../preempt/storm.ts";
import { registersOnWorkers } from "../preempt/workers.ts";
import type { Context } from "./context.ts";
import { readGoldenFile } from "./reader.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { everyInstruction, summaryOf } from "./steps-part.ts";
import { stormedGoldens } from "./stormed.ts";

const PART = "preempt";
const BODIES = 10;
const WORKERS = 2;
/** What the probe fills: as much as this processor has. */
const LEVELS = ["with those of SSE", "with those of AVX", "with those of AVX-512"];
/** A few of the recorded cases; `bun run storm` takes all. */
const SAMPLE = join(import.meta.dir, "..", "..", "golden", "sample.jsonl");

/** Runs all, with as many preemptions as the random workloads' number allows: 5000 give 500 of them, and 10,000 gosched. */
export async function preemptPart(context: Context): Promise<PartResult> {
  const { options, reporter } = context;
  reporter.begin(PART, STEPPED.length + 5, "runs");
  const tally = new Tally(PART, "native");
  const failures: Failure[] = [];
  const reason = noAsync();
  if (reason !== null) {
    tally.skip(reason);
    const skipped = { rows: [tally.row()], failures };
    reporter.end(skipped);
    return skipped;
  }
  const steps = options.steps === undefined ? "" : ` --steps ${options.steps}`;
  const say = (title: string, details: readonly string[]) => {
    if (details.length === 0) return;
    tally.divergent++;
    failures.push({
      part: PART,
      body: "native",
      title,
      details,
      replay: `bun run fidelity --runs ${options.runs} --seed ${options.seed}${steps}`,
    });
  };
  const start = performance.now();
  const seen = await registers({
    preemptions: Math.max(50, options.runs / 10),
    seed: options.seed,
    collect: 50,
  });
  say("registers of bodies that are preempted", seen.bad === 0 ? [] : [`${seen.bad} words are wrong; ${seen.first}`]);
  reporter.tick();
  const onWorkers = await registersOnWorkers(WORKERS, {
    preemptions: Math.max(10, Math.round(options.runs / 50)),
    seed: options.seed,
    collect: 50,
  });
  const wrong = onWorkers.filter(({ bad }) => bad > 0);
  say(
    "registers of bodies that are preempted on Workers",
    wrong.map(({ bad, first }) => `${bad} words are wrong; ${first}`),
  );
  reporter.tick();
  const found = await storm(BODIES, Math.max(500, options.runs / 5));
  say("gosched under a storm of preemptions", found.faults.slice(0, 10));
  reporter.tick();
  const cases = readGoldenFile(SAMPLE).cases;
  const stormed = stormedGoldens(context.target, cases);
  say("recorded cases under a storm of preemptions", stormed.faults.slice(0, 20));
  reporter.tick();
  const stepped = await everyInstruction(context, () => reporter.tick());
  if (typeof stepped === "string") tally.skip(stepped);
  else say("a preemption before an instruction", stepped.faults.slice(0, 20));
  tally.cases = typeof stepped === "string" ? 4 : 5 + stepped.operations.length;
  tally.ops = found.gosched;
  // Each preemption has two of its own, and their number is not the same twice.
  tally.transitions = found.transitions - 2 * found.taken;
  // One alone says nothing.
  const instructions =
    typeof stepped === "string"
      ? [Number.POSITIVE_INFINITY]
      : [
          stepped.goldens.compared,
          stepped.goldens.delivered,
          ...stepped.operations.map((s) => Math.min(s.compared, s.delivered)),
        ];
  tally.compared = Math.min(
    seen.compared,
    seen.taken,
    found.transitions,
    stormed.compared,
    ...instructions,
    ...onWorkers.map(({ compared, taken }) => Math.min(compared, taken)),
  );
  tally.addTime(performance.now() - start);
  tally.notes.push(
    `${seen.taken} preemptions with ${seen.compared} words of registers compared${process.arch === "x64" ? ` (${LEVELS[seen.level]})` : ""}, ${seen.collections} collections`,
    `${onWorkers.reduce((all, { taken }) => all + taken, 0)} on ${WORKERS} Workers`,
    `${found.taken} of ${found.sent} in the storm, ${stormed.taken} of ${stormed.sent} in ${stormed.cases} goldens`,
    ...(typeof stepped === "string" ? [] : [summaryOf(stepped)]),
  );
  const result = { rows: [tally.row()], failures };
  reporter.end(result);
  return result;
}
