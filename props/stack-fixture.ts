/** Bodies and system calls that the tests of stacks need. */
import { dlopen, type Pointer } from "bun:ffi";
import { join } from "node:path";
import { descriptor, G_STACK_HI, G_STACK_LO, G_STRIDE, gmem, native } from "../src/runtime/ffi.ts";
import { hostPlatform, libraryFile, packageRoot } from "../src/runtime/library.ts";

const platform = hostPlatform();
const probe = dlopen(join(packageRoot, "zig-out", "lib", platform, libraryFile("gobuf_probe", platform)), {
  gobuf_probe_overflow_body: { args: ["u32"], returns: "ptr" },
});

function body(k: number): Pointer {
  return probe.symbols.gobuf_probe_overflow_body(k) as Pointer;
}

/** Bodies of arch/probe/overflow.zig. */
export const overflowing = { recurse: body(0), touch: body(1), jump: body(2) };

/** Bounds of a G's stack. */
export function boundsOf(gp: number): { lo: number; hi: number } {
  return { lo: wordOf(gp, G_STACK_LO), hi: wordOf(gp, G_STACK_HI) };
}

/** The word of a G that Go's prologues compare the stack pointer with. */
export function stackguard0(gp: number): number {
  return wordOf(gp, descriptor.g_stackguard0 / 4);
}

/** A word of 64 bits of a G. @param field its place, counted in 32-bit words */
function wordOf(gp: number, field: number): number {
  return (gmem[gp * G_STRIDE + field + 1] >>> 0) * 2 ** 32 + (gmem[gp * G_STRIDE + field] >>> 0);
}

/** Stacks in use, on free lists, slabs, and how they are guarded. */
export function stackStats(): { live: number; free: number; slabs: number; guard: number } {
  const words = new Uint32Array(4);
  native.gobuf_stackstats(words);
  const [live = 0, free = 0, slabs = 0, guard = 0] = words;
  return { live, free, slabs, guard };
}

/** Whether the kernel can read the byte at an address: asks it to write it to a pipe. Linux. */
export function makeReadable(): (address: number) => boolean {
  const libc = dlopen("libc.so.6", {
    pipe: { args: ["ptr"], returns: "i32" },
    write: { args: ["i32", "ptr", "u64"], returns: "i64" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  }).symbols;
  const ends = new Int32Array(2);
  if (libc.pipe(ends) !== 0) throw new Error("no pipe");
  const [from = 0, to = 0] = ends;
  const byte = new Uint8Array(1);
  return (address) => {
    if (Number(libc.write(to, address as Pointer, 1)) !== 1) return false;
    libc.read(from, byte, 1);
    return true;
  };
}
