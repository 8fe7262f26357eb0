/** The strategies that draw, each run in one of the modes in turn. */
import { PctStrategy } from "./pct.ts";
import { RandomStrategy } from "./random.ts";
import type { Mode } from "./schedule.ts";
import type { Chooser } from "./steer.ts";
import type { Strategy } from "./strategy.ts";

/** What a run of a drawn strategy is. */
export interface Turn {
  readonly mode: Mode;
  readonly strategy: Strategy;
  /** The chooser of it. */
  readonly chooser: Chooser;
}

const BOTH = [false, true];

/**
 * Runs of one or several strategies in all modes that are asked for, one after the other. Each pair of strategy and mode
 * counts its runs by itself: PCT learns from them how many decisions there are, and in the first mode of all from Go's own
 * order.
 */
export class Turns {
  private readonly turns: { readonly mode: Mode; readonly strategy: Strategy }[];

  /**
   * @param kinds the strategies
   * @param calls whether calls are points: undefined for runs of both kinds
   * @param early whether timers expire early: undefined for runs of both kinds
   */
  constructor(
    kinds: readonly ("random" | "pct")[],
    seed: number,
    depth: number,
    calls: boolean | undefined,
    early: boolean | undefined,
  ) {
    const modes = (early === undefined ? BOTH : [early]).flatMap((e) =>
      (calls === undefined ? BOTH : [calls]).map((c): Mode => ({ calls: c, early: e })),
    );
    let first: PctStrategy | undefined;
    this.turns = modes.flatMap((mode, i) =>
      kinds.map((kind, j) => {
        // Streams of their own: else the runs of different modes would begin alike.
        const stream = i * kinds.length + j;
        if (kind === "random") return { mode, strategy: new RandomStrategy(seed, stream) };
        const strategy = new PctStrategy(seed, depth, stream, first);
        first ??= strategy;
        return { mode, strategy };
      }),
    );
  }

  /** @param run from 1 on */
  next(run: number): Turn {
    const { length } = this.turns;
    const { mode, strategy } = this.turns[(run - 1) % length] as { mode: Mode; strategy: Strategy };
    const chooser = strategy.next(Math.floor((run - 1) / length) + 1) as Chooser;
    return { mode, strategy, chooser };
  }
}
