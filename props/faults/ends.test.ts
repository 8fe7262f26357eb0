/** Faults F7 to F9: runs that are ended from outside, and what an ended run leaves behind. */
import { describe, expect, test } from "bun:test";
import {
  type Chan,
  Cond,
  chan,
  type Go,
  go,
  gosched,
  hold,
  Mutex,
  type RecvChan,
  recvCase,
  run,
  runSync,
  selectAsync,
  sleep,
  spawn,
  WaitGroup,
} from "../../src/index.ts";
import { SLICE_MS } from "../../src/runtime/slice.ts";

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

/** More than one look at the clock. */
const MANY = 5000;

describe("F8: sends of ordinary code when main ends at once", () => {
  /** Ordinary code sends each text before anybody receives; main then does something, and returns or fails. */
  const settled = async (texts: readonly string[], main: (c: Chan<string>) => Go): Promise<(string | undefined)[]> => {
    const c = chan<string>();
    const sent = Promise.withResolvers<PromiseSettledResult<void>[]>();
    let begun = false;
    setTimeout(() => {
      sent.resolve(Promise.allSettled(texts.map((text) => c.sendAsync(text))));
      begun = true;
    }, 0);
    const ended = run(function* () {
      while (!begun) yield* gosched();
      // Each sender has its turn, and waits.
      for (let i = 0; i < 4; i++) yield* gosched();
      yield* main(c);
    });
    await Promise.allSettled([ended]);
    return (await sent.promise).map((result) =>
      result.status === "rejected" ? (result.reason as Error).name : result.status,
    );
  };

  for (const end of ["returns", "fails"]) {
    test(`what main received has been sent, and the other send rejects: main ${end}`, async () => {
      let got: string | undefined;
      const [first, second] = await settled(["first", "second"], function* (c) {
        got = yield* c.recv();
        if (end === "fails") throw new Error("main failed");
      });
      const [received, other] = got === "first" ? [first, second] : [second, first];
      expect({ received, other }).toEqual({ received: "fulfilled", other: "RunOverError" });
    });
  }

  test("a send that woke because the channel was closed is not one", async () => {
    const closes = function* (c: Chan<string>): Go {
      c.close();
    };
    expect(await settled(["first"], closes)).toEqual(["RunOverError"]);
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

  test("very many of them, in slices of the event loop", async () => {
    let left = 0;
    /** How many were left when the event loop had a turn in between. */
    const seen: number[] = [];
    const done = run(function* () {
      for (let i = 0; i < MANY; i++) {
        go(function* () {
          try {
            yield* chan().recv();
          } finally {
            // A slice's time, or a fast machine leaves all of them in one.
            if (++left === 10) for (const end = performance.now() + 2 * SLICE_MS; performance.now() < end; );
          }
        });
      }
      yield* gosched();
      yield* sleep(1);
      setImmediate(function tick() {
        if (left > 0) seen.push(left);
        if (left < MANY) setImmediate(tick);
      });
    });
    await done;
    expect(left).toBe(MANY);
    expect(seen[0]).toBeWithin(10, MANY);
  });
});

describe("a joined run's end leaves the goroutines of a run", () => {
  /** Ends by another's word, with three goroutines that wait. */
  function ending(word: RecvChan<undefined>): Promise<void> {
    return run(function* () {
      const never = chan();
      for (let n = 0; n < 3; n++) {
        go(function* () {
          yield* never.recv();
        });
      }
      yield* word.recv();
    });
  }

  /** Lives on: three goroutines, each with a value from outside. */
  function living(c: RecvChan<number>): Promise<number> {
    return run(function* () {
      const all = chan<number>();
      for (let n = 0; n < 3; n++) {
        go(function* () {
          yield* all.send(((yield* c.recv()) as number) + n);
        });
      }
      let sum = 0;
      for (let n = 0; n < 3; n++) sum += (yield* all.recv()) as number;
      return sum;
    });
  }

  // Gs are looked for from one end: those of the other run are met first in one of the two.
  for (const order of ["before", "after"]) {
    test(`that began ${order} it`, async () => {
      const c = chan<number>();
      const word = chan<undefined>();
      const first = order === "before" ? living(c) : null;
      const ends = ending(word);
      const other = first ?? living(c);
      word.close();
      await ends;
      await run(function* () {
        for (let n = 0; n < 3; n++) yield* c.send(10);
      });
      expect(await other).toBe(33);
    });
  }
});
