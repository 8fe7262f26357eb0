/** Faults of which each breaks what a row of FIDELITY.md says: the row's own checks must find it. */
import type { Mutant } from "./mutant.ts";

export const ROW_MUTANTS: readonly Mutant[] = [];
