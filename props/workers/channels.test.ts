/** Channels between threads do what Go's channels do: order, close, select, len and cap, back-pressure, the verdict. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  after,
  chan,
  type Go,
  go,
  hold,
  native,
  nilchan,
  recvCase,
  reportOf,
  run,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { anywhereTest, workersTest } from "./skip.ts";

setDefaultTimeout(60_000);
const stages = new URL("./stages.ts", import.meta.url);
type Stages = typeof import("./stages.ts");

describe("one thread and another", () => {
  anywhereTest("values arrive in order, and the end behind them", async () => {
    const got = await run(function* main() {
      const numbers = chan.shared<number>(4);
      const squares = chan.shared<number>();
      const goid = yield* go.worker<Stages>(stages, "square", numbers, squares);
      expect(goid).toBeGreaterThan(1e12);
      go(function* () {
        for (let n = 0; n < 200; n++) yield* numbers.send(n);
        numbers.close();
      });
      const out: number[] = [];
      for (let n = yield* squares.recv(); n !== undefined; n = yield* squares.recv()) out.push(n);
      return out;
    });
    expect(got).toEqual(Array.from({ length: 200 }, (_, n) => n * n));
  });

  workersTest("every value once, over three threads, and in the order of its sender", async () => {
    const got = await run(function* main() {
      const first = chan.shared<number>(8);
      const second = chan.shared<number>(3, native.i32);
      const made = WaitGroup.shared();
      const handed = WaitGroup.shared();
      made.add(3);
      handed.add(2);
      for (let i = 0; i < 3; i++)
        yield* go.worker<Stages>({ module: stages, m: 1 + (i % 2) }, "produce", first, i * 1000, 300, made);
      for (let m = 2; m < 4; m++) yield* go.worker<Stages>({ module: stages, m }, "relay", first, second, handed);
      go(function* () {
        yield* made.wait();
        first.close();
        yield* handed.wait();
        second.close();
      });
      const out: number[] = [];
      for (let n = yield* second.recv(); n !== undefined; n = yield* second.recv()) out.push(n);
      return out;
    });
    expect(got.length).toBe(900);
    expect([...got].sort((a, b) => a - b)).toEqual(
      [0, 1000, 2000].flatMap((at) => Array.from({ length: 300 }, (_, n) => at + n)),
    );
  });

  workersTest("selects on two threads lose nothing and double nothing", async () => {
    const got = await run(function* main() {
      const [a, b, x, y] = [
        chan.shared<number>(1),
        chan.shared<number>(),
        chan.shared<number>(),
        chan.shared<number>(2),
      ];
      const made = WaitGroup.shared();
      const mixed = WaitGroup.shared();
      made.add(2);
      mixed.add(2);
      yield* go.worker<Stages>({ module: stages, m: 1 }, "produce", a, 0, 300, made);
      yield* go.worker<Stages>({ module: stages, m: 2 }, "produce", b, 1000, 300, made);
      for (let m = 1; m < 3; m++) yield* go.worker<Stages>({ module: stages, m }, "mix", a, b, x, y, mixed);
      const local = chan<string>();
      go(function* () {
        yield* made.wait();
        a.close();
        b.close();
        yield* mixed.wait();
        yield* local.send("all");
      });
      const out: number[] = [];
      for (;;) {
        const r = yield* select({ x: recvCase(x), y: recvCase(y), local: recvCase(local) });
        if (r.case === "local") break;
        out.push(r.value as number);
      }
      // What is left in the buffer.
      for (
        let r = yield* select([recvCase(y)], { default: true });
        r.index === 0;
        r = yield* select([recvCase(y)], { default: true })
      ) {
        out.push(r.value as number);
      }
      return out;
    });
    expect(got.sort((p, q) => p - q)).toEqual([0, 1000].flatMap((at) => Array.from({ length: 300 }, (_, n) => at + n)));
  });

  anywhereTest("a channel goes through a channel, and answers come back through it", async () => {
    await run(function* main() {
      const jobs = chan.shared<{ n: number; to: ReturnType<typeof chan.shared<number>> }>(2);
      yield* go.worker<Stages>(stages, "reply", jobs);
      for (let n = 0; n < 20; n++) {
        const to = chan.shared<number>();
        yield* jobs.send({ n, to });
        expect(yield* to.recv()).toBe(n + 1);
      }
    });
  });

  workersTest("buffers are handed over by name, and copied otherwise", async () => {
    await run(function* main() {
      const sums = chan.shared<number>();
      const bytes = new Uint8Array([1, 2, 3]);
      yield* go.worker<Stages>(stages, "total", bytes, sums);
      expect(yield* sums.recv()).toBe(6);
      expect(bytes.length).toBe(3);
      yield* go.worker<Stages>({ module: stages, transfer: [bytes.buffer] }, "total", bytes, sums);
      expect(yield* sums.recv()).toBe(6);
      expect(bytes.length).toBe(0);
    });
  });
});

describe("as a channel of one thread", () => {
  workersTest("len, cap, a full buffer, close, and what comes behind it", async () => {
    await run(function* main() {
      const c = chan.shared<string>(2);
      expect([c.len, c.cap]).toEqual([0, 2]);
      yield* c.send("ant");
      yield* c.send("bee");
      expect([c.len, c.cap]).toEqual([2, 2]);
      expect(yield* select([sendCase(c, "cat")], { default: true })).toMatchObject({ index: -1 });
      c.close();
      expect(() => c.close()).toThrow("close of closed channel");
      expect(() => c.send("cat")).toThrow("send on closed channel");
      expect(yield* c.recvOk()).toEqual(["ant", true]);
      expect(yield* c.recv()).toBe("bee");
      expect(yield* c.recvOk()).toEqual([undefined, false]);
    });
  });

  workersTest("one that waits to send panics when it is closed", async () => {
    await run(function* main() {
      const c = chan.shared<string>();
      go(function* () {
        yield* sleep(1);
        c.close();
      });
      try {
        yield* c.send("ant");
        expect.unreachable();
      } catch (error) {
        expect(String(error)).toContain("send on closed channel");
      }
    });
  });

  anywhereTest("select beside channels of this thread, sleeps and the nil channel", async () => {
    await run(function* main() {
      const c = chan.shared<number>(1);
      expect((yield* select([recvCase(c), recvCase(nilchan), recvCase(after(1))])).index).toBe(2);
      const local = chan<number>();
      go(function* () {
        yield* local.send(1);
      });
      expect(yield* select([recvCase(c), recvCase(local)])).toEqual({ index: 1, value: 1, ok: true });
      expect(yield* select([sendCase(c, 5), recvCase(local)])).toEqual({ index: 0, value: undefined, ok: true });
      expect(yield* select([recvCase(local), recvCase(c)])).toEqual({ index: 1, value: 5, ok: true });
      go(function* () {
        yield* select([recvCase(local), sendCase(c, 6)]);
        yield* select([recvCase(local), sendCase(c, 7)]);
      });
      expect(yield* c.recv()).toBe(6);
      expect(yield* c.recv()).toBe(7);
    });
  });

  workersTest("ordinary code sends, receives and iterates", async () => {
    await run(function* main() {
      using _ = hold();
      const c = chan.shared<number>(1);
      const done = chan<number[]>();
      void (async () => {
        const got: number[] = [];
        for await (const n of c) got.push(n);
        await done.sendAsync(got);
      })();
      void (async () => {
        await c.sendAsync(1);
        await c.sendAsync(2);
        c.close();
      })();
      expect(yield* done.recv()).toEqual([1, 2]);
    });
  });

  workersTest("a producer that is faster waits: no more is in memory than the buffer holds", async () => {
    await run(function* main() {
      const c = chan.shared<number>(4);
      const wg = WaitGroup.shared();
      wg.add(1);
      yield* go.worker<Stages>(stages, "produce", c, 0, 200, wg);
      let most = 0;
      for (let n = 0; n < 200; n++) {
        yield* sleep(n % 10 === 0 ? 1 : 0);
        most = Math.max(most, c.len);
        expect(yield* c.recv()).toBe(n);
      }
      expect(most).toBeLessThanOrEqual(4);
    });
  });
});

describe("the verdict", () => {
  workersTest("all wait on all threads: Go's report, with all of them", async () => {
    const error = await run(function* main() {
      const c = chan.shared<number>();
      yield* go.worker<Stages>({ module: stages, m: 1 }, "waitsForEver", c);
      yield* go.worker<Stages>({ module: stages, m: 2 }, "waitsForEver", c);
      yield* chan<number>().recv();
    }).catch((caught) => caught);
    expect(reportOf(error)).toBe(`fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main(...)

goroutine 2000000000001 [chan receive]:
waitsForEver(...)

goroutine 3000000000001 [chan receive]:
waitsForEver(...)
`);
  });

  workersTest("another thread comes to it last, and calls the run's", async () => {
    const error = await run(function* main() {
      const c = chan.shared<number>();
      yield* go.worker<Stages>({ module: stages, m: 1 }, "waitsLate", c);
      yield* chan<number>().recv();
    }).catch((caught) => caught);
    expect(reportOf(error)).toStartWith("fatal error: all goroutines are asleep - deadlock!");
  });

  workersTest("none while a goroutine of another thread sleeps or computes", async () => {
    const got = await run(function* main() {
      const c = chan.shared<number>();
      const wg = WaitGroup.shared();
      wg.add(1);
      yield* go.worker<Stages>(stages, "computes", 30);
      yield* go.worker<Stages>(stages, "produce", c, 5, 1, wg);
      const n = yield* c.recv();
      yield* wg.wait();
      return n;
    });
    expect(got).toBe(5);
  });

  workersTest("one without other threads, on a shared channel", async () => {
    const error = await run(function* main() {
      yield* chan.shared<number>().recv();
    }).catch((caught) => caught);
    expect(String(error)).toContain("all goroutines are asleep - deadlock!");
  });
});

describe("refused by name", () => {
  workersTest("a run with a clock of its own", async () => {
    function* main(): Go {
      chan.shared();
    }
    await expect(run(main, { clock: "fake" })).rejects.toThrow("a run with a clock, a seed or a hook of its own");
  });

  workersTest("a codec that other threads do not find, and a capacity", async () => {
    await run(function* main() {
      const own = { name: "own", toWord() {}, fromWord: () => 0 };
      expect(() => chan.shared(1, own)).toThrow("codec own is not one of i32, u32, f64, i64, u64");
      expect(() => chan.shared(-1)).toThrow("makechan: size out of range");
      const c = chan.shared<number>(1, native.i32);
      expect(() => c.send(1.5)).toThrow("does not fit a word of codec i32");
    });
  });

  workersTest("what is over with its run", async () => {
    const c = await run(function* main() {
      return chan.shared<number>(1);
    });
    await run(function* main() {
      expect(() => c.recv()).toThrow("the run that this object was shared by is over");
    });
  });

  const elsewhere = process.platform === "linux" ? test.skip : test;
  elsewhere("where threads share nothing (skipped on Linux, where they do)", async () => {
    const said = await run(function* main() {
      const texts: string[] = [];
      for (const use of [() => chan.shared(), () => WaitGroup.shared(), () => go.worker(stages, "square")]) {
        try {
          const op = use() as unknown as Generator<unknown, unknown, true>;
          if (Symbol.iterator in op) yield* op;
          texts.push("it was not refused");
        } catch (error) {
          texts.push((error as Error).message);
        }
      }
      return texts;
    });
    for (const [i, what] of ["chan.shared", "WaitGroup.shared", "go.worker"].entries()) {
      expect(said[i]).toStartWith(`gobuf: ${what}: `);
      expect(said[i]).toContain("Linux");
    }
  });

  test("an object that is no shared channel", () => {
    expect(() => chan.attach({})).toThrow("chan.attach: expected a channel of chan.shared that came by postMessage");
    expect(() => chan.attach(undefined)).toThrow("chan.attach");
  });
});
