/**
 * suspendG: a native goroutine that runs on another thread is stopped, its registers can be seen, and it goes on behind that;
 * out of preempted it goes as in Go, preempted>waiting>runnable.
 */
import { toArrayBuffer } from "bun:ffi";
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { descriptor, G_LR, G_STACK_HI, G_STACK_LO, G_STRIDE, gmem } from "../../src/runtime/ffi.ts";
import { readgstatus } from "../../src/runtime/gstatus.ts";
import { Gdead, Gpreempted, Grunnable, Grunning, Gscan, Gwaiting, statusName } from "../../src/runtime/runtime2.ts";
import {
  resumeG,
  type Suspended,
  scan_stack,
  startTheWorld,
  stopTheWorld,
  suspendG,
} from "../../src/runtime/suspend.ts";
import { libraryPath } from "../native/bodies.ts";
import { noAsync } from "./async.ts";
import type { Order } from "./suspend.worker.ts";

/** Bodies are stopped in their own time. */
setDefaultTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "gobuf-suspend-"));
afterAll(() => {
  // Windows removes no library that is loaded.
  if (process.platform !== "win32") rmSync(folder, { recursive: true, force: true });
});

const G_SP = (descriptor.g_sched + descriptor.gobuf_sp) >> 2;
const G_PC = (descriptor.g_sched + descriptor.gobuf_pc) >> 2;

const ARG = 0x0123_4567_89ab_cdefn;
const HELD = 2n ** 64n - 1n - ARG;

function word64(i: number): bigint {
  return (BigInt(gmem[i + 1] >>> 0) << 32n) | BigInt(gmem[i] >>> 0);
}

/** A Worker whose body spins. */
class Spinner {
  readonly #worker = new Worker(new URL("./suspend.worker.ts", import.meta.url).href);
  gp = 0;
  /** The body's own words, in the Worker's memory. */
  words = new BigUint64Array(1);

  #next<T>(): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#worker.addEventListener("message", ({ data }) => resolve(data as T), { once: true });
    this.#worker.addEventListener("error", ({ message }) => reject(new Error(message)), { once: true });
    return promise;
  }

  async start(how: Order["how"]): Promise<this> {
    // What it opens it cannot close.
    const path = join(folder, `${how}-${Math.random()}-${basename(libraryPath)}`);
    copyFileSync(libraryPath, path);
    const begun = this.#next<{ gp: number; words: number }>();
    this.#worker.postMessage({ how, path, arg: ARG } satisfies Order);
    const { gp, words } = await begun;
    this.gp = gp;
    this.words = new BigUint64Array(toArrayBuffer(words as never, 0, 48));
    return this;
  }

  status(): number {
    return readgstatus(this.gp);
  }
  /** How often the body was through its loop; the third word of both kinds of body that are used here, or the fourth. */
  times(how: Order["how"]): bigint {
    return Atomics.load(this.words, how === "checkpoint" ? 3 : 2);
  }
  /** Waits, with a status for it, until it runs. */
  runs(how: Order["how"]): void {
    const before = this.times(how);
    while (this.status() !== Grunning || this.times(how) === before);
  }
  /** Suspends it while it runs: it may have been preempted by the monitor just now, and is suspended where it waits for a turn. */
  suspend(how: Order["how"]): Suspended {
    for (;;) {
      this.runs(how);
      const suspended = suspendG(this.gp) as Suspended;
      if (suspended.stopped) return suspended;
      expect(suspended).toEqual({ gp: this.gp, status: Grunnable, stopped: false });
      resumeG(suspended);
    }
  }
  async end(how: Order["how"]): Promise<{ edges: string[]; wrong: number }> {
    const ended = this.#next<{ edges: string[]; wrong: number }>();
    const halves = new Uint32Array(this.words.buffer);
    Atomics.store(halves, how === "checkpoint" ? 3 : 0, 1);
    const result = await ended;
    const closed = new Promise((resolve) => this.#worker.addEventListener("close", resolve));
    this.#worker.terminate();
    await closed;
    return result;
  }
}

const reason = noAsync();
const skipped = reason === null ? "" : ` (skipped: ${reason})`;

describe("a native goroutine that runs on another thread", () => {
  for (const how of ["async", "checkpoint"] as const) {
    test.skipIf(how === "async" && reason !== null)(`is stopped, seen, and goes on: ${how}${skipped}`, async () => {
      const spinner = await new Spinner().start(how);
      const { gp } = spinner;
      const i = gp * G_STRIDE;
      for (let round = 0; round < 5; round++) {
        const suspended = spinner.suspend(how);
        expect(suspended).toEqual({ gp, status: Gwaiting, stopped: true });
        expect(statusName(spinner.status() & ~Gscan), "with the scan bit").toBe("waiting");
        expect(spinner.status() & Gscan).toBe(Gscan);
        const seen = spinner.times(how);
        const [lo, hi, sp] = [word64(i + G_STACK_LO), word64(i + G_STACK_HI), word64(i + G_SP)];
        expect(sp > lo && sp <= hi, "sp lies in its stack").toBe(true);
        expect(word64(i + G_PC)).not.toBe(0n);
        if (how === "async") {
          expect(word64(i + G_LR), "where it was").not.toBe(0n);
          // What is in a register alone lies above sp.
          const stack = new BigUint64Array(toArrayBuffer(Number(sp) as never, 0, Number(hi - sp) & ~7));
          expect(stack.includes(HELD), "the register's word is found on the stack").toBe(true);
        }
        expect(spinner.times(how), "it does not go on").toBe(seen);
        resumeG(suspended);
        spinner.runs(how);
      }
      const { edges, wrong } = await spinner.end(how);
      expect(wrong).toBe(0);
      // Its own M sees the two edges out of it as the relation's one.
      expect(edges).toEqual(
        Array(5)
          .fill([`${Grunning}>${Gpreempted}`, `${Gpreempted}>${Grunnable}`])
          .flat(),
      );
    });
  }

  test.skipIf(reason !== null)(`scan_stack stops it, and the scanner finds its registers${skipped}`, async () => {
    const spinner = await new Spinner().start("async");
    const scan = () =>
      scan_stack(spinner.gp, (gp) => {
        expect(statusName(readgstatus(gp) & ~Gscan), "while it is scanned").not.toBe("running");
        const i = gp * G_STRIDE;
        const [sp, hi] = [word64(i + G_SP), word64(i + G_STACK_HI)];
        return new BigUint64Array(toArrayBuffer(Number(sp) as never, 0, Number(hi - sp) & ~7)).includes(HELD);
      });
    const found: (boolean | undefined)[] = [];
    for (let round = 0; round < 20; round++) {
      spinner.runs("async");
      found.push(scan());
    }
    // Undefined where its status changed just then.
    expect(found.filter((one) => one !== undefined).length).toBeGreaterThan(0);
    expect(found).not.toContain(false);
    await spinner.end("async");
  });

  test.skipIf(reason !== null)(`stopTheWorld stops those of all threads${skipped}`, async () => {
    const all = [await new Spinner().start("async"), await new Spinner().start("async")];
    let stopped: Suspended[] = [];
    // One may have been preempted just then, and be on no M.
    for (let tries = 0; tries < 50; tries++) {
      for (const spinner of all) spinner.runs("async");
      stopped = stopTheWorld();
      if (stopped.length === all.length) break;
      startTheWorld(stopped);
    }
    expect(stopped.map(({ gp }) => gp).sort()).toEqual(all.map(({ gp }) => gp).sort());
    const seen = all.map((spinner) => spinner.times("async"));
    for (let n = 0; n < 10; n++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    expect(all.map((spinner) => spinner.times("async"))).toEqual(seen);
    startTheWorld(stopped);
    for (const spinner of all) spinner.runs("async");
    for (const spinner of all) await spinner.end("async");
  });
});

test("a generator that runs on another thread is not to be stopped, and is not waited for", async () => {
  const spinner = await new Spinner().start("generator");
  expect(suspendG(spinner.gp)).toBeNull();
  expect(spinner.status()).toBe(Grunning);
  await spinner.end("generator");
});

test("one that waits or is dead: its status is held, or there is nothing to suspend", async () => {
  const spinner = await new Spinner().start("async");
  const { gp } = spinner;
  await spinner.end("async");
  expect(readgstatus(gp) & ~Gscan).toBe(Gdead);
  expect(suspendG(gp)).toBeNull();
});
