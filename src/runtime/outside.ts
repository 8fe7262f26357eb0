/**
 * Where the outside comes in: code that is no goroutine (timers, promises, event handlers, ordinary async code) makes a
 * goroutine runnable, and the run, which has paused for the event loop, goes on.
 *
 * run.ts says by {@link setStepper} how its run goes on. It is called once for any number of kicks, from a microtask, or
 * in the event loop's next turn.
 */
import { mp } from "./m.ts";

/** A run gives timers and I/O of the process their turn after so many milliseconds. */
export const SLICE_MS = 4;

/** What an idle run has to expect; run.ts empties it when a run begins. */
export const outside = {
  /** Promises, async operations and holds that may still make a goroutine runnable. */
  expected: 0,
  /** There was one since the last look: what it set off may be about to ask for more. */
  lately: false,
};

/** Goes on with the run that may pause; null: there is none. */
let stepper: (() => void) | null = null;
/** Whether the stepper will be called in a microtask, or in the event loop's next turn. */
let scheduled = false;
/** When the first kick since the last turn of the event loop came, performance.now(); 0: none has come. */
let kicked = 0;

/** Sets how the run under way goes on after a pause; null: it does not pause, or is over. */
export function setStepper(f: (() => void) | null): void {
  stepper = f;
}

/** Whether the run will go on without a timer: the stepper is about to be called. */
export function isScheduled(): boolean {
  return scheduled;
}

function scheduledStep(): void {
  scheduled = false;
  stepper?.();
}

/** The run goes on in the event loop's next turn. */
export function later(): void {
  scheduled = true;
  setImmediate(scheduledStep);
}

/**
 * Something outside made a goroutine runnable: the run goes on before the event loop does.
 *
 * Not without end, though: async code that answers each step of ours in a microtask would keep timers and I/O out.
 */
export function kick(): void {
  if (stepper === null || mp.curg !== 0 || scheduled) return;
  const now = performance.now();
  if (kicked === 0) {
    kicked = now;
    setImmediate(() => {
      kicked = 0;
    });
  }
  if (now - kicked > SLICE_MS) return later();
  scheduled = true;
  queueMicrotask(scheduledStep);
}

/** Something outside may still make a goroutine runnable (1), or no longer may (-1): an idle run is no deadlock meanwhile. */
export function expectOutside(change: 1 | -1): void {
  outside.expected += change;
  outside.lately = true;
  if (change === -1) kick();
}
