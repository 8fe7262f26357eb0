/** The descriptor: each word that is wrong is refused by its name, with what was expected. */
import { describe, expect, test } from "bun:test";
import { CONTRACT_ABI_VERSION, DESCRIPTOR_MAGIC } from "./codes.ts";
import { descriptor } from "./ffi.ts";
import { DESCRIPTOR_WORDS, parseDescriptor } from "./layout.ts";

const good = Uint32Array.from(DESCRIPTOR_WORDS, (name) => descriptor[name]);

/** The library's own words with one changed. */
function withWord(name: (typeof DESCRIPTOR_WORDS)[number], value: number): Uint32Array {
  const words = good.slice();
  words[DESCRIPTOR_WORDS.indexOf(name)] = value;
  return words;
}

test("the library's own words are taken as they are", () => {
  expect(parseDescriptor(good, "here")).toEqual(descriptor);
});

describe("refused, by name", () => {
  test.each([
    ["magic", 1, `magic is 0x1, expected 0x${DESCRIPTOR_MAGIC.toString(16)}`],
    [
      "abi_version",
      CONTRACT_ABI_VERSION + 1,
      `ABI version is ${CONTRACT_ABI_VERSION + 1}, expected ${CONTRACT_ABI_VERSION}`,
    ],
    ["words", 3, `word count is 3, expected ${DESCRIPTOR_WORDS.length}`],
    ["abi", 9, "abi is 9, expected 1 or 2 or 3"],
    ["g_atomicstatus", 4, `g_atomicstatus is 4, expected ${descriptor.g_atomicstatus}`],
    ["runq_size", 128, "runq_size is 128, expected 256"],
    ["g_stride", descriptor.g_stride + 8, `g_stride is ${descriptor.g_stride + 8}, expected a multiple of 64`],
    ["g_stride", 64, `g_stride is 64, expected at least ${descriptor.g_full_size}`],
    ["p_runnext", 6, "p_runnext is 6, expected a multiple of 4"],
    ["g_max", 0, "g_max is 0, expected not 0"],
  ] as const)("%s = %p", (name, value, text) => {
    expect(() => parseDescriptor(withWord(name, value), "/some/where.so")).toThrow(
      `gobuf: /some/where.so is refused: its descriptor's ${text}`,
    );
  });
});
