/**
 * Cond: sync/cond.go.
 */
import { getg, type Op, opCall, opPending, opReady } from "../runtime/m.ts";
import { NotifyList } from "../runtime/sema.ts";

/**
 * What a {@link Cond} may have as its lock: sync.Locker.
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
  lock(): Op<void>;
  unlock(): Op<void>;
}

/**
 * A condition variable: sync.Cond.
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
    /** Held while the condition is looked at or changed. */
    readonly L: Locker,
  ) {}

  /** Unlocks L, waits for a signal, and locks L again: Wait. */
  wait(): Op<void> {
    getg("Cond.wait");
    return opCall(this.waitSlow());
  }

  private *waitSlow(): Generator<unknown, void, unknown> {
    const ticket = this.notify.add();
    yield* this.L.unlock();
    yield* this.waitFor(ticket);
    yield* this.L.lock();
  }

  private waitFor(ticket: number): Op<void> {
    return this.notify.waitFor(getg("Cond.wait"), ticket) ? opReady<void>(undefined) : opPending();
  }

  /** Wakes the goroutine that has waited longest: Signal. */
  signal(): void {
    this.notify.notifyOne();
  }

  /** Wakes all that wait: Broadcast. */
  broadcast(): void {
    this.notify.notifyAll();
  }
}
