/** Writes a workload into a buffer for the native body; see probe-buffer.ts. */
import { GOROUTINES_MAX, isTimerOp, type Op, type Workload } from "../../golden/format.ts";
import {
  BLOCK_FIXED,
  CODES,
  EVENT_WORDS,
  FLAG_JOIN,
  H,
  HEADER_WORDS,
  MAGIC,
  REPORT_WORDS,
  setWide,
  VERSION,
} from "./probe-buffer.ts";

/** Mismatches that one run can report; the others are counted. */
const REPORTS_MAX = 16;
const CASE_SEND = 0x8000_0000;
const SELECT_DEFAULT = 0x8000_0000;
const NS_PER_US = 1000n;

/** Handles of a workload's objects; see src/native/handles.ts. */
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
  if (isTimerOp(op)) throw new Error(`native bodies have no operation ${op[0]}`);
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
