/** What a Worker of terminations.ts is told, and where it says what it is about. */

/** What a Worker may be about, in the order in which it comes to it. */
export const PHASES = [
  "the Worker starts",
  "gobuf is loaded",
  "between two runs",
  "main, before the pool",
  "the pool's threads start",
  "both kinds are at work",
  "main waits for native goroutines",
  "the end of a run",
] as const;

/** The word of {@link Start.shared} that has the number of the phase. */
export const PHASE = 0;

export interface Start {
  readonly shared: SharedArrayBuffer;
  readonly procs: number;
}
