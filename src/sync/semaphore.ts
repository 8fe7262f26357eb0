/**
 * Weighted semaphores: golang.org/x/sync/semaphore.
 */
import type { Context } from "../context/types.ts";
import { closechan } from "../runtime/chan.ts";
import { type Chan, chan } from "../runtime/channel.ts";
import { callDone, checkFatal, getg, type Op, opOwnCall, opReady } from "../runtime/m.ts";
import { PanicError } from "../runtime/panic.ts";
import { recvCase, select } from "../runtime/select.ts";

/** A goroutine that waits for its share. */
interface Waiter {
  readonly n: number;
  /** Closed when it has its share. */
  readonly ready: Chan<never>;
}

/**
 * Bounds how much of something is in use at a time, where each use has a weight: Go's semaphore.Weighted
 * (golang.org/x/sync/semaphore). Who waits is served first in, first out: a large request that does not fit yet keeps
 * back all that come later, so that it does not starve.
 *
 * @example
 * ```ts
 * const memory = new Weighted(100);
 * const wg = new WaitGroup();
 * for (const size of [60, 50, 40]) {
 *   wg.go(function* () {
 *     yield* memory.acquire(size);
 *     try {
 *       yield* sleep(size);
 *     } finally {
 *       memory.release(size);
 *     }
 *   });
 * }
 * yield* wg.wait();
 * console.log(memory.tryAcquire(100), memory.tryAcquire(1)); // true false
 * ```
 */
export class Weighted {
  private inUse = 0;
  /** First in, first out. */
  private readonly waiters = new Set<Waiter>();

  /**
   * Makes a semaphore of a size: Go's semaphore.NewWeighted.
   *
   * @param size an integer from 0: the greatest weight in use at a time
   * @throws PanicError "semaphore: size < 0"; TypeError when it is no integer
   */
  constructor(
    /** The greatest weight in use at a time. */
    readonly size: number,
  ) {
    checkWeight("new Weighted", "size", size);
  }

  /**
   * Takes a share, and waits until there is one: Go's Acquire. A share that is greater than the semaphore's size never
   * comes: the call waits until the context is canceled, and keeps nobody back.
   *
   * @param n an integer from 0: the weight
   * @param ctx gives the wait up when it is canceled; also a free share is not taken then. Without it, nothing does
   * @throws `ctx.err()` when the context is canceled, and nothing is taken; PanicError "semaphore: n < 0"; TypeError when
   *   `n` is no integer; Error outside a goroutine
   * @example
   * ```ts
   * const pool = new Weighted(2);
   * yield* pool.acquire(2);
   * const [ctx] = context.withTimeout(context.background(), 50);
   * try {
   *   yield* pool.acquire(1, ctx);
   * } catch (error) {
   *   console.log(error === context.DeadlineExceeded); // true
   * }
   * ```
   */
  acquire(n: number, ctx?: Context): Op<void> {
    getg("Weighted.acquire");
    checkWeight("Weighted.acquire", "n", n);
    const canceled = ctx?.err();
    if (canceled !== undefined) throw canceled;
    if (this.take(n)) return opReady<void>(undefined);
    return opOwnCall(this.acquireSlow(n, ctx));
  }

  private *acquireSlow(n: number, ctx: Context | undefined): Generator<unknown, void, true> {
    if (n > this.size) {
      if (ctx === undefined) yield* select([]);
      else yield* ctx.done().recvOk();
      throw ctx?.err();
    }
    const waiter: Waiter = { n, ready: chan<never>() };
    this.waiters.add(waiter);
    let acquired = false;
    try {
      if (ctx === undefined) yield* waiter.ready.recvOk();
      else yield* select([recvCase(ctx.done()), recvCase(waiter.ready)]);
      // Canceled before it was ready, or ready and canceled since: the cancellation has the word.
      const canceled = ctx?.err();
      if (canceled !== undefined) throw canceled;
      acquired = true;
    } finally {
      // Also when its run is over, and nobody will release what it was given.
      if (!acquired) this.giveUp(waiter);
    }
  }

  /** Takes a waiter's wish back, or the share that it was given. */
  private giveUp(waiter: Waiter): void {
    // One that did not wait any longer has its share.
    if (!this.waiters.delete(waiter)) this.inUse -= waiter.n;
    this.serve();
  }

  private take(n: number): boolean {
    if (this.size - this.inUse < n || this.waiters.size > 0) return false;
    this.inUse += n;
    return true;
  }

  /** Gives shares to those that have waited longest, up to the first whose share does not fit. */
  private serve(): void {
    for (const waiter of this.waiters) {
      if (this.size - this.inUse < waiter.n) return;
      this.inUse += waiter.n;
      this.waiters.delete(waiter);
      closechan(waiter.ready);
    }
  }

  /**
   * Takes a share if there is one and nobody waits: Go's TryAcquire.
   *
   * @param n as for {@link acquire}
   * @returns whether it was taken
   * @throws PanicError "semaphore: n < 0"; TypeError when `n` is no integer
   */
  tryAcquire(n: number): boolean {
    checkFatal();
    checkWeight("Weighted.tryAcquire", "n", n);
    return this.take(n);
  }

  /**
   * Gives a share back: Go's Release.
   *
   * @param n as for {@link acquire}
   * @throws PanicError "semaphore: released more than held", "semaphore: n < 0"; TypeError when `n` is no integer
   */
  release(n: number): void {
    checkFatal();
    checkWeight("Weighted.release", "n", n);
    if (n > this.inUse) throw new PanicError("semaphore: released more than held");
    this.inUse -= n;
    this.serve();
    callDone();
  }
}

function checkWeight(what: string, name: string, n: number): void {
  if (!Number.isSafeInteger(n))
    throw new TypeError(`gobuf: ${what}: expected ${name}, an integer from 0, got ${String(n)}`);
  if (n < 0) throw new PanicError(`semaphore: ${name} < 0`);
}
