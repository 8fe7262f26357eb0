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
