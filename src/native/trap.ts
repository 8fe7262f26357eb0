/**
 * Operations of native bodies: each trap code's operands decoded, the runtime function called. Objects are named by
 * handles, u32 numbers that {@link handleOf} gives; 0 is nil.
 */
import { Chan, checkCapacity, closechan, Hchan, nilchan } from "../runtime/chan.ts";
import { descriptor, G_OP, G_STRIDE, gmem, M_SCRATCH, mmem } from "../runtime/ffi.ts";
import { goidOf } from "../runtime/gstatus.ts";
import { MCALL_GOSCHED, MCALL_GOYIELD, mp, type Op } from "../runtime/m.ts";
import { FatalError } from "../runtime/panic.ts";
import {
  DEFAULT_CASE,
  SELECT_PARKED,
  type SelectCase,
  selectContinue,
  selectedFrom,
  selectgo,
} from "../runtime/select.ts";
import { timeSleep } from "../runtime/time.ts";
import { Cond } from "../sync/cond.ts";
import { Mutex } from "../sync/mutex.ts";
import { Once } from "../sync/once.ts";
import { RWMutex } from "../sync/rwmutex.ts";
import { WaitGroup } from "../sync/waitgroup.ts";
import { dropLane, resetLanes } from "./lane.ts";
import { received, sent } from "./native.ts";
import { takeThrown } from "./nativestate.ts";

/** What a handle may name. */
export type Handled = Hchan | Mutex | RWMutex | WaitGroup | Cond | Once;

/** By handle. One that was let go has the next of its kind here. */
const objects: (Handled | number)[] = [];
/** The channels among them, under the same handles: a send or receive looks no further. */
const channels: (Hchan | undefined)[] = [];
const handles = new Map<object, number>();
/** Handles that were let go, a queue through `objects`: the oldest is the next to be given out. */
let freeFirst = 0;
let freeLast = 0;
let freeCount = 0;
/** So many stay free, so that who still uses one that he let go is told so rather than given another object. */
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

/** Forgets the handle of an object: it names nothing from now on. @returns whether there was one */
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

/** The channel of a handle; undefined where it names none. */
export function channelAt(handle: number): Hchan | undefined {
  return channels[handle];
}

/** Forgets all handles but nil's: the scheduler was reset. */
export function resetHandles(): void {
  resetLanes();
  objects.length = 0;
  channels.length = 0;
  objects.push(nilchan);
  channels.push(nilchan);
  handles.clear();
  freeCount = 0;
}

/** Names of the traps by their code, for errors and reports. */
export const trapNames = [
  "none",
  "goexit",
  "gosched",
  "goyield",
  "go",
  "send",
  "recv",
  "close",
  "select",
  "sleep",
  "lock",
  "unlock",
  "rlock",
  "runlock",
  "wlock",
  "wunlock",
  "wgadd",
  "wgwait",
  "condwait",
  "signal",
  "broadcast",
  "once begin",
  "once end",
  "recover",
  "fault",
  "chan make",
  "chan free",
] as const;

/** The channel of a handle. @throws FatalError when it names none */
export function channelOf(gp: number, code: number, handle: number): Hchan {
  return channels[handle] ?? object(gp, code, handle, Hchan);
}

type Class<T> = abstract new (...args: never[]) => T;

function object<T extends Handled>(gp: number, code: number, handle: number, type: Class<T>): T {
  const found = objects[handle];
  if (found instanceof type) return found;
  throw new FatalError(
    `goroutine ${goidOf(gp)}: ${trapNames[code]} on handle ${handle >>> 0}: expected a ${typeName(type.name)}, ` +
      `found ${typeof found === "object" ? `a ${typeName(found.constructor.name)}` : "nothing"}`,
  );
}

/** What users call a class. */
function typeName(name: string): string {
  return name === "Hchan" ? "Chan" : name;
}

/** The result of an operation that may wait: what it asks for is in mp.mcall, else it is over. */
function settle(op: Op<unknown>): unknown {
  // An operation of a native body is never yielded: take it off its hands.
  op[Symbol.iterator]();
  return op.value;
}

/** Reads v, a signed 64-bit operand, as a number (exact up to 2^53). */
function signed(lo: number, hi: number): number {
  return hi * 0x1_0000_0000 + (lo >>> 0);
}

/**
 * Carries out an operation of a native body; send and receive are in native.ts, on their shorter way.
 *
 * @param code the trap's code
 * @param a operand a
 * @returns its result; mp.mcall tells when it must wait, and mp.ok what gobuf_status is to say
 * @throws PanicError which the body sees as its status; FatalError, which ends the run
 */
export function trap(gp: number, code: number, a: number): unknown {
  const i = gp * G_STRIDE + G_OP;
  const lo = gmem[i + 2];
  const hi = gmem[i + 3];
  switch (code) {
    case 2:
      mp.mcall = MCALL_GOSCHED;
      return undefined;
    case 3:
      mp.mcall = MCALL_GOYIELD;
      return undefined;
    case 7:
      return closechan(object(gp, code, a, Hchan));
    case 8:
      return selectTrap(gp, a);
    case 9:
      timeSleep(gp, signed(lo, hi));
      return undefined;
    case 10:
      return settle(object(gp, code, a, Mutex).lock());
    case 11:
      return object(gp, code, a, Mutex).unlockNow();
    case 12:
      return settle(object(gp, code, a, RWMutex).rlock());
    case 13:
      return object(gp, code, a, RWMutex).runlock();
    case 14:
      return settle(object(gp, code, a, RWMutex).lock());
    case 15:
      return settle(object(gp, code, a, RWMutex).unlock());
    case 16:
      return object(gp, code, a, WaitGroup).add(signed(lo, hi));
    case 17:
      return settle(object(gp, code, a, WaitGroup).wait());
    case 18:
      return settle(object(gp, code, a, Cond).wait());
    case 19:
      return object(gp, code, a, Cond).signal();
    case 20:
      return object(gp, code, a, Cond).broadcast();
    case 21:
      return settle(object(gp, code, a, Once).begin());
    case 22:
      return settle(object(gp, code, a, Once).end());
    case 23:
      return takeThrown(gp) !== null;
    case 25:
      return makeChan(signed(lo, hi));
    case 26:
      if (a !== 0) releaseHandle(object(gp, code, a, Hchan));
      return undefined;
    default:
      throw new FatalError(`goroutine ${goidOf(gp)}: trap ${code}: no such operation`);
  }
}

/** A channel of words that a native body makes. @returns its handle */
function makeChan(capacity: number): number {
  checkCapacity(capacity);
  return handleOf(new Chan(capacity));
}

/** Index of the default case, as a native body sees it. */
const NATIVE_DEFAULT = -1;

/** A case that is written anew for each select. */
interface Slot {
  c: Hchan;
  send: boolean;
  elem: unknown;
}

/** Cases by their number: selectgo is done with them before it returns, so that each number of them has one list. */
const slots: (Slot[] | undefined)[] = [];

function slotsFor(count: number): Slot[] {
  const known = slots[count];
  if (known !== undefined) return known;
  const list = Array.from({ length: count }, (): Slot => ({ c: nilchan, send: false, elem: undefined }));
  slots[count] = list;
  return list;
}

function selectTrap(gp: number, a: number): unknown {
  const count = a & 0x7fffffff;
  if (count * 4 > descriptor.scratch_words) throw new FatalError(`select of ${count} cases: too many for the scratch`);
  const list = slotsFor(count);
  for (let n = 0; n < count; n++) {
    const w = M_SCRATCH + 4 * n;
    const slot = list[n] as Slot;
    const c = channelOf(gp, 8, mmem[w + 1]);
    slot.c = c;
    slot.send = mmem[w] === 1;
    slot.elem = slot.send ? sent(c, mmem[w + 2], mmem[w + 3]) : undefined;
  }
  const index = selectgo(gp, list as SelectCase[], a >= 0, selectedContinue);
  if (index === SELECT_PARKED) return undefined;
  const chosen = list[index];
  return selected(gp, index, chosen === undefined || chosen.send ? null : chosen.c);
}

function selectedContinue(gp: number): unknown {
  const index = selectContinue(gp);
  return selected(gp, index, selectedFrom);
}

/** Tells the body which case it was. @param from the channel that something was received from, null for none */
function selected(gp: number, index: number, from: Hchan | null): unknown {
  gmem[gp * G_STRIDE + G_OP] = index === DEFAULT_CASE ? NATIVE_DEFAULT : index;
  return from === null ? mp.elem : received(gp, from, mp.elem);
}
