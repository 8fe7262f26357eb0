/**
 * Backtraces of live native bodies: the system's unwinder walks from a body through the goroutine's first frame, and ends
 * there, with as many frames as there are calls. So a debugger shows a goroutine's stack, and a profiler or a C++ exception
 * does not run off its end.
 */
import { dlopen, type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { go, gosched, native, runSync } from "gobuf";
import { newNativeG } from "../../src/native/native.ts";
import { descriptor, G_STACK_HI, G_STRIDE, gmem } from "../../src/runtime/ffi.ts";
import { callersRun, startG } from "../../src/runtime/proc.ts";
import { libraryPath } from "../native/bodies.ts";

const FRAMES_MAX = 64;
/** _URC_END_OF_STACK of the Itanium C++ ABI. */
const END_OF_STACK = 5;
/** Instructions of gobuf_entry, bytes: its frame's address lies within. */
const ENTRY_BYTES = 64n;
const windows = process.platform === "win32";

/** The unwinder, and where it was found; undefined where this system has none. */
function unwinder(): { walker: bigint; ipOf: bigint } | undefined {
  const address = (library: string, name: string) => {
    const { symbols } = dlopen(library, { [name]: { args: [], returns: "void" } });
    return BigInt((symbols[name] as unknown as { ptr: number }).ptr);
  };
  if (windows) return { walker: address("kernel32.dll", "RtlCaptureStackBackTrace"), ipOf: 0n };
  for (const library of ["libgcc_s.so.1", "libgcc_s.1.dylib", "libSystem.B.dylib"]) {
    try {
      return { walker: address(library, "_Unwind_Backtrace"), ipOf: address(library, "_Unwind_GetIP") };
    } catch {
      // another system's
    }
  }
  return undefined;
}

const { symbols } = native.dlopen(libraryPath, { zig_backtrace: native.body });
const found = unwinder();
const why = found === undefined ? " (skipped: this system has no unwinder to load)" : "";

/** struct Walk of arch/probe/backtrace.zig. */
class Walk {
  readonly words = new BigUint64Array(4 + FRAMES_MAX);
  readonly #halves = new Uint32Array(this.words.buffer);

  constructor(depth: number, yields: number) {
    this.words[0] = found?.walker ?? 0n;
    this.words[1] = found?.ipOf ?? 0n;
    this.#halves[4] = depth;
    this.#halves[5] = yields;
  }

  get code(): number {
    return this.#halves[7] as number;
  }

  /** Addresses from the innermost frame on, to the 0 that stands for the end; wine's walk goes on behind it with zeros. */
  get frames(): bigint[] {
    const all = [...this.words.subarray(4, 4 + (this.#halves[6] as number))];
    const end = all.indexOf(0n);
    expect(all.slice(end).every((ip) => end < 0 || ip === 0n)).toBe(true);
    return end < 0 ? all : all.slice(0, end);
  }
}

/** An address in a G's record, at a word. */
function addressAt(gp: number, word: number): bigint {
  const at = gp * G_STRIDE + word;
  return (BigInt(gmem[at + 1] as number) << 32n) | BigInt((gmem[at] as number) >>> 0);
}

/** Where a native goroutine that has not run begins: gobuf_entry. */
const pcOf = (gp: number) => addressAt(gp, (descriptor.g_sched + descriptor.gobuf_pc) >> 2);

/**
 * Puts an address of code where an unwinder that does not end at the first frame finds its caller: above the first sp. A
 * stack that is new has a 0 there, at which every unwinder ends. @returns whether the stack has room above
 */
function plantCaller(gp: number, caller: bigint): boolean {
  const sp = addressAt(gp, (descriptor.g_sched + descriptor.gobuf_sp) >> 2);
  if (windows || sp >= addressAt(gp, G_STACK_HI)) return false;
  new BigUint64Array(toArrayBuffer(Number(sp) as Pointer, 0, 8))[0] = caller;
  return true;
}

let planted = 0;

/** Starts a body that looks at its stack. @returns the address of its goroutine's first frame */
function start(walk: Walk): bigint {
  const { zig_backtrace: body } = symbols;
  const fn = (body as unknown as { ptr: Parameters<typeof newNativeG>[0] }).ptr ?? (body as never);
  const gp = newNativeG(fn, ptr(walk.words));
  const entry = pcOf(gp);
  if (plantCaller(gp, entry + 1n)) planted++;
  startG(gp, fn, callersRun());
  return entry;
}

/** Frames of a walk: look, deeper for each depth and once more, the body, gobuf_entry. */
const OWN = 4;

describe.skipIf(found === undefined)(`a backtrace from a native body${why}`, () => {
  test("has a frame for each call and ends at the goroutine's first, from 64 that live at once", () => {
    const walks = Array.from({ length: 64 }, (_, i) => new Walk(i % 17, i % 5));
    const entries: bigint[] = [];
    runSync(function* () {
      for (const walk of walks) entries.push(start(walk));
      for (let i = 0; i < 8; i++) yield* gosched();
    });
    if (!windows) expect(planted).toBeGreaterThan(walks.length / 2);
    walks.forEach((walk, i) => {
      const { frames, code } = walk;
      const what = `goroutine ${i}, ${i % 17} calls deep: ${frames.map((ip) => ip.toString(16)).join(" ")}`;
      if (!windows) expect(code, what).toBe(END_OF_STACK);
      expect(frames.length, what).toBe(OWN + (i % 17));
      const last = frames.at(-1) ?? 0n;
      const entry = entries[i] as bigint;
      expect(last > entry && last <= entry + ENTRY_BYTES, `${what}; gobuf_entry is ${entry.toString(16)}`).toBe(true);
      expect(frames.filter((ip) => ip > entry && ip <= entry + ENTRY_BYTES).length, what).toBe(1);
    });
  });

  test("is the same after other goroutines have run on the thread, of both kinds", () => {
    const walks = [new Walk(3, 6), new Walk(3, 0)];
    runSync(function* () {
      for (const walk of walks) {
        start(walk);
        go(function* () {
          for (let i = 0; i < 4; i++) yield* gosched();
        });
      }
      for (let i = 0; i < 12; i++) yield* gosched();
    });
    expect(walks[0]?.frames.slice(1)).toEqual(walks[1]?.frames.slice(1) as bigint[]);
    expect(walks[0]?.frames.length).toBe(OWN + 3);
  });
});
