/**
 * Slices: how long a run keeps the thread from the event loop. A slice ends when the monitor says so (arch/monitor.zig),
 * whatever the goroutines do between two operations, and whatever a test runner does to the clocks that JavaScript sees.
 */
import { HEADER_SYSMONWAIT, SLICE_NONE } from "./codes.ts";
import { M_SLICE, M_SLICE_OVER, mmem, native } from "./ffi.ts";

/** Milliseconds after which a run gives timers and I/O of the process their turn, where the monitor's word is not there. */
export const SLICE_MS = 4;

/** The number that is never a slice's: nothing ends what has no slice. */
export const NO_SLICE = SLICE_NONE | 0;
const SLICE_MAX = 0x7fff_ffff;

let last = 0;
/** The slice that this M is in. */
let current = NO_SLICE;

/** The M begins to run goroutines, and shares the thread with an event loop. */
export function beginSlice(): void {
  last = last === SLICE_MAX ? 1 : last + 1;
  current = last;
  watched();
}

/**
 * The M begins to run goroutines that nothing interrupts. The monitor watches its native bodies nevertheless: one that never
 * gives way is brought back to JavaScript now and then, where its thread may be terminated.
 *
 * @returns whether it is not within a slice, or another such time: then {@link endSlice} ends this one
 */
export function beginWatch(): boolean {
  if (Atomics.load(mmem, M_SLICE) !== 0) return false;
  last = last === SLICE_MAX ? 1 : last + 1;
  watched();
  return true;
}

/** From now on the monitor watches this M. */
function watched(): void {
  // In this order, as the monitor writes its word and then reads ours: one of the two sees the other's (seq_cst).
  Atomics.store(mmem, M_SLICE, last);
  if (Atomics.load(mmem, HEADER_SYSMONWAIT) !== 0) native.gobuf_sysmon_wake();
}

/** The M gives the thread back. */
export function endSlice(): void {
  Atomics.store(mmem, M_SLICE, 0);
  current = NO_SLICE;
}

/** The slice that this M is in, as {@link mmem}'s word M_SLICE_OVER names it when it is over; no word is equal outside of one. */
export function currentSlice(): number {
  return current;
}

/** Nothing ends what runs from now on: it runs to its end within the slice. @returns what {@link resumeSlice} wants */
export function suspendSlice(): number {
  const slice = current;
  current = NO_SLICE;
  return slice;
}

/** The slice goes on. */
export function resumeSlice(slice: number): void {
  current = slice;
}

/**
 * Ends a slice from within, also what has none (NO_SLICE): until {@link endedSlice}, where the turn is over, the monitor leaves
 * that in the word.
 */
export function cutSlice(slice: number): void {
  // Behind the store to M_SLICE, for the monitor reads the two the other way round (seq_cst).
  Atomics.store(mmem, M_SLICE_OVER, slice);
}

/** The turn in which {@link cutSlice} was called is over: the word is the monitor's again. */
export function endedSlice(): void {
  if (Atomics.load(mmem, M_SLICE_OVER) === NO_SLICE) Atomics.store(mmem, M_SLICE_OVER, 0);
}

/** Whether the monitor has ended the slice that this M is in. */
export function sliceIsOver(): boolean {
  return Atomics.load(mmem, M_SLICE_OVER) === current;
}
