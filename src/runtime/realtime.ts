/**
 * The system's time on the scale of the monotonic clock: what `now()` tells of the real clock does not go back when the
 * system's clock is set.
 */

/** A system clock that is this far from ours was set, or the machine has slept. */
const CLOCK_SET_MS = 100;

/** The system clock's time when the monotonic clock was 0, whole milliseconds. @param before what it was, if that still holds */
export function realStart(before: number): number {
  const start = Math.round(Date.now() - Bun.nanoseconds() / 1e6);
  return Math.abs(start - before) > CLOCK_SET_MS ? start : before;
}

/**
 * The time when the monotonic clock gives `ns`, in steps of 1/2048 ms, which a double holds exactly: times that lie whole
 * milliseconds apart differ by whole milliseconds.
 *
 * @param startMs by {@link realStart}
 */
export function realTimeAt(startMs: number, ns: number): number {
  const ms = Math.floor(ns / 1e6);
  return startMs + ms + Math.floor(((ns - ms * 1e6) * 2048) / 1e6) / 2048;
}
