/**
 * Goroutine statuses and wait reasons: runtime/runtime2.go of Go 1.26.
 *
 * Numbers and texts are Go's; runtime2.test.ts compares them with the installed GOROOT, where there is one.
 */
import { GSTATUS_RUNNING } from "./codes.ts";

/** Just allocated, not yet initialised. */
export const Gidle = 0;
/** On a run queue; its stack belongs to nobody. */
export const Grunnable = 1;
/** Running on an M; not on a run queue. */
export const Grunning = GSTATUS_RUNNING;
/** In a system call; not on a run queue. */
export const Gsyscall = 3;
/** Blocked in the runtime; not on a run queue, but recorded where it will be woken from (a wait queue, a timer). */
export const Gwaiting = 4;
/** Exited, or on a free list; may be made a fresh idle G. */
export const Gdead = 6;
/** Its stack is being moved. Nothing of this port moves stacks; the state is part of the relation. */
export const Gcopystack = 8;
/** Stopped itself for a preemption that asked it to stop. */
export const Gpreempted = 9;
/** Or'ed to a status while someone scans the stack and so holds the G where it is. */
export const Gscan = 0x1000;

/** Names of the statuses as traces and errors write them. */
export const statusNames: Readonly<Record<number, string>> = {
  [Gidle]: "idle",
  [Grunnable]: "runnable",
  [Grunning]: "running",
  [Gsyscall]: "syscall",
  [Gwaiting]: "waiting",
  [Gdead]: "dead",
  [Gcopystack]: "copystack",
  [Gpreempted]: "preempted",
};

/** The name of a status, with `scan` before it when the scan bit is set, or the number where there is no name. */
export function statusName(status: number): string {
  const base = statusNames[status & ~Gscan] ?? `status ${status & ~Gscan}`;
  return (status & Gscan) === 0 ? base : `scan${base}`;
}

/** Texts of waitReason, by Go's number: waitReasonStrings in runtime/runtime2.go. */
export const waitReasonStrings = [
  "",
  "GC assist marking",
  "IO wait",
  "dumping heap",
  "garbage collection",
  "garbage collection scan",
  "panicwait",
  "GC assist wait",
  "GC sweep wait",
  "GC scavenge wait",
  "finalizer wait",
  "force gc (idle)",
  "GOMAXPROCS updater (idle)",
  "semacquire",
  "sleep",
  "chan receive (nil chan)",
  "chan send (nil chan)",
  "select (no cases)",
  "select",
  "chan receive",
  "chan send",
  "sync.Cond.Wait",
  "sync.Mutex.Lock",
  "sync.RWMutex.RLock",
  "sync.RWMutex.Lock",
  "sync.WaitGroup.Wait",
  "trace reader (blocked)",
  "wait for GC cycle",
  "GC worker (idle)",
  "GC worker (active)",
  "preempted",
  "debug call",
  "GC mark termination",
  "stopping the world",
  "flushing proc caches",
  "trace goroutine status",
  "trace proc status",
  "page trace flush",
  "coroutine",
  "GC weak to strong wait",
  "synctest.Run",
  "synctest.Wait",
  "chan receive (durable)",
  "chan send (durable)",
  "select (durable)",
  "sync.WaitGroup.Wait (durable)",
  "cleanup wait",
] as const;

export const waitReasonZero = 0;
export const waitReasonIOWait = 2;
export const waitReasonSemacquire = 13;
export const waitReasonSleep = 14;
export const waitReasonChanReceiveNilChan = 15;
export const waitReasonChanSendNilChan = 16;
export const waitReasonSelectNoCases = 17;
export const waitReasonSelect = 18;
export const waitReasonChanReceive = 19;
export const waitReasonChanSend = 20;
export const waitReasonSyncCondWait = 21;
export const waitReasonSyncMutexLock = 22;
export const waitReasonSyncRWMutexRLock = 23;
export const waitReasonSyncRWMutexLock = 24;
export const waitReasonSyncWaitGroupWait = 25;
export const waitReasonPreempted = 30;
export const waitReasonSynctestRun = 40;
export const waitReasonSynctestWait = 41;
