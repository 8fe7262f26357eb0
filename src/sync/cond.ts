/**
 * Cond: sync/cond.go.
 */
import { refuse } from "../runtime/expect.ts";
import { callDone, checkFatal, getg, type Op, type OptionalOp, opOwnCall, opPending, opReady } from "../runtime/m.ts";
import { NotifyList } from "../runtime/sema.ts";

/**
 * The type of a {@link Cond}'s lock: Go's sync.Locker (sync/mutex.go).
 *
 * @example
 * ```ts
 * function* locked(lock: Locker, what: () => void): Go {
 *   yield* lock.lock();
 *   try {
 *     what();
 *   } finally {
 *     yield* lock.unlock();
 *   }
 * }
 * yield* locked(new Mutex(), () => console.log("alone")); // alone
 * ```
 */
export interface Locker {
  /** Waits until the lock is free, and takes it. */
  lock(): Op<void>;
  /** Gives the lock back. */
  unlock(): OptionalOp;
}

/**
 * A condition variable: goroutines wait until others tell them that something has changed. Go's sync.Cond
 * (sync/cond.go).
 *
 * @example
 * ```ts
 * const queue: string[] = [];
 * const filled = new Cond(new Mutex());
 * go(function* () {
 *   yield* filled.L.lock();
 *   queue.push("ant");
 *   filled.signal();
 *   yield* filled.L.unlock();
 * });
 * yield* filled.L.lock();
 * while (queue.length === 0) yield* filled.wait();
 * console.log(queue.shift()); // ant
 * yield* filled.L.unlock();
 * ```
 */
export class Cond {
  private readonly notify = new NotifyList();

  constructor(
    /** The lock that a goroutine holds while it looks at the condition or changes it. */
    readonly L: Locker,
  ) {
    if (typeof L?.lock !== "function" || typeof L.unlock !== "function") {
      refuse("Cond", L, "a Locker: a Mutex, an RWMutex, or an object with lock and unlock");
    }
  }

  /**
   * Unlocks L, waits for {@link signal} or {@link broadcast}, and locks L again: Go's Wait. The caller holds L. Look at
   * the condition in a loop: another goroutine may have been faster.
   *
   * @throws FatalError when L is not locked, which ends the run; Error outside a goroutine
   */
  wait(): Op<void> {
    getg("Cond.wait");
    return opOwnCall(this.waitSlow());
  }

  private *waitSlow(): Generator<unknown, void, true> {
    const ticket = this.notify.add();
    yield* this.L.unlock();
    yield* this.waitFor(ticket);
    yield* this.L.lock();
  }

  private waitFor(ticket: number): Op<void> {
    return this.notify.waitFor(getg("Cond.wait"), ticket) ? opReady<void>(undefined) : opPending();
  }

  /** Wakes the goroutine that has waited longest, if one waits: Go's Signal. */
  signal(): void {
    checkFatal();
    this.notify.notifyOne();
    callDone();
  }

  /** Wakes all goroutines that wait: Go's Broadcast. */
  broadcast(): void {
    checkFatal();
    this.notify.notifyAll();
    callDone();
  }
}
