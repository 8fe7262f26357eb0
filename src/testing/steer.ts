/**
 * Runs something under a schedule: installs the hooks in the scheduler, and makes the decisions that come up.
 *
 * A decision comes up wherever more than one goroutine can run: when a goroutine blocks or gives way, and at the
 * `yield*` of each operation that need not wait (where Go might preempt the goroutine). Where calls are points, one comes
 * up also before a call returns that has no `yield*` and that others may notice: go, close, done, signal and the like. A
 * decision also comes up when a select finds more than one case ready; the poll order comes from a fixed seed otherwise.
 * With early timers, whether the clock moves is a decision at each of these places. The program may ask for one, too.
 */
import { chancap, chanlen } from "../runtime/chan.ts";
import { G_SELECTDONE, G_STATUS, G_STRIDE, gmem, SUDOG_STRIDE, smem } from "../runtime/ffi.ts";
import { gcont, isNative } from "../runtime/g.ts";
import { casgstatus, goidOf } from "../runtime/gstatus.ts";
import { condemn, MCALL_GOSCHED, mp, setCallHook, setPointHook } from "../runtime/m.ts";
import { FatalError } from "../runtime/panic.ts";
import { globrunqput, runqput } from "../runtime/runq.ts";
import { Grunnable, Grunning } from "../runtime/runtime2.ts";
import type { SelectCase } from "../runtime/scase.ts";
import { schedule, setPickHook } from "../runtime/schedule.ts";
import { setCaseHook } from "../runtime/select.ts";
import { S_G, S_ISSELECT, S_NEXT } from "../runtime/sudog.ts";
import { advanceClock, checkTimers, nanotime, wakeTime } from "../runtime/time.ts";
import { RECVQ, SENDQ } from "../runtime/waitq.ts";
import { runOf } from "../runtime/world.ts";
import { Patience } from "./patience.ts";
import { runqlist, runqremove } from "./runqlist.ts";
import type { Deviation, Mode } from "./schedule.ts";

/**
 * What is decided: whether the goroutine that runs (the first of the pool) is preempted after its operation, or in its
 * call; which goroutine runs next; which of the ready cases a select takes; whether (1) the clock moves to the next timer
 * although goroutines can run; which outcome the program draws.
 */
export type Decision = "preempt" | "call" | "next" | "select" | "clock" | "choose";

/** Makes a run's decisions. */
export interface Chooser {
  /**
   * @param pool goroutines that can run, by their numbers, or numbers of ready cases, or of outcomes, or 0 and 1 for the
   *   clock; more than one, Go's choice first
   * @param step the decision's number, from 0
   * @returns an index into the pool
   */
  choose(kind: Decision, pool: readonly number[], step: number): number;
  /** A goroutine is to make room for those that can run: it gave way (gosched), or has run for long. */
  gaveWay?(goid: number, pool: readonly number[]): void;
  /** A goroutine gets its turn. */
  ran?(goid: number): void;
}

/** Sees a decision that is not Go's, before it is carried out. */
export type DeviationHook = (kind: Decision, pool: readonly number[], pick: number, step: number) => void;

/** How a run is steered. */
export interface SteeringOptions extends Mode {
  /** Turns and operations that a run may take. */
  readonly steps: number;
  /** Whether goroutines and timers that were passed over for long get their turn: Go's time slices, and its clock. */
  readonly fair: boolean;
  readonly onDeviation?: DeviationHook;
}

/** The result of a steered call, and its decisions. */
export interface Steered<T> {
  readonly value: T;
  readonly deviations: readonly Deviation[];
  /** Decisions that came up. */
  readonly decisions: number;
  /** Turns and operations that it took. */
  readonly steps: number;
}

/** Thrown out of a call in which others ran, when the run has ended meanwhile: the calling body must not go on. */
export class RunOver extends Error {}

/** Thrown out of the scheduler by the pick hook, when it picks the goroutine that made way in a call. */
const BACK = new Error("the goroutine goes on in its call");

/** At most so many goroutines make way in a call at the same time: their bodies lie on the JavaScript stack. */
const WITHIN_MAX = 100;

// What is steered.
let active = false;
let chooser: Chooser = { choose: () => 0 };
let onDeviation: DeviationHook | null = null;
let deviations: Deviation[] = [];
let decisions = 0;
let stepsLeft = 0;
let stepsAllowed = 0;
let early = false;
let patience: Patience | null = null;
/** Whether the goroutine was preempted to let the clock move. */
let advances = false;
/** The G that runs next because the running goroutine was preempted for it; 0 for none. */
let forced = 0;
/** The number of the goroutine that ran last. (Its G may be another goroutine by now.) */
let last = 0;
/** The time when it began to run. */
let lastTime = 0;
/** The number of the goroutine that gave way by gosched just now, 0 for none. */
let gave = 0;
/** How often goroutines gave way by gosched, by their numbers. */
const giving = new Map<number, number>();
/** Gs that made way in a call. Their bodies lie on the JavaScript stack, so that only the last one can go on. */
const within: number[] = [];

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
  condemn(error);
  return true;
}

const STAY_OR_MOVE = [0, 1];

/** Whether the clock moves to the next timer now: by choice, or because it has stood still for long. */
function clockMoves(): boolean {
  if (wakeTime() === 0) return false;
  if (patience?.clockIsDue(nanotime(), deviations.length === 0)) return true;
  return early && decide("clock", STAY_OR_MOVE) === 1;
}

/** The queued Gs that can run. Of those in a call, only the last one can. */
function runnable(): number[] {
  const queued = runqlist();
  return within.length < 2 ? queued : queued.filter((gp) => !isBuried(gp));
}

function isBuried(gp: number): boolean {
  const at = within.indexOf(gp);
  return at >= 0 && at < within.length - 1;
}

/** The place in the pool of a goroutine that was passed over for too long, -1 for none. @param from where they wait */
function starved(pool: readonly number[], from: number): number {
  if (patience === null) return -1;
  const goid = patience.passed(pool, from, deviations.length === 0);
  return goid === 0 ? -1 : pool.indexOf(goid);
}

/** The point hook: a goroutine is about to yield an operation. One that need not wait is over. */
function point(): void {
  // The run is over, and its goroutines only leave their frames: nothing is chosen any more.
  if (mp.leaving) return;
  if (!mp.done) {
    if (mp.mcall === MCALL_GOSCHED) gave = goidOf(mp.curg);
    return;
  }
  if (mp.stop || tooMany()) return leave();
  if (clockMoves()) {
    advances = true;
    return leave();
  }
  const queued = runnable();
  if (queued.length === 0) return;
  const gp = preempted("preempt", queued);
  if (gp === 0) return;
  forced = gp;
  leave();
}

/** The G that runs instead of the running one, 0 for none. */
function preempted(kind: "preempt" | "call", queued: readonly number[]): number {
  const pool = [mp.curg, ...queued].map(goidOf);
  let pick = starved(pool, 1);
  if (pick > 0) chooser.gaveWay?.(pool[0] as number, pool);
  else pick = decide(kind, pool);
  return pick === 0 ? 0 : (queued[pick - 1] as number);
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

/** The call hook: a call that has no `yield*` is about to return. Others may run before. */
function callPoint(): void {
  const gp = mp.curg;
  if (gp <= 0 || mp.stop || mp.leaving || isNative(gp) || within.length >= WITHIN_MAX) return;
  const queued = runqlist().filter((other) => !within.includes(other));
  if (queued.length === 0) return;
  if (tooMany()) throw runOf(gp).error;
  forced = preempted("call", queued);
  if (forced !== 0) makeWay(gp);
}

/** Runs other goroutines until the scheduler picks the calling one. @throws RunOver when the run ended meanwhile */
function makeWay(gp: number): void {
  const { done, value, state, result, mcall, waitunlockf, callee, preempted: wasPreempted, ok, waitFailed, elem } = mp;
  casgstatus(gp, Grunning, Grunnable);
  globrunqput(gp);
  within.push(gp);
  mp.curg = 0;
  try {
    while (schedule(1));
  } catch (error) {
    // Ends no goroutine: the scheduler runs within a call, and hands nothing of a goroutine's up.
    if (error !== BACK) throw error;
  } finally {
    within.pop();
    mp.curg = gp;
  }
  if (mp.stop) {
    // The body may still call operations in its finally blocks. The run is over, so no hook is told.
    gmem[gp * G_STRIDE + G_STATUS] = Grunning;
    throw new RunOver();
  }
  casgstatus(gp, Grunnable, Grunning);
  Object.assign(mp, {
    done,
    value,
    state,
    result,
    mcall,
    waitunlockf,
    callee,
    preempted: wasPreempted,
    ok,
    waitFailed,
    elem,
  });
}

/** The pick hook: chooses the goroutine that runs. @param next Go's choice */
function pick(next: number): number {
  if (tooMany()) {
    if (within.length > 0) throw BACK;
    return next;
  }
  if (advances || (forced === 0 && clockMoves())) {
    advances = false;
    advanceClock();
    checkTimers();
  }
  const gp = forced !== 0 ? forced : chooseNext(next);
  forced = 0;
  gave = 0;
  if (gp !== next) {
    runqremove(gp);
    // It was next, and stays it.
    runqput(next, true);
  }
  last = goidOf(gp);
  lastTime = nanotime();
  chooser.ran?.(last);
  patience?.ran(last);
  if (gp === within.at(-1)) throw BACK;
  return gp;
}

function chooseNext(next: number): number {
  const pool = [next, ...runqlist()].filter((gp) => within.length < 2 || !isBuried(gp));
  if (pool.length === 1) return pool[0] as number;
  const goids = pool.map(goidOf);
  const giver = gave !== 0 ? gave : nativeGiver(pool, goids);
  if (giver !== 0 && goids.includes(giver) && isInvitation(giver)) chooser.gaveWay?.(giver, goids);
  const due = starved(goids, 0);
  if (due < 0) return pool[decide("next", goids)] as number;
  chooser.gaveWay?.(last, goids);
  return pool[due] as number;
}

/**
 * Whether a goroutine that gave way is to make room for the others, which it is each second time. The first time it may
 * run on at once, as another processor of Go's might take it. Without the second time, a loop that gives way until
 * another goroutine has done something would never end. The rule is that of "Fair Stateless Model Checking" by Musuvathi
 * and Qadeer, PLDI 2008.
 */
function isInvitation(goid: number): boolean {
  const times = (giving.get(goid) ?? 0) + 1;
  giving.set(goid, times);
  return times % 2 === 0;
}

/** A native body that can run again at once, without a move of the clock, is taken to have given way. */
function nativeGiver(pool: readonly number[], goids: readonly number[]): number {
  const at = goids.indexOf(last);
  return at >= 0 && isNative(pool[at] as number) && nanotime() === lastTime ? last : 0;
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

/** Whether a chooser decides. */
export function isSteered(): boolean {
  return active;
}

/** The outcome that a program draws, of `n`. */
export function drawn(n: number): number {
  // Choosers look at the length only, and an array of many outcomes need not be made.
  return n < 2 ? 0 : decide("choose", { length: n } as readonly number[]);
}

/**
 * Lets a chooser decide while `f` runs something.
 *
 * @returns what `f` gives, and what was decided
 */
export function steered<T>(by: Chooser, options: SteeringOptions, f: () => T): Steered<T> {
  if (active) throw new Error("gobuf: explore or replay was called in a program that is being explored");
  active = true;
  chooser = by;
  onDeviation = options.onDeviation ?? null;
  deviations = [];
  decisions = 0;
  stepsAllowed = options.steps;
  stepsLeft = options.steps;
  early = options.early;
  patience = options.fair ? new Patience(options.steps) : null;
  advances = false;
  forced = 0;
  gave = 0;
  last = 1;
  lastTime = 0;
  giving.clear();
  within.length = 0;
  setPointHook(point);
  setPickHook(pick);
  setCaseHook(chooseCase);
  if (options.calls) setCallHook(callPoint);
  try {
    return { value: f(), deviations, decisions, steps: options.steps - stepsLeft };
  } finally {
    active = false;
    setPointHook(null);
    setPickHook(null);
    setCaseHook(null);
    setCallHook(null);
  }
}
