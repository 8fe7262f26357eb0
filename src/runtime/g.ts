/**
 * Gs: their making, reuse and the JavaScript values that belong to them (allgs, gfget, gfput, malg of runtime/proc.go).
 *
 * A G is a u32 index into region 1; what only JavaScript can hold lies in side arrays under that index.
 */

import { MEMORY_OK } from "./codes.ts";
import {
  chunkOfG,
  chunkSize,
  G_EXITING_BYTE,
  G_FLAGS,
  G_GOID,
  G_KIND_BYTE,
  G_PARAM,
  G_SELECTDONE,
  G_STACK_HI,
  G_STATUS,
  G_STRIDE,
  G_STRIDE_BYTES,
  G_WAITING,
  gmem,
  gmem8,
  memoryError,
  native,
} from "./ffi.ts";
import type { Continuation, Frame } from "./m.ts";
import { Gdead, Gidle, Gscan } from "./runtime2.ts";
import { onSwitch } from "./world.ts";

/** Top frame of the goroutine's stack of generators; null for a native body that waits for no frame. */
export const gbody: (Frame | null)[] = [null];
/**
 * The frames below the top one. As long as the largest G that ever had any: most goroutines of most programs have none.
 */
const gframes: (Frame[] | null)[] = [null];
/** What the goroutine does first when it runs again. */
export const gcont: (Continuation | null)[] = [null];
/** What the goroutine was started on, for its name in reports. */
export const gentry: unknown[] = [null];
/** What the goroutine that started it was started on: reports name it also when that one is gone. */
export const gcreator: unknown[] = [null];
/** The sleep timers of those that have slept: g.timer. Few have one, and a million that do not should not pay. */
export const gtimer = new Map<number, unknown>();

// What a G's kind says of its body.
/** A generator. */
export const KIND_GENERATOR = 0;
/** Native, and goes on without a result. */
export const KIND_NATIVE = 1;
/** Native, and waits in an operation that has a result. */
export const KIND_NATIVE_WAITS = 2;

/** Whether a G's body is native. */
export function isNative(gp: number): boolean {
  return gmem8[gp * G_STRIDE_BYTES + G_KIND_BYTE] !== KIND_GENERATOR;
}

/** Whether Goexit was called: frames are being left. */
export function isExiting(gp: number): boolean {
  return gmem8[gp * G_STRIDE_BYTES + G_EXITING_BYTE] !== 0;
}

/** How many frames there are below the one that is being left, by the Gs that exit. */
const exitLevels = new Map<number, number>();

/** The top frame calls Goexit. @returns whether it has done so before, or one above it that is left, and may have caught it */
export function beginExit(gp: number): boolean {
  const level = framesBelow(gp);
  const again = isExiting(gp) && level <= (exitLevels.get(gp) as number);
  gmem8[gp * G_STRIDE_BYTES + G_EXITING_BYTE] = 1;
  exitLevels.set(gp, level);
  return again;
}

/**
 * The top frame of a G that exits has ended, and is about to be taken off.
 *
 * @returns whether that is a step of the exit; else it was called on the way out, as a deferred function calls others
 */
export function stepExit(gp: number): boolean {
  const level = framesBelow(gp);
  if (level > (exitLevels.get(gp) as number)) return false;
  if (level === 0) exitLevels.delete(gp);
  else exitLevels.set(gp, level - 1);
  return true;
}

/** Puts a frame on the goroutine's stack of them. */
export function pushFrame(gp: number, frame: Frame): void {
  const top = gbody[gp];
  gbody[gp] = frame;
  if (!top) return;
  while (gframes.length <= gp) gframes.push(null);
  const below = gframes[gp];
  if (below) below.push(top);
  else gframes[gp] = [top];
}

/** Takes the top frame off. */
export function popFrame(gp: number): void {
  gbody[gp] = (gp < gframes.length && gframes[gp]?.pop()) || null;
}

/** How many frames there are below the top one. */
export function framesBelow(gp: number): number {
  return (gp < gframes.length && gframes[gp]?.length) || 0;
}

/** First indices of the chunks that this thread took from the arena. */
const chunks: number[] = [];

/** Gs of this thread, in the order of their first making, since the last reset: allgs. */
export function allgs(): number[] {
  return chunks.flatMap((first) => {
    const made = first + chunkSize === freshEnd ? freshNext - first : chunkSize;
    return Array.from({ length: made }, (_, i) => first + i);
  });
}

/** Goes through {@link allgs}, until `f` says no. */
export function eachG(f: (gp: number) => boolean): void {
  for (const first of chunks) {
    const end = first + chunkSize === freshEnd ? freshNext : first + chunkSize;
    for (let gp = first; gp < end; gp++) if (!f(gp)) return;
  }
}

/** Dead Gs without a stack, and with one: sched.gFree. */
const noStack: number[] = [];
const withStack: number[] = [];
/** More dead Gs, for when those are used up. They are apart so that a reset does not have to look at them. */
let spareNoStack: number[] = [];
let spareWithStack: number[] = [];
/** Whether Gs were taken that were not free at the last reset. */
let beyond = true;
/** How many dead Gs of each kind a reset leaves in the first lists; the rest become spare. */
const FREE_AT_RESET = 128;
let freshNext = 0;
let freshEnd = 0;
/** The last goroutine number that was given out, in two 32-bit words. */
let goidLow = 0;
let goidHigh = 0;

// A world counts its goroutines from 1.
onSwitch({
  init() {
    goidLow = 0;
    goidHigh = 0;
  },
  save: () => [goidLow, goidHigh],
  load(saved) {
    [goidLow, goidHigh] = saved as [number, number];
  },
});

/** The current world counts its goroutines from a number on: those of several threads are told apart by it. */
export function numberFrom(first: number): void {
  goidLow = (first - 1) | 0;
  goidHigh = Math.floor((first - 1) / 2 ** 32);
}

/** The rest of gfget, for when the first list is empty: a dead G of another list, or a new one. */
function gfgetslow(stacked: boolean): number {
  const second = stacked ? noStack : withStack;
  const firstSpare = stacked ? spareWithStack : spareNoStack;
  const secondSpare = stacked ? spareNoStack : spareWithStack;
  if (firstSpare.length === 0 && second.length > 0) return second.pop() as number;
  beyond = true;
  return firstSpare.pop() ?? secondSpare.pop() ?? malg();
}

function malg(): number {
  if (freshNext === freshEnd) {
    freshNext = chunkOfG();
    freshEnd = freshNext + chunkSize;
    chunks.push(freshNext);
    while (gbody.length < freshEnd) {
      gbody.push(null);
      gcont.push(null);
      gentry.push(null);
      gcreator.push(null);
    }
  }
  return freshNext++;
}

/**
 * A fresh idle G with a new goid: a dead one, or a new one. That a dead G becomes idle stands outside the relation.
 *
 * @param stacked prefer one that has a stack
 */
export function allocG(stacked = false): number {
  const first = stacked ? withStack : noStack;
  const gp = first.length > 0 ? (first.pop() as number) : gfgetslow(stacked);
  const mem = gmem;
  const i = gp * G_STRIDE;
  const low = (goidLow + 1) | 0;
  goidLow = low;
  if (low === 0) goidHigh++;
  mem[i + G_GOID] = low;
  mem[i + G_GOID + 1] = goidHigh;
  // A plain store: nobody else writes the status of a dead or an idle G, for neither can be scanned. The compare-and-swap
  // that makes it runnable publishes it. A locked store would cost a goroutine 9 ns.
  mem[i + G_STATUS] = Gidle;
  return gp;
}

/** Puts a dead G on the free list: gfput. Its stack, if it has one, stays with it. */
export function gfput(gp: number): void {
  const mem = gmem;
  const i = gp * G_STRIDE;
  gbody[gp] = null;
  gcont[gp] = null;
  gentry[gp] = null;
  gcreator[gp] = null;
  mem[i + G_PARAM] = 0;
  mem[i + G_WAITING] = 0;
  mem[i + G_SELECTDONE] = 0;
  mem[i + G_FLAGS] = 0;
  pushFree(gp);
}

function pushFree(gp: number): void {
  if (hasStack(gp)) withStack.push(gp);
  else noStack.push(gp);
}

/** Whether a G has a guarded stack. */
export function hasStack(gp: number): boolean {
  const i = gp * G_STRIDE + G_STACK_HI;
  return gmem[i] !== 0 || gmem[i + 1] !== 0;
}

/** Those that were free at the last reset. */
let freed: readonly number[] = [];

/**
 * Gs that are alive, of those for which `which` says yes: at most `max`, and no more are looked for. Of a process that has
 * had a million, a run that uses a few need not look at all.
 */
export function livingGs(max: number, which: (gp: number) => boolean): number[] {
  const found: number[] = [];
  const look = (gp: number): boolean => {
    const status = gmem[gp * G_STRIDE + G_STATUS] & ~Gscan;
    if (status !== Gdead && status !== Gidle && which(gp)) found.push(gp);
    return found.length < max;
  };
  if (beyond) eachG(look);
  else freed.every(look);
  return found;
}

/** So many Gs have no stack after a reset, if there are so many. */
const PLACES_AT_RESET = 16;

/**
 * Takes the stacks of some Gs, where hardly one is without: the goroutines of a small run in TypeScript would be taken from
 * both lists, and reports list them by their places.
 */
function freePlaces(): void {
  while (noStack.length < PLACES_AT_RESET && withStack.length > 0) {
    const gp = withStack.pop() as number;
    const code = native.gobuf_stackfree(gp);
    if (code !== MEMORY_OK) throw new Error(`gobuf: cannot free the stack of G ${gp}: ${memoryError(code)}`);
    noStack.push(gp);
  }
  // The first places are the next to be taken.
  noStack.sort((a, b) => b - a);
}

/** Makes a G dead and free; one that is dead is as {@link gfput} has left it, or died without it. */
function reclaim(gp: number): void {
  const i = gp * G_STRIDE + G_STATUS;
  if (gmem[i] === Gdead && gmem[gp * G_STRIDE + G_FLAGS] === 0 && gentry[gp] === null) return pushFree(gp);
  Atomics.store(gmem, i, Gdead);
  gfput(gp);
}

/** Makes every G of this thread dead and free: what they were running is gone. */
export function resetGs(): void {
  noStack.length = 0;
  withStack.length = 0;
  gtimer.clear();
  gframes.length = 1;
  if (beyond) {
    // A chunk that an ended thread gave back may have lower numbers than the one before.
    chunks.sort((a, b) => a - b);
    for (const first of chunks.toReversed()) {
      const end = first + chunkSize === freshEnd ? freshNext : first + chunkSize;
      for (let gp = end - 1; gp >= first; gp--) reclaim(gp);
    }
  } else for (const gp of freed) reclaim(gp);
  if (noStack.length < PLACES_AT_RESET) freePlaces();
  if (!beyond) return;
  beyond = false;
  // The last ones are the next to be taken.
  spareNoStack = noStack.splice(0, noStack.length - FREE_AT_RESET);
  spareWithStack = withStack.splice(0, withStack.length - FREE_AT_RESET);
  freed = [...withStack, ...noStack];
}
