/**
 * The layout of the buffer by which a workload reaches the native body of arch/probe, and by which its events come back:
 * u32 words, which arch/probe reads under the same names. All positions are word indices from the buffer's start.
 */
import { OP_NAMES, type PlainOpName } from "../../golden/format.ts";

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
export const HEADER_WORDS = 64;

export const FLAG_JOIN = 1;
/** Fill and check registers around every op. */
export const FLAG_REGISTERS = 2;
/** Run ops at recursion depths of 0 to 8. */
export const FLAG_RECURSE = 4;

export const EVENT_WORDS = 6;
export const REPORT_WORDS = 16;
/** Words of a G block before its bitmaps of held locks. */
export const BLOCK_FIXED = 8;

/** Codes of the ops, from 1, in the order that arch/probe has them. */
export const CODES: Readonly<Record<PlainOpName, number>> = {
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
export function opName(code: number): string {
  return NAMES.get(code) ?? EDGES[code] ?? `op ${code}`;
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
