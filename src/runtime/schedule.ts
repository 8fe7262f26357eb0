/**
 * The turns of goroutines: schedule, findRunnable and execute of runtime/proc.go.
 *
 * g0 resumes a goroutine until it gives the M back: with a request in `mp.mcall`, or dead. A generator body is a stack
 * of generators (frames), of which the top one is resumed. A native body has no frames.
 */
import { contextOf, keepAdopted, keepContext, rootContext } from "./asynccontext.ts";
import { generatorNext, generatorReturn, generatorThrow } from "./body.ts";
import { TRAP_GOSCHED } from "./codes.ts";
import {
  G_GOID,
  G_KIND_BYTE,
  G_STATUS,
  G_STRIDE,
  G_STRIDE_BYTES,
  G_WAITSINCE,
  gmem,
  gmem8,
  M_SLICE_OVER,
  mmem,
  onOwnM,
  onOwnMWith,
} from "./ffi.ts";
import { framesBelow, gbody, gcont, gentry, isExiting, isNative, KIND_NATIVE, popFrame, stepExit } from "./g.ts";
import {
  callHook,
  casgstatus,
  casgstatusWait,
  goidOf,
  RING_COUNT,
  RING_HOOKED,
  RING_MASK,
  ring,
  ringEdge,
} from "./gstatus.ts";
import {
  ARMED,
  type Continuation,
  type Frame,
  isArmed,
  MCALL_GOSCHED,
  MCALL_NONE,
  MCALL_PARK,
  mp,
  REPARK,
  RESUME,
  takeForgotten,
} from "./m.ts";
import { FatalError, Goexit, isA } from "./panic.ts";
import { EXIT, fail, finish, goexit0, isMain, LEAVE, mcall, OFF, sched, setParent } from "./proc.ts";
import {
  CHECKS,
  GLOB_HEAD,
  GLOB_TAIL,
  glob,
  globEnds,
  globrunqget,
  globrunqgetbatch,
  globrunqput,
  INHERITS,
  runqget,
} from "./runq.ts";
import { Gidle, Grunnable, Grunning, Gwaiting } from "./runtime2.ts";
import { nameForFrames } from "./sites.ts";
import { currentSlice, NO_SLICE } from "./slice.ts";
import { checkTimers, heap } from "./time.ts";
import { type Run, runOf, setRun } from "./world.ts";

/**
 * The two functions of native.ts that run native bodies: the first resumes a body with the result of its operation, the
 * second carries out the operation of a trap. Both return whether the goroutine has left a request, as {@link resume}.
 */
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

/** The last frame of a body has ended: an error or main's return ends the run, any other end is a goexit. */
function ended(gp: number, mode: number, value: unknown): false {
  const exiting = isExiting(gp);
  if (mode === THROW && !(exiting && isA(value, Goexit))) fail(gp, value);
  else if (isMain(gp) && !exiting) finish(gp, value);
  else goexit0(gp);
  return false;
}

// How the next frame goes on. A Goexit is thrown; a frame that has returned all the same has not stopped it.
const NEXT = 0;
const THROW = 1;
const RETURN = 2;

/**
 * Runs a goroutine, whose status is running, until it gives the M back.
 *
 * @returns true when it has left a request in `mp.mcall`; false when it has ended
 */
function resume(gp: number): boolean {
  mp.curg = gp;
  mp.ok = true;
  const cont = gcont[gp] as Continuation | null;
  if (cont === null) return proceed(gp, NEXT, undefined);
  gcont[gp] = null;
  let value: unknown;
  try {
    value = cont(gp);
  } catch (error) {
    // Ends no goroutine: the frames get it, and threw ends the goroutine when none of them catches it.
    return threw(gp, false, error);
  }
  return value === REPARK || proceed(gp, NEXT, value);
}

/** Goes on with a goroutine's frames. @param mode how the top one goes on, with `value` @returns as {@link resume} */
function proceed(gp: number, mode: number, value: unknown): boolean {
  for (;;) {
    // Behind a fatal error no frame goes on: the run's end leaves them.
    if (mp.curg < 0) return false;
    const frame = gbody[gp] as Frame | null;
    if (frame === null) {
      if (!isNative(gp)) return ended(gp, mode, value);
      return runNative(gp, mode === THROW, value);
    }
    let r: IteratorResult<unknown, unknown>;
    try {
      if (mode === NEXT) {
        mp.result = value;
        r = generatorNext.call(frame, RESUME);
      } else if (mode === THROW) r = generatorThrow.call(frame, value);
      else r = generatorReturn.call(frame, undefined);
    } catch (error) {
      // Ends no goroutine: the frame below gets it, and the goroutine ends behind the last.
      takeForgotten();
      if (isExiting(gp)) stepExit(gp);
      popFrame(gp);
      mode = THROW;
      value = error;
      continue;
    }
    if (r.done !== true) return true;
    if (takeForgotten()) return forgotten(gp);
    const exiting = isExiting(gp) && stepExit(gp);
    popFrame(gp);
    mode = exiting ? THROW : NEXT;
    value = exiting ? new Goexit() : r.value;
  }
}

/** The top frame has returned. @returns as {@link resume} */
function finished(gp: number, value: unknown): boolean {
  if (takeForgotten()) return forgotten(gp);
  if (mp.curg < 0) return false;
  // The end of most: goexit at once.
  const run = runOf(gp);
  if (run.main !== gp && framesBelow(gp) === 0 && !isNative(gp)) {
    goexit0(gp, run);
    return false;
  }
  const exiting = isExiting(gp) && stepExit(gp);
  popFrame(gp);
  return exiting ? proceed(gp, THROW, new Goexit()) : proceed(gp, NEXT, value);
}

/**
 * An error was thrown: by the top frame (`entered`), or by the operation that it waits for, and then the frame has not
 * seen it yet. @returns as {@link resume}
 */
function threw(gp: number, entered: boolean, error: unknown): boolean {
  if (entered) {
    takeForgotten();
    if (isExiting(gp)) stepExit(gp);
    popFrame(gp);
  } else if (isA(error, FatalError)) {
    fail(gp, error);
    return false;
  } else mp.waitFailed = true;
  return proceed(gp, THROW, error);
}

/** Carries out a goroutine's request, and resumes it until it is off the M. */
function serve(gp: number): void {
  for (;;) {
    if (isArmed()) return plainYield(gp);
    const next = mcall(gp);
    if (next === OFF) return;
    let asks: boolean;
    if (next === EXIT) asks = proceed(gp, THROW, new Goexit());
    else if (next === LEAVE) asks = proceed(gp, RETURN, undefined);
    else asks = gcont[gp] === null ? proceed(gp, NEXT, undefined) : resume(gp);
    if (!asks) return;
  }
}

function plainYield(gp: number): void {
  takeForgotten();
  fail(
    gp,
    new FatalError(
      `goroutine ${goidOf(gp)} yielded an operation with a plain \`yield\`: write \`yield*\` (${mp.what})`,
    ),
  );
}

function forgotten(gp: number): false {
  fail(
    gp,
    new FatalError(
      `goroutine ${goidOf(gp)} ended with an operation that was made and never yielded: write \`yield*\` before it ` +
        `(${mp.what})`,
    ),
  );
  return false;
}

// The edges that schedule walks by itself.
const STARTS = ringEdge(Grunnable, Grunning);
const GOSCHEDS = ringEdge(Grunning, Grunnable);
const PARKS = ringEdge(Grunning, Gwaiting);

let pickHook: ((gp: number) => number) | null = null;

/**
 * Sets the pick hook, or removes it (null): it may run another goroutine than the next in Go's order (gobuf/testing).
 */
export function setPickHook(f: ((gp: number) => number) | null): void {
  pickHook = f;
}

/**
 * Runs goroutines until none can run, or the run is over.
 *
 * It handles the usual turn, a body that runs from one wait to the next. {@link resume}, {@link proceed} and {@link
 * serve} handle all others. The functions of Go that it consists of are written out here, with locals for variables of
 * other modules: of the 28 ns that a gosched takes with functions, 5 are calls that JavaScriptCore does not inline, and
 * imported variables that are loaded and checked at each use.
 *
 * @param budget goroutines to resume at the most
 * @returns whether the budget was used up or the slice is over (else look at `sched`: over, or idle)
 */
export function schedule(budget: number): boolean {
  return onOwnMWith(scheduleInRoot, mp.carries ? scheduleCarrying : scheduleFirst, budget);
}

function scheduleInRoot(turns: (budget: number) => boolean, budget: number): boolean {
  return rootContext(turns, budget);
}

/** Contexts are not carried yet: if they are when it returns, its last turn began to carry them. */
function scheduleFirst(budget: number): boolean {
  const more = scheduleTurns(budget, null, currentSlice());
  if (mp.carries) keepAdopted();
  return more;
}

/** Each turn is in its goroutine's context. */
function scheduleCarrying(budget: number): boolean {
  const slice = currentSlice();
  // A run without slices has no end of one; the word may say so nevertheless, for the turn that began to carry contexts.
  return scheduleTurns(budget, turnInContext, slice === NO_SLICE ? UNENDED : slice);
}

/** A number that names no slice, and no end of one either. */
const UNENDED = -2;

/** A turn of a goroutine, which is runnable, in its own context. */
function turnInContext(gp: number): void {
  casgstatus(gp, Grunnable, Grunning);
  contextOf(gp)(turnAndKeep, gp);
}

function turnAndKeep(gp: number): void {
  if (resume(gp)) serve(gp);
  mp.curg = 0;
  keepContext(gp);
}

/**
 * The loop of {@link schedule}.
 *
 * @param inContext carries out a turn in the place of the code below; null: there are no contexts
 * @param slice the slice that it ends with
 */
function scheduleTurns(budget: number, inContext: ((gp: number) => void) | null, slice: number): boolean {
  const m = mp;
  const s = sched;
  const timers = heap;
  const log = ring;
  const ends = globEnds;
  const next = generatorNext;
  const bodies = gbody;
  const conts = gcont;
  const pick = pickHook;
  const records = mmem;
  const inheritedMax = s.inheritedMax;
  let inherited = s.inherited;
  let tick = s.schedtick61;
  let n = budget;
  /** Steps of the loop that gave nobody a turn. */
  let idle = 0;
  for (; n > 0; n--) {
    if (m.stop) {
      s.inherited = inherited;
      s.schedtick61 = tick;
      m.switches += budget - n - idle;
      return false;
    }
    if (records[M_SLICE_OVER] === slice) break;

    // findRunnable
    if (timers.length !== 0) checkTimers();
    let gp = 0;
    let inherits = false;
    if (tick === 0) gp = globrunqget();
    if (gp === 0) {
      gp = runqget();
      if (gp === 0) gp = globrunqgetbatch();
      else if (gp > INHERITS) {
        gp -= INHERITS;
        if (++inherited >= inheritedMax) {
          inherited = 0;
          globrunqput(gp);
          idle++;
          continue;
        }
        inherits = true;
      }
    }
    if (gp === 0) {
      s.inherited = 0;
      s.schedtick61 = tick;
      m.switches += budget - n - idle;
      return false;
    }
    if (pick !== null) gp = pick(gp);

    // execute
    if (!inherits) {
      inherited = 0;
      tick = tick === 60 ? 0 : tick + 1;
    }
    if (inContext !== null) {
      inContext(gp);
      continue;
    }
    const i = gp * G_STRIDE;
    let mem = gmem;
    if (Atomics.compareExchange(mem, i + G_STATUS, Grunnable, Grunning) !== Grunnable) {
      casgstatusWait(gp, Grunnable, Grunning);
    }
    let count = log[RING_COUNT];
    log[count & RING_MASK] = (mem[i + G_GOID] << 8) | STARTS;
    log[RING_COUNT] = count + 1;
    if (log[RING_HOOKED] !== 0) callHook(gp, Grunnable, Grunning);
    m.curg = gp;
    let asks = true;
    // A native body has no frame while it runs: only where there is none, its kind is looked at.
    const frame = bodies[gp] as Frame | null;
    if (frame !== null) {
      let entered = false;
      try {
        const cont = conts[gp] as Continuation | null;
        if (cont === null) m.result = undefined;
        else {
          conts[gp] = null;
          m.ok = true;
          m.result = cont(gp);
        }
        if (m.result !== REPARK) {
          entered = true;
          const r = next.call(frame, RESUME);
          if (r.done === true) asks = finished(gp, r.value);
        }
      } catch (error) {
        // Ends no goroutine: threw hands it to the frames, and ends the goroutine behind the last.
        asks = threw(gp, entered, error);
      }
    } else if (gmem8[gp * G_STRIDE_BYTES + G_KIND_BYTE] === KIND_NATIVE) {
      const code = m.execute(gp);
      if (code === TRAP_GOSCHED) m.mcall = MCALL_GOSCHED;
      else asks = onTrap(gp, code);
    } else asks = resume(gp);

    // mcall: gosched_m and park_m
    if (asks) {
      const code = m.mcall;
      const parks = code === MCALL_PARK && m.waitunlockf === null;
      if ((parks || code === MCALL_GOSCHED) && m.state !== ARMED) {
        m.mcall = MCALL_NONE;
        const to = parks ? Gwaiting : Grunnable;
        mem = gmem;
        if (Atomics.compareExchange(mem, i + G_STATUS, Grunning, to) !== Grunning) casgstatusWait(gp, Grunning, to);
        count = log[RING_COUNT];
        log[count & RING_MASK] = (mem[i + G_GOID] << 8) | (parks ? PARKS : GOSCHEDS);
        log[RING_COUNT] = count + 1;
        if (log[RING_HOOKED] !== 0) callHook(gp, Grunning, to);
        if (parks) mem[i + G_WAITSINCE] = m.now;
        else {
          const tail = ends[GLOB_TAIL];
          if (CHECKS || ((tail - ends[GLOB_HEAD]) | 0) === glob.length) globrunqput(gp);
          else {
            glob[tail & (glob.length - 1)] = gp;
            ends[GLOB_TAIL] = tail + 1;
          }
        }
      } else serve(gp);
    }
    m.curg = 0;
  }
  s.inherited = inherited;
  s.schedtick61 = tick;
  m.switches += budget - n - idle;
  return true;
}

/**
 * Makes an idle G the running main goroutine of a run that is the first of its world: in Go main runs when the program
 * starts, so this counts as no execute. {@link resumeMain} follows.
 */
export function startMain(gp: number, entry: unknown, run: Run): void {
  run.main = gp;
  gentry[gp] = entry;
  setRun(gp, run);
  setParent(gp, 0);
  casgstatus(gp, Gidle, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  run.gcount++;
  if (mp.carries) keepContext(gp);
}

/** Runs main until it first leaves the M. */
export function resumeMain(run: Run): void {
  const gp = run.main;
  if (mp.carries) onOwnM(contextOf(gp), turnAndKeep, gp);
  else onOwnM(rootContext, firstTurn, gp);
}

function firstTurn(gp: number): void {
  if (resume(gp)) serve(gp);
  mp.curg = 0;
  if (mp.carries) keepAdopted();
}

nameForFrames({ scheduleTurns, resume, proceed });
