/** Reads what the native body left in a buffer: events, and what the probe saw; see probe-buffer.ts. */
import { EVENT_WORDS, H, opName, REPORT_WORDS } from "./probe-buffer.ts";

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

const REPORT_KINDS: Readonly<Record<number, string>> = {
  1: "register, seen from the goroutine",
  2: "local of a frame",
  3: "register of g0, after execute",
  4: "floating-point control word, seen from the goroutine",
  5: "floating-point control word of g0, after execute",
  6: "floating-point control word at the goroutine's first instruction",
  7: "stack pointer at the goroutine's first instruction",
  8: "floating-point control or TEB word within systemstack",
  9: "stack pointer within systemstack",
  10: "calls of systemstack's function",
};
const REPORT_LOCAL = 2;
/** Kinds of report that are not about one of the table's registers, with what they are about. */
const NO_REGISTER: Readonly<Record<number, string>> = { 7: "sp", 9: "sp", 10: "calls" };

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
    const name = kind === REPORT_LOCAL ? `local ${register}` : (NO_REGISTER[kind] ?? registerName(register));
    const what = REPORT_KINDS[kind] ?? `kind ${kind}`;
    const text =
      `${g}.${i} ${opName(code)}: ${name} (${what}, depth ${depth}): ` +
      `expected ${hex(buffer, at + 6)}, found ${hex(buffer, at + 10)}`;
    return { register, text };
  });
}
