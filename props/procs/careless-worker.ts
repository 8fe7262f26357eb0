/** A Worker with three runs on several Ps, one after the other: it says what each gave. */
import { go, run, WaitGroup } from "gobuf";
import { openBodies, Works } from "./bodies.ts";

declare const self: Worker;

const { symbols } = openBodies();
const works = new Works(10);
const sums: number[] = [];
for (let n = 0; n < 3; n++) {
  const main = function* () {
    const wg = new WaitGroup();
    wg.add(10);
    for (let i = 0; i < 10; i++) go.native(symbols.p_yielder, works.set(i, { wg, count: 50 }));
    yield* wg.wait();
    return works.total("done");
  };
  sums.push(await run(main, { procs: 2 }));
}
self.postMessage(sums);
