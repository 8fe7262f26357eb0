/** Native bodies: words that go through, traps that are refused, execute's own refusals. */
import { dlopen, JSCallback, type Pointer } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { chan, gosched, Mutex, runSync } from "../index.ts";
import { EXECUTE_REENTRY, MEMORY_RUNNING, TRAP_CLOSE, TRAP_LOCK } from "../runtime/codes.ts";
import { chunkOfG, descriptor, executeError, G_STATUS, G_STRIDE, gmem, mid, native } from "../runtime/ffi.ts";
import { casgstatus } from "../runtime/gstatus.ts";
import { hostPlatform, libraryFile, packageRoot } from "../runtime/library.ts";
import { Gdead, Gidle, Grunnable, Grunning } from "../runtime/runtime2.ts";
import { schedinit } from "../runtime/schedinit.ts";
import { wordToValue } from "../runtime/word.ts";
import { handleOf } from "./handles.ts";
import { goNative, newNativeG } from "./native.ts";
import { trap } from "./trap.ts";

describe("64-bit words", () => {
  test.each([
    [0, 0, 0],
    [-1, 0, 0xffff_ffff],
    [5, 1, 2 ** 32 + 5],
    [-1, 0x1f_ffff, Number.MAX_SAFE_INTEGER],
    [0, 0x20_0000, 2n ** 53n],
    [-1, -1, 2n ** 64n - 1n],
  ])("%p, %p is %p: a number where it is exact, else a BigInt", (lo, hi, value) => {
    expect(wordToValue(lo, hi)).toBe(value);
  });
});

const probe = dlopen(join(packageRoot, "zig-out", "lib", hostPlatform(), libraryFile("gobuf_probe", hostPlatform())), {
  gobuf_probe_attach: { args: ["ptr"], returns: "u32" },
  gobuf_probe_callback_body: { args: [], returns: "ptr" },
}).symbols;
expect(probe.gobuf_probe_attach(native.gobuf_api() as Pointer)).toBe(0);
const callingBack = probe.gobuf_probe_callback_body() as Pointer;

/** A G that could run: a stack, and status running. No scheduler knows it. */
function newInner(): number {
  const gp = chunkOfG();
  expect(native.gobuf_stackalloc(gp, descriptor.stack_size_default)).toBe(0);
  expect(native.gobuf_gosetup(gp, callingBack, null)).toBe(0);
  // A chunk that an ended thread gave back has dead Gs.
  Atomics.store(gmem, gp * G_STRIDE + G_STATUS, Gidle);
  casgstatus(gp, Gidle, Grunnable);
  casgstatus(gp, Grunnable, Grunning);
  return gp;
}

describe("gobuf_execute refuses, by code", () => {
  test("a G that is not running, dead, out of range, without a stack", () => {
    schedinit();
    // Any code: it never runs.
    const gp = newNativeG(native.gobuf_api() as never, null);
    expect(executeError(native.gobuf_execute(gp))).toBe("the G is not in status running");
    expect(executeError(native.gobuf_execute(descriptor.g_max + 1))).toBe("no such G");
    casgstatus(gp, Gidle, Grunnable);
    casgstatus(gp, Grunnable, Grunning);
    expect(native.gobuf_stackfree(gp)).toBe(MEMORY_RUNNING);
    casgstatus(gp, Grunning, Gdead);
    expect(executeError(native.gobuf_execute(gp))).toBe("the G is not in status running");
  });

  test("the M is the thread's own, and the same each time", () => {
    expect(native.gobuf_minit()).toBe(mid);
    expect(native.gobuf_getg()).toBe(0);
  });
});

test("gobuf_execute refuses re-entry: a callback on g0 cannot run another goroutine", () => {
  const codes: number[] = [];
  const inner = newInner();
  const callback = new JSCallback(() => void codes.push(native.gobuf_execute(inner), native.gobuf_getg()), {
    args: ["ptr"],
    returns: "void",
  });
  try {
    runSync(function* () {
      const outer = goNative(callingBack, callback.ptr);
      yield* gosched();
      yield* gosched();
      expect(codes.map(String)).toEqual([String(EXECUTE_REENTRY), String(outer)]);
      expect(executeError(codes[0] ?? 0)).toContain("re-entry");
    });
  } finally {
    callback.close();
  }
});

describe("handles", () => {
  test("one for each object, 0 for a nil channel", () =>
    runSync(function* () {
      const a = chan(1);
      const m = new Mutex();
      expect(handleOf(a)).toBe(handleOf(a));
      expect(handleOf(m)).not.toBe(handleOf(a));
      expect(handleOf(a)).toBeGreaterThan(0);
      // An operation on what a handle does not name, by the name of both.
      expect(() => trap(1, TRAP_LOCK, handleOf(a))).toThrow(
        `gobuf_lock on handle ${handleOf(a)}: expected a Mutex, found a Chan`,
      );
      expect(() => trap(1, TRAP_LOCK, 0)).toThrow("gobuf_lock on handle 0: expected a Mutex, found nil");
      expect(() => trap(1, TRAP_CLOSE, 99)).toThrow("gobuf_close on handle 99: expected a Chan, found nothing");
      expect(() => trap(1, 200, 0)).toThrow("trap 200: no such operation");
    }));
});
