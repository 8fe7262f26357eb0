/** The ends of runs with several Ps: deadlocks, errors, main's return. All threads leave, and nothing stays behind. */
import { describe, expect, test } from "bun:test";
import {
  chan,
  FatalError,
  go,
  gosched,
  Mutex,
  native,
  recvCase,
  run,
  StackOverflowError,
  select,
  sleep,
  WaitGroup,
} from "gobuf";
import { addressOf, native as library } from "../../src/runtime/ffi.ts";
import { openBodies, Works } from "./bodies.ts";

const LINUX = process.platform === "linux";

function stacks(): { live: number; free: number } {
  const words = new Uint32Array(4);
  void words.buffer;
  library.gobuf_stackstats(words as never);
  return { live: words[0] as number, free: words[1] as number };
}

describe.skipIf(!LINUX)("the end of a run with several Ps (Linux's futex)", () => {
  const { symbols } = openBodies();
  const works = new Works(8);

  test("goroutines of all Ms that wait for ever are a deadlock", async () => {
    const never = run(
      function* () {
        const ch = chan<number>();
        go.native(symbols.p_receiver, works.set(0, { in: ch }));
        go.native(symbols.p_receiver, works.set(1, { in: ch }));
        yield* chan<number>().recv();
      },
      { procs: 2 },
    );
    await expect(never).rejects.toThrow("all goroutines are asleep - deadlock!");
  });

  test("main that waits for a native goroutine, which waits for main, is a deadlock", async () => {
    const never = run(
      function* () {
        const [a, b] = [chan<number>(), chan<number>()];
        go.native(symbols.p_echo, works.set(0, { in: a, out: b }));
        yield* a.send(1);
        yield* b.recv();
        yield* b.recv();
      },
      { procs: 4 },
    );
    await expect(never).rejects.toThrow("all goroutines are asleep - deadlock!");
  });

  test("no deadlock while a native goroutine sleeps, or computes", async () => {
    const got = await run(
      function* () {
        const wg = new WaitGroup();
        wg.add(2);
        go.native(symbols.p_sleeper, works.set(0, { wg, count: 1, ns: 20_000_000 }));
        go.native(symbols.p_computer, works.set(1, { wg, count: 5_000_000 }));
        yield* wg.wait();
        return works.get(0, "done") + works.get(1, "done");
      },
      { procs: 2 },
    );
    expect(got).toBe(2);
  });

  test("main returns while others run, wait and are runnable: all threads leave, and the next run is as the first", async () => {
    const before = stacks();
    const one = (): Promise<string> =>
      run(
        function* () {
          const ch = chan<number>();
          const stop = new BigUint64Array(1);
          for (let i = 0; i < 3; i++) go.native(symbols.p_receiver, works.set(i, { in: ch }));
          for (let i = 3; i < 6; i++) go.native(symbols.p_yielder, works.set(i, { count: 1_000_000_000 }));
          go.native(symbols.p_spinner, works.set(6, { shared: addressOf(stop as never) as number }));
          yield* sleep(1);
          return "over";
        },
        { procs: 3 },
      );
    expect(await one()).toBe("over");
    const after = stacks();
    for (let i = 0; i < 3; i++) expect(await one()).toBe("over");
    // The Gs of the first run serve the next ones, with their stacks.
    expect(stacks()).toEqual(after);
    expect(after.live - before.live).toBeLessThanOrEqual(64);
  });

  const ends: [what: string, body: keyof typeof symbols, message: RegExp][] = [
    ["overflows its stack", "p_overflows", /stack overflow|overflowed its stack/],
    ["unlocks an unlocked Mutex", "p_unlocker", /sync: unlock of unlocked mutex/],
    ["makes a timer", "p_timer", /gobuf_timer_make: not in a run with several procs yet/],
    ["starts one in a WaitGroup", "p_wg_goer", /gobuf_wg_go: not in a run with several procs yet/],
  ];
  for (const [what, body, message] of ends) {
    test(`a native goroutine that ${what} ends the run with an error that says so`, async () => {
      const failed = run(
        function* () {
          const mutex = new Mutex();
          go.native(symbols[body], works.set(0, { mutex }));
          for (let i = 1; i < 4; i++) go.native(symbols.p_yielder, works.set(i, { count: 1_000_000_000 }));
          yield* chan<number>().recv();
        },
        { procs: 2 },
      ).catch((error) => error);
      const error = await failed;
      expect(error).toBeInstanceOf(body === "p_overflows" ? StackOverflowError : FatalError);
      expect(error.message).toMatch(message);
    });
  }

  test("an error of main's ends it as quickly", async () => {
    const failed = run(
      function* () {
        go.native(symbols.p_yielder, works.set(0, { count: 1_000_000_000 }));
        yield* gosched();
        throw new Error("mine");
      },
      { procs: 2 },
    );
    await expect(failed).rejects.toThrow("mine");
  });

  test("panics come to whoever made them: a send, a close, a negative counter", async () => {
    await run(
      function* () {
        const ch = chan<number>(1);
        const wg = new WaitGroup();
        wg.add(1);
        go.native(symbols.p_receiver, works.set(0, { in: ch, wg }));
        ch.close();
        yield* wg.wait();
        expect(() => ch.close()).toThrow("close of closed channel");
        expect(() => wg.add(-1)).toThrow("sync: negative WaitGroup counter");
        wg.add(1);
        go.native(symbols.p_sender, works.set(1, { out: ch, wg, count: 3 }));
        yield* wg.wait();
        // In C it is an outcome.
        expect([works.get(1, "done"), works.get(1, "status")]).toEqual([0, 2]);
        let thrown: unknown;
        try {
          yield* ch.send(1);
        } catch (error) {
          thrown = error;
        }
        expect((thrown as Error).message).toBe("send on closed channel");
      },
      { procs: 2 },
    );
  });

  test("what such a run does not have yet is refused by name", async () => {
    await run(
      function* () {
        const ch = chan<number>();
        native.handle(ch);
        let thrown: unknown;
        try {
          yield* select([recvCase(ch)]);
        } catch (error) {
          thrown = error;
        }
        expect((thrown as Error).message).toContain("select on a channel that native goroutines");
        using callback = native.callback(() => 1);
        expect(() => native.handle(callback)).toThrow("call nothing back yet");
      },
      { procs: 2 },
    );
  });

  test("a goroutine that ends by goexit leaves its M to others", async () => {
    const done = await run(
      function* () {
        const wg = new WaitGroup();
        const many = new Works(200);
        wg.add(200);
        for (let i = 0; i < 200; i++) go.native(symbols.p_exits, many.set(i, { wg }));
        yield* wg.wait();
        return many.total("done");
      },
      { procs: 2 },
    );
    expect(done).toBe(200);
  });

  test("a library is not closed while native goroutines of such a run exist", async () => {
    const library = openBodies();
    await run(
      function* () {
        go.native(library.symbols.p_receiver, works.set(0, { in: chan<number>() }));
        expect(() => library.close()).toThrow("1 native goroutines of a run with several procs still exist");
        yield* gosched();
      },
      { procs: 2 },
    );
    library.close();
  });

  test("two such runs beside each other do not meet", async () => {
    const one = (id: number) =>
      run(
        function* () {
          const wg = new WaitGroup();
          const own = new Works(20);
          wg.add(20);
          for (let i = 0; i < 20; i++) go.native(symbols.p_yielder, own.set(i, { wg, count: 300, id }));
          yield* wg.wait();
          return own.total("done");
        },
        { procs: 2 },
      );
    expect(await Promise.all([one(0), one(1)])).toEqual([6000, 6000]);
  });
});
