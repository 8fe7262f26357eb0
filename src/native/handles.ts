/**
 * Handles: u32 numbers by which native bodies name channels and objects of sync; 0 is nil.
 */
import { Hchan } from "../runtime/chan.ts";
import { nilchan } from "../runtime/channel.ts";
import { TRAP_CALLS } from "../runtime/codes.ts";
import { descriptor, M_HANDLE_BASE, M_HANDLE_NEXT, mid, mmem } from "../runtime/ffi.ts";
import { goidOf } from "../runtime/gstatus.ts";
import { FatalError } from "../runtime/panic.ts";
import { onSwitch } from "../runtime/world.ts";
import type { Cond } from "../sync/cond.ts";
import type { Mutex } from "../sync/mutex.ts";
import type { Once } from "../sync/once.ts";
import type { RWMutex } from "../sync/rwmutex.ts";
import type { WaitGroup } from "../sync/waitgroup.ts";
import { dropLane } from "./lane.ts";

/** What a handle may name. */
export type Handled = Hchan | Mutex | RWMutex | WaitGroup | Cond | Once;

/**
 * Handles rise from world to world: one of a run that is over names nothing in the next, instead of another run's object.
 * The next number lies in the M (M_HANDLE_NEXT), so that it rises on from thread to thread, too. A world's handles begin at
 * its base (M_HANDLE_BASE), and its lists are by handle less that.
 */
const NUMBERS = 2 ** 31;
/** Each M begins at another number: a handle of another thread's names nothing here. */
const FIRST = mid * (NUMBERS / descriptor.m_max) + 1;
/** So many numbers lie between the handles of two worlds that live at a time, so that the first one's may rise. */
const ROOM = 2 ** 20;
/** The M's next number is written so many ahead: a thread that is terminated leaves none behind that it has given out. */
const AHEAD = 1024;

/** The object of each handle. The entry of a freed handle is the next freed one: a queue, oldest first. */
let objects: (Handled | number)[] = [];
/** The channels among them, in the same places: a send or receive looks no further. */
let channels: (Hchan | undefined)[] = [];
let handles = new Map<object, number>();
/** The ends of the queue of freed handles, less the base, and its length. The oldest is the next to be given out. */
let freeFirst = 0;
let freeLast = 0;
let freeCount = 0;
/** So many freed handles stay unused: a body that still uses one gets an error, and not another object. */
const FREE_KEPT = 1024;

/** The base of the world that has the highest handles; 0 when that is over. */
let highest = 0;

/** Begins the handles of the current world. */
function takeBase(): void {
  const next = Math.max(mmem[M_HANDLE_NEXT] as number, FIRST) + (highest === 0 ? 0 : ROOM);
  // After two billion handles they begin anew: whoever has one of the first still is told nothing.
  highest = next < NUMBERS - ROOM ? next : 1;
  mmem[M_HANDLE_BASE] = highest;
  mmem[M_HANDLE_NEXT] = highest;
}

function newHandle(): number {
  if (freeCount > FREE_KEPT) {
    const index = freeFirst;
    freeFirst = objects[index] as number;
    freeCount--;
    return index + (mmem[M_HANDLE_BASE] as number);
  }
  if (mmem[M_HANDLE_BASE] === 0) takeBase();
  channels.push(undefined);
  const handle = objects.push(0) - 1 + (mmem[M_HANDLE_BASE] as number);
  if (handle >= (mmem[M_HANDLE_NEXT] as number)) mmem[M_HANDLE_NEXT] = handle + AHEAD;
  return handle;
}

/** The handle of an object, for native bodies; the same one each time. A nil channel is 0. */
export function handleOf(object: Handled): number {
  if (object instanceof Hchan && object.nil) return 0;
  let handle = handles.get(object);
  if (handle === undefined) {
    handle = newHandle();
    const index = handle - (mmem[M_HANDLE_BASE] as number);
    objects[index] = object;
    channels[index] = object instanceof Hchan ? object : undefined;
    handles.set(object, handle);
  }
  return handle;
}

/** Frees the handle of an object: it names nothing from now on. @returns whether there was one */
export function releaseHandle(object: Handled): boolean {
  const handle = handles.get(object);
  if (handle === undefined) return false;
  dropLane(handle);
  handles.delete(object);
  const index = handle - (mmem[M_HANDLE_BASE] as number);
  objects[index] = 0;
  channels[index] = undefined;
  if (freeCount++ === 0) freeFirst = index;
  else objects[freeLast] = index;
  freeLast = index;
  return true;
}

/** Handles that name something, in the current world. */
export function liveHandles(): number {
  return handles.size;
}

/** The channel of a handle; undefined where it names none. */
export function channelAt(handle: number): Hchan | undefined {
  return handle === 0 ? nilchan : channels[handle - (mmem[M_HANDLE_BASE] as number)];
}

/** No handle but nil's. */
function resetHandles(): void {
  const base = mmem[M_HANDLE_BASE] as number;
  if (base !== 0 && base === highest) {
    mmem[M_HANDLE_NEXT] = base + objects.length;
    highest = 0;
  }
  objects = [];
  channels = [];
  handles = new Map();
  freeCount = 0;
  mmem[M_HANDLE_BASE] = 0;
}

/** What a world has of this file. */
interface Handles {
  base: number;
  objects: (Handled | number)[];
  channels: (Hchan | undefined)[];
  handles: Map<object, number>;
  freeFirst: number;
  freeLast: number;
  freeCount: number;
}

onSwitch({
  init: resetHandles,
  save: () => {
    const base = mmem[M_HANDLE_BASE] as number;
    // What is put by is not over.
    mmem[M_HANDLE_BASE] = 0;
    return { base, objects, channels, handles, freeFirst, freeLast, freeCount };
  },
  load(saved) {
    let base: number;
    ({ base, objects, channels, handles, freeFirst, freeLast, freeCount } = saved as Handles);
    mmem[M_HANDLE_BASE] = base;
  },
  end: resetHandles,
});
// The M may have been another thread's.
mmem[M_HANDLE_BASE] = 0;

/** The channel of a handle. @throws FatalError when it names none */
export function channelOf(gp: number, code: number, handle: number): Hchan {
  return channels[handle - (mmem[M_HANDLE_BASE] as number)] ?? objectOf(gp, code, handle, Hchan);
}

type Class<T> = abstract new (...args: never[]) => T;

/** The object of a handle. @throws FatalError when it names none of the class */
export function objectOf<T extends Handled>(gp: number, code: number, handle: number, type: Class<T>): T {
  const found = handle === 0 ? nilchan : objects[handle - (mmem[M_HANDLE_BASE] as number)];
  if (found instanceof type) return found;
  const what =
    handle === 0
      ? "nil"
      : typeof found === "object"
        ? `a ${found instanceof Hchan ? "Chan" : found.constructor.name}`
        : `nothing${isOfAnother(handle) ? ", for it is a handle of another run" : ""}`;
  throw new FatalError(
    `goroutine ${goidOf(gp)}: ${TRAP_CALLS[code]} on handle ${handle >>> 0}: expected a ${(type as unknown) === Hchan ? "Chan" : type.name}, found ${what}`,
  );
}

/** Whether this M has given a handle out, in another world than the current one. */
function isOfAnother(handle: number): boolean {
  const base = mmem[M_HANDLE_BASE] as number;
  if (base !== 0 && handle >= base && (base === highest || handle < base + objects.length)) return false;
  return handle >= FIRST && handle < (mmem[M_HANDLE_NEXT] as number);
}
