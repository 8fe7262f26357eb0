/** RWMutex, Cond, Once and attempts to lock between native goroutines on several Ms and generators. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Cond, chan, FatalError, go, gosched, Mutex, native, Once, RWMutex, run, sleep, WaitGroup } from "gobuf";
import { addressOf } from "../../src/runtime/ffi.ts";
import { openBodies, Works } from "./bodies.ts";

const LINUX = process.platform === "linux";
/** A run starts its threads, which a busy machine takes long for. */
const PATIENCE = 60_000;
setDefaultTimeout(PATIENCE);
/** As s_uses numbers them. */
const USES = [
  "rlock",
  "runlock",
  "wlock",
  "wunlock",
  "trylock",
  "tryrlock",
  "trywlock",
  "cond_wait",
  "cond_signal",
  "cond_broadcast",
  "once_begin",
  "once_end",
];

const thrown = (f: () => unknown): string => {
  try {
    f();
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
};

describe.skipIf(!LINUX)("objects of sync between Ms (Linux's futex)", () => {
  const { symbols } = openBodies();
  const works = new Works(16);
  const words = (n: number) => {
    const shared = new BigUint64Array(n);
    return { shared, address: addressOf(shared as never) as number };
  };

  for (const procs of [2, 4]) {
    test(`${procs} Ms: an RWMutex has readers, or one writer, native or generator`, async () => {
      const { shared, address } = words(3);
      const [natives, generators, count] = [8, 2, 600];
      const own = new Works(natives);
      let bad = 0;
      let writes = 0;
      await run(
        function* () {
          const mutex = new RWMutex();
          const wg = new WaitGroup();
          wg.add(natives);
          for (let i = 0; i < natives; i++) {
            go.native(symbols.s_rw, own.set(i, { mutex, wg, count, shared: address, id: 2 + i }));
          }
          for (let i = 0; i < generators; i++) {
            wg.go(function* () {
              for (let n = 0; n < 60; n++) {
                if (n % 4 === 0) {
                  if (n % 8 !== 0 || !mutex.tryLock()) yield* mutex.lock();
                  if (shared[2] !== 0n || shared[0] !== shared[1]) bad++;
                  shared[0] = (shared[0] as bigint) + 1n;
                  yield* gosched();
                  shared[1] = (shared[1] as bigint) + 1n;
                  writes++;
                  yield* mutex.unlock();
                } else {
                  if (n % 3 !== 0 || !mutex.tryRLock()) yield* mutex.rlock();
                  const before = shared[0];
                  yield* gosched();
                  if (before !== shared[0] || before !== shared[1]) bad++;
                  mutex.runlock();
                }
              }
            });
          }
          yield* wg.wait();
        },
        { procs },
      );
      expect({ bad: bad + own.total("bad"), readers: shared[2], done: own.total("done") }).toEqual({
        bad: 0,
        readers: 0n,
        done: natives * count,
      });
      expect(Number(shared[0])).toBe(own.total("sum") + writes);
    });

    for (const [what, broadcasts, rw] of [
      ["signal, a Mutex", 0, false],
      ["broadcast, a Mutex", 1, false],
      ["broadcast, an RWMutex", 1, true],
    ] as const) {
      test(`${procs} Ms: a Cond (${what}) loses no wake-up, native or generator`, async () => {
        const { shared, address } = words(1);
        const [each, count] = [4, 300];
        const own = new Works(2 * each);
        await run(
          function* () {
            const mutex = rw ? new RWMutex() : new Mutex();
            const [filled, emptied] = [new Cond(mutex), new Cond(mutex)];
            const wg = new WaitGroup();
            wg.add(2 * each);
            for (let i = 0; i < 2 * each; i++) {
              const given = {
                mutex,
                in: filled,
                out: emptied,
                wg,
                count,
                shared: address,
                id: broadcasts,
                ns: rw ? 1 : 0,
              };
              go.native(i < each ? symbols.s_puts : symbols.s_takes, own.set(i, given));
            }
            const tell = (cond: Cond) => (broadcasts === 0 ? cond.signal() : cond.broadcast());
            wg.go(function* () {
              for (let n = 0; n < 40; n++) {
                yield* mutex.lock();
                while (shared[0] === 4n) yield* emptied.wait();
                shared[0] = (shared[0] as bigint) + 1n;
                tell(filled);
                yield* mutex.unlock();
              }
            });
            wg.go(function* () {
              for (let n = 0; n < 40; n++) {
                yield* mutex.lock();
                while (shared[0] === 0n) yield* filled.wait();
                shared[0] = (shared[0] as bigint) - 1n;
                tell(emptied);
                yield* mutex.unlock();
              }
            });
            yield* wg.wait();
          },
          { procs },
        );
        expect({ left: shared[0], bad: own.total("bad"), done: own.total("done") }).toEqual({
          left: 0n,
          bad: 0,
          done: 2 * each * count,
        });
      });
    }

    test(`${procs} Ms: the work of a Once is done once, and everybody waits for it`, async () => {
      for (let round = 0; round < 4; round++) {
        const { shared, address } = words(2);
        const own = new Works(8);
        let mine = 0;
        await run(
          function* () {
            const once = new Once();
            const wg = new WaitGroup();
            wg.add(8);
            for (let i = 0; i < 8; i++) {
              go.native(symbols.s_once, own.set(i, { mutex: once, wg, count: 3, shared: address }));
            }
            for (let i = 0; i < 2; i++) {
              wg.go(function* () {
                yield* once.do(function* () {
                  mine++;
                  shared[0] = (shared[0] as bigint) + 1n;
                  yield* sleep(1);
                  shared[1] = (shared[1] as bigint) + 1n;
                });
                expect(shared[1]).toBe(1n);
              });
            }
            yield* wg.wait();
            yield* once.do(() => {
              mine = 100;
            });
          },
          { procs },
        );
        expect([shared[0], mine + own.total("sum"), own.total("bad")]).toEqual([1n, 1, 0]);
      }
    });

    test(`${procs} Ms: attempts to lock a Mutex let one at a time through`, async () => {
      const { shared, address } = words(1);
      const own = new Works(8);
      await run(
        function* () {
          const mutex = new Mutex();
          const wg = new WaitGroup();
          wg.add(8);
          for (let i = 0; i < 8; i++) {
            const body = i % 2 === 0 ? symbols.s_tries : symbols.p_locker;
            go.native(body, own.set(i, { mutex, wg, count: 200, shared: address }));
          }
          wg.go(function* () {
            for (let n = 0; n < 50; ) {
              if (mutex.tryLock()) {
                const before = shared[0] as bigint;
                yield* gosched();
                shared[0] = before + 1n;
                n++;
                yield* mutex.unlock();
              }
              yield* gosched();
            }
          });
          yield* wg.wait();
        },
        { procs },
      );
      expect(Number(shared[0])).toBe(8 * 200 + 50);
    });
  }

  test("what is held goes along into the pool", async () => {
    await run(
      function* () {
        const [mutex, read, written, once] = [new Mutex(), new RWMutex(), new RWMutex(), new Once()];
        yield* mutex.lock();
        yield* read.rlock();
        yield* read.rlock();
        yield* written.lock();
        yield* once.do(() => {});
        for (const object of [mutex, read, written, once, new Cond(mutex)]) native.handle(object);
        expect([mutex.tryLock(), read.tryLock(), read.tryRLock(), written.tryRLock()]).toEqual([
          false,
          false,
          true,
          false,
        ]);
        for (let i = 0; i < 3; i++) read.runlock();
        yield* written.unlock();
        yield* mutex.unlock();
        expect([mutex.tryLock(), read.tryLock(), written.tryRLock()]).toEqual([true, true, true]);
        yield* once.do(() => {
          throw new Error("twice");
        });
      },
      { procs: 2 },
    );
  });

  /** What ends a run that only these bodies do something in. */
  const fails = (start: () => void): Promise<Error> =>
    run(
      function* () {
        start();
        yield* chan<number>().recv();
      },
      { procs: 2 },
    ).then(
      () => new Error("it came back"),
      (error: Error) => error,
    );

  for (const [use, name] of USES.entries()) {
    test(`gobuf_${name} on a handle that names nothing, or something else, ends the run, by name`, async () => {
      for (const object of [5, 2 ** 31 + 5, "WaitGroup"] as const) {
        let id = 0;
        const error = await fails(() => {
          id = typeof object === "number" ? object : native.handle(new WaitGroup());
          go.native(symbols.s_uses, works.set(0, { id, count: use }));
        });
        expect(error).toBeInstanceOf(FatalError);
        expect(error.message).toContain(`gobuf_${name} on handle ${id}: it names no such object`);
        expect(works.get(0, "done")).toBe(0);
      }
    });
  }

  test("an unlock of what is not locked ends the run in Go's words", async () => {
    for (const [use, make, text] of [
      [1, () => new RWMutex(), "sync: RUnlock of unlocked RWMutex"],
      [3, () => new RWMutex(), "sync: Unlock of unlocked RWMutex"],
      [7, () => new Cond(new Mutex()), "sync: unlock of unlocked mutex"],
      [7, () => new Cond(new RWMutex()), "sync: Unlock of unlocked RWMutex"],
      [11, () => new Once(), "sync: unlock of unlocked mutex"],
    ] as const) {
      const error = await fails(() =>
        go.native(symbols.s_uses, works.set(0, { id: native.handle(make()), count: use })),
      );
      expect(error).toBeInstanceOf(FatalError);
      expect(error.message).toContain(text);
    }
    for (const use of ["runlock", "unlock"] as const) {
      const error = await fails(() => {
        const rw = new RWMutex();
        native.handle(rw);
        rw[use]();
      });
      expect(error.message).toContain(
        use === "runlock" ? "sync: RUnlock of unlocked RWMutex" : "sync: Unlock of unlocked RWMutex",
      );
    }
  });

  test("who waits for ever for one of them is a deadlock once main waits, too", async () => {
    for (const [use, make] of [
      [0, () => lockedRW()],
      [2, () => lockedRW()],
      [7, () => lockedCond()],
    ] as const) {
      const error = await fails(() =>
        go.native(symbols.s_uses, works.set(0, { id: native.handle(make()), count: use })),
      );
      expect(error.message).toContain("all goroutines are asleep - deadlock!");
    }
    function lockedRW(): RWMutex {
      const rw = new RWMutex();
      native.handle(rw);
      expect(rw.tryLock()).toBe(true);
      return rw;
    }
    function lockedCond(): Cond {
      const mutex = new Mutex();
      native.handle(mutex);
      expect(mutex.tryLock()).toBe(true);
      return new Cond(mutex);
    }
  });

  test("misuse from TypeScript is refused: waited for already, another Locker, another run, behind the end", async () => {
    const left = { mutex: new Mutex(), rw: new RWMutex(), once: new Once(), cond: new Cond(new Mutex()) };
    await run(
      function* () {
        const [mutex, rw, once, cond] = [new Mutex(), new RWMutex(), new Once(), new Cond(new Mutex())];
        const gate = chan<number>();
        yield* rw.lock();
        go(function* () {
          yield* rw.rlock();
        });
        for (let i = 0; i < 2; i++) {
          go(function* () {
            yield* once.do(function* () {
              yield* gate.recv();
            });
          });
        }
        go(function* () {
          yield* cond.L.lock();
          yield* cond.wait();
        });
        yield* gosched();
        yield* gosched();
        for (const [what, object] of Object.entries({ RWMutex: rw, Once: once, Cond: cond })) {
          expect(thrown(() => native.handle(object))).toContain(`goroutines wait for this ${what} already`);
        }
        expect(thrown(() => native.handle(new Cond(rw.rlocker())))).toContain(
          "a Cond whose lock is a Mutex or an RWMutex",
        );
        for (const object of Object.values(left)) native.handle(object);
        expect(thrown(() => native.release(left.rw))).toContain("its handle lasts until the run is over");
        native.handle(mutex);
        const other = yield* sleepUntil(
          run(function* () {
            yield* gosched();
            return thrown(() => mutex.tryLock());
          }),
        );
        expect(other).toContain("another run with several procs");
        gate.close();
        yield* rw.unlock();
        cond.broadcast();
      },
      { procs: 2 },
    );
    const OVER = "the run that shared this object with native goroutines is over";
    for (const use of [() => left.mutex.tryLock(), () => left.rw.runlock(), () => left.cond.signal()]) {
      expect(thrown(use)).toContain(OVER);
    }
    await run(
      function* () {
        yield* gosched();
        for (const object of Object.values(left)) {
          expect(thrown(() => native.handle(object))).toContain("of another run with several procs, which is over");
        }
      },
      { procs: 2 },
    );
  });

  function* sleepUntil<T>(promise: Promise<T>): Generator<unknown, T, true> {
    const box: T[] = [];
    promise.then((value) => box.push(value));
    while (box.length === 0) yield* sleep(1);
    return box[0] as T;
  }
});
