/**
 * Goroutines with a native body: their start on a guarded stack, and the traps by which they ask for an operation.
 *
 * A trap is mcall to g0, on which gobuf_execute returns its code. The operation is the same function that a generator
 * body calls; its result goes into the G's words, and the G goes on.
 */
import { chanrecv, chansend, type Hchan, recvContinue } from "../runtime/chan.ts";
import {
  ENDING_RETURNED,
  EXECUTE_BAD_INDEX,
  EXECUTE_FIRST,
  EXECUTE_NO_M,
  EXECUTE_NO_STACK,
  EXECUTE_NOT_RUNNING,
  EXECUTE_REENTRY,
  FAULT_CALLBACK,
  FAULT_ON_G0,
  MEMORY_OK,
  SELECT_PANIC,
  STACKGUARD_PREEMPT,
  STATUS_CLOSED,
  STATUS_OK,
  STATUS_PANIC,
  TRAP_EMBEDDER,
  TRAP_FAULT,
  TRAP_GO,
  TRAP_GOEXIT,
  TRAP_GOSCHED,
  TRAP_PREEMPT,
  TRAP_RECV,
  TRAP_SEND,
} from "../runtime/codes.ts";
import { refuse } from "../runtime/expect.ts";
import {
  type Address,
  descriptor,
  executeError,
  G_KIND_BYTE,
  G_OP_A,
  G_OP_STATUS,
  G_OP_V,
  G_OP_V_HIGH,
  G_RET,
  G_STACK_HI,
  G_STACK_LO,
  G_STACKGUARD0,
  G_STRIDE,
  G_STRIDE_BYTES,
  gmem,
  gmem8,
  M_FAULTED,
  M_SCRATCH,
  memoryError,
  mmem,
  native,
} from "../runtime/ffi.ts";
import { allocG, gfput, hasStack, KIND_NATIVE, KIND_NATIVE_WAITS } from "../runtime/g.ts";
import { goidOf, readgstatus } from "../runtime/gstatus.ts";
import { failRun, MCALL_NONE, MCALL_PREEMPT, MCALL_PREEMPTPARK, mp } from "../runtime/m.ts";
import { FatalError, isA, PanicError, StackOverflowError } from "../runtime/panic.ts";
import { callersRun, fail, finish, goexit0, isMain, startG } from "../runtime/proc.ts";
import { Grunning } from "../runtime/runtime2.ts";
import { setNativeRunner } from "../runtime/schedule.ts";
import { currentSlice, NO_SLICE } from "../runtime/slice.ts";
import { isToStop } from "../runtime/suspend.ts";
import { clockIsFake } from "../runtime/time.ts";
import { plain, word } from "../runtime/word.ts";
import { runOf } from "../runtime/world.ts";
import type { WaitGroup } from "../sync/waitgroup.ts";
import { channelOf } from "./handles.ts";
import { openLane } from "./lane.ts";
import { groupOf, joinGroup, releaseNative } from "./nativestate.ts";
import { setGoInGroup, trap } from "./trap.ts";
import { encode, received, sent, WORDS } from "./wordvalue.ts";

/** Bytes of the stacks that goroutines get from now on. */
let stackBytes = descriptor.stack_size_default;

/** The largest stack, bytes: 1 GiB. */
const STACK_SIZE_MAX = 2 ** 30;

/**
 * The size of the stack of each native goroutine that starts from now on; at first 128 KiB, on Windows 64 KiB. A stack does
 * not grow. It costs memory where it is touched, so that a larger one costs address space, and page tables: see
 * `npx bun run bench:stacks`. On Windows all of it counts as committed memory.
 *
 * @param bytes sets it: a multiple of the page size (64 KiB suits all machines), 1 GiB at most
 * @returns the size, before it is set
 * @throws RangeError for any other number
 * @example
 * ```ts
 * const before = native.stackSize(1024 * 1024);
 * console.log(native.stackSize()); // 1048576
 * // go.native(symbols.recursive); ...
 * native.stackSize(before);
 * ```
 */
export function stackSize(bytes?: number): number {
  const before = stackBytes;
  if (bytes === undefined) return before;
  if (typeof bytes !== "number") refuse("native.stackSize", bytes, "a number of bytes");
  const page = descriptor.page_size;
  if (!Number.isInteger(bytes) || bytes < page || bytes > STACK_SIZE_MAX || bytes % page !== 0) {
    throw new RangeError(
      `gobuf: native.stackSize: expected a multiple of ${page}, the page size, from ${page} to ${STACK_SIZE_MAX}, got ${bytes}`,
    );
  }
  stackBytes = bytes;
  return before;
}

/**
 * Puts another function in the place of gobuf_execute, e.g. one that looks at registers around it; null: back.
 *
 * @param goon in the place of gobuf_goon, if it is another one
 */
export function setExecute(f: ((gp: number) => number) | null, goon: ((gp: number) => number) | null = f): void {
  mp.execute = f ?? native.gobuf_execute;
  mp.goon = goon ?? native.gobuf_goon;
}

/** An embedder's trap: gets operand a and the 64-bit v as two halves, returns the 64-bit result's lower half. */
export type TrapHandler = (gp: number, code: number, a: number, lo: number, hi: number) => number;

let embedder: TrapHandler | null = null;

/** Sets the handler of traps from {@link TRAP_EMBEDDER} up. */
export function setTrapHandler(f: TrapHandler | null): void {
  embedder = f;
}

/**
 * Makes an idle G ready to run a native function on a guarded stack.
 *
 * @param fn void (*)(void *)
 * @throws FatalError that says why there is no stack
 */
export function newNativeG(fn: Address, arg: Address | null): number {
  const gp = allocG(true);
  gmem8[gp * G_STRIDE_BYTES + G_KIND_BYTE] = KIND_NATIVE;
  let code: number = MEMORY_OK;
  // One of another size is not what was asked for: as in Go's gfget.
  if (hasStack(gp) && sizeOfStack(gp) !== stackBytes) code = native.gobuf_stackfree(gp);
  if (code === MEMORY_OK && !hasStack(gp)) code = native.gobuf_stackalloc(gp, stackBytes);
  if (code === MEMORY_OK) code = native.gobuf_gosetup(gp, fn, arg);
  if (code === MEMORY_OK) return gp;
  gfput(gp);
  throw new FatalError(`newproc: no stack of ${stackBytes} bytes for goroutine ${goidOf(gp)}: ${memoryError(code)}`);
}

/** Bytes of a G's stack; they are less than 2^32. */
function sizeOfStack(gp: number): number {
  const i = gp * G_STRIDE;
  return (gmem[i + G_STACK_HI] - gmem[i + G_STACK_LO]) >>> 0;
}

/**
 * Starts a goroutine on a native function, next in line: newproc.
 *
 * @param entry what it is started on, for its name in reports
 * @returns its G
 */
export function goNative(fn: Address, arg: Address | null, entry: unknown = fn): number {
  const gp = newNativeG(fn, arg);
  startG(gp, entry, callersRun());
  return gp;
}

/** Two u32 halves as an address. */
function address(lo: number, hi: number): Address {
  return ((hi >>> 0) * 0x1_0000_0000 + (lo >>> 0)) as Address;
}

/** Writes the result of an operation into the G's words. */
function deliver(gp: number, status: number, value: unknown): void {
  const i = gp * G_STRIDE;
  gmem[i + G_OP_STATUS] = status;
  if (value === undefined) {
    gmem[i + G_RET] = 0;
    gmem[i + G_RET + 1] = 0;
  } else if (typeof value === "number" && value === (value | 0)) {
    gmem[i + G_RET] = value;
    gmem[i + G_RET + 1] = value >> 31;
  } else deliverOther(gp, value);
}

/** The same for a result that is no int32. */
function deliverOther(gp: number, value: unknown): void {
  const i = gp * G_STRIDE;
  if (value !== WORDS) encode(gp, plain, value);
  gmem[i + G_RET] = word[0];
  gmem[i + G_RET + 1] = word[1];
}

/** A receive from a channel with a codec. */
function recvCoded(gp: number, c: Hchan): unknown {
  return chanrecv(gp, c, recvCodedContinue) ? received(gp, c, mp.elem) : undefined;
}

function recvCodedContinue(gp: number): unknown {
  // The operands are the receive's still.
  const value = recvContinue(gp);
  return received(gp, channelOf(gp, TRAP_RECV, gmem[gp * G_STRIDE + G_OP_A]), value);
}

/** Ends a trap with a failure: a panic is the body's to see, anything else ends the run. */
function deliverFailure(gp: number, error: unknown): boolean {
  if (runOf(gp).failed || !isA(error, PanicError)) {
    // What is no panic is told as it was thrown.
    failRun(runOf(gp), error, isA(error, FatalError) ? gp : 0);
    return false;
  }
  deliver(gp, STATUS_PANIC, undefined);
  // What gobuf_select returns; no other operation's result is there.
  gmem[gp * G_STRIDE + G_OP_A] = SELECT_PANIC;
  return true;
}

/**
 * Resumes a native goroutine whose operation is over, until it leaves a request or ends.
 *
 * @param failed whether the operation threw `value`; if not, that is its result
 * @returns true when it has left a request in mp.mcall; false when it has ended
 */
function runNative(gp: number, failed: boolean, value: unknown): boolean {
  const kind = gp * G_STRIDE_BYTES + G_KIND_BYTE;
  if (failed) {
    if (!deliverFailure(gp, value)) return false;
  } else if (gmem8[kind] === KIND_NATIVE_WAITS) deliver(gp, mp.ok ? STATUS_OK : STATUS_CLOSED, value);
  gmem8[kind] = KIND_NATIVE;
  return onTrap(gp, mp.execute(gp));
}

/**
 * Carries out a trap of a native goroutine, and those that follow, until one must wait or the goroutine ends.
 *
 * @param code what gobuf_execute returned
 * @returns as {@link runNative}
 */
function onTrap(gp: number, code: number): boolean {
  for (;;) {
    try {
      return trapLoop(gp, code);
    } catch (error) {
      // Ends no goroutine: what an operation throws for a body in C, which ends by the trap GOEXIT.
      if (!deliverFailure(gp, error)) return false;
      if (preempts(gp)) return true;
      code = mp.goon(gp);
    }
  }
}

/** The body of {@link onTrap}; throws what an operation throws. */
function trapLoop(gp: number, code: number): boolean {
  const i = gp * G_STRIDE;
  for (; ; code = mp.goon(gp)) {
    // A callback of the body may have met a fatal error.
    if (mp.stop && runOf(gp).failed) return false;
    mp.ok = true;
    let result: unknown;
    if (code === TRAP_SEND) {
      const c = channelOf(gp, code, gmem[i + G_OP_A]);
      if (c.dataqsiz > 1 && c.qcount === 0) openLane(c, gmem[i + G_OP_A]);
      chansend(gp, c, sent(c, gmem[i + G_OP_V], gmem[i + G_OP_V_HIGH]));
    } else if (code === TRAP_RECV) {
      const c = channelOf(gp, code, gmem[i + G_OP_A]);
      if (c.dataqsiz > 1 && c.qcount === 0) openLane(c, gmem[i + G_OP_A]);
      if (c.codec !== null) result = recvCoded(gp, c);
      else if (chanrecv(gp, c, recvContinue)) result = mp.elem;
    } else if (code < TRAP_EMBEDDER) {
      if (code === TRAP_GOEXIT) return ended(gp);
      if (code === TRAP_FAULT && mmem[M_FAULTED] !== 0) return faulted(gp);
      if (code === TRAP_PREEMPT && gmem[i + G_STACKGUARD0] === STACK_PREEMPT) {
        if (preempts(gp)) return true;
        continue;
      }
      result = code === TRAP_GO ? goTrap(gp) : trap(gp, code, gmem[i + G_OP_A]);
    } else result = otherTrap(gp, code);
    if (mp.mcall !== MCALL_NONE) {
      // A gosched has no result; not to write one keeps its way short.
      if (code !== TRAP_GOSCHED) gmem8[gp * G_STRIDE_BYTES + G_KIND_BYTE] = KIND_NATIVE_WAITS;
      return true;
    }
    deliver(gp, mp.ok ? STATUS_OK : STATUS_CLOSED, result);
    if (gmem[i + G_STACKGUARD0] === STACK_PREEMPT && preempts(gp)) return true;
  }
}

/** A word of G.stackguard0 when the monitor asks the goroutine to give way. */
const STACK_PREEMPT = STACKGUARD_PREEMPT | 0;

/**
 * Lets a native goroutine that is asked to give way do so: it has left that request in mp.mcall. A run that does not share
 * its thread with an event loop, and one on the fake clock, go on: their order does not depend on time.
 */
function preempts(gp: number): boolean {
  if (gmem[gp * G_STRIDE + G_STACKGUARD0] !== STACK_PREEMPT) return false;
  if (isToStop(gp)) {
    mp.mcall = MCALL_PREEMPTPARK;
    return true;
  }
  if (currentSlice() === NO_SLICE || clockIsFake()) return false;
  mp.mcall = MCALL_PREEMPT;
  return true;
}

/** Whether execute has given this answer: a body may send the same number as a trap. */
function isRefused(gp: number, code: number): boolean {
  switch (code) {
    case EXECUTE_NO_M:
      return native.gobuf_fault_init() === EXECUTE_NO_M;
    case EXECUTE_REENTRY:
      return native.gobuf_getg() !== 0;
    case EXECUTE_NOT_RUNNING:
      return readgstatus(gp) !== Grunning;
    case EXECUTE_NO_STACK:
      return !hasStack(gp);
    case EXECUTE_BAD_INDEX:
      return gp <= 0 || gp >= descriptor.g_max;
    default:
      return false;
  }
}

/** An error of execute's, or a trap of the embedder's. */
function otherTrap(gp: number, code: number): number {
  const i = gp * G_STRIDE;
  if (code >= EXECUTE_FIRST) {
    if (isRefused(gp, code)) throw new FatalError(`execute: goroutine ${goidOf(gp)}: ${executeError(code)}`);
    throw new FatalError(
      `goroutine ${goidOf(gp)}: trap 0x${(code >>> 0).toString(16)}: no such operation: an embedder's traps are ` +
        `${TRAP_EMBEDDER} to 0x${(EXECUTE_FIRST - 1).toString(16)}`,
    );
  }
  if (embedder === null)
    throw new FatalError(`goroutine ${goidOf(gp)}: trap ${code} is an embedder's: no handler of such traps is set`);
  return embedder(gp, code, gmem[i + G_OP_A], gmem[i + G_OP_V], gmem[i + G_OP_V_HIGH]);
}

setNativeRunner(runNative, onTrap);

/** GOEXIT: operand a says whether the body returned or called goexit. */
function ended(gp: number): boolean {
  const group = groupOf(gp);
  const thrown = releaseNative(gp);
  if (thrown !== null) {
    fail(gp, thrown.error);
    return false;
  }
  if (group !== null && !isDone(gp, group)) return false;
  if (isMain(gp) && gmem[gp * G_STRIDE + G_OP_A] === ENDING_RETURNED) finish(gp, undefined);
  else goexit0(gp);
  return false;
}

/** Takes the goroutine off its WaitGroup. @returns false when that is a panic, which nothing of the body can catch */
function isDone(gp: number, group: WaitGroup): boolean {
  try {
    group.done();
    return true;
  } catch (error) {
    // Ends no goroutine: done throws what is a panic, or fatal.
    fail(gp, error);
    return false;
  }
}

/** Two words of native memory as one. */
function unsignedWord(i: number): bigint {
  return (BigInt(gmem[i + 1] >>> 0) << 32n) | BigInt(gmem[i] >>> 0);
}

/** What a goroutine did that ends it. */
function faultError(gp: number): Error {
  const g = gp * G_STRIDE;
  switch (gmem[g + G_OP_A]) {
    case FAULT_ON_G0:
      return new FatalError(
        `goroutine ${goidOf(gp)} called an operation of gobuf.h inside gobuf_systemstack: on g0's stack only ` +
          `gobuf_call may be called`,
      );
    case FAULT_CALLBACK:
      return new FatalError(
        `goroutine ${goidOf(gp)}: gobuf_call: the callback has no outcome: JavaScript failed before it began or behind its end`,
      );
    default:
      return new StackOverflowError(
        goidOf(gp),
        unsignedWord(g + G_OP_V),
        unsignedWord(g + G_STACK_LO),
        unsignedWord(g + G_STACK_HI),
      );
  }
}

/**
 * The trap FAULT: ends a goroutine that did what operand a says (codes.ts, FAULT_...); v is the address in the guard.
 */
function faulted(gp: number): boolean {
  mmem[M_FAULTED] = 0;
  const group = groupOf(gp);
  const thrown = releaseNative(gp);
  const error = faultError(gp);
  if (thrown !== null) Object.assign(error, { cause: thrown.error });
  const run = runOf(gp);
  if (error instanceof StackOverflowError && run.onStackOverflow !== null && !isMain(gp)) {
    if (group !== null && !isDone(gp, group)) return false;
    goexit0(gp);
    run.onStackOverflow(error as never);
  } else failRun(run, error, gp);
  return false;
}

/** GO: v is the function, the argument is in the M's scratch. */
function goTrap(gp: number): number {
  return goidOf(goByOperands(gp));
}

/** WGGO: a is the WaitGroup, the others are as GO's. */
function goInGroup(gp: number, group: WaitGroup): void {
  group.add(1);
  joinGroup(goByOperands(gp), group);
}

setGoInGroup(goInGroup);

function goByOperands(gp: number): number {
  const i = gp * G_STRIDE;
  const fn = address(gmem[i + G_OP_V], gmem[i + G_OP_V_HIGH]);
  const arg = address(mmem[M_SCRATCH], mmem[M_SCRATCH + 1]);
  return goNative(fn, arg === 0 ? null : arg);
}
