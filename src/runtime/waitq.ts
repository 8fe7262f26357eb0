/**
 * Both queues of sudogs of a channel: the recvq and sendq of hchan, with waitq's enqueue, dequeue and dequeueSudoG
 * (runtime/chan.go).
 *
 * Their ends are fields of the channel itself: with a queue in an object of its own a channel took 234 bytes in place of
 * 171, and an unbuffered round trip 143 ns in place of 139.
 */
import { G_SELECTDONE, G_STRIDE, gmem, SUDOG_STRIDE, smem } from "./ffi.ts";
import { meet } from "./foreign.ts";
import { type Queued, S_G, S_ISSELECT, S_NEXT, S_PREV, SHARED_SELECT } from "./sudog.ts";
import { severalWorlds, whenSeveralWorlds } from "./world.ts";

// The two queues, as `sending` names them.
export const RECVQ = false;
export const SENDQ = true;

/** Looks whether a goroutine that waits is of this world. @param s its sudog, 0 for none @throws Error when it is not */
export function meetWaiter(s: number): void {
  if (severalWorlds && s !== 0) meet(smem[s * SUDOG_STRIDE + S_G]);
}

/** What keeps both queues. */
export class Waitqs implements Queued {
  private recvFirst = 0;
  private recvLast = 0;
  private sendFirst = 0;
  private sendLast = 0;

  /** The sudog at the head of a queue, 0 when it is empty. @internal */
  first(sending: boolean): number {
    return sending ? this.sendFirst : this.recvFirst;
  }

  private setFirst(sending: boolean, s: number): void {
    if (sending) this.sendFirst = s;
    else this.recvFirst = s;
  }

  private setLast(sending: boolean, s: number): void {
    if (sending) this.sendLast = s;
    else this.recvLast = s;
  }

  /** Looks whether the goroutines that wait are of this world. @throws Error when they are not @internal */
  checkWorld(): void {
    meetWaiter(this.recvFirst || this.sendFirst);
  }

  /** From now on each use of a queue looks whether it is of this world. @internal */
  static checkWorlds(): void {
    const { enqueue, dequeue } = Waitqs.prototype;
    Waitqs.prototype.enqueue = function (sending, s) {
      meetWaiter(this.first(sending));
      enqueue.call(this, sending, s);
    };
    Waitqs.prototype.dequeue = function (sending) {
      meetWaiter(this.first(sending));
      return dequeue.call(this, sending);
    };
  }

  /** @internal */
  abandon(gone?: (gp: number) => boolean): void {
    this.purge(RECVQ, gone);
    this.purge(SENDQ, gone);
  }

  private purge(sending: boolean, gone?: (gp: number) => boolean): void {
    const first = this.first(sending);
    if (gone === undefined) {
      this.setFirst(sending, 0);
      this.setLast(sending, 0);
      return;
    }
    for (let s = first, next = 0; s !== 0; s = next) {
      next = smem[s * SUDOG_STRIDE + S_NEXT];
      if (gone(smem[s * SUDOG_STRIDE + S_G])) this.remove(sending, s);
    }
  }

  /** Puts a sudog at the tail of a queue. @internal */
  enqueue(sending: boolean, s: number): void {
    const i = s * SUDOG_STRIDE;
    const last = sending ? this.sendLast : this.recvLast;
    smem[i + S_NEXT] = 0;
    smem[i + S_PREV] = last;
    if (last === 0) this.setFirst(sending, s);
    else smem[last * SUDOG_STRIDE + S_NEXT] = s;
    this.setLast(sending, s);
  }

  /**
   * Takes the first sudog whose G is still to be woken off a queue, 0 for none: a select that another case has won is
   * passed over.
   *
   * @internal
   */
  dequeue(sending: boolean): number {
    // An empty queue is looked at without a call: this much JavaScriptCore inlines. In one function a buffered item took 5 ns
    // more.
    return (sending ? this.sendFirst : this.recvFirst) === 0 ? 0 : this.take(sending);
  }

  private take(sending: boolean): number {
    for (;;) {
      const s = this.first(sending);
      if (s === 0) return 0;
      const i = s * SUDOG_STRIDE;
      const next = smem[i + S_NEXT];
      this.setFirst(sending, next);
      if (next === 0) this.setLast(sending, 0);
      else {
        smem[next * SUDOG_STRIDE + S_PREV] = 0;
        smem[i + S_NEXT] = 0;
      }
      const kind = smem[i + S_ISSELECT];
      if (kind !== 0) {
        const done = smem[i + S_G] * G_STRIDE + G_SELECTDONE;
        // Another thread may win it, too.
        if (kind >= SHARED_SELECT) {
          if (Atomics.compareExchange(gmem, done, 0, 1) !== 0) continue;
        } else {
          if (gmem[done] !== 0) continue;
          gmem[done] = 1;
        }
      }
      return s;
    }
  }

  /** Takes a sudog out of a queue, wherever it stands; it may be off it already. @internal */
  remove(sending: boolean, s: number): void {
    const i = s * SUDOG_STRIDE;
    const prev = smem[i + S_PREV];
    const next = smem[i + S_NEXT];
    if (prev !== 0) {
      smem[prev * SUDOG_STRIDE + S_NEXT] = next;
      if (next !== 0) smem[next * SUDOG_STRIDE + S_PREV] = prev;
      else this.setLast(sending, prev);
    } else if (next !== 0) {
      smem[next * SUDOG_STRIDE + S_PREV] = 0;
      this.setFirst(sending, next);
    } else if (this.first(sending) === s) {
      this.setFirst(sending, 0);
      this.setLast(sending, 0);
    } else return;
    smem[i + S_NEXT] = 0;
    smem[i + S_PREV] = 0;
  }
}

whenSeveralWorlds(Waitqs.checkWorlds);
