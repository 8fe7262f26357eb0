/**
 * Exploration: runs one program under many schedules. Each is legal in Go, and each can be replayed.
 */
import type { Body } from "../runtime/body.ts";
import { ExhaustiveStrategy } from "./exhaustive.ts";
import { ExploreError, headline, narrator, reportText, signature } from "./failure.ts";
import { PctStrategy } from "./pct.ts";
import { RandomStrategy } from "./random.ts";
import { Replayer } from "./replayer.ts";
import { type Deviation, formatSchedule, parseSchedule, type Schedule, ScheduleError } from "./schedule.ts";
import { shrink } from "./shrink.ts";
import { type Chooser, type Outcome, type SteerOptions, steer } from "./steer.ts";
import type { Strategy } from "./strategy.ts";

/**
 * Options of {@link replay}, and of each run of {@link explore}.
 *
 * @example
 * ```ts
 * import { chan, go } from "gobuf";
 * import { type ReplayOptions, replay } from "gobuf/testing";
 *
 * const options: ReplayOptions = { leaks: "ignore" };
 * const result = replay(
 *   function* () {
 *     go(function* daemon() {
 *       yield* chan<number>().recv();
 *     });
 *     return "done";
 *   },
 *   "g1:",
 *   options,
 * );
 * console.log(result); // done
 * ```
 */
export interface ReplayOptions {
  /**
   * A run with more turns and operations than this fails with "no end after ... steps": 1 to 2^31-1, by default 10000.
   */
  steps?: number;
  /**
   * What becomes of goroutines that are left when main returns. "fail" (the default): the run goes on until they have
   * ended, and fails when some are blocked, as a bubble does. "ignore": the run is over when main returns.
   */
  leaks?: "fail" | "ignore";
  /**
   * When timers may fire. "idle" (the default): only when no goroutine can run, as in a bubble. "any": also while
   * goroutines can run, as on a slow machine; the scheduler chooses when. The exhaustive one counts that as a
   * preemption.
   */
  timers?: "idle" | "any";
}

/**
 * Options of {@link explore}.
 *
 * @example
 * ```ts
 * import { Mutex, WaitGroup } from "gobuf";
 * import { type ExploreOptions, explore } from "gobuf/testing";
 *
 * const options: ExploreOptions = { scheduler: "exhaustive", preemptions: 1 };
 * const { summary } = explore(function* () {
 *   const mutex = new Mutex();
 *   const wg = new WaitGroup();
 *   for (let i = 0; i < 2; i++) {
 *     wg.go(function* () {
 *       yield* mutex.lock();
 *       yield* mutex.unlock();
 *     });
 *   }
 *   yield* wg.wait();
 * }, options);
 * console.log(summary); // all 6 schedules with at most 1 preemption pass
 * ```
 */
export interface ExploreOptions extends ReplayOptions {
  /**
   * How schedules are chosen. "pct" (the default; probabilistic concurrency testing): goroutines get random priorities,
   * which change at a few random points; a bug that needs few such points is found with a known probability. "random":
   * each decision is drawn, all choices alike. "exhaustive": all schedules, those with fewer preemptions first.
   */
  scheduler?: "random" | "pct" | "exhaustive";
  /** The seed of the schedulers "random" and "pct", an integer from 0 to 2^53-1. By default it is random. */
  seed?: number;
  /** The most runs: 1 to 2^31-1, by default 1000, with "exhaustive" 10000. */
  runs?: number;
  /**
   * For "pct": the depth of the bugs that it looks for, which is the number of ordering constraints that a schedule
   * must meet to show one: 1 to 1000, by default 3.
   */
  depth?: number;
  /** For "exhaustive": the most preemptions in a schedule, 0 to 2^31-1, by default 2. */
  preemptions?: number;
  /**
   * The most runs spent on shrinking a failing schedule, in each of two steps: to leave deviations out, and to try all
   * schedules with fewer. 0 to 2^31-1, by default 2000.
   */
  shrink?: number;
  /** Is called with the schedule of each run. */
  onSchedule?: (schedule: string) => void;
}

/**
 * What {@link explore} returns: what it tried, when no run failed.
 *
 * @example
 * ```ts
 * import { type Exploration, explore } from "gobuf/testing";
 *
 * const done: Exploration = explore(function* () {}, { scheduler: "exhaustive" });
 * console.log(done.summary); // the only schedule passes
 * ```
 */
export interface Exploration {
  /** The seed that the runs were drawn from. */
  readonly seed: number;
  /** How many runs there were. */
  readonly runs: number;
  /** How many different schedules they had. */
  readonly schedules: number;
  /** How many decisions came up in all runs together. */
  readonly decisions: number;
  /** With "exhaustive": whether these were all schedules within the bound. Else false. */
  readonly complete: boolean;
  /** The same as a sentence: "all 412 schedules with at most 2 preemptions pass". */
  readonly summary: string;
}

const RUNS = 1000;
const RUNS_EXHAUSTIVE = 10_000;
const STEPS = 10_000;
const RUN_OPTIONS: readonly string[] = ["steps", "leaks", "timers"] satisfies (keyof ReplayOptions)[];
const DEPTH = 3;
const PREEMPTIONS = 2;
const SHRINK_RUNS = 2000;
const MAX = 0x7fffffff;
const PROMISES = "A goroutine waits for a promise (IO wait): nothing outside goes on while a program is explored.";

function integer(name: string, value: number | undefined, byDefault: number, min: number, max: number): number {
  const n = value ?? byDefault;
  if (Number.isSafeInteger(n) && n >= min && n <= max) return n;
  throw new RangeError(`gobuf: explore: ${name} ${n}: expected an integer of ${min} to ${max}`);
}

function oneOf<T extends string>(name: string, value: T | undefined, values: readonly [T, ...T[]]): T {
  const v = value ?? values[0];
  if (values.includes(v)) return v;
  throw new RangeError(`gobuf: explore: ${name} ${JSON.stringify(v)}: expected ${values.join(", ")}`);
}

/** One program, and how its runs go. */
class Subject {
  readonly options: SteerOptions;

  constructor(
    readonly program: Body<unknown>,
    private readonly given: ReplayOptions,
  ) {
    this.options = {
      steps: integer("steps", given.steps, STEPS, 1, MAX),
      whole: oneOf("leaks", given.leaks, ["fail", "ignore"]) === "fail",
      early: oneOf("timers", given.timers, ["idle", "any"]) === "any",
    };
  }

  run(chooser: Chooser): Outcome {
    return steer(this.program, chooser, this.options);
  }

  replay(schedule: Schedule, options: Partial<SteerOptions> = {}): Outcome {
    const replayer = new Replayer(schedule);
    const outcome = steer(this.program, replayer, { ...this.options, ...options });
    const mismatch = replayer.mismatch(outcome.decisions);
    if (mismatch === "") return outcome;
    throw new ScheduleError(
      `gobuf: schedule "${formatSchedule(schedule)}" does not fit: ${mismatch}. ` +
        `The program has changed since, or behaves differently from run to run. The run ${outcome.failed ? `failed: ${headline(outcome.value)}` : "passed"}`,
    );
  }

  /** The text of a failure, from one more run that notes where everything stands. */
  describe(deviations: readonly Deviation[], origin: string): { message: string; cause: unknown } {
    const { hook, lines } = narrator();
    const outcome = this.replay({ deviations, lenient: false }, { traceback: "all", onDeviation: hook });
    const schedule = formatSchedule({ deviations, lenient: false });
    const given = Object.entries(this.given).filter(([name]) => RUN_OPTIONS.includes(name));
    const options = given.length === 0 ? "" : `, ${JSON.stringify(Object.fromEntries(given))}`;
    const report = reportText(outcome.value);
    const message = [
      headline(outcome.value),
      "",
      origin,
      ...(lines.length === 0
        ? ["It is the order in which Go would run it."]
        : ["It leaves Go's order here:", ...lines]),
      ...(report.includes("[IO wait") ? [PROMISES] : []),
      `Replay it: replay(program, ${JSON.stringify(schedule)}${options})`,
      // What stands behind the headline: the goroutines.
      ...report.split("\n").slice(1),
    ];
    return { message: message.join("\n"), cause: outcome.value };
  }

  /** A schedule that fails in the same way as that of a run, and is no longer. */
  shrunk({ deviations, value }: Outcome, runs: number): readonly Deviation[] {
    const same = signature(value);
    const fails = (chooser: Chooser) => {
      const outcome = this.run(chooser);
      return outcome.failed && signature(outcome.value) === same ? outcome.deviations : null;
    };
    const best = shrink(deviations, (candidate) => fails(new Replayer({ deviations: candidate, lenient: true })), runs);
    // What cannot be made simpler step by step may still have a simpler schedule somewhere else.
    const fewer = new ExhaustiveStrategy(best.length - 1, () => true);
    for (let run = 0; run < runs; run++) {
      const chooser = fewer.next();
      const found = chooser && fails(chooser);
      if (chooser === null) break;
      if (found) return found;
    }
    return best;
  }
}

function requireSame(subject: Subject, { deviations, value }: Outcome): void {
  const again = subject.replay({ deviations, lenient: false });
  if (again.failed && signature(again.value) === signature(value)) return;
  throw new Error(
    "gobuf: explore: the program behaves differently under the same schedule: it must make all objects that it uses anew " +
      "in each run, and not depend on Date.now(), Math.random() or the like. " +
      `It failed with "${headline(value)}", then ${again.failed ? `with "${headline(again.value)}"` : "passed"}`,
  );
}

/**
 * Runs a program under many schedules, each in a bubble ({@link synctest}), until a run fails. Go has no counterpart.
 *
 * Another goroutine may run after every `yield*` on an operation. Between two of them no other runs, also not in calls
 * such as go, close, done, signal and tryLock. A native body makes way only where it blocks.
 *
 * @param program the main goroutine's body, a generator function that fails by throwing. It is called anew for each
 *   run: it must make all objects that it uses, and do the same each time. It cannot wait for promises, because the
 *   event loop gets no turn
 * @returns what was tried, when no run failed
 * @throws ExploreError for the first run that failed, with its schedule shrunk; RangeError for a bad option; Error when
 *   the program does not do the same under the same schedule
 * @example
 * ```ts
 * import { chan, go } from "gobuf";
 * import { explore } from "gobuf/testing";
 *
 * const { runs, complete } = explore(
 *   function* () {
 *     const ch = chan<number>(1);
 *     for (const n of [1, 2]) {
 *       go(function* () {
 *         yield* ch.send(n);
 *       });
 *     }
 *     const sum = ((yield* ch.recv()) ?? 0) + ((yield* ch.recv()) ?? 0);
 *     if (sum !== 3) throw new Error(`the sum is ${sum}`);
 *   },
 *   { scheduler: "random", seed: 1, runs: 100 },
 * );
 * console.log(runs, complete); // 100 false
 * ```
 */
export function explore(program: Body<unknown>, options: ExploreOptions = {}): Exploration {
  const subject = new Subject(program, options);
  const scheduler = oneOf("scheduler", options.scheduler, ["pct", "random", "exhaustive"]);
  const seed = integer(
    "seed",
    options.seed,
    Math.floor(Math.random() * Number.MAX_SAFE_INTEGER),
    0,
    Number.MAX_SAFE_INTEGER,
  );
  const limit = integer("runs", options.runs, scheduler === "exhaustive" ? RUNS_EXHAUSTIVE : RUNS, 1, MAX);
  const depth = integer("depth", options.depth, DEPTH, 1, 1000);
  const preemptions = integer("preemptions", options.preemptions, PREEMPTIONS, 0, MAX);
  const shrinkRuns = integer("shrink", options.shrink, SHRINK_RUNS, 0, MAX);
  const exhaustive = new ExhaustiveStrategy(preemptions);
  const strategies: Record<typeof scheduler, () => Strategy> = {
    random: () => new RandomStrategy(seed),
    pct: () => new PctStrategy(seed, depth),
    exhaustive: () => exhaustive,
  };
  const strategy = strategies[scheduler]();
  const seen = new Set<string>();
  let decisions = 0;
  let runs = 0;
  let complete = false;
  while (runs < limit) {
    const chooser = strategy.next(runs + 1);
    if (chooser === null) break;
    runs++;
    const outcome = subject.run(chooser);
    const found = formatSchedule({ deviations: outcome.deviations, lenient: false });
    seen.add(found);
    decisions += outcome.decisions;
    options.onSchedule?.(found);
    if (outcome.failed) {
      requireSame(subject, outcome);
      const shrunk = subject.shrunk(outcome, shrinkRuns);
      const from = scheduler === "exhaustive" ? "" : `, seed ${seed}`;
      const origin = `Found by the ${scheduler} scheduler${from}, in run ${runs} of ${limit}: ${found}`;
      const { message, cause } = subject.describe(shrunk, origin);
      const schedule = formatSchedule({ deviations: shrunk, lenient: false });
      throw new ExploreError(message, { schedule, found, run: runs, seed, cause }, explore);
    }
    strategy.ended?.(outcome.decisions);
  }
  if (scheduler === "exhaustive") complete = exhaustive.next() === null;
  const bound = `with at most ${preemptions} preemption${preemptions === 1 ? "" : "s"}`;
  const summaries = {
    all: runs === 1 ? "the only schedule passes" : `all ${runs} schedules ${exhaustive.beyond ? `${bound} ` : ""}pass`,
    some: `${runs} schedules pass; there are more ${bound}`,
    drawn: `${runs} runs of the ${scheduler} scheduler, seed ${seed}, pass: ${seen.size} schedules`,
  };
  return {
    seed,
    runs,
    schedules: seen.size,
    decisions,
    complete,
    summary: summaries[scheduler !== "exhaustive" ? "drawn" : complete ? "all" : "some"],
  };
}

/**
 * Runs a program under one schedule, as {@link explore} does.
 *
 * @param program as for {@link explore}
 * @param schedule the `schedule` of an {@link ExploreError}, or one that `schedules` of `gobuf/fast-check` made
 * @returns main's result
 * @throws ExploreError when the run fails; ScheduleError when the string is malformed, or does not fit the program;
 *   RangeError for a bad option
 * @example
 * ```ts
 * import { chan, go } from "gobuf";
 * import { replay } from "gobuf/testing";
 *
 * function* firstOfTwo() {
 *   const ch = chan<string>(2);
 *   for (const name of ["ant", "bee"]) {
 *     go(function* () {
 *       yield* ch.send(name);
 *     });
 *   }
 *   return yield* ch.recv();
 * }
 * console.log(replay(firstOfTwo, "g1:"), replay(firstOfTwo, "g1:0A")); // bee ant
 * ```
 */
export function replay<R>(program: Body<R>, schedule: string, options: ReplayOptions = {}): R {
  const subject = new Subject(program, options);
  const outcome = subject.replay(parseSchedule(schedule));
  if (!outcome.failed) return outcome.value as R;
  const exact = formatSchedule({ deviations: outcome.deviations, lenient: false });
  requireSame(subject, outcome);
  const { message, cause } = subject.describe(outcome.deviations, `Replayed: ${schedule}`);
  throw new ExploreError(message, { schedule: exact, found: schedule, run: 0, seed: 0, cause }, replay);
}
