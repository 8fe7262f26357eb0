/**
 * Exploration: runs one program under many schedules. Each is legal in Go, and each can be replayed.
 */
import { type Body, checkFunction } from "../runtime/body.ts";
import { type Turn, Turns } from "./drawn.ts";
import { ExhaustiveStrategy } from "./exhaustive.ts";
import { ExploreError } from "./failure.ts";
import { formatSchedule, type Mode, parseSchedule } from "./schedule.ts";
import { type RunOptions, Subject, shown } from "./subject.ts";

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
   * ended, and fails when some are blocked; other than in a bubble, goroutines that sleep go on. "ignore": the run is over
   * when main returns.
   */
  leaks?: "fail" | "ignore";
  /**
   * When timers may fire. "idle": only when no goroutine can run, as in a bubble. "any": also while goroutines can run, as
   * on a slow machine; the scheduler chooses when, and the exhaustive one counts that as a preemption. By default the
   * schedulers that draw have runs of both kinds, and the exhaustive one has "idle". A replay takes it from the schedule.
   */
  timers?: "idle" | "any";
  /**
   * Where a goroutine may be preempted. "yields": where it yields an operation. "calls": also before a call without
   * `yield*` returns, as in Go, where other processors run other goroutines meanwhile: go, close, a WaitGroup's go, add and
   * done, signal, broadcast, runlock, a context's cancel. By default the schedulers that draw have runs of both kinds, and
   * the exhaustive one has "yields". A replay takes it from the schedule.
   */
  points?: "yields" | "calls";
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
   * How schedules are chosen. "pct" (probabilistic concurrency testing): goroutines get random priorities, which change
   * at a few random points; a bug that needs few such points is found with a known probability. "random": each decision is
   * drawn, all choices alike. "mixed" (the default): both in turn. "exhaustive": all schedules, those with fewer
   * preemptions first.
   */
  scheduler?: "mixed" | "random" | "pct" | "exhaustive";
  /** The seed of the schedulers that draw, an integer from 0 to 2^53-1. By default it is random. */
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
   * schedules with fewer. Long runs count for more. 0 to 2^31-1, by default 2000.
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
const DEPTH = 3;
const PREEMPTIONS = 2;
const SHRINK_RUNS = 2000;
const MAX = 0x7fffffff;
/** What the mixed scheduler does in turn. */
const MIX = ["pct", "random"] as const;

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

function runOptions(given: ReplayOptions): RunOptions {
  const { steps, leaks } = given;
  const named = { ...(steps !== undefined && { steps }), ...(leaks !== undefined && { leaks }) };
  return {
    steps: integer("steps", steps, STEPS, 1, MAX),
    whole: oneOf("leaks", leaks, ["fail", "ignore"]) === "fail",
    fair: true,
    least: {
      calls: oneOf("points", given.points, ["yields", "calls"]) === "calls",
      early: oneOf("timers", given.timers, ["idle", "any"]) === "any",
    },
    given: Object.keys(named).length === 0 ? "" : JSON.stringify(named),
  };
}

/**
 * Runs a program under many schedules, each in a bubble ({@link synctest}), until a run fails. Go has no counterpart.
 *
 * Another goroutine may run after every `yield*` on an operation. In some of the runs others may also run before calls
 * such as go, close, done and signal return (`points`). A place for a switch without an operation is a
 * {@link preemptionPoint}. A native body makes way only where it blocks. Schedules are fair: a goroutine that can run is
 * not passed over for hundreds of operations of others, and the clock does not stand still for thousands.
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
  checkFunction("explore", program, "a generator function");
  const run = runOptions(options);
  const subject = new Subject(program, run);
  const scheduler = oneOf("scheduler", options.scheduler, ["mixed", "pct", "random", "exhaustive"]);
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
  // What is not asked for, or asked not to be, is in some of the runs.
  const early = options.timers && run.least.early;
  const calls = options.points && run.least.calls;
  const turns = new Turns(scheduler === "mixed" ? MIX : [scheduler as "pct"], seed, depth, calls, early);
  const next = (n: number): Turn | null => {
    if (scheduler !== "exhaustive") return turns.next(n);
    const chooser = exhaustive.next();
    return chooser && { mode: run.least, strategy: exhaustive, chooser };
  };
  const seen = new Set<string>();
  let decisions = 0;
  let runs = 0;
  let complete = false;
  while (runs < limit) {
    const turn = next(runs + 1);
    if (turn === null) break;
    runs++;
    const { mode } = turn;
    const outcome = subject.run(mode, turn.chooser);
    const { deviations } = outcome;
    const found = formatSchedule({ deviations, lenient: false, mode });
    seen.add(found);
    decisions += outcome.decisions;
    options.onSchedule?.(found);
    if (outcome.failed) {
      subject.requireSame({ mode, deviations }, outcome.value);
      const shrunk = subject.shrunk({ mode, deviations }, outcome.value, shrinkRuns);
      const from = scheduler === "exhaustive" ? "" : `, seed ${seed}`;
      const origin = `Found by the ${scheduler} scheduler${from}, in run ${runs} of ${limit}: ${shown(found)}`;
      const { message, cause } = subject.describe(shrunk, origin);
      const schedule = formatSchedule({ ...shrunk, lenient: false });
      throw new ExploreError(message, { schedule, found, run: runs, seed, cause }, explore);
    }
    turn.strategy.ended?.(outcome.decisions);
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
  checkFunction("replay", program, "a generator function");
  const run = runOptions(options);
  const subject = new Subject(program, run);
  const parsed = parseSchedule(schedule);
  const mode: Mode = {
    calls: parsed.mode.calls || run.least.calls,
    early: parsed.mode.early || run.least.early,
  };
  const { failed, value, deviations } = subject.replay({ ...parsed, mode });
  if (!failed) return value as R;
  const failing = { mode, deviations };
  subject.requireSame(failing, value);
  const { message, cause } = subject.describe(failing, `Replayed: ${shown(schedule)}`);
  const exact = formatSchedule({ ...failing, lenient: false });
  throw new ExploreError(message, { schedule: exact, found: schedule, run: 0, seed: 0, cause }, replay);
}
