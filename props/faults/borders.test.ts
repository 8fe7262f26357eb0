/**
 * The borders to ordinary async code: whatever goes on between goroutines and promises, the event loop has its turns, timers
 * that are armed late are in time, and nobody is called dead who is about to be answered.
 */
import { describe, expect, test } from "bun:test";
import { chan, go, gosched, recvCase, run, selectAsync, sleep, spawn, wait } from "../../src/index.ts";

/** Far more rounds than fit into the few milliseconds that the timer of {@link beside} takes. */
const ROUNDS = 400_000;

/** Repeats something until a timer of 5 ms has fired. @returns whether it did before so many rounds were over */
async function beside(step: () => Promise<unknown>): Promise<boolean> {
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 5);
  for (let i = 0; i < ROUNDS && !fired; i++) await step();
  return fired;
}

describe("a timer fires beside", () => {
  test("sendAsync and recvAsync that answer each other without end", async () => {
    const fired = await run(function* () {
      const [there, back] = [chan<number>(), chan<number>()];
      const answers = go(function* () {
        for (;;) yield* back.send((yield* there.recv()) as number);
      });
      expect(answers).toBeGreaterThan(1);
      return yield* wait(
        beside(async () => {
          await there.sendAsync(1);
          await back.recvAsync();
        }),
      );
    });
    expect(fired).toBe(true);
  });

  test("goroutines that ordinary code spawns and awaits, one after the other", async () => {
    const fired = await run(function* () {
      yield* gosched();
      return yield* wait(
        beside(() =>
          spawn(function* () {
            yield* gosched();
          }),
        ),
      );
    });
    expect(fired).toBe(true);
  });

  test("selectAsync, and a goroutine that waits for one promise after the other", async () => {
    const fired = await run(function* () {
      const ch = chan<number>();
      go(function* () {
        for (let i = 0; ; i++) {
          yield* wait(Promise.resolve());
          yield* ch.send(i);
        }
      });
      return yield* wait(beside(() => selectAsync([recvCase(ch)])));
    });
    expect(fired).toBe(true);
  });

  test.each(["fake", "real"] as const)("a goroutine that never rests, on the %s clock", async (clock) => {
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 5);
    await run(
      function* () {
        for (let i = 0; i < 4_000_000 && !fired; i++) yield* clock === "fake" ? sleep(1) : gosched();
      },
      { clock },
    );
    expect(fired).toBe(true);
  });
});

/**
 * Repeats something that takes 1 ms by the clock each time: whatever the machine's speed, a slice is soon over.
 *
 * @returns the most rounds between two turns of the event loop
 */
async function roundsATurn(step: () => Promise<unknown>): Promise<number> {
  const real = performance.now;
  let [time, most, rounds, ends] = [real.call(performance), 0, 0, false];
  const turn = () => {
    rounds = 0;
    if (!ends) setImmediate(turn);
  };
  setImmediate(turn);
  performance.now = () => time;
  try {
    for (let i = 0; i < 2000; i++) {
      time++;
      await step();
      most = Math.max(most, ++rounds);
    }
  } finally {
    performance.now = real;
    ends = true;
  }
  return most;
}

test("code that answers each step of a goroutine's in a microtask lets the event loop turn every 4 ms", async () => {
  const most = await run(function* () {
    const [there, back] = [chan<number>(), chan<number>()];
    go(function* () {
      for (;;) yield* back.send((yield* there.recv()) as number);
    });
    return yield* wait(
      roundsATurn(async () => {
        await there.sendAsync(1);
        await back.recvAsync();
      }),
    );
  });
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(10);
});

describe("timers", () => {
  test("one that is armed while the world waits for a later one is in time", async () => {
    const late = Symbol("late");
    const order: string[] = [];
    const end = await run(function* () {
      go(function* () {
        yield* sleep(1e9);
      });
      yield* gosched();
      const early = new Promise<void>((resolve) => setTimeout(resolve, 1)).then(() =>
        spawn(function* () {
          yield* sleep(3);
          order.push("3 ms");
          go(function* () {
            yield* sleep(1);
            order.push("1 ms more");
          });
          yield* sleep(500);
          order.push("500 ms");
        }),
      );
      return yield* wait(Promise.race([early, Bun.sleep(4000).then(() => late)]));
    });
    expect(end).not.toBe(late);
    expect(order).toEqual(["3 ms", "1 ms more", "500 ms"]);
  });
});

describe("nobody is dead", () => {
  /** Async code that answers after some microtasks. */
  const hops = async (n: number) => {
    for (let i = 0; i < n; i++) await null;
  };

  test.each([0, 1, 5, 50])("whom async code answers %d microtasks later", async (n) => {
    const got = await run(function* () {
      const ch = chan<number>();
      void (async () => {
        const value = (await ch.recvAsync()) as number;
        await hops(n);
        await ch.sendAsync(value + 1);
      })();
      yield* ch.send(1);
      return yield* ch.recv();
    });
    expect(got).toBe(2);
  });

  test("whom the async code behind a spawned goroutine answers", async () => {
    const got = await run(function* () {
      const ch = chan<string>();
      void spawn(function* () {
        yield* gosched();
      }).then(async () => {
        await hops(3);
        await ch.sendAsync("answered");
      });
      return yield* ch.recv();
    });
    expect(got).toBe("answered");
  });

  test("but who is not answered is, and soon", async () => {
    const error = await run(function* () {
      const ch = chan<number>();
      void ch.recvAsync();
      yield* ch.send(1);
      yield* ch.recv();
    }).catch((e: Error) => e);
    expect(String(error)).toContain("all goroutines are asleep - deadlock!");
  });
});
