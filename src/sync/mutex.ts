/**
 * Mutex: internal/sync/mutex.go. In normal mode the unlocker wakes the head waiter and lets others barge in; a waiter
 * that has waited for more than 1 ms turns the mutex starving, and it is handed over in order.
 *
 * There is no spinning, as there is none at GOMAXPROCS=1.
 */
import { G_STRIDE, G_WAITING, gmem } from "../runtime/ffi.ts";
import {
  checkFatal,
  fatal,
  getg,
  MCALL_NONE,
  mp,
  type Op,
  type OptionalOp,
  opFatal,
  opNoPoint,
  opOptional,
  opPending,
  opReady,
  REPARK,
} from "../runtime/m.ts";
import { waitReasonSyncMutexLock } from "../runtime/runtime2.ts";
import { Sema, semacquireContinue } from "../runtime/sema.ts";
import { sc, selem } from "../runtime/sudog.ts";
import { nanotime } from "../runtime/time.ts";

const mutexLocked = 1;
const mutexWoken = 2;
const mutexStarving = 4;
const mutexWaiterShift = 3;
/** A waiter that waits longer turns the mutex starving, nanoseconds. */
const starvationThresholdNs = 1e6;
const UNLOCKED = "sync: unlock of unlocked mutex";

/** Makes a Mutex that threads share: src/workers/ sets it. */
let makeShared: () => Mutex = () => {
  throw new Error("gobuf: Mutex.shared: not there");
};

/** Sets what makes a Mutex that threads share. */
export function setSharedMutex(f: () => Mutex): void {
  makeShared = f;
}

class MutexSema extends Sema {
  constructor(readonly mutex: Mutex) {
    super(waitReasonSyncMutexLock, () => mutex.lost());
  }
}

/**
 * The rest of Lock. It waits as a channel does, without a generator of its own, which cost a contended lock 60 ns.
 *
 * @param waitStart when the goroutine began to wait, where a waiter has just been woken; else 0
 * @returns whether it is locked; else the goroutine has asked to park, and {@link locked} goes on
 */
function lockSlow(mutex: Mutex, gp: number, waitStart: number): boolean {
  let starving = false;
  for (let awoke = waitStart !== 0; ; awoke = true) {
    if (awoke) {
      starving ||= nanotime() - waitStart > starvationThresholdNs;
      const now = mutex.state;
      if ((now & mutexStarving) !== 0) {
        // Handed over: the state still says unlocked, and counts this waiter.
        if ((now & (mutexLocked | mutexWoken)) !== 0 || now >> mutexWaiterShift === 0) {
          fatal("sync: inconsistent mutex state");
        }
        let delta = mutexLocked - (1 << mutexWaiterShift);
        if (!starving || now >> mutexWaiterShift === 1) delta -= mutexStarving;
        mutex.state += delta;
        return true;
      }
    }
    const old = mutex.state;
    let next = old;
    if ((old & mutexStarving) === 0) next |= mutexLocked;
    if ((old & (mutexLocked | mutexStarving)) !== 0) next += 1 << mutexWaiterShift;
    if (starving && (old & mutexLocked) !== 0) next |= mutexStarving;
    if (awoke) {
      if ((next & mutexWoken) === 0) fatal("sync: inconsistent mutex state");
      next &= ~mutexWoken;
    }
    mutex.state = next;
    if ((old & (mutexLocked | mutexStarving)) === 0) return true;
    const lifo = waitStart !== 0;
    if (waitStart === 0) waitStart = nanotime();
    if (!mutex.sema.acquire(gp, lifo, locked)) {
      selem[gmem[gp * G_STRIDE + G_WAITING]] = waitStart;
      return false;
    }
  }
}

/** What stands behind the semaphore in Lock. When the goroutine began to wait is where a channel keeps a value. */
function locked(gp: number): unknown {
  const s = gmem[gp * G_STRIDE + G_WAITING];
  const { mutex } = sc[s] as MutexSema;
  const waitStart = selem[s] as number;
  return semacquireContinue(gp, locked) && lockSlow(mutex, gp, waitStart) ? undefined : REPARK;
}

/**
 * A lock that one goroutine holds at a time: Go's sync.Mutex (internal/sync/mutex.go). It belongs to no goroutine:
 * another one may unlock it.
 *
 * @example
 * ```ts
 * const mutex = new Mutex();
 * let balance = 100;
 * function* withdraw(amount: number): Go {
 *   yield* mutex.lock();
 *   try {
 *     const before = balance;
 *     yield* sleep(1);
 *     balance = before - amount;
 *   } finally {
 *     yield* mutex.unlock();
 *   }
 * }
 * const wg = new WaitGroup();
 * for (let i = 0; i < 3; i++) wg.go(withdraw, 10);
 * yield* wg.wait();
 * console.log(balance); // 70
 * ```
 */
export class Mutex {
  /**
   * Makes a Mutex that goroutines of several threads share: `go.worker` and shared channels pass it as itself. It is handed
   * over in the order in which goroutines wait, and is the run's in which it was made. EXPERIMENTAL, on Linux.
   *
   * @throws Error when no run is under way, and where threads share nothing
   * @example
   * ```ts
   * import { Mutex, run } from "gobuf";
   *
   * await run(function* main() {
   *   const mutex = Mutex.shared();
   *   yield* mutex.lock();
   *   console.log(mutex.tryLock()); // false
   *   mutex.unlock();
   * });
   * ```
   */
  static shared(): Mutex {
    return makeShared();
  }

  /** @internal */
  state = 0;
  /** @internal */
  readonly sema: Sema = new MutexSema(this);

  /** A waiter is gone: its run is over. @internal */
  lost(): void {
    if (this.state >> mutexWaiterShift !== 0) this.state -= 1 << mutexWaiterShift;
    if (this.state >> mutexWaiterShift === 0) this.state &= ~mutexStarving;
  }

  /** Locks it, and waits while it is locked: Go's Lock. @throws Error outside a goroutine */
  lock(): Op<void> {
    const gp = getg("Mutex.lock");
    if (this.state === 0) {
      this.state = mutexLocked;
      return opReady<void>(undefined);
    }
    return lockSlow(this, gp, 0) ? opNoPoint() : opPending();
  }

  /**
   * Locks it if that needs no waiting: Go's TryLock.
   *
   * @returns whether it locked it; false when it is locked, or about to be handed over to a waiter that has starved
   */
  tryLock(): boolean {
    checkFatal();
    if ((this.state & (mutexLocked | mutexStarving)) !== 0) return false;
    this.state |= mutexLocked;
    return true;
  }

  /**
   * Unlocks it: Go's Unlock. The `yield*` may be left out. With it, a waiter that has waited for more than 1 ms runs
   * next, as in Go; without it, that waiter runs when the goroutine next gives way.
   *
   * @throws FatalError "sync: unlock of unlocked mutex", which ends the run; Error outside a goroutine
   */
  unlock(): OptionalOp {
    getg("Mutex.unlock");
    if ((this.state & mutexLocked) === 0) return opFatal(UNLOCKED);
    this.unlockNow();
    return opOptional();
  }

  /** Unlocks; mp.mcall may ask for goyield. @internal */
  unlockNow(): void {
    mp.mcall = MCALL_NONE;
    const left = this.state - mutexLocked;
    if ((this.state & mutexLocked) === 0) fatal(UNLOCKED);
    this.state = left;
    if (left === 0) return;
    if ((left & mutexStarving) !== 0) this.sema.release(true);
    else if (left >> mutexWaiterShift !== 0 && (left & (mutexWoken | mutexStarving)) === 0) {
      this.state = (left - (1 << mutexWaiterShift)) | mutexWoken;
      this.sema.release(false);
    }
  }
}
