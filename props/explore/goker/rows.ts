/** How the explorers fare with a kernel: a row of the table. */
import { ExploreError, type ExploreOptions, explore, replay } from "gobuf/testing";
import type { Kernel } from "./kernel.ts";

/** Seeds 1 to so many. */
export const SEEDS = 20;
/** The schedulers that draw. */
export const DRAWN = ["random", "pct", "mixed"] as const;

/** What was found. */
export interface Row {
  readonly kernel: Kernel;
  /** Whether Go's own order shows it. */
  readonly shownInOrder: boolean;
  /** By scheduler: the runs it took for each seed, null where it did not find it. */
  readonly runs: Readonly<Record<(typeof DRAWN)[number], readonly (number | null)[]>>;
  readonly exhaustive: number;
  /** The failing schedule, shrunk. */
  readonly schedule: string;
  /** What the exhaustive scheduler says of the twin. */
  readonly twin: string;
}

function failureOf(f: () => unknown): ExploreError | undefined {
  try {
    f();
  } catch (error) {
    if (error instanceof ExploreError) return error;
    throw error;
  }
  return undefined;
}

/** @returns what was found, if it was @throws Error when it is something else, or its string does not replay it */
function find(kernel: Kernel, search: ExploreOptions): ExploreError | null {
  const { name, program, failure, options } = kernel;
  const how = `${search.scheduler}, seed ${search.seed ?? "none"}`;
  const error = failureOf(() => explore(program(false), { ...options, ...search }));
  if (error === undefined) return null;
  for (const schedule of [error.found, error.schedule]) {
    const again = failureOf(() => replay(program(false), schedule));
    const text = again?.message.split("\n", 1)[0] ?? "passed";
    if (!failure.test(text)) throw new Error(`${name}: ${how}: ${schedule}: ${text}, expected ${failure}`);
  }
  return error;
}

/**
 * Finds a kernel with each scheduler, and for each seed.
 *
 * @throws Error when the exhaustive scheduler does not find it, or neither of random and PCT does for each seed, or the
 *   mixed one does not for each seed; and as {@link find}
 */
export function rowOf(kernel: Kernel): Row {
  const needed = (scheduler: (typeof DRAWN)[number]) =>
    Array.from({ length: SEEDS }, (_, i) => find(kernel, { scheduler, seed: i + 1, shrink: 0 })?.run ?? null);
  const inOrder = failureOf(() => replay(kernel.program(false), "g1:", kernel.options));
  const systematic = find(kernel, { scheduler: "exhaustive" });
  const runs = { random: needed("random"), pct: needed("pct"), mixed: needed("mixed") };
  const missed = (list: readonly (number | null)[]) => list.includes(null);
  if (systematic === null) throw new Error(`${kernel.name}: the exhaustive scheduler does not find it`);
  if ((missed(runs.random) && missed(runs.pct)) || missed(runs.mixed)) {
    throw new Error(`${kernel.name}: not found for some of ${SEEDS} seeds: ${JSON.stringify(runs)}`);
  }
  const { run, schedule } = systematic;
  return {
    kernel,
    shownInOrder: inOrder !== undefined,
    runs,
    exhaustive: run,
    schedule,
    twin: explore(kernel.program(true), { ...kernel.options, scheduler: "exhaustive" }).summary,
  };
}

/** Runs the twin under everything that draws, for each seed. @returns runs @throws ExploreError when it fails */
export function exploreTwin({ program, options }: Kernel): number {
  let runs = 0;
  for (const scheduler of DRAWN) {
    for (let seed = 1; seed <= SEEDS; seed++) runs += explore(program(true), { ...options, scheduler, seed }).runs;
  }
  return runs;
}
