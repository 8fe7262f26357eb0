/**
 * The run under way on this thread, as everything below run.ts knows it: whether there is one and which one it is, what
 * watches it, and what must be emptied before it begins.
 *
 * run.ts, which stands above, begins and ends runs; this file only says so. It imports nothing.
 */

/** Sees what a run does besides its goroutines' status changes: a trace. */
export interface RunObserver {
  /** A run is about to start main. */
  runBegins(): void;
  /** Nothing runs until the event loop has had its turn. */
  runIdles(): void;
  /** The run is over. */
  runEnds(): void;
}

/**
 * A bubble's share of an idle run: nothing can run, and nothing is expected from outside.
 *
 * @returns whether a goroutine can run again; else the clock moves on
 * @throws FatalError the bubble's verdict
 */
export type IdleHook = () => boolean;

/** What is known of the run under way; run.ts writes it. */
export const world = {
  /** Whether a run is under way on this thread. */
  running: false,
  /** Counts runs: what was started for an earlier one must not touch this one. */
  epoch: 0,
  /** Sees the runs of this thread. */
  observer: null as RunObserver | null,
  /** Makes this run a bubble. */
  idleHook: null as IdleHook | null,
};

/** Sets what sees the runs of this thread, or nothing. */
export function setRunObserver(o: RunObserver | null): void {
  world.observer = o;
}

/** Makes the run under way a bubble: gobuf/testing does. */
export function setIdleHook(f: IdleHook): void {
  world.idleHook = f;
}

/** Whether a run is under way on this thread. */
export function isRunning(): boolean {
  return world.running;
}

/** A token of the run under way, for what comes back later. @throws Error when there is none */
export function currentRun(what: string): number {
  if (!world.running) throw new Error(`gobuf: ${what}: no run is under way on this thread: start one with run()`);
  return world.epoch;
}

/** Whether the run of a token is still under way. */
export function isCurrentRun(token: number): boolean {
  return world.running && token === world.epoch;
}

const resets: (() => void)[] = [];

/**
 * Registers, once, what empties a module's state before each run: for modules above the runtime (handles of native
 * bodies). Those of the runtime are named by schedinit itself.
 */
export function onReset(reset: () => void): void {
  resets.push(reset);
}

/** Empties what registered itself, in the order in which it did. */
export function resetRegistered(): void {
  for (const reset of resets) reset();
}
