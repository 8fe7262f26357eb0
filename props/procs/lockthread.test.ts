/** Goroutines that have a thread to themselves: they stay on it, and no other runs there. */
import { describe, expect, test } from "bun:test";
import { chan, go, run, WaitGroup } from "gobuf";
import { addressOf } from "../../src/runtime/ffi.ts";
import { openBodies, Works } from "./bodies.ts";

const { symbols } = openBodies();
const OK = 1;
const PANIC = 2;

describe.skipIf(process.platform !== "linux")("gobuf_lock_thread in a run with several Ps (Linux's futex)", () => {
  for (const procs of [2, 3]) {
    test(`${procs} Ps: it stays on its thread, which is another's only behind the last unlock`, async () => {
      const works = new Works(8);
      const threads = Array.from({ length: 2 }, () => new BigUint64Array(1));
      const shared = threads.map((word) => addressOf(word as never) as number);
      await run(
        function* () {
          const wg = new WaitGroup();
          wg.add(8);
          for (let i = 0; i < 2; i++) {
            go.native(symbols.p_thread_locker, works.set(i, { wg, count: 100, shared: shared[i] as number, id: i }));
          }
          for (let i = 2; i < 8; i++) {
            go.native(symbols.p_beside, works.set(i, { wg, count: 1000, shared: shared[i % 2] as number }));
          }
          yield* wg.wait();
        },
        { procs },
      );
      expect([works.total("done"), works.total("bad")]).toEqual([2 * 100 + 6 * 1000, 0]);
      // Their memory is the bodies' until here.
      expect(threads.map(([thread]) => thread)).toEqual([0n, 0n]);
    });
  }

  test("more than there may be are told so, and those that wait are a deadlock as any others", async () => {
    const works = new Works(40);
    const never = run(
      function* () {
        const wg = new WaitGroup();
        const ch = chan<number>();
        wg.add(40);
        for (let i = 0; i < 40; i++) go.native(symbols.p_thread_holder, works.set(i, { wg, in: ch }));
        yield* wg.wait();
        yield* chan<number>().recv();
      },
      { procs: 2 },
    );
    await expect(never).rejects.toThrow("all goroutines are asleep - deadlock!");
    const outcomes = Array.from({ length: 40 }, (_, i) => works.get(i, "status"));
    expect([outcomes.filter((x) => x === OK).length, outcomes.filter((x) => x === PANIC).length]).toEqual([31, 9]);
  }, 60_000);
});
