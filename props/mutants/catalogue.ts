/** All mutants, by the subject that they change. */
import { deletions } from "./assembly.ts";
import type { Mutant, Subject } from "./mutant.ts";
import { NATIVE_MUTANTS } from "./native.ts";
import { neutrals } from "./neutral.ts";
import { SCHEDULER_MUTANTS } from "./scheduler.ts";
import { SWITCH_MUTANTS } from "./switch.ts";

/** The faults written by hand. */
export const SEEDED: readonly Mutant[] = [...SCHEDULER_MUTANTS, ...SWITCH_MUTANTS, ...NATIVE_MUTANTS];

/** A subject's neutral changes, and its faults: the seeded ones and those that lack one instruction of the switch. */
export function mutantsOf(subject: Subject): { neutral: Mutant[]; faults: Mutant[] } {
  const seeded = SEEDED.filter((mutant) => mutant.subject === subject);
  return { neutral: neutrals(subject), faults: subject === "src" ? seeded : [...seeded, ...deletions(subject)] };
}
