/**
 * Asynchronous preemption: a body of a library that asks for it is interrupted between any two instructions, where that can
 * be, and finds all of its registers again.
 */

import { dlopen, FFIType } from "bun:ffi";
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { go, goroutineDump, gosched, native, run, StackOverflowError } from "gobuf";
import { currentAbi } from "../../scripts/abis/abis.ts";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { newNativeG } from "../../src/native/native.ts";
import {
  PREEMPTION_G0,
  PREEMPTION_GUARD,
  PREEMPTION_LATE,
  PREEMPTION_LIBRARY,
  PREEMPTION_RUNTIME,
  PREEMPTION_TAKEN,
} from "../../src/runtime/codes.ts";
import { G_STACK_HI, G_STACK_LO, G_STACKGUARD0, G_STRIDE, gmem, native as library } from "../../src/runtime/ffi.ts";
import { allgs } from "../../src/runtime/g.ts";
import { goidOf, readgstatus } from "../../src/runtime/gstatus.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { Grunnable } from "../../src/runtime/runtime2.ts";
import { schedinit } from "../../src/runtime/schedinit.ts";
import { libraryPath } from "../native/bodies.ts";
import { Asynced, hurry, openAsync, registers } from "./async.ts";
import { registersOnWorkers } from "./workers.ts";

/** Preemptions come by real time. */
setDefaultTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "gobuf-preempt-"));
afterAll(() => {
  // Other bodies of the probe's are not to be preempted so.
  opened.close();
  // Windows removes no library that is loaded.
  if (process.platform !== "win32") rmSync(folder, { recursive: true, force: true });
});

/** Runs a body beside main until main was on so often, and returns what the body left. */
async function beside(body: unknown, a: Asynced, turns: number): Promise<Asynced> {
  await run(function* () {
    go.native(body as Parameters<typeof go.native>[0], a.words);
    for (let n = 0; n < turns && !a.ended; n++) yield* gosched();
    a.stop();
    while (!a.ended) yield* gosched();
  });
  return a;
}

const opened = openAsync();
const { symbols } = opened;

test("the probe's comparison sees a change of each word", () => {
  expect(symbols.gobuf_probe_async_selftest()).toBe(0);
});

test("every register is found again, with collections meanwhile", async () => {
  const found = await registers({ preemptions: 100, collect: 20 });
  expect(found.bad, found.first).toBe(0);
  expect(found.taken).toBeGreaterThanOrEqual(100);
  expect(found.compared).toBeGreaterThan(0);
  expect(found.collections).toBeGreaterThan(0);
});

test("every register is found again on Workers, with collections meanwhile", async () => {
  const found = await registersOnWorkers(2, { preemptions: 60, collect: 20 });
  expect(found.length).toBe(2);
  for (const { bad, first, taken, compared, collections } of found) {
    expect(bad, first).toBe(0);
    expect(taken).toBeGreaterThanOrEqual(60);
    expect(compared).toBeGreaterThan(0);
    expect(collections).toBeGreaterThan(0);
  }
});

test("a body that only computes makes way after 10 ms", async () => {
  const before = native.preemptions().taken;
  const a = await beside(symbols.c_async_counts, new Asynced(), 3);
  // Three times; where the request comes before the body has gone on, the scheduler sees it, and nothing is interrupted.
  expect(native.preemptions().taken - before).toBeGreaterThan(0);
  expect(a.times).toBeGreaterThan(0);
});

test("a dump says where it was preempted", async () => {
  const a = new Asynced();
  const dumps: string[] = [];
  await run(function* () {
    go.native(symbols.c_async_counts, a.words);
    yield* gosched();
    dumps.push(goroutineDump());
    a.stop();
    while (!a.ended) yield* gosched();
  });
  const pc = /goroutine 2 \[runnable\]:\nc_async_counts\(\.\.\.\)\n\tpc=0x([0-9a-f]+)\n/.exec(dumps[0] ?? "")?.[1];
  expect(pc, dumps[0]).toBeDefined();
  const start = (symbols.c_async_counts as unknown as { ptr: number }).ptr;
  expect(Number(`0x${pc}`) - start).toBeWithin(0, 4096);
});

test("timers of the process get their turn beside it", async () => {
  let ticks = 0;
  const interval = setInterval(() => ticks++, 5);
  const a = new Asynced();
  const running = run(function* () {
    go.native(symbols.c_async_counts, a.words);
    while (!a.ended) yield* gosched();
  });
  while (ticks < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(a.ended).toBe(false);
  a.stop();
  await running;
  clearInterval(interval);
});

test("G.op is the body's, whatever ran meanwhile", async () => {
  using _ = hurry(100);
  const before = native.preemptions().taken;
  const all = [new Asynced(), new Asynced()];
  await run(function* () {
    for (const { words } of all) go.native(symbols.c_async_keeps, words);
    while (native.preemptions().taken - before < 40) yield* gosched();
    for (const a of all) a.stop();
    while (!all.every((a) => a.ended)) yield* gosched();
  });
  expect(all.map((a) => a.wrong)).toEqual([0, 0]);
  expect(all[0]?.times).toBeGreaterThan(0);
});

describe("refused, and counted by reason", () => {
  type Reason = keyof native.Preemptions["refused"];

  /** On a busy machine the monitor may not get its turn in many runs of a body, each of them milliseconds. */
  const REFUSALS_MAX = 2000;

  /** Runs a body that is to be refused for a reason, again until it was. */
  async function refuses(reason: Reason, body: () => Promise<unknown>): Promise<void> {
    using _ = hurry(100);
    const before = native.preemptions().refused[reason];
    for (let n = 0; n < REFUSALS_MAX && native.preemptions().refused[reason] === before; n++) await body();
    expect(native.preemptions().refused[reason]).toBeGreaterThan(before);
  }

  test("in gobuf's own code", () =>
    refuses("runtime", async () => {
      const a = await beside(symbols.c_async_asks, new Asynced({ most: 2 ** 24 }), 40);
      expect(a.wrong).toBe(0);
    }));

  test("on g0's stack", () => refuses("g0", () => beside(symbols.c_async_g0, new Asynced({ most: 2 ** 24 }), 1)));

  test("in a library that has not asked for it", async () => {
    const path = join(folder, `copy-${libraryPath.split(/[\\/]/).pop()}`);
    copyFileSync(libraryPath, path);
    // It is there as a library of functions, and not as one of bodies.
    const other = dlopen(path, { c_async_called: { args: [FFIType.u64], returns: "void" } });
    const address = (other.symbols.c_async_called as unknown as { ptr: number }).ptr;
    await refuses("library", () =>
      beside(symbols.c_async_calls, new Asynced({ most: 2 ** 24, arg: BigInt(address) }), 1),
    );
    other.close();
  });

  test("near the end of the stack", () =>
    refuses("guard", async () => {
      try {
        await run(function* () {
          const a = new Asynced({ most: 2 ** 24, arg: BigInt(library.gobuf_preempt_frame() - 64) });
          const goid = Number(go.native(symbols.c_async_deep, a.words));
          // Not one that is dead: goids begin anew with each run.
          const gp = allgs().find((g) => goidOf(g) === goid && readgstatus(g) === Grunnable) as number;
          new BigUint64Array(a.words.buffer)[2] = word64(gp * G_STRIDE + G_STACK_LO);
          while (!a.ended) yield* gosched();
        });
      } catch (error) {
        // The collector's signal came instead, whose frame has no room there, either, and no stack of its own.
        if (!(error instanceof StackOverflowError)) throw error;
      }
    }));
});

function word64(i: number): bigint {
  return (BigInt(gmem[i + 1] >>> 0) << 32n) | BigInt(gmem[i] >>> 0);
}

/** The executable mapping of the probe's code; null where the system does not tell. */
function text(address: bigint): readonly [lo: bigint, hi: bigint] | null {
  if (process.platform !== "linux") return null;
  for (const line of readFileSync("/proc/self/maps", "latin1").split("\n")) {
    const [, lo, hi, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (!rights?.includes("x") || BigInt(`0x${lo}`) > address || BigInt(`0x${hi}`) <= address) continue;
    return [BigInt(`0x${lo}`), BigInt(`0x${hi}`)];
  }
  return null;
}

describe("the bounds of what is refused, to the byte", () => {
  const code = BigInt((symbols.c_async_counts as unknown as { ptr: number }).ptr);
  const own = BigInt((library.gobuf_getg as unknown as { ptr: number }).ptr);

  /** A G that is asked to give way, or not, and where its stack lies. */
  function asked(yes = true) {
    schedinit();
    const gp = newNativeG(Number(code) as Parameters<typeof newNativeG>[0], null);
    const i = gp * G_STRIDE;
    gmem.fill(yes ? -1 : 0, i + G_STACKGUARD0, i + G_STACKGUARD0 + 2);
    const lo = word64(i + G_STACK_LO);
    const hi = word64(i + G_STACK_HI);
    return { lo, hi, at: (pc: bigint, sp: bigint) => library.gobuf_preempt_ask(gp, pc, sp) };
  }

  test("of the stack", () => {
    const { lo, hi, at } = asked();
    expect(at(code, hi)).toBe(PREEMPTION_TAKEN);
    expect(at(code, hi + 1n)).toBe(PREEMPTION_GUARD);
    let refused = lo;
    let taken = hi;
    while (taken - refused > 1n) {
      const middle = (refused + taken) / 2n;
      if (at(code, middle) === PREEMPTION_TAKEN) taken = middle;
      else refused = middle;
    }
    expect(at(code, refused)).toBe(PREEMPTION_GUARD);
    // The frame is the processor's state twice, for a signal may come on top of it, and what is called from there.
    const need = Number(taken - lo);
    expect(need).toBe(library.gobuf_preempt_frame());
    expect(need).toBeGreaterThan(2048);
    expect(need).toBeLessThan(Number(hi - lo) / 2 + 16 * 1024);
  });

  test("of the library's code", () => {
    const { hi, at } = asked();
    // Wherever it lies in the code.
    for (const symbol of Object.values(symbols)) {
      expect(at(BigInt((symbol as unknown as { ptr: number }).ptr), hi)).toBe(PREEMPTION_TAKEN);
    }
    const bounds = text(code);
    if (bounds === null) return expect(at(code, hi)).toBe(PREEMPTION_TAKEN);
    const [first, end] = bounds;
    expect(at(first, hi)).toBe(PREEMPTION_TAKEN);
    expect(at(first - 1n, hi)).not.toBe(PREEMPTION_TAKEN);
    expect(at(end - 1n, hi)).toBe(PREEMPTION_TAKEN);
    expect(at(end, hi)).not.toBe(PREEMPTION_TAKEN);
    expect(at(0n, hi)).toBe(PREEMPTION_LIBRARY);
  });

  test("of gobuf's own code", () => {
    const { hi, at } = asked();
    expect(at(own, hi)).toBe(PREEMPTION_RUNTIME);
    const bounds = text(own);
    if (bounds === null) return;
    const [first, end] = bounds;
    expect(at(first, hi)).toBe(PREEMPTION_RUNTIME);
    expect(at(first - 1n, hi)).not.toBe(PREEMPTION_RUNTIME);
    expect(at(end - 1n, hi)).toBe(PREEMPTION_RUNTIME);
    expect(at(end, hi)).not.toBe(PREEMPTION_RUNTIME);
  });

  test("of the turn: what nobody asks for is not taken; and there is no G on g0's stack", () => {
    const { hi, at } = asked(false);
    expect(at(code, hi)).toBe(PREEMPTION_LATE);
    expect(library.gobuf_preempt_ask(0, code, hi)).toBe(PREEMPTION_G0);
  });
});

describe("asking for it", () => {
  test("another word is refused by name", () => {
    expect(() => openAsync("sometimes" as "async")).toThrow(
      'gobuf: native.dlopen: option preempt: expected "cooperative" or "async", got "sometimes"',
    );
  });

  test("a library that has not asked is left alone", async () => {
    const path = join(folder, `calm-${libraryPath.split(/[\\/]/).pop()}`);
    copyFileSync(libraryPath, path);
    const calm = openAsync("cooperative", path);
    using _ = hurry(100);
    const before = native.preemptions();
    await beside(calm.symbols.c_async_counts, new Asynced({ most: 2 ** 26 }), 1);
    expect(native.preemptions().sent).toBe(before.sent);
    calm.close();
  });

  test("a library that is closed has no code any more", () => {
    const path = join(folder, `closed-${libraryPath.split(/[\\/]/).pop()}`);
    copyFileSync(libraryPath, path);
    const opened = openAsync("async", path);
    const code = BigInt((opened.symbols.c_async_counts as unknown as { ptr: number }).ptr);
    schedinit();
    const gp = newNativeG(Number(code) as Parameters<typeof newNativeG>[0], null);
    const i = gp * G_STRIDE;
    gmem.fill(-1, i + G_STACKGUARD0, i + G_STACKGUARD0 + 2);
    const at = () => library.gobuf_preempt_ask(gp, code, word64(i + G_STACK_HI));
    expect(at()).toBe(PREEMPTION_TAKEN);
    opened.close();
    expect(at()).toBe(PREEMPTION_LIBRARY);
  });

  compilerTest("a library that bun:ffi compiles may ask, too", async () => {
    const source = join(packageRoot, "arch", "probe", "preempt.c");
    const compiled = native.cc({ source, symbols: { c_async_counts: native.body }, preempt: "async" });
    const before = native.preemptions().taken;
    await beside(compiled.symbols.c_async_counts, new Asynced(), 2);
    expect(native.preemptions().taken).toBeGreaterThan(before);
    compiled.close();
  });

  const windows = process.platform === "win32";
  const skipped = windows ? " (skipped: no signal is used on Windows)" : "";
  test.skipIf(windows)(`where SIGURG has a handler, it is refused with the reason${skipped}`, async () => {
    const script = `process.on("SIGURG", () => {});
      const { native } = await import("gobuf");
      try { native.dlopen(${JSON.stringify(libraryPath)}, { c_yields: native.body }, { preempt: "async" }); }
      catch (error) { console.log(error.message); }`;
    const child = Bun.spawn([process.execPath, "-e", script], { cwd: packageRoot, stdout: "pipe" });
    expect(await child.stdout.text()).toContain(
      "the signal SIGURG, by which threads are interrupted, has another handler",
    );
    await child.exited;
  });
});

describe("a Worker whose body spins", () => {
  for (const how of ["async", "cooperative", "runSync"] as const) {
    test(`closes when it is terminated: ${how}`, async () => {
      // What it opens it cannot close.
      const path = join(folder, `worker-${how}-${libraryPath.split(/[\\/]/).pop()}`);
      copyFileSync(libraryPath, path);
      const worker = new Worker(new URL("./worker.ts", import.meta.url).href);
      const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
      const spins = new Promise((resolve) => worker.addEventListener("message", resolve));
      worker.postMessage({ how, path });
      await spins;
      const before = native.preemptions().taken;
      worker.terminate();
      await closed;
      // JavaScript ends the Worker when it has the thread next: that is behind a preemption, which comes after 10 ms of a
      // turn. So many are 100 ms, whatever the clock says.
      if (currentAbi() === undefined) expect(native.preemptions().taken - before).toBeLessThanOrEqual(10);
    });
  }
});
