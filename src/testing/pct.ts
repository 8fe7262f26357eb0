/**
 * PCT, probabilistic concurrency testing: "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" by
 * Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010.
 *
 * Each goroutine has a random priority, and the highest one that can run runs. At d-1 random decisions of k the one
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
  /** The priority that the one gets which is to run, by decision. */
  private readonly changes = new Map<number, number>();
  /** Below all that were given. */
  private lowest = 0;

  constructor(
    private readonly rng: Rng,
    private readonly depth: number,
    decisions: number,
  ) {
    for (let i = 1; i < depth; i++) this.changes.set(rng.below(decisions), depth - i);
  }

  choose(kind: Decision, pool: readonly number[], step: number): number {
    if (kind === "clock") return this.rng.below(CLOCK_ODDS) === 0 ? 1 : 0;
    if (kind === "select" || kind === "choose") return this.rng.below(pool.length);
    const top = this.highest(pool);
    const change = this.changes.get(step);
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

/** The PCT scheduler. Its first run is Go's own, which tells how many decisions there are. */
export class PctStrategy implements Strategy {
  private decisions = 1;

  constructor(
    private readonly seed: number,
    private readonly depth: number,
    private readonly stream: number,
  ) {}

  next(run: number): Chooser {
    return run === 1 ? goOrder : new PctChooser(new Rng(this.seed, run, this.stream), this.depth, this.decisions);
  }

  ended(decisions: number): void {
    this.decisions = Math.max(this.decisions, decisions);
  }
}
