/** A Go trace taken apart into its events, and put together again: for tests that change one. */

/** Names of the events of an M that gobuf writes, with how many numbers follow each, its time among them. */
const EVENTS: Readonly<Record<number, readonly [name: string, numbers: number]>> = {
  10: ["ProcStart", 3],
  11: ["ProcStop", 1],
  13: ["ProcStatus", 3],
  14: ["GoCreate", 4],
  16: ["GoStart", 3],
  17: ["GoDestroy", 1],
  19: ["GoStop", 3],
  20: ["GoBlock", 3],
  21: ["GoUnblock", 4],
  25: ["GoStatus", 4],
  40: ["UserTaskBegin", 5],
  41: ["UserTaskEnd", 3],
  42: ["UserRegionBegin", 4],
  43: ["UserRegionEnd", 4],
  44: ["UserLog", 5],
  48: ["GoStatusStack", 5],
};
const TYPES = new Map(Object.entries(EVENTS).map(([type, [name]]) => [name, Number(type)]));
const BATCH = 1;
const END_OF_GENERATION = 52;
const HEADER_BYTES = 16;
/** What a structural batch begins with, by its first byte. */
const STRUCTURAL: Readonly<Record<number, string>> = { 2: "stacks", 4: "strings", 50: "sync" };

/** An event of the M; `args[0]` is the time since the event before. */
export interface WireEvent {
  name: string;
  args: number[];
}

/** A batch, or the end of a generation. What is not of the M stays bytes. */
export type WirePart =
  | { kind: "events"; generation: number; m: number; time: number; events: WireEvent[] }
  | { kind: string; bytes: Uint8Array };

/** A trace. */
export interface Wire {
  header: Uint8Array;
  parts: WirePart[];
}

class Cursor {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error("the trace ends too early");
    return byte;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }
}

function eventsOf(bytes: Uint8Array): WireEvent[] {
  const events: WireEvent[] = [];
  for (const cursor = new Cursor(bytes); cursor.at < bytes.length; ) {
    const type = cursor.byte();
    const [name, numbers] = EVENTS[type] ?? [];
    if (name === undefined) throw new Error(`event type ${type}`);
    events.push({ name, args: Array.from({ length: numbers ?? 0 }, () => cursor.number()) });
  }
  return events;
}

/** Takes a trace apart. @throws Error when it is not one */
export function decode(bytes: Uint8Array): Wire {
  const cursor = new Cursor(bytes);
  cursor.at = HEADER_BYTES;
  const parts: WirePart[] = [];
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const type = cursor.byte();
    if (type === END_OF_GENERATION) {
      parts.push({ kind: "end", bytes: bytes.slice(start, cursor.at) });
      continue;
    }
    if (type !== BATCH) throw new Error(`a batch of type ${type}`);
    const [generation, m, time, size] = [cursor.number(), cursor.number(), cursor.number(), cursor.number()];
    const data = bytes.subarray(cursor.at, cursor.at + size);
    cursor.at += size;
    const structural = STRUCTURAL[data[0] ?? 0];
    if (structural === undefined) parts.push({ kind: "events", generation, m, time, events: eventsOf(data) });
    else parts.push({ kind: structural, bytes: bytes.slice(start, cursor.at) });
  }
  return { header: bytes.slice(0, HEADER_BYTES), parts };
}

function pushNumber(out: number[], value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80);
  out.push(rest);
}

/** Puts a trace together. */
export function encode({ header, parts }: Wire): Uint8Array {
  const out: number[] = [...header];
  for (const part of parts) {
    if ("bytes" in part) {
      for (const byte of part.bytes) out.push(byte);
      continue;
    }
    const data: number[] = [];
    for (const { name, args } of part.events) {
      data.push(TYPES.get(name) ?? 0);
      for (const arg of args) pushNumber(data, arg);
    }
    out.push(BATCH);
    for (const number of [part.generation, part.m, part.time, data.length]) pushNumber(out, number);
    for (const byte of data) out.push(byte);
  }
  return Uint8Array.from(out);
}

/** All events of the M, in order: the arrays are the trace's own. */
export function eventLists(wire: Wire): WireEvent[][] {
  return wire.parts.flatMap((part) => ("events" in part ? [part.events] : []));
}
