/**
 * Waits of goroutines by where they wait (the block profile), and by who lets them go on (the mutex profile): what a trace
 * would write, added up. runtime/mprof.go.
 */
import {
  Gwaiting,
  waitReasonChanReceive,
  waitReasonChanSend,
  waitReasonSelect,
  waitReasonSyncCondWait,
  waitReasonSyncMutexLock,
  waitReasonSyncRWMutexLock,
  waitReasonSyncRWMutexRLock,
  waitReasonSyncWaitGroupWait,
} from "../runtime/runtime2.ts";
import type { TraceFormat } from "./format.ts";
import { Profile, type Sum } from "./profile.ts";
import type { Stack } from "./stacks.ts";

/** Waits for locks: somebody has what the goroutine wants. */
const LOCKS: ReadonlySet<number> = new Set([
  waitReasonSyncMutexLock,
  waitReasonSyncRWMutexLock,
  waitReasonSyncRWMutexRLock,
]);

/** Waits that Go's block profile has: for another goroutine, and not for the time or the outside. */
const BLOCKS: ReadonlySet<number> = new Set([
  ...LOCKS,
  waitReasonChanReceive,
  waitReasonChanSend,
  waitReasonSelect,
  waitReasonSyncCondWait,
  waitReasonSyncWaitGroupWait,
]);

/** Stands for whoever is no goroutine: a callback, or async code. */
const OUTSIDE: Stack = { frames: [{ pc: 0, func: "outside", file: "", line: 0 }], id: 0, generation: 0 };

interface Wait {
  readonly since: number;
  readonly reason: number;
  readonly stack: Stack;
}

function add(sums: Map<Stack, Sum>, stack: Stack, nanoseconds: number): void {
  const sum = sums.get(stack);
  if (sum === undefined) sums.set(stack, { frames: stack.frames, count: 1, nanoseconds });
  else {
    sum.count++;
    sum.nanoseconds += nanoseconds;
  }
}

/** Adds up what a trace would write. */
export class Waits implements TraceFormat {
  private readonly sums = { block: new Map<Stack, Sum>(), mutex: new Map<Stack, Sum>() };
  /** What goroutines wait for, by their Gs. */
  private readonly waiting = new Map<number, Wait>();

  /** What there is so far. A wait counts when it is over, as in Go. */
  profile(name: "block" | "mutex"): Profile {
    return new Profile(name, [...this.sums[name].values()]);
  }

  exists(time: number, gp: number, id: number, status: number, reason: number, stack: Stack): void {
    if (status === Gwaiting) this.block(time, gp, id, reason, stack);
  }

  block(since: number, gp: number, _id: number, reason: number, stack: Stack): void {
    if (BLOCKS.has(reason)) this.waiting.set(gp, { since, reason, stack });
  }

  unblock(time: number, gp: number, _id: number, _by: number, at: Stack | null): void {
    const wait = this.waiting.get(gp);
    if (wait === undefined) return;
    this.waiting.delete(gp);
    add(this.sums.block, wait.stack, time - wait.since);
    if (LOCKS.has(wait.reason)) add(this.sums.mutex, at ?? OUTSIDE, time - wait.since);
  }

  over(): void {
    this.waiting.clear();
  }

  // What else a trace writes.
  begin(): void {}
  proc(): void {}
  create(): void {}
  start(): void {}
  stop(): void {}
  destroy(): void {}
  log(): void {}
  region(): void {}
  taskBegin(): void {}
  taskEnd(): void {}
  end(): void {}
}
