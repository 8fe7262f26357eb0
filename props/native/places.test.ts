/** Reports list the goroutines of a run by their places, however few of the thread's Gs are without a stack. */
import { expect, test } from "bun:test";
import { chan, go, goroutines, gosched, native, run, runSync, WaitGroup } from "gobuf";
import { allgs } from "../../src/runtime/g.ts";
import { openBodies, Work } from "./bodies.ts";

const { symbols } = openBodies();
/** More would take a while: other tests of the process may have made a million. */
const MOST = 4000;

test("main is first, then as they were started, for every number of Gs without a stack", async () => {
  runSync(function* () {
    for (let n = 0; n < 20; n++)
      go(function* () {
        yield* gosched();
      });
  });
  for (let left = 0; left < 6; left++) {
    const all = allgs().length;
    if (all > MOST) return;
    // So many native goroutines at a time that all Gs but main's have a stack.
    await run(function* () {
      const gate = native.chan(native.u32);
      const wg = new WaitGroup();
      wg.add(all - 1);
      for (let n = 0; n < all - 1; n++) go.native(symbols.zig_passer, new Work({ in: gate, out: gate, wg }).bytes);
      // They have places behind those.
      for (let n = 0; n < left; n++)
        wg.go(function* () {
          yield* gosched();
        });
      yield* gosched();
      gate.close();
      yield* wg.wait();
    });
    const listed = runSync(function* () {
      for (let n = 0; n < 5; n++)
        go(function* () {
          yield* chan().recv();
        });
      yield* gosched();
      return goroutines().map((g) => g.goid);
    });
    expect(listed).toEqual([1, 2, 3, 4, 5, 6]);
  }
});
