/** Bodies call functions of libc that need much stack, on stacks of the default size, and leave room for a signal. */
import { expect, test } from "bun:test";
import { compilerTest } from "../scripts/abis/compiler.ts";
import { descriptor } from "../src/runtime/ffi.ts";
import { measureLibc } from "./libc.ts";

/**
 * What may come on top of a body: the frame of an asynchronous preemption (3,024 bytes with AVX-512), above it the frame
 * that the kernel makes for JavaScriptCore's SIGPWR, which has no stack of its own (3,632 bytes with AVX-512, 11,952 with
 * AMX in use), and what its handler calls.
 */
const ON_TOP = 3024 + 11_952 + 4096;

const here = process.platform === "linux" ? compilerTest : test.skip;
here(
  "printf, getaddrinfo, a regex, a sort and an unwinder take less than half of a stack, and a signal's frame fits (Linux)",
  () => {
    const used = measureLibc();
    expect(used.length).toBe(7);
    for (const { what, bytes } of used) {
      expect(bytes, what).toBeGreaterThan(0);
      expect(bytes, what).toBeLessThan(descriptor.stack_size_default / 2);
      expect(bytes + ON_TOP, what).toBeLessThan(descriptor.stack_size_default);
    }
    // Both ways: it does see what a body takes.
    const [nothing, ...others] = used.map(({ bytes }) => bytes);
    expect(nothing).toBeLessThan(descriptor.page_size);
    expect(Math.max(...others)).toBeGreaterThan(descriptor.page_size);
  },
);
