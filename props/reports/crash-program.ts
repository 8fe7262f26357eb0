/** A program that ends as its argument says, by {@link fatalpanic}: exit.test.ts runs it. */
import { chan, fatalpanic, go, run } from "gobuf";

const ENDS: Readonly<Record<string, () => Generator<unknown, void, unknown>>> = {
  *panic() {
    throw "a panic\nof two lines";
  },
  *deadlock() {
    go(function* other() {
      yield* chan<void>().recv();
    });
    yield* chan<void>().recv();
  },
  *goroutine() {
    go(function* bad() {
      throw new TypeError("bad");
    });
    yield* chan<void>().recv();
  },
  *unprintable() {
    throw Object.create(null);
  },
  *many() {
    for (let i = 0; i < 5000; i++) {
      go(function* other() {
        yield* chan<void>().recv();
      });
    }
    yield* chan<void>().recv();
  },
  *fine() {},
};

const end = process.argv[2] ?? "";
await run(Object.defineProperty(ENDS[end] as () => Generator<unknown, void, unknown>, "name", { value: "main" })).catch(
  fatalpanic,
);
console.log("went on");
