/**
 * Threads that end, in whatever way, leave nothing behind: their M, Gs, sudogs and stacks go to the next. Each process of
 * ends.ts is watched from outside, so that what other tests hold does not count.
 */
import { ptr } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { currentAbi } from "../../scripts/abis/abis.ts";
import { beside } from "../../scripts/beside.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import type { Left } from "./ends.ts";
import type { Task } from "./task.ts";

/** Emulators take a second a Worker. */
const emulated = currentAbi() !== undefined;
const WORKERS = emulated ? 12 : 300;
const MiB = 2 ** 20;

async function ends(...args: (string | number)[]): Promise<Left> {
  const child = Bun.spawn([process.execPath, join(packageRoot, "props", "threads", "ends.ts"), ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const report = `bun props/threads/ends.ts ${args.join(" ")}: exit code ${code}\n${out}${err}`;
  expect(code, report).toBe(0);
  const left = JSON.parse(out.trim().split("\n").at(-1) as string) as Left;
  expect(left.failed, report).toEqual([]);
  return left;
}

/** How much more there is after the last Worker than after the first tenth of them. */
const growth = ([early, late]: [number, number]) => late - early;

describe("F23: an M and all that its thread took comes back", () => {
  beside(
    `${WORKERS} Workers in a row, each with goroutines of both kinds that are never done, cost what idle ones cost`,
    async () => {
      const [idle, busy] = await Promise.all([ends("nothing", WORKERS, 0), ends("work", WORKERS, 20)]);
      for (const name of ["gs", "sudogs", "ms", "stacks"] as const) expect(growth(busy[name]), name).toBe(0);
      // A Worker of Bun's keeps some kB itself, with goroutines (15 KiB) and without (14). It is bun:ffi's: a terminated Worker
      // that does nothing keeps 3.1 KiB; one that opens the library's 27 functions and not gobuf 9.6, and 13.9 when it opens
      // them twice, as a Worker with bodies does; 3.3 when it closes them, which a terminated one cannot. Measured with 400
      // Workers in a row each.
      expect(growth(busy.rss)).toBeLessThan(growth(idle.rss) + 12 * MiB);
      expect(growth(busy.maps)).toBeLessThan(growth(idle.maps) + 12);
    },
  );

  (emulated ? test.skip : beside)(
    "25 Workers with 200,000 goroutines each: more than the arena holds together",
    async () => {
      const left = await ends("goroutines", 25, 200_000);
      expect(growth(left.gs)).toBe(0);
      expect(left.gs[1]).toBeLessThan(2 * 200_000);
    },
  );

  beside("threads that live keep what is theirs, while others come and go", async () => {
    const left = await ends("work", emulated ? 6 : 40, 10, 3);
    expect(left.rounds).toBeGreaterThanOrEqual(3);
    expect(growth(left.gs)).toBe(0);
  });
});

describe("F27: terminate", () => {
  beside(
    "resolves on a thread whose native body calls back in a loop and takes no notice of the outcomes",
    async () => {
      const left = await ends("callbacks", 5, 1);
      expect(growth(left.ms)).toBe(0);
      expect(growth(left.stacks)).toBe(0);
    },
  );

  test("waits for a native body that computes: nothing ends a thread inside one call into the library", async () => {
    // Words: it computes; it may end; it is being terminated.
    const flags = new Int32Array(new SharedArrayBuffer(16));
    // JavaScriptCore may hold this thread until the other one has stopped: a third one lets it end, after some work.
    const script = `
      onmessage = ({ data }) => {
        Atomics.wait(data, 2, 0);
        for (let n = 0; n < 1e7; n++) data[3] = n;
        Atomics.store(data, 1, 1);
        postMessage("done");
      };
      postMessage("ready");`;
    const third = new Worker(URL.createObjectURL(new Blob([script], { type: "application/javascript" })));
    const says = (from: Worker) => new Promise((resolve) => from.addEventListener("message", resolve, { once: true }));
    await says(third);
    third.postMessage(flags);
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    const closed = new Promise<number>((resolve) =>
      worker.addEventListener("close", () => resolve(Atomics.load(flags, 1))),
    );
    await says(worker);
    worker.postMessage({ what: "computes", count: ptr(flags), exits: false } satisfies Task);
    while (Atomics.load(flags, 0) === 0) await new Promise((resolve) => setTimeout(resolve));
    Atomics.store(flags, 2, 1);
    Atomics.notify(flags, 2);
    worker.terminate();
    // It did not close before the body could end.
    expect(await closed).toBe(1);
    third.terminate();
  });
});
