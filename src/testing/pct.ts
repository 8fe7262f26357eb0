/**
 * PCT, probabilistic concurrency testing: "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" by
 * Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010.
 *
 * Each goroutine has a random priority, and the highest one that can run runs. At d-1 random picks of k the one
 * that is to run drops below all others. A bug of depth d, among n goroutines, is found by a run with a chance of at
 * least 1 in n*k^(d-1).
 */
import { Rng } from "./random.ts";
import type { Chooser, Decision } from "./steer.ts";
import { goOrder, type Strategy } from "./strategy.ts";

/** The paper has no timers: the clock moves early at one of so many decisions. */
const CLOCK_ODDS = 8;

class PctChooser implements Chooser {
  private readonly priorities = new Map<number, number>();
  /** The priority that the one gets which is to run, by pick. */
  private readonly changes = new Map<number, number>();
  /** Decisions on which goroutine runs, so far: nothing drops at one of another kind. */
  picks = 0;
  /** Below all that were given. */
  private lowest = 0;

  constructor(
    private readonly rng: Rng,
    private readonly depth: number,
    picks: number,
  ) {
    // Each at a pick of its own. In a short run some fall behind its end: it must have runs without a drop, too.
    const places = Math.max(picks, 2 * (depth - 1));
    while (this.changes.size < depth - 1) {
      const at = rng.below(places);
      if (!this.changes.has(at)) this.changes.set(at, depth - 1 - this.changes.size);
    }
  }

  choose(kind: Decision, pool: readonly number[]): number {
    if (kind === "clock") return this.rng.below(CLOCK_ODDS) === 0 ? 1 : 0;
    if (kind === "select" || kind === "choose") return this.rng.below(pool.length);
    const top = this.highest(pool);
    const change = this.changes.get(this.picks++);
    if (change === undefined) return top;
    this.priorities.set(pool[top] as number, change);
    return this.highest(pool);
  }

  /** A goroutine that gives way gets the lowest priority: it may be waiting for one of the others. */
  gaveWay(goid: number): void {
    this.priorities.set(goid, --this.lowest);
  }

  private highest(pool: readonly number[]): number {
    let top = 0;
    let priority = Number.NEGATIVE_INFINITY;
    for (const [i, goid] of pool.entries()) {
      const p = this.priority(goid);
      if (p <= priority) continue;
      priority = p;
      top = i;
    }
    return top;
  }

  private priority(goid: number): number {
    const known = this.priorities.get(goid);
    if (known !== undefined) return known;
    const drawn = this.depth + this.rng.below(0x7fffffff);
    this.priorities.set(goid, drawn);
    return drawn;
  }
}

/**
 * The PCT scheduler. Its first run is Go's own, which tells how many decisions there are. Where a program is run in several
 * modes, Go's order is the same in each: the schedulers of the others take over what the first has learnt.
 */
export class PctStrategy implements Strategy {
  /** The most picks of a run; before there was one, the decisions of Go's order. */
  private picks = 0;
  private chooser: PctChooser | undefined;

  /** @param first that of the mode which was run before this one's */
  constructor(
    private readonly seed: number,
    private readonly depth: number,
    private readonly stream: number,
    private readonly first?: PctStrategy,
  ) {}

  next(run: number): Chooser {
    if (run === 1 && this.first === undefined) return goOrder;
    const picks = this.picks || this.first?.picks || 1;
    if (this.chooser === undefined) this.picks = 0;
    this.chooser = new PctChooser(new Rng(this.seed, run, this.stream), this.depth, picks);
    return this.chooser;
  }

  ended(decisions: number): void {
    this.picks = Math.max(this.picks, this.chooser?.picks ?? decisions);
  }
}
