/** Seeded faults of rings that wrap and grow, of limits, and of what is done twice. Found by props/teeth. */
import type { Mutant } from "./mutant.ts";

function fault(kind: string, file: string, from: string, to: string): Mutant {
  return { name: `src/${kind}`, subject: "src", kind, edits: [{ file: `src/${file}`, from, to }] };
}

export const RING_MUTANTS: readonly Mutant[] = [
  fault(
    "the global ring grows with the new mask on the old ring",
    "runtime/runq.ts",
    "larger[i] = glob[(head + i) & (glob.length - 1)]",
    "larger[i] = glob[(head + i) & (larger.length - 1)]",
  ),
  fault(
    "the local queue's counts do not wrap",
    "runtime/runq.ts",
    "if (((tail - mmem[P_RUNQHEAD]) | 0) < RUNQ_SIZE)",
    "if (tail - mmem[P_RUNQHEAD] < RUNQ_SIZE)",
  ),
  fault("a batch is taken past the ring's end", "runtime/runq.ts", "glob[(head + i) & mask]", "glob[head + i]"),
  fault(
    "a buffer that is turned by one grows as it lies",
    "runtime/chan.ts",
    "if (c.recvx > 0) for",
    "if (c.recvx > 1) for",
  ),
  fault(
    "a buffer's reader wraps at the capacity",
    "runtime/chan.ts",
    "  c.buf[c.recvx] = undefined;\n  c.recvx = c.recvx + 1 === c.bufsiz ?",
    "  c.buf[c.recvx] = undefined;\n  c.recvx = c.recvx + 1 === c.dataqsiz ?",
  ),
  fault(
    "a lane that is full spills with its writer past the end",
    "native/lane.ts",
    "c.sendx = c.qcount === this.size ? 0 : c.qcount;",
    "c.sendx = c.qcount;",
  ),
  fault("a lane spills into a buffer that is turned", "native/lane.ts", "    c.recvx = 0;\n", ""),
  fault(
    "a lane's last word is lost in a spill",
    "native/lane.ts",
    "for (let i = 0; this.count > 0; i++)",
    "for (let i = 0; this.count > 1; i++)",
  ),
  fault(
    "a lane of the largest capacity is refused",
    "native/lane.ts",
    "c.dataqsiz > LANE_MAX)",
    "c.dataqsiz >= LANE_MAX)",
  ),
  fault(
    "a select of 65,536 cases is refused",
    "runtime/select.ts",
    "if (cases.length > CASES_MAX)",
    "if (cases.length >= CASES_MAX)",
  ),
  fault(
    "a hold disposed twice counts twice",
    "async.ts",
    "      if (held) expectOutside(run, -1);",
    "      expectOutside(run, -1);",
  ),
  fault(
    "a timer of a run that is over keeps its state",
    "runtime/time.ts",
    "    timer.when = 0;\n    timer.state = 0;\n    timer.blocked = 0;\n",
    "",
  ),
];
