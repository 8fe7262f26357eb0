import type { Mutant } from "./mutant.ts";
export const SUITE_COMMAND_MUTANTS: readonly Mutant[] = [];
