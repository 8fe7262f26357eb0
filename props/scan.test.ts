/** The status relation for all pairs and scan bits, and the scan bit held by another thread. */
import { describe, expect, test } from "bun:test";
import { chunkOfG, G_STATUS, G_STRIDE, gmem, native } from "../src/runtime/ffi.ts";
import {
  casfrom_gscanstatus,
  casgstatus,
  castogscanstatus,
  edges,
  isLegalTransition,
  lastTransitions,
  readgstatus,
  resetTransitions,
  ringEdge,
} from "../src/runtime/gstatus.ts";
import { StatusError } from "../src/runtime/panic.ts";
import {
  Gcopystack,
  Gdead,
  Gidle,
  Gpreempted,
  Grunnable,
  Grunning,
  Gscan,
  Gsyscall,
  Gwaiting,
  statusNames,
} from "../src/runtime/runtime2.ts";
import { scan_stack } from "../src/runtime/suspend.ts";
import type { ScanOrder } from "./scan-worker.ts";

const statuses = Object.keys(statusNames).map(Number);
/** A G that no scheduler knows. */
const gp = chunkOfG();
const word = gp * G_STRIDE + G_STATUS;
const address = Number(native.gobuf_arena(1)) + word * 4;

describe("the relation", () => {
  test("has 13 edges, and holds for a pair exactly when the table has it, scan bits stripped", () => {
    expect(edges).toHaveLength(13);
    for (const from of statuses) {
      for (const to of statuses) {
        const legal = edges.some(([f, t]) => f === from && t === to);
        for (const bits of [0, 1, 2, 3]) {
          const pair = [from | (bits & 1 ? Gscan : 0), to | (bits & 2 ? Gscan : 0)] as const;
          expect(isLegalTransition(...pair)).toBe(legal);
        }
        Atomics.store(gmem, word, from);
        if (legal) casgstatus(gp, from, to);
        else expect(() => casgstatus(gp, from, to)).toThrow(StatusError);
        expect(readgstatus(gp)).toBe(legal ? to : from);
      }
    }
  });

  test("a scan bit in either status is refused by casgstatus", () => {
    Atomics.store(gmem, word, Grunnable);
    expect(() => casgstatus(gp, Grunnable | Gscan, Grunning)).toThrow("scanrunnable>running");
    expect(() => casgstatus(gp, Grunnable, Grunning | Gscan)).toThrow("runnable>scanrunning");
  });

  test("a G in another status is refused at once; the error names goroutine, statuses and last transitions", () => {
    resetTransitions();
    Atomics.store(gmem, word, Gidle);
    casgstatus(gp, Gidle, Grunnable);
    expect(() => casgstatus(gp, Grunning, Gdead)).toThrow(
      /in another status: goroutine \d+ \(G \d+\): running>dead, its status is runnable; last transitions: \d+ idle>runnable/,
    );
    expect(lastTransitions()).toHaveLength(1);
  });
});

test("an edge that schedule walks by itself is looked up once, and refused when it is none", () => {
  expect(ringEdge(Grunnable, Grunning)).toBe((Grunnable << 4) | Grunning);
  expect(() => ringEdge(Gdead, Gwaiting)).toThrow("an edge of the scheduler's: goroutine 0 (G 0): dead>waiting");
});

describe("the scan bit, this thread", () => {
  test("castogscanstatus takes it, casfrom_gscanstatus gives it back, nobody moves the G meanwhile", () => {
    Atomics.store(gmem, word, Gwaiting);
    expect(castogscanstatus(gp, Grunnable, Grunnable | Gscan)).toBe(false);
    expect(castogscanstatus(gp, Gwaiting, Gwaiting | Gscan)).toBe(true);
    expect(() => casgstatus(gp, Gwaiting, Grunnable)).toThrow("this M holds the scan bit itself");
    casfrom_gscanstatus(gp, Gwaiting | Gscan, Gwaiting);
    casgstatus(gp, Gwaiting, Grunnable);
  });

  test("bad statuses are refused, and so is giving back what is not held", () => {
    Atomics.store(gmem, word, Gwaiting);
    expect(() => castogscanstatus(gp, Gwaiting, Grunning | Gscan)).toThrow("castogscanstatus: bad statuses");
    expect(() => castogscanstatus(gp, Gdead, Gdead | Gscan)).toThrow("castogscanstatus: bad statuses");
    expect(() => casfrom_gscanstatus(gp, Gwaiting | Gscan, Grunnable)).toThrow("casfrom_gscanstatus: bad statuses");
    expect(() => casfrom_gscanstatus(gp, Gwaiting | Gscan, Gwaiting)).toThrow("not in that scan status");
  });

  test("scan_stack: in every status that can be scanned nothing moves the G while the scanner runs, and it is let go", () => {
    for (const status of [Grunnable, Grunning, Gsyscall, Gwaiting]) {
      Atomics.store(gmem, word, status);
      const [, to = -1] = edges.find(([from]) => from === status) ?? [];
      const seen = scan_stack(gp, (g) => {
        expect(() => casgstatus(g, status, to)).toThrow("this M holds the scan bit itself");
        expect(scan_stack(g, () => "a second scanner")).toBeUndefined();
        return readgstatus(g);
      });
      expect(seen).toBe(status | Gscan);
      expect(readgstatus(gp)).toBe(status);
      casgstatus(gp, status, to);
      expect(readgstatus(gp)).toBe(to);
    }
  });

  test("scan_stack: a scanner that throws lets the G go", () => {
    Atomics.store(gmem, word, Gwaiting);
    expect(() =>
      scan_stack(gp, () => {
        throw new Error("scanner");
      }),
    ).toThrow("scanner");
    expect(readgstatus(gp)).toBe(Gwaiting);
    casgstatus(gp, Gwaiting, Grunnable);
  });

  test("scan_stack: in any other status the scanner is not called, and the G stays as it is", () => {
    for (const status of [Gidle, Gdead, Gcopystack, Gpreempted, Gwaiting | Gscan]) {
      Atomics.store(gmem, word, status);
      let called = false;
      expect(
        scan_stack(gp, () => {
          called = true;
        }),
      ).toBeUndefined();
      expect(called).toBe(false);
      expect(readgstatus(gp)).toBe(status);
    }
  });
});

/** Starts the other thread. @returns when it holds the bit, or runs */
async function scanner(status: number, rounds: number) {
  const shared = new SharedArrayBuffer(8);
  const flags = new Int32Array(shared);
  const worker = new Worker(new URL("./scan-worker.ts", import.meta.url).href);
  const done = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage({ address, status, scan: Gscan, shared, rounds } satisfies ScanOrder);
  const ready = Atomics.waitAsync(flags, 0, 0);
  if (ready.async) await ready.value;
  return { flags, done, stop: () => worker.terminate() };
}

describe("the scan bit, another thread", () => {
  test("casgstatus waits while another thread holds the bit, and then goes on", async () => {
    Atomics.store(gmem, word, Gwaiting);
    const { flags, done, stop } = await scanner(Gwaiting, 0);
    expect(readgstatus(gp)).toBe(Gwaiting | Gscan);
    // Another status is no reason to wait, whoever holds the bit.
    expect(() => casgstatus(gp, Grunning, Gdead)).toThrow("in another status");
    Atomics.store(flags, 0, 2);
    Atomics.notify(flags, 0);
    casgstatus(gp, Gwaiting, Grunnable);
    expect(readgstatus(gp)).toBe(Grunnable);
    await done;
    // A transition under the held bit would have been overwritten when the bit was given back.
    expect(readgstatus(gp)).toBe(Grunnable);
    stop();
  });

  test("under contention no transition is lost and none happens under a held bit", async () => {
    Atomics.store(gmem, word, Grunnable);
    const { flags, done, stop } = await scanner(Grunnable, 1);
    let moved = 0;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    // Until the other thread has been in between often enough; where both share a core, it needs its turn for that.
    const before = Atomics.load(flags, 1);
    while ((moved < 2000 || Atomics.load(flags, 1) - before < 200) && Atomics.load(flags, 0) !== 3) {
      for (let i = 0; i < 200; i++) {
        casgstatus(gp, Grunnable, Grunning);
        casgstatus(gp, Grunning, Grunnable);
        moved++;
      }
      Atomics.wait(pause, 0, 0, 0.01);
    }
    Atomics.compareExchange(flags, 0, 1, 2);
    await done;
    expect(readgstatus(gp)).toBe(Grunnable);
    stop();
  });
});
