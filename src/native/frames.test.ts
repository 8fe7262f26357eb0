/** Frames are found in machine code that TinyCC made of the functions that stand beside it, on both processors. */
import { expect, test } from "bun:test";
import { framesAbove } from "./frames.ts";

/** Functions whose local array has so many bytes, as TinyCC 0.9.28 compiles them. */
const X64 = {
  // void small(void *a, int b, double c) { volatile char p[600]; p[0] = 1; }
  small: "554889e54881ec7002000048897df8488975f0660fd645e8b801000000888590fdffffc9c3",
  // void first(void *a) { volatile char p[101 * 1024]; p[0] = 1; }
  first: "554889e54881ec1094010048897df8b8010000008885f86bfeffc9c3",
  // void big(void *a) { volatile char p[17 * 1024 * 1024]; p[0] = 1; }
  big: "554889e54881ec1000100148897df8b8010000008885f8ffeffec9c3",
};
const ARM64 = {
  small:
    "fd7bb2a9fd030091e08700ade0070aa9ff8309d11f2003d51f2003d51f2003d51f2003d51f2003d520008052fe4a8092a06b3e38bf030091fd7bcea8c0035fd6",
  first:
    "fd7bb2a9fd030091e0070aa9ff0310d1ff6740d11f2003d51f2003d51f2003d51f2003d520008052fe7f9292deffbff2a06b3e38bf030091fd7bcea8c0035fd6",
  big: "fd7bb2a9fd030091e0070aa91022a052ff6330cb1f2003d51f2003d51f2003d51f2003d520008052feff9f921edebff2a06b3e38bf030091fd7bcea8c0035fd6",
};
/** What is the frame's beside the array: saved arguments; on AArch64 the registers that every function saves. */
const BESIDE = {
  x64: [600 + 24, 101 * 1024 + 16, 17 * 2 ** 20 + 16],
  arm64: [224 + 608, 224 + 103_424, 224 + 17 * 2 ** 20],
};

test.each([
  ["x64", X64],
  ["arm64", ARM64],
] as const)("%s: each function with the size of its frame, and only those above the bound", (arch, functions) => {
  const code = Buffer.from(Object.values(functions).join(""), "hex");
  const sizes = BESIDE[arch];
  expect(framesAbove(code, arch, 0).map(({ bytes }) => bytes)).toEqual(sizes);
  const [, first = 0, big = 0] = sizes;
  expect(framesAbove(code, arch, first - 1).map(({ bytes }) => bytes)).toEqual([first, big]);
  const [found] = framesAbove(code, arch, first);
  expect(found).toEqual({ at: Buffer.from(functions.small + functions.first, "hex").length, bytes: big });
  expect(framesAbove(code, arch, big)).toEqual([]);
});

test.each(["x64", "arm64"])("%s: code that is cut short, or none, has what is whole in it", (arch) => {
  const code = Buffer.from(arch === "x64" ? X64.first : ARM64.first, "hex");
  expect(framesAbove(code.subarray(0, 0), arch, 0)).toEqual([]);
  for (let n = 0; n < code.length; n++) expect(framesAbove(code.subarray(0, n), arch, 0).length).toBeLessThanOrEqual(1);
});

test("x64: a frame whose size is whole is found up to the last byte, and none whose size is not", () => {
  const prologue = Buffer.from("554889e54881ec", "hex");
  const size = Buffer.from([0x78, 0x56, 0x34, 0x12]);
  for (const before of [0, 1, 5]) {
    const whole = Buffer.concat([Buffer.alloc(before, 0x90), prologue, size]);
    expect(framesAbove(whole, "x64", 0)).toEqual([{ at: before, bytes: 0x12345678 }]);
    for (let n = 0; n < whole.length; n++)
      expect(framesAbove(whole.subarray(0, n), "x64", 0), `${n} bytes`).toEqual([]);
  }
  // Two that touch, and one in the middle of what begins as one.
  const two = Buffer.concat([prologue, size, prologue, size]);
  expect(framesAbove(two, "x64", 0).map(({ at }) => at)).toEqual([0, 11]);
  const within = Buffer.concat([prologue.subarray(0, 4), prologue, size]);
  expect(framesAbove(within, "x64", 0).map(({ at }) => at)).toEqual([4]);
  // A view of a larger buffer: what lies around it is not its.
  const around = Buffer.concat([two, two]);
  expect(framesAbove(around.subarray(11, 22), "x64", 0)).toEqual([{ at: 0, bytes: 0x12345678 }]);
});

test("arm64: a frame is looked for behind its own prologue only, among the first sixteen instructions", () => {
  const words = (...list: number[]) => {
    const bytes = Buffer.alloc(4 * list.length);
    for (const [i, word] of list.entries()) bytes.writeUInt32LE(word >>> 0, 4 * i);
    return bytes;
  };
  const [prologue, nop] = [0xa9b27bfd, 0xd503201f];
  /** sub sp, sp, #n; the same, shifted by 12; movz w16, #n, lsl #0 and #16. */
  const [sub, shifted, low, high] = [0xd10003ff, 0xd14003ff, 0x52800010, 0x52a00010];
  const sizes = (...list: number[]) => framesAbove(words(...list), "arm64", 0).map(({ bytes }) => bytes - 224);
  expect(sizes(prologue)).toEqual([0]);
  expect(sizes(prologue, sub | (0xfff << 10))).toEqual([0xfff]);
  expect(sizes(prologue, shifted | (0xfff << 10))).toEqual([0xfff000]);
  expect(sizes(prologue, low | (0xffff << 5))).toEqual([0xffff]);
  expect(sizes(prologue, high | (1 << 5))).toEqual([0x10000]);
  expect(sizes(prologue, sub | (1 << 10), shifted | (1 << 10)), "one and the other").toEqual([0x1001]);
  expect(sizes(nop, sub | (1 << 10), prologue, prologue, sub | (2 << 10)), "each has its own").toEqual([0, 2]);
  for (const between of [13, 14, 15, 16]) {
    const far = [prologue, ...Array<number>(between).fill(nop), sub | (1 << 10)];
    expect(sizes(...far), `${between} between`).toEqual([between < 15 ? 1 : 0]);
  }
});
