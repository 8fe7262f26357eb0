/**
 * Cond: sync/cond.go.
 */
import { getg, type Op, opCall, opPending, opReady } from "./m.ts";
import { NotifyList } from "./sema.ts";

/** What a {@link Cond} may have as its lock: sync.Locker. */
export interface Locker {
  lock(): Op<void>;
  unlock(): Op<void>;
}

/** A condition variable: sync.Cond. */
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
