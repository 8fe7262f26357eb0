/** The reader of symbols on images of a few bytes: which functions it finds, where, and which of them other libraries see. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../scripts/scratch.ts";
import { type Image, readImage } from "./image.ts";

function read(data: Buffer): Image {
  using folder = scratch("image");
  const path = join(folder.path, "library");
  writeFileSync(path, data);
  return readImage(path);
}

/** Where each name begins in a table of them, which begins with an empty one. */
function named(names: readonly string[]) {
  const at: number[] = [];
  let text = "\0";
  for (const name of names) {
    at.push(name === "" ? 0 : text.length);
    text += `${name}\0`;
  }
  return { at, text };
}

const GLOBAL = 1;
const LOCAL = 0;
/** Visibilities, with whether other libraries see a global function that has it. */
const VISIBILITIES = [
  ["default", 0, true],
  ["internal", 1, false],
  ["hidden", 2, false],
  ["protected", 3, true],
] as const;

/** An ELF file: a section of data, one of code, a table of symbols, their names. */
function elf(symbols: readonly { name: string; address: number; bind: number; visibility: number }[]): Buffer {
  const { at, text } = named(symbols.map(({ name }) => name));
  const [code, table, names, sections] = [0x100, 0x200, 0x400, 0x600] as const;
  const data = Buffer.alloc(sections + 4 * 64);
  data.writeUInt32LE(0x464c457f, 0);
  data.writeBigUInt64LE(BigInt(sections), 40);
  data.writeUInt16LE(64, 58);
  data.writeUInt16LE(4, 60);
  data.write("\x01\x02\x03\x04", code, "latin1");
  data.write(text, names, "latin1");
  symbols.forEach(({ address, bind, visibility }, i) => {
    const s = table + 24 * i;
    data.writeUInt32LE(at[i] as number, s);
    data.writeUInt8((bind << 4) | 2, s + 4);
    // The other bits of the byte say something else.
    data.writeUInt8(0x80 | visibility, s + 5);
    data.writeBigUInt64LE(BigInt(address), s + 8);
  });
  const section = (i: number, type: number, flags: number, address: number, offset: number, size: number, link = 0) => {
    const h = sections + 64 * i;
    data.writeUInt32LE(type, h + 4);
    for (const [field, value] of [flags, address, offset, size].entries())
      data.writeBigUInt64LE(BigInt(value), h + 8 + 8 * field);
    data.writeUInt32LE(link, h + 40);
  };
  // Data first, and a section that is code by its flags and has nothing in the file: neither says where code lies.
  section(0, 1, 2, 0x9000, 0x80, 0x10);
  section(1, 1, 4, 0x1100, code, 4);
  section(2, 2, 0, 0, table, 24 * symbols.length, 3);
  section(3, 8, 4, 0x7000, names, text.length);
  return data;
}

test("of an ELF file each symbol is found with its address; the global ones that are not hidden are exported", () => {
  const symbols = [
    { name: "", address: 1, bind: GLOBAL, visibility: 0 },
    ...VISIBILITIES.flatMap(([name, visibility], i) => [
      { name: `global_${name}`, address: 0x1100 + i, bind: GLOBAL, visibility },
      { name: `local_${name}`, address: 0x1200 + i, bind: LOCAL, visibility },
    ]),
  ];
  const image = read(elf(symbols));
  expect([...image.symbols]).toEqual(
    VISIBILITIES.flatMap(([name, , isSeen], i) => [
      [`global_${name}`, { address: 0x1100 + i, isExported: isSeen }],
      [`local_${name}`, { address: 0x1200 + i, isExported: false }],
    ]),
  );
  expect([...image.code(0x1101, 0x1103)]).toEqual([2, 3]);
});

/** A Mach-O file: a command that is none of symbols, then that of symbols. */
function macho(symbols: readonly { name: string; address: number; type: number }[]): Buffer {
  const { at, text } = named(symbols.map(({ name }) => (name === "" ? "" : `_${name}`)));
  const [table, names] = [0x100, 0x200] as const;
  const data = Buffer.alloc(0x300);
  data.writeUInt32LE(0xfeedfacf, 0);
  data.writeUInt32LE(2, 16);
  data.writeUInt32LE(0x19, 32);
  data.writeUInt32LE(40, 36);
  for (const [i, value] of [2, 24, table, symbols.length, names].entries()) data.writeUInt32LE(value, 72 + 4 * i);
  data.write(text, names, "latin1");
  symbols.forEach(({ address, type }, i) => {
    const s = table + 16 * i;
    data.writeUInt32LE(at[i] as number, s);
    data.writeUInt8(type, s + 4);
    data.writeBigUInt64LE(BigInt(address), s + 8);
  });
  return data;
}

test("of a Mach-O file each defined symbol is found without its underscore; external ones that are not private are exported", () => {
  const [SECT, EXT, PEXT] = [0x0e, 0x01, 0x10];
  const image = read(
    macho([
      { name: "external", address: 0x100, type: SECT | EXT },
      { name: "private_external", address: 0x104, type: SECT | EXT | PEXT },
      { name: "static", address: 0x108, type: SECT },
      { name: "undefined", address: 0, type: EXT },
      { name: "last", address: 0x10c, type: SECT | EXT },
    ]),
  );
  expect([...image.symbols]).toEqual([
    ["external", { address: 0x100, isExported: true }],
    ["private_external", { address: 0x104, isExported: false }],
    ["static", { address: 0x108, isExported: false }],
    ["last", { address: 0x10c, isExported: true }],
  ]);
  expect(image.code(0, 4).readUInt32LE(0), "addresses are places in the file").toBe(0xfeedfacf);
});
