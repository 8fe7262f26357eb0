/** Fault F25: AsyncLocalStorage, carried by goroutines. */

import { describe, expect, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { createContextKey, context as otel, ROOT_CONTEXT } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  afterFunc,
  Cond,
  call,
  chan,
  context,
  ErrGroup,
  type Go,
  go,
  goexit,
  gosched,
  hold,
  Mutex,
  native,
  newTicker,
  newTimer,
  RWMutex,
  recvCase,
  run,
  runSync,
  select,
  selectAsync,
  sendCase,
  sleep,
  spawn,
  start,
  WaitGroup,
  wait,
} from "gobuf";
import { openBodies, Work } from "../native/bodies.ts";

const als = new AsyncLocalStorage<string>();
const other = new AsyncLocalStorage<number>();
const store = () => als.getStore();

/** Ways in which a goroutine waits, and another or the outside wakes it from another context. */
const WAITS: Readonly<Record<string, () => Go>> = {
  gosched: () => gosched() as never,
  sleep: () => sleep(1) as never,
  "a promise": () => wait(als.run("the promise's", async () => await Bun.sleep(1))) as never,
  "a promise that rejects": function* () {
    try {
      yield* wait(als.run("the promise's", async () => Promise.reject(new Error("no"))));
    } catch {}
  },
  "an unbuffered channel": function* () {
    const c = chan<number>();
    als.run("the sender's", () =>
      go(function* () {
        yield* c.send(1);
      }),
    );
    yield* c.recv();
  },
  "a send": function* () {
    const c = chan<number>();
    als.run("the receiver's", () =>
      go(function* () {
        yield* gosched();
        yield* c.recv();
      }),
    );
    yield* c.send(1);
  },
  "a select": function* () {
    const c = chan<number>();
    als.run("the sender's", () => void c.sendAsync(1));
    yield* select([recvCase(c), sendCase(chan<number>(), 1)]);
  },
  "a mutex": function* () {
    const mu = new Mutex();
    yield* mu.lock();
    als.run("the unlocker's", () =>
      go(function* () {
        yield* gosched();
        mu.unlock();
      }),
    );
    yield* mu.lock();
  },
  "an RWMutex": function* () {
    const mu = new RWMutex();
    yield* mu.rlock();
    als.run("the unlocker's", () =>
      go(function* () {
        yield* gosched();
        mu.runlock();
      }),
    );
    yield* mu.lock();
  },
  "a Cond": function* () {
    const mu = new Mutex();
    const cond = new Cond(mu);
    yield* mu.lock();
    als.run("the signaller's", () => setTimeout(() => cond.signal(), 1));
    using _ = hold();
    yield* cond.wait();
  },
  "a WaitGroup": function* () {
    const wg = new WaitGroup();
    wg.add(1);
    als.run("the doer's", () => setTimeout(() => wg.done(), 1));
    using _ = hold();
    yield* wg.wait();
  },
  "a timer's channel": function* () {
    const timer = als.run("the timer's", () => newTimer(1));
    yield* timer.c.recv();
  },
  "a ticker": function* () {
    using ticker = als.run("the ticker's", () => newTicker(1));
    yield* ticker.c.recv();
    yield* ticker.c.recv();
  },
  "a context's end": function* () {
    const [ctx] = als.run("the context's", () => context.withTimeout(context.background(), 1));
    yield* ctx.done().recv();
  },
  "call, two deep": function* () {
    yield* call(function* () {
      yield* call(function* () {
        yield* sleep(1);
      });
    });
  },
};

describe("F25: a goroutine keeps its context over every wait", () => {
  test.each(Object.keys(WAITS))("%s", async (name) => {
    const body = WAITS[name] as () => Go;
    const handler = function* (): Go<(string | undefined)[]> {
      const seen = [store()];
      for (let i = 0; i < 3; i++) {
        yield* body();
        seen.push(store());
      }
      return seen;
    };
    await using service = start();
    const all = ["A", "B", "C"].map((id) => als.run(id, () => service.spawn(handler)));
    const none = service.spawn(handler);
    expect(await Promise.all(all)).toEqual(["A", "B", "C"].map((id) => [id, id, id, id]));
    expect(await none).toEqual([undefined, undefined, undefined, undefined]);
    expect(store()).toBeUndefined();
  });
});

describe("F25: who starts a goroutine gives it its context", () => {
  test("run, runs that join it, and runs with a world of their own", async () => {
    function* main(): Go<unknown[]> {
      yield* sleep(1);
      const first = store();
      const child = chan<string | undefined>();
      go(function* () {
        yield* gosched();
        yield* child.send(store());
      });
      return [first, yield* child.recv(), store()];
    }
    const runs = [
      als.run("A", () => run(main)),
      als.run("B", () => run(main)),
      als.run("C", () => run(main, { clock: "fake" })),
      als.run("D", () => run(main, { seed: 1 })),
      run(main),
    ];
    expect(await Promise.all(runs)).toEqual([..."ABCD", undefined].map((id) => [id, id, id]));
    expect(als.run("E", () => runSync(main))).toEqual(["E", "E", "E"]);
    expect(store()).toBeUndefined();
  });

  test("spawn, three at once", async () => {
    await using _ = start();
    const handler = function* (): Go<string | undefined> {
      yield* sleep(1);
      return store();
    };
    expect(await Promise.all(["A", "B", "C"].map((id) => als.run(id, () => spawn(handler))))).toEqual(["A", "B", "C"]);
  });

  test("runSync in a goroutine: each its own, and what it entered stays inside", () => {
    const seen: unknown[] = [];
    als.run("outer", () =>
      runSync(function* () {
        yield* gosched();
        runSync(function* () {
          seen.push(store());
          als.enterWith("inner");
          yield* gosched();
          seen.push(store());
        });
        seen.push(store());
        yield* gosched();
        seen.push(store());
      }),
    );
    expect(seen).toEqual(["outer", "inner", "outer", "outer"]);
  });

  test("afterFunc, context.afterFunc, WaitGroup.go, ErrGroup.go, a queue's reader", async () => {
    const seen: Record<string, unknown> = {};
    await run(function* () {
      using _ = hold();
      const wg = new WaitGroup();
      const note = (name: string) => () => {
        seen[name] = store();
        wg.done();
      };
      const [ctx, cancel] = context.withCancel(context.background());
      wg.add(5);
      als.run("plain", () => afterFunc(1, note("plain")));
      als.run("generator", () =>
        afterFunc(1, function* () {
          yield* gosched();
          note("generator")();
        }),
      );
      const late = als.run("reset", () => afterFunc(100_000, note("reset")));
      als.run("someone's", () => late.reset(1));
      als.run("context", () => context.afterFunc(ctx, note("context")));
      afterFunc(1, note("none"));
      als.run("WaitGroup", () =>
        wg.go(function* () {
          yield* gosched();
          seen.WaitGroup = store();
        }),
      );
      const group = new ErrGroup();
      yield* als.run("ErrGroup", () =>
        group.go(function* () {
          yield* gosched();
          seen.ErrGroup = store();
        }),
      );
      als.run("the canceller's", () => cancel());
      yield* group.wait();
      yield* wg.wait();
    });
    expect(seen).toEqual({
      plain: "plain",
      generator: "generator",
      reset: "reset",
      context: "context",
      none: undefined,
      WaitGroup: "WaitGroup",
      ErrGroup: "ErrGroup",
    });
  });

  test("native bodies: a callback has the context of the goroutine that calls it", () => {
    const { symbols } = openBodies();
    const seen = new Set<unknown>();
    runSync(function* () {
      const wg = new WaitGroup();
      using callback = native.callback(() => {
        seen.add(store());
      });
      wg.add(4);
      for (const id of ["A", "B", "C", "D"]) {
        const work = new Work({ wg, callback }, 100);
        als.run(id, () => go.native(id < "C" ? symbols.c_caller : symbols.zig_caller, work.bytes));
      }
      yield* wg.wait();
      expect(store()).toBeUndefined();
    });
    expect([...seen].sort()).toEqual(["A", "B", "C", "D"]);
  });
});

describe("F25: what a body enters", () => {
  test("enterWith is kept, for that goroutine and those that it starts afterwards", async () => {
    const seen: unknown[] = [];
    await als.run("A", () =>
      run(function* () {
        const done = new WaitGroup();
        const first = chan<never>();
        done.go(function* () {
          for (let i = 0; i < 3; i++) yield* gosched();
          seen.push(["before", store(), other.getStore()]);
          first.close();
        });
        als.enterWith("B");
        other.enterWith(1);
        yield* sleep(1);
        yield* first.recv();
        seen.push(["itself", store(), other.getStore()]);
        als.enterWith("C");
        yield* gosched();
        done.go(function* () {
          seen.push(["after", store(), other.getStore()]);
        });
        yield* done.wait();
        seen.push(["itself", store(), other.getStore()]);
        expect(als.run("D", () => als.exit(() => store()))).toBeUndefined();
        expect(store()).toBe("C");
      }),
    );
    expect(seen).toEqual([
      ["before", "A", undefined],
      ["itself", "B", 1],
      ["after", "C", 1],
      ["itself", "C", 1],
    ]);
    expect([store(), other.getStore()]).toEqual([undefined, undefined]);
  });

  test("finally blocks of goroutines that goexit, throw, or are left when the run ends have their goroutine's", async () => {
    const seen: unknown[] = [];
    const note = (what: string) => seen.push([what, store()]);
    await run(function* () {
      const bodies: Record<string, () => Go> = {
        goexit: function* () {
          yield* gosched();
          yield* goexit();
        },
        left: () => chan().recv() as never,
        caught: function* () {
          yield* gosched();
          throw new Error("x");
        },
      };
      for (const [name, body] of Object.entries(bodies)) {
        als.run(name, () =>
          go(function* () {
            try {
              yield* body();
            } catch {
            } finally {
              note(name);
            }
          }),
        );
      }
      for (let i = 0; i < 4; i++) yield* gosched();
    });
    expect(seen.sort()).toEqual([
      ["caught", "caught"],
      ["goexit", "goexit"],
      ["left", "left"],
    ]);
  });

  test("OpenTelemetry's active context", async () => {
    const manager = new AsyncLocalStorageContextManager().enable();
    otel.setGlobalContextManager(manager);
    try {
      const key = createContextKey("request");
      await using service = start();
      const handler = function* (): Go<unknown[]> {
        const seen: unknown[] = [otel.active().getValue(key)];
        yield* sleep(1);
        seen.push(otel.active().getValue(key));
        const inner = otel.active().setValue(key, `${seen[0]}/inner`);
        seen.push(yield* wait(otel.with(inner, () => spawn(child))));
        seen.push(otel.active().getValue(key));
        return seen;
      };
      const child = function* (): Go<unknown> {
        yield* gosched();
        return otel.active().getValue(key);
      };
      const requests = ["A", "B", "C"].map((id) =>
        otel.with(ROOT_CONTEXT.setValue(key, id), () => service.spawn(handler)),
      );
      expect(await Promise.all(requests)).toEqual(["A", "B", "C"].map((id) => [id, id, `${id}/inner`, id]));
    } finally {
      otel.disable();
    }
  });

  test("selectAsync and a promise's continuation leave the caller in its own", async () => {
    await using _ = start();
    const c = chan<number>(1);
    const seen = await als.run("A", async () => {
      await c.sendAsync(1);
      const before = store();
      await selectAsync([recvCase(c)]);
      return [before, store()];
    });
    expect(seen).toEqual(["A", "A"]);
  });
});

test("F25: a context goes with its goroutine: what it holds is collected", async () => {
  const held = new AsyncLocalStorage<object>();
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  await using service = start();
  for (let i = 0; i < 100; i++) {
    const request = { i, bytes: new Uint8Array(1000) };
    registry.register(request, i);
    await held.run(request, () =>
      service.spawn(function* () {
        yield* sleep(0.01);
      }),
    );
  }
  for (let i = 0; i < 50 && collected < 90; i++) {
    Bun.gc(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(collected).toBeGreaterThanOrEqual(90);
});
