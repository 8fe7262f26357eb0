/**
 * Worlds and runs. A world is a scheduler: run queues, timers and a clock, goroutine numbers, draws, hooks. A run is a main
 * goroutine and whatever it starts, with a result and an end of its own. Runs with the real clock share one world; a run
 * with a fake clock, a seed or a hook has a world to itself.
 *
 * The state of one world, the current one, lies in the scheduler's own variables, so that the hot path reaches it as if
 * there were no other. {@link enter} puts another world's state in its place: each module that has some registers a
 * {@link Part}. This happens between turns only, and not at all while there is one world.
 *
 * run.ts, which stands above, begins and ends runs. This file imports nothing.
 */

/** Sees what a run does besides its goroutines' status changes: a trace. */
export interface RunObserver {
  /** The first run of a world is about to start main. */
  runBegins(): void;
  /** Nothing runs until the event loop has had its turn. */
  runIdles(): void;
  /** The last run of a world is over. */
  runEnds(): void;
}

/**
 * A bubble's share of an idle run: nothing can run, and nothing is expected from outside.
 *
 * @returns whether a goroutine can run again; else the clock moves on
 * @throws FatalError the bubble's verdict
 */
export type IdleHook = () => boolean;

/** Other threads that goroutines of a world share things with: src/workers/. */
export interface Others {
  /** A turn begins. */
  begin(): void;
  /** Makes goroutines runnable whose waits other threads have ended. @returns whether there were any */
  look(): boolean;
  /** The same, and looks for a moment, as nothing else can run. */
  spin(): boolean;
  /** A turn is over: whoever ends a wait of this thread's calls it. */
  park(): void;
  /** Nothing of the world will run again by itself. @returns whether others may see to it; else the verdict is due */
  idles(): boolean;
  /** A run of the world has failed. @returns whether it is to wait for what other threads say of their goroutines */
  gathers(run: Run): boolean;
  /** What they have said, as a report has it; empty for nothing. It is taken once. */
  readonly goroutines: string;
}

/** What a world begins with. */
export interface WorldOptions {
  readonly clock: "real" | "fake";
  /** Seed of the draws, 0 to 2^53-1. */
  readonly seed: number;
  /** p.schedtick when main begins, 0 to 60. */
  readonly schedtick: number;
}

/** A module's share of a world's state. */
export interface Part {
  /** Puts the state of a new world in the place of the current one's. */
  init(options: WorldOptions): void;
  /** Takes the current world's state out. */
  save(): unknown;
  /** Puts a state that {@link save} took out back. */
  load(saved: unknown): void;
  /** Lets go of the current world's state: its last run is over. */
  end?(): void;
}

const parts: Part[] = [];

/** Registers a module's share of a world's state, once, when the module is loaded. */
export function onSwitch(part: Part): void {
  parts.push(part);
}

/**
 * What a promise rejects with that waited for a goroutine whose run has ended, and what an operation throws that would
 * have to wait while the frames of such a goroutine are left. In Go the process exits there.
 *
 * @example
 * ```ts
 * import { chan, hold, run, RunOverError, sleep } from "gobuf";
 *
 * const never = chan<string>();
 * const done = run(function* () {
 *   using _ = hold();
 *   yield* sleep(5);
 * });
 * const waits = never.recvAsync().catch((error) => error instanceof RunOverError);
 * await done;
 * console.log(await waits); // true
 * ```
 */
export class RunOverError extends Error {
  override readonly name = "RunOverError";
}

/** A main goroutine and what it started. */
export class Run {
  /** Main's G, 0 when there is none or it ended by goexit. */
  main = 0;
  /** Goroutines made and not dead: gcount(). */
  gcount = 0;
  /** Main has returned, with `result`. */
  done = false;
  result: unknown = undefined;
  /** Something failed, with `error`. */
  failed = false;
  error: unknown = undefined;
  /** The G that failed, 0 for none. */
  failedG = 0;
  /** Reports list all goroutines, whatever the run ended with: GOTRACEBACK=all. */
  tracebackAll = false;
  /** The run has ended: nothing may be started for it any more. */
  over = false;
  /** Promises, async operations and holds that may still make a goroutine runnable. */
  expected = 0;
  /** Reject the promises that wait for a goroutine of this run. */
  readonly waiters = new Set<(reason: Error) => void>();
  /** Resolve the promises of ordinary code that sends, by the G that sends for it. */
  readonly sends = new Map<number, () => void>();
  /** Sees a native goroutine's stack overflow in place of the run's end. */
  onStackOverflow: ((error: never) => void) | null = null;
  /** Is called when the run is over and everything of it is given back. */
  settle: (() => void) | null = null;
  /** Its place in {@link runs}. */
  slot = 0;

  constructor(readonly world: World) {}

  /** Whether main has returned or something failed. */
  get ends(): boolean {
    return this.done || this.failed;
  }
}

/** A scheduler. */
export class World {
  /** The state of each {@link Part} while another world is current. */
  private saved: unknown[] | null = null;
  /** Those that are not over, in the order in which they began. */
  readonly runs = new Set<Run>();
  /** The sum of what its runs expect from outside. */
  expected = 0;
  /** Something came from outside since the last look: what it set off may be about to ask for more. */
  lately = false;
  /** Makes this world a bubble. */
  idleHook: IdleHook | null = null;
  /** What is made here belongs here, as in Go's bubbles. */
  owns = false;
  /** A world of its own that runs by turns with others: they share nothing. */
  apart = false;
  /** Of a bubble, when nothing can run: whether a goroutine waits for what is not the bubble's, so that time stands still. */
  waitsOutside: (() => boolean) | null = null;
  /** What keeps the event loop, and calls {@link step} when the first timer is due, at `timerWhen` nanoseconds. */
  alive: ReturnType<typeof setInterval> | null = null;
  timer: ReturnType<typeof setTimeout> | null = null;
  timerWhen = 0;
  /** Goes on with the world after a pause; null: it runs to its end without one. */
  step: (() => void) | null = null;
  /** Null: its goroutines share nothing with other threads. */
  others: Others | null = null;
  /** It found all Gs of the thread free: their order is that in which it took them. */
  fresh = false;
  /** {@link step} is about to be called: in a microtask, or in the event loop's next turn. */
  scheduled = false;
  /** Calls {@link step}, which was scheduled. */
  readonly goOn = (): void => {
    this.scheduled = false;
    this.step?.();
  };
  /** How often nothing could run, and what came from outside `lately` put the verdict off. */
  looks = 0;
  /** The verdict comes behind the event loop's next turn, if nothing comes before. */
  verdictComes = false;

  constructor(readonly options: WorldOptions) {}

  /** Puts this world's state in the place of the current one's. */
  enter(): void {
    if (current !== null) current.saved = parts.map((part) => part.save());
    const { saved } = this;
    current = this;
    this.saved = null;
    parts.forEach((part, i) => {
      if (saved === null) part.init(this.options);
      else part.load(saved[i]);
    });
  }
}

/** Lets go of the current world's state: its last run is over. */
export function endParts(): void {
  for (const part of parts) part.end?.();
}

let current: World | null = null;

/** The world whose state is in place; null before the first. */
export function currentWorld(): World | null {
  return current;
}

/** Makes a world the current one: between turns, or with the turn's own state put by. */
export function enter(world: World): void {
  if (current !== world) world.enter();
}

/** Drops the current world's state, whatever it was: schedinit. */
export function dropWorld(): void {
  current = null;
}

/** Worlds that have a run that is not over, in the order in which they began. */
export const worlds = new Set<World>();

/** Whether goroutines of different worlds could meet in a queue. */
export let severalWorlds = false;

/** What is to be done before that is so for the first time. */
const beforeSeveral: (() => void)[] = [];

/**
 * Has something done once, before goroutines of different worlds could meet for the first time: it puts methods that look
 * for that in the place of those that do not. So no operation of a program with one world asks how many there are, which
 * cost a round trip on a channel 3 ns.
 */
export function whenSeveralWorlds(f: () => void): void {
  beforeSeveral.push(f);
}

function countWorlds(): void {
  const several = worlds.size > 1;
  if (several) for (const f of beforeSeveral.splice(0)) f();
  severalWorlds = several;
}

/** Runs of this thread by slot. The slot of one that is over is free. */
export const runs: (Run | undefined)[] = [];
const freeSlots: number[] = [];

/**
 * The slots of the Gs' runs, by G. It is empty while slot 0 is the only one in use: then every G is its run's, and no
 * goroutine pays for the others.
 */
export let gruns: Uint32Array = new Uint32Array(0);

/**
 * The run that every G belongs to, while there is one and it is not over: most programs have no other. {@link gruns} is
 * empty then.
 */
export const lone: { run: Run | undefined } = { run: undefined };

/** The run of a G. */
export function runOf(gp: number): Run {
  return lone.run ?? (runs[gp < gruns.length ? gruns[gp] : 0] as Run);
}

/** Says whose a G is. Needless for a G of the {@link lone} run. */
export function setRun(gp: number, run: Run): void {
  if (gp >= gruns.length) {
    if (run.slot === 0) return;
    const larger = new Uint32Array(Math.max(1024, 2 ** Math.ceil(Math.log2(gp + 1))));
    larger.set(gruns);
    gruns = larger;
  }
  gruns[gp] = run.slot;
}

/** Begins a run, in its world. @param byHand its turns are seen to by hand: ordinary code does not mean it */
export function addRun(run: Run, byHand = false): void {
  run.slot = freeSlots.pop() ?? runs.length;
  runs[run.slot] = run;
  lone.run = runs.length === 1 ? run : undefined;
  run.world.runs.add(run);
  if (byHand) return;
  worlds.add(run.world);
  countWorlds();
}

/** A run is over: nothing may be started for it any more. Its Gs are still its own. */
export function closeRun(run: Run): void {
  run.over = true;
  lone.run = undefined;
}

/** Takes a run's slot back: its Gs are gone. */
export function removeRun(run: Run): void {
  runs[run.slot] = undefined;
  lone.run = undefined;
  freeSlots.push(run.slot);
  const { world } = run;
  world.runs.delete(run);
  if (world.runs.size === 0) worlds.delete(world);
  countWorlds();
  if (worlds.size === 0) forgetRuns();
}

/** Forgets all runs: none is left, or the scheduler was reset. */
export function forgetRuns(): void {
  for (const run of runs) if (run !== undefined) run.over = true;
  worlds.clear();
  countWorlds();
  runs.length = 0;
  lone.run = undefined;
  freeSlots.length = 0;
  gruns = new Uint32Array(0);
}

/**
 * The run that ordinary code means when several are under way: the oldest with the real clock, else the oldest. Undefined
 * when there is none.
 */
export function ambientRun(): Run | undefined {
  let first: Run | undefined;
  for (const world of worlds) {
    const run = firstRun(world);
    if (run !== undefined && world.options.clock === "real") return run;
    first ??= run;
  }
  return first;
}

/** The oldest run of a world that is not over. */
export function firstRun(world: World | null): Run | undefined {
  if (world !== null) for (const run of world.runs) if (!run.over) return run;
  return undefined;
}

/** Sees the runs of this thread. */
let observer: RunObserver | null = null;
/** The world that the observer sees: one at a time. */
let observed: World | null = null;

/** Sets what sees the runs of this thread, or nothing. */
export function setRunObserver(o: RunObserver | null): void {
  observer = o;
  observed = o === null ? null : current !== null && worlds.has(current) ? current : null;
}

/** Tells the observer of a world that begins, if it sees no other. */
export function observeBegin(world: World): void {
  if (observer === null || observed !== null) return;
  observed = world;
  observer.runBegins();
}

/** Tells the observer of a world that pauses. */
export function observeIdle(world: World): void {
  if (observed === world) observer?.runIdles();
}

/** Tells the observer of a world whose last run is over. */
export function observeEnd(world: World): void {
  if (observed !== world) return;
  observed = null;
  observer?.runEnds();
}

/** Whether the world that the observer sees has a run. */
export function isObserving(): boolean {
  return observed !== null;
}
