/**
 * A Worker that has one run with several Ps after the other, and says in a word of shared memory what it is about:
 * terminations.ts terminates it at a random moment.
 */
import { PHASE, PHASES, type Start } from "./phases.ts";

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<Start>) => {
  const words = new Int32Array(data.shared);
  const enters = (phase: (typeof PHASES)[number]) => Atomics.store(words, PHASE, PHASES.indexOf(phase));
  enters("gobuf is loaded");
  const { chan, go, gosched, Mutex, run, WaitGroup } = await import("gobuf");
  const { openBodies, Works } = await import("./bodies.ts");
  const { symbols } = openBodies();
  const works = new Works(12);
  for (;;) {
    enters("between two runs");
    await run(
      function* () {
        enters("main, before the pool");
        const [to, from, loose] = [chan<number>(0), chan<number>(3), chan<number>(1)];
        const mutex = new Mutex();
        const wg = new WaitGroup();
        yield* gosched();
        enters("the pool's threads start");
        go.native(symbols.p_echo, works.set(0, { in: to, out: from }));
        wg.add(4);
        for (let i = 1; i < 5; i++) go.native(symbols.p_yielder, works.set(i, { count: 3000, wg }));
        for (let i = 5; i < 7; i++) go.native(symbols.p_sleeper, works.set(i, { count: 2 ** 30, ns: 100_000 }));
        for (let i = 7; i < 9; i++) go.native(symbols.p_receiver, works.set(i, { in: loose }));
        go.native(symbols.p_computer, works.set(9, { count: 300_000 }));
        go(function* sends() {
          for (let n = 0; n < 40; n++) {
            yield* mutex.lock();
            yield* to.send(n);
            yield* mutex.unlock();
          }
          to.close();
        });
        let first = true;
        for (let v = yield* from.recvOk(); v[1]; v = yield* from.recvOk()) {
          if (first) {
            enters("both kinds are at work");
            self.postMessage("begun");
          }
          first = false;
        }
        enters("main waits for native goroutines");
        yield* wg.wait();
        enters("the end of a run");
      },
      { procs: data.procs },
    );
  }
};
