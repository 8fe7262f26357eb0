/** The time that a run may take, and each row's share of it. */
import type { Effort } from "./measure.ts";
import type { Group, Row } from "./rows.ts";

/** Shares of groups whose samples last long, beside 1 for the others. */
const SHARES: Partial<Record<Group, number>> = {
  programs: 2,
  timers: 2,
  "event loop": 4,
  threads: 2,
  parked: 2,
  start: 2,
};
/** The share of a row of a million goroutines. */
const LONG_SHARE = 6;

function shareOf(row: Row): number {
  return row.long ? LONG_SHARE : (SHARES[row.group] ?? 1);
}

/**
 * Shares out the time among rows, in their order. What a row leaves goes to those behind it. A row whose share is over ends
 * when each implementation has had two rounds; when all time is over, the rows left get none.
 */
export class Budget {
  private left: number;
  /** A share's time at the start. */
  private readonly first: number;

  /**
   * @param end when all is to be over, milliseconds on the clock
   * @param clock milliseconds of no particular origin
   */
  constructor(
    private readonly end: number,
    rows: readonly Row[],
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.left = rows.reduce((sum, row) => sum + shareOf(row), 0);
    this.first = (end - clock()) / this.left;
  }

  /** Less than half of the time is left that the rows left should have: the machine is busy. */
  get isLate(): boolean {
    return (this.end - this.clock()) / this.left < this.first / 2;
  }

  /** The effort for the next row; undefined when no time is left. */
  next(row: Row, effort: Effort): Effort | undefined {
    const share = shareOf(row);
    const now = this.clock();
    const time = (this.end - now) * (share / this.left);
    this.left -= share;
    return time <= 0 ? undefined : { ...effort, until: now + time };
  }
}
