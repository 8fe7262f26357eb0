/**
 * What an overflow leaves behind on the thread: nothing. A body changes what a callee must not leave changed, overflows its
 * stack, and flags, floating-point state, signal mask, signal stack and handlers are as they were before it.
 */
import { dlopen, ptr } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { go, gosched, native, runSync } from "gobuf";
import { libraryPath } from "../native/bodies.ts";

/** The words of gobuf_probe_state, arch/probe/dirty.zig. */
const NAMES = [
  "flags",
  "float control",
  "x87 control",
  "x87 tags",
  "x87 top",
  "signal mask",
  "signal stack",
  "signal stack's flags",
  "signal stack's bytes",
  "SIGSEGV's handler",
  "SIGBUS's handler",
  "SIGABRT's handler",
  "SIGFPE's handler",
  "SIGILL's handler",
  "SIGTRAP's handler",
] as const;

const { symbols } = native.dlopen(libraryPath, { zig_dirties: native.body });
const probe = dlopen(libraryPath, { gobuf_probe_state: { args: ["ptr"], returns: "void" } }).symbols;
const words = new BigUint64Array(NAMES.length);

/** The thread's state now, by name. */
function state(): Record<string, string> {
  probe.gobuf_probe_state(ptr(words));
  return Object.fromEntries(NAMES.map((name, i) => [name, `0x${(words[i] as bigint).toString(16)}`]));
}

/** What a body changes, by the bit of its argument. */
const CHANGES = {
  nothing: 0,
  "the direction flag": 1,
  "the flag of alignment checks": 2,
  "the x87 stack": 4,
  "the x87 control word": 8,
  "the rounding": 16,
  everything: 31,
} as const;

/** Overflows a goroutine that changes this. @returns how many overflows were told */
function overflow(change: number, times = 1): number {
  const argument = new Uint32Array([change]);
  let told = 0;
  runSync(
    function* () {
      for (let i = 0; i < times; i++) {
        go.native(symbols.zig_dirties, argument);
        yield* gosched();
        yield* gosched();
      }
    },
    { onStackOverflow: () => void told++ },
  );
  return told;
}

/** JavaScript that moves and compares memory, in the ways that flags and rounding would spoil. */
function work(): unknown {
  const text = "0123456789".repeat(500);
  const reversed = text.split("").reverse().join("");
  const bytes = new Uint8Array(5000).fill(7);
  bytes.copyWithin(1, 0, 4000);
  return [
    reversed.length,
    reversed.slice(0, 12),
    bytes.reduce((a, b) => a + b),
    1 / 3,
    Math.fround(0.1) + 0.2,
    2 ** 0.5,
  ];
}

describe("an overflow of a body that changed", () => {
  const expected = work();

  for (const [what, change] of Object.entries(CHANGES)) {
    test(`${what} leaves the thread as it was`, () => {
      overflow(0); // what a first fault sets up
      const before = state();
      expect(overflow(change)).toBe(1);
      expect(state()).toEqual(before);
      expect(work()).toEqual(expected);
      expect(overflow(change, 20)).toBe(20);
      expect(state()).toEqual(before);
    });
  }

  test("the state has words that can differ: what is compared is there", () => {
    const now = state();
    if (process.arch === "x64") {
      expect(now["x87 tags"]).toBe("0xffff");
      expect(now["float control"]).toBe("0x1f80");
      expect(now.flags).toBe("0x0");
    }
    if (process.platform !== "linux") return;
    expect(now["SIGSEGV's handler"]).not.toBe("0x0");
    expect(now["signal stack's bytes"]).not.toBe("0x0");
  });
});
