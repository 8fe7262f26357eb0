/**
 * sudogs: a G on a wait queue (sudog of runtime/runtime2.go; acquireSudog and releaseSudog of runtime/proc.go).
 *
 * A sudog is a u32 index into region 2; the JavaScript values that belong to it lie in side arrays under that index.
 */
import { chunkOfSudogs, chunkSize, SUDOG_STRIDE, smem } from "./ffi.ts";

// Words of a sudog.
export const S_G = 0;
export const S_NEXT = 1;
export const S_PREV = 2;
/** Next sudog of the same G (g.waiting), or of the same semaphore. */
export const S_WAITLINK = 3;
/** 1 when the G takes part in a select, so that its selectDone must be won to wake it. */
export const S_ISSELECT = 4;
/** From here up S_ISSELECT says that other threads take part in the select (src/workers/select.ts). */
export const SHARED_SELECT = 4;
/** 1 when a value was handed over, 0 when the channel was closed. */
export const S_SUCCESS = 5;
/** Semaphores: 1 when the token was handed over. notifyList: the ticket. */
export const S_TICKET = 6;
/** Selects: index of the case it stands for. */
export const S_CASE = 7;
/** Semaphores: 1 when it queues at the head, each time. */
export const S_LIFO = 7;

/** The value to send, or the one received. */
export const selem: unknown[] = [undefined];
/** Something that keeps a queue of sudogs: a channel, a semaphore. */
export interface Queued {
  /** Takes those off its queues that stand for Gs that are gone; without a test, all: the scheduler was reset. @internal */
  abandon(gone?: (gp: number) => boolean): void;
}

/** What it waits on. */
export const sc: (Queued | undefined)[] = [undefined];

const free: number[] = [];
/** Free ones that are taken only when `free` is empty: a reset need not look at them, as long as there are any. */
let spare: number[] = [];
/** How many a reset leaves free before it makes the rest spare. */
const FREE_AT_RESET = 128;
/** First indices of the chunks this thread has taken from the arena. */
const chunks: number[] = [];
let freshNext = 0;
let freshEnd = 0;

/**
 * Takes a sudog that is on no queue; S_WAITLINK, S_ISSELECT and S_TICKET are 0, the others anything.
 *
 * @param gp the G it stands for
 */
export function acquireSudog(gp: number): number {
  const s = free.length > 0 ? (free.pop() as number) : fresh();
  smem[s * SUDOG_STRIDE] = gp;
  return s;
}

function fresh(): number {
  if (spare.length > 0) {
    for (const s of spare) free.push(s);
    spare = [];
    return free.pop() as number;
  }
  if (freshNext === freshEnd) {
    freshNext = chunkOfSudogs();
    freshEnd = freshNext + chunkSize;
    chunks.push(freshNext);
    // The side arrays stay dense: a hole would turn them into slow ones.
    while (selem.length < freshEnd) {
      selem.push(undefined);
      sc.push(undefined);
    }
  }
  return freshNext++;
}

/** Gives a sudog back, in the state in which {@link acquireSudog} gives it. */
export function releaseSudog(s: number): void {
  smem[s * SUDOG_STRIDE] = 0;
  selem[s] = undefined;
  sc[s] = undefined;
  free.push(s);
}

/** Sudogs taken and not given back. */
export function liveSudogs(): number {
  return chunks.length * chunkSize - (freshEnd - freshNext) - free.length - spare.length;
}

/** All that were made, in the order of their making. */
function made(): number[] {
  return chunks.flatMap((first) => {
    const count = first + chunkSize === freshEnd ? freshNext - first : chunkSize;
    return Array.from({ length: count }, (_, i) => first + i);
  });
}

/** What was free at the last reset, while there are spare ones: only those can have been taken since. */
let freed: readonly number[] = [];

/** Takes every sudog back: the scheduler was reset, and the goroutines that held them are gone. */
export function resetSudogs(): void {
  if (spare.length === 0) {
    const all = made();
    const count = Math.max(0, all.length - FREE_AT_RESET);
    for (const s of all) takeBack(s);
    spare = all.slice(0, count);
    freed = all.slice(count);
  } else for (const s of freed) takeBack(s);
  free.length = 0;
  for (const s of freed) free.push(s);
}

function takeBack(s: number): void {
  // It is free, and as it was given back.
  if (smem[s * SUDOG_STRIDE] === 0) return;
  // An object that outlives the run must not wake a sudog that another goroutine has by then.
  sc[s]?.abandon();
  sc[s] = undefined;
  selem[s] = undefined;
  smem.fill(0, s * SUDOG_STRIDE, (s + 1) * SUDOG_STRIDE);
}
