/** All mutants, by the subject that they change. */
import { deletions } from "./assembly.ts";
import { KIND_MUTANTS } from "./kinds.ts";
import { ABIS, type Mutant, type Subject } from "./mutant.ts";
import { NATIVE_MUTANTS } from "./native.ts";
import { neutrals } from "./neutral.ts";
import { PREEMPT_MUTANTS } from "./preempt.ts";
import { PROCS_MUTANTS } from "./procs.ts";
import { RING_MUTANTS } from "./rings.ts";
import { ROW_MUTANTS } from "./rows.ts";
import { SCHEDULER_MUTANTS } from "./scheduler.ts";
import { SPAN_MUTANTS } from "./spans.ts";
import { SUITE_MUTANTS } from "./suite.ts";
import { SWITCH_MUTANTS } from "./switch.ts";
import { THREAD_MUTANTS } from "./threads.ts";
import { TIMER_MUTANTS } from "./timers.ts";
import { WORKER_MUTANTS } from "./workers.ts";
import { WORLD_MUTANTS } from "./worlds.ts";

/** The faults written by hand. */
export const SEEDED: readonly Mutant[] = [
  ...SCHEDULER_MUTANTS,
  ...WORLD_MUTANTS,
  ...SWITCH_MUTANTS,
  ...NATIVE_MUTANTS,
  ...KIND_MUTANTS,
  ...SUITE_MUTANTS,
  ...ROW_MUTANTS,
  ...TIMER_MUTANTS,
  ...RING_MUTANTS,
  ...SPAN_MUTANTS,
  ...THREAD_MUTANTS,
  ...PREEMPT_MUTANTS,
  ...PROCS_MUTANTS,
  ...WORKER_MUTANTS,
];

/** A subject's neutral changes, and its faults: the seeded ones and those that lack one instruction of the switch. */
export function mutantsOf(subject: Subject): { neutral: Mutant[]; faults: Mutant[] } {
  const seeded = SEEDED.filter((mutant) => mutant.subject === subject);
  const abi = ABIS.find((name) => name === subject);
  return { neutral: neutrals(subject), faults: abi === undefined ? seeded : [...seeded, ...deletions(abi)] };
}
