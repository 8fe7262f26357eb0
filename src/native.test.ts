/** Native bodies: words that go through, traps that are refused, execute's own refusals. */
import { describe, expect, test } from "bun:test";
import { descriptor, executeError, mid, native } from "./ffi.ts";
import { casgstatus } from "./gstatus.ts";
import { chan, Mutex, runSync } from "./index.ts";
import { newNativeG, wordToValue } from "./native.ts";
import { schedinit } from "./run.ts";
import { Gdead, Gidle, Grunnable, Grunning } from "./runtime2.ts";
import { handleOf, trap, trapNames } from "./trap.ts";

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

describe("gobuf_execute refuses, by code", () => {
  schedinit();
  // Any code: these never run.
  const fn = native.gobuf_api() as never;
  const gp = newNativeG(fn, null);

  test("a G that is not running, dead, out of range, without a stack", () => {
    expect(executeError(native.gobuf_execute(gp))).toBe("the G is not in status running");
    expect(executeError(native.gobuf_execute(descriptor.g_max + 1))).toBe("no such G");
    casgstatus(gp, Gidle, Grunnable);
    casgstatus(gp, Grunnable, Grunning);
    expect(native.gobuf_stackfree(gp)).toBe(8);
    casgstatus(gp, Grunning, Gdead);
    expect(executeError(native.gobuf_execute(gp))).toBe("the G is not in status running");
  });

  test("the M is the thread's own, and the same each time", () => {
    expect(native.gobuf_minit()).toBe(mid);
    expect(native.gobuf_getg()).toBe(0);
  });
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
      expect(() => trap(1, trapNames.indexOf("lock"), handleOf(a))).toThrow(
        "lock on handle 1: expected a Mutex, found a Chan",
      );
      expect(() => trap(1, trapNames.indexOf("close"), 99)).toThrow(
        "close on handle 99: expected a Chan, found nothing",
      );
      expect(() => trap(1, 200, 0)).toThrow("trap 200: no such operation");
    }));
});
