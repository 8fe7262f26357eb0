/** Ten thousand goroutines in a chain, each waiting for the next, come to life and end. */
import { chan, type Go, go, numGoroutine, type RecvChan, type SendChan } from "gobuf";
import { must, type Program, settle } from "./program.ts";

const N = 10_000;

function* passOn(to: SendChan<number>, from: RecvChan<number>): Go {
  const v = yield* from.recv();
  must(v !== undefined, "the chain broke");
  yield* to.send(v + 1);
}

export const goroutines: Program = {
  name: "goroutines",
  pins: "a chain of ten thousand goroutines hands a value through and is gone",
  *main() {
    const end = chan<number>();
    let last = end;
    for (let i = 0; i < N; i++) {
      const link = chan<number>();
      go(passOn, last, link);
      last = link;
    }
    must(numGoroutine() === N + 1, `${numGoroutine()} goroutines after ${N} go statements`);
    yield* last.send(0);
    const hops = yield* end.recv();
    must(hops === N, `the value went through ${hops} goroutines`);
    yield* settle();
    must(numGoroutine() === 1, `${numGoroutine() - 1} goroutines are left of the chain`);
  },
};
