/** Guarded stacks: aligned, disjoint, guarded by effect, reused, refused with a clear error. */

import type { Pointer } from "bun:ffi";
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { abiSkip } from "../scripts/abis/skip.ts";
import { go, gosched, runSync } from "../src/index.ts";
import { goNative, newNativeG, stackSize } from "../src/native/native.ts";
import { MEMORY_SIZE_HUGE, MEMORY_SIZE_ODD, MEMORY_SIZE_ZERO } from "../src/runtime/codes.ts";
import { chunkOfG, chunkSize, descriptor, memoryError, mid, native } from "../src/runtime/ffi.ts";
import { callersRun, startG } from "../src/runtime/proc.ts";
import { check } from "./check.ts";
import { openBodies } from "./native/bodies.ts";
import { countOverflows } from "./overflows.ts";
import { boundsOf, makeReadable, overflowing, stackguard0, stackStats } from "./stack-fixture.ts";

const page = descriptor.page_size;
const linux = process.platform === "linux";

/** Gs that no scheduler knows: a chunk of the arena. */
const firstG = chunkOfG();
const gs = Array.from({ length: chunkSize }, (_, i) => firstG + i);

function freeAll(): void {
  for (const gp of gs) if (boundsOf(gp).hi !== 0) expect(native.gobuf_stackfree(gp)).toBe(0);
}

afterAll(freeAll);

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: gs.length });

describe("stacks", () => {
  const name = "are of the size asked for, aligned, and share no byte with another or its guard";
  test(name, () =>
    check("props/stacks.test.ts", name, sizes, (pages) => {
      const taken = pages.map((n, i) => {
        expect(native.gobuf_stackalloc(gs[i] ?? 0, n * page)).toBe(0);
        return boundsOf(gs[i] ?? 0);
      });
      taken.forEach(({ lo, hi }, i) => {
        expect(hi - lo).toBe((pages[i] ?? 0) * page);
        expect(lo % page).toBe(0);
      });
      taken.sort((a, b) => a.lo - b.lo);
      for (let i = 1; i < taken.length; i++) {
        expect((taken[i]?.lo ?? 0) - descriptor.stack_guard_size).toBeGreaterThanOrEqual(taken[i - 1]?.hi ?? 0);
      }
      freeAll();
    }),
  );

  test("have stackguard0 at 928 bytes above their lowest, as in Go, and none when they are freed", () => {
    const [gp = 0] = gs;
    native.gobuf_stackalloc(gp, 4 * page);
    expect(stackguard0(gp) - boundsOf(gp).lo).toBe(928);
    freeAll();
    expect(stackguard0(gp)).toBe(0);
  });

  test("are reused: freed and taken again, no new ones are made", () => {
    for (const gp of gs) native.gobuf_stackalloc(gp, 4 * page);
    const before = new Set(gs.map((gp) => boundsOf(gp).lo));
    const { slabs } = stackStats();
    freeAll();
    for (const gp of gs) native.gobuf_stackalloc(gp, 4 * page);
    expect(new Set(gs.map((gp) => boundsOf(gp).lo))).toEqual(before);
    expect(stackStats().slabs).toBe(slabs);
    freeAll();
  });

  test.skipIf(!linux)("have a guard below that neither read nor write passes (by effect; Linux only)", () => {
    const readable = makeReadable();
    for (const gp of gs.slice(0, 8)) {
      native.gobuf_stackalloc(gp, 8 * page);
      const { lo, hi } = boundsOf(gp);
      for (let at = lo; at < hi; at += page) expect(readable(at)).toBe(true);
      for (let at = lo - descriptor.stack_guard_size; at < lo; at += page) expect(readable(at)).toBe(false);
      expect(readable(lo - 1)).toBe(false);
    }
    freeAll();
  });

  test("are refused at size 0, odd and huge, by name; nothing leaks", () => {
    const [gp = 0] = gs;
    const before = stackStats();
    expect(native.gobuf_stackalloc(gp, 0)).toBe(MEMORY_SIZE_ZERO);
    expect(native.gobuf_stackalloc(gp, page + 1)).toBe(MEMORY_SIZE_ODD);
    expect(native.gobuf_stackalloc(gp, 0xffff_f000)).toBe(MEMORY_SIZE_HUGE);
    expect([MEMORY_SIZE_ZERO, MEMORY_SIZE_ODD, MEMORY_SIZE_HUGE].map(memoryError)).toEqual([
      "its size is 0",
      "its size is not a multiple of the page size",
      "its size is too large (more than 1 GiB)",
    ]);
    expect(stackStats()).toEqual(before);
    expect(boundsOf(gp).hi).toBe(0);
  });

  test.each([0, 1, page + 1, -page, 1.5, 2 ** 31, 2 ** 33, Number.NaN])("stackSize refuses %p", (bytes) => {
    expect(() => stackSize(bytes)).toThrow(`got ${bytes}`);
  });

  const roomy = abiSkip("arm64", "qemu-user lives in the very address space that is filled");
  (linux ? roomy : test.skip)(
    "out of memory is an error that says so, and the process goes on (subprocess, Linux only)",
    () => {
      const script = join(import.meta.dir, "stack-exhaust.ts");
      const run = Bun.spawnSync([process.execPath, script], { stderr: "pipe" });
      expect(run.stdout.toString()).toMatch(
        /^no stack of 1073741824 bytes for goroutine \d+: out of memory, after \d+; 14\n$/,
      );
      expect(run.exitCode).toBe(0);
    },
  );
});

describe("an overflow", () => {
  test("ends that goroutine alone: the error names goroutine, address, bounds and size", () => {
    let error: Error | undefined;
    const main = function* () {
      goNative(overflowing.jump, null);
      yield* gosched();
      yield* gosched();
      return "main goes on";
    };
    const onStackOverflow = (e: Error) => {
      error = e;
    };
    expect(runSync(main, { onStackOverflow })).toBe("main goes on");
    expect(error?.message).toMatch(
      new RegExp(
        "^stack overflow: goroutine 2 touched 0x[0-9a-f]+, \\d+ bytes below its stack \\[0x[0-9a-f]+, 0x[0-9a-f]+\\) of " +
          `${descriptor.stack_size_default} bytes`,
      ),
    );
  });

  test("without a handler it ends the run", () => {
    const main = function* () {
      goNative(overflowing.recurse, null);
      yield* gosched();
      yield* gosched();
    };
    expect(() => runSync(main)).toThrow("stack overflow: goroutine 2");
  });

  test("the guard's last byte and its first are both caught", () => {
    for (const below of [1, descriptor.stack_guard_size]) {
      let message = "";
      const onStackOverflow = (e: Error) => {
        message = e.message;
      };
      const main = function* () {
        const gp = newNativeG(overflowing.touch, null);
        native.gobuf_gosetup(gp, overflowing.touch, (boundsOf(gp).lo - below) as Pointer);
        startG(gp, overflowing.touch, callersRun());
        yield* gosched();
        yield* gosched();
      };
      runSync(main, { onStackOverflow });
      expect(message).toContain(`, ${below} bytes below its stack`);
    }
  });

  test("10,000 in a row on the main thread: none lost, the others go on, one stack serves all", () => {
    const before = stackStats();
    const { reported, bystander, sizes: seen } = countOverflows(10_000);
    expect(reported).toBe(10_000);
    expect(bystander).toBe(10_000);
    expect(seen).toEqual([descriptor.stack_size_default]);
    expect(stackStats().live).toBeLessThanOrEqual(before.live + 1);
  });

  test("10,000 in a row on a Worker: none lost", async () => {
    const worker = new Worker(new URL("./overflow-worker.ts", import.meta.url).href);
    const result = await new Promise<ReturnType<typeof countOverflows>>((resolve, reject) => {
      worker.onmessage = ({ data }) => (data === "ready" ? worker.postMessage(10_000) : resolve(data));
      worker.onerror = (event) => reject(new Error(event.message));
    });
    expect(result).toMatchObject({ reported: 10_000, bystander: 10_000, returned: 10 });
    // It is a thread, and so an M, of its own.
    expect(result.mid).not.toBe(mid);
    worker.terminate();
  });
});

test("F30: an overflow leaves the thread's rounding as it was, whatever the goroutine's is", () => {
  const third = (one: number, three: number) => one / three;
  const before = third(1, 3);
  const errors: unknown[] = [];
  runSync(
    function* () {
      go.native(openBodies().symbols.zig_overflows_rounding_up);
      yield* gosched();
    },
    { onStackOverflow: (error) => void errors.push(error) },
  );
  expect(third(1, 3)).toBe(before);
  expect(errors.length).toBe(1);
});
