/**
 * A thread whose run has several Ms is terminated in the middle of it: its Ms leave, nothing hangs, and what they had serves
 * the next.
 */
import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { abiSkip } from "../../scripts/abis/skip.ts";
import { HEADER_G_NEXT, HEADER_M_COUNT } from "../../src/runtime/codes.ts";
import { mmem } from "../../src/runtime/ffi.ts";
import type { Ends } from "./terminations.ts";

const threads = () => readdirSync("/proc/self/task").length;
const gs = () => Atomics.load(mmem, HEADER_G_NEXT);
const ms = () => Atomics.load(mmem, HEADER_M_COUNT);

/** Starts a Worker, and terminates it once both kinds of goroutine have met. @returns threads that there were */
async function one(): Promise<number> {
  const worker = new Worker(new URL("./terminated.ts", import.meta.url));
  await new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message));
  });
  const running = threads();
  const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
  worker.terminate();
  await closed;
  return running;
}

const native = abiSkip(["arm64", "windows"], "qemu's own threads are counted as well, and wine has no such runs");

native(
  "ten Workers with two Ms each, one after the other",
  async () => {
    if (process.platform !== "linux") return expect(process.platform).not.toBe("linux");
    const before = threads();
    for (let n = 0; n < 3; n++) await one();
    const early = { gs: gs(), ms: ms() };
    for (let n = 3; n < 10; n++) expect(await one()).toBeGreaterThan(before);
    // The last one's Ms may be on their way out.
    while (threads() > before + 6) await Bun.sleep(1);
    expect(gs() - early.gs).toBeLessThanOrEqual(4 * 64);
    expect(ms() - early.ms).toBeLessThanOrEqual(6);
  },
  60_000,
);

native(
  "a share of those that are terminated at a random moment (all of them: bun props/procs/terminations.ts)",
  async () => {
    if (process.platform !== "linux") return expect(process.platform).not.toBe("linux");
    const program = new URL("./terminations.ts", import.meta.url).pathname;
    const child = Bun.spawn([process.execPath, program, "--count", "30", "--procs", "2", "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ code, err, wrong: out.match(/"wrong":\[.*?\]/)?.[0] }).toEqual({ code: 0, err: "", wrong: '"wrong":[]' });
    const { ends, hits, own } = JSON.parse(out) as Ends;
    expect({ ends, own }).toEqual({ ends: 30, own: 3 });
    // Moments in one phase alone would say that they are no random ones.
    expect(Object.keys(hits).length).toBeGreaterThan(1);
  },
  120_000,
);
