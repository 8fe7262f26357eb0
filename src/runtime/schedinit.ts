/** The scheduler of this thread as it is before its first run: schedinit of runtime/proc.go. */
import { dropContexts } from "./asynccontext.ts";
import { resetGs } from "./g.ts";
import { resetTransitions } from "./gstatus.ts";
import { MCALL_NONE, mp, takeForgotten } from "./m.ts";
import { resetSudogs } from "./sudog.ts";
import { addRun, dropWorld, enter, forgetRuns, Run, World } from "./world.ts";

/**
 * p.schedtick when main begins. A Go program's is 5 to 8 at main.main, because goroutines of the runtime ran before: its
 * main's first Gosched lets others run, which it would not do at 0.
 */
const SCHEDTICK = 5;

/** How the scheduler starts. */
export interface SchedOptions {
  /** As in RunOptions. */
  clock?: "real" | "fake";
  /** As in RunOptions. */
  seed?: number;
  /** p.schedtick when main begins, 0 to 60; the golden traces are recorded from 0. */
  schedtick?: number;
}

/** A world that begins as the options say: with the real clock and a seed that is drawn where they say nothing. */
export function newWorld({ clock = "real", seed = drawSeed(), schedtick = SCHEDTICK }: SchedOptions): World {
  return new World({ clock, seed, schedtick });
}

function drawSeed(): number {
  return Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}

/**
 * Empties the scheduler of this thread, whatever it ran before, and makes a world with a run. A run begins with this when no
 * other is under way. Clock and seed as in RunOptions.
 *
 * @param byHand the caller sees to its turns, by schedule and execute
 */
export function schedinit(options: SchedOptions = {}, byHand = true): Run {
  if (mp.curg !== 0) throw new Error("gobuf: schedinit in a goroutine");
  forgetRuns();
  dropWorld();
  resetGs();
  dropContexts();
  resetSudogs();
  resetTransitions();
  mp.mcall = MCALL_NONE;
  mp.waitunlockf = null;
  mp.stop = false;
  mp.turn = false;
  mp.ok = true;
  takeForgotten();
  const world = newWorld(options);
  world.fresh = true;
  enter(world);
  const run = new Run(world);
  addRun(run, byHand);
  return run;
}
