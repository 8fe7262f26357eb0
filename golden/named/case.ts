/** How the cases of this folder are written. In each, main is body 0 and goroutine n is the n-th that was started. */
import type { CaseInput, Op, Workload } from "../format.ts";

export const YIELD: Op = ["gosched"];

/** The ops, `count` times over. */
export function times(count: number, ...ops: Op[]): Op[] {
  return Array.from({ length: count }, () => ops).flat();
}

/**
 * The body of main. Its first yield comes straight back (slice 0 looks at the global queue first), and from then on a
 * yield lets every goroutine of the local queue run before main.
 */
export function main(...ops: Op[]): Op[] {
  return [YIELD, ...ops];
}

/** A case of which only the objects that it uses are given. */
export function named(
  name: string,
  parts: Partial<Workload> & Pick<Workload, "bodies"> & { readonly seed?: number },
): CaseInput {
  const none = { chans: [], mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0, join: false };
  const { seed = 1, bodies, ...objects } = parts;
  return { name, seed, workload: { ...none, ...objects, bodies } };
}
