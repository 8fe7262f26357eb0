/**
 * Faults F1 to F9: a run beside the event loop. Ordinary code that readies a goroutine, slices by time, fake clocks that
 * give the event loop its turn, chains of hand-overs, runs that are ended from outside, and what an ended run leaves behind.
 */
import { describe, expect, test } from "bun:test";
import {
  afterFunc,
  type Chan,
  Cond,
  chan,
  context,
  go,
  gosched,
  hold,
  Mutex,
  newTimer,
  Once,
  RWMutex,
  recvCase,
  run,
  runSync,
  select,
  selectAsync,
  sendCase,
  sleep,
  spawn,
  WaitGroup,
  wait,
} from "../../src/index.ts";
import { synctest } from "../../src/testing/index.ts";

/** From where ordinary code calls: each calls `f` once, while the run is idle. */
const FROM: Readonly<Record<string, (f: () => void) => void>> = {
  "a timer": (f) => void setTimeout(f, 1),
  "an immediate": (f) => void setImmediate(f),
  "a microtask": (f) => void setImmediate(() => queueMicrotask(f)),
  "an event handler": (f) => {
    const target = new EventTarget();
    target.addEventListener("go", f);
    setImmediate(() => void target.dispatchEvent(new Event("go")));
  },
};

/** A goroutine's wait, and what ordinary code ends it by. */
interface Waking {
  waits(): Generator<unknown, unknown, unknown>;
  wakes(): void;
}

/** Whatever ordinary code can call that readies or starts a goroutine. */
const WAKINGS: Readonly<Record<string, () => Waking>> = {
  "Chan.close, recvOk waits": () => {
    const c = chan<number>();
    return { waits: () => c.recvOk() as never, wakes: () => c.close() };
  },
  "Chan.close, a select waits": () => {
    const c = chan<number>();
    return { waits: () => select([recvCase(c), recvCase(chan())]) as never, wakes: () => c.close() };
  },
  "Chan.sendAsync": () => {
    const c = chan<number>();
    return { waits: () => c.recv() as never, wakes: () => void c.sendAsync(1) };
  },
  "Chan.recvAsync": () => {
    const c = chan<number>();
    return { waits: () => c.send(1) as never, wakes: () => void c.recvAsync() };
  },
  "Chan.recvOkAsync": () => {
    const c = chan<number>();
    return { waits: () => c.send(1) as never, wakes: () => void c.recvOkAsync() };
  },
  "for await": () => {
    const c = chan<number>();
    return {
      waits: () => c.send(1) as never,
      wakes: () => {
        (async () => {
          for await (const _ of c) break;
        })();
      },
    };
  },
  selectAsync: () => {
    const c = chan<number>();
    return { waits: () => c.recv() as never, wakes: () => void selectAsync([sendCase(c, 1)]) };
  },
  spawn: () => {
    const c = chan<number>();
    return {
      waits: () => c.recv() as never,
      wakes: () =>
        void spawn(function* () {
          yield* c.send(1);
        }),
    };
  },
  "WaitGroup.done": () => {
    const wg = new WaitGroup();
    wg.add(1);
    return { waits: () => wg.wait() as never, wakes: () => wg.done() };
  },
  "WaitGroup.add": () => {
    const wg = new WaitGroup();
    wg.add(2);
    return { waits: () => wg.wait() as never, wakes: () => wg.add(-2) };
  },
  "Cond.signal": () => {
    const cond = new Cond(new Mutex());
    return {
      *waits() {
        yield* cond.L.lock();
        yield* cond.wait();
        yield* cond.L.unlock();
      },
      wakes: () => cond.signal(),
    };
  },
  "Cond.broadcast": () => {
    const cond = new Cond(new Mutex());
    return {
      *waits() {
        yield* cond.L.lock();
        yield* cond.wait();
        yield* cond.L.unlock();
      },
      wakes: () => cond.broadcast(),
    };
  },
  "RWMutex.runlock": () => {
    const rw = new RWMutex();
    return {
      *waits() {
        yield* rw.rlock();
        yield* rw.lock();
      },
      wakes: () => rw.runlock(),
    };
  },
  "a context's cancel": () => {
    const [ctx, cancel] = context.withCancel(context.background());
    return { waits: () => ctx.done().recv() as never, wakes: () => cancel() };
  },
  "a context's afterFunc": () => {
    const [ctx, cancel] = context.withCancel(context.background());
    const c = chan<number>(1);
    return {
      *waits() {
        context.afterFunc(ctx, function* () {
          yield* c.send(1);
        });
        yield* c.recv();
      },
      wakes: () => cancel(),
    };
  },
  "an AbortController": () => {
    const controller = new AbortController();
    const ctx = context.fromSignal(controller.signal);
    return { waits: () => ctx.done().recv() as never, wakes: () => controller.abort() };
  },
  "Timer.reset": () => {
    let timer: ReturnType<typeof newTimer>;
    return {
      *waits() {
        timer = newTimer(3_600_000);
        yield* timer.c.recv();
      },
      wakes: () => void timer.reset(0),
    };
  },
  afterFunc: () => {
    const c = chan<number>(1);
    return {
      waits: () => c.recv() as never,
      wakes: () =>
        void afterFunc(0, function* () {
          yield* c.send(1);
        }),
    };
  },
  "a promise": () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { waits: () => wait(promise) as never, wakes: () => resolve() };
  },
};

describe("F1: ordinary code that makes a goroutine runnable kicks an idle run", () => {
  for (const [what, make] of Object.entries(WAKINGS)) {
    for (const [where, from] of Object.entries(FROM)) {
      test(`${what}, from ${where}`, async () => {
        let turns = 0;
        await run(function* () {
          using _ = hold();
          const { waits, wakes } = make();
          from(() => {
            wakes();
            // The goroutine runs within one turn of the event loop; a timer that is due takes until the next one.
            const count = () => {
              turns++;
              if (turns < 100) setImmediate(count);
            };
            setImmediate(count);
          });
          yield* waits();
        });
        expect(turns).toBeLessThan(100);
      });
    }
  }

  test("every exported name that can ready a goroutine is in the list above", async () => {
    // What readies goes through goready or startG. These names reach neither from outside a goroutine, and say so.
    const inside = ["Mutex", "Once"];
    const mutex = new Mutex();
    expect(() => mutex.unlock()).toThrow("outside a goroutine");
    expect(() => new Once().do(() => {})).toThrow("outside a goroutine");
    expect(inside.length).toBe(2);
  });
});

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
    expect(count()).toBe(count());
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

describe("F7: a run is ended from outside", () => {
  test("by its signal, while it waits; it rejects with the reason", async () => {
    const controller = new AbortController();
    const reason = { why: "enough" };
    setTimeout(() => controller.abort(reason), 1);
    const ended = run(
      function* () {
        using _ = hold();
        yield* chan().recv();
      },
      { signal: controller.signal },
    );
    await expect(ended).rejects.toBe(reason as never);
  });

  test("by a signal that is aborted already: main never starts", async () => {
    let started = false;
    const ended = run(
      function* () {
        started = true;
      },
      { signal: AbortSignal.abort("no") },
    );
    await expect(ended).rejects.toBe("no" as never);
    expect(started).toBe(false);
  });

  test("while a body runs: it goes on to its next wait", async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const ended = run(
      function* () {
        controller.abort(new Error("now"));
        log.push("still here");
        yield* gosched();
        log.push("never");
      },
      { signal: controller.signal },
    );
    await expect(ended).rejects.toThrow("now");
    expect(log).toEqual(["still here"]);
  });

  test("one that never ends leaves others alone", async () => {
    const stop = new AbortController();
    const stuck = run(
      function* () {
        using _ = hold();
        yield* chan().recv();
      },
      { signal: stop.signal },
    ).catch(() => "stopped");
    expect(
      await run(function* () {
        yield* sleep(1);
        return 1;
      }),
    ).toBe(1);
    expect(
      runSync(() =>
        (function* () {
          return 2;
        })(),
      ),
    ).toBe(2);
    stop.abort();
    expect(await stuck).toBe("stopped");
  });
});

describe("F8: nothing that belongs to an ended run waits, or is kept", () => {
  test("its promises reject", async () => {
    const c = chan<number>();
    let pending: Promise<unknown>[] = [];
    await run(function* () {
      pending = [
        c.recvAsync(),
        c.recvOkAsync(),
        selectAsync([recvCase(c)]),
        spawn(function* () {
          yield* c.recv();
        }),
        (async () => {
          for await (const _ of c);
        })(),
      ];
      for (const p of pending) p.catch(() => {});
      yield* gosched();
    });
    for (const p of pending) await expect(p).rejects.toThrow("the run is over");
  });

  test("a Cond, a WaitGroup, a Mutex and a channel are as new", async () => {
    const mutex = new Mutex();
    const cond = new Cond(new Mutex());
    const wg = new WaitGroup();
    const c = chan<number>();
    wg.add(1);
    await run(function* () {
      yield* mutex.lock();
      go(function* () {
        yield* mutex.lock();
      });
      go(function* () {
        yield* cond.L.lock();
        yield* cond.wait();
      });
      go(function* () {
        yield* wg.wait();
      });
      go(function* () {
        yield* c.recv();
      });
      yield* sleep(1);
      yield* mutex.unlock();
    });
    const log: string[] = [];
    await run(function* () {
      go(function* () {
        yield* cond.L.lock();
        yield* cond.wait();
        log.push("signaled");
        yield* cond.L.unlock();
      });
      yield* gosched();
      cond.signal();
      yield* gosched();
      go(function* () {
        yield* c.send(7);
      });
      log.push(String(yield* c.recv()));
      wg.done();
      yield* wg.wait();
      yield* mutex.lock();
      log.push("locked");
    });
    expect(log).toEqual(["signaled", "7", "locked"]);
  });
});

describe("F9: the end of a run leaves the frames of its goroutines", () => {
  test("finally and using run, top first, when main returns", async () => {
    const log: string[] = [];
    await run(function* () {
      go(function* outer() {
        try {
          yield* (function* inner() {
            try {
              yield* chan().recv();
            } finally {
              log.push("inner");
            }
          })();
        } finally {
          log.push("outer");
        }
      });
      go(function* () {
        using _ = { [Symbol.dispose]: () => void log.push("disposed") };
        yield* sleep(3_600_000);
      });
      yield* gosched();
    });
    expect(log.sort()).toEqual(["disposed", "inner", "outer"]);
  });

  test("and when another goroutine fails", async () => {
    const log: string[] = [];
    const ended = run(function* () {
      try {
        go(function* () {
          throw new Error("boom");
        });
        yield* chan().recv();
      } finally {
        log.push("main left");
      }
    });
    await expect(ended).rejects.toThrow("boom");
    expect(log).toEqual(["main left"]);
  });

  test("an operation that would wait refuses, close and done do nothing", async () => {
    const log: string[] = [];
    const c = chan<number>();
    const wg = new WaitGroup();
    await run(function* () {
      c.close();
      go(function* () {
        try {
          yield* chan().recv();
        } finally {
          wg.done();
          c.close();
          try {
            yield* sleep(1);
          } catch (error) {
            log.push((error as Error).name);
          }
          try {
            yield* chan<number>().send(1);
          } catch (error) {
            log.push((error as Error).name);
          }
          log.push("left");
        }
      });
      yield* gosched();
    });
    expect(log).toEqual(["RunOverError", "RunOverError", "left"]);
  });

  test("a frame that never ends is dropped", async () => {
    await run(function* () {
      go(function* () {
        for (;;) {
          try {
            yield* chan().recv();
          } finally {
          }
        }
      });
      yield* gosched();
    });
  });

  test("100,000 of them, in slices of the event loop", async () => {
    let left = 0;
    let ticks = 0;
    const done = run(function* () {
      for (let i = 0; i < 100_000; i++) {
        go(function* () {
          try {
            yield* chan().recv();
          } finally {
            left++;
          }
        });
      }
      yield* gosched();
      yield* sleep(1);
      setImmediate(function tick() {
        ticks++;
        if (left < 100_000) setImmediate(tick);
      });
    });
    await done;
    expect(left).toBe(100_000);
    expect(ticks).toBeGreaterThan(0);
  });
});
