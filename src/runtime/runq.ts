/**
 * Run queues: the P's local queue of 256 with its runnext slot, and the global queue (runqput, runqputslow, runqget,
 * globrunqput, globrunqget, globrunqgetbatch of runtime/proc.go).
 *
 * The local queue lies in the P's record in region 0. Go links the global one through the Gs' schedlink; here it is a
 * ring of indices, because to follow links costs a gosched 3.5 ns of 18 (HACKING.md).
 */
import { descriptor, mmem, P_RUNNEXT, P_RUNQ, P_RUNQHEAD, P_RUNQTAIL } from "./ffi.ts";
import { goidOf } from "./gstatus.ts";
import { FatalError } from "./panic.ts";
import { onSwitch } from "./world.ts";

const RUNQ_MASK = descriptor.runq_size - 1;
const RUNQ_SIZE = descriptor.runq_size;

/** sched.runq: the global queue, a ring whose size is a power of two. */
export let glob = new Int32Array(1024);
/** Words that count what was ever taken from the global queue and put there, modulo 2^32. */
export const globEnds = new Int32Array(2);
export const GLOB_HEAD = 0;
export const GLOB_TAIL = 1;

/**
 * Whether each put checks that the G is on no queue yet: $GOBUF_CHECKS is 1, as `bun run safe` sets it. A constant: the
 * compiler leaves out what it guards.
 */
export const CHECKS = process.env.GOBUF_CHECKS === "1";

/** By G: 1 from when it was put on a queue until it is taken off by a function of this file. For the checks alone. */
let marks = new Uint8Array(0);

/** A G is about to be put on a queue. @throws FatalError when it is on one */
function noteQueued(gp: number, put: string): void {
  if (gp >= marks.length) {
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(gp + 1)));
    larger.set(marks);
    marks = larger;
  }
  // A mark may be stale: gobuf/testing takes Gs out of the middle.
  if (marks[gp] === 1 && isQueued(gp)) {
    throw new FatalError(`${put}: goroutine ${goidOf(gp)} (G ${gp}) is on a run queue already`);
  }
  marks[gp] = 1;
}

function isQueued(gp: number): boolean {
  if (mmem[P_RUNNEXT] === gp) return true;
  for (let i = mmem[P_RUNQHEAD]; i !== mmem[P_RUNQTAIL]; i = (i + 1) | 0) {
    if (mmem[P_RUNQ + (i & RUNQ_MASK)] === gp) return true;
  }
  for (let i = globEnds[GLOB_HEAD]; i !== globEnds[GLOB_TAIL]; i = (i + 1) | 0) {
    if (glob[i & (glob.length - 1)] === gp) return true;
  }
  return false;
}

/** Empties both queues. */
export function runqinit(): void {
  if (CHECKS) marks.fill(0);
  mmem[P_RUNQHEAD] = 0;
  mmem[P_RUNQTAIL] = 0;
  mmem[P_RUNNEXT] = 0;
  globEnds.fill(0);
}

/** What is in the queues. */
interface Queues {
  readonly next: number;
  readonly local: readonly number[];
  readonly glob: readonly number[];
}

/** The local queue without runnext, first in line first. */
function localGs(): number[] {
  const head = mmem[P_RUNQHEAD];
  return Array.from({ length: (mmem[P_RUNQTAIL] - head) | 0 }, (_, i) => mmem[P_RUNQ + ((head + i) & RUNQ_MASK)]);
}

/** The global queue, first in line first. */
function globalGs(): number[] {
  const head = globEnds[GLOB_HEAD];
  return Array.from({ length: globrunqsize() }, (_, i) => glob[(head + i) & (glob.length - 1)]);
}

/** Fills empty queues. */
function fill(next: number, local: readonly number[], waiting: readonly number[]): void {
  if (CHECKS && next !== 0) noteQueued(next, "runqput");
  mmem[P_RUNNEXT] = next;
  local.forEach((gp, i) => {
    if (CHECKS) noteQueued(gp, "runqput");
    mmem[P_RUNQ + i] = gp;
    mmem[P_RUNQTAIL] = i + 1;
  });
  for (const gp of waiting) globrunqput(gp);
}

/** Takes Gs that are gone out of both queues. */
export function runqremove(gone: (gp: number) => boolean): void {
  const here = (gp: number) => !gone(gp);
  const next = mmem[P_RUNNEXT];
  const local = localGs().filter(here);
  const waiting = globalGs().filter(here);
  runqinit();
  fill(next !== 0 && gone(next) ? 0 : next, local, waiting);
}

onSwitch({
  init: runqinit,
  save() {
    const queues: Queues = { next: mmem[P_RUNNEXT], local: localGs(), glob: globalGs() };
    return queues;
  },
  load(saved) {
    const { next, local, glob: waiting } = saved as Queues;
    runqinit();
    fill(next, local, waiting);
  },
});

/** Gs on the global queue: sched.runq.size. */
export function globrunqsize(): number {
  return (globEnds[GLOB_TAIL] - globEnds[GLOB_HEAD]) | 0;
}

/** Gs on the local queue, runnext included. */
export function runqsize(): number {
  return ((mmem[P_RUNQTAIL] - mmem[P_RUNQHEAD]) | 0) + (mmem[P_RUNNEXT] === 0 ? 0 : 1);
}

/** Puts a G at the tail of the global queue: globrunqput. */
export function globrunqput(gp: number): void {
  if (CHECKS) noteQueued(gp, "globrunqput");
  if (globrunqsize() === glob.length) grow();
  const tail = globEnds[GLOB_TAIL];
  glob[tail & (glob.length - 1)] = gp;
  globEnds[GLOB_TAIL] = tail + 1;
}

/** Doubles the ring. */
function grow(): void {
  const larger = new Int32Array(2 * glob.length);
  const size = globrunqsize();
  const head = globEnds[GLOB_HEAD];
  for (let i = 0; i < size; i++) larger[i] = glob[(head + i) & (glob.length - 1)];
  glob = larger;
  globEnds[GLOB_HEAD] = 0;
  globEnds[GLOB_TAIL] = size;
}

/** Takes one G from the head of the global queue, 0 when it is empty: globrunqget. */
export function globrunqget(): number {
  const head = globEnds[GLOB_HEAD];
  if (head === globEnds[GLOB_TAIL]) return 0;
  globEnds[GLOB_HEAD] = head + 1;
  const gp = glob[head & (glob.length - 1)];
  if (CHECKS) marks[gp] = 0;
  return gp;
}

/**
 * Takes a batch from the global queue: the first is returned, the rest go to the local queue, which must be empty
 * (globrunqgetbatch and the runqputbatch behind it, with gomaxprocs 1).
 */
export function globrunqgetbatch(): number {
  const n = Math.min(RUNQ_SIZE / 2, globrunqsize());
  if (n === 0) return 0;
  const head = globEnds[GLOB_HEAD];
  const mask = glob.length - 1;
  const tail = mmem[P_RUNQTAIL];
  for (let i = 1; i < n; i++) mmem[P_RUNQ + ((tail + i - 1) & RUNQ_MASK)] = glob[(head + i) & mask];
  globEnds[GLOB_HEAD] = head + n;
  mmem[P_RUNQTAIL] = (tail + n - 1) | 0;
  const gp = glob[head & mask];
  if (CHECKS) marks[gp] = 0;
  return gp;
}

/**
 * Puts a G on the local queue: runqput.
 *
 * @param next put it in runnext; the G that was there goes to the tail
 */
export function runqput(gp: number, next: boolean): void {
  if (CHECKS) noteQueued(gp, "runqput");
  if (next) {
    const old = mmem[P_RUNNEXT];
    mmem[P_RUNNEXT] = gp;
    if (old === 0) return;
    gp = old;
  }
  const tail = mmem[P_RUNQTAIL];
  if (((tail - mmem[P_RUNQHEAD]) | 0) < RUNQ_SIZE) {
    mmem[P_RUNQ + (tail & RUNQ_MASK)] = gp;
    mmem[P_RUNQTAIL] = (tail + 1) | 0;
    return;
  }
  runqputslow(gp);
}

/** Moves the older half of a full local queue, and a G behind it, to the tail of the global queue: runqputslow. */
function runqputslow(gp: number): void {
  let head = mmem[P_RUNQHEAD];
  if (((mmem[P_RUNQTAIL] - head) | 0) !== RUNQ_SIZE) throw new FatalError("runqputslow: queue is not full");
  for (let n = RUNQ_SIZE / 2; n > 0; n--) {
    const moved = mmem[P_RUNQ + (head & RUNQ_MASK)];
    if (CHECKS) marks[moved] = 0;
    globrunqput(moved);
    head = (head + 1) | 0;
  }
  mmem[P_RUNQHEAD] = head;
  globrunqput(gp);
}

/** What {@link runqget} adds to a G that came from runnext, and so inherits the time slice. */
export const INHERITS = 0x4000_0000;

/** Takes a G from runnext or else from the head of the local queue, 0 when both are empty: runqget. */
export function runqget(): number {
  const mem = mmem;
  const next = mem[P_RUNNEXT];
  if (next !== 0) {
    mem[P_RUNNEXT] = 0;
    if (CHECKS) marks[next] = 0;
    return next | INHERITS;
  }
  const head = mem[P_RUNQHEAD];
  if (head === mem[P_RUNQTAIL]) return 0;
  mem[P_RUNQHEAD] = (head + 1) | 0;
  const gp = mem[P_RUNQ + (head & RUNQ_MASK)];
  if (CHECKS) marks[gp] = 0;
  return gp;
}
