/** The scheduler of this thread as it is before a run: schedinit of runtime/proc.go. */
import { resetChans } from "./chan.ts";
import { resetGs } from "./g.ts";
import { resetTransitions, setTransitionHook } from "./gstatus.ts";
import { MCALL_NONE, mp, takeForgotten } from "./m.ts";
import { sched } from "./proc.ts";
import { randinit } from "./rand.ts";
import { runqinit } from "./runq.ts";
import { resetSudogs } from "./sudog.ts";
import { timeinit } from "./time.ts";
import { resetRegistered } from "./world.ts";

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

/** Empties the scheduler of this thread: whatever it ran before is gone. */
export function schedinit(options: SchedOptions = {}): void {
  if (mp.curg !== 0) throw new Error("gobuf: schedinit in a goroutine");
  resetGs();
  resetSudogs();
  resetTransitions();
  resetChans();
  resetRegistered();
  runqinit();
  timeinit(options.clock ?? "real");
  randinit(options.seed ?? Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
  mp.mcall = MCALL_NONE;
  mp.waitunlockf = null;
  mp.dying = null;
  mp.stop = false;
  mp.ok = true;
  takeForgotten();
  sched.schedtick61 = options.schedtick ?? SCHEDTICK;
  sched.gcount = 0;
  sched.main = 0;
  sched.done = false;
  sched.result = undefined;
  sched.failed = false;
  sched.error = undefined;
  setTransitionHook(null);
}
