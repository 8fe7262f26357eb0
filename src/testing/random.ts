/** Schedules at random: each decision is drawn evenly. */
import type { Chooser, Decision } from "./steer.ts";
import type { Strategy } from "./strategy.ts";

/** Mixes the bits of a u32: the finaliser of MurmurHash3. */
function mix(n: number): number {
  let h = n | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A stream of draws (a Weyl sequence, mixed), of which each run of an exploration has its own. */
export class Rng {
  private state: number;

  /** @param seed 0 to 2^53-1 @param stream tells runs of different kinds apart */
  constructor(seed: number, run: number, stream = 0) {
    this.state = mix(mix(mix(mix(seed) + Math.floor(seed / 0x1_0000_0000)) + run) + stream);
  }

  /** An integer of 0 to n-1. @param n 1 to 2^31 */
  below(n: number): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    return Math.floor(((mix(this.state) >>> 0) / 0x1_0000_0000) * n);
  }
}

class RandomChooser implements Chooser {
  constructor(private readonly rng: Rng) {}

  choose(_kind: Decision, pool: readonly number[]): number {
    return this.rng.below(pool.length);
  }
}

/** The random scheduler. */
export class RandomStrategy implements Strategy {
  constructor(
    private readonly seed: number,
    private readonly stream: number,
  ) {}

  next(run: number): Chooser {
    return new RandomChooser(new Rng(this.seed, run, this.stream));
  }
}
