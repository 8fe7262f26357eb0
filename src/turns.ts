/**
 * How a world goes on: turns of its goroutines, pauses for the event loop, the ends of its runs, and Go's verdict when
 * nothing of it will ever run again (checkdead of runtime/proc.go).
 */
import { anyThrown } from "./native/nativestate.ts";
import { pooledGoroutines } from "./procs/wish.ts";
import { endTurn, rootContext } from "./runtime/asynccontext.ts";
import { endGoroutines, leaveFrames } from "./runtime/ending.ts";
import { RETIRED, setInstance } from "./runtime/instance.ts";
import { failRun, MCALL_NONE, mp, takeForgotten } from "./runtime/m.ts";
import { later, stepTime } from "./runtime/outside.ts";
import { FatalError } from "./runtime/panic.ts";
import { endChain, isOneChain, markChain } from "./runtime/proc.ts";
import { reportFailure } from "./runtime/report.ts";
import { resumeMain, schedule } from "./runtime/schedule.ts";
import { beginSlice, beginWatch, endSlice, resumeSlice, SLICE_MS, sliceIsOver, suspendSlice } from "./runtime/slice.ts";
import { advanceClock, clockIsFake, nanotime, sliceTime, wakeTime } from "./runtime/time.ts";
import {
  currentWorld,
  endParts,
  enter,
  lone,
  observeEnd,
  observeIdle,
  type Run,
  RunOverError,
  removeRun,
  type World,
  worlds,
} from "./runtime/world.ts";

/** Goroutines resumed between two looks at the clock. */
const BUDGET = 2048;
/** Such looks in a slice, for when neither the clock nor the monitor moves. */
const LOOKS_MAX = 512;
/** Slices that one chain of hand-overs may fill: 10 ms, as Go's forcePreemptNS. */
const CHAIN_SLICES = 2;

/** Those of a world's runs that are not over. */
function live(world: World): Run[] {
  return [...world.runs].filter((run) => !run.over);
}

/** Whether any of a world's runs is not over. */
function isLive(world: World): boolean {
  for (const run of world.runs) if (!run.over) return true;
  return false;
}

/** Ends all runs of a world with an error. */
function failAll(world: World, error: unknown): void {
  for (const run of live(world)) failRun(run, error);
}

/** Goroutines of which none will ever run again end their runs: checkdead. */
function checkdead(world: World): void {
  const runs = live(world);
  const nobody = runs.every((run) => run.gcount === 0 && pooledGoroutines(run) === 0);
  const text = nobody ? "no goroutines (main called runtime.Goexit)" : "all goroutines are asleep";
  const error = new FatalError(`${text} - deadlock!`);
  // A native body that took no notice of what its callback threw may be the one that waits.
  const thrown = anyThrown(world);
  failAll(world, thrown === null ? error : Object.assign(error, { cause: thrown.error }));
}

/** Runs `f`; what it throws is the scheduler's own failure, and ends all runs of the world. */
function guarded<T>(world: World, otherwise: T, f: () => T): T {
  try {
    return f();
  } catch (error) {
    // Ends no goroutine: the scheduler itself has failed, and all runs end.
    mp.curg = 0;
    mp.mcall = MCALL_NONE;
    takeForgotten();
    failAll(world, error);
    return otherwise;
  }
}

/** A run's last frames are left, and it is over for good. */
function bury(run: Run): void {
  const { world } = run;
  removeRun(run);
  if (world.runs.size === 0) endWorld(world);
  run.settle?.();
}

function endWorld(world: World): void {
  observeEnd(world);
  endParts();
  stopTimer(world);
  if (world.alive !== null) clearInterval(world.alive);
  world.alive = null;
  world.step = null;
  // What was received last is nobody's now.
  mp.elem = undefined;
  mp.value = undefined;
  mp.result = undefined;
}

/** Begins the end of a run; what is left to do of it. */
function endRun(run: Run): number[] {
  if (run.failed) guarded(run.world, undefined, () => reportFailure(run));
  return guarded(run.world, [], () => endGoroutines(run));
}

/** Ends the runs of a world that have a result or failed, at once. */
function endNow(world: World): void {
  for (const run of world.runs) {
    if (!run.ends || run.over) continue;
    for (const gp of endRun(run)) guarded(world, undefined, () => leaveFrames(gp));
    bury(run);
  }
}

/** Ends the runs of a world that have a result or failed, in slices of the event loop where there is much to leave. */
function endSoon(world: World): void {
  for (const run of world.runs) {
    if (run.ends && !run.over) leaveSome(run, endRun(run), 0);
  }
}

/** Leaves frames of a run for a while. @param from the first of `left` that is still to be left */
function leaveSome(run: Run, left: readonly number[], from: number): void {
  const { world } = run;
  const start = performance.now();
  for (let i = from; i < left.length; i++) {
    if (i % 64 === 63 && performance.now() - start > SLICE_MS) {
      setImmediate(() => between(world, () => leaveSome(run, left, i)));
      return;
    }
    guarded(world, undefined, () => leaveFrames(left[i] as number));
  }
  bury(run);
}

/** Does something with a world while no turn is under way, and goes on with what that made runnable. */
function between(world: World, f: () => void): void {
  enter(world);
  f();
  if (world.runs.size > 0 && !world.scheduled && world.step !== null) later(world);
}

/**
 * The async code behind what came from outside gets a turn of the event loop before the verdict. Where it makes goroutines
 * runnable meanwhile, they do not wait for that, and the verdict waits for another turn.
 */
function lastTurn(world: World): void {
  world.lately = false;
  world.looks++;
  if (world.verdictComes) return;
  world.verdictComes = true;
  setImmediate(verdictTurn, world, world.looks);
}

/** @param looks what the world's count was when the event loop's turn began */
function verdictTurn(world: World, looks: number): void {
  if (looks !== world.looks) {
    setImmediate(verdictTurn, world, world.looks);
    return;
  }
  world.verdictComes = false;
  if (!world.scheduled) world.step?.();
}

/** Waits for the first timer of the heap. @param when nanoseconds on nanotime's scale */
function sleepUntil(world: World, when: number): void {
  // One that is armed for an earlier time serves as well: it will look again.
  if (world.timer !== null && world.timerWhen <= when) return;
  const ms = (when - nanotime()) / 1e6;
  // setTimeout counts whole milliseconds, and to spin through the rest of one would cost a core: a timer is up to 1 ms
  // late, as all others of the process are.
  stopTimer(world);
  world.timer = setTimeout(timedStep, Math.min(Math.max(1, Math.ceil(ms)), 0x7fffffff), world);
  world.timerWhen = when;
}

function timedStep(world: World): void {
  world.timer = null;
  if (!world.scheduled) world.step?.();
}

function stopTimer(world: World): void {
  if (world.timer !== null) clearTimeout(world.timer);
  world.timer = null;
}

/** How many slices in a row were one chain of hand-overs. */
const chains = new WeakMap<World, number>();

/** A slice is over. Goroutines that hand over to each other without end leave the P to the others: retake of sysmon. */
function chainOver(world: World): void {
  if (clockIsFake()) return;
  const slices = isOneChain() ? (chains.get(world) ?? 0) + 1 : 0;
  chains.set(world, slices >= CHAIN_SLICES ? 0 : slices);
  if (slices >= CHAIN_SLICES) endChain();
  else markChain();
}

/**
 * Goes on with a world: turns of its goroutines until nothing can run or the slice is over, and sees to it that it goes on
 * again when there is more to do.
 *
 * @param begin resumes the main goroutine of the world's first run
 */
export function step(world: World, begin: (() => void) | null = null): void {
  if (world.runs.size === 0) return;
  // Code of a goroutine has let the event loop turn, below us on the stack.
  if (mp.turn) return later(world);
  enter(world);
  // What the scheduler asks the event loop for is to hold nobody's context.
  if (mp.carries) rootContext(stepNow, world, begin);
  else stepNow(world, begin);
}

/** The same without more ado. */
function stepNow(world: World, begin: (() => void) | null): void {
  mp.turn = true;
  world.others?.begin();
  beginSlice();
  try {
    if (begin !== null) guarded(world, undefined, begin);
    turns(world);
  } finally {
    endSlice();
    mp.turn = false;
  }
  world.others?.park();
  observeIdle(world);
}

/** Whether a slice is over that began at `start`, performance.now(), and has had so many looks. */
function isOver(start: number, looks: number): boolean {
  return sliceIsOver() || looks > LOOKS_MAX || performance.now() - start > SLICE_MS;
}

/** The turns of a slice. */
function turns(world: World): void {
  const start = stepTime();
  mp.now = sliceTime(start);
  for (let looks = 0; ; looks++) {
    mp.stop = false;
    if (othersGather(world)) return;
    // While one run is all there is, it is this world's.
    if (lone.run?.ends !== false) {
      endSoon(world);
      if (!isLive(world)) return;
    }
    const ran = guarded(world, true, () => schedule(BUDGET));
    if (mp.stop) continue;
    const more = othersLook(world, ran);
    if (more) {
      mp.now = sliceTime();
      if (!isOver(start, looks)) continue;
      chainOver(world);
      return later(world);
    }
    if (clockIsFake()) {
      // Who waits for a promise or a hold is not blocked durably: the clock stands still for it.
      if (world.expected !== 0) return;
      if (world.lately) return lastTurn(world);
      // Who waits for what was made outside is not blocked durably either.
      if (world.waitsOutside?.()) return;
    }
    if (world.idleHook !== null && guarded(world, true, world.idleHook)) continue;
    if (advanceClock()) {
      if (isOver(start, looks)) return later(world);
      continue;
    }
    const when = clockIsFake() ? 0 : wakeTime();
    if (when !== 0) return sleepUntil(world, when);
    if (world.expected !== 0) return;
    if (world.lately) return lastTurn(world);
    if (world.others?.idles()) return;
    checkdead(world);
  }
}

/** What other threads have made runnable. @param ran there is more to run anyway @returns whether there is anything to run */
function othersLook({ others }: World, ran: boolean): boolean {
  if (others === null) return ran;
  return others.look() || ran || others.spin();
}

/** Whether a run that has failed waits for other threads, which say what their goroutines do. */
function othersGather(world: World): boolean {
  const { others } = world;
  if (others === null) return false;
  for (const run of world.runs) if (run.failed && !run.over && others.gathers(run)) return true;
  return false;
}

/** Ends all runs of this instance, which another takes the place of. */
function retire(): void {
  for (const world of [...worlds]) {
    enter(world);
    failAll(world, new RunOverError(RETIRED));
    // In a turn, which loaded the other one, its own end follows.
    if (!mp.turn) endNow(world);
  }
}

setInstance({ retire });

/** What of the M belongs to a turn. */
type Turn = Pick<
  typeof mp,
  | "curg"
  | "mcall"
  | "waitunlockf"
  | "callee"
  | "preempted"
  | "ok"
  | "elem"
  | "waitFailed"
  | "now"
  | "stop"
  | "turn"
  | "leaving"
  | "done"
  | "value"
  | "state"
  | "result"
>;

/** Runs `f` in a world of its own, in the middle of whatever this thread does; the other world goes on afterwards. */
export function apart<T>(f: () => T): T {
  const { curg, mcall, waitunlockf, callee, preempted, ok, elem, waitFailed, now, stop, turn, leaving } = mp;
  const { done, value, state, result } = mp;
  const saved: Turn = {
    curg,
    mcall,
    waitunlockf,
    callee,
    preempted,
    ok,
    elem,
    waitFailed,
    now,
    stop,
    turn,
    leaving,
    done,
    value,
    state,
    result,
  };
  const outer = currentWorld();
  mp.curg = 0;
  mp.mcall = MCALL_NONE;
  mp.turn = false;
  mp.leaving = false;
  mp.stop = false;
  takeForgotten();
  const slice = suspendSlice();
  const { carries } = mp;
  try {
    return f();
  } finally {
    resumeSlice(slice);
    if (turn && mp.carries !== carries) endTurn(Math.abs(curg), slice);
    if (outer !== null && outer.runs.size > 0) enter(outer);
    Object.assign(mp, saved);
  }
}

/** Runs a world to the end of its one run without a pause: there is no clock but the fake one. */
export function drive(run: Run): void {
  const { world } = run;
  mp.turn = true;
  const watch = beginWatch();
  try {
    guarded(world, undefined, () => resumeMain(run));
    for (;;) {
      mp.stop = false;
      endNow(world);
      if (run.over) return;
      const more = guarded(world, true, () => schedule(BUDGET));
      if (more || mp.stop || (world.idleHook !== null && guarded(world, true, world.idleHook))) continue;
      if (!advanceClock()) checkdead(world);
    }
  } finally {
    if (watch) endSlice();
    mp.turn = false;
  }
}
