/**
 * Every instruction: a preemption before the k-th instruction of a round trip through each operation of gobuf.h, of bodies
 * whose registers are all known, and of recorded cases, whose trace must be the golden's still. On x86-64 Linux.
 *
 * A step is a signal, 20 us. So each so many-th instruction is taken, others with another seed; `--steps 1` takes each one of
 * the operations and of the registers (some minutes), and of the recorded cases as many as there are cases.
 */
import { join } from "node:path";
import { openAsync } from "../preempt/async.ts";
import { alone, noSteps, STEPPED, type Stepped, Stepper, stepOperation, stepRegisters } from "../preempt/steps.ts";
import type { Context } from "./context.ts";
import { NativeBodies } from "./native.ts";
import { loadProbe } from "./probe-library.ts";
import { type GoldenCase, readGoldenFile } from "./reader.ts";
import { divergences } from "./run-case.ts";
import { limitsOf } from "./trace.ts";

/** Workloads of a run, and the stride that is right for them: a few seconds' worth. */
const RUNS = 5000;
const STRIDE = 211;
/** Instructions of the shortest round trip: the first preemption lies among them. */
const SHORTEST = 150;
/** Recorded cases of more events take seconds each. */
const EVENTS_MAX = 45;

/** Every so many-th instruction. @param steps of the command line */
export function strideOf(runs: number, steps: number | undefined): number {
  return steps ?? Math.max(1, Math.round((STRIDE * RUNS) / Math.max(1, runs)));
}

const HASH = 0x9e37_79b1;
const drawn = (seed: number, n: number) => Math.imul(seed + 1, HASH + 2 * n) >>> 0;

/** What came of all of it. */
export interface EveryInstruction {
  readonly operations: readonly Stepped[];
  readonly goldens: { readonly cases: number; readonly delivered: number; readonly compared: number };
  readonly faults: readonly string[];
}

function smallCases(): GoldenCase[] {
  const { cases } = readGoldenFile(join(import.meta.dir, "..", "..", "golden", "named.jsonl"));
  return cases.filter(({ ops, status }) => ops.length + status.length <= EVENTS_MAX);
}

/** Recorded cases with one preemption each: on the fake clock nothing gives way, so that the trace stays the golden's. */
function goldens({ target, options }: Context, stride: number, faults: string[]) {
  using opened = openAsync();
  void opened;
  using _ = alone();
  const stepper = new Stepper();
  const probe = { ...loadProbe(target.native.api), execute: stepper.functions[0] };
  // Without the probe's own look at registers: most instructions would be the probe's.
  const bodies = new NativeBodies(target, probe, 0);
  const counts = { cases: 0, delivered: 0, compared: 0 };
  const every = Math.min(12, Math.max(1, Math.ceil(stride / 25)));
  for (const [i, c] of smallCases().entries()) {
    if (bodies.refuses(c.workload) !== undefined || i % every !== options.seed % every) continue;
    counts.cases++;
    /** With a preemption before step `at`: how many arrived. */
    const run = (at: number) => {
      stepper.begin(at);
      try {
        const got = bodies.run(c, limitsOf(c));
        const found = [...divergences(c, got), ...bodies.takeFaults()];
        counts.compared += c.ops.length + c.status.length;
        if (stepper.wrong !== "") found.unshift(stepper.wrong);
        if (found.length > 0) faults.push(`case ${JSON.stringify(c.name)}, a preemption before step ${at}`, ...found);
      } finally {
        stepper.end();
      }
      counts.delivered += stepper.delivered;
      return stepper.delivered;
    };
    const at = drawn(options.seed, i) % (c.ops.length * 600);
    // It has fewer: then their number is known.
    if (run(at + 1) === 0) run((at % stepper.steps) + 1);
  }
  return counts;
}

/** Runs it, or says why not. @param tick after each operation */
export async function everyInstruction(context: Context, tick: () => void): Promise<EveryInstruction | string> {
  const reason = noSteps();
  if (reason !== null) return reason;
  const { seed, runs, steps } = context.options;
  const stride = strideOf(runs, steps);
  const operations: Stepped[] = [];
  for (const [i, op] of STEPPED.entries()) {
    operations.push(await stepOperation(op, { stride, offset: drawn(seed, i) % Math.min(stride, SHORTEST) }));
    tick();
  }
  // A step that is taken costs less than the round trip of an operation.
  const often = Math.ceil(stride / 8);
  operations.push(await stepRegisters(seed, { stride: often, offset: drawn(seed, 99) % Math.min(often, SHORTEST) }));
  tick();
  const faults = operations.flatMap((stepped) => stepped.faults);
  return { operations, goldens: goldens(context, stride, faults), faults };
}

/** A line of counts. */
export function summaryOf({ operations, goldens: golden }: EveryInstruction): string {
  const sum = (of: (stepped: Stepped) => number) => operations.reduce((all, stepped) => all + of(stepped), 0);
  const refused: Record<string, number> = {};
  for (const stepped of operations) {
    for (const [reason, n] of Object.entries(stepped.refused)) refused[reason] = (refused[reason] ?? 0) + n;
  }
  const reasons = Object.entries(refused).map(([reason, n]) => `${n} ${reason}`);
  return (
    `${sum((s) => s.delivered)} preemptions before one of ${sum((s) => s.steps)} instructions each ` +
    `and ${sum((s) => s.bodies)} before each of the bodies' own (${sum((s) => s.taken + s.bodies)} taken; refused: ${reasons.join(", ")}), ${golden.delivered} in ${golden.cases} goldens`
  );
}
