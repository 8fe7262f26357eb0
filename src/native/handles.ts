/**
 * Handles: u32 numbers by which native bodies name channels and objects of sync; 0 is nil.
 */
import { Hchan } from "../runtime/chan.ts";
import { nilchan } from "../runtime/channel.ts";
import { TRAP_CALLS } from "../runtime/codes.ts";
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

/** The object of each handle. The entry of a freed handle is the next freed one: a queue, oldest first. */
let objects: (Handled | number)[] = [];
/** The channels among them, under the same handles: a send or receive looks no further. */
let channels: (Hchan | undefined)[] = [];
let handles = new Map<object, number>();
/** The ends of the queue of freed handles, and its length. The oldest is the next to be given out. */
let freeFirst = 0;
let freeLast = 0;
let freeCount = 0;
/** So many freed handles stay unused: a body that still uses one gets an error, and not another object. */
const FREE_KEPT = 1024;

function newHandle(): number {
  if (freeCount <= FREE_KEPT) {
    channels.push(undefined);
    return objects.push(0) - 1;
  }
  const handle = freeFirst;
  freeFirst = objects[handle] as number;
  freeCount--;
  return handle;
}

/** The handle of an object, for native bodies; the same one each time. A nil channel is 0. */
export function handleOf(object: Handled): number {
  if (object instanceof Hchan && object.nil) return 0;
  let handle = handles.get(object);
  if (handle === undefined) {
    handle = newHandle();
    objects[handle] = object;
    channels[handle] = object instanceof Hchan ? object : undefined;
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
  objects[handle] = 0;
  channels[handle] = undefined;
  if (freeCount++ === 0) freeFirst = handle;
  else objects[freeLast] = handle;
  freeLast = handle;
  return true;
}

/** Handles that name something, in the current world. */
export function liveHandles(): number {
  return handles.size;
}

/** The channel of a handle; undefined where it names none. */
export function channelAt(handle: number): Hchan | undefined {
  return channels[handle];
}

/** No handle but nil's. */
function resetHandles(): void {
  objects = [nilchan];
  channels = [nilchan];
  handles = new Map();
  freeCount = 0;
}

/** What a world has of this file. */
interface Handles {
  objects: (Handled | number)[];
  channels: (Hchan | undefined)[];
  handles: Map<object, number>;
  freeFirst: number;
  freeLast: number;
  freeCount: number;
}

onSwitch({
  init: resetHandles,
  save: () => ({ objects, channels, handles, freeFirst, freeLast, freeCount }),
  load(saved) {
    ({ objects, channels, handles, freeFirst, freeLast, freeCount } = saved as Handles);
  },
  end: resetHandles,
});
resetHandles();

/** The channel of a handle. @throws FatalError when it names none */
export function channelOf(gp: number, code: number, handle: number): Hchan {
  return channels[handle] ?? objectOf(gp, code, handle, Hchan);
}

type Class<T> = abstract new (...args: never[]) => T;

/** The object of a handle. @throws FatalError when it names none of the class */
export function objectOf<T extends Handled>(gp: number, code: number, handle: number, type: Class<T>): T {
  const found = objects[handle];
  if (found instanceof type) return found;
  const what = handle === 0 ? "nil" : typeof found === "object" ? `a ${typeName(found.constructor.name)}` : "nothing";
  throw new FatalError(
    `goroutine ${goidOf(gp)}: ${TRAP_CALLS[code]} on handle ${handle >>> 0}: expected a ${typeName(type.name)}, found ${what}`,
  );
}

/** What users call a class. */
function typeName(name: string): string {
  return name === "Hchan" ? "Chan" : name;
}
