/** A Worker with a run on several Ms that never ends by itself: terminate.test.ts terminates it in the middle. */
import { chan, type Go, go, run } from "gobuf";
import { openBodies, Works } from "./bodies.ts";

declare const self: Worker;

const { symbols } = openBodies();
const works = new Works(4);

function* main(): Go {
  const [to, from] = [chan<number>(0), chan<number>(3)];
  go.native(symbols.p_echo, works.set(0, { in: to, out: from }));
  for (let i = 1; i < 4; i++) go.native(symbols.p_yielder, works.set(i, { count: 2 ** 50 }));
  go(function* () {
    for (let n = 0; ; n++) yield* to.send(n);
  });
  self.postMessage(yield* from.recv());
  for (;;) yield* from.recv();
}

run(main, { procs: 2 });
