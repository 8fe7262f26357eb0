/**
 * A thread that does what its first message says, and answers "done" when it has done it: a Worker of ends.ts. It says
 * "ready" first: a message that arrives while the library is still being loaded would not be received.
 */
import { ptr } from "bun:ffi";
import { chan, go, gosched, native, run, runSync, WaitGroup } from "gobuf";
import { openBodies, Work } from "../native/bodies.ts";
import { CALLED, type Task } from "./task.ts";

declare const self: Worker;

function finish({ exits }: Task): void {
  if (exits) process.exit(0);
  self.postMessage("done");
}

/** Generator goroutines and native ones, parked or done, and a channel between them. */
function* work(count: number) {
  const { symbols } = openBodies();
  const words = native.chan(native.u32, 4);
  const back = native.chan(native.u32, 4);
  const never = chan<number>();
  const wg = new WaitGroup();
  for (let n = 0; n < count; n++) {
    wg.add(1);
    go(function* () {
      yield* gosched();
      wg.done();
    });
    go(function* () {
      yield* never.recv();
    });
    wg.add(1);
    go.native(symbols.c_passer, new Work({ in: words, out: back, wg }, 1).bytes);
    yield* words.send(n);
    if ((yield* back.recv()) !== n) throw new Error(`a native goroutine passed another word on than ${n}`);
    // These wait for ever: their stacks are in use when the thread ends.
    go.native(symbols.c_passer, new Work({ in: native.chan(native.u32), out: back }, 1).bytes);
  }
  yield* wg.wait();
  yield* gosched();
}

const tasks: Record<Task["what"], (count: number, shared?: SharedArrayBuffer) => void> = {
  nothing() {
    openBodies();
  },
  work(count) {
    runSync(() => work(count));
  },
  goroutines(count) {
    runSync(function* () {
      const wg = new WaitGroup();
      wg.add(count);
      for (let n = 0; n < count; n++) {
        go(function* () {
          yield* gosched();
          wg.done();
        });
      }
      yield* wg.wait();
    });
  },
  callbacks(_, shared = new SharedArrayBuffer(4 * (CALLED + 1))) {
    void run(function* () {
      const { symbols } = openBodies();
      const words = new Uint32Array(shared);
      using counts = native.callback((n) => {
        words[CALLED] = Number(n) + 1;
        if (n === 100) self.postMessage("done");
      });
      words.set(new Work({ callback: counts }, 2n ** 63n).bytes);
      go.native(symbols.c_careless, ptr(words));
      for (;;) yield* gosched();
    });
  },
  computes(flag) {
    // One call into the library that takes until the flag, a word of another thread's, is set.
    void run(function* () {
      go.native(openBodies().symbols.c_spinner, flag);
      yield* gosched();
    });
  },
  rounds(count) {
    // Until it is terminated: what it answers is right, whatever becomes of other threads.
    const round = () => {
      runSync(() => work(count));
      self.postMessage("round");
      setTimeout(round);
    };
    round();
  },
  spin(count) {
    void run(function* () {
      yield* work(count);
      self.postMessage("done");
      for (;;) yield* gosched();
    });
  },
};
self.onmessage = ({ data }: MessageEvent<Task>) => {
  tasks[data.what](data.count, data.shared);
  if (data.what === "nothing" || data.what === "work" || data.what === "goroutines") finish(data);
};
self.postMessage("ready");
