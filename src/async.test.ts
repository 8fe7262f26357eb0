/** Goroutines and promises. */
import { describe, expect, test } from "bun:test";
import {
  chan,
  context,
  go,
  goexit,
  gosched,
  hold,
  numGoroutine,
  promiseCase,
  recvCase,
  run,
  select,
  selectAsync,
  spawn,
  wait,
} from "./index.ts";

describe("wait", () => {
  test("gives what the promise gives, throws what it rejects with, while other goroutines run", async () => {
    const order: string[] = [];
    const gate = Promise.withResolvers<string>();
    await run(function* () {
      go(function* () {
        order.push("other");
        gate.resolve("value");
        yield* gosched();
      });
      order.push(yield* wait(gate.promise));
      expect(yield* wait(5)).toBe(5);
      try {
        yield* wait(Promise.reject(new Error("rejected")));
      } catch (error) {
        order.push((error as Error).message);
      }
    });
    expect(order).toEqual(["other", "value", "rejected"]);
  });

  test("a promise that settles after the run touches nothing", async () => {
    const gate = Promise.withResolvers<void>();
    await run(function* () {
      go(function* () {
        yield* wait(gate.promise);
        throw new Error("of an earlier run");
      });
      yield* gosched();
    });
    gate.resolve();
    expect(
      await run(function* () {
        yield* wait(gate.promise);
        return 1;
      }),
    ).toBe(1);
  });
});

describe("channels in async code", () => {
  test("recvOkAsync tells a value from a closed channel", async () => {
    const ch = chan<number | undefined>(1);
    const done = run(function* () {
      using _ = hold();
      yield* ch.send(undefined);
      ch.close();
      yield* gosched();
      yield* wait(Promise.resolve());
      return [yield* wait(ch.recvOkAsync()), yield* wait(ch.recvOkAsync())];
    });
    expect(await done).toEqual([
      [undefined, true],
      [undefined, false],
    ]);
  });

  test("sendAsync, recvAsync, selectAsync and for await", async () => {
    const numbers = chan<number>();
    const words = chan<string>(1);
    const got: number[] = [];
    const result = await run(function* () {
      const consumer = (async () => {
        for await (const n of numbers) got.push(n);
        await words.sendAsync("done");
        return (await selectAsync([recvCase(words)])).value;
      })();
      for (let i = 0; i < 5; i++) yield* numbers.send(i);
      numbers.close();
      return yield* wait(consumer);
    });
    expect(got).toEqual([0, 1, 2, 3, 4]);
    expect(result).toBe("done");
  });

  test("a panic rejects, and so does a call without a run", async () => {
    const ch = chan<number>();
    await run(function* () {
      ch.close();
      const error = yield* wait(ch.sendAsync(1).catch((e: Error) => e));
      expect(error).toMatchObject({ name: "PanicError", message: "send on closed channel" });
    });
    await expect(ch.recvAsync()).rejects.toThrow("no run is under way");
    await expect(ch.recvOkAsync()).rejects.toThrow("no run is under way");
  });

  test("spawn gives a goroutine's result, its error, and tells of its goexit", async () => {
    await run(function* () {
      expect(
        yield* wait(
          spawn(
            function* (a: number, b: number) {
              yield* gosched();
              return a + b;
            },
            2,
            3,
          ),
        ),
      ).toBe(5);
      const failed = spawn(function* () {
        yield* gosched();
        throw new RangeError("spawned");
      });
      expect(yield* wait(failed.catch((e: Error) => e.message))).toBe("spawned");
      const gone = spawn(function* () {
        yield* goexit();
      });
      expect(yield* wait(gone.catch((e: Error) => e.message))).toContain("ended by goexit");
    });
  });
});

describe("a deadlock", () => {
  test("is none while something outside is expected", async () => {
    const ch = chan<string>();
    const result = await run(function* () {
      using _ = hold();
      setImmediate(() => void ch.sendAsync("from outside"));
      return yield* ch.recv();
    });
    expect(result).toBe("from outside");
  });

  test("is one as soon as nothing is", async () => {
    const ch = chan<string>();
    await expect(
      run(function* () {
        {
          using _ = hold();
        }
        yield* wait(Promise.resolve());
        yield* ch.recv();
      }),
    ).rejects.toThrow("goroutine 1 [chan receive]:");
  });
});

test("a run gives the event loop its turn", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await run(function* () {
    while (ticks < 3) yield* gosched();
  });
  clearInterval(timer);
  expect(ticks).toBeGreaterThanOrEqual(3);
});

test("async code that answers at once does not keep the event loop from its turn", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const ch = chan<number>();
  let got = 0;
  await run(function* () {
    const consumer = (async () => {
      for await (const _ of ch) got++;
    })();
    while (ticks < 3) yield* ch.send(1);
    ch.close();
    yield* wait(consumer);
  });
  clearInterval(timer);
  expect(got).toBeGreaterThan(0);
});

describe("wait with a context", () => {
  test("gives what the promise gives when that is first, and leaves nothing at the context", () =>
    run(function* () {
      const [ctx, cancel] = context.withCancel(context.background());
      expect(yield* wait(Promise.resolve(1), ctx)).toBe(1);
      let caught: unknown;
      try {
        yield* wait(Promise.reject(new Error("no luck")), ctx);
      } catch (error) {
        caught = error;
      }
      expect(String(caught)).toBe("Error: no luck");
      cancel();
      yield* gosched();
      expect(numGoroutine()).toBe(1);
    }));

  test("is given up when the context is canceled; the run does not wait for the promise", () =>
    run(function* () {
      const [ctx, cancel] = context.withCancel(context.background());
      const { promise, reject } = Promise.withResolvers<number>();
      go(function* () {
        yield* gosched();
        cancel();
      });
      let caught: unknown;
      try {
        yield* wait(promise, ctx);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(context.Canceled);
      // Late, and heard by nobody: neither reported as unhandled, nor given to the next wait.
      reject(new Error("late"));
      expect(yield* wait(Promise.resolve(2))).toBe(2);
    }));

  test("is refused at once when the context was canceled before", () =>
    run(function* () {
      const [ctx, cancel] = context.withCancel(context.background());
      cancel();
      let caught: unknown;
      try {
        yield* wait(Promise.reject(new Error("heard by nobody")), ctx);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(context.Canceled);
    }));

  test("ends at a deadline of the real clock, and by a signal from outside", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    for (const [make, want] of [
      [() => context.withTimeout(context.background(), 1)[0], context.DeadlineExceeded],
      [() => context.fromSignal(controller.signal), context.Canceled],
    ] as const) {
      let caught: unknown;
      await run(function* () {
        try {
          yield* wait(new Promise(() => {}), make());
        } catch (error) {
          caught = error;
        }
      });
      expect(caught).toBe(want);
    }
  });
});

describe("a case of select for a promise", () => {
  test("brings how it settled, once, and is then as a closed channel", async () => {
    const error = new Error("no");
    const got = await run(function* () {
      const kept = promiseCase(Promise.resolve(7));
      const failed = promiseCase(Promise.reject(error));
      const plain = promiseCase("word");
      const results: unknown[] = [];
      for (const each of [kept, failed, plain, kept]) {
        const r = yield* select([each, recvCase(chan<string>())]);
        results.push(r.index, r.value, r.ok);
      }
      return results;
    });
    const fulfilled = (value: unknown) => [0, { status: "fulfilled", value }, true];
    const rejected = [0, { status: "rejected", reason: error }, true];
    expect(got).toEqual([...fulfilled(7), ...rejected, ...fulfilled("word"), 0, undefined, false]);
  });

  test("by name its type is known, and another case may win", async () => {
    const late = Promise.withResolvers<number>();
    const r = await run(function* () {
      const jobs = chan<string>(1);
      yield* jobs.send("sweep");
      return yield* select({ page: promiseCase(late.promise), job: recvCase(jobs) });
    });
    if (r.case === "page") {
      const page: PromiseSettledResult<number> | undefined = r.value;
      throw new Error(`the page came: ${page?.status}`);
    }
    expect(r.value).toBe("sweep");
    // It settles when nobody waits any more.
    late.resolve(1);
    await late.promise;
  });

  test("a rejection that nobody selects is nobody's", async () => {
    const heard: unknown[] = [];
    const hear = (reason: unknown) => heard.push(reason);
    process.on("unhandledRejection", hear);
    await run(function* () {
      promiseCase(Promise.reject(new Error("no")));
      yield* wait(new Promise((done) => setImmediate(done)));
    });
    process.off("unhandledRejection", hear);
    expect(heard).toEqual([]);
  });

  test("only while a goroutine waits for it is a blocked run no deadlock", async () => {
    const never = new Promise<never>(() => {});
    const dead = run(function* () {
      const page = promiseCase(never);
      yield* select([page], { default: true });
      const jobs = chan<string>(1);
      yield* jobs.send("sweep");
      yield* select([page, recvCase(jobs)]);
      yield* chan().recv();
    });
    await expect(dead).rejects.toThrow("all goroutines are asleep - deadlock!");
    const slow = Promise.withResolvers<number>();
    setTimeout(() => slow.resolve(1), 1);
    const r = await run(function* () {
      return yield* select([promiseCase(slow.promise), recvCase(chan<number>())]);
    });
    expect(r.value).toEqual({ status: "fulfilled", value: 1 });
  });

  test("waited for in async code, by several at once: one gets the value, the others the end", async () => {
    const late = Promise.withResolvers<string>();
    const quit = chan<void>();
    const done = run(function* () {
      using _ = hold();
      yield* quit.recv();
    });
    const page = promiseCase(late.promise);
    const all = [1, 2, 3].map(() => selectAsync([page, recvCase(chan<number>())]));
    late.resolve("ant");
    const oks = (await Promise.all(all)).map((r) => r.ok);
    expect(oks.filter((ok) => ok)).toHaveLength(1);
    await quit.sendAsync();
    await done;
  });
});
