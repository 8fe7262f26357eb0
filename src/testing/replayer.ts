/** The chooser of a replay: it makes the decisions of a schedule, and reports where they do not fit the program. */
import type { Schedule } from "./schedule.ts";
import type { Chooser, Decision } from "./steer.ts";

/** Follows a schedule. */
export class Replayer implements Chooser {
  private at = 0;
  /** The first pick that there was nothing for. */
  private misfit = "";

  constructor(private readonly schedule: Schedule) {}

  choose(kind: Decision, pool: readonly number[], step: number): number {
    const { deviations, lenient } = this.schedule;
    const deviation = deviations[this.at];
    if (deviation?.step !== step) return 0;
    this.at++;
    if (deviation.pick < pool.length) return deviation.pick;
    if (lenient) return deviation.pick % pool.length;
    const what =
      { select: "ready cases", clock: "moves of the clock", choose: "outcomes" }[kind as string] ??
      "goroutines that can run";
    this.misfit ||= `decision ${step} takes number ${deviation.pick} of ${pool.length} ${what}, counted from 0`;
    return 0;
  }

  /** How the schedule did not fit the program, "" when it did. @param decisions that came up in the run */
  mismatch(decisions: number): string {
    const { deviations, lenient } = this.schedule;
    if (lenient) return "";
    if (this.misfit !== "" || this.at === deviations.length) return this.misfit;
    return `decision ${deviations[this.at]?.step} is one of its deviations, and the run had ${decisions} decisions`;
  }
}
