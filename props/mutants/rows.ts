/** Faults of which each breaks what a row of FIDELITY.md says: the row's own checks must find it. */
import type { Mutant } from "./mutant.ts";
import { GO_ROW_MUTANTS } from "./rows-go.ts";
import { SEED_ROW_MUTANTS } from "./rows-seed.ts";

export const ROW_MUTANTS: readonly Mutant[] = [...SEED_ROW_MUTANTS, ...GO_ROW_MUTANTS];
