/**
 * Careless uses of runs with several Ps from TypeScript: objects of one run in another, uses behind the end, signals, runs
 * in runs, processes that end in the middle. Each has the right value, or an error that says what was expected.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { chan, context, go, gosched, Mutex, native, recvCase, run, runSync, select, sleep, WaitGroup } from "gobuf";
import type { Go } from "../../src/runtime/body.ts";
import type { Op } from "../../src/runtime/m.ts";
import { openBodies, Works } from "./bodies.ts";

const LINUX = process.platform === "linux";

/** What a piece of code throws, or "nothing". */
function thrown(f: () => unknown): string {
  try {
    f();
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The same of a goroutine's operations. */
function* thrownBy(f: () => Op<unknown>): Go<string> {
  try {
    yield* f();
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}

test("procs is an integer from 1 to 64, and of run alone", () => {
  for (const procs of [0, -1, 65, 2.5, Number.NaN, Number.POSITIVE_INFINITY, "2", null, 2n, {}, [2]]) {
    expect(thrown(() => run(function* () {}, { procs: procs as number }))).toContain("procs");
  }
  expect(thrown(() => runSync(function* () {}, { procs: 2 } as object))).toContain("procs");
});

describe.skipIf(!LINUX)("careless uses of several Ps (Linux's futex)", () => {
  const { symbols } = openBodies();
  const works = new Works(16);

  /** A run that leaves what it has shared. */
  const leaves = async () => {
    const left = { ch: chan<number>(2), mutex: new Mutex(), wg: new WaitGroup() };
    await run(
      function* () {
        native.handle(left.ch);
        native.handle(left.mutex);
        native.handle(left.wg);
        yield* left.ch.send(1);
        yield* left.mutex.lock();
      },
      { procs: 2 },
    );
    return left;
  };
  const OVER = "the run that shared this object with native goroutines is over";

  test("what a run has shared is of no use behind it, and says so", async () => {
    const { ch, mutex, wg } = await leaves();
    for (const use of [() => ch.close(), () => ch.len, () => ch.cap, () => mutex.unlock(), () => wg.add(1)]) {
      expect(thrown(use)).toContain(OVER);
    }
    const said: string[] = [];
    await run(function* () {
      said.push(yield* thrownBy(() => ch.send(1)));
      said.push(yield* thrownBy(() => ch.recv()));
      said.push(yield* thrownBy(() => mutex.lock()));
      said.push(yield* thrownBy(() => wg.wait()));
    });
    for (const text of said) expect(text).toContain(OVER);
    await expect(
      run(function* () {
        yield* sleep(1);
        return yield* ch.recv();
      }),
    ).rejects.toThrow(OVER);
  });

  test("nor can it be given to native goroutines of the next run", async () => {
    const left = await leaves();
    await run(
      function* () {
        for (const object of Object.values(left)) {
          expect(thrown(() => native.handle(object))).toMatch(
            /this (channel|Mutex|WaitGroup) is shared with native goroutines of another run with several procs, which is over/,
          );
        }
        yield* gosched();
      },
      { procs: 2 },
    );
  });

  test("an object of one run is not for goroutines of another, which would wait where nobody of theirs looks", async () => {
    const ch = chan<number>();
    const gate = Promise.withResolvers<void>();
    const first = run(
      function* () {
        go.native(symbols.p_receiver, works.set(0, { in: ch, count: 1 }));
        yield* chan<number>(1).send(1);
        gate.resolve();
        yield* sleep(30);
        yield* ch.send(5);
        while (works.get(0, "done") === 0) yield* sleep(1);
        return works.get(0, "sum");
      },
      { procs: 2 },
    );
    await gate.promise;
    const REFUSED = "this object is shared with native goroutines of another run with several procs";
    for (const options of [{}, { seed: 1 }, { procs: 2 }]) {
      const said = await run(function* () {
        return yield* thrownBy(() => ch.recv());
      }, options);
      expect(said).toContain(REFUSED);
      const given = await run(function* () {
        yield* gosched();
        return thrown(() => native.handle(ch));
      }, options);
      if ("procs" in options) expect(given).toContain("shared with native goroutines of another run");
    }
    expect(await first).toBe(5);
  });

  test("the length and capacity of a shared channel are its own", async () => {
    await run(
      function* () {
        const ch = chan<number>(5);
        yield* ch.send(1);
        native.handle(ch);
        yield* ch.send(2);
        expect([ch.len, ch.cap]).toEqual([2, 5]);
        yield* ch.recv();
        expect([ch.len, ch.cap]).toEqual([1, 5]);
      },
      { procs: 2 },
    );
  });

  test("a handle lasts until the run is over: release says so", async () => {
    await run(
      function* () {
        const ch = chan<number>(1);
        native.handle(ch);
        expect(thrown(() => native.release(ch))).toContain("its handle lasts until the run is over");
        expect(native.release(chan<number>())).toBe(false);
        yield* ch.send(1);
      },
      { procs: 2 },
    );
  });

  test("async code uses a shared channel as any other", async () => {
    const got: number[] = [];
    await run(
      function* () {
        const [to, from] = [chan<number>(), chan<number>()];
        go.native(symbols.p_echo, works.set(0, { in: to, out: from }));
        const reader = (async () => {
          for await (const v of from) got.push(v);
        })();
        const writer = (async () => {
          for (let n = 0; n < 20; n++) await to.sendAsync(n);
          to.close();
        })();
        let over = false;
        Promise.all([reader, writer]).then(() => {
          over = true;
        });
        while (!over) yield* sleep(1);
      },
      { procs: 2 },
    );
    expect(got).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  test("a signal ends the run while native goroutines wait, run, sleep and are runnable", async () => {
    for (const after of [0, 5]) {
      const controller = new AbortController();
      let left = 0;
      const ended = run(
        function* () {
          const ch = chan<number>();
          try {
            for (let i = 0; i < 3; i++) go.native(symbols.p_receiver, works.set(i, { in: ch }));
            for (let i = 3; i < 6; i++) go.native(symbols.p_yielder, works.set(i, { count: 2 ** 50 }));
            go.native(symbols.p_sleeper, works.set(6, { count: 1, ns: 2 ** 50 }));
            yield* ch.recv();
          } finally {
            left++;
            // Nothing can be waited for any more, and what need not wait is refused as well.
            expect(yield* thrownBy(() => ch.recv())).toContain("over");
          }
        },
        { procs: 3, signal: controller.signal },
      );
      setTimeout(() => controller.abort(new Error("enough")), after);
      await expect(ended).rejects.toThrow("enough");
      expect(left).toBe(1);
    }
    await expect(run(function* () {}, { procs: 2, signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
  });

  test("a context whose time is over ends what waits beside native goroutines that go on", async () => {
    const error = await run(
      function* () {
        go.native(symbols.p_yielder, works.set(0, { count: 2 ** 50 }));
        const [ctx, cancel] = context.withTimeout(context.background(), 10);
        yield* select([recvCase(ctx.done())]);
        cancel();
        return String(ctx.err());
      },
      { procs: 2 },
    );
    expect(error).toContain("deadline exceeded");
  });

  test("runs in runs, each with Ps of its own", async () => {
    const one = (own: Works, count: number) =>
      function* () {
        const wg = new WaitGroup();
        wg.add(3);
        for (let i = 0; i < 3; i++) go.native(symbols.p_yielder, own.set(i, { wg, count }));
        yield* wg.wait();
        return own.total("done");
      };
    const values = await run(
      function* () {
        const inner: Promise<number>[] = [];
        for (let k = 1; k <= 3; k++) inner.push(run(one(new Works(3), 10 * k), { procs: 2 }));
        const hour = runSync(function* () {
          yield* sleep(3_600_000);
          return 1;
        });
        const mine = yield* one(works, 5)();
        let all: number[] = [];
        Promise.all(inner).then((list) => {
          all = list;
        });
        while (all.length === 0) yield* sleep(1);
        return [hour, ...all, mine];
      },
      { procs: 4 },
    );
    expect(values.slice(0, 4)).toEqual([1, 30, 60, 90]);
  });

  test("generators and native goroutines sleep beside each other, and all come back", async () => {
    const woken = await run(
      function* () {
        const wg = new WaitGroup();
        wg.add(8);
        let count = 0;
        for (let i = 0; i < 8; i++) go.native(symbols.p_sleeper, works.set(i, { wg, count: 3, ns: 1_000_000 }));
        for (let i = 0; i < 8; i++) {
          wg.go(function* () {
            for (let k = 0; k < 3; k++) yield* sleep(1);
            count++;
          });
        }
        yield* wg.wait();
        return [count, works.get(0, "done"), works.get(7, "done")];
      },
      { procs: 2 },
    );
    expect(woken).toEqual([8, 3, 3]);
  });

  test("what is thrown beside waiting native goroutines is what the run rejects with", async () => {
    const failed = run(
      function* () {
        const ch = chan<number>();
        for (let i = 0; i < 4; i++) go.native(symbols.p_receiver, works.set(i, { in: ch }));
        go(function* careless() {
          yield* gosched();
          throw new TypeError("a goroutine's");
        });
        yield* ch.recv();
      },
      { procs: 2 },
    );
    await expect(failed).rejects.toThrow("a goroutine's");
  });

  /** Runs a program, which must end by itself. */
  async function program(text: string): Promise<{ code: number; out: string; err: string }> {
    const source = `
      import { chan, go, run, sleep } from "gobuf";
      import { openBodies, Works } from ${JSON.stringify(join(import.meta.dir, "bodies.ts"))};
      const { symbols } = openBodies();
      const works = new Works(8);
      ${text}`;
    const child = Bun.spawn([process.execPath, "-e", source], { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code, out: out.trim(), err };
  }
  const BUSY = `
    for (let i = 0; i < 2; i++) go.native(symbols.p_yielder, works.set(i, { count: 2 ** 50 }));
    go.native(symbols.h_stubborn, works.set(2, { count: 2 ** 40 }));
    go.native(symbols.p_receiver, works.set(3, { in: chan() }));`;

  test("goroutines that start goroutines without end: the run ends for want of memory, and the next one is as the first", async () => {
    // Large stacks, so that the address space is the first to be used up: it stays so in this process.
    const { code, out } = await program(`
      import { native, FatalError } from "gobuf";
      const before = native.stackSize(2 ** 30);
      const error = await run(function* () {
        go.native(symbols.h_forks, works.set(0, {}));
        yield* chan().recv();
      }, { procs: 4 }).catch((error) => error);
      native.stackSize(before);
      console.log(error instanceof FatalError, /out of memory|no memory for a goroutine/.test(error.message), works.get(0, "done") > 100);
      console.log(await run(function* () {
        const ch = chan();
        go.native(symbols.p_sender, works.set(1, { out: ch, count: 1, id: 3 }));
        return (yield* ch.recv()) / 2 ** 32;
      }, { procs: 2 }));`);
    expect({ code, out }).toEqual({ code: 0, out: "true true true\n3" });
  }, 120_000);

  test("process.exit in the middle ends the process", async () => {
    const { code, err } = await program(
      `run(function* () { ${BUSY} yield* sleep(20); process.exit(7); }, { procs: 2 });`,
    );
    expect({ code, err }).toEqual({ code: 7, err: "" });
  }, 60_000);

  test("an uncaught exception of ordinary code in the middle ends the process", async () => {
    const { code, err } = await program(
      `run(function* () { ${BUSY} yield* chan().recv(); }, { procs: 2 }); setTimeout(() => { throw new Error("loose"); }, 20);`,
    );
    expect(code).toBe(1);
    expect(err).toContain("loose");
  }, 60_000);

  test("a run that nobody waits for keeps its process until it is over", async () => {
    const { code, out } = await program(`
      run(function* () {
        const ch = chan();
        go.native(symbols.p_sleeper, works.set(0, { count: 3, ns: 5e6 }));
        go.native(symbols.p_sender, works.set(1, { out: ch, count: 1, id: 3 }));
        const word = yield* ch.recv();
        while (works.get(0, "done") < 3) yield* sleep(1);
        console.log(word / 2 ** 32, works.get(0, "done"));
      }, { procs: 2 });`);
    expect({ code, out }).toEqual({ code: 0, out: "3 3" });
  }, 60_000);

  test("Workers have runs with several Ps at once", async () => {
    const url = new URL("./careless-worker.ts", import.meta.url);
    const all = Array.from({ length: 3 }, async () => {
      const worker = new Worker(url);
      const answer = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
      });
      worker.terminate();
      return answer;
    });
    expect(await Promise.all(all)).toEqual([
      [500, 500, 500],
      [500, 500, 500],
      [500, 500, 500],
    ]);
  }, 60_000);
});
