/** A program that is explored: its runs, what is said of one that failed, and its simplest failing schedule. */
import type { Body } from "../runtime/body.ts";
import { ExhaustiveStrategy } from "./exhaustive.ts";
import { headline, narrator, reportText, signature } from "./failure.ts";
import { type Outcome, type ProgramOptions, steer } from "./program.ts";
import { Replayer } from "./replayer.ts";
import { type Deviation, formatSchedule, type Mode, type Schedule, ScheduleError } from "./schedule.ts";
import { shrink } from "./shrink.ts";
import type { Chooser } from "./steer.ts";

/** How all runs of a program go; each has its mode besides. */
export interface RunOptions extends Omit<ProgramOptions, keyof Mode> {
  /** What is a decision in every run. */
  readonly least: Mode;
  /** What a call that replays a run has to name, as JSON; "" for nothing. */
  readonly given: string;
}

/** A failing schedule. */
export interface Failing {
  readonly mode: Mode;
  readonly deviations: readonly Deviation[];
}

const PROMISES = "A goroutine waits for a promise (IO wait): nothing outside goes on while a program is explored.";
/** A schedule that was not shrunk may have thousands of deviations: a message shows the beginning. */
const SHOWN = 120;
/** Turns and operations of all runs of a search together, in thousands for each run that it may take. */
const STEPS_A_RUN = 1000;

/** A schedule for a message. */
export function shown(schedule: string): string {
  if (schedule.length <= SHOWN) return schedule;
  return `${schedule.slice(0, SHOWN)}... (${schedule.length} characters; the error's \`found\` has all)`;
}

/** What may be left out of a mode, most first; not the mode itself. */
function simpler(mode: Mode, least: Mode): Mode[] {
  const values = (has: boolean, must: boolean) => (has && !must ? [false, true] : [has]);
  const all = values(mode.early, least.early).flatMap((early) =>
    values(mode.calls, least.calls).map((calls): Mode => ({ calls, early })),
  );
  return all.slice(0, -1);
}

/** One program, and how its runs go. */
export class Subject {
  constructor(
    private readonly program: Body<unknown>,
    private readonly options: RunOptions,
  ) {}

  run(mode: Mode, chooser: Chooser): Outcome {
    return steer(this.program, chooser, { ...this.options, ...mode });
  }

  /** Runs a schedule. @throws ScheduleError when it does not fit */
  replay(schedule: Schedule, options: Partial<ProgramOptions> = {}): Outcome {
    const replayer = new Replayer(schedule);
    const outcome = steer(this.program, replayer, { ...this.options, ...schedule.mode, ...options });
    const mismatch = replayer.mismatch(outcome.decisions);
    if (mismatch === "") return outcome;
    throw new ScheduleError(
      `gobuf: schedule "${shown(formatSchedule(schedule))}" does not fit: ${mismatch}. ` +
        `The program has changed since, or behaves differently from run to run. The run ${outcome.failed ? `failed: ${headline(outcome.value)}` : "passed"}`,
    );
  }

  /** @throws Error when a failing schedule does not fail in the same way once more */
  requireSame({ mode, deviations }: Failing, value: unknown): void {
    const again = this.replay({ deviations, lenient: false, mode });
    if (again.failed && signature(again.value) === signature(value)) return;
    throw new Error(
      "gobuf: explore: the program behaves differently under the same schedule: it must make all objects that it uses anew " +
        "in each run, and not depend on Date.now(), Math.random() or the like. " +
        `It failed with "${headline(value)}", then ${again.failed ? `with "${headline(again.value)}"` : "passed"}`,
    );
  }

  /** The text of a failure, from one more run that notes where everything stands. */
  describe({ mode, deviations }: Failing, origin: string): { message: string; cause: unknown } {
    const { hook, lines } = narrator();
    const schedule: Schedule = { deviations, lenient: false, mode };
    const outcome = this.replay(schedule, { traceback: "all", onDeviation: hook });
    const report = reportText(outcome.value);
    const { given } = this.options;
    const message = [
      headline(outcome.value),
      "",
      origin,
      ...(lines.length === 0
        ? ["It is the order in which Go would run it."]
        : ["It leaves Go's order here:", ...lines]),
      ...(report.includes("[IO wait") ? [PROMISES] : []),
      `Replay it: replay(program, ${JSON.stringify(formatSchedule(schedule))}${given === "" ? "" : `, ${given}`})`,
      // What stands behind the headline: the goroutines.
      ...report.split("\n").slice(1),
    ];
    return { message: message.join("\n"), cause: outcome.value };
  }

  /**
   * A schedule that fails in the same way as that of a run, and is no longer.
   *
   * @param runs that each of the two searches may take; they end earlier where runs are long
   */
  shrunk(found: Failing, value: unknown, runs: number): Failing {
    const same = signature(value);
    let left = 0;
    let steps = 0;
    const enough = () => left <= 0 || steps <= 0;
    const begin = (share: number) => {
      left = share;
      steps = share * STEPS_A_RUN;
    };
    const fails = (mode: Mode, chooser: Chooser) => {
      left--;
      const outcome = this.run(mode, chooser);
      steps -= outcome.steps;
      return outcome.failed && signature(outcome.value) === same ? outcome.deviations : null;
    };
    const { mode } = found;
    begin(runs);
    const best = shrink(
      found.deviations,
      (candidate) => fails(mode, new Replayer({ deviations: candidate, lenient: true, mode })),
      enough,
    );
    // What cannot be made simpler step by step may still have a simpler schedule somewhere else.
    const modes = [...simpler(mode, this.options.least), mode];
    for (const other of modes) {
      const fewer = new ExhaustiveStrategy(other === mode ? best.length - 1 : best.length, () => true);
      begin(Math.ceil(runs / modes.length));
      while (!enough()) {
        const chooser = fewer.next();
        if (chooser === null) break;
        const deviations = fails(other, chooser);
        if (deviations !== null) return { mode: other, deviations };
      }
    }
    return { mode, deviations: best };
  }
}
