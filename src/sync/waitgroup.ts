/**
 * WaitGroup: sync/waitgroup.go.
 */

import { frameOf, type Go } from "../runtime/body.ts";
import { refuse as refuseArgument } from "../runtime/expect.ts";
import { G_STRIDE, G_WAITING, gmem } from "../runtime/ffi.ts";
import { bubbleNow, owners, refuse } from "../runtime/foreign.ts";
import { callDone, checkFatal, getg, isGoexit, mp, type Op, opCall, opPending, opReady, REPARK } from "../runtime/m.ts";
import { PanicError } from "../runtime/panic.ts";
import { newproc } from "../runtime/proc.ts";
import { waitReasonSyncWaitGroupWait } from "../runtime/runtime2.ts";
import { Sema, semacquireContinue } from "../runtime/sema.ts";
import { sc } from "../runtime/sudog.ts";
import type { World } from "../runtime/world.ts";

const FROM_BOTH = "sync: WaitGroup.Add called from inside and outside synctest bubble";

/** Makes a WaitGroup that threads share: src/workers/ sets it. */
let makeShared: () => WaitGroup = () => {
  throw new Error("gobuf: WaitGroup.shared: not there");
};

/** Sets what makes a WaitGroup that threads share. */
export function setSharedWaitGroup(f: () => WaitGroup): void {
  makeShared = f;
}

/** @internal */
export class WaitGroupSema extends Sema {
  constructor(readonly wg: WaitGroup) {
    super(waitReasonSyncWaitGroupWait, () => wg.lost());
  }
}

/**
 * Counts goroutines, and waits until they are done: Go's sync.WaitGroup (sync/waitgroup.go).
 *
 * @example
 * ```ts
 * const wg = new WaitGroup();
 * wg.add(1);
 * go(function* () {
 *   yield* sleep(1);
 *   wg.done();
 * });
 * wg.go(function* () {
 *   yield* sleep(2);
 * });
 * yield* wg.wait();
 * ```
 */
export class WaitGroup {
  /**
   * Makes a WaitGroup that goroutines of several threads share: `go.worker` and shared channels pass it as itself. It is the
   * run's in which it was made. EXPERIMENTAL, on Linux.
   *
   * @throws Error when no run is under way, and where threads share nothing
   * @example
   * ```ts
   * import { run, WaitGroup } from "gobuf";
   *
   * await run(function* main() {
   *   const wg = WaitGroup.shared();
   *   wg.add(1);
   *   wg.done();
   *   yield* wg.wait();
   * });
   * ```
   */
  static shared(): WaitGroup {
    return makeShared();
  }

  private counter = 0;
  private waiters = 0;
  /** The bubble that it belongs to while it counts goroutines of one. @internal */
  bubble: World | null = null;
  private readonly sema = new WaitGroupSema(this);

  /**
   * Adds to the counter; when it becomes 0, all goroutines in {@link wait} go on: Go's Add. Call it before the
   * goroutine that it counts is started.
   *
   * @param delta an integer from -2^31 to 2^31-1
   * @throws PanicError "sync: negative WaitGroup counter" (the counter stays negative), "sync: WaitGroup misuse: Add
   *   called concurrently with Wait"; TypeError for what is no such integer
   */
  add(delta: number): void {
    checkFatal();
    if ((delta | 0) !== delta) refuseArgument("WaitGroup.add", delta, "an integer from -2^31 to 2^31-1");
    this.change(delta);
    callDone();
  }

  /** The first Add in a bubble makes the group the bubble's; Add from elsewhere is refused: synctest.Associate. */
  private associate(): void {
    const bubble = bubbleNow();
    if (bubble === this.bubble || mp.leaving) return;
    if (this.bubble === null) {
      if (this.counter !== 0 || this.waiters !== 0) refuse(FROM_BOTH);
      this.bubble = bubble;
      return;
    }
    if (bubble !== null) refuse("sync: WaitGroup.Add called from multiple synctest bubbles");
    // Ordinary code is in no bubble: what it does for one that is under way is the bubble's.
    if (mp.curg !== 0 || this.bubble.runs.size === 0) refuse(FROM_BOTH);
  }

  private change(delta: number): void {
    if (owners !== 0) this.associate();
    const v = (this.counter + delta) | 0;
    // A run that is over leaves its frames, and nobody counts any more.
    if (v < 0 && mp.leaving) return;
    this.counter = v;
    if (v < 0) throw new PanicError("sync: negative WaitGroup counter");
    if (this.waiters !== 0 && delta > 0 && v === delta) {
      throw new PanicError("sync: WaitGroup misuse: Add called concurrently with Wait");
    }
    if (v > 0 || this.waiters === 0) return;
    let w = this.waiters;
    this.waiters = 0;
    this.bubble = null;
    for (; w !== 0; w--) this.sema.release(false);
  }

  /** Takes 1 from the counter: Go's Done. @throws PanicError as {@link add} */
  done(): void {
    const v = this.counter - 1;
    // The usual one, without calls: others are left.
    if (v > 0 && owners === 0 && mp.curg >= 0) this.counter = v;
    else {
      checkFatal();
      this.change(-1);
    }
    callDone();
  }

  /**
   * Waits until the counter is 0: Go's Wait.
   *
   * @throws PanicError "sync: WaitGroup is reused before previous Wait has returned"; Error outside a goroutine
   */
  wait(): Op<void> {
    const gp = getg("WaitGroup.wait");
    if (this.counter === 0) {
      if (this.waiters === 0 && this.bubble !== null && this.bubble === bubbleNow()) this.bubble = null;
      return opReady<void>(undefined);
    }
    this.waiters++;
    if (!this.sema.acquire(gp, false, waited)) return opPending();
    this.checkReuse();
    return opReady<void>(undefined);
  }

  /**
   * Starts a goroutine that the group waits for: Go's Go. It is done when its body returns, or ends by goexit. If the
   * body throws, the run ends, as for any goroutine, and `wait` does not return before.
   *
   * @param fn a generator function. It is called at once with the arguments; its body runs later
   * @throws PanicError as {@link add}; TypeError when `fn` does not make a generator; Error outside a goroutine
   * @example
   * ```ts
   * const wg = new WaitGroup();
   * for (let i = 0; i < 3; i++) {
   *   wg.go(function* (ms: number) {
   *     yield* sleep(ms);
   *   }, i);
   * }
   * yield* wg.wait();
   * ```
   */
  go<A extends unknown[]>(fn: (...args: A) => Go<unknown>, ...args: A): void {
    getg("WaitGroup.go");
    const body = frameOf("WaitGroup.go", fn, args);
    this.change(1);
    newproc(this.run(body), fn);
    callDone();
  }

  private *run(body: Go<unknown>): Go {
    let panicking = false;
    try {
      yield* opCall(body);
    } catch (error) {
      panicking = !isGoexit(error);
      throw error;
    } finally {
      if (!panicking) this.done();
    }
  }

  /** A waiter is gone: its run is over. @internal */
  lost(): void {
    if (this.waiters > 0) this.waiters--;
  }

  /** @internal */
  checkReuse(): void {
    if (this.counter !== 0 || this.waiters !== 0) {
      throw new PanicError("sync: WaitGroup is reused before previous Wait has returned");
    }
  }
}

/** What stands behind the semaphore in Wait. */
function waited(gp: number): unknown {
  const sema = sc[gmem[gp * G_STRIDE + G_WAITING]] as WaitGroupSema;
  if (!semacquireContinue(gp, waited)) return REPARK;
  return sema.wg.checkReuse();
}
