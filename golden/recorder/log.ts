/** Reads the log that the recorder leaves (main.go and overlay/gobuf_record.go) as the two lists of a golden case. */
import { readSync } from "node:fs";
import type { Outcome } from "../format.ts";

const HEADER_BYTES = 4096;
const LEGEND_OFFSET = 8;
const EVENT_WORDS = 4;
const EVENT_BYTES = EVENT_WORDS * 4;
/** Bytes of a log: room for a million events. */
export const LOG_BYTES = HEADER_BYTES + (1 << 20) * EVENT_BYTES;

const STATUS_EVENT = 1;
const OP_EVENT = 2;
/** goid of the goroutine that runs main.main. */
const MAIN_GOID = 1;
/** Statuses of runtime2.go that a trace speaks of. */
const IDLE = 0;
const RUNNING = 2;
const WAITING = 4;
const DEAD = 6;
const COPYSTACK = 8;
const STATUS_NAMES: Readonly<Record<number, string>> = { 1: "runnable", 2: "running", 4: "waiting", 6: "dead" };

/** The texts behind the numbers in a log, written by the recorder. */
interface Legend {
  readonly go: string;
  readonly reasons: readonly string[];
  readonly ops: readonly string[];
  readonly results: readonly string[];
}

export interface Trace {
  readonly ops: string[];
  readonly status: string[];
  /** Whether main came to its end, which stops the recording. */
  readonly done: boolean;
}

function isLegend(value: unknown): value is Legend {
  const legend = value as Legend;
  const texts = (list: unknown) => Array.isArray(list) && list.every((text) => typeof text === "string");
  return texts(legend?.reasons) && texts(legend?.ops) && texts(legend?.results) && typeof legend.go === "string";
}

function readExactly(fd: number, bytes: number, position: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (readSync(fd, buffer, 0, bytes, position) !== bytes) throw new Error("the log is shorter than its header says");
  return buffer;
}

/**
 * Reads the log open as `fd`.
 * @throws when the log is not whole, or holds something that a recording must not contain (a goroutine of Go's own
 * runtime that ran, a status that no workload brings about, an event of a goroutine that is not running)
 */
export function readTrace(fd: number): Trace {
  const header = readExactly(fd, HEADER_BYTES, 0);
  const count = header.readUInt32LE(0);
  const legendBytes = header.readUInt32LE(4);
  if (legendBytes === 0) throw new Error("the recorder ended before it recorded anything");
  const legend: unknown = JSON.parse(header.toString("utf8", LEGEND_OFFSET, LEGEND_OFFSET + legendBytes));
  if (!isLegend(legend)) throw new Error("the log does not begin with its legend, the texts behind its numbers");
  if (HEADER_BYTES + count * EVENT_BYTES > LOG_BYTES) throw new Error(`the log is full: ${count} events`);
  const body = readExactly(fd, count * EVENT_BYTES, HEADER_BYTES);
  return decode(new Uint32Array(body.buffer, body.byteOffset, count * EVENT_WORDS), legend);
}

function decode(words: Uint32Array, legend: Legend): Trace {
  const trace = { ops: [] as string[], status: [] as string[], done: false };
  const numbers = new Map<number, number>([[MAIN_GOID, 0]]);
  let running: number | undefined = 0;
  for (let at = 0; at < words.length; at += EVENT_WORDS) {
    const [head, who] = [words[at], words[at + 1]];
    if ((head & 0xff) === STATUS_EVENT) {
      const [from, to] = [(head >>> 8) & 0xff, (head >>> 16) & 0xff];
      if (from === COPYSTACK || to === COPYSTACK || (from === IDLE && to === DEAD)) continue;
      if (from === DEAD) numbers.set(who, numbers.size);
      const g = numbers.get(who);
      if (g === undefined) throw new Error(`goroutine ${who} of Go's own runtime went ${from}>${to} while recording`);
      trace.status.push(`${g} ${transition(from, to, legend.reasons[head >>> 24])}`);
      if (to === RUNNING) running = g;
      else if (from === RUNNING) running = undefined;
    } else if ((head & 0xff) === OP_EVENT) {
      if (who !== running)
        throw new Error(
          `the log has an operation of goroutine ${who} while ${running === undefined ? "none" : `goroutine ${running}`} was running`,
        );
      const [op, result] = [legend.ops[(head >>> 8) & 0xff], legend.results[(head >>> 16) & 0xff]];
      if (op === "done") trace.done = true;
      trace.ops.push(opEvent(who, op, result, words[at + 2], words[at + 3] | 0));
    } else throw new Error(`unknown kind of event in the log: ${head & 0xff}`);
  }
  return trace;
}

function transition(from: number, to: number, reason: string | undefined): string {
  const [before, after] = [from === DEAD ? "idle" : STATUS_NAMES[from], STATUS_NAMES[to]];
  if (before === undefined || after === undefined) throw new Error(`unexpected status change ${from}>${to}`);
  return to === WAITING ? `${before}>${after} ${reason}` : `${before}>${after}`;
}

function opEvent(g: number, op: string, result: string, index: number, value: number): string {
  switch (op) {
    case "start":
      return `${g} start ${index}`;
    case "exit":
    case "done":
      return `${g} ${op}`;
    default: {
      const text = result === "number" ? value : result;
      return text === "" ? `${g}.${index} ${op}` : `${g}.${index} ${op} ${text}`;
    }
  }
}

/** Removes the header of 16 bytes (NUL NUL P B, time, length) that a faketime build puts before each write. */
export function stripPlayback(output: Buffer): string {
  let text = "";
  let at = 0;
  while (at < output.length) {
    const next = output.indexOf("\0\0PB", at, "latin1");
    if (next < 0 || next + 16 > output.length) return text + output.toString("utf8", at);
    const from = next + 16;
    const to = from + output.readUInt32BE(next + 12);
    text += output.toString("utf8", at, next) + output.toString("utf8", from, to);
    at = to;
  }
  return text;
}

const FATAL: readonly (readonly [text: string, outcome: Outcome])[] = [
  ["fatal error: all goroutines are asleep - deadlock!", "deadlock"],
  ["fatal error: no goroutines (main called runtime.Goexit) - deadlock!", "nogoroutines"],
];
/** Exit status of a Go process that threw. */
const THROW_STATUS = 2;

/** How a recorder process ended, or undefined when it ended in no way that a workload can bring about. */
export function outcomeOf(exitCode: number | null, stderr: string, done: boolean): Outcome | undefined {
  if (done) return exitCode === 0 ? "return" : undefined;
  if (exitCode !== THROW_STATUS) return undefined;
  return FATAL.find(([text]) => stderr.startsWith(text))?.[1];
}
