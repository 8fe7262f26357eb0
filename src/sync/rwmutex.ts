/**
 * RWMutex: sync/rwmutex.go.
 */
import { fatal, getg, MCALL_NONE, mp, type Op, opCall, opOptional, opPending, opReady } from "../runtime/m.ts";
import { waitReasonSyncRWMutexLock, waitReasonSyncRWMutexRLock } from "../runtime/runtime2.ts";
import { Sema, semacquired } from "../runtime/sema.ts";
import { Mutex } from "./mutex.ts";

const rwmutexMaxReaders = 1 << 30;

/**
 * A lock that any number of readers or one writer may hold: sync.RWMutex.
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
  private readonly readerSem = new Sema(waitReasonSyncRWMutexRLock);
  /** Readers, less {@link rwmutexMaxReaders} while a writer waits or holds it. */
  private readerCount = 0;
  /** Readers that a waiting writer waits for. */
  private readerWait = 0;

  /** Locks for reading: RLock. */
  rlock(): Op<void> {
    const gp = getg("RWMutex.rlock");
    if (++this.readerCount >= 0 || this.readerSem.acquire(gp, false, semacquired)) return opReady<void>(undefined);
    return opPending();
  }

  /** Locks for reading if no writer holds it or waits: TryRLock. */
  tryRLock(): boolean {
    if (this.readerCount < 0) return false;
    this.readerCount++;
    return true;
  }

  /** Unlocks one reader: RUnlock. @throws FatalError "sync: RUnlock of unlocked RWMutex", which ends the run */
  runlock(): void {
    const r = --this.readerCount;
    if (r >= 0) return;
    if (r + 1 === 0 || r + 1 === -rwmutexMaxReaders) fatal("sync: RUnlock of unlocked RWMutex");
    if (--this.readerWait === 0) this.writerSem.release(false);
  }

  /** Locks for writing: Lock. A writer behind a writer waits for the inner Mutex. */
  lock(): Op<void> {
    getg("RWMutex.lock");
    return this.w.tryLock() ? this.waitForReaders() : opCall(this.lockSlow());
  }

  private *lockSlow(): Generator<unknown, void, unknown> {
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

  /** Locks for writing if nobody holds it: TryLock. */
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
   * Unlocks the writer: Unlock. Readies the readers that wait, then lets other writers in.
   *
   * `yield*` on it hands the processor to a starving writer, as Go does.
   *
   * @throws FatalError "sync: Unlock of unlocked RWMutex", which ends the run
   */
  unlock(): Op<void> {
    getg("RWMutex.unlock");
    const readers = this.readerCount + rwmutexMaxReaders;
    if (readers >= rwmutexMaxReaders) fatal("sync: Unlock of unlocked RWMutex");
    this.readerCount = readers;
    for (let i = 0; i < readers; i++) this.readerSem.release(false);
    this.w.unlockNow();
    return opOptional();
  }
}
