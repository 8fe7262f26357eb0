/**
 * The scheduler: runtime/proc.go for one M and one P (GOMAXPROCS=1).
 *
 * g0 is this code. A goroutine is resumed by `execute` and comes back with a request (see m.ts); every request is a
 * function of Go's that runs on g0: park_m, gosched_m, goyield_m, goexit0.
 */
import { G_STRIDE_BYTES, G_WAITREASON_BYTE, gmem8 } from "./ffi.ts";
import { allocG, gbody, gcont, gentry, gexiting, gfput, gframes, gnative, gparent, gtrap, gwaitsince } from "./g.ts";
import { casgstatus, goidOf, readgstatus } from "./gstatus.ts";
import {
  type Continuation,
  type Frame,
  isArmed,
  MCALL_CALL,
  MCALL_GOEXIT,
  MCALL_GOSCHED,
  MCALL_GOYIELD,
  MCALL_NONE,
  MCALL_PARK,
  mp,
  REPARK,
  RESUME,
  takeForgotten,
  type UnlockFunction,
} from "./m.ts";
import { FatalError, UncaughtError } from "./panic.ts";
import { attachReport, noteCreation, noteReport, panicReport } from "./report.ts";
import { globrunqget, globrunqgetbatch, globrunqput, inheritTime, runqget, runqput } from "./runq.ts";
import { Gdead, Gidle, Grunnable, Grunning, Gscan, Gwaiting, statusName } from "./runtime2.ts";
import { checkTimers, timerCount } from "./time.ts";

/** The scheduler's own state: parts of schedt and p in runtime/runtime2.go. */
export const sched = {
  /**
   * Goes up with every execute that does not inherit the time slice: p.schedtick, of which only the remainder by 61 is
   * ever asked for. (The remainder alone is kept: to work it out each time costs a gosched 3 ns.)
   */
  schedtick61: 0,
  /** Goroutines made and not dead: gcount(). */
  gcount: 0,
  /** The main goroutine of this run, 0 when there is none or it ended by goexit. */
  main: 0,
  /** Main has returned, with `result`. */
  done: false,
  result: undefined as unknown,
  /** A goroutine failed, with `error`. */
  failed: false,
  error: undefined as unknown,
};

/** Goes on with a native body whose operation ended; carries out what a native body trapped for: native.ts. */
export type NativeRunner = (gp: number, failed: boolean, value: unknown) => boolean;
export type TrapRunner = (gp: number, code: number) => boolean;
let runNative: NativeRunner = () => {
  throw new FatalError("no runner of native bodies is set");
};
let onTrap: TrapRunner = () => runNative(0, false, undefined);

/** Called once, by native.ts, which stands on this file. */
export function setNativeRunner(f: NativeRunner, g: TrapRunner): void {
  runNative = f;
  onTrap = g;
}

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

/** Makes a waiting goroutine runnable, next in line: goready. @throws FatalError when it is not waiting */
export function goready(gp: number): void {
  const status = readgstatus(gp);
  if ((status & ~Gscan) !== Gwaiting) {
    throw new FatalError(
      `bad g->status in ready: goroutine ${goidOf(gp)} (G ${gp}) is ${statusName(status)}, expected waiting`,
    );
  }
  casgstatus(gp, Gwaiting, Grunnable);
  runqput(gp, true);
}

/** Makes an idle G runnable, next in line, as a goroutine of the calling one: the second half of newproc. */
export function startG(gp: number, entry: unknown): void {
  gentry[gp] = entry;
  gparent[gp] = mp.curg === 0 ? 0 : goidOf(mp.curg);
  noteCreation(gp);
  casgstatus(gp, Gidle, Grunnable);
  sched.gcount++;
  runqput(gp, true);
}

/**
 * Starts a goroutine on a generator body, next in line: newproc.
 *
 * @param entry what it was started on, for its name in reports
 * @returns its G
 */
export function newproc(body: Frame, entry: unknown): number {
  const gp = allocG();
  gbody[gp] = body;
  startG(gp, entry);
  return gp;
}

/** running>waiting, then the unlock function. @returns false, or true when that took the park back */
function park_m(gp: number): boolean {
  casgstatus(gp, Grunning, Gwaiting);
  gwaitsince[gp] = mp.now;
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

/** running>dead, and onto the free list: goexit0. */
export function goexit0(gp: number): void {
  casgstatus(gp, Grunning, Gdead);
  sched.gcount--;
  if (gp === sched.main) sched.main = 0;
  gfput(gp);
}

/** The goroutine is off the M. */
export const OFF = 0;
/** It goes on at once. */
export const ON = 1;
/** It goes on, to leave its frames one by one. */
export const EXIT = 2;

/** Carries out what a goroutine asked for, on g0. @returns OFF, ON or EXIT */
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
      casgstatus(gp, Grunning, Grunnable);
      runqput(gp, false);
      return OFF;
    case MCALL_CALL:
      pushFrame(gp, mp.callee as Frame);
      mp.callee = null;
      return ON;
    case MCALL_GOEXIT:
      gexiting[gp] = true;
      return EXIT;
    default:
      fail(
        new FatalError(
          `goroutine ${goidOf(gp)} yielded a value that is no operation: write \`yield*\` and an operation of gobuf`,
        ),
      );
      return OFF;
  }
}

function pushFrame(gp: number, frame: Frame): void {
  const top = gbody[gp];
  if (top) {
    const parents = gframes[gp];
    if (parents) parents.push(top);
    else gframes[gp] = [top];
  }
  gbody[gp] = frame;
}

/** Ends the run with an error; a fatal one that was thrown before comes first. */
export function fail(error: unknown): void {
  if (sched.failed) return;
  sched.failed = true;
  sched.error = mp.dying ?? error;
  mp.stop = true;
}

/** Ends the run with main's result. */
export function finish(result: unknown): void {
  sched.done = true;
  sched.result = result;
  mp.stop = true;
}

/** What ends the run when nobody caught an error: main's own error, or one that tells of the goroutine. */
function uncaught(gp: number, error: unknown): unknown {
  if (error instanceof FatalError) {
    attachReport(error, gp);
    return error;
  }
  if (gp === sched.main) {
    noteReport(gp, error);
    return error;
  }
  return new UncaughtError(panicReport(gp, error), goidOf(gp), error);
}

/** The last frame of a body is gone: main's return ends the run, all else is goexit. */
function ended(gp: number, mode: number, value: unknown): void {
  if (mode === THROW) fail(uncaught(gp, value));
  else if (gp === sched.main && !gexiting[gp]) {
    finish(value);
  } else goexit0(gp);
}

// How the next frame goes on.
const NEXT = 0;
const THROW = 1;
const RETURN = 2;

/** Takes the top frame off. */
function popFrame(gp: number): void {
  gbody[gp] = gframes[gp]?.pop() ?? null;
}

/** Runs a goroutine, whose status is running, until it is off the M. */
function resume(gp: number): void {
  mp.curg = gp;
  mp.ok = true;
  const cont = gcont[gp] as Continuation | null;
  if (cont === null) return proceed(gp, NEXT, undefined);
  gcont[gp] = null;
  let value: unknown;
  try {
    value = cont(gp);
  } catch (error) {
    mp.waitFailed = true;
    return proceed(gp, THROW, error);
  }
  if (value === REPARK) yielded(gp);
  else proceed(gp, NEXT, value);
}

/** Goes on with a goroutine's frames until it is off the M. @param mode how the top one goes on, with `value` */
function proceed(gp: number, mode: number, value: unknown): void {
  for (;;) {
    const frame = gbody[gp] as Frame | null;
    if (frame === null) {
      if (!gnative[gp] || gexiting[gp]) return ended(gp, mode, value);
      if (!runNative(gp, mode === THROW, value)) return;
      if (gcont[gp] !== null) return resume(gp);
      mode = NEXT;
      value = undefined;
      continue;
    }
    let r: IteratorResult<unknown, unknown>;
    try {
      if (mode === NEXT) {
        mp.result = value;
        r = frame.next(RESUME);
      } else if (mode === THROW) r = frame.throw(value);
      else r = frame.return(undefined);
    } catch (error) {
      takeForgotten();
      popFrame(gp);
      mode = THROW;
      value = error;
      continue;
    }
    if (r.done !== true) return yielded(gp);
    if (takeForgotten()) return fail(forgottenAtEnd(gp));
    popFrame(gp);
    mode = gexiting[gp] ? RETURN : NEXT;
    value = r.value;
  }
}

/** The top frame has returned. */
function finished(gp: number, value: unknown): void {
  if (takeForgotten()) return fail(forgottenAtEnd(gp));
  popFrame(gp);
  proceed(gp, gexiting[gp] ? RETURN : NEXT, value);
}

/** The top frame threw, or what stands behind its wait did, and the frame has not seen it yet. */
function threw(gp: number, entered: boolean, error: unknown): void {
  if (entered) {
    takeForgotten();
    popFrame(gp);
  } else mp.waitFailed = true;
  proceed(gp, THROW, error);
}

/** The top frame has yielded: carries its request out, and goes on where the goroutine stays on the M. */
function yielded(gp: number): void {
  if (isArmed()) return fail(plainYield(gp));
  const next = mcall(gp);
  if (next === OFF) return;
  if (gcont[gp] !== null) resume(gp);
  else proceed(gp, next === EXIT ? RETURN : NEXT, undefined);
}

/** A native body has trapped. @param code what gobuf_execute returned */
function executed(gp: number, code: number): void {
  if (code === TRAP_GOSCHED) {
    casgstatus(gp, Grunning, Grunnable);
    globrunqput(gp);
  } else if (onTrap(gp, code)) {
    if (gcont[gp] !== null) resume(gp);
    else proceed(gp, NEXT, undefined);
  }
}

/** The trap of gobuf_gosched, which needs nothing but this file. */
const TRAP_GOSCHED = 2;

function plainYield(gp: number): FatalError {
  takeForgotten();
  const error = new FatalError(`goroutine ${goidOf(gp)} yielded an operation with a plain \`yield\`: write \`yield*\``);
  attachReport(error, gp);
  return error;
}

function forgottenAtEnd(gp: number): FatalError {
  const error = new FatalError(
    `goroutine ${goidOf(gp)} ended with an operation that was made and never yielded: write \`yield*\` before it`,
  );
  attachReport(error, gp);
  return error;
}

/** Picks the next goroutine, 0 when none can run: findRunnable. Counts the schedtick that execute counts. */
function findRunnable(): number {
  if (timerCount() !== 0) checkTimers();
  const tick = sched.schedtick61;
  let gp = 0;
  if (tick === 0) gp = globrunqget();
  if (gp === 0) {
    gp = runqget();
    if (gp === 0) gp = globrunqgetbatch();
    else if (inheritTime) return gp;
  }
  if (gp !== 0) sched.schedtick61 = tick === 60 ? 0 : tick + 1;
  return gp;
}

/**
 * Runs goroutines until nothing can run, main returned or something failed: schedule and execute.
 *
 * What stands here is the way of a generator body from one wait to the next; {@link resume} and {@link proceed} are the
 * same for every other turn of events.
 *
 * @param budget goroutines to resume at the most
 * @returns whether the budget was used up (else look at `sched`: over, or idle)
 */
export function schedule(budget: number): boolean {
  for (let n = budget; n > 0; n--) {
    if (mp.stop) return false;
    const gp = findRunnable();
    if (gp === 0) return false;
    casgstatus(gp, Grunnable, Grunning);
    const frame = gbody[gp] as Frame | null;
    mp.curg = gp;
    if (frame === null) {
      if (gtrap[gp] === 0 && gnative[gp]) executed(gp, mp.execute(gp));
      else resume(gp);
      mp.curg = 0;
      continue;
    }
    let entered = false;
    try {
      const cont = gcont[gp] as Continuation | null;
      if (cont === null) mp.result = undefined;
      else {
        gcont[gp] = null;
        mp.ok = true;
        mp.result = cont(gp);
      }
      if (mp.result === REPARK) yielded(gp);
      else {
        entered = true;
        const r = frame.next(RESUME);
        if (r.done === true) finished(gp, r.value);
        else if (mp.mcall === MCALL_GOSCHED && !isArmed()) {
          mp.mcall = MCALL_NONE;
          casgstatus(gp, Grunning, Grunnable);
          globrunqput(gp);
        } else yielded(gp);
      }
    } catch (error) {
      threw(gp, entered, error);
    }
    mp.curg = 0;
  }
  return true;
}

/**
 * Makes an idle G the running main goroutine: in Go main runs when the program starts, so this counts as no execute.
 * {@link resumeMain} follows.
 */
export function startMain(gp: number, entry: unknown): void {
  sched.main = gp;
  gentry[gp] = entry;
  gparent[gp] = 0;
  casgstatus(gp, Gidle, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  sched.gcount++;
}

/** Runs main until it first leaves the M. */
export function resumeMain(): void {
  resume(sched.main);
  mp.curg = 0;
}
