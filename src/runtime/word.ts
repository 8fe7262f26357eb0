/**
 * Codecs: they turn values of TypeScript into 64-bit words of native bodies, and back. Go has no counterpart: its
 * channels have one type at both ends.
 */
import { PanicError } from "./panic.ts";

/**
 * Turns a `T` into a 64-bit word and back, for channels and callbacks that native bodies share. A word is two 32-bit
 * halves, the lower one first.
 *
 * @typeParam T the type of the values
 * @example
 * ```ts
 * // Text of up to eight bytes.
 * const text: native.Codec<string> = {
 *   name: "text",
 *   toWord(value, word) {
 *     const bytes = new TextEncoder().encode(value);
 *     if (bytes.length > 8) throw new RangeError(`${value}: expected at most 8 bytes`);
 *     new Uint8Array(word.buffer).fill(0).set(bytes);
 *   },
 *   fromWord: (lo, hi) => new TextDecoder().decode(Int32Array.of(lo, hi)).replace(/\0+$/, ""),
 * };
 * const words = native.chan(text, 1);
 * yield* words.send("ant");
 * console.log(yield* words.recv()); // ant
 * ```
 */
export interface Codec<T> {
  /** The name that errors show. */
  readonly name: string;
  /**
   * Writes a value's word into `word`, which has two elements and a buffer of its own. It is called when the value is
   * sent: if it throws, `send` throws, and nothing is sent. It is called again when a native body receives the value.
   */
  toWord(value: T, word: Int32Array): void;
  /** The value of a word. @param lo its lower half, signed or unsigned @param hi its upper half */
  fromWord(lo: number, hi: number): T;
}

/** The word that a codec writes: its two halves. */
export const word = new Int32Array(2);

/** The built-in codecs write into this one alone, or into its like. */
const doubles = new Float64Array(word.buffer);

/** A value in a message, cut short. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "symbol" || (typeof value !== "object" && typeof value !== "function")) return String(value);
  return value === null ? "null" : `a value of ${(value as object).constructor?.name ?? "no class"}`;
}

function unfit(codec: string, value: unknown, expected: string): never {
  throw new PanicError(`gobuf: ${show(value)} does not fit a word of codec ${codec}: expected ${expected}`);
}

/** Whether a number is a whole one in a range. -0 is none: a word of an integer has no such thing. */
function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max && !Object.is(value, -0);
}

/**
 * The codec of integers from -2^31 to 2^31-1: `int32_t` in C. Of a word that a native body sends, the lower half
 * counts.
 *
 * @example
 * ```ts
 * const ch = native.chan(native.i32, 1);
 * yield* ch.send(-5);
 * console.log(yield* ch.recv()); // -5
 * ```
 */
export const i32: Codec<number> = {
  name: "i32",
  toWord(value, to) {
    if (value !== (value | 0) || (value === 0 && Object.is(value, -0))) {
      unfit("i32", value, "an integer from -2^31 to 2^31-1");
    }
    to[0] = value;
    to[1] = value >> 31;
  },
  fromWord: (lo) => lo | 0,
};

/**
 * The codec of integers from 0 to 2^32-1: `uint32_t` in C. Of a word that a native body sends, the lower half counts.
 *
 * @example
 * ```ts
 * const ch = native.chan(native.u32, 1);
 * yield* ch.send(0xffff_ffff);
 * console.log(yield* ch.recv()); // 4294967295
 * ```
 */
export const u32: Codec<number> = {
  name: "u32",
  toWord(value, to) {
    if (!isWhole(value, 0, 0xffff_ffff)) unfit("u32", value, "an integer from 0 to 2^32-1");
    to[0] = value;
    to[1] = 0;
  },
  fromWord: (lo) => lo >>> 0,
};

/**
 * The codec of all numbers: `double` in C, through gobuf_from_f64 and gobuf_to_f64. A NaN arrives as a NaN, perhaps
 * with other payload bits.
 *
 * @example
 * ```ts
 * const ch = native.chan(native.f64, 1);
 * yield* ch.send(0.1);
 * console.log(yield* ch.recv()); // 0.1
 * ```
 */
export const f64: Codec<number> = {
  name: "f64",
  toWord(value, to) {
    if (typeof value !== "number") unfit("f64", value, "a number");
    doubles[0] = value;
    if (to !== word) to.set(word);
  },
  fromWord(lo, hi) {
    word[0] = lo;
    word[1] = hi;
    return doubles[0] as number;
  },
};

function splitBigInt(value: bigint, to: Int32Array): void {
  to[0] = Number(BigInt.asIntN(32, value));
  to[1] = Number(BigInt.asIntN(32, value >> 32n));
}

function unsigned(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/**
 * The codec of BigInts from 0 to 2^64-1: `uint64_t` in C.
 *
 * @example
 * ```ts
 * const ch = native.chan(native.u64, 1);
 * yield* ch.send(2n ** 64n - 1n);
 * console.log(yield* ch.recv()); // 18446744073709551615n
 * ```
 */
export const u64: Codec<bigint> = {
  name: "u64",
  toWord(value, to) {
    if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) {
      unfit("u64", value, "a BigInt from 0 to 2^64-1");
    }
    splitBigInt(value, to);
  },
  fromWord: unsigned,
};

/**
 * The codec of BigInts from -2^63 to 2^63-1: `int64_t` in C.
 *
 * @example
 * ```ts
 * const ch = native.chan(native.i64, 1);
 * yield* ch.send(-(2n ** 63n));
 * console.log(yield* ch.recv()); // -9223372036854775808n
 * ```
 */
export const i64: Codec<bigint> = {
  name: "i64",
  toWord(value, to) {
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) {
      unfit("i64", value, "a BigInt from -2^63 to 2^63-1");
    }
    splitBigInt(value, to);
  },
  fromWord: (lo, hi) => (BigInt(hi) << 32n) | BigInt(lo >>> 0),
};

/**
 * The codec of timers' channels: milliseconds since the Unix epoch, with fractions, in TypeScript; whole nanoseconds, Go's
 * UnixNano, in a native body. @internal
 */
export const time: Codec<number> = {
  name: "time",
  toWord(value, to) {
    if (typeof value !== "number" || !Number.isFinite(value)) unfit("time", value, "milliseconds");
    const ms = Math.floor(value);
    splitBigInt(BigInt(ms) * 1_000_000n + BigInt(Math.round((value - ms) * 1e6)), to);
  },
  fromWord(lo, hi) {
    const ns = i64.fromWord(lo, hi);
    return Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6;
  },
};

/** Two halves of a 64-bit word as a value: a number below 2^53, else a BigInt. Nothing is lost. */
export function wordToValue(lo: number, hi: number): number | bigint {
  if (hi === 0) return lo >>> 0;
  const n = (hi >>> 0) * 0x1_0000_0000 + (lo >>> 0);
  return n <= Number.MAX_SAFE_INTEGER ? n : unsigned(lo, hi);
}

/**
 * What a channel or callback without a codec does: words come as numbers below 2^53, else as BigInts; what goes is a
 * whole number, a BigInt of 64 bits, signed or not, a boolean, or undefined, which is 0.
 */
export const plain: Codec<unknown> = {
  name: "none",
  toWord(value, to) {
    if (value === undefined) to.fill(0);
    else if (typeof value === "number" && Number.isSafeInteger(value)) {
      to[0] = value | 0;
      to[1] = Math.floor(value / 0x1_0000_0000);
    } else if (typeof value === "boolean") {
      to[0] = value ? 1 : 0;
      to[1] = 0;
    } else if (
      typeof value === "bigint" &&
      (BigInt.asUintN(64, value) === value || BigInt.asIntN(64, value) === value)
    ) {
      splitBigInt(value, to);
    } else unfit("none", value, "an integer of at most 53 bits, a BigInt of at most 64, or a boolean");
  },
  fromWord: wordToValue,
};
