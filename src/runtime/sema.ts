/**
 * Semaphores and notify lists that sync is built on: runtime/sema.go. Waiters are first in, first out for each
 * semaphore, except that one which lost its turn may queue at the head (lifo).
 *
 * Go finds a semaphore's waiters in a treap by its address; here it holds its queue itself. The order is the same.
 */
import { G_STRIDE, G_WAITING, gmem, SUDOG_STRIDE, smem } from "./ffi.ts";
import { MCALL_GOYIELD, mp, REPARK } from "./m.ts";
import { FatalError } from "./panic.ts";
import { gopark, goready } from "./proc.ts";
import { waitReasonSyncCondWait } from "./runtime2.ts";
import { acquireSudog, type Queued, releaseSudog, S_G, S_LIFO, S_NEXT, S_TICKET, sc } from "./sudog.ts";
import { meetWaiter } from "./waitq.ts";
import { whenSeveralWorlds } from "./world.ts";

/** Takes sudogs of Gs that are gone out of a list. @returns its first and last */
function purge(
  head: number,
  gone: ((gp: number) => boolean) | undefined,
  onLost: (() => void) | null,
): [number, number] {
  let first = 0;
  let last = 0;
  for (let s = head, next = 0; s !== 0; s = next) {
    const i = s * SUDOG_STRIDE;
    next = smem[i + S_NEXT];
    if (gone === undefined || gone(smem[i + S_G])) {
      smem[i + S_NEXT] = 0;
      onLost?.();
      continue;
    }
    if (last === 0) first = s;
    else smem[last * SUDOG_STRIDE + S_NEXT] = s;
    last = s;
  }
  if (last !== 0) smem[last * SUDOG_STRIDE + S_NEXT] = 0;
  return [first, last];
}

/** A semaphore: the uint32 of Go, and its queue. */
export class Sema implements Queued {
  /** Tokens to be had. */
  value = 0;
  /** First and last waiting sudog. */
  head = 0;
  tail = 0;
  constructor(
    /** The wait reason of goroutines that wait on it. */
    readonly reason: number,
    /** Is told of each waiter that is gone: what is built on the semaphore counts them. */
    private readonly onLost: (() => void) | null = null,
  ) {}

  /** Takes a token if there is one: cansemacquire. */
  tryAcquire(): boolean {
    if (this.value === 0) return false;
    this.value--;
    return true;
  }

  abandon(gone?: (gp: number) => boolean): void {
    [this.head, this.tail] = purge(this.head, gone, this.onLost);
  }

  /** From now on each use of a queue looks whether it is of this world. */
  static checkWorlds(): void {
    const { park, release } = Sema.prototype;
    Sema.prototype.park = function (gp, s, lifo, cont) {
      meetWaiter(this.head);
      park.call(this, gp, s, lifo, cont);
    };
    Sema.prototype.release = function (handoff) {
      meetWaiter(this.head);
      release.call(this, handoff);
    };
  }

  private queue(s: number, lifo: boolean): void {
    if (this.head === 0) {
      this.head = s;
      this.tail = s;
    } else if (lifo) {
      smem[s * SUDOG_STRIDE + S_NEXT] = this.head;
      this.head = s;
    } else {
      smem[this.tail * SUDOG_STRIDE + S_NEXT] = s;
      this.tail = s;
    }
  }

  private dequeue(): number {
    const s = this.head;
    if (s === 0) return 0;
    const i = s * SUDOG_STRIDE + S_NEXT;
    this.head = smem[i];
    if (this.head === 0) this.tail = 0;
    smem[i] = 0;
    return s;
  }

  /**
   * Takes a token, waiting for one: semacquire1.
   *
   * @param cont what follows once the token is there; it must call {@link semacquireContinue} first
   * @returns true when the token was there; false when the goroutine has asked to park
   */
  acquire(gp: number, lifo: boolean, cont: (gp: number) => unknown): boolean {
    if (this.tryAcquire()) return true;
    const s = acquireSudog(gp);
    sc[s] = this;
    gmem[gp * G_STRIDE + G_WAITING] = s;
    this.park(gp, s, lifo, cont);
    return false;
  }

  /** Queues and parks, the first time or again. @internal */
  park(gp: number, s: number, lifo: boolean, cont: (gp: number) => unknown): void {
    smem[s * SUDOG_STRIDE + S_LIFO] = lifo ? 1 : 0;
    this.queue(s, lifo);
    gopark(gp, null, this.reason, cont);
  }

  /**
   * Gives a token, and readies the first waiter: semrelease1.
   *
   * @param handoff the waiter gets the token itself, and the caller yields to it: mp.mcall asks for goyield
   */
  release(handoff: boolean): void {
    this.value++;
    const s = this.dequeue();
    if (s === 0) return;
    const i = s * SUDOG_STRIDE;
    if (smem[i + S_TICKET] !== 0) throw new FatalError("corrupted semaphore ticket");
    if (handoff && this.tryAcquire()) smem[i + S_TICKET] = 1;
    goready(smem[i + S_G]);
    if (smem[i + S_TICKET] === 1 && mp.curg > 0) mp.mcall = MCALL_GOYIELD;
  }
}

whenSeveralWorlds(Sema.checkWorlds);

/**
 * What stands behind semacquire1's gopark: the waiter looks again, as another goroutine may have taken the token.
 *
 * @param cont the continuation to park with again
 * @returns whether the token is there; else the goroutine has parked again and the caller returns REPARK
 */
export function semacquireContinue(gp: number, cont: (gp: number) => unknown): boolean {
  const s = gmem[gp * G_STRIDE + G_WAITING];
  const sema = sc[s] as Sema;
  const lifo = smem[s * SUDOG_STRIDE + S_LIFO] !== 0;
  if (smem[s * SUDOG_STRIDE + S_TICKET] !== 0 || sema.tryAcquire()) {
    gmem[gp * G_STRIDE + G_WAITING] = 0;
    smem[s * SUDOG_STRIDE + S_TICKET] = 0;
    releaseSudog(s);
    return true;
  }
  sema.park(gp, s, lifo, cont);
  return false;
}

/** The continuation of an acquire that nothing follows. */
export function semacquired(gp: number): unknown {
  return semacquireContinue(gp, semacquired) ? undefined : REPARK;
}

/** A ticket-based list of waiters: notifyList. */
export class NotifyList implements Queued {
  private wait = 0;
  private notify = 0;
  private head = 0;
  private tail = 0;

  abandon(gone?: (gp: number) => boolean): void {
    [this.head, this.tail] = purge(this.head, gone, null);
    // The tickets of those that are gone are nobody's: a signal must not be spent on one.
    if (this.head === 0) this.notify = this.wait;
  }

  /** Draws the next ticket: notifyListAdd. */
  add(): number {
    return this.wait++;
  }

  /** Waits for a ticket's turn: notifyListWait. @returns true when it was its turn already; false when parked */
  waitFor(gp: number, ticket: number): boolean {
    if (ticket < this.notify) return true;
    meetWaiter(this.head);
    const s = acquireSudog(gp);
    smem[s * SUDOG_STRIDE + S_TICKET] = ticket;
    sc[s] = this;
    gmem[gp * G_STRIDE + G_WAITING] = s;
    if (this.tail === 0) this.head = s;
    else smem[this.tail * SUDOG_STRIDE + S_NEXT] = s;
    this.tail = s;
    gopark(gp, null, waitReasonSyncCondWait, notified);
    return false;
  }

  /** Wakes all: notifyListNotifyAll. */
  notifyAll(): void {
    let s = this.head;
    meetWaiter(s);
    this.head = 0;
    this.tail = 0;
    this.notify = this.wait;
    while (s !== 0) {
      const next = smem[s * SUDOG_STRIDE + S_NEXT];
      smem[s * SUDOG_STRIDE + S_NEXT] = 0;
      goready(smem[s * SUDOG_STRIDE + S_G]);
      s = next;
    }
  }

  /** Wakes the waiter whose ticket's turn it is: notifyListNotifyOne. */
  notifyOne(): void {
    if (this.wait === this.notify) return;
    meetWaiter(this.head);
    const ticket = this.notify++;
    for (let prev = 0, s = this.head; s !== 0; prev = s, s = smem[s * SUDOG_STRIDE + S_NEXT]) {
      if (smem[s * SUDOG_STRIDE + S_TICKET] !== ticket) continue;
      const next = smem[s * SUDOG_STRIDE + S_NEXT];
      if (prev === 0) this.head = next;
      else smem[prev * SUDOG_STRIDE + S_NEXT] = next;
      if (next === 0) this.tail = prev;
      smem[s * SUDOG_STRIDE + S_NEXT] = 0;
      goready(smem[s * SUDOG_STRIDE + S_G]);
      return;
    }
  }
}

function notified(gp: number): void {
  const s = gmem[gp * G_STRIDE + G_WAITING];
  smem[s * SUDOG_STRIDE + S_TICKET] = 0;
  releaseSudog(s);
  gmem[gp * G_STRIDE + G_WAITING] = 0;
}
