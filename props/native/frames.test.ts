/**
 * F36: a frame of native.cc's compiler, which does not probe the stack, is caught by the guard from wherever its function is
 * called; one that could reach past the guard is refused.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gosched, native, runSync, type StackOverflowError } from "gobuf";
import { newNativeG } from "../../src/native/native.ts";
import { type Address, descriptor, native as library } from "../../src/runtime/ffi.ts";
import { callersRun, startG } from "../../src/runtime/proc.ts";
import { boundsOf } from "../stack-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-frames-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const guard = descriptor.stack_guard_size;
/** The largest frame that is let through. */
const most = guard - descriptor.page_size;
/** What TinyCC's frame has beside one array, on this processor. */
const beside = process.arch === "arm64" ? 224 : 0;

let sources = 0;

/** Compiles functions. Nothing of libc is needed: so the compiler runs where it finds none. */
function compile<const N extends string>(text: string, ...names: N[]) {
  const source = join(folder, `${sources++}.c`);
  writeFileSync(source, text);
  const symbols = Object.fromEntries(names.map((name) => [name, native.body])) as Record<N, typeof native.body>;
  return native.cc({ source, symbols, flags: "-nostdlib" });
}

const HEAD = `#include "gobuf.h"\nGOBUF_RUNTIME\n`;

/** A function with an array of so many bytes, of which it touches the far end. */
function framed(name: string, bytes: number, before = ""): string {
  return `${before}void ${name}(void *arg) { volatile char p[${bytes}]; p[0] = 1; }\n`;
}

// On Windows TinyCC probes the stack; of macOS see gobuf.h.
describe.skipIf(process.platform !== "linux")("F36: frames of native.cc (Linux)", () => {
  test.each([
    ["a symbol", framed("large", guard), "large has a frame of "],
    [
      "a static function",
      `${framed("inner", guard, "static ")}void large(void *arg) { inner(arg); }`,
      "a function that",
    ],
    [
      "an inline function",
      `${framed("inner", guard, "static inline ")}void large(void *arg) { inner(arg); }`,
      "a function that is not one of the symbols has a frame of ",
    ],
    ["a frame of megabytes", framed("large", 17 * 2 ** 20), "large has a frame of 1782"],
    ["several arrays", "void large(void *arg) { volatile char p[70000], q[70000]; p[0] = q[0] = 1; }", "large has a "],
  ])("%s larger than the guard is refused, by name, and the way out is told", (_, text, says) => {
    const open = () => compile(HEAD + text, "large");
    expect(open).toThrow(says);
    expect(open).toThrow(`expected at most ${most}`);
    expect(open).toThrow("-fstack-clash-protection, and open that by native.dlopen");
  });

  test("a symbol above the line that includes gobuf.h is looked at, too", () => {
    expect(() => compile(framed("large", guard) + HEAD, "large")).toThrow("large has a frame");
  });

  test("the largest that is let through is caught at the very end of the stack, by the guard", () => {
    // TinyCC has up to 16 bytes beside an array.
    const text = `${HEAD}
      static void jump(void) { volatile char p[${most - beside - 16}]; p[0] = 1; }
      static void down(gobuf_u64 lo) {
        volatile char here[64];
        here[0] = 1;
        if ((gobuf_u64)here - lo < 1000) jump(); else down(lo);
      }
      void deep(void *lo) { down((gobuf_u64)lo); }`;
    using bodies = compile(text, "deep");
    const errors: StackOverflowError[] = [];
    runSync(
      function* () {
        const { ptr } = bodies.symbols.deep as unknown as { ptr: Address };
        const gp = newNativeG(ptr, null);
        library.gobuf_gosetup(gp, ptr, boundsOf(gp).lo as Address);
        startG(gp, bodies.symbols.deep, callersRun());
        yield* gosched();
        yield* gosched();
      },
      { onStackOverflow: (error) => void errors.push(error) },
    );
    const below = errors.map(({ lo, address }) => Number(lo - address));
    expect(below.length).toBe(1);
    // Not in the stack, and not past the guard: as far as a frame of that size gets.
    expect(below[0]).toBeGreaterThan(most - 2000);
    expect(below[0]).toBeLessThanOrEqual(guard);
    expect(errors[0]?.message).toContain(`${below[0]} bytes below its stack`);
  });
});
