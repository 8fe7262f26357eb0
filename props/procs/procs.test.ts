/** Runs with several Ps: native goroutines on several threads, which end with the run and leave nothing behind. */
import { describe, expect, test } from "bun:test";
import { chan, go, gosched, Mutex, metrics, native, run, WaitGroup } from "gobuf";
import { addressOf } from "../../src/runtime/ffi.ts";
import { openBodies, Works } from "./bodies.ts";
import { witnessed } from "./witness.ts";

const LINUX = process.platform === "linux";

describe.skipIf(!LINUX)("a run with several Ps (Linux's futex)", () => {
  const { symbols } = openBodies();

  for (const procs of [2, 4]) {
    test(`${procs} Ms run native goroutines that give way, each so often`, async () => {
      const { value, pool } = await witnessed(() =>
        run(
          function* () {
            const wg = new WaitGroup();
            const works = new Works(40);
            wg.add(40);
            for (let i = 0; i < 40; i++) {
              go.native(i % 2 ? symbols.p_yielder : symbols.p_goyielder, works.set(i, { count: 500, wg, id: i }));
            }
            yield* wg.wait();
            return works.total("done");
          },
          { procs },
        ),
      );
      expect(value).toBe(40 * 500);
      const executed = pool?.stats().map((p) => p.executed) ?? [];
      // The first execute of each, and one for each time that it gave way.
      expect(executed.reduce((a, b) => a + b, 0)).toBe(40 * 501);
      expect(executed).toHaveLength(procs);
    });

    test(`${procs} Ms: a goroutine starts others, on whichever M it is, and metrics counts what was stolen`, async () => {
      const count = 1000;
      const before = metrics().steals;
      const { value: done, pool } = await witnessed(() =>
        run(
          function* () {
            const wg = new WaitGroup();
            const works = new Works(count);
            wg.add(count);
            for (let i = count - 1; i >= 0; i--) works.set(i, { count, wg, id: i });
            go.native(symbols.p_tree, works.words);
            yield* wg.wait();
            return works.total("done");
          },
          { procs },
        ),
      );
      expect(done).toBe(count);
      const steals = pool?.stats().map((p) => p.steals) ?? [];
      expect(metrics().steals - before).toBe(steals.reduce((a, b) => a + b, 0));
    });

    for (const capacity of [0, 1, 8]) {
      test(`${procs} Ms: a channel of capacity ${capacity} keeps each sender's order, and loses nothing`, async () => {
        const [senders, receivers, count] = [4, 3, 600];
        const works = new Works(senders + receivers);
        await run(
          function* () {
            const ch = chan<number>(capacity);
            const sent = new WaitGroup();
            const received = new WaitGroup();
            sent.add(senders);
            received.add(receivers);
            for (let i = 0; i < receivers; i++) {
              go.native(symbols.p_receiver, works.set(senders + i, { in: ch, wg: received }));
            }
            for (let id = 0; id < senders; id++) {
              go.native(symbols.p_sender, works.set(id, { out: ch, wg: sent, count, id }));
            }
            yield* sent.wait();
            ch.close();
            yield* received.wait();
          },
          { procs },
        );
        const all = Array.from({ length: receivers }, (_, i) => senders + i);
        const sum = (word: "done" | "sum" | "bad") => all.map((i) => works.get(i, word)).reduce((a, b) => a + b, 0);
        expect(sum("done")).toBe(senders * count);
        expect(sum("sum")).toBe((senders * count * (count - 1)) / 2);
        expect(sum("bad")).toBe(0);
      });
    }

    test(`${procs} Ms: selects send and receive`, async () => {
      const [senders, selectors, count] = [3, 3, 400];
      const works = new Works(senders + selectors);
      await run(
        function* () {
          const [a, b] = [chan<number>(0), chan<number>(2)];
          const sent = new WaitGroup();
          const received = new WaitGroup();
          sent.add(senders);
          received.add(selectors);
          for (let i = 0; i < selectors; i++) {
            // Each the other way round: the locks are taken in one order all the same.
            const [x, y] = i % 2 ? [a, b] : [b, a];
            go.native(symbols.p_selector, works.set(senders + i, { in: x, out: y, wg: received }));
          }
          for (let id = 0; id < senders; id++) {
            go.native(symbols.p_select_sender, works.set(id, { in: a, out: b, wg: sent, count, id }));
          }
          yield* sent.wait();
          a.close();
          b.close();
          yield* received.wait();
        },
        { procs },
      );
      const all = Array.from({ length: selectors }, (_, i) => senders + i);
      expect(all.map((i) => works.get(i, "done")).reduce((a, b) => a + b, 0)).toBe(senders * count);
      expect(all.map((i) => works.get(i, "sum")).reduce((a, b) => a + b, 0)).toBe((senders * count * (count - 1)) / 2);
    });

    test(`${procs} Ms: a Mutex lets one at a time through, native or generator`, async () => {
      const shared = new BigUint64Array(1);
      const [natives, generators, count] = [6, 2, 200];
      const address = addressOf(shared as never) as number;
      await run(
        function* () {
          const mutex = new Mutex();
          const wg = new WaitGroup();
          const works = new Works(natives);
          wg.add(natives);
          for (let i = 0; i < natives; i++) {
            go.native(symbols.p_locker, works.set(i, { mutex, wg, count, shared: address }));
          }
          for (let i = 0; i < generators; i++) {
            wg.go(function* () {
              for (let n = 0; n < count; n++) {
                yield* mutex.lock();
                const before = shared[0] as bigint;
                yield* gosched();
                shared[0] = before + 1n;
                yield* mutex.unlock();
              }
            });
          }
          yield* wg.wait();
        },
        { procs },
      );
      expect(shared[0]).toBe(BigInt((natives + generators) * count));
    });

    test(`${procs} Ms: generators and native goroutines talk both ways`, async () => {
      const count = 300;
      const values = await run(
        function* () {
          const [to, from] = [native.chan(native.i32, 0), native.chan(native.i32, 3)];
          go.native(symbols.p_echo, works.set(0, { in: to, out: from }));
          go(function* () {
            for (let n = 0; n < count; n++) yield* to.send(n - 7);
            to.close();
          });
          const got: number[] = [];
          for (let v = yield* from.recvOk(); v[1]; v = yield* from.recvOk()) got.push(v[0]);
          return got;
        },
        { procs },
      );
      expect(values).toEqual(Array.from({ length: count }, (_, n) => n - 7));
    });
  }

  const works = new Works(8);

  test("what is in a channel that native goroutines get later goes along, and its end, too", async () => {
    await run(
      function* () {
        const ch = chan<number>(4);
        yield* ch.send(1);
        yield* ch.send(2);
        ch.close();
        const wg = new WaitGroup();
        wg.add(1);
        go.native(symbols.p_receiver, works.set(0, { in: ch, wg }));
        yield* wg.wait();
      },
      { procs: 2 },
    );
    expect([works.get(0, "done"), works.get(0, "sum")]).toEqual([2, 3]);
  });

  test("sleeps are over in the order of their length, on an M that is idle meanwhile", async () => {
    const { pool } = await witnessed(() =>
      run(
        function* () {
          const wg = new WaitGroup();
          wg.add(6);
          for (let i = 0; i < 6; i++)
            go.native(symbols.p_sleeper, works.set(i, { wg, count: 5, ns: 200_000 * (i + 1) }));
          yield* wg.wait();
        },
        { procs: 2 },
      ),
    );
    const timed = pool?.stats().reduce((sum, p) => sum + p.timed, 0);
    expect(timed).toBe(30);
  });

  test("a channel that a body makes is found by its handle", async () => {
    const got = await run(
      function* () {
        const handles = chan<number>();
        go.native(symbols.p_maker, works.set(0, { out: handles, count: 1 }));
        const made = native.chanOf((yield* handles.recv()) ?? 0);
        return [yield* made.recv(), yield* made.recv()];
      },
      { procs: 2 },
    );
    expect(got).toEqual([42, undefined]);
  });

  test("a body that computes gives way to others when its time is over", async () => {
    const stop = new BigUint64Array(1);
    const { pool } = await witnessed(() =>
      run(
        function* () {
          const wg = new WaitGroup();
          wg.add(4);
          // More than there are Ps, and none of them ends by itself: the last one starts only if another gives way.
          for (let i = 0; i < 3; i++) {
            go.native(symbols.p_spinner, works.set(i, { wg, shared: addressOf(stop as never) as number }));
          }
          const ch = chan<number>();
          go.native(symbols.p_sender, works.set(3, { out: ch, wg, count: 1 }));
          yield* ch.recv();
          stop[0] = 1n;
          yield* wg.wait();
        },
        { procs: 2 },
      ),
    );
    expect(pool?.stats().reduce((sum, p) => sum + p.preempted, 0)).toBeGreaterThan(0);
  });
});
