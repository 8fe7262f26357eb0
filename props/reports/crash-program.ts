/** Programs that end by {@link fatalpanic}, or do not: exit.test.ts runs them. */
import { chan, fatalpanic, go, run } from "gobuf";

const ENDS: Readonly<Record<string, () => Generator<unknown, void, true>>> = {
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

/** Runs one of them. */
export async function crash(how: string): Promise<void> {
  const body = ENDS[how] as () => Generator<unknown, void, true>;
  await run(Object.defineProperty(body, "name", { value: "main" })).catch(fatalpanic);
  console.log("went on");
}
