/** A select that another case won takes itself, and nobody else, out of the queues of its other cases. */
import { chan, go, gosched, numGoroutine, recvCase, select } from "gobuf";
import { must, type Program } from "./program.ts";

export const select6: Program = {
  name: "select6",
  pins: "goroutines that wait before and behind a select in a queue are still served after it",
  *main() {
    const shared = chan<number>();
    const other = chan<void>();
    const served = chan<string>(3);
    const chosen = chan<void>();
    go(function* before() {
      yield* shared.recv();
      yield* served.send("before");
    });
    yield* gosched();
    go(function* selects() {
      const r = yield* select([recvCase(shared), recvCase(other)]);
      must(r.index === 1, "the select took the shared channel");
      yield* chosen.send();
      yield* shared.recv();
      yield* served.send("select");
    });
    yield* gosched();
    yield* other.send();
    yield* chosen.recv();
    go(function* behind() {
      yield* shared.recv();
      yield* served.send("behind");
    });
    for (let n = 0; n < 3; n++) yield* shared.send(n);
    const names = new Set([yield* served.recv(), yield* served.recv(), yield* served.recv()]);
    must(names.size === 3, `served: ${[...names]}`);
    yield* gosched();
    must(numGoroutine() === 1, `${numGoroutine() - 1} goroutines still wait`);
  },
};
