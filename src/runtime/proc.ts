/**
 * The scheduler's functions: runtime/proc.go for one M and one P (GOMAXPROCS=1). The turns themselves are in
 * schedule.ts.
 *
 * This code is what runs on g0. A goroutine that gives the M back leaves a request (m.ts). Each request is carried out
 * by one of Go's functions that run on g0: park_m, gosched_m, goyield_m, gopreempt_m, goexit0.
 */
import { keepContext } from "./asynccontext.ts";
import {
  G_GOID,
  G_PARENTGOID,
  G_STATUS,
  G_STRIDE,
  G_STRIDE_BYTES,
  G_WAITREASON_BYTE,
  G_WAITSINCE,
  gmem,
  gmem8,
} from "./ffi.ts";
import { allocG, beginExit, gbody, gcont, gcreator, gentry, gfput, pushFrame } from "./g.ts";
import {
  callHook,
  casAlong,
  casgstatus,
  casgstatusWait,
  goidOf,
  RING_COUNT,
  RING_HOOKED,
  RING_MASK,
  readgstatus,
  recordTransition,
  ring,
  ringEdge,
} from "./gstatus.ts";
import {
  type Continuation,
  type Frame,
  failRun,
  fatal,
  MCALL_CALL,
  MCALL_FATAL,
  MCALL_GOEXIT,
  MCALL_GOSCHED,
  MCALL_GOYIELD,
  MCALL_NONE,
  MCALL_PARK,
  MCALL_PREEMPT,
  MCALL_PREEMPTPARK,
  mp,
  runNow,
  type UnlockFunction,
} from "./m.ts";
import { kick } from "./outside.ts";
import { FatalError } from "./panic.ts";
import { globrunqput, runqput } from "./runq.ts";
import {
  Gdead,
  Gidle,
  Gpreempted,
  Grunnable,
  Grunning,
  Gscan,
  Gwaiting,
  statusName,
  waitReasonPreempted,
} from "./runtime2.ts";
import { noteCreation } from "./sites.ts";
import { awaitResume } from "./suspend.ts";
import { enter, lone, onSwitch, type Run, RunOverError, runOf, setRun } from "./world.ts";

/**
 * A chain of hand-overs that inherit one time slice ends after so many turns on the fake clock, where 10 ms of real time
 * would give another run each time.
 */
const INHERITED_MAX_FAKE = 1 << 20;
/** On the real clock the chain ends by time: {@link endChain} brings the count here. */
const INHERITED_MAX_REAL = 1 << 30;
/** What the count begins a slice with: one that is still at least this at the slice's end was one chain. */
const INHERITED_MARK = 1 << 29;

/** A slice begins: is it to be one chain? Real clock only. */
export function markChain(): void {
  sched.inherited = INHERITED_MARK;
}

/** Whether no turn since {@link markChain} has begun a time slice of its own. */
export function isOneChain(): boolean {
  return sched.inherited >= INHERITED_MARK;
}

/** The next turn that would inherit does not. */
export function endChain(): void {
  sched.inherited = INHERITED_MAX_REAL - 1;
}

/** The scheduler's own state: parts of schedt and p in runtime/runtime2.go. */
export const sched = {
  /**
   * p.schedtick modulo 61. It counts the executes that begin a new time slice: a goroutine that inherits its slice does
   * not count. Only the remainder is needed, and to compute it at each turn would cost a gosched 3 ns.
   */
  schedtick61: 0,
  /** Turns since the last that did not inherit its time slice: as long as it grows, one chain of hand-overs has the P. */
  inherited: 0,
  /** So many turns may inherit one slice; then the one whose turn it is goes to the global tail, as Go's monitor sees to. */
  inheritedMax: INHERITED_MAX_FAKE,
};

onSwitch({
  init({ clock, schedtick }) {
    sched.schedtick61 = schedtick;
    sched.inherited = 0;
    sched.inheritedMax = clock === "fake" ? INHERITED_MAX_FAKE : INHERITED_MAX_REAL;
  },
  save: () => ({ ...sched }),
  load(saved) {
    Object.assign(sched, saved);
  },
});

/**
 * Parks the calling goroutine: gopark. Takes effect when its operation is yielded.
 *
 * @param unlockf runs on g0 after running>waiting, and may refuse
 * @param reason a wait reason of runtime2.ts
 * @param cont what the goroutine does first when it runs again
 */
export function gopark(gp: number, unlockf: UnlockFunction | null, reason: number, cont: Continuation | null): void {
  gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE] = reason;
  mp.waitunlockf = unlockf;
  mp.mcall = MCALL_PARK;
  gcont[gp] = cont;
}

// goready is written out, without calls, as schedule is (schedule.ts says why): every hand-over goes through it.
const READIES = ringEdge(Gwaiting, Grunnable);
const BEGINS = ringEdge(Gidle, Grunnable);

/**
 * Makes a waiting goroutine runnable, next in line: goready. Outside of a turn that is the outside coming in: its world
 * becomes the current one and is kicked.
 *
 * @throws FatalError when it is not waiting
 */
export function goready(gp: number): void {
  if (!mp.turn) return readyFromOutside(gp);
  const mem = gmem;
  const log = ring;
  const i = gp * G_STRIDE;
  if (Atomics.compareExchange(mem, i + G_STATUS, Gwaiting, Grunnable) !== Gwaiting) notWaiting(gp);
  const count = log[RING_COUNT];
  log[count & RING_MASK] = (mem[i + G_GOID] << 8) | READIES;
  log[RING_COUNT] = count + 1;
  if (log[RING_HOOKED] !== 0) callHook(gp, Gwaiting, Grunnable);
  runqput(gp, true);
}

/** {@link goready} while no turn is under way: the outside comes in. */
function readyFromOutside(gp: number): void {
  const { world } = runOf(gp);
  enter(world);
  mp.turn = true;
  try {
    goready(gp);
  } finally {
    mp.turn = false;
  }
  kick(world);
}

/** The rest of {@link goready} where the status is another, or someone scans the G. */
function notWaiting(gp: number): void {
  const status = readgstatus(gp);
  if ((status & ~Gscan) !== Gwaiting) {
    fatal(`bad g->status in ready: goroutine ${goidOf(gp)} (G ${gp}) is ${statusName(status)}, expected waiting`);
  }
  casgstatusWait(gp, Gwaiting, Grunnable);
}

/** Notes a G's creator. @param parent another G, 0 for none */
export function setParent(gp: number, parent: number): void {
  const mem = gmem;
  const i = gp * G_STRIDE + G_PARENTGOID;
  const from = parent * G_STRIDE + G_GOID;
  mem[i] = mem[from];
  mem[i + 1] = mem[from + 1];
}

/**
 * Makes an idle G runnable, next in line, as a goroutine of the calling one: the second half of newproc.
 *
 * @param run the run that it belongs to, whose world is the current one
 */
export function startG(gp: number, entry: unknown, run: Run): void {
  const m = mp;
  const entries = gentry;
  const parent = Math.max(m.curg, 0);
  entries[gp] = entry;
  gcreator[gp] = entries[parent];
  if (run !== lone.run || m.carries || !m.turn) noteStart(gp, run);
  setParent(gp, parent);
  noteCreation(gp);
  casAlong(BEGINS, gp, Gidle, Grunnable);
  run.gcount++;
  runqput(gp, true);
}

/** What {@link startG} has to do besides where several runs, a context or the outside are in play: most never do. */
function noteStart(gp: number, run: Run): void {
  if (run !== lone.run) setRun(gp, run);
  if (mp.carries) keepContext(gp);
  // Its world goes on later, when the G is in the queue.
  if (!mp.turn) kick(run.world);
}

/**
 * Starts a goroutine on a generator body, next in line: newproc.
 *
 * @param entry what it was started on, for its name in reports
 * @param run the run that it belongs to, whose world is the current one: by default the calling goroutine's
 * @returns its G
 */
export function newproc(body: Frame, entry: unknown, run: Run = callersRun()): number {
  const gp = allocG();
  gbody[gp] = body;
  startG(gp, entry, run);
  return gp;
}

/** {@link newproc} for a run of any world, also from outside. */
export function newprocIn(run: Run, body: Frame, entry: unknown): number {
  if (!mp.turn) enter(run.world);
  return newproc(body, entry, run);
}

/** The run of the goroutine that runs. @throws Error where none does, or its run is over */
export function callersRun(): Run {
  const { curg } = mp;
  const { run } = lone;
  return curg > 0 && run !== undefined ? run : callersRunOf(curg);
}

/** The rest of {@link callersRun}, for when there are several. */
function callersRunOf(gp: number): Run {
  const run = gp > 0 ? runOf(gp) : runNow();
  if (run === undefined || run.over) throw new RunOverError("gobuf: the run is over: nothing can be started in it");
  return run;
}

/** running>waiting, then the unlock function. @returns false, or true when that took the park back */
function park_m(gp: number): boolean {
  casgstatus(gp, Grunning, Gwaiting);
  gmem[gp * G_STRIDE + G_WAITSINCE] = mp.now;
  const unlockf = mp.waitunlockf;
  if (unlockf === null) return false;
  mp.waitunlockf = null;
  mp.curg = 0;
  if (unlockf(gp)) return false;
  casgstatus(gp, Gwaiting, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  mp.curg = gp;
  return true;
}

/** running>dead, and onto the free list: goexit0. @param run its run */
export function goexit0(gp: number, run: Run = runOf(gp)): void {
  casgstatus(gp, Grunning, Gdead);
  run.gcount--;
  if (gp === run.main) run.main = 0;
  gfput(gp);
}

/** The goroutine is off the M. */
export const OFF = 0;
/** It goes on at once. */
export const ON = 1;
/** It goes on, to leave its frames one by one: Goexit. */
export const EXIT = 2;
/** The same, where a frame has called Goexit before, and may have caught it. */
export const LEAVE = 3;

/**
 * Stops for another thread's suspendG, and waits until that has looked: preemptPark. The M does nothing meanwhile, for none
 * but it can put the goroutine on its queue again.
 */
function preemptPark(gp: number): void {
  gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE] = waitReasonPreempted;
  casgstatus(gp, Grunning, Gpreempted);
  awaitResume(gp);
  recordTransition(gp, Gpreempted, Grunnable);
  runqput(gp, true);
}

/** Carries out what a goroutine asked for, on g0. @returns OFF, ON, EXIT or LEAVE */
export function mcall(gp: number): number {
  const code = mp.mcall;
  mp.mcall = MCALL_NONE;
  switch (code) {
    case MCALL_GOSCHED:
      casgstatus(gp, Grunning, Grunnable);
      globrunqput(gp);
      return OFF;
    case MCALL_PARK:
      return park_m(gp) ? ON : OFF;
    case MCALL_GOYIELD:
      mp.preempted = true;
      casgstatus(gp, Grunning, Grunnable);
      mp.preempted = false;
      runqput(gp, false);
      return OFF;
    case MCALL_PREEMPT:
      mp.preempted = true;
      casgstatus(gp, Grunning, Grunnable);
      mp.preempted = false;
      globrunqput(gp);
      return OFF;
    case MCALL_PREEMPTPARK:
      preemptPark(gp);
      return OFF;
    case MCALL_CALL:
      pushFrame(gp, mp.callee as Frame);
      mp.callee = null;
      return ON;
    case MCALL_GOEXIT:
      return beginExit(gp) ? LEAVE : EXIT;
    case MCALL_FATAL:
      return OFF;
    default:
      fail(
        gp,
        new FatalError(
          `goroutine ${goidOf(gp)} yielded a value that is no operation: write \`yield*\` and an operation of gobuf`,
        ),
      );
      return OFF;
  }
}

/** Ends the run of a goroutine with an error; one that failed before comes first. */
export function fail(gp: number, error: unknown): void {
  failRun(runOf(gp), error, gp);
}

/** Ends the run of a goroutine with main's result. */
export function finish(gp: number, result: unknown): void {
  finishRun(runOf(gp), result);
}

/** Ends a run with a result. */
export function finishRun(run: Run, result: unknown): void {
  if (run.ends) return;
  run.done = true;
  run.result = result;
  mp.stop = true;
}

/** Whether a goroutine is its run's main. */
export function isMain(gp: number): boolean {
  return runOf(gp).main === gp;
}
