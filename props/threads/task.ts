/** What Workers of worker.ts are told, and where they count. */

/** What a Worker is told to do. */
export interface Task {
  /** What it does: see ends.ts. */
  readonly what: "nothing" | "work" | "goroutines" | "callbacks" | "spin" | "rounds" | "computes";
  /** Goroutines, of each kind where there are two; the address of the flag that "computes" waits for. */
  readonly count: number;
  /** Whether the thread ends itself when it has done that; else it is terminated, by "spin" and "callbacks" in the middle. */
  readonly exits: boolean;
  /** Of "callbacks": where the body's Work lies, and behind it, in word {@link CALLED}, how often JavaScript was called. */
  readonly shared?: SharedArrayBuffer;
}

/** The word of {@link Task.shared} that counts JavaScript's calls. */
export const CALLED = 14;
