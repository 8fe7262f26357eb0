/**
 * What runs with several Ps ask for, and the pools that they have begun. It knows no pool from within (pool.ts): those come
 * with `native`, which starts them, so that a program without native bodies is packed without either.
 */
import type { Run } from "../runtime/world.ts";

/** A pool, as the run knows it. */
export interface Begun {
  /** Goroutines of the pool that are not dead. */
  gcount(): number;
  /** Ends it: all threads leave, and everything of it goes back. */
  end(): Promise<void>;
}

/** What a run with several Ps asks for. */
export interface Wish {
  readonly procs: number;
  pool: Begun | null;
}

/** Runs with several Ps that are not over. */
const wishes = new Map<Run, Wish>();

/** How many of them there are: nobody who has none asks for more. */
export let severalProcs = 0;

/** Says that a run has several Ps. */
export function wishProcs(run: Run, procs: number): void {
  wishes.set(run, { procs, pool: null });
  severalProcs = wishes.size;
}

/** What a run with several Ps asks for; undefined for one with one P. */
export function wishOf(run: Run): Wish | undefined {
  return wishes.get(run);
}

/** The Ps of a run: 1 where it has said nothing. */
export function procsOf(run: Run): number {
  return wishes.get(run)?.procs ?? 1;
}

/** Native goroutines of pools that are not dead. */
export function pooledGoroutines(run?: Run): number {
  let count = 0;
  for (const [of, { pool }] of wishes) if (run === undefined || of === run) count += pool?.gcount() ?? 0;
  return count;
}

/**
 * A run is over: its pool ends.
 *
 * @returns null when it has none; else what resolves once all its threads have left, and its Gs are back
 */
export function endPool(run: Run): Promise<void> | null {
  const wish = wishes.get(run);
  if (wish === undefined) return null;
  wishes.delete(run);
  severalProcs = wishes.size;
  return wish.pool?.end() ?? null;
}
