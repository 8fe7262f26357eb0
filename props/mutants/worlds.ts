/** Seeded faults of worlds and runs: what several of them on a thread keep apart, how each ends, and how slices end. */
import type { Mutant } from "./mutant.ts";

function fault(kind: string, file: string, from: string, to: string): Mutant {
  return { name: `src/${kind}`, subject: "src", kind, edits: [{ file: `src/${file}`, from, to }] };
}

export const WORLD_MUTANTS: readonly Mutant[] = [
  fault(
    "goroutines of two worlds meet",
    "runtime/world.ts",
    "const several = worlds.size > 1;",
    "const several = worlds.size > 1000;",
  ),
  fault(
    "a world that goes on has another's clock",
    "runtime/world.ts",
    "      else part.load(saved[i]);\n",
    "      else if (i % 2 === 0) part.load(saved[i]);\n",
  ),
  fault(
    "a joined run's end takes the others' goroutines",
    "runtime/ending.ts",
    "const gone = (gp: number) => runOf(gp) === run;",
    "const gone = (gp: number) => runOf(gp).world === run.world;",
  ),
  fault(
    "a joined run's end leaves its waiters on what is shared",
    "runtime/ending.ts",
    "  for (const queue of queues) queue.abandon(gone);\n",
    "",
  ),
  fault(
    "what was received at the end has not been sent",
    "runtime/ending.ts",
    "if (isReceived(gp)) resolve();",
    "if (gp === 0) resolve();",
  ),
  fault(
    "what nobody received at the end has been sent",
    "runtime/ending.ts",
    "return s !== 0 && smem[s * SUDOG_STRIDE + S_SUCCESS] !== 0;",
    "return s !== 0;",
  ),
  fault("a joined run's end leaves its timers", "runtime/ending.ts", "  stopTimersOf(run);\n", ""),
  fault(
    "a joined run's end is still expected from outside",
    "runtime/ending.ts",
    "  run.world.expected -= run.expected;\n",
    "",
  ),
  fault(
    "promises of a run that is over stay",
    "runtime/ending.ts",
    '  for (const reject of run.waiters)\n    reject(new RunOverError("gobuf: the run is over: what was waited for will not come"));\n',
    "",
  ),
  fault(
    "a frame that a run leaves waits on",
    "runtime/ending.ts",
    "    if (callee === null) {\n      withdraw(gp);\n",
    "    if (callee === null) {\n",
  ),
  fault(
    "the verdict is the first run's alone",
    "turns.ts",
    "  for (const run of live(world)) failRun(run, error);\n",
    "  for (const run of live(world).slice(0, 1)) failRun(run, error);\n",
  ),
  fault(
    "a panic ends the first run, not its own",
    "runtime/proc.ts",
    "failRun(runOf(gp), error, gp);",
    "failRun([...runOf(gp).world.runs][0] as Run, error, gp);",
  ),
  fault(
    "who is woken from outside is of whatever world was last",
    "runtime/proc.ts",
    "  const { world } = runOf(gp);\n  enter(world);\n",
    "  const { world } = runOf(gp);\n",
  ),
  fault(
    "nobody looks at the monitor's word",
    "runtime/schedule.ts",
    "    if (records[M_SLICE_OVER] === slice) break;\n",
    "",
  ),
  fault("what a world apart makes is anybody's", "runtime/foreign.ts", "  world.apart = true;\n", ""),
  fault("what a world leaves behind stays its own", "runtime/foreign.ts", " || owner.runs.size === 0", ""),
  fault("what a bubble makes is nobody's", "runtime/foreign.ts", "  world.owns = true;\n", ""),
  fault(
    "time does not stand still for what is outside a bubble",
    "turns.ts",
    "      if (world.waitsOutside?.()) return;\n",
    "",
  ),
];
