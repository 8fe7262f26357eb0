/**
 * Where the outside comes in: code that is no goroutine (timers, promises, event handlers, ordinary async code) makes a
 * goroutine runnable, and its world, which has paused for the event loop, goes on. Whatever readies or starts a goroutine
 * while no turn is under way comes through goready or startG (proc.ts), which kick.
 *
 * run.ts says by `World.step` how a world goes on. It is called once for any number of kicks, from a microtask, or in the
 * event loop's next turn.
 */
import { mp, runNow } from "./m.ts";
import { SLICE_MS } from "./slice.ts";
import { ambientRun, currentWorld, lone, type Run, RunOverError, severalWorlds, type World } from "./world.ts";

/** When the first kick since the last turn of the event loop came, performance.now(); 0: none has come. */
let kicked = 0;
/** When a world last went on, performance.now(), as far as {@link stepTime} has looked. */
let stepped = 0;

/** Turns that there had been then: {@link mp}'s count. */
let switches = 0;
/** So few turns since the clock was looked at are taken for no time: a look costs as much as half a turn of the world's. */
const TURNS_A_LOOK = 4;

/**
 * A world goes on. Where ordinary code answers each step in a microtask, some steps share a look at the clock, so that what
 * it says may be some turns old.
 *
 * @returns performance.now()
 */
export function stepTime(): number {
  const turns = mp.switches;
  if (kicked === 0 || turns - switches >= TURNS_A_LOOK) {
    switches = turns;
    stepped = performance.now();
  }
  return stepped;
}

/** The world goes on in the event loop's next turn. */
export function later(world: World): void {
  world.scheduled = true;
  setImmediate(world.goOn);
}

/**
 * Something outside made a goroutine runnable: its world goes on before the event loop does.
 *
 * Not without end, though: async code that answers each step of ours in a microtask would keep timers and I/O out.
 */
export function kick(world: World): void {
  if (world.step === null || world.scheduled || (mp.turn && currentWorld() === world)) return;
  if (kicked === 0) {
    kicked = performance.now();
    stepped = kicked;
    switches = mp.switches;
    setImmediate(calm);
  }
  if (stepped - kicked > SLICE_MS) return later(world);
  world.scheduled = true;
  queueMicrotask(world.goOn);
}

/** The event loop has had its turn. */
function calm(): void {
  kicked = 0;
}

/** A timer was set, maybe by ordinary code: the world that it belongs to looks when it is due. */
export function kickAmbient(): void {
  const run = ambientRun();
  if (run !== undefined && !mp.turn) kick(run.world);
}

/**
 * Something outside may still make a goroutine of a run runnable (1), or no longer may (-1): an idle world is no deadlock
 * meanwhile.
 */
export function expectOutside(run: Run, change: 1 | -1): void {
  if (run.over) return;
  run.expected += change;
  run.world.expected += change;
  run.world.lately = true;
  if (change === -1) kick(run.world);
}

/** Whether there is a run for {@link currentRun}. */
export function isUnderWay(): boolean {
  const run = runNow();
  return run !== undefined && !run.over;
}

/**
 * Whether ordinary code may carry out an operation by itself, in place of a goroutine of the run under way: between turns, in
 * the only world. What it did may be all that is left to do for now, and the code behind it asks for more later.
 */
export function mayOutside(): boolean {
  if (mp.turn || severalWorlds) return false;
  const run = lone.run ?? ambientRun();
  if (run === undefined || run.over || run.ends) return false;
  run.world.lately = true;
  return true;
}

/**
 * The run that an operation of ordinary code or of a goroutine belongs to: the goroutine's own, else the one that
 * {@link ambientRun} names.
 *
 * @param what the operation, for the error
 * @throws Error when there is none
 */
export function currentRun(what: string): Run {
  const run = runNow();
  if (run === undefined) {
    throw new Error(`gobuf: ${what}: no run is under way on this thread: start one with run()`);
  }
  if (run.over) throw new RunOverError(`gobuf: ${what}: the goroutine's run is over`);
  return run;
}
