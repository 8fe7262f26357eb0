/**
 * Values between threads. A value is a 64-bit word: a number as it is, a few others as NaNs that no number is, and the rest
 * as the address of its bytes in native memory (arch/workers/ops.zig): text, JSON where that gives the value back, else what
 * Bun's serializer makes of it.
 */
import { deserialize, serialize } from "bun:jsc";
import { SHARE_OP_MEMORY } from "../runtime/codes.ts";
import { addressOf, M_SCRATCH, mmem, native } from "../runtime/ffi.ts";
import { type Codec, word } from "../runtime/word.ts";
import { checkValue } from "./check.ts";
import { type Member, SUDOG } from "./group.ts";
import { mark, unmark } from "./marks.ts";

// Words that no number has: quiet NaNs with a sign. What JavaScript computes is the one without.
const BYTES = 0xfffa0000;
const SIMPLE = 0xfffb0000;
const simple: readonly unknown[] = [undefined, null, false, true];

// What lies behind an address.
const TEXT = 1;
const JSON_TEXT = 2;
const SERIAL = 3;
const SERIAL_MARKED = 4;

/** The word that {@link toWord} has made. */
export const halves: Int32Array = word;
const double = new Float64Array(word.buffer);

/** Bytes on their way. It grows, up to what is kept. */
let room = new Uint8Array(4096);
const ROOM_MAX = 1 << 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
let roomAddress = addressOf(room);

function grow(bytes: number): void {
  if (bytes <= room.length) return;
  room = new Uint8Array(2 ** Math.ceil(Math.log2(bytes)));
  roomAddress = addressOf(room);
}

function shrink(): void {
  if (room.length <= ROOM_MAX) return;
  room = new Uint8Array(4096);
  roomAddress = addressOf(room);
}

/** Makes the word of a value, in {@link halves}. @throws TypeError for what cannot go to another thread */
export function toWord(member: Member, codec: Codec<unknown> | null, operation: string, value: unknown): void {
  if (codec !== null) return codec.toWord(value, halves);
  switch (typeof value) {
    case "number":
      double[0] = value;
      // Any NaN is the one.
      if (Number.isNaN(value)) halves[1] = 0x7ff80000;
      return;
    case "string":
      return text(member, operation, value);
    case "undefined":
    case "boolean":
      return simply(value);
    default:
      return value === null ? simply(value) : object(member, operation, value);
  }
}

function simply(value: undefined | null | boolean): void {
  halves[0] = simple.indexOf(value);
  halves[1] = SIMPLE;
}

function text(member: Member, operation: string, value: string): void {
  if (!value.isWellFormed()) return object(member, operation, value);
  putText(member, value, TEXT);
}

function putText(member: Member, value: string, flags: number): void {
  grow(3 * value.length);
  const { written } = encoder.encodeInto(value, room);
  putBytes(member, roomAddress, written, flags);
  shrink();
}

function object(member: Member, operation: string, value: unknown): void {
  const found = checkValue(operation, value);
  if (found.json) return putText(member, JSON.stringify(value), JSON_TEXT);
  const bytes = new Uint8Array(serialize(found.marked ? mark(member, value) : value) as unknown as ArrayBuffer);
  putBytes(member, addressOf(bytes), bytes.length, found.marked ? SERIAL_MARKED : SERIAL);
}

function putBytes(member: Member, from: ReturnType<typeof addressOf>, bytes: number, flags: number): void {
  if (native.gobuf_share_put(member.me, from, bytes, flags) === 0) member.heed(SHARE_OP_MEMORY);
  halves[0] = mmem[SUDOG] as number;
  halves[1] = BYTES | (mmem[SUDOG + 1] as number);
}

/** The value of a word. */
export function fromWord(member: Member, codec: Codec<unknown> | null, lo: number, hi: number): unknown {
  if (codec !== null) return codec.fromWord(lo, hi);
  const kind = (hi & 0xffff0000) >>> 0;
  if (kind === BYTES) return fromBytes(member, lo, hi & 0xffff);
  if (kind === SIMPLE) return simple[lo];
  halves[0] = lo;
  halves[1] = hi;
  return double[0];
}

function takeBytes(member: Member, lo: number, hi: number): number {
  const bytes = native.gobuf_share_take(member.me, lo >>> 0, hi, roomAddress, room.length);
  if (bytes <= room.length) return bytes;
  grow(bytes);
  return native.gobuf_share_take(member.me, lo >>> 0, hi, roomAddress, room.length);
}

function fromBytes(member: Member, lo: number, hi: number): unknown {
  const bytes = takeBytes(member, lo, hi);
  const flags = mmem[M_SCRATCH] as number;
  const view = room.subarray(0, bytes);
  try {
    if (flags === TEXT) return decoder.decode(view);
    if (flags === JSON_TEXT) return JSON.parse(decoder.decode(view));
    const value: unknown = deserialize(view.slice().buffer);
    return flags === SERIAL_MARKED ? unmark(member, value) : value;
  } finally {
    shrink();
  }
}

/** Gives back the memory of a word that nobody will have. */
export function dropWord(member: Member, codec: Codec<unknown> | null, lo: number, hi: number): void {
  if (codec === null && (hi & 0xffff0000) >>> 0 === BYTES) takeBytes(member, lo, hi & 0xffff);
}
