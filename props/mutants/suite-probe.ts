import type { Mutant } from "./mutant.ts";
export const SUITE_PROBE_MUTANTS: readonly Mutant[] = [];
