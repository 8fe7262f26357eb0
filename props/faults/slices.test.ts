/** Faults F2 to F6: a run and the event loop share the thread by time, and goroutines the P. */
import { describe, expect, test } from "bun:test";
import { type Chan, chan, go, gosched, hold, run, runSync, sleep, wait } from "../../src/index.ts";
import { synctest } from "../../src/testing/index.ts";

/** Computes for so long, by a clock that nothing fakes but the test runner. */
function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("F2: the event loop's turn comes by time", () => {
  for (const pieceMs of [0, 0.1, 1, 3]) {
    test(`two loops that compute ${pieceMs} ms between two operations`, async () => {
      let ticks = 0;
      const interval = setInterval(() => ticks++, 5);
      await run(function* () {
        let stop = false;
        const loop = function* () {
          while (!stop) {
            compute(pieceMs);
            yield* gosched();
          }
        };
        go(loop);
        go(loop);
        // Both wait for the event loop only: they would never come without its turns.
        for (let i = 0; i < 5; i++) yield* wait(new Promise((resolve) => setTimeout(resolve, 5)));
        stop = true;
      });
      clearInterval(interval);
      expect(ticks).toBeGreaterThan(0);
    });
  }

  test("by hand-overs on a channel too", async () => {
    const turns = await run(function* () {
      const c = chan<void>();
      go(function* () {
        for (;;) {
          compute(1);
          yield* c.send();
        }
      });
      go(function* () {
        for (;;) yield* c.recv();
      });
      let n = 0;
      for (; n < 3; n++) yield* wait(new Promise((resolve) => setImmediate(resolve)));
      return n;
    });
    expect(turns).toBe(3);
  });
});

describe("F3: a fake clock gives the event loop its turn", () => {
  test("a ticker's receiver beside a promise", async () => {
    await run(
      function* () {
        go(function* () {
          for (;;) yield* sleep(1000);
        });
        yield* wait(Bun.sleep(5));
      },
      { clock: "fake" },
    );
  });

  test("a hold keeps the clock where it is", async () => {
    const at = await run(
      function* () {
        const start = performance.now();
        const held = hold();
        setTimeout(() => held[Symbol.dispose](), 5);
        yield* sleep(1000);
        return performance.now() - start;
      },
      { clock: "fake" },
    );
    expect(at).toBeGreaterThan(3);
  });

  test("an endless sleeper in a bubble lets a timer of the event loop end the run", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("time is up")), 20);
    await expect(
      synctest.test(
        function* () {
          go(function* () {
            for (;;) yield* sleep(1000);
          });
          yield* chan().recv();
        },
        { signal: controller.signal },
      ),
    ).rejects.toThrow("time is up");
  });
});

describe("F5: a chain of hand-overs leaves the P to others", () => {
  const chains: Readonly<Record<string, () => void>> = {
    "two that send and receive": () => {
      const [a, b] = [chan<number>(), chan<number>()];
      go(function* () {
        for (;;) {
          yield* a.send(1);
          yield* b.recv();
        }
      });
      go(function* () {
        for (;;) {
          yield* a.recv();
          yield* b.send(1);
        }
      });
    },
    "three in a ring": () => {
      const ring: Chan<number>[] = [chan(), chan(), chan()];
      ring.forEach((c, i) => {
        go(function* () {
          if (i === 0) yield* c.send(1);
          for (;;) {
            yield* (ring[(i + 2) % 3] as Chan<number>).recv();
            yield* c.send(1);
          }
        });
      });
    },
    "one that sleeps for a nanosecond": () => {
      go(function* () {
        for (;;) yield* sleep(1e-6);
      });
    },
  };
  for (const [name, start] of Object.entries(chains)) {
    test(`${name}, on the real clock`, async () => {
      expect(
        await run(function* () {
          start();
          yield* gosched();
          yield* gosched();
          return "main runs";
        }),
      ).toBe("main runs");
    });
  }
  test("on the fake clock, at the same turn each time", () => {
    const count = () =>
      runSync(function* () {
        let trips = 0;
        const [a, b] = [chan<number>(), chan<number>()];
        go(function* () {
          for (;;) {
            trips++;
            yield* a.send(1);
            yield* b.recv();
          }
        });
        go(function* () {
          for (;;) {
            yield* a.recv();
            yield* b.send(1);
          }
        });
        yield* gosched();
        yield* gosched();
        return trips;
      });
    // Each of main's two goscheds waits for the end of a chain; a trip is two hand-overs.
    expect(count()).toBe(2 ** 20);
    expect(count()).toBe(2 ** 20);
  });
});

test("F6: main's first gosched lets others run", async () => {
  const log: string[] = [];
  await run(function* () {
    go(function* () {
      log.push("ant");
    });
    yield* gosched();
    log.push("main");
  });
  expect(log).toEqual(["ant", "main"]);
});
