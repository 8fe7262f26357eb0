/**
 * Suspends goroutines for those who look at their stacks: suspendG and resumeG of Go's src/runtime/preempt.go,
 * casGFromPreempted and stopTheWorld of proc.go, as far as native bodies go, and the frame of scanstack in mgcmark.go.
 *
 * A native goroutine that runs on another thread is asked to stop. It does so at its next operation or checkpoint and, in a
 * library that asks for it, between two instructions: running>preempted. Its M does nothing then but wait until it is
 * runnable again. Meanwhile its registers are in its record and on its stack: sp, pc and what a callee preserves in its
 * Gobuf; if it was interrupted, `lr` is where, and all other registers lie above sp.
 */
import { HEADER_M_COUNT, PREEMPT_STOP } from "./codes.ts";
import {
  descriptor,
  G_KIND_BYTE,
  G_PREEMPT_BYTE,
  G_STATUS,
  G_STRIDE,
  G_STRIDE_BYTES,
  G_WAITREASON_BYTE,
  gmem,
  gmem8,
  mid,
  mmem,
  native,
} from "./ffi.ts";
import { KIND_GENERATOR } from "./g.ts";
import { casfrom_gscanstatus, castogscanstatus, goidOf, readgstatus, scannable } from "./gstatus.ts";
import { FatalError } from "./panic.ts";
import {
  Gpreempted,
  Grunnable,
  Grunning,
  Gscan,
  Gsyscall,
  Gwaiting,
  statusName,
  waitReasonPreempted,
} from "./runtime2.ts";

/** A goroutine that is suspended: suspendGState. */
export interface Suspended {
  readonly gp: number;
  /** The status that it keeps until {@link resumeG}, without the scan bit that is held. */
  readonly status: number;
  /** It ran, and was stopped. */
  readonly stopped: boolean;
}

/** As long as a scan bit may be held (gstatus.ts): what is gone must be an error and not a hang. Milliseconds. */
const WAIT_MAX_MS = 10_000;
/** From one look at a status to the next, and from one request to the next: the goroutine may have left and come again. */
const LOOK_MS = 0.05;
const LOOKS_A_REQUEST = 20;
const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/**
 * Waits for a status to be another. @returns what `look` returns, when that is not undefined
 * @throws FatalError behind {@link WAIT_MAX_MS}
 */
function awaits<T>(what: string, gp: number, look: (turn: number) => T | undefined): T {
  const start = performance.now();
  for (let turn = 0; ; turn++) {
    const found = look(turn);
    if (found !== undefined) return found;
    if (performance.now() - start > WAIT_MAX_MS) {
      const now = statusName(readgstatus(gp));
      throw new FatalError(`${what}: goroutine ${goidOf(gp)} (G ${gp}) is ${now} still, ${WAIT_MAX_MS} ms on`);
    }
    Atomics.wait(sleepWord, 0, 0, LOOK_MS);
  }
}

/** preempted>waiting, which no edge of the relation is: the relation, as the Rust seed has it, has preempted>runnable. */
function casGFromPreempted(gp: number): boolean {
  gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE] = waitReasonPreempted;
  return Atomics.compareExchange(gmem, gp * G_STRIDE + G_STATUS, Gpreempted, Gwaiting) === Gpreempted;
}

/**
 * Suspends a goroutine of any thread, so that it does not go on and its stack stays as it is: suspendG.
 *
 * @returns null where there is nothing to suspend: it is dead or being made, a generator that runs (JavaScript on another
 *   thread cannot be stopped), or the goroutine of this thread
 * @throws FatalError when a native body does not stop for 10 s: nothing in it looks
 */
export function suspendG(gp: number): Suspended | null {
  let stopped = false;
  return awaits("suspendG", gp, (turn) => {
    const status = readgstatus(gp);
    switch (status) {
      case Grunnable:
      case Gsyscall:
      case Gwaiting:
        return castogscanstatus(gp, status, status | Gscan) ? { gp, status, stopped } : undefined;
      case Gpreempted:
        stopped ||= casGFromPreempted(gp);
        return undefined;
      case Grunning:
        if (gmem8[gp * G_STRIDE_BYTES + G_KIND_BYTE] === KIND_GENERATOR || isHere(gp)) return null;
        if (turn % LOOKS_A_REQUEST === 0) native.gobuf_preempt_stop(gp);
        return undefined;
      default:
        return (status & Gscan) === 0 ? null : undefined;
    }
  });
}

/** Lets a suspended goroutine go: resumeG. One that was stopped goes on at its M's next turn. */
export function resumeG({ gp, status, stopped }: Suspended): void {
  casfrom_gscanstatus(gp, status | Gscan, status);
  // ready: its M, which waits for this, puts it on its queue.
  if (stopped) Atomics.compareExchange(gmem, gp * G_STRIDE + G_STATUS, Gwaiting, Grunnable);
}

/** On the M of a goroutine that has stopped: waits until whoever suspended it lets it go. */
export function awaitResume(gp: number): void {
  awaits("preemptPark", gp, () => (readgstatus(gp) === Grunnable ? true : undefined));
}

/** Whether a native goroutine is to stop where it looks. */
export function isToStop(gp: number): boolean {
  return (Atomics.load(gmem8, gp * G_STRIDE_BYTES + G_PREEMPT_BYTE) & PREEMPT_STOP) !== 0;
}

/**
 * Holds a G where it is while `scanner` looks at it: the frame of scanstack in runtime/mgcmark.go. A native goroutine that
 * runs on another thread is stopped; of one that runs otherwise the status is held, and nothing else.
 *
 * @returns what the scanner returned; undefined when the G was in no status that can be scanned, or changed meanwhile
 */
export function scan_stack<T>(gp: number, scanner: (gp: number) => T): T | undefined {
  const status = readgstatus(gp);
  const isNative = gmem8[gp * G_STRIDE_BYTES + G_KIND_BYTE] !== KIND_GENERATOR;
  if (status === Grunning && isNative && !isHere(gp) && isOnM(gp)) return whileSuspended(gp, scanner);
  if (!scannable.includes(status) || !castogscanstatus(gp, status, status | Gscan)) return undefined;
  try {
    return scanner(gp);
  } finally {
    casfrom_gscanstatus(gp, status | Gscan, status);
  }
}

function whileSuspended<T>(gp: number, scanner: (gp: number) => T): T | undefined {
  const suspended = suspendG(gp);
  if (suspended === null) return undefined;
  try {
    return scanner(gp);
  } finally {
    resumeG(suspended);
  }
}

/** The G that an M runs, 0 for none. */
function curgOf(m: number): number {
  const i = (descriptor.m_base + m * descriptor.m_stride + descriptor.m_curg) >> 2;
  const low = Atomics.load(mmem, i) >>> 0;
  const high = Atomics.load(mmem, i + 1) >>> 0;
  if (low === 0 && high === 0) return 0;
  return (high * 0x1_0000_0000 + low - Number(native.gobuf_arena(1))) / G_STRIDE_BYTES;
}

function isHere(gp: number): boolean {
  return curgOf(mid) === gp;
}

function isOnM(gp: number): boolean {
  for (let m = Atomics.load(mmem, HEADER_M_COUNT) - 1; m >= 0; m--) if (curgOf(m) === gp) return true;
  return false;
}

/**
 * Stops the native goroutine of every other thread: stopTheWorld. JavaScript of other threads goes on, up to the next native
 * goroutine that is given the M: it is stopped by nobody, for another thread's JavaScript cannot be.
 *
 * @returns what {@link startTheWorld} lets go
 */
export function stopTheWorld(): Suspended[] {
  const stopped: Suspended[] = [];
  try {
    for (let m = 0; m < Atomics.load(mmem, HEADER_M_COUNT); m++) {
      const gp = m === mid ? 0 : curgOf(m);
      const suspended = gp === 0 ? null : suspendG(gp);
      if (suspended === null) continue;
      stopped.push(suspended);
    }
  } catch (error) {
    // Ends no goroutine: the threads that were stopped are let go.
    startTheWorld(stopped);
    throw error;
  }
  return stopped;
}

/** Lets all go that {@link stopTheWorld} has stopped. */
export function startTheWorld(stopped: readonly Suspended[]): void {
  for (const one of stopped) resumeG(one);
}
