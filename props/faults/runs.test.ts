/** More than one run on a thread: joined runs, worlds of their own, services. */
import { describe, expect, test } from "bun:test";
import { currentAbi } from "../../scripts/abis/abis.ts";
import {
  afterFunc,
  chan,
  go,
  gosched,
  hold,
  Mutex,
  newTimer,
  nilchan,
  now,
  recvCase,
  run,
  runSync,
  select,
  sendCase,
  sleep,
  spawn,
  start,
  type Timer,
  WaitGroup,
  wait,
} from "../../src/index.ts";
import { explore, synctest } from "../../src/testing/index.ts";

/** As a library built on gobuf would: a function that calls run. */
function library(n: number): Promise<number> {
  return run(function* main() {
    const c = chan<number>();
    go(function* () {
      yield* sleep(1);
      yield* c.send(2 * n);
    });
    return (yield* c.recv()) as number;
  });
}

/** As many as come to a busy server at once; an emulator takes a second for a hundred. */
const MANY = currentAbi() === undefined ? 10_000 : 200;

describe("a library function that calls run", () => {
  test("at top level", async () => {
    expect(await library(1)).toBe(2);
  });
  test("in a goroutine's wait", async () => {
    const got = await run(function* () {
      return [yield* wait(library(1)), yield* wait(library(2))];
    });
    expect(got).toEqual([2, 4]);
  });
  test("in a goroutine on the fake clock, whose world stands still meanwhile", async () => {
    const got = await run(
      function* () {
        const before = now();
        const value = yield* wait(library(3));
        return [value, now() - before];
      },
      { clock: "fake" },
    );
    expect(got).toEqual([6, 0]);
  });
  test("in an event handler of a run", async () => {
    await run(function* () {
      const target = new EventTarget();
      const { promise, resolve } = Promise.withResolvers<number>();
      target.addEventListener("ask", () => resolve(library(4)));
      target.dispatchEvent(new Event("ask"));
      expect(yield* wait(promise)).toBe(8);
    });
  });
  test("runSync in a goroutine, and explore in one", async () => {
    await run(function* () {
      const c = chan<number>(1);
      yield* c.send(1);
      const inner = runSync(function* () {
        yield* sleep(1000);
        const d = chan<number>();
        go(function* () {
          yield* d.send(5);
        });
        return yield* d.recv();
      });
      expect(inner).toBe(5);
      explore(
        function* () {
          go(function* () {});
          yield* gosched();
        },
        { runs: 5 },
      );
      expect(yield* c.recv()).toBe(1);
    });
  });
});

describe("joined runs", () => {
  test("share channels, and each has its own result and end", async () => {
    const c = chan<number>();
    const sum = run(function* receiver() {
      let total = 0;
      for (let i = 0; i < 100; i++) total += (yield* c.recv()) as number;
      return total;
    });
    const sent = run(function* sender() {
      for (let i = 0; i < 100; i++) yield* c.send(i);
      return "sent";
    });
    expect(await Promise.all([sum, sent])).toEqual([4950, "sent"]);
  });

  test("a panic ends its run, not the other", async () => {
    const gate = chan<void>();
    const good = run(function* () {
      yield* gate.recv();
      return "fine";
    });
    const bad = run(function* () {
      go(function* () {
        throw new Error("only mine");
      });
      yield* sleep(3_600_000);
    });
    await expect(bad).rejects.toThrow("only mine");
    gate.close();
    expect(await good).toBe("fine");
  });

  test("the end of one takes its waiters off what they share", async () => {
    const c = chan<number>();
    const mutex = new Mutex();
    const wg = new WaitGroup();
    wg.add(1);
    const stop = chan<void>();
    const first = run(function* () {
      yield* mutex.lock();
      for (let i = 0; i < 10; i++) {
        go(function* () {
          yield* c.recv();
        });
        go(function* () {
          yield* select([recvCase(c), recvCase(stop)]);
        });
        go(function* () {
          yield* wg.wait();
        });
      }
      yield* sleep(1);
      yield* mutex.unlock();
    });
    const second = run(function* () {
      yield* wait(first);
      const r = yield* select([recvCase(c)], { default: true });
      expect(r.index).toBe(-1);
      go(function* () {
        yield* c.send(1);
      });
      expect(yield* c.recv()).toBe(1);
      wg.done();
      yield* wg.wait();
      yield* mutex.lock();
      return "free";
    });
    expect(await second).toBe("free");
  });

  test("the verdict waits until all are idle, and names each goroutine", async () => {
    const first = run(function* firstMain() {
      yield* chan().recv();
    });
    const second = run(function* secondMain() {
      yield* sleep(5);
      yield* new WaitGroup().wait();
      yield* chan().send(1);
    });
    const errors = await Promise.all(
      [first, second].map((p) =>
        p.then(
          () => "",
          (e: Error) => e.message,
        ),
      ),
    );
    for (const message of errors) {
      expect(message).toStartWith("all goroutines are asleep - deadlock!");
      expect(message).toContain("firstMain(...)");
      expect(message).toContain("secondMain(...)");
    }
  });

  test("what a run that is over expected from outside keeps no verdict from the others", async () => {
    const other = run(function* () {
      yield* chan().recv();
    }).catch((error: Error) => error.message);
    await run(function* () {
      go(function* () {
        using _ = hold();
        yield* wait(new Promise(() => {}));
      });
      yield* gosched();
    });
    expect(await other).toStartWith("all goroutines are asleep - deadlock!");
  });

  test("an operation that a frame is refused while it is left waits on nothing", async () => {
    const shared = chan<number>();
    await using service = start();
    await run(function* () {
      go(function* () {
        try {
          yield* chan().recv();
        } finally {
          yield* shared.recv();
        }
      });
      yield* gosched();
    });
    const sent = await service.spawn(function* () {
      return (yield* select([sendCase(shared, 1)], { default: true })).index;
    });
    expect(sent).toBe(-1);
  });

  test("thousands at once", async () => {
    const got = await Promise.all(Array.from({ length: MANY }, (_, n) => library(n)));
    expect(got).toEqual(Array.from({ length: MANY }, (_, n) => 2 * n));
  }, 60_000);
});

describe("worlds of their own", () => {
  test("fake clocks, seeds and bubbles run side by side with the real clock", async () => {
    const fake = (hours: number) =>
      run(
        function* () {
          const begin = now();
          for (let i = 0; i < hours; i++) {
            yield* sleep(3_600_000);
            yield* wait(new Promise((resolve) => setImmediate(resolve)));
          }
          return now() - begin;
        },
        { clock: "fake" },
      );
    const seeded = (seed: number) =>
      run(
        function* () {
          const picks: number[] = [];
          for (let i = 0; i < 20; i++) {
            const [a, b] = [chan<number>(1), chan<number>(1)];
            yield* a.send(0);
            yield* b.send(1);
            picks.push((yield* select([recvCase(a), recvCase(b)])).index);
            if (i % 5 === 0) yield* wait(new Promise((resolve) => setImmediate(resolve)));
          }
          return picks.join("");
        },
        { seed },
      );
    const all = await Promise.all([
      fake(3),
      fake(5),
      seeded(1),
      seeded(2),
      seeded(1),
      library(7),
      synctest.test(function* () {
        yield* sleep(1000);
        yield* synctest.wait();
        return now();
      }),
    ]);
    expect(all.slice(0, 2)).toEqual([10_800_000, 18_000_000]);
    expect(all[2]).toBe(all[4] as string);
    expect(all[2]).not.toBe(all[3] as string);
    expect(all[5]).toBe(14);
    expect(all[6]).toBe(Date.UTC(2000, 0, 1, 0, 0, 1));
  });

  test("a channel on which a goroutine of another world waits is refused, and nothing is lost", async () => {
    const c = chan<number>();
    const fake = run(
      function* elsewhere() {
        return yield* c.recv();
      },
      { clock: "fake", seed: 1 },
    ).catch((error: Error) => error);
    // It is idle: nothing else is expected, so it ends by its verdict unless something is held.
    const real = run(function* () {
      yield* c.send(1);
    });
    await expect(real).rejects.toThrow(/goroutine 1 \(elsewhere\) of another run waits here/);
    expect(((await fake) as Error).message).toStartWith("all goroutines are asleep - deadlock!");
  });

  test("ordinary code closes a channel of another world", async () => {
    const c = chan<number>();
    const real = run(function* () {
      using _ = hold();
      return yield* c.recvOk();
    });
    await run(function* () {}, { clock: "fake" });
    setTimeout(() => c.close(), 1);
    const keep = run(function* () {
      yield* wait(real);
    });
    expect(await real).toEqual([undefined, false]);
    await keep;
  });
});

describe("a service", () => {
  test("answers thousands of spawns at once, and stops", async () => {
    const service = start();
    const got = await Promise.all(
      Array.from({ length: MANY }, (_, n) =>
        service.spawn(function* () {
          yield* sleep(1);
          return n;
        }),
      ),
    );
    expect(got).toEqual(Array.from({ length: MANY }, (_, n) => n));
    expect(service.goroutines()).toEqual([]);
    await service.stop();
    await service.closed;
    expect(service.signal.aborted).toBe(true);
  }, 30_000);

  test("what waits when it stops is rejected, and frames are left", async () => {
    const service = start();
    const log: string[] = [];
    const pending = service.spawn(function* () {
      try {
        yield* chan().recv();
      } finally {
        log.push("left");
      }
    });
    pending.catch(() => {});
    await service.spawn(function* () {
      yield* gosched();
    });
    const cause = new Error("maintenance");
    await service.stop(cause);
    await expect(pending).rejects.toThrow("the run is over");
    expect(log).toEqual(["left"]);
    expect(service.signal.reason).toBe(cause);
    await expect(
      service.spawn(function* () {
        return 1;
      }),
    ).rejects.toThrow("the service is over");
  });

  test("a goroutine that fails ends it; an error of a spawn is the caller's", async () => {
    const service = start();
    await expect(
      service.spawn(function* () {
        throw new Error("caller's");
      }),
    ).rejects.toThrow("caller's");
    service
      .spawn(function* () {
        go(function* () {
          throw new Error("nobody's");
        });
        yield* sleep(3_600_000);
      })
      .catch(() => {});
    await expect(service.closed).rejects.toThrow("nobody's");
  });

  test("ends with its signal, and by await using", async () => {
    const controller = new AbortController();
    const service = start({ signal: controller.signal });
    controller.abort(new Error("bye"));
    await service.closed;
    let kept: AbortSignal | undefined;
    {
      await using other = start();
      kept = other.signal;
    }
    expect(kept?.aborted).toBe(true);
  });

  test("spawn of ordinary code while only a service is there goes to it", async () => {
    await using _service = start();
    expect(
      await spawn(function* () {
        yield* gosched();
        return 3;
      }),
    ).toBe(3);
  });
});

describe("Bun.serve handlers", () => {
  test("that call run, and others that call service.spawn: no answer is lost", async () => {
    const service = start();
    using server = Bun.serve({
      port: 0,
      async fetch(request) {
        const n = Number(new URL(request.url).searchParams.get("n"));
        if (n % 2 === 0) return new Response(String(await library(n)));
        return new Response(
          String(
            await service.spawn(function* () {
              yield* sleep(1);
              return 2 * n;
            }),
          ),
        );
      },
    });
    const ask = async (n: number) => Number(await (await fetch(`${server.url}?n=${n}`)).text());
    const got: number[] = [];
    for (let from = 0; from < MANY; from += MANY / 10) {
      got.push(...(await Promise.all(Array.from({ length: MANY / 10 }, (_, i) => ask(from + i)))));
    }
    expect(got).toEqual(Array.from({ length: MANY }, (_, n) => 2 * n));
    await service.stop();
  }, 60_000);
});

/** When the timers would go off of runs that are over long before. */
const LEFT_MS = 100;

test("timers of a run that is over are nobody's: runs beside it go on, and may set them again", async () => {
  const left: Timer[] = [];
  const called: string[] = [];
  await using service = start();
  for (let round = 0; round < 3; round++) {
    await run(function* () {
      for (let i = 0; i < 4; i++) {
        go(function* sleeper() {
          yield* sleep(i === 0 ? 3_600_000 : LEFT_MS + i);
          called.push("a sleeper");
        });
      }
      left.push(
        afterFunc(LEFT_MS, () => void called.push("a function")),
        newTimer(LEFT_MS),
      );
      const stopped = newTimer(3_600_000);
      stopped.stop();
      left.push(stopped);
      go(function* leaver() {
        const timer = afterFunc(3_600_000, () => {});
        try {
          yield* nilchan.recv();
        } finally {
          timer.reset(0.1);
        }
      });
      yield* gosched();
    });
    await service.spawn(function* () {
      yield* sleep(LEFT_MS + 10);
    });
    expect(called).toEqual([]);
  }
  // One of them, set again in another run, comes once.
  await service.spawn(function* () {
    for (const timer of left) timer.reset(1);
    const rung = left[1] as Timer;
    yield* rung.c.recv();
    yield* sleep(2);
  });
  expect(called).toEqual(Array(3).fill("a function"));
});
