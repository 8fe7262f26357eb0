/** A library that is built on gobuf calls `run`, wherever its callers are: each place, and nothing of the caller is disturbed. */

import { describe, expect, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  chan,
  type Go,
  go,
  gosched,
  hold,
  now,
  RunOverError,
  run,
  runSync,
  sleep,
  spawn,
  start,
  WaitGroup,
  wait,
} from "../../src/index.ts";
import { LeakError, runTest, synctest } from "../../src/testing/index.ts";

/** As a library built on gobuf would: two goroutines, a channel, a timer. */
function twice(n: number, signal?: AbortSignal): Promise<number> {
  return run(
    function* main() {
      const c = chan<number>();
      go(function* () {
        yield* sleep(1);
        yield* c.send(2 * n);
      });
      return (yield* c.recv()) as number;
    },
    signal === undefined ? {} : { signal },
  );
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a library function that calls run", () => {
  test("in a run of a run of a run", async () => {
    const nested = (depth: number): Promise<number> =>
      run(function* () {
        yield* gosched();
        return depth === 0 ? yield* wait(twice(1)) : 1 + (yield* wait(nested(depth - 1)));
      });
    expect(await nested(20)).toBe(22);
  });

  test("in a run with another clock in a run with another clock", async () => {
    const nested = (depth: number): Promise<number> =>
      run(
        function* () {
          const start = now();
          yield* sleep(1000);
          const inner = depth === 0 ? yield* wait(twice(0)) : yield* wait(nested(depth - 1));
          // Time has stood still meanwhile.
          return inner + now() - start;
        },
        depth % 2 === 0 ? { clock: "fake" } : { clock: "fake", seed: depth },
      );
    expect(await nested(5)).toBe(6000);
  });

  test("in a finally block, of a goroutine that returns, and of one that throws", async () => {
    const got: number[] = [];
    const result = await run(function* () {
      try {
        return "main's";
      } finally {
        got.push(yield* wait(twice(3)));
      }
    });
    expect(result).toBe("main's");
    const failed = run(function* () {
      try {
        throw new Error("its own");
      } finally {
        got.push(yield* wait(twice(4)));
      }
    });
    await expect(failed).rejects.toThrow("its own");
    expect(got).toEqual([6, 8]);
  });

  test("in a finally block that a run leaves at its end: the library's run goes on by itself", async () => {
    const begun: Promise<number>[] = [];
    await run(function* () {
      go(function* () {
        try {
          yield* chan().recv();
        } finally {
          begun.push(twice(5));
        }
      });
      yield* gosched();
    });
    expect(begun).toHaveLength(1);
    expect(await begun[0]).toBe(10);
  });

  test("in the context of an AsyncLocalStorage, which both keep", async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const looks = (): Promise<void> =>
      run(function* () {
        seen.push(store.getStore());
        yield* sleep(1);
        seen.push(store.getStore());
      });
    await store.run("caller", async () => {
      await run(function* () {
        const done = chan();
        go(function* () {
          yield* wait(store.run("goroutine", () => looks()));
          seen.push(store.getStore());
          done.close();
        });
        yield* wait(looks());
        yield* done.recv();
      });
      await looks();
    });
    expect(seen.sort()).toEqual([...Array(5).fill("caller"), "goroutine", "goroutine"]);
    expect(store.getStore()).toBeUndefined();
  });

  test("in a microtask, an immediate and a timer that a bubble set off; its clock stands still for a wait", async () => {
    const got = await synctest.test(function* () {
      const begin = now();
      const { promise, resolve } = Promise.withResolvers<number>();
      queueMicrotask(() => twice(1).then(resolve));
      const first = yield* wait(promise);
      const second = yield* wait(turn().then(() => twice(2)));
      const third = yield* wait(new Promise<number>((done) => setTimeout(() => done(twice(3)), 1)));
      return [first, second, third, now() - begin];
    });
    expect(got).toEqual([2, 4, 6, 0]);
  });

  test("in a goroutine of a bubble that goes on without it", async () => {
    let library: Promise<number> | undefined;
    const slept = await synctest.test(function* () {
      const begin = now();
      library = twice(6);
      yield* sleep(60_000);
      return now() - begin;
    });
    expect(slept).toBe(60_000);
    expect(await library).toBe(12);
  });

  test("in runSync, and runSync in it", async () => {
    let library: Promise<number> | undefined;
    const hour = runSync(function* () {
      library = twice(7);
      yield* sleep(3_600_000);
      return now();
    });
    expect(hour).toBeGreaterThan(3_600_000);
    expect(await library).toBe(14);
    const both = await run(function* (): Go<number> {
      const inner = runSync(function* () {
        yield* sleep(1000);
        return 1;
      });
      return inner + (yield* wait(twice(8)));
    });
    expect(both).toBe(17);
  });

  test("in a goroutine of a service, from spawn, and in a handler that an event of the run calls", async () => {
    await using service = start();
    const target = new EventTarget();
    const answers: Promise<number>[] = [];
    target.addEventListener("ask", () => answers.push(twice(9)));
    const got = await service.spawn(function* () {
      target.dispatchEvent(new Event("ask"));
      return yield* wait(twice(10));
    });
    const spawned = await spawn(function* () {
      target.dispatchEvent(new Event("ask"));
      return yield* wait(twice(11));
    });
    expect([got, spawned, ...(await Promise.all(answers))]).toEqual([20, 22, 18, 18]);
  });
});

describe("a library's run and an abort", () => {
  const reason = new Error("enough");

  test("of its own signal: the caller sees it, and goes on", async () => {
    const got = await run(function* () {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 1);
      const library = run(
        function* () {
          using _ = hold();
          yield* chan().recv();
        },
        { signal: controller.signal },
      );
      try {
        yield* wait(library);
      } catch (error) {
        return [error === reason, yield* wait(twice(1))];
      }
      return [];
    });
    expect(got).toEqual([true, 2]);
  });

  test("of the caller's: it ends at once, the library's run comes to its own end", async () => {
    const controller = new AbortController();
    let library: Promise<number> | undefined;
    const caller = run(
      function* () {
        library = twice(2);
        controller.abort(reason);
        yield* wait(library);
      },
      { signal: controller.signal },
    );
    await expect(caller).rejects.toBe(reason);
    expect(await library).toBe(4);
  });

  test("of both by one signal, while each is in the middle of something", async () => {
    // A main that has not begun has no frame to leave: from one turn of the event loop on, all three have.
    for (let hops = 1; hops < 8; hops++) {
      const controller = new AbortController();
      const left: string[] = [];
      const body = (name: string) =>
        function* () {
          try {
            const wg = new WaitGroup();
            for (let i = 0; i < 3; i++) {
              wg.go(function* () {
                for (;;) yield* gosched();
              });
            }
            yield* wg.wait();
          } finally {
            left.push(name);
          }
        };
      const { signal } = controller;
      const runs = [
        run(body("first"), { signal }),
        run(body("second"), { signal }),
        run(body("fake"), { signal, clock: "fake" }),
      ];
      const ends = Promise.all(runs.map((r) => r.catch((error: unknown) => error)));
      for (let i = 0; i < hops; i++) await turn();
      controller.abort(reason);
      expect(await ends).toEqual([reason, reason, reason]);
      expect(left.sort()).toEqual(["fake", "first", "second"]);
    }
    expect(await twice(3)).toBe(6);
  });

  test("before it begins: nothing begins, in a goroutine as outside", async () => {
    const aborted = AbortSignal.abort(reason);
    await expect(twice(1, aborted)).rejects.toBe(reason);
    const got = await run(function* () {
      try {
        yield* wait(twice(1, aborted));
      } catch (error) {
        return error;
      }
      return undefined;
    });
    expect(got).toBe(reason);
  });

  test("of a service whose goroutine waits for a library: the wait ends, the library does not", async () => {
    const controller = new AbortController();
    const service = start({ signal: controller.signal });
    let library: Promise<number> | undefined;
    const pending = service.spawn(function* () {
      library = twice(4);
      return yield* wait(library);
    });
    const seen = pending.catch((error: unknown) => error instanceof RunOverError);
    await turn();
    controller.abort(reason);
    await service.closed;
    const got = await seen;
    expect(got === true || got === 8).toBe(true);
    expect(await library).toBe(8);
  });
});

test("runTest looks for what its own run leaves behind, whatever runs beside it", async () => {
  const gate = chan<void>();
  await using service = start();
  const beside = service.spawn(function* () {
    for (let i = 0; i < 3; i++) {
      go(function* theirs() {
        yield* gate.recv();
      });
    }
    yield* gate.recv();
  });
  await runTest(function* () {
    const others = run(function* () {
      go(function* () {
        yield* gate.recv();
      });
      yield* gate.recv();
    });
    others.catch(() => {});
    yield* wait(turn());
  });
  const leak = await runTest(function* () {
    go(function* mine() {
      yield* gate.recv();
    });
    yield* gosched();
  }).catch((error: unknown) => error);
  expect(leak).toBeInstanceOf(LeakError);
  expect((leak as LeakError).goroutines.map((g) => g.name)).toEqual(["mine"]);
  gate.close();
  await beside;
});
