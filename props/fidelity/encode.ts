/**
 * The buffer by which a workload reaches the native body of arch/probe, and by which its events come back. One layout,
 * in u32 words, that arch/probe reads under the same names; all positions are word indices from the buffer's start.
 */
import { GOROUTINES_MAX, OP_NAMES, type Op, type OpName, type Workload } from "../../golden/format.ts";

export const MAGIC = 0x47505242;
export const VERSION = 1;

/** Places of the header's words. */
export const H = {
  magic: 0,
  version: 1,
  words: 2,
  seed: 3,
  flags: 5,
  spawnLimit: 6,
  spawned: 7,
  done: 8,
  bodies: 9,
  chans: 11,
  mutexes: 13,
  rwmutexes: 15,
  waitgroups: 17,
  conds: 19,
  condLocks: 21,
  onces: 22,
  join: 24,
  log: 25,
  logCapacity: 26,
  logCount: 27,
  logLost: 28,
  blocks: 29,
  blockStride: 30,
  reports: 31,
  reportCapacity: 32,
  reportCount: 33,
  reportLost: 34,
  opsRun: 35,
  registersCompared: 37,
  framesChecked: 39,
  regionM: 41,
  regionG: 43,
  m: 45,
} as const;
const HEADER_WORDS = 64;

export const FLAG_JOIN = 1;
/** Fill and check registers around every op. */
export const FLAG_REGISTERS = 2;
/** Run ops at recursion depths of 0 to 8. */
export const FLAG_RECURSE = 4;

const EVENT_WORDS = 6;
const REPORT_WORDS = 16;
const REPORTS_MAX = 16;
/** Words of a G block before its bitmaps of held locks. */
const BLOCK_FIXED = 8;

/** Codes of the ops, from 1, in the order that arch/probe has them. */
const CODES: Readonly<Record<OpName, number>> = {
  go: 1,
  send: 2,
  recv: 3,
  close: 4,
  select: 5,
  lock: 6,
  unlock: 7,
  wlock: 8,
  wunlock: 9,
  rlock: 10,
  runlock: 11,
  wgadd: 12,
  wgdone: 13,
  wgwait: 14,
  condwait: 15,
  signal: 16,
  broadcast: 17,
  gosched: 18,
  sleep: 19,
  goexit: 20,
  once: 21,
  work: 22,
};
/** Codes of what a goroutine does before and after its ops. */
const EDGES: Readonly<Record<number, string>> = { 100: "start", 101: "once enter", 102: "exit", 103: "done" };
const NAMES = new Map(OP_NAMES.map((name) => [CODES[name], name]));

/** Name of an op's code, or of what stands outside of the ops. */
function opName(code: number): string {
  return NAMES.get(code) ?? EDGES[code] ?? `op ${code}`;
}

const CASE_SEND = 0x8000_0000;
const SELECT_DEFAULT = 0x8000_0000;
const NS_PER_US = 1000n;

/** Handles of a workload's objects; see src/trap.ts. */
export interface Handles {
  readonly chans: readonly number[];
  readonly mutexes: readonly number[];
  readonly rwmutexes: readonly number[];
  readonly waitgroups: readonly number[];
  readonly conds: readonly number[];
  readonly condLocks: readonly number[];
  readonly onces: readonly number[];
  /** 0 without a join. */
  readonly join: number;
}

/** What the probe has to know of the thread it runs on. */
export interface Machine {
  /** Addresses of the library's regions of Ms and of Gs. */
  readonly regionM: number;
  readonly regionG: number;
  /** Index of this thread's M. */
  readonly m: number;
}

/** Grows as it is written. */
class Words {
  readonly list: number[] = new Array(HEADER_WORDS).fill(0);

  append(words: readonly number[]): number {
    const at = this.list.length;
    for (const word of words) this.list.push(word);
    return at;
  }
}

/** Appends a body and, before it, the once bodies in it. @returns where it lies */
function appendOps(words: Words, ops: readonly Op[]): number {
  const encoded = ops.flatMap((op) => encodeOp(words, op));
  return words.append(encoded);
}

function encodeOp(words: Words, op: Op): number[] {
  const out = [CODES[op[0]], 0, 0, 0, 0, 0];
  switch (op[0]) {
    case "select":
      out[1] = (op[1].length | (op[2] ? SELECT_DEFAULT : 0)) >>> 0;
      op[1].forEach(([dir, c], i) => {
        out[2 + i] = (c | (dir === "send" ? CASE_SEND : 0)) >>> 0;
      });
      break;
    case "sleep": {
      const ns = BigInt(op[1]) * NS_PER_US;
      out[1] = Number(BigInt.asUintN(32, ns));
      out[2] = Number(BigInt.asUintN(32, ns >> 32n));
      break;
    }
    case "once":
      out[1] = op[1];
      out[2] = appendOps(words, op[2]);
      out[3] = op[2].length;
      break;
    case "gosched":
    case "goexit":
      break;
    default:
      out[1] = op[1];
  }
  return out;
}

/** Most events that a workload can leave. */
function eventsMax(workload: Workload): number {
  const length = (ops: readonly Op[]): number =>
    ops.reduce((sum, op) => sum + (op[0] === "once" ? 2 + length(op[2]) : 1), 3);
  return (GOROUTINES_MAX + 1) * Math.max(...workload.bodies.map(length));
}

/**
 * Encodes a workload.
 *
 * @param seed of the register values, recursion depths and frames
 * @param opsMax most op events wanted
 * @returns the buffer; the native main's argument is the G block at word `H.blocks`
 */
export function encodeWorkload(
  workload: Workload,
  handles: Handles,
  machine: Machine,
  seed: number,
  flags: number,
  opsMax: number,
): Uint32Array<ArrayBuffer> {
  const words = new Words();
  const { list } = words;
  const table = (at: number, values: readonly number[]) => {
    list[at] = values.length;
    list[at + 1] = words.append(values);
  };
  const bodies = workload.bodies.flatMap((ops) => [appendOps(words, ops), ops.length]);
  list[H.bodies] = workload.bodies.length;
  list[H.bodies + 1] = words.append(bodies);
  table(H.chans, handles.chans);
  table(H.mutexes, handles.mutexes);
  table(H.rwmutexes, handles.rwmutexes);
  table(H.waitgroups, handles.waitgroups);
  table(H.conds, handles.conds);
  list[H.condLocks] = words.append(handles.condLocks);
  table(H.onces, handles.onces);
  const align = (n: number) => (n + 15) & ~15;
  const bitmap = (count: number) => (count + 31) >> 5;
  const stride = align(BLOCK_FIXED + bitmap(workload.mutexes) + 2 * bitmap(workload.rwmutexes));
  const blocks = align(list.length);
  const reports = blocks + stride * (GOROUTINES_MAX + 1);
  const log = reports + REPORT_WORDS * REPORTS_MAX;
  const logCapacity = Math.min(opsMax, eventsMax(workload));
  const buffer = new Uint32Array(log + EVENT_WORDS * logCapacity);
  buffer.set(list);
  const set = {
    magic: MAGIC,
    version: VERSION,
    words: buffer.length,
    flags: flags | (workload.join ? FLAG_JOIN : 0),
    spawnLimit: GOROUTINES_MAX,
    join: handles.join,
    log,
    logCapacity,
    blocks,
    blockStride: stride,
    reports,
    reportCapacity: REPORTS_MAX,
    m: machine.m,
  };
  for (const [name, value] of Object.entries(set)) buffer[H[name as keyof typeof H]] = value;
  setWide(buffer, H.seed, seed);
  setWide(buffer, H.regionM, machine.regionM);
  setWide(buffer, H.regionG, machine.regionG);
  return buffer;
}

const START = 100;
const ONCE_ENTER = 101;
const EXIT = 102;
const DONE = 103;

/** Two halves as a decimal number. */
function decimal(lo: number, hi: number): string {
  return hi === 0 ? String(lo) : String((BigInt(hi) << 32n) | BigInt(lo));
}

function decodeEvent(words: Uint32Array, at: number): string {
  const [g, kind, i, result, lo, hi] = words.subarray(at, at + EVENT_WORDS) as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const value = decimal(lo, hi);
  switch (kind) {
    case START:
      return `${g} start ${value}`;
    case ONCE_ENTER:
      return `${g}.${i} once enter`;
    case EXIT:
      return `${g} exit`;
    case DONE:
      return `${g} done`;
    default: {
      const results = ["", ` ${value}`, " closed", " default", " panic"];
      return `${g}.${i} ${opName(kind)}${results[result] ?? ` result ${result}`}`;
    }
  }
}

/** The events in a buffer, as an ops list. */
export function decodeLog(buffer: Uint32Array): string[] {
  const count = Math.min(buffer[H.logCount] as number, buffer[H.logCapacity] as number);
  const start = buffer[H.log] as number;
  return Array.from({ length: count }, (_, n) => decodeEvent(buffer, start + n * EVENT_WORDS));
}

/** Writes a u64; `value` is below 2^53. */
export function setWide(buffer: Uint32Array, at: number, value: number): void {
  buffer[at] = value >>> 0;
  buffer[at + 1] = Math.floor(value / 0x1_0000_0000);
}

/** A u64 of a buffer, as a number; exact below 2^53. */
export function wide(buffer: Uint32Array, at: number): number {
  return (buffer[at + 1] as number) * 0x1_0000_0000 + (buffer[at] as number);
}

const REPORT_KINDS: Readonly<Record<number, string>> = {
  1: "register, seen from the goroutine",
  2: "local of a frame",
  3: "register of g0, after execute",
  4: "floating-point control word, seen from the goroutine",
  5: "floating-point control word of g0, after execute",
  6: "floating-point control word at the goroutine's first instruction",
  7: "stack pointer at the goroutine's first instruction",
};
const REPORT_LOCAL = 2;
const REPORT_SP = 7;

/** Four words, low first, as hexadecimal; the upper two only where the register has them. */
function hex(words: Uint32Array, at: number): string {
  const digits = [3, 2, 1, 0].map((i) => (words[at + i] as number).toString(16).padStart(8, "0")).join("");
  return `0x${digits.replace(/^0{16}/, "")}`;
}

/** One mismatch that the probe saw. */
export interface Report {
  /** Id of the register; of a local, its index. */
  readonly register: number;
  /** Goroutine, op, register, expected and found, on a line. */
  readonly text: string;
}

/** The mismatches in a buffer. */
export function decodeReports(buffer: Uint32Array, registerName: (id: number) => string): Report[] {
  const count = Math.min(buffer[H.reportCount] as number, buffer[H.reportCapacity] as number);
  return Array.from({ length: count }, (_, n) => {
    const at = (buffer[H.reports] as number) + n * REPORT_WORDS;
    const [kind, g, i, code, register, depth] = buffer.subarray(at, at + 6) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const name = kind === REPORT_LOCAL ? `local ${register}` : kind === REPORT_SP ? "sp" : registerName(register);
    const what = REPORT_KINDS[kind] ?? `kind ${kind}`;
    const text =
      `${g}.${i} ${opName(code)}: ${name} (${what}, depth ${depth}): ` +
      `expected ${hex(buffer, at + 6)}, found ${hex(buffer, at + 10)}`;
    return { register, text };
  });
}
