/**
 * Runs a program under a schedule: installs the hooks in the scheduler, and makes the decisions that come up.
 *
 * A decision comes up wherever more than one goroutine can run: when a goroutine blocks or gives way, and at the
 * `yield*` of each operation that need not wait (where Go might preempt the goroutine). Plain calls (go, close, done,
 * signal, tryLock, an unlock without `yield*`) are no such places. A decision also comes up when a select finds more
 * than one case ready; the poll order comes from a fixed seed otherwise. With early timers, whether the clock moves is
 * a decision at each of these places.
 */

import { runSync } from "../run.ts";
import { type Body, bodyOf, type Go } from "../runtime/body.ts";
import { chancap, chanlen } from "../runtime/chan.ts";
import { G_SELECTDONE, G_STRIDE, gmem, SUDOG_STRIDE, smem } from "../runtime/ffi.ts";
import { gcont } from "../runtime/g.ts";
import { goidOf } from "../runtime/gstatus.ts";
import { condemn, MCALL_GOSCHED, mp, setPointHook } from "../runtime/m.ts";
import { FatalError } from "../runtime/panic.ts";
import { runqput } from "../runtime/runq.ts";
import { setPickHook } from "../runtime/schedule.ts";
import { type SelectCase, setCaseHook } from "../runtime/select.ts";
import { S_G, S_ISSELECT, S_NEXT } from "../runtime/sudog.ts";
import { advanceClock, checkTimers, wakeTime } from "../runtime/time.ts";
import { attachReport } from "../runtime/traceback.ts";
import { RECVQ, SENDQ } from "../runtime/waitq.ts";
import { bubbled, namedAs } from "./bubble.ts";
import { runqlist, runqremove } from "./runqlist.ts";
import type { Deviation } from "./schedule.ts";

/**
 * What is decided: whether the goroutine that runs (the first of the pool) is preempted; which goroutine runs next;
 * which of the ready cases a select takes; whether (1) the clock moves to the next timer although goroutines can run.
 */
export type Decision = "preempt" | "next" | "select" | "clock";

/** Makes a run's decisions. */
export interface Chooser {
  /**
   * @param pool goroutines that can run, by their numbers, or numbers of ready cases, or 0 and 1 for the clock; more
   *   than one, Go's choice first
   * @param step the decision's number, from 0
   * @returns an index into the pool
   */
  choose(kind: Decision, pool: readonly number[], step: number): number;
  /** A goroutine gave way (gosched) to those that can run. */
  gaveWay?(goid: number, pool: readonly number[]): void;
  /** A goroutine gets its turn. */
  ran?(goid: number): void;
}

/** Sees a decision that is not Go's, before it is carried out. */
export type DeviationHook = (kind: Decision, pool: readonly number[], pick: number, step: number) => void;

/** How a program is run. */
export interface SteerOptions {
  /** Turns and operations that a run may take. */
  readonly steps: number;
  /** Whether a run is over only when all its goroutines have ended. */
  readonly whole: boolean;
  /** Whether timers may expire while goroutines can run. */
  readonly early: boolean;
  readonly traceback?: "single" | "all";
  readonly onDeviation?: DeviationHook;
}

/** The result of a steered call, and its decisions. */
export interface Steered<T> {
  readonly value: T;
  readonly deviations: readonly Deviation[];
  /** Decisions that came up. */
  readonly decisions: number;
}

/** The result of a steered run: the error that it failed with, or main's result. */
export interface Outcome extends Steered<unknown> {
  readonly failed: boolean;
}

/** The draws that the poll order of selects comes from, where nothing is chosen. */
const SELECT_SEED = 1;

// What is steered.
let active = false;
let chooser: Chooser = { choose: () => 0 };
let onDeviation: DeviationHook | null = null;
let deviations: Deviation[] = [];
let decisions = 0;
let stepsLeft = 0;
let stepsAllowed = 0;
let early = false;
/** Whether the goroutine was preempted to let the clock move. */
let advances = false;
/** The G that runs next because the running goroutine was preempted for it; 0 for none. */
let forced = 0;
/** The number of the goroutine that ran last. (Its G may be another goroutine by now.) */
let last = 0;

function decide(kind: Decision, pool: readonly number[]): number {
  const step = decisions++;
  const pick = chooser.choose(kind, pool, step);
  if (pick !== 0) {
    deviations.push({ step, pick });
    onDeviation?.(kind, pool, pick, step);
  }
  return pick;
}

/** Counts a step. @returns whether it was one too many, and the run is over */
function tooMany(): boolean {
  if (stepsLeft-- > 0) return false;
  const error = new FatalError(
    `no end after ${stepsAllowed} steps: goroutines wake each other without end, or need more steps than the option \`steps\` allows`,
  );
  attachReport(error, mp.curg);
  condemn(error);
  return true;
}

const STAY_OR_MOVE = [0, 1];

function clockMoves(): boolean {
  return early && wakeTime() !== 0 && decide("clock", STAY_OR_MOVE) === 1;
}

/** The point hook: an operation that need not wait is over. */
function point(): void {
  if (tooMany()) return leave();
  if (clockMoves()) {
    advances = true;
    return leave();
  }
  const queued = runqlist();
  if (queued.length === 0) return;
  const pick = decide("preempt", [mp.curg, ...queued].map(goidOf));
  if (pick === 0) return;
  forced = queued[pick - 1] as number;
  leave();
}

/** Preempts the running goroutine after an operation that need not wait, before the goroutine gets its result. */
function leave(): void {
  const { value, ok, elem } = mp;
  gcont[mp.curg] = () => {
    mp.ok = ok;
    mp.elem = elem;
    return value;
  };
  mp.done = false;
  mp.mcall = MCALL_GOSCHED;
}

/** The pick hook: chooses the goroutine that runs. @param next Go's choice */
function pick(next: number): number {
  if (tooMany()) return next;
  if (advances || (forced === 0 && clockMoves())) {
    advances = false;
    advanceClock();
    checkTimers();
  }
  const gp = forced !== 0 ? forced : chooseNext(next);
  forced = 0;
  if (gp !== next) {
    runqremove(gp);
    // It was next, and stays it.
    runqput(next, true);
  }
  last = goidOf(gp);
  chooser.ran?.(last);
  return gp;
}

function chooseNext(next: number): number {
  const queued = runqlist();
  if (queued.length === 0) return next;
  const pool = [next, ...queued];
  const goids = pool.map(goidOf);
  if (goids.includes(last)) chooser.gaveWay?.(last, goids);
  return pool[decide("next", goids)] as number;
}

/** Whether a goroutine waits in a queue. One whose select another case has won does not count. */
function anyWaits(first: number): boolean {
  for (let s = first; s !== 0; s = smem[s * SUDOG_STRIDE + S_NEXT]) {
    const at = s * SUDOG_STRIDE;
    if (smem[at + S_ISSELECT] === 0 || gmem[smem[at + S_G] * G_STRIDE + G_SELECTDONE] === 0) return true;
  }
  return false;
}

function isReady({ c, send }: SelectCase): boolean {
  if (send) return c.closed || anyWaits(c.first(RECVQ)) || chanlen(c) < chancap(c);
  return c.closed || anyWaits(c.first(SENDQ)) || chanlen(c) > 0;
}

/** The case hook: moves the chosen case to the head of the poll order. */
function chooseCase(cases: readonly SelectCase[], poll: Uint16Array): void {
  const ready = [...poll].filter((i) => isReady(cases[i] as SelectCase));
  if (ready.length < 2) return;
  const chosen = ready[decide("select", ready)] as number;
  poll.copyWithin(1, 0, poll.indexOf(chosen));
  poll[0] = chosen;
}

/**
 * Lets a chooser decide while `f` runs something.
 *
 * @returns what `f` gives, and what was decided
 */
export function steered<T>(by: Chooser, options: Omit<SteerOptions, "whole">, f: () => T): Steered<T> {
  if (active) throw new Error("gobuf: explore or replay was called in a program that is being explored");
  active = true;
  chooser = by;
  onDeviation = options.onDeviation ?? null;
  deviations = [];
  decisions = 0;
  stepsAllowed = options.steps;
  stepsLeft = options.steps;
  early = options.early;
  advances = false;
  forced = 0;
  last = 1;
  setPointHook(point);
  setPickHook(pick);
  setCaseHook(chooseCase);
  try {
    return { value: f(), deviations, decisions };
  } finally {
    active = false;
    setPointHook(null);
    setPickHook(null);
    setCaseHook(null);
  }
}

/**
 * Runs a program once, on the fake clock.
 *
 * @throws what is no failure of the program: another run is under way, the program is no generator function
 */
export function steer(program: Body<unknown>, by: Chooser, options: SteerOptions): Outcome {
  let started = false;
  const main = function* (): Go<unknown> {
    const body = bodyOf("the explored program", program, []);
    started = true;
    return yield* bubbled(() => body, options.whole);
  };
  const attempt = () => {
    try {
      const value = runSync(namedAs(program.name, main), {
        seed: SELECT_SEED,
        traceback: options.traceback ?? "single",
      });
      return { failed: false, value };
    } catch (error) {
      if (!started) throw error;
      return { failed: true, value: error };
    }
  };
  const { value, ...decided } = steered(by, options, attempt);
  return { ...value, ...decided };
}
