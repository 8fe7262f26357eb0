/** Bubbles after Go's testing/synctest: their clock, wait, and their end. */
import { describe, expect, test } from "bun:test";
import {
  after,
  afterFunc,
  type Chan,
  chan,
  context,
  FatalError,
  go,
  goexit,
  hold,
  Mutex,
  newTicker,
  now,
  type Op,
  PanicError,
  type RecvChan,
  RWMutex,
  recvCase,
  run,
  runSync,
  select,
  sendCase,
  sleep,
  UncaughtError,
  WaitGroup,
  wait as waitFor,
} from "gobuf";
import { synctest } from "gobuf/testing";

async function fatal(bubble: Promise<unknown>): Promise<FatalError> {
  const error = await bubble.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof FatalError) return error;
  throw new Error(`expected a FatalError, got ${error}`);
}

describe("the clock", () => {
  test("starts at 2000-01-01, and jumps when all are blocked", async () => {
    const times = await synctest.test(function* () {
      const start = now();
      yield* sleep(3_600_000);
      return [start, now() - start];
    });
    expect(times).toEqual([Date.UTC(2000, 0, 1), 3_600_000]);
    expect(
      runSync(function* () {
        return now();
      }),
    ).toBe(Date.UTC(2009, 10, 10, 23));
  });

  test("is back at its start in the next bubble", async () => {
    for (let i = 0; i < 2; i++) {
      const start = await synctest.test(function* () {
        const start = now();
        yield* sleep(1);
        return start;
      });
      expect(start).toBe(Date.UTC(2000, 0, 1));
    }
  });

  test("stands still for a promise: who waits for one is not blocked durably", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const order: string[] = [];
    await synctest.test(function* () {
      go(function* () {
        order.push(yield* waitFor(promise));
      });
      go(function* () {
        yield* sleep(5);
        order.push("5 ms");
      });
      setImmediate(() => resolve("promise"));
      yield* synctest.wait();
      order.push(`wait at ${now() - Date.UTC(2000, 0, 1)} ms`);
      yield* sleep(10);
    });
    expect(order).toEqual(["promise", "wait at 0 ms", "5 ms"]);
  });
});

describe("wait", () => {
  test("returns when all others are blocked, and before the clock moves", async () => {
    const seen = await synctest.test(function* () {
      const start = now();
      const mutex = new Mutex();
      const rw = new RWMutex();
      const wg = new WaitGroup();
      const ch = chan<number>();
      const arrived: string[] = [];
      yield* mutex.lock();
      yield* rw.lock();
      for (const [name, block] of [
        ["mutex", () => mutex.lock()],
        ["rwmutex", () => rw.rlock()],
        ["chan", () => ch.recv()],
        ["sleep", () => sleep(1000)],
      ] as const) {
        wg.go(function* () {
          yield* sleep(1);
          arrived.push(name);
          yield* block();
          if (name === "mutex") yield* mutex.unlock();
        });
      }
      yield* synctest.wait();
      const before = [...arrived];
      yield* sleep(1);
      yield* synctest.wait();
      const after = [now() - start, ...arrived.toSorted()];
      yield* mutex.unlock();
      yield* rw.unlock();
      ch.close();
      yield* wg.wait();
      return { before, after };
    });
    expect(seen).toEqual({ before: [], after: [1, "chan", "mutex", "rwmutex", "sleep"] });
  });

  test("two at a time are refused", async () => {
    const error = await synctest
      .test(function* () {
        go(function* () {
          yield* synctest.wait();
        });
        yield* synctest.wait();
      })
      .catch((error: unknown) => error);
    expect((error as UncaughtError).cause).toEqual(new PanicError("wait already in progress"));
  });

  test("outside a bubble it is refused, also after one", async () => {
    await synctest.test(function* () {});
    const waits = run(function* () {
      yield* synctest.wait();
    });
    expect(await waits.catch((error: unknown) => error)).toEqual(new PanicError("goroutine is not in a bubble"));
    expect(() => synctest.wait()).toThrow("synctest.wait outside a goroutine");
  });
});

describe("the end", () => {
  test("comes when the last goroutine has ended, with main's result", async () => {
    let ended = false;
    const result = await synctest.test(function* () {
      const ch = chan<number>();
      go(function* () {
        yield* ch.recv();
        yield* synctest.wait();
        ended = true;
      });
      go(function* () {
        yield* ch.send(1);
      });
      return "main's";
    });
    expect([result, ended]).toEqual(["main's", true]);
  });

  test("is a deadlock when all are blocked", async () => {
    const error = await fatal(
      synctest.test(function* main() {
        const mutex = new Mutex();
        yield* mutex.lock();
        yield* mutex.lock();
      }),
    );
    expect(error.text).toBe("deadlock: all goroutines in bubble are blocked");
    expect(error.message).toContain("goroutine 1 [sync.Mutex.Lock]:\nmain(...)");
  });

  test("is a deadlock when main has returned and one is blocked, or sleeps: time has stopped", async () => {
    for (const block of [() => chan<number>().recv(), () => sleep(1)]) {
      const error = await fatal(
        synctest.test(function* main() {
          go(function* worker() {
            yield* block();
          });
        }),
      );
      expect(error.text).toBe("deadlock: main bubble goroutine has exited but blocked goroutines remain");
      expect(error.message).toContain("goroutine 1 [synctest.Run]:");
      expect(error.message).toContain("created by main in goroutine 1");
    }
  });

  test("after main's goexit: the others go on", async () => {
    let ended = false;
    const result = await synctest.test(function* () {
      go(function* () {
        yield* synctest.wait();
        ended = true;
      });
      yield* goexit();
    });
    expect([result, ended]).toEqual([undefined, true]);
  });

  test("is main's error at once, and that of another goroutine", async () => {
    const thrown = synctest.test(function* () {
      go(function* () {
        yield* chan<number>().recv();
      });
      throw new RangeError("main's");
    });
    expect(await thrown.catch((error: unknown) => error)).toEqual(new RangeError("main's"));
    const uncaught = synctest.test(function* () {
      go(function* () {
        throw new RangeError("another's");
      });
    });
    expect(await uncaught.catch((error: unknown) => error)).toBeInstanceOf(UncaughtError);
  });
});

describe("timers of one time in a bubble", () => {
  /** In which order eight timers of one time go off. */
  async function order(seed: number, how: "functions" | "channels" | "sleeps"): Promise<string> {
    const seen: number[] = [];
    await synctest.test(
      function* () {
        for (let i = 0; i < 8; i++) {
          if (how === "functions") afterFunc(1, () => void seen.push(i));
          else {
            go(function* () {
              if (how === "channels") yield* after(1).recv();
              else yield* sleep(1);
              seen.push(i);
            });
          }
        }
        yield* sleep(2);
      },
      { seed },
    );
    return seen.join("");
  }

  for (const how of ["functions", "channels", "sleeps"] as const) {
    test(`go off in an order that the seed draws: ${how}`, async () => {
      const orders = new Set<string>();
      for (let seed = 0; seed < 20; seed++) {
        const once = await order(seed, how);
        expect([...once].sort().join("")).toBe("01234567");
        expect(await order(seed, how)).toBe(once);
        orders.add(once);
      }
      expect(orders.size).toBeGreaterThan(15);
    });
  }

  test("of different times in theirs", async () => {
    const seen: number[] = [];
    await synctest.test(function* () {
      for (let i = 7; i >= 0; i--) afterFunc(1 + i / 1000, () => void seen.push(i));
      yield* sleep(2);
    });
    expect(seen.join("")).toBe("01234567");
  });
});

describe("what a bubble made", () => {
  /** Makes something in a bubble that is over then. */
  async function made<T>(make: () => T): Promise<T> {
    return await synctest.test(function* () {
      return make();
    });
  }

  for (const [name, make, use, text] of [
    ["a select of one", () => chan<number>(1), (c) => select([recvCase(c)]), "select on synctest channel"],
    [
      "a select of two",
      () => chan<number>(1),
      (c) => select([recvCase(chan()), sendCase(c, 1)]),
      "select on synctest channel",
    ],
    [
      "a context's channel",
      () => context.withCancel(context.background())[0].done(),
      (c) => c.recv(),
      "receive on synctest channel",
    ],
    ["a ticker's channel", () => newTicker(1).c, (c) => c.recvOk(), "receive on synctest channel"],
  ] as [string, () => RecvChan<number> & Chan<number>, (c: Chan<number>) => Op<unknown>, string][]) {
    test(`is refused elsewhere, and ends the run: ${name}`, async () => {
      const c = await made(make);
      const error = await fatal(
        run(function* () {
          try {
            yield* use(c);
          } catch {
            // Go's program is over by then.
          }
        }),
      );
      expect(error.text).toBe(`${text} from outside bubble`);
    });
  }

  test("is for its goroutines as anything, and for the ordinary code that they set off", async () => {
    const got = await synctest.test(function* () {
      const [c, wg] = [chan<number>(), new WaitGroup()];
      wg.add(1);
      using _ = hold();
      setTimeout(() => {
        wg.done();
        c.close();
      }, 1);
      yield* wg.wait();
      return yield* c.recvOk();
    });
    expect(got).toEqual([undefined, false]);
  });

  test("time stands still while a goroutine waits for a channel made outside, and goes on then", async () => {
    const outside = chan<void>();
    const got = await synctest.test(function* () {
      const start = now();
      const seen: string[] = [];
      go(function* () {
        yield* outside.recv();
        seen.push(`outside ${now() - start}`);
      });
      setTimeout(() => outside.close(), 1);
      yield* sleep(1000);
      seen.push(`inside ${now() - start}`);
      return seen;
    });
    expect(got).toEqual(["outside 0", "inside 1000"]);
  });
});
