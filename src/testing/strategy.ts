/** The interface of the explorers (random, PCT, exhaustive): they make a chooser for each run. */
import type { Chooser } from "./steer.ts";

/** Makes the schedules of an exploration, one after the other. */
export interface Strategy {
  /** The chooser of a run, from 1 on; null when there is no schedule left. */
  next(run: number): Chooser | null;
  /** A run is over, in which so many decisions came up. */
  ended?(decisions: number): void;
}

/** Go's own order. */
export const goOrder: Chooser = { choose: () => 0 };
