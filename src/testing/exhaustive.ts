/**
 * All schedules, those with the fewest preemptions first: iterative context bounding, "Iterative Context Bounding for
 * Systematic Testing of Multithreaded Programs" by Musuvathi and Qadeer, PLDI 2007. Among those of equally many
 * preemptions, the fewest deviations from Go's order come first: the first failure is a short one.
 *
 * Schedules that would starve a goroutine by gosched loops of others are left out, as in CHESS: a goroutine that is to
 * make room is chosen again only when all that could run at that time have had a turn.
 */
import type { Deviation } from "./schedule.ts";
import type { Chooser, Decision } from "./steer.ts";
import type { Strategy } from "./strategy.ts";

/** A schedule: that of its parent, and one deviation more. */
interface Node {
  readonly parent: Node | null;
  readonly step: number;
  readonly pick: number;
}

function deviationsOf(node: Node): Deviation[] {
  const list: Deviation[] = [];
  for (let n: Node = node; n.parent !== null; n = n.parent) list.push(n);
  return list.reverse();
}

/** Kinds of decisions in which goroutines are chosen. */
const ORDERS: ReadonlySet<Decision> = new Set<Decision>(["preempt", "call", "next"]);
/** What counts as a preemption: what would not come about if goroutines ran until they block. */
const PREEMPTIONS: ReadonlySet<Decision> = new Set<Decision>(["preempt", "call", "clock"]);

/** Follows a schedule, then Go's order, and reports what else could have been chosen on the way. */
class Follower implements Chooser {
  private at = 0;
  /** For each goroutine that gave way, the goroutines that must have a turn before it is chosen again. */
  private readonly debts = new Map<number, Set<number>>();

  constructor(
    private readonly deviations: readonly Deviation[],
    private readonly found: (kind: Decision, step: number, pick: number) => void,
  ) {}

  choose(kind: Decision, pool: readonly number[], step: number): number {
    const deviation = this.deviations[this.at];
    if (deviation === undefined) {
      for (let pick = 1; pick < pool.length; pick++) {
        if (!ORDERS.has(kind) || this.isFair(pool[pick] as number, pool)) {
          this.found(kind, step, pick);
        }
      }
      return 0;
    }
    if (deviation.step !== step) return 0;
    this.at++;
    // A program that is not the same at each run has fewer to choose from.
    return Math.min(deviation.pick, pool.length - 1);
  }

  gaveWay(goid: number, pool: readonly number[]): void {
    this.debts.set(goid, new Set(pool.filter((other) => other !== goid)));
  }

  ran(goid: number): void {
    for (const debt of this.debts.values()) debt.delete(goid);
  }

  private isFair(goid: number, pool: readonly number[]): boolean {
    const debt = this.debts.get(goid);
    return debt === undefined || !pool.some((other) => debt.has(other));
  }
}

/** The exhaustive scheduler. */
export class ExhaustiveStrategy implements Strategy {
  /** Preemptions (what counts) of the schedules that are tried now. */
  private level = 0;
  private now: Node[] = [{ parent: null, step: -1, pick: 0 }];
  private taken = 0;
  /** Schedules of the next level. */
  private later: Node[] = [];
  /** There are schedules above the bound. */
  beyond = false;

  /**
   * @param bound of the level
   * @param costs which deviations count for it
   */
  constructor(
    private readonly bound: number,
    private readonly costs = (kind: Decision): boolean => PREEMPTIONS.has(kind),
  ) {}

  next(): Chooser | null {
    if (this.taken === this.now.length) {
      if (this.later.length === 0) return null;
      this.level++;
      this.now = this.later;
      this.later = [];
      this.taken = 0;
    }
    const parent = this.now[this.taken] as Node;
    // Those that were tried are needed by their children alone.
    delete this.now[this.taken++];
    return new Follower(deviationsOf(parent), (kind, step, pick) => {
      if (!this.costs(kind)) this.now.push({ parent, step, pick });
      else if (this.level < this.bound) this.later.push({ parent, step, pick });
      else this.beyond = true;
    });
  }
}
