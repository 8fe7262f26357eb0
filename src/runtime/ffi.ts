/**
 * The native library, loaded and verified: the one file that touches bun:ffi.
 *
 * What the hot path needs is exported as plain numbers and typed arrays. `gmem` and `smem` are views of the committed
 * part of their regions and are made anew when a region grows: one view of a whole reservation would be counted by the
 * garbage collector as a gigabyte of heap.
 */
import { cc, dlopen, type FFIFunction, JSCallback, type Library, type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { checkBun } from "./bunversion.ts";
import {
  ASYNC_TEXTS,
  EXECUTE_FIRST,
  EXECUTE_FULL,
  EXECUTE_TEXTS,
  HEADER_G_NEXT,
  HEADER_SUDOG_NEXT,
  MEMORY_OK,
  MEMORY_TEXTS,
  OP_A,
  OP_STATUS,
  OP_V,
  OP_V_HIGH,
  REGION_G,
  REGION_HEADER,
  REGION_SUDOG,
} from "./codes.ts";
import { register, replace, sharesLibrary } from "./instance.ts";
import { DESCRIPTOR_WORDS, type Descriptor, parseDescriptor } from "./layout.ts";
import { checkLibraryFile, findLibrary, hostPlatform } from "./library.ts";

/** What users' libraries of native bodies are opened with. */
export { cc, dlopen, type FFIFunction, JSCallback, type Library };

/** A native address as bun:ffi hands it out. */
export type Address = Pointer;

/** Where the bytes of a view lie; they stay there as long as it lives. */
export function addressOf(view: NodeJS.TypedArray<ArrayBuffer> | DataView<ArrayBuffer> | ArrayBuffer): Address {
  // A small array has its bytes inside the object until its buffer is asked for, and then they move.
  if (ArrayBuffer.isView(view)) void view.buffer;
  return ptr(view);
}

checkBun(process.versions.bun);

/** The path of the library that this process runs on. */
export const libraryPath = findLibrary();
checkLibraryFile(libraryPath, hostPlatform());

function open() {
  try {
    return dlopen(libraryPath, {
      gobuf_descriptor: { args: [], returns: "ptr" },
      gobuf_api: { args: [], returns: "ptr" },
      gobuf_arena: { args: ["u32"], returns: "ptr" },
      gobuf_arena_commit: { args: ["u32", "u32"], returns: "u32" },
      gobuf_minit: { args: [], returns: "u32" },
      gobuf_manother: { args: [], returns: "u32" },
      gobuf_muse: { args: ["u32"], returns: "u32" },
      gobuf_gs: { args: [], returns: "u32" },
      gobuf_sudogs: { args: [], returns: "u32" },
      gobuf_mexit: { args: [], returns: "u32" },
      gobuf_fault_init: { args: [], returns: "u32" },
      gobuf_cheaprandn: { args: ["u32", "u32"], returns: "u32" },
      gobuf_sysmon_wake: { args: [], returns: "u32" },
      gobuf_quit_init: { args: [], returns: "void" },
      gobuf_quit_printed: { args: [], returns: "void" },
      gobuf_sysmon_hurry: { args: ["u32", "u32"], returns: "void" },
      gobuf_gosetup: { args: ["u32", "ptr", "ptr"], returns: "u32" },
      gobuf_stackalloc: { args: ["u32", "u32"], returns: "u32" },
      gobuf_stackfree: { args: ["u32"], returns: "u32" },
      gobuf_stackstats: { args: ["ptr"], returns: "void" },
      gobuf_execute: { args: ["u32"], returns: "u32" },
      gobuf_goon: { args: ["u32"], returns: "u32" },
      gobuf_preempt_allow: { args: ["ptr", "ptr"], returns: "u32" },
      gobuf_preempt_disallow: { args: ["ptr"], returns: "void" },
      gobuf_preempt_stop: { args: ["u32"], returns: "u32" },
      gobuf_preempt_one: { args: [], returns: "void" },
      gobuf_preempt_now: { args: [], returns: "void" },
      gobuf_preempt_frame: { args: [], returns: "u32" },
      gobuf_preempt_ask: { args: ["u32", "u64", "u64"], returns: "u32" },
      gobuf_systemstack: { args: ["ptr", "ptr"], returns: "void" },
      gobuf_getg: { args: [], returns: "u32" },
      gobuf_callback_init: { args: ["ptr"], returns: "u32" },
      gobuf_mstart: { args: ["u32", "u32"], returns: "u32" },
      gobuf_procs_new: { args: ["u32", "u32", "ptr", "u32", "u32"], returns: "u32" },
      gobuf_procs_came: { args: ["u32", "u32"], returns: "u32" },
      gobuf_procs_stop: { args: ["u32"], returns: "void" },
      gobuf_procs_inside: { args: ["u32"], returns: "u32" },
      gobuf_procs_free: { args: ["u32"], returns: "u32" },
      gobuf_procs_go: { args: ["u32", "ptr", "ptr"], returns: "u32" },
      gobuf_procs_make: { args: ["u32", "u32", "u32"], returns: "u32" },
      gobuf_procs_op: { args: ["u32", "u32", "u32", "u32", "u32", "u32"], returns: "u32" },
      gobuf_procs_looks: { args: ["u32"], returns: "void" },
      gobuf_procs_drain: { args: ["u32"], returns: "u32" },
      gobuf_procs_dead: { args: ["u32"], returns: "u32" },
      gobuf_procs_wish: { args: ["u32"], returns: "u32" },
      gobuf_procs_gcount: { args: ["u32"], returns: "u32" },
      gobuf_procs_goroutines: { args: ["u32", "ptr", "u32"], returns: "u32" },
      gobuf_procs_failure: { args: ["u32", "ptr"], returns: "void" },
      gobuf_procs_stats: { args: ["u32", "u32", "ptr"], returns: "void" },
      gobuf_procs_contended: { args: [], returns: "u32" },
      gobuf_procs_events: { args: ["u32", "u32", "ptr"], returns: "ptr" },
      gobuf_share_new: { args: [], returns: "u32" },
      gobuf_share_join: { args: ["u32"], returns: "u32" },
      gobuf_share_invite: { args: ["u32"], returns: "u32" },
      gobuf_share_come: { args: ["u32"], returns: "u32" },
      gobuf_share_leave: { args: ["u32"], returns: "void" },
      gobuf_share_close: { args: ["u32"], returns: "void" },
      gobuf_share_reap: { args: ["u32"], returns: "void" },
      gobuf_share_closed: { args: ["u32"], returns: "u32" },
      gobuf_share_live: { args: [], returns: "u32" },
      gobuf_share_park: { args: ["u32", "u32"], returns: "u32" },
      gobuf_share_unpark: { args: ["u32"], returns: "void" },
      gobuf_share_inbox: { args: ["u32"], returns: "ptr" },
      gobuf_share_make: { args: ["u32", "u32", "u32"], returns: "u32" },
      gobuf_share_op: { args: ["u32", "u32", "u32", "u32", "u32", "u32", "u32"], returns: "u32" },
      gobuf_share_select: { args: ["u32", "u32", "u32", "u32", "u32"], returns: "u32" },
      gobuf_share_finish: { args: ["u32", "u32", "u32"], returns: "void" },
      gobuf_share_drain: { args: ["u32"], returns: "u32" },
      gobuf_share_cancel: { args: ["u32", "u32", "u32"], returns: "u32" },
      gobuf_share_stat: { args: ["u32", "u32"], returns: "u32" },
      gobuf_share_put: { args: ["u32", "ptr", "u32", "u32"], returns: "u32" },
      gobuf_share_take: { args: ["u32", "u32", "u32", "ptr", "u32"], returns: "u32" },
    });
  } catch (cause) {
    // Ends no goroutine: the module is loaded.
    throw new Error(`gobuf: ${libraryPath} is refused: the loader says: ${(cause as Error).message}`, { cause });
  }
}

/** The library's functions, by the names of arch/include/gobuf.h. */
export const native = open().symbols;

/** Bytes of native memory as a buffer; nothing keeps them alive. @param address as a function of the library gave it */
function view(address: Address | bigint | null, bytes: number, what: string): ArrayBuffer {
  if (!address) throw new Error(`gobuf: ${libraryPath}: no ${what} (its address is null)`);
  return toArrayBuffer(Number(address) as Address, 0, bytes);
}

/** Bytes that lie at an address: code of a library that stays loaded meanwhile. */
export function bytesAt(address: Address, bytes: number): Uint8Array {
  return new Uint8Array(view(address, bytes, "code"));
}

/** The library's descriptor, checked. */
export const descriptor: Descriptor = (() => {
  const address = native.gobuf_descriptor();
  const head = new Uint32Array(view(address, 12, "descriptor"));
  const count = Math.max(3, Math.min(head[2] ?? 0, DESCRIPTOR_WORDS.length));
  return parseDescriptor(new Uint32Array(view(address, 4 * count, "descriptor")), libraryPath);
})();

/** What a code from {@link EXECUTE_FIRST} up means. */
export function executeError(code: number): string {
  return EXECUTE_TEXTS[code] ?? `unknown error 0x${code.toString(16)}`;
}

/** What a code of the stack and arena functions means. */
export function memoryError(code: number): string {
  return MEMORY_TEXTS[code] ?? `unknown error ${code}`;
}

/** What a code of gobuf_preempt_allow means. */
export function asyncError(code: number): string {
  return ASYNC_TEXTS[code] ?? `unknown error ${code}`;
}

/** This thread's M. */
export const mid: number = (() => {
  const library = Number(native.gobuf_api());
  const before = replace(library);
  const id = native.gobuf_minit();
  const own = before ?? (sharesLibrary(library) ? native.gobuf_manother() : id);
  if (before !== undefined && before !== id) native.gobuf_muse(before);
  if (own < EXECUTE_FIRST) register(library, own);
  return own;
})();
if (mid >= EXECUTE_FIRST) throw new Error(`gobuf: cannot start an M: ${executeError(mid)}`);

{
  const code = native.gobuf_fault_init();
  if (code !== MEMORY_OK) throw new Error(`gobuf: cannot catch stack overflows: ${memoryError(code)}`);
}

// Offsets and strides in words, for indexing the views below.
export const G_STRIDE = descriptor.g_stride >> 2;
export const G_STACK_LO = descriptor.g_stack_lo >> 2;
export const G_STACKGUARD0 = descriptor.g_stackguard0 >> 2;
export const G_STACK_HI = descriptor.g_stack_hi >> 2;
export const G_RET = (descriptor.g_sched + descriptor.gobuf_ret) >> 2;
/** Where a native G was preempted between two instructions. */
export const G_CTXT = (descriptor.g_sched + descriptor.gobuf_ctxt) >> 2;
export const G_LR = (descriptor.g_sched + descriptor.gobuf_lr) >> 2;
export const G_STATUS = descriptor.g_atomicstatus >> 2;
export const G_SELECTDONE = descriptor.g_selectdone >> 2;
export const G_GOID = descriptor.g_goid >> 2;
/** The creator's goid: the global queue is a ring here (runq.ts), so that schedlink is free. */
export const G_PARENTGOID = descriptor.g_schedlink >> 2;
/** The sudog that woke the G. A sudog is a u32 index, so the other half of this 64-bit field is free: see G_WAITING. */
export const G_PARAM = descriptor.g_param >> 2;
/** First of the sudogs the G waits on (g.waiting of Go): the upper half of param. */
export const G_WAITING = G_PARAM + 1;
const G_OP = descriptor.g_op >> 2;
export const G_OP_A = G_OP + OP_A;
export const G_OP_STATUS = G_OP + OP_STATUS;
export const G_OP_V = G_OP + OP_V;
export const G_OP_V_HIGH = G_OP + OP_V_HIGH;
export const G_WAITSINCE = descriptor.g_waitsince >> 2;
/** The word of waitreason and the three bytes behind it. */
export const G_FLAGS = descriptor.g_waitreason >> 2;
/** In bytes, as what follows is one each. */
export const G_STRIDE_BYTES = descriptor.g_stride;
export const G_WAITREASON_BYTE = descriptor.g_waitreason;
/** What body it has, and what that waits for: KIND_* of g.ts. */
export const G_KIND_BYTE = descriptor.g_kind;
/** Bits of PREEMPT_...: it is to give way, or to stop. */
export const G_PREEMPT_BYTE = descriptor.g_preempt;
/** 1: Goexit was called, and frames are being left. */
export const G_EXITING_BYTE = descriptor.g_exiting;
export const SUDOG_STRIDE = descriptor.sudog_stride >> 2;
/** Word of region 0 where this thread's P and M lie. */
export const P_BASE = (descriptor.p_base + mid * descriptor.p_stride) >> 2;
export const M_BASE = (descriptor.m_base + mid * descriptor.m_stride) >> 2;
export const P_RUNQHEAD = P_BASE + (descriptor.p_runqhead >> 2);
export const P_RUNQTAIL = P_BASE + (descriptor.p_runqtail >> 2);
export const P_RUNNEXT = P_BASE + (descriptor.p_runnext >> 2);
export const P_RUNQ = P_BASE + (descriptor.p_runq >> 2);
export const M_CHEAPRAND = M_BASE + (descriptor.m_cheaprand >> 2);
/** The number of this thread's slice, 0 between two; and of the last one that the monitor found too long. */
export const M_SLICE = M_BASE + (descriptor.m_slice >> 2);
export const M_SLICE_OVER = M_BASE + (descriptor.m_slice_over >> 2);
/** 1 when the library itself has sent the trap FAULT, and not a body. */
export const M_FAULTED = M_BASE + (descriptor.m_faulted >> 2);
/** What handles begin at in the current world, and what is above all that this M has given out: src/native/handles.ts. */
export const M_HANDLE_BASE = M_BASE + (descriptor.m_handle_base >> 2);
export const M_HANDLE_NEXT = M_BASE + (descriptor.m_handle_next >> 2);
export const M_SCRATCH = M_BASE + (descriptor.m_scratch >> 2);

const { gobuf_muse } = native;

/** Does something as this instance's M: another instance on this thread may have another one. */
export function onOwnM<A extends unknown[], R>(f: (...args: A) => R, ...args: A): R {
  const before = gobuf_muse(mid);
  if (before === mid) return f(...args);
  try {
    return f(...args);
  } finally {
    gobuf_muse(before);
  }
}

/** {@link onOwnM} for what each step of a world calls: a list of arguments would take 50 ns. */
export function onOwnMWith<A, B, R>(f: (a: A, b: B) => R, a: A, b: B): R {
  const before = gobuf_muse(mid);
  if (before === mid) return f(a, b);
  try {
    return f(a, b);
  } finally {
    gobuf_muse(before);
  }
}

function commit(region: number, bytes: number): ArrayBuffer {
  const code = native.gobuf_arena_commit(region, bytes);
  if (code !== MEMORY_OK) throw new Error(`gobuf: cannot grow the arena to ${bytes} bytes: ${memoryError(code)}`);
  return view(native.gobuf_arena(region), bytes, "arena");
}

/** Region 0: header, Ms and Ps. */
export const mmem = new Int32Array(
  commit(
    REGION_HEADER,
    Math.max(
      descriptor.m_base + descriptor.m_max * descriptor.m_stride,
      descriptor.p_base + descriptor.m_max * descriptor.p_stride,
    ),
  ),
);
/** So many records a view covers at the least: what most programs need. */
const COVERED_LEAST = 16_384;

/** How many records a view is to cover, of `max`, so that there is the one of an index. */
function covering(index: number, max: number): number {
  return Math.min(max, Math.max(COVERED_LEAST, 2 ** Math.ceil(Math.log2(index + 1))));
}

/** Number of G records that `gmem` covers. */
let gcommitted = covering(Atomics.load(mmem, HEADER_G_NEXT) - 1, descriptor.g_max);
/** Number of sudogs that `smem` covers. */
let scommitted = covering(Atomics.load(mmem, HEADER_SUDOG_NEXT) - 1, descriptor.sudog_max);

// JavaScriptCore takes a variable for a constant until a function that assigns to it is called for the first time, and an
// access to a constant view is 2 instructions in place of 10. So these are set where they are declared, and anew by functions
// that most programs never call.
/** Region 1: G records, by word. */
export let gmem = new Int32Array(commit(REGION_G, gcommitted * descriptor.g_stride));
/** The same, by byte. */
export let gmem8 = new Uint8Array(gmem.buffer);
/** Region 2: sudogs, by word. */
export let smem = new Int32Array(commit(REGION_SUDOG, scommitted * descriptor.sudog_stride));

/** Makes sure that `gmem` covers the G of an index (another thread may have made it). */
export function coverG(index: number): void {
  if (index >= gcommitted) growG(index);
}

function growG(index: number): void {
  gcommitted = covering(index, descriptor.g_max);
  gmem = new Int32Array(commit(REGION_G, gcommitted * descriptor.g_stride));
  gmem8 = new Uint8Array(gmem.buffer);
}

function coverSudog(index: number): void {
  if (index >= scommitted) growSudogs(index);
}

function growSudogs(index: number): void {
  scommitted = covering(index, descriptor.sudog_max);
  smem = new Int32Array(commit(REGION_SUDOG, scommitted * descriptor.sudog_stride));
}

/** What a thread takes at a time: see gobuf_gs. */
function taken(first: number, what: string, max: number): number {
  if (first < EXECUTE_FIRST) return first;
  const why = first === EXECUTE_FULL ? `the arena holds ${max}` : executeError(first);
  throw new Error(`gobuf: no room for another ${what}: ${why}`);
}

/** Takes {@link chunkSize} Gs, which are this thread's until it ends. @returns the first one's index */
export function chunkOfG(): number {
  const first = taken(onOwnM(native.gobuf_gs), "goroutine", descriptor.g_max);
  coverG(first + chunkSize - 1);
  return first;
}

/** The same for sudogs. */
export function chunkOfSudogs(): number {
  const first = taken(onOwnM(native.gobuf_sudogs), "sudog", descriptor.sudog_max);
  coverSudog(first + chunkSize - 1);
  return first;
}

/** Indices in one chunk. */
export const chunkSize = descriptor.chunk_size;

/** A function of TypeScript that any thread may call: it runs when the event loop of this one has its turn. */
export function calledFromAnywhere(f: (word: number) => void): Address {
  // For good, as a call may come late.
  const callback = new JSCallback(f, { args: ["u32"], returns: "void", threadsafe: true });
  return callback.ptr as Address;
}

/** Where a function of the library lies, for a thread that has only its address. */
export function addressOfFunction(f: unknown): number {
  return Number((f as { ptr: Address | bigint }).ptr);
}

/** Sets what gobuf_call calls on this thread, for good: it gets a handle, and the word in the M's scratch. */
export function setCallback(f: (handle: number) => number): void {
  const callback = new JSCallback(f, { args: ["u32"], returns: "u32" });
  onOwnM(native.gobuf_callback_init, callback.ptr);
}
