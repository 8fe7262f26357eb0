/** Operations of native bodies: decodes the operands of each trap, and calls the runtime's function for it. */
import { checkCapacity, closechan, Hchan } from "../runtime/chan.ts";
import { type Chan, makechan, nilchan } from "../runtime/channel.ts";
import {
  DIR_RECV,
  DIR_SEND,
  SELECT_DEFAULT,
  SELECT_MAX,
  SELECT_OPERAND_HAS_DEFAULT,
  SELECT_OPERAND_NO_CASES,
  TRAP_BROADCAST,
  TRAP_CALLS,
  TRAP_CHAN_CAP,
  TRAP_CHAN_FREE,
  TRAP_CHAN_LEN,
  TRAP_CHAN_MAKE,
  TRAP_CLOSE,
  TRAP_CONDWAIT,
  TRAP_GOSCHED,
  TRAP_GOYIELD,
  TRAP_LOCK,
  TRAP_ONCE_BEGIN,
  TRAP_ONCE_END,
  TRAP_RECOVER,
  TRAP_RLOCK,
  TRAP_RUNLOCK,
  TRAP_SELECT,
  TRAP_SIGNAL,
  TRAP_SLEEP,
  TRAP_TICKER_MAKE,
  TRAP_TIMER_MAKE,
  TRAP_TIMER_RESET,
  TRAP_TIMER_STOP,
  TRAP_TRYLOCK,
  TRAP_TRYRLOCK,
  TRAP_TRYWLOCK,
  TRAP_UNLOCK,
  TRAP_WGADD,
  TRAP_WGGO,
  TRAP_WGWAIT,
  TRAP_WLOCK,
  TRAP_WUNLOCK,
} from "../runtime/codes.ts";
import { G_OP_A, G_OP_V, G_OP_V_HIGH, G_STRIDE, gmem, M_SCRATCH, mmem } from "../runtime/ffi.ts";
import { goidOf } from "../runtime/gstatus.ts";
import { MCALL_GOSCHED, MCALL_GOYIELD, mp, type Op } from "../runtime/m.ts";
import { FatalError } from "../runtime/panic.ts";
import type { SelectCase } from "../runtime/scase.ts";
import { DEFAULT_CASE, SELECT_PARKED, selectContinue, selectedFrom, selectgo } from "../runtime/select.ts";
import { type Timer, timeSleep } from "../runtime/time.ts";
import { Cond } from "../sync/cond.ts";
import { Mutex } from "../sync/mutex.ts";
import { Once } from "../sync/once.ts";
import { RWMutex } from "../sync/rwmutex.ts";
import { WaitGroup } from "../sync/waitgroup.ts";
import { newTicker, newTimer, resetNative, stopNative, timerOf } from "../time/timer.ts";
import { channelOf, handleOf, objectOf, releaseHandle } from "./handles.ts";
import { takeThrown } from "./nativestate.ts";
import { received, sent } from "./wordvalue.ts";

/** Takes the result of an operation. If it must wait, it has left its request in mp.mcall. */
function settle(op: Op<unknown>): unknown {
  // A native body never yields the operation object: mark it as yielded here.
  op[Symbol.iterator]();
  return op.value;
}

/** Durations are nanoseconds in gobuf.h, milliseconds in TypeScript. */
const NS_A_MS = 1e6;

/** Reads v, a signed 64-bit operand, as a number (exact up to 2^53). */
function signed(lo: number, hi: number): number {
  return hi * 0x1_0000_0000 + (lo >>> 0);
}

/**
 * Carries out an operation of a native body; send and receive are in native.ts, on their shorter way.
 *
 * @param code the trap's code
 * @param a operand a
 * @returns its result. When it must wait, mp.mcall is set. mp.ok is the outcome: GOBUF_OK, or false for GOBUF_CLOSED
 * @throws PanicError, which becomes the outcome GOBUF_PANIC; FatalError, which ends the run
 */
export function trap(gp: number, code: number, a: number): unknown {
  const i = gp * G_STRIDE;
  const lo = gmem[i + G_OP_V];
  const hi = gmem[i + G_OP_V_HIGH];
  switch (code) {
    case TRAP_GOSCHED:
      mp.mcall = MCALL_GOSCHED;
      return undefined;
    case TRAP_GOYIELD:
      mp.mcall = MCALL_GOYIELD;
      return undefined;
    case TRAP_CLOSE:
      return closechan(objectOf(gp, code, a, Hchan));
    case TRAP_SELECT:
      return selectTrap(gp, a);
    case TRAP_SLEEP:
      timeSleep(gp, signed(lo, hi));
      return undefined;
    case TRAP_LOCK:
      return settle(objectOf(gp, code, a, Mutex).lock());
    case TRAP_UNLOCK:
      return objectOf(gp, code, a, Mutex).unlockNow();
    case TRAP_RLOCK:
      return settle(objectOf(gp, code, a, RWMutex).rlock());
    case TRAP_RUNLOCK:
      return objectOf(gp, code, a, RWMutex).runlock();
    case TRAP_WLOCK:
      return settle(objectOf(gp, code, a, RWMutex).lock());
    case TRAP_WUNLOCK:
      return settle(objectOf(gp, code, a, RWMutex).unlock());
    case TRAP_WGADD:
      return objectOf(gp, code, a, WaitGroup).add(signed(lo, hi));
    case TRAP_WGWAIT:
      return settle(objectOf(gp, code, a, WaitGroup).wait());
    case TRAP_CONDWAIT:
      return settle(objectOf(gp, code, a, Cond).wait());
    case TRAP_SIGNAL:
      return objectOf(gp, code, a, Cond).signal();
    case TRAP_BROADCAST:
      return objectOf(gp, code, a, Cond).broadcast();
    case TRAP_ONCE_BEGIN:
      return settle(objectOf(gp, code, a, Once).begin());
    case TRAP_ONCE_END:
      return settle(objectOf(gp, code, a, Once).end());
    case TRAP_RECOVER:
      return takeThrown(gp) !== null;
    case TRAP_CHAN_MAKE:
      return makeChan(signed(lo, hi));
    case TRAP_CHAN_FREE:
      if (a !== 0) releaseHandle(objectOf(gp, code, a, Hchan));
      return undefined;
    case TRAP_TRYLOCK:
      return objectOf(gp, code, a, Mutex).tryLock();
    case TRAP_TRYRLOCK:
      return objectOf(gp, code, a, RWMutex).tryRLock();
    case TRAP_TRYWLOCK:
      return objectOf(gp, code, a, RWMutex).tryLock();
    case TRAP_CHAN_LEN:
      return (channelOf(gp, code, a) as Chan<unknown>).len;
    case TRAP_CHAN_CAP:
      return (channelOf(gp, code, a) as Chan<unknown>).cap;
    case TRAP_WGGO:
      return goInGroup(gp, objectOf(gp, code, a, WaitGroup));
    case TRAP_TIMER_MAKE:
      return handleOf(newTimer(signed(lo, hi) / NS_A_MS).c as Chan<number>);
    case TRAP_TICKER_MAKE:
      return handleOf(newTicker(signed(lo, hi) / NS_A_MS).c as Chan<number>);
    case TRAP_TIMER_STOP:
      return stopNative(timerAt(gp, code, a));
    case TRAP_TIMER_RESET:
      return resetNative(timerAt(gp, code, a), signed(lo, hi) / NS_A_MS);
    default:
      // The trap FAULT, too, when a body sends it.
      throw new FatalError(`goroutine ${goidOf(gp)}: ${TRAP_CALLS[code] ?? `trap ${code}`}: no such operation`);
  }
}

/** Starts a goroutine of a WaitGroup, by the operands of a trap: native.ts, which imports this file, has it. */
let goInGroup: (gp: number, wg: WaitGroup) => void;

/** Says how. */
export function setGoInGroup(f: typeof goInGroup): void {
  goInGroup = f;
}

/** The timer whose channel a handle names. @throws FatalError for any other channel */
function timerAt(gp: number, code: number, handle: number): Timer {
  const c = objectOf(gp, code, handle, Hchan);
  const timer = timerOf(c);
  if (timer !== null) return timer;
  const what = c.nil ? "nil" : "a Chan that no timer feeds";
  throw new FatalError(
    `goroutine ${goidOf(gp)}: ${TRAP_CALLS[code]} on handle ${handle >>> 0}: expected a timer's channel, found ${what}`,
  );
}

/** A channel of words that a native body makes. @returns its handle */
function makeChan(capacity: number): number {
  checkCapacity("gobuf_chan", capacity);
  return handleOf(makechan(capacity));
}

/** A case that is written anew for each select. */
interface Slot {
  c: Hchan;
  send: boolean;
  elem: unknown;
}

/** A list of cases for each number of cases. It is used again, because selectgo keeps none when it returns. */
const slots: (Slot[] | undefined)[] = [];

function slotsFor(count: number): Slot[] {
  const known = slots[count];
  if (known !== undefined) return known;
  const list = Array.from({ length: count }, (): Slot => ({ c: nilchan, send: false, elem: undefined }));
  slots[count] = list;
  return list;
}

function selectTrap(gp: number, a: number): unknown {
  if ((a & SELECT_OPERAND_NO_CASES) !== 0) {
    throw new FatalError(`goroutine ${goidOf(gp)}: gobuf_select: its cases are null, and their number is not 0`);
  }
  const count = a & ~SELECT_OPERAND_HAS_DEFAULT;
  if (count > SELECT_MAX) throw new FatalError(`gobuf_select of ${count} cases: expected at most ${SELECT_MAX}`);
  const list = slotsFor(count);
  for (let n = 0; n < count; n++) {
    const w = M_SCRATCH + 4 * n;
    const slot = list[n] as Slot;
    const c = channelOf(gp, TRAP_SELECT, mmem[w + 1]);
    slot.c = c;
    if (mmem[w] !== DIR_SEND && mmem[w] !== DIR_RECV) {
      throw new FatalError(
        `goroutine ${goidOf(gp)}: gobuf_select: case ${n} has direction ${mmem[w] >>> 0}: expected GOBUF_SEND or GOBUF_RECV`,
      );
    }
    slot.send = mmem[w] === DIR_SEND;
    slot.elem = slot.send ? sent(c, mmem[w + 2], mmem[w + 3]) : undefined;
  }
  const index = selectgo(gp, list as SelectCase[], (a & SELECT_OPERAND_HAS_DEFAULT) === 0, selectedContinue);
  if (index === SELECT_PARKED) return undefined;
  const chosen = list[index];
  return selected(gp, index, chosen === undefined || chosen.send ? null : chosen.c);
}

function selectedContinue(gp: number): unknown {
  const index = selectContinue(gp);
  return selected(gp, index, selectedFrom);
}

/** Writes the index of the chosen case for the body. @param from the channel that was received from, null for a send */
function selected(gp: number, index: number, from: Hchan | null): unknown {
  gmem[gp * G_STRIDE + G_OP_A] = index === DEFAULT_CASE ? SELECT_DEFAULT : index;
  return from === null ? mp.elem : received(gp, from, mp.elem);
}
