/** Symbols and code of a library with symbols (`zig build -Dstrip=false`), ELF or Mach-O: what a static check reads. */
import { readFileSync } from "node:fs";

/** A function's code, and whether other libraries see it. */
export interface Symbol {
  readonly address: number;
  readonly isExported: boolean;
}

/** A library's functions by their C names. */
export interface Image {
  readonly symbols: ReadonlyMap<string, Symbol>;
  /** The bytes from one address up to another. */
  code(from: number, to: number): Buffer;
}

function textAt(data: Buffer, at: number): string {
  return data.toString("latin1", at, data.indexOf(0, at));
}

function readElf(data: Buffer): Image {
  const symbols = new Map<string, Symbol>();
  const sections = Number(data.readBigUInt64LE(40));
  const header = (i: number) => sections + i * data.readUInt16LE(58);
  const place = (at: number) => ({
    offset: Number(data.readBigUInt64LE(at + 24)),
    size: Number(data.readBigUInt64LE(at + 32)),
  });
  let shift = 0;
  for (let i = 0; i < data.readUInt16LE(60); i++) {
    const at = header(i);
    const type = data.readUInt32LE(at + 4);
    const isCode = (Number(data.readBigUInt64LE(at + 8)) & 4) !== 0;
    if (isCode && type === 1) shift = Number(data.readBigUInt64LE(at + 16)) - place(at).offset;
    if (type !== 2) continue; // SHT_SYMTAB
    const names = place(header(data.readUInt32LE(at + 40))).offset;
    const { offset, size } = place(at);
    for (let s = offset; s < offset + size; s += 24) {
      const isGlobal = data.readUInt8(s + 4) >> 4 === 1;
      const visibility = data.readUInt8(s + 5) & 3;
      const name = textAt(data, names + data.readUInt32LE(s));
      // STV_DEFAULT and STV_PROTECTED are seen from outside.
      const isExported = isGlobal && (visibility === 0 || visibility === 3);
      if (name !== "") symbols.set(name, { address: Number(data.readBigUInt64LE(s + 8)), isExported });
    }
  }
  return { symbols, code: (from, to) => data.subarray(from - shift, to - shift) };
}

function readMachO(data: Buffer): Image {
  const symbols = new Map<string, Symbol>();
  for (let i = 0, at = 32; i < data.readUInt32LE(16); i++, at += data.readUInt32LE(at + 4)) {
    if (data.readUInt32LE(at) !== 2) continue; // LC_SYMTAB
    const [table, count, names] = [8, 12, 16].map((field) => data.readUInt32LE(at + field)) as [number, number, number];
    for (let s = table; s < table + 16 * count; s += 16) {
      const type = data.readUInt8(s + 4);
      const name = textAt(data, names + data.readUInt32LE(s)).replace(/^_/, "");
      // N_EXT without N_PEXT, and defined (not N_UNDF).
      const isExported = (type & 0x11) === 1 && (type & 0x0e) !== 0;
      if ((type & 0x0e) !== 0) symbols.set(name, { address: Number(data.readBigUInt64LE(s + 8)), isExported });
    }
  }
  // A library's image begins with its file: addresses are offsets.
  return { symbols, code: (from, to) => data.subarray(from, to) };
}

/** Reads a library with symbols. */
export function readImage(path: string): Image {
  const data = readFileSync(path);
  return data.readUInt32LE(0) === 0x464c457f ? readElf(data) : readMachO(data);
}
