/**
 * RWMutex: sync/rwmutex.go.
 */
import {
  callDone,
  checkFatal,
  fatal,
  getg,
  MCALL_NONE,
  mp,
  type Op,
  type OptionalOp,
  opFatal,
  opOptional,
  opOwnCall,
  opPending,
  opReady,
} from "../runtime/m.ts";
import { waitReasonSyncRWMutexLock, waitReasonSyncRWMutexRLock } from "../runtime/runtime2.ts";
import { Sema, semacquired } from "../runtime/sema.ts";
import type { Locker } from "./cond.ts";
import { Mutex } from "./mutex.ts";

const rwmutexMaxReaders = 1 << 30;

/**
 * A lock that any number of readers, or one writer, may hold: Go's sync.RWMutex (sync/rwmutex.go). A writer that waits
 * keeps new readers out.
 *
 * @example
 * ```ts
 * const lock = new RWMutex();
 * const prices = new Map([["ant", 1]]);
 * function* read(name: string): Go<number | undefined> {
 *   yield* lock.rlock();
 *   try {
 *     return prices.get(name);
 *   } finally {
 *     lock.runlock();
 *   }
 * }
 * yield* lock.lock();
 * prices.set("bee", 2);
 * yield* lock.unlock();
 * console.log(yield* read("bee")); // 2
 * ```
 */
export class RWMutex {
  private readonly w = new Mutex();
  private readonly writerSem = new Sema(waitReasonSyncRWMutexLock);
  private readonly readerSem = new Sema(waitReasonSyncRWMutexRLock, () => {
    // A waiting reader is gone: its run is over.
    this.readerCount--;
  });
  /** Readers, less {@link rwmutexMaxReaders} while a writer waits or holds it. */
  private readerCount = 0;
  /** Readers that a waiting writer waits for. */
  private readerWait = 0;

  /** Locks it for reading, and waits while a writer holds it or waits: Go's RLock. @throws Error outside a goroutine */
  rlock(): Op<void> {
    const gp = getg("RWMutex.rlock");
    if (++this.readerCount >= 0 || this.readerSem.acquire(gp, false, semacquired)) return opReady<void>(undefined);
    return opPending();
  }

  /** Locks it for reading if no writer holds it or waits: Go's TryRLock. @returns whether it locked it */
  tryRLock(): boolean {
    checkFatal();
    if (this.readerCount < 0) return false;
    this.readerCount++;
    return true;
  }

  /**
   * Takes one reader's lock back: Go's RUnlock.
   * @throws FatalError "sync: RUnlock of unlocked RWMutex", which ends the run
   */
  runlock(): void {
    checkFatal();
    const r = --this.readerCount;
    if (r < 0) {
      if (r + 1 === 0 || r + 1 === -rwmutexMaxReaders) fatal("sync: RUnlock of unlocked RWMutex");
      if (--this.readerWait === 0) this.writerSem.release(false);
    }
    callDone();
  }

  /**
   * Locks it for writing, and waits while readers or another writer hold it: Go's Lock.
   * @throws Error outside a goroutine
   */
  lock(): Op<void> {
    getg("RWMutex.lock");
    return this.w.tryLock() ? this.waitForReaders() : opOwnCall(this.lockSlow());
  }

  private *lockSlow(): Generator<unknown, void, true> {
    yield* this.w.lock();
    yield* this.waitForReaders();
  }

  /** Announces the writer, and waits for the readers that are in. */
  private waitForReaders(): Op<void> {
    const r = this.readerCount;
    this.readerCount -= rwmutexMaxReaders;
    if (r !== 0) {
      this.readerWait += r;
      if (this.readerWait !== 0 && !this.writerSem.acquire(mp.curg, false, semacquired)) return opPending();
    }
    return opReady<void>(undefined);
  }

  /** Locks it for writing if neither readers nor a writer hold it: Go's TryLock. @returns whether it locked it */
  tryLock(): boolean {
    if (!this.w.tryLock()) return false;
    if (this.readerCount !== 0) {
      this.w.unlockNow();
      mp.mcall = MCALL_NONE;
      return false;
    }
    this.readerCount = -rwmutexMaxReaders;
    return true;
  }

  /**
   * Takes the writer's lock back: Go's Unlock. The readers that wait get the lock, then other writers. The `yield*` may
   * be left out, as in Mutex.unlock.
   *
   * @throws FatalError "sync: Unlock of unlocked RWMutex", which ends the run; Error outside a goroutine
   */
  unlock(): OptionalOp {
    getg("RWMutex.unlock");
    const readers = this.readerCount + rwmutexMaxReaders;
    if (readers >= rwmutexMaxReaders) return opFatal("sync: Unlock of unlocked RWMutex");
    this.readerCount = readers;
    for (let i = 0; i < readers; i++) this.readerSem.release(false);
    this.w.unlockNow();
    return opOptional();
  }

  /**
   * A Locker whose `lock` and `unlock` are this lock's {@link rlock} and {@link runlock}, for example for a Cond whose
   * waiters only read: Go's RLocker.
   *
   * @example
   * ```ts
   * const lock = new RWMutex();
   * const readers = lock.rlocker();
   * yield* readers.lock();
   * console.log(lock.tryRLock(), lock.tryLock()); // true false
   * ```
   */
  rlocker(): Locker {
    return {
      lock: () => this.rlock(),
      unlock: () => {
        this.runlock();
        return opOptional();
      },
    };
  }
}
