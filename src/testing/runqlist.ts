/** What only a steered scheduler does with the run queues: read them as one list, and take a G out of the middle. */
import { descriptor, mmem, P_RUNNEXT, P_RUNQ, P_RUNQHEAD, P_RUNQTAIL } from "../runtime/ffi.ts";
import { FatalError } from "../runtime/panic.ts";
import { GLOB_HEAD, GLOB_TAIL, glob, globEnds } from "../runtime/runq.ts";

/** A queue: slots of `mem` from `at` on, and where `ends` counts, modulo 2^32, what was taken and put. */
interface Ring {
  readonly mem: Int32Array;
  readonly at: number;
  readonly mask: number;
  readonly ends: Int32Array;
  readonly head: number;
  readonly tail: number;
}

function rings(): readonly Ring[] {
  return [
    { mem: mmem, at: P_RUNQ, mask: descriptor.runq_size - 1, ends: mmem, head: P_RUNQHEAD, tail: P_RUNQTAIL },
    { mem: glob, at: 0, mask: glob.length - 1, ends: globEnds, head: GLOB_HEAD, tail: GLOB_TAIL },
  ];
}

/** What is queued, in the order in which it would run: runnext, the local queue, the global one. */
export function runqlist(): number[] {
  const list = mmem[P_RUNNEXT] === 0 ? [] : [mmem[P_RUNNEXT]];
  for (const { mem, at, mask, ends, head, tail } of rings()) {
    for (let i = ends[head]; i !== ends[tail]; i = (i + 1) | 0) list.push(mem[at + (i & mask)]);
  }
  return list;
}

/** Takes a G out of the queue that it is on, wherever it stands. */
export function runqremove(gp: number): void {
  if (mmem[P_RUNNEXT] === gp) {
    mmem[P_RUNNEXT] = 0;
    return;
  }
  for (const { mem, at, mask, ends, head, tail } of rings()) {
    let i = ends[head];
    while (i !== ends[tail] && mem[at + (i & mask)] !== gp) i = (i + 1) | 0;
    if (i === ends[tail]) continue;
    // Those before it move up by one.
    for (; i !== ends[head]; i = (i - 1) | 0) mem[at + (i & mask)] = mem[at + ((i - 1) & mask)];
    ends[head] = (i + 1) | 0;
    return;
  }
  throw new FatalError(`runqremove: G ${gp} is on no queue`);
}
