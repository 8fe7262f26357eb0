/**
 * Objects of sync that generator goroutines share with the native goroutines of a pool (shared.ts): the state moves into the
 * pool (arch/procs/sema.zig, rwmutex.zig, notify.zig), and methods that ask there take the place of the class's.
 */
import {
  PROCS_KIND_COND,
  PROCS_KIND_MUTEX,
  PROCS_KIND_ONCE,
  PROCS_KIND_RWMUTEX,
  PROCS_KIND_WAITGROUP,
  PROCS_OP_PANIC,
  TRAP_BROADCAST,
  TRAP_CONDWAIT,
  TRAP_LOCK,
  TRAP_ONCE_BEGIN,
  TRAP_ONCE_END,
  TRAP_RLOCK,
  TRAP_RUNLOCK,
  TRAP_SIGNAL,
  TRAP_TRYLOCK,
  TRAP_TRYRLOCK,
  TRAP_TRYWLOCK,
  TRAP_UNLOCK,
  TRAP_WGADD,
  TRAP_WGWAIT,
  TRAP_WLOCK,
  TRAP_WUNLOCK,
} from "../runtime/codes.ts";
import { onOwnM } from "../runtime/ffi.ts";
import { callDone, checkFatal, fatal, getg, mp, type Op, type OptionalOp, opOptional, opReady } from "../runtime/m.ts";
import { PanicError } from "../runtime/panic.ts";
import {
  waitReasonSyncCondWait,
  waitReasonSyncMutexLock,
  waitReasonSyncRWMutexLock,
  waitReasonSyncRWMutexRLock,
  waitReasonSyncWaitGroupWait,
} from "../runtime/runtime2.ts";
import type { NotifyList } from "../runtime/sema.ts";
import type { Cond } from "../sync/cond.ts";
import type { Mutex } from "../sync/mutex.ts";
import type { Once } from "../sync/once.ts";
import type { RWMutex } from "../sync/rwmutex.ts";
import type { WaitGroup } from "../sync/waitgroup.ts";
import { made, operate, parkFor, refuseOthers, replace } from "./operate.ts";
import type { Answer, Pool } from "./pool.ts";

const nothing = (): undefined => undefined;
const isOne = ([, lo]: Answer): boolean => lo === 1;

function refuseWaited(what: string): never {
  throw new Error(
    `gobuf: goroutines wait for this ${what} already: in a run with several procs give it to native goroutines first`,
  );
}

/** An operation that may wait, and has no result. */
function waitsFor(pool: Pool, code: number, handle: number, gp: number, reason: number): Op<void> {
  const answer = operate(pool, code, handle, 0, 0, gp);
  return answer === null ? parkFor(pool, gp, reason, nothing) : opReady<void>(undefined);
}

/** An attempt, by a goroutine of the run or by async code. @returns whether it has locked it */
function tries(pool: Pool, code: number, handle: number): boolean {
  checkFatal();
  refuseOthers(pool, Math.max(mp.curg, 0));
  const answer = onOwnM(operate, pool, code, handle, 0, 0, 0);
  return answer !== null && isOne(answer);
}

/** An unlock. @param text of the fatal error where it is not locked */
function unlocks(pool: Pool, code: number, handle: number, text: string): void {
  if (pool.run.over && mp.leaving) return;
  const answer = onOwnM(operate, pool, code, handle, 0, 0, 0);
  if (answer?.[0] === PROCS_OP_PANIC) fatal(text);
}

export function shareMutex(pool: Pool, mutex: Mutex): number {
  const state = (mutex as unknown as { state: number }).state;
  if (state > 1) refuseWaited("Mutex");
  const handle = made(pool, PROCS_KIND_MUTEX, 0, "Mutex");
  if (state === 1) operate(pool, TRAP_LOCK, handle, 0, 0, 0);
  const unlockNow = () => unlocks(pool, TRAP_UNLOCK, handle, "sync: unlock of unlocked mutex");
  replace(mutex, {
    lock: () => waitsFor(pool, TRAP_LOCK, handle, getg("Mutex.lock"), waitReasonSyncMutexLock),
    unlock(): OptionalOp {
      checkFatal();
      unlockNow();
      return opOptional();
    },
    unlockNow,
    tryLock: () => tries(pool, TRAP_TRYLOCK, handle),
  });
  return handle;
}

/** What readerCount is when a writer holds it and no reader waits. */
const WRITER = -(1 << 30);

export function shareRWMutex(pool: Pool, rw: RWMutex): number {
  const { readerCount, w } = rw as unknown as { readerCount: number; w: { state: number } };
  if (w.state > 1 || (readerCount < 0 && readerCount !== WRITER) || (w.state === 1 && readerCount >= 0)) {
    refuseWaited("RWMutex");
  }
  const handle = made(pool, PROCS_KIND_RWMUTEX, 0, "RWMutex");
  if (readerCount < 0) operate(pool, TRAP_WLOCK, handle, 0, 0, 0);
  for (let n = 0; n < readerCount; n++) operate(pool, TRAP_RLOCK, handle, 0, 0, 0);
  replace(rw, {
    rlock: () => waitsFor(pool, TRAP_RLOCK, handle, getg("RWMutex.rlock"), waitReasonSyncRWMutexRLock),
    runlock(): void {
      checkFatal();
      unlocks(pool, TRAP_RUNLOCK, handle, "sync: RUnlock of unlocked RWMutex");
      callDone();
    },
    lock: () => waitsFor(pool, TRAP_WLOCK, handle, getg("RWMutex.lock"), waitReasonSyncRWMutexLock),
    unlock(): OptionalOp {
      checkFatal();
      unlocks(pool, TRAP_WUNLOCK, handle, "sync: Unlock of unlocked RWMutex");
      return opOptional();
    },
    tryRLock: () => tries(pool, TRAP_TRYRLOCK, handle),
    tryLock: () => tries(pool, TRAP_TRYWLOCK, handle),
  });
  return handle;
}

/** @param locker the handle of its lock. The class's methods stay, and its list of tickets is the pool's. */
export function shareCond(pool: Pool, cond: Cond, locker: number): number {
  const { wait, notify } = (cond as unknown as { notify: { wait: number; notify: number } }).notify;
  if (wait !== notify) refuseWaited("Cond");
  const handle = made(pool, PROCS_KIND_COND, locker, "Cond");
  const tells = (code: number) => () => {
    if (pool.run.over && mp.leaving) return;
    onOwnM(operate, pool, code, handle, 0, 0, 0);
  };
  const list: Pick<NotifyList, "add" | "waitFor" | "notifyOne" | "notifyAll"> = {
    // Without a goroutine the trap draws a ticket.
    add: () => operate(pool, TRAP_CONDWAIT, handle, 0, 0, 0)?.[1] ?? 0,
    waitFor(gp: number, ticket: number): boolean {
      if (operate(pool, TRAP_CONDWAIT, handle, ticket, 0, gp) !== null) return true;
      parkFor(pool, gp, waitReasonSyncCondWait, nothing);
      return false;
    },
    notifyOne: tells(TRAP_SIGNAL),
    notifyAll: tells(TRAP_BROADCAST),
  };
  replace(cond, { notify: list });
  return handle;
}

/** The class's `do` stays: its two halves are the pool's. */
export function shareOnce(pool: Pool, once: Once): number {
  const { state } = once.m as unknown as { state: number };
  if (state > 1) refuseWaited("Once");
  const handle = made(pool, PROCS_KIND_ONCE, 0, "Once");
  if (once.finished || state === 1) operate(pool, TRAP_ONCE_BEGIN, handle, 0, 0, 0);
  if (once.finished) operate(pool, TRAP_ONCE_END, handle, 0, 0, 0);
  // The class's own way looks here first.
  once.finished = false;
  replace(once, {
    begin(): Op<boolean> {
      const gp = getg("Once.do");
      const answer = operate(pool, TRAP_ONCE_BEGIN, handle, 0, 0, gp);
      return answer === null
        ? (parkFor(pool, gp, waitReasonSyncMutexLock, isOne) as Op<boolean>)
        : opReady(isOne(answer));
    },
    end(): OptionalOp {
      unlocks(pool, TRAP_ONCE_END, handle, "sync: unlock of unlocked mutex");
      return opOptional();
    },
  });
  return handle;
}

export function shareWaitGroup(pool: Pool, wg: WaitGroup): number {
  const { counter, waiters } = wg as unknown as { counter: number; waiters: number };
  if (waiters !== 0) {
    refuseWaited("WaitGroup");
  }
  const handle = made(pool, PROCS_KIND_WAITGROUP, 0, "WaitGroup");
  const change = (delta: number) => {
    if (pool.run.over && mp.leaving) return;
    const answer = onOwnM(operate, pool, TRAP_WGADD, handle, delta, delta >> 31, 0);
    if (answer?.[0] === PROCS_OP_PANIC && !mp.leaving) throw new PanicError("sync: negative WaitGroup counter");
  };
  if (counter !== 0) change(counter);
  // The class's own way down looks here first.
  (wg as unknown as { counter: number }).counter = 0;
  replace(wg, {
    change,
    done(): void {
      checkFatal();
      change(-1);
      callDone();
    },
    wait(): Op<void> {
      const gp = getg("WaitGroup.wait");
      return waitsFor(pool, TRAP_WGWAIT, handle, gp, waitReasonSyncWaitGroupWait);
    },
  });
  return handle;
}
