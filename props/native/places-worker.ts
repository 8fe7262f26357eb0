/**
 * A Worker of places.test.ts: the thread's Gs are few, whatever other tests of the process have made. It says in which order
 * the goroutines of a small run are listed, after native goroutines have left so many Gs without a stack.
 */
import { chan, go, goroutines, gosched, native, run, runSync, WaitGroup } from "gobuf";
import { allgs } from "../../src/runtime/g.ts";
import { openBodies, Work } from "./bodies.ts";

const { symbols } = openBodies();
const listed: number[][] = [];
runSync(function* () {
  for (let n = 0; n < 20; n++) {
    go(function* () {
      yield* gosched();
    });
  }
});
for (let left = 0; left < 6; left++) {
  const all = allgs().length;
  // So many native goroutines at a time that all Gs but main's have a stack.
  await run(function* () {
    const gate = native.chan(native.u32);
    const wg = new WaitGroup();
    wg.add(all - 1);
    for (let n = 0; n < all - 1; n++) go.native(symbols.zig_passer, new Work({ in: gate, out: gate, wg }).bytes);
    // They have places behind those.
    for (let n = 0; n < left; n++) {
      wg.go(function* () {
        yield* gosched();
      });
    }
    yield* gosched();
    gate.close();
    yield* wg.wait();
  });
  const goids = runSync(function* () {
    for (let n = 0; n < 5; n++) {
      go(function* () {
        yield* chan().recv();
      });
    }
    yield* gosched();
    return goroutines().map((g) => g.goid);
  });
  listed.push(goids);
}
postMessage(listed);
process.exit(0);
