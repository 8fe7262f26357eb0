/**
 * Careless and hostile native goroutines in runs with several Ps: each program ends with the right value, or with an error
 * that says what was expected, and the next run is as the first.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { chan, FatalError, go, Mutex, native, run, StackOverflowError, sleep, WaitGroup } from "gobuf";
import { pooledGoroutines } from "../../src/procs/wish.ts";
import { native as library } from "../../src/runtime/ffi.ts";
import { openBodies, Works } from "./bodies.ts";

const LINUX = process.platform === "linux";
const DEADLOCK = "all goroutines are asleep - deadlock!";
/** As hostile.c numbers them. */
const USES = ["send", "recv", "close", "lock", "unlock", "wg_add", "wg_wait", "chan_free", "select", "len", "cap"];

function liveStacks(): number {
  const words = new Uint32Array(4);
  library.gobuf_stackstats(words as never);
  return words[0] as number;
}

describe.skipIf(!LINUX)("hostile native goroutines (Linux's futex)", () => {
  const { symbols } = openBodies();
  const works = new Works(64);

  /** What a small run gives that nothing is wrong with. */
  const small = () =>
    run(
      function* () {
        const wg = new WaitGroup();
        const own = new Works(6);
        wg.add(6);
        for (let i = 0; i < 6; i++) go.native(symbols.p_yielder, own.set(i, { wg, count: 20 }));
        yield* wg.wait();
        return own.total("done");
      },
      { procs: 3 },
    );

  afterEach(async () => {
    expect(pooledGoroutines()).toBe(0);
    expect(await small()).toBe(120);
  });

  /** What ends a run that only these bodies do something in. */
  function fails(procs: number, start: () => void): Promise<Error> {
    return run(
      function* () {
        start();
        yield* chan<number>().recv();
      },
      { procs },
    ).then(
      () => new Error("it came back"),
      (error: Error) => error,
    );
  }

  test("two that overflow their stacks at once: one of them is told", async () => {
    const error = await fails(2, () => {
      for (let i = 0; i < 8; i++) go.native(symbols.p_overflows, works.set(i, {}));
    });
    expect(error).toBeInstanceOf(StackOverflowError);
    expect(error.message).toMatch(/goroutine 1000000000\d+/);
  });

  test("two that unlock what nobody has locked, at once", async () => {
    const mutexes = [new Mutex(), new Mutex(), new Mutex(), new Mutex()];
    const error = await fails(4, () => {
      for (const [i, mutex] of mutexes.entries()) go.native(symbols.p_unlocker, works.set(i, { mutex }));
    });
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain("sync: unlock of unlocked mutex");
  });

  test("a chain of 30,000 goroutines, each started by the one before, needs few stacks", async () => {
    const before = liveStacks();
    await run(
      function* () {
        const wg = new WaitGroup();
        wg.add(1);
        go.native(symbols.h_chain, works.set(0, { count: 30_000, wg }));
        yield* wg.wait();
      },
      { procs: 4 },
    );
    expect(works.get(0, "done")).toBe(30_000);
    expect(liveStacks() - before).toBeLessThan(600);
  });

  test("thousands of channels that nobody frees last until the run is over, and no longer", async () => {
    const one = () =>
      run(
        function* () {
          const wg = new WaitGroup();
          wg.add(4);
          for (let i = 0; i < 4; i++) go.native(symbols.h_drops, works.set(i, { wg, count: 20_000 }));
          yield* wg.wait();
          return [0, 1, 2, 3].reduce((sum, i) => sum + works.get(i, "bad"), 0);
        },
        { procs: 4 },
      );
    expect(await one()).toBe(0);
    const rss = process.memoryUsage.rss();
    for (let i = 0; i < 5; i++) expect(await one()).toBe(0);
    // Each run has some 20 MB of channels.
    expect(process.memoryUsage.rss() - rss).toBeLessThan(60 * 2 ** 20);
  });

  test("channels that are freed serve again", async () => {
    const bad = await run(
      function* () {
        const wg = new WaitGroup();
        wg.add(4);
        for (let i = 0; i < 4; i++) go.native(symbols.h_churns, works.set(i, { wg, count: 30_000 }));
        yield* wg.wait();
        return [0, 1, 2, 3].reduce((sum, i) => sum + works.get(i, "bad"), 0);
      },
      { procs: 4 },
    );
    expect(bad).toBe(0);
  });

  for (const [use, name] of USES.entries()) {
    test(`gobuf_${name} on a handle that names nothing ends the run, by name`, async () => {
      for (const id of [5, 2 ** 31 + 5, 2 ** 32 - 1]) {
        const error = await fails(2, () => go.native(symbols.h_uses, works.set(0, { id, count: use })));
        expect(error).toBeInstanceOf(FatalError);
        expect(error.message).toMatch(new RegExp(`gobuf_\\w+ on handle ${id}: it names no such object`));
        expect(works.get(0, "done")).toBe(0);
      }
    });
  }

  test("an operation of the wrong kind on a handle that there is", async () => {
    for (const [use, object] of [
      [0, new Mutex()],
      [3, new WaitGroup()],
      [5, chan<number>()],
      [8, new WaitGroup()],
    ] as const) {
      const error = await fails(2, () => {
        go.native(symbols.h_uses, works.set(0, { id: native.handle(object), count: use }));
      });
      expect(error.message).toMatch(/gobuf_\w+ on handle \d+: it names no such object/);
    }
  });

  test("a select with a case of no direction", async () => {
    const error = await fails(2, () => go.native(symbols.h_uses, works.set(0, { id: 0, count: 99 })));
    expect(error.message).toContain("gobuf_select: its cases are not there, too many, or without a direction");
  });

  test("a channel that was freed is refused", async () => {
    const error = await fails(2, () => go.native(symbols.h_uses_freed, works.set(0, {})));
    expect(error.message).toMatch(/gobuf_send on handle \d+: it names no such object/);
  });

  test("what comes back as an outcome does so on every M", async () => {
    const bad = await run(
      function* () {
        const wg = new WaitGroup();
        wg.add(16);
        for (let i = 0; i < 16; i++) go.native(symbols.h_outcomes, works.set(i, { wg, in: new WaitGroup() }));
        yield* wg.wait();
        return Array.from({ length: 16 }, (_, i) => [works.get(i, "done"), works.get(i, "bad")].join());
      },
      { procs: 4 },
    );
    expect(bad).toEqual(Array.from({ length: 16 }, () => "1,0"));
  });

  test("a Mutex that another goroutine unlocks, as in Go", async () => {
    const done = await run(
      function* () {
        const mutex = new Mutex();
        const wg = new WaitGroup();
        wg.add(1);
        go.native(symbols.h_holds, works.set(0, { mutex, wg }));
        yield* wg.wait();
        wg.add(1);
        go.native(symbols.h_unlocks, works.set(1, { mutex, wg }));
        yield* wg.wait();
        yield* mutex.lock();
        return works.get(0, "done") + works.get(1, "done");
      },
      { procs: 2 },
    );
    expect(done).toBe(2);
  });

  for (const [what, start] of [
    ["a goroutine that ended with a lock", () => go.native(symbols.h_holds, works.set(0, { mutex: new Mutex() }))],
    ["one that locks what it has locked", () => go.native(symbols.h_locks_twice, works.set(0, { mutex: new Mutex() }))],
    ["a receive from nil", () => go.native(symbols.h_waits_for_ever, works.set(0, { count: 0 }))],
    ["a select without a case", () => go.native(symbols.h_waits_for_ever, works.set(0, { count: 1 }))],
  ] as const) {
    test(`${what} is a deadlock once main waits, too`, async () => {
      expect((await fails(2, start)).message).toContain(DEADLOCK);
    });
  }

  test("a sleep of 292 years is no deadlock, and no obstacle to the end", async () => {
    const value = await run(
      function* () {
        go.native(symbols.h_waits_for_ever, works.set(0, { count: 2 }));
        while (works.get(0, "done") === 0) yield* sleep(1);
        return [works.get(0, "done"), works.get(0, "bad")];
      },
      { procs: 2 },
    );
    expect(value).toEqual([1, 0]);
  });

  test("a channel is closed while native goroutines and generators wait on both its ends", async () => {
    const counts = await run(
      function* () {
        const [full, empty] = [chan<number>(1), chan<number>()];
        yield* full.send(0);
        const wg = new WaitGroup();
        wg.add(8);
        let [panics, closed] = [0, 0];
        for (let i = 0; i < 4; i++) go.native(symbols.p_sender, works.set(i, { out: full, wg, count: 1 }));
        for (let i = 4; i < 8; i++) go.native(symbols.p_receiver, works.set(i, { in: empty, wg, count: 1 }));
        for (let i = 0; i < 3; i++) {
          wg.go(function* () {
            try {
              yield* full.send(1);
            } catch (error) {
              if ((error as Error).message === "send on closed channel") panics++;
            }
          });
          wg.go(function* () {
            if ((yield* empty.recv()) === undefined) closed++;
          });
        }
        yield* sleep(5);
        full.close();
        empty.close();
        yield* wg.wait();
        const status = (from: number, to: number) =>
          Array.from({ length: to - from }, (_, i) => works.get(from + i, "status"));
        return { panics, closed, senders: status(0, 4), receivers: status(4, 8) };
      },
      { procs: 4 },
    );
    expect(counts).toEqual({ panics: 3, closed: 3, senders: [2, 2, 2, 2], receivers: [0, 0, 0, 0] });
  });

  test("main returns while bodies compute without a checkpoint: the promise of the run waits for them", async () => {
    const value = await run(
      function* () {
        const one = chan<number>();
        for (let i = 0; i < 2; i++) go.native(symbols.h_stubborn, works.set(i, { count: 30_000_000 }));
        for (let i = 2; i < 6; i++) go.native(symbols.p_sender, works.set(i, { out: one, count: 1 }));
        yield* sleep(2);
        return "main's";
      },
      { procs: 2 },
    );
    expect(value).toBe("main's");
  });

  test("eight such runs at once, each with its own error or value", async () => {
    const runs = Array.from({ length: 8 }, (_, i) => {
      const own = new Works(4);
      return run(
        function* () {
          const wg = new WaitGroup();
          wg.add(3);
          for (let k = 0; k < 3; k++) go.native(symbols.p_yielder, own.set(k, { wg, count: 200 }));
          yield* wg.wait();
          if (i % 3 === 1) go.native(symbols.p_unlocker, own.set(3, { mutex: new Mutex() }));
          if (i % 3 === 2) throw new Error(`main ${i}`);
          if (i % 3 === 1) yield* chan<number>().recv();
          return own.total("done");
        },
        { procs: 2 },
      ).catch((error: Error) => error.message.split("\n")[0]);
    });
    expect(await Promise.all(runs)).toEqual(
      Array.from({ length: 8 }, (_, i) => [600, "sync: unlock of unlocked mutex", `main ${i}`][i % 3]) as never,
    );
  });
});
