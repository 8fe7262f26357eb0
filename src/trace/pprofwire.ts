/** The file format of pprof, a protocol buffer: profile.proto of github.com/google/pprof, as runtime/pprof/proto.go writes it. */
import type { Frame } from "./stacks.ts";

/** One sample: the innermost frame first, and a value of each type. */
export interface Line {
  readonly frames: readonly Frame[];
  readonly values: readonly number[];
}

// Fields of Profile.
const SAMPLE_TYPE = 1;
const SAMPLE = 2;
const LOCATION = 4;
const FUNCTION = 5;
const STRING_TABLE = 6;

/** Types of a field on the wire. */
const VARINT = 0;
const BYTES = 2;

const utf8 = new TextEncoder();

/** A message, as it is written. Numbers are whole, and not negative. */
class Message {
  private readonly bytes: number[] = [];

  private varint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      this.bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.bytes.push(rest);
    return this;
  }

  number(field: number, value: number): this {
    return value === 0 ? this : this.varint((field << 3) | VARINT).varint(value);
  }

  nested(field: number, content: Uint8Array): this {
    this.varint((field << 3) | BYTES).varint(content.length);
    for (const byte of content) this.bytes.push(byte);
    return this;
  }

  packed(field: number, values: readonly number[]): this {
    const content = new Message();
    for (const value of values) content.varint(value);
    return this.nested(field, content.done());
  }

  done(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.bytes);
  }
}

/** Numbers things from `first` on, each once. */
function numbering<T>(first: number): { readonly of: (item: T) => number; readonly all: () => IterableIterator<T> } {
  const numbers = new Map<T, number>();
  const of = (item: T) => {
    const known = numbers.get(item) ?? first + numbers.size;
    numbers.set(item, known);
    return known;
  };
  return { of, all: () => numbers.keys() };
}

/** A profile. @param types of the values: what each is, and its unit */
export function writeProfile(
  types: readonly (readonly [type: string, unit: string])[],
  lines: readonly Line[],
): Uint8Array<ArrayBuffer> {
  const profile = new Message();
  const strings = numbering<string>(0);
  const frames = numbering<Frame>(1);
  const functions = numbering<string>(1);
  strings.of("");
  for (const [type, unit] of types) {
    profile.nested(SAMPLE_TYPE, new Message().number(1, strings.of(type)).number(2, strings.of(unit)).done());
  }
  for (const line of lines) {
    const places = line.frames.map((frame) => frames.of(frame));
    profile.nested(SAMPLE, new Message().packed(1, places).packed(2, line.values.map(Math.round)).done());
  }
  for (const frame of frames.all()) {
    const at = new Message().number(1, functions.of(JSON.stringify([frame.func, frame.file]))).number(2, frame.line);
    profile.nested(LOCATION, new Message().number(1, frames.of(frame)).nested(4, at.done()).done());
  }
  for (const key of functions.all()) {
    const [func, file] = JSON.parse(key) as [string, string];
    const name = strings.of(func);
    const made = new Message().number(1, functions.of(key)).number(2, name).number(3, name).number(4, strings.of(file));
    profile.nested(FUNCTION, made.done());
  }
  for (const text of strings.all()) profile.nested(STRING_TABLE, utf8.encode(text));
  return profile.done();
}
