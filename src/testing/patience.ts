/**
 * Which schedules are fair. Go preempts a goroutine that has run for 10 ms, and its queues are fair, so that a goroutine
 * that can run is not passed over for ever. And time goes on while goroutines are busy.
 *
 * A run that has not deviated from Go's order is left as it is for half of its steps: it is what Go's scheduler does
 * within a time slice. Then a goroutine is preempted there, too, and from then on the run is as fair as others.
 */

/** Turns and operations of others for which a goroutine may be passed over. */
const TURNS = 200;
/** Turns and operations for which the clock may stand still although a timer is set. */
const CLOCK_TURNS = 1000;

/** Which goroutines wait for their turn in a run, and since when. */
export class Patience {
  /** Counts turns and operations at which a goroutine could have been chosen. */
  private turn = 0;
  /** Since when goroutines have waited, by number: in the order in which they began to. */
  private readonly since = new Map<number, number>();
  private time = 0;
  private timeSince = 0;
  private clockTurn = 0;
  /** A goroutine, or the clock, has had its way. */
  private lost = false;

  /** @param steps that the run may take */
  constructor(private readonly steps: number) {}

  /**
   * Some goroutines can run, those in the list from a place on.
   *
   * @param inOrder whether the run has not deviated from Go's order yet
   * @returns the goroutine that was passed over for too long, or 0
   */
  passed(goids: readonly number[], from: number, inOrder: boolean): number {
    this.turn++;
    for (let i = from; i < goids.length; i++) {
      const goid = goids[i] as number;
      if (!this.since.has(goid)) this.since.set(goid, this.turn);
    }
    const limit = this.limit(TURNS, inOrder);
    for (const [goid, since] of this.since) {
      if (this.turn - since < limit) return 0;
      // A goroutine in a call, below others on the JavaScript stack, cannot run yet.
      if (!goids.includes(goid, from)) continue;
      this.lost = true;
      return goid;
    }
    return 0;
  }

  /** A goroutine gets its turn. */
  ran(goid: number): void {
    this.since.delete(goid);
  }

  /** A timer is set, and the clock tells this time. @returns whether it has stood still for too long */
  clockIsDue(now: number, inOrder: boolean): boolean {
    this.clockTurn++;
    if (now !== this.time) {
      this.time = now;
      this.timeSince = this.clockTurn;
    }
    if (this.clockTurn - this.timeSince < this.limit(CLOCK_TURNS, inOrder)) return false;
    this.timeSince = this.clockTurn;
    this.lost = true;
    return true;
  }

  private limit(turns: number, inOrder: boolean): number {
    return inOrder && !this.lost ? Math.max(turns, this.steps >> 1) : turns;
  }
}
