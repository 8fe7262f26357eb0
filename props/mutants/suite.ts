/** Faults of the suite itself: judges, comparers, readers, harnesses, commands. Each must turn a test of the suite red. */
import type { Mutant } from "./mutant.ts";
import { SUITE_COMMAND_MUTANTS } from "./suite-commands.ts";
import { SUITE_GENERATED_MUTANTS } from "./suite-generated.ts";
import { SUITE_JUDGE_MUTANTS } from "./suite-judges.ts";
import { SUITE_KIT_MUTANTS } from "./suite-kit.ts";
import { SUITE_PAGE_MUTANTS } from "./suite-pages.ts";
import { SUITE_PART_MUTANTS } from "./suite-parts.ts";
import { SUITE_PROBE_MUTANTS } from "./suite-probe.ts";

export const SUITE_MUTANTS: readonly Mutant[] = [
  ...SUITE_JUDGE_MUTANTS,
  ...SUITE_PAGE_MUTANTS,
  ...SUITE_PART_MUTANTS,
  ...SUITE_PROBE_MUTANTS,
  ...SUITE_COMMAND_MUTANTS,
  ...SUITE_GENERATED_MUTANTS,
  ...SUITE_KIT_MUTANTS,
];
