/** Operations of native bodies: each trap code's operands decoded, the runtime function called. */
import { checkCapacity, closechan, Hchan } from "../runtime/chan.ts";
import { Chan, nilchan } from "../runtime/channel.ts";
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
import { channelOf, handleOf, objectOf, releaseHandle } from "./handles.ts";
import { takeThrown } from "./nativestate.ts";
import { received, sent } from "./wordvalue.ts";

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
      return closechan(objectOf(gp, code, a, Hchan));
    case 8:
      return selectTrap(gp, a);
    case 9:
      timeSleep(gp, signed(lo, hi));
      return undefined;
    case 10:
      return settle(objectOf(gp, code, a, Mutex).lock());
    case 11:
      return objectOf(gp, code, a, Mutex).unlockNow();
    case 12:
      return settle(objectOf(gp, code, a, RWMutex).rlock());
    case 13:
      return objectOf(gp, code, a, RWMutex).runlock();
    case 14:
      return settle(objectOf(gp, code, a, RWMutex).lock());
    case 15:
      return settle(objectOf(gp, code, a, RWMutex).unlock());
    case 16:
      return objectOf(gp, code, a, WaitGroup).add(signed(lo, hi));
    case 17:
      return settle(objectOf(gp, code, a, WaitGroup).wait());
    case 18:
      return settle(objectOf(gp, code, a, Cond).wait());
    case 19:
      return objectOf(gp, code, a, Cond).signal();
    case 20:
      return objectOf(gp, code, a, Cond).broadcast();
    case 21:
      return settle(objectOf(gp, code, a, Once).begin());
    case 22:
      return settle(objectOf(gp, code, a, Once).end());
    case 23:
      return takeThrown(gp) !== null;
    case 25:
      return makeChan(signed(lo, hi));
    case 26:
      if (a !== 0) releaseHandle(objectOf(gp, code, a, Hchan));
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
