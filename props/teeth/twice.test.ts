/** What is done twice counts once, and what outlives its run has no effect on the next. */
import { describe, expect, test } from "bun:test";
import {
  afterFunc,
  Cond,
  chan,
  context,
  go,
  gosched,
  hold,
  Mutex,
  native,
  newTicker,
  newTimer,
  PanicError,
  RWMutex,
  run,
  runSync,
  sleep,
  start,
  type Timer,
  WaitGroup,
} from "gobuf";
import { libraryPath } from "../native/bodies.ts";

const dispose = (object: Disposable, times = 2) => {
  for (let i = 0; i < times; i++) object[Symbol.dispose]();
};

describe("done twice", () => {
  test("a hold that is disposed twice leaves the others: the run still waits", async () => {
    const c = chan<string>();
    const got = await run(function* () {
      const [first, second] = [hold(), hold()];
      dispose(first, 3);
      setImmediate(() => void c.sendAsync("late"));
      const value = yield* c.recv();
      dispose(second);
      return value;
    });
    expect(got).toBe("late");
    // and with none left, a wait that nothing can end is a deadlock
    const left = run(function* () {
      const held = hold();
      dispose(held);
      yield* c.recv();
    });
    await expect(left).rejects.toThrow("all goroutines are asleep - deadlock!");
  });

  test("a hold of a run that is over takes nothing from the next", async () => {
    let old: Disposable | undefined;
    await run(function* () {
      old = hold();
      yield* gosched();
    });
    const c = chan<string>();
    const got = await run(function* () {
      using _ = hold();
      if (old !== undefined) dispose(old);
      setImmediate(() => void c.sendAsync("late"));
      return yield* c.recv();
    });
    expect(got).toBe("late");
  });

  test("a stop of a timer, a ticker: the second says so, and the others come in their order", () => {
    const fired: number[] = [];
    runSync(function* () {
      const timers = Array.from({ length: 20 }, (_, i) => afterFunc(10 + (i % 3), () => void fired.push(i)));
      const stopped = timers.filter((_, i) => i % 2 === 1);
      expect(stopped.map((timer) => timer.stop())).toEqual(stopped.map(() => true));
      expect(stopped.map((timer) => timer.stop())).toEqual(stopped.map(() => false));
      for (const timer of stopped) dispose(timer);
      const ticker = newTicker(1);
      ticker.stop();
      ticker.stop();
      dispose(ticker);
      yield* sleep(20);
    });
    expect([...fired].sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(fired.map((i) => i % 3)).toEqual([...fired.map((i) => i % 3)].sort());
  });

  test("a close of a channel, a cancel, a library's close, a callback's close", () => {
    const c = chan<number>();
    runSync(function* () {
      c.close();
      expect(() => c.close()).toThrow(new PanicError("close of closed channel"));
      expect(yield* c.recvOk()).toEqual([undefined, false]);
      const [ctx, cancel] = context.withCancelCause(context.background());
      cancel(new Error("first"));
      cancel(new Error("second"));
      expect(context.cause(ctx)).toEqual(new Error("first"));
    });
    const [one, other] = [0, 1].map(() =>
      native.dlopen(libraryPath, { c_passer_address: { args: [], returns: "ptr" } }),
    );
    one?.close();
    one?.close();
    expect(Number(other?.symbols.c_passer_address())).toBeGreaterThan(0);
    other?.close();
    const callback = native.callback(() => 0n, native.u64);
    callback.close();
    callback.close();
    dispose(callback);
  });

  test("a stop of a service: another one goes on", async () => {
    const [one, other] = [start(), start()];
    expect(
      await one.spawn(function* () {
        yield* gosched();
        return 1;
      }),
    ).toBe(1);
    await Promise.all([one.stop(), one.stop()]);
    await one.stop();
    expect(
      await other.spawn(function* () {
        yield* gosched();
        return 2;
      }),
    ).toBe(2);
    await other.stop();
    await expect(one.spawn(function* () {})).rejects.toThrow("the service is over");
  });
});

describe("of a run that is over", () => {
  test("a timer that is stopped and reset afterwards leaves the next run's heap as it is", () => {
    const old: Timer[] = [];
    runSync(function* () {
      for (let i = 0; i < 9; i++)
        old.push(
          afterFunc(10, () => {}),
          newTimer(10),
        );
      yield* sleep(1);
    });
    const fired: number[] = [];
    runSync(function* () {
      for (let i = 0; i < 9; i++) afterFunc(5 + i, () => void fired.push(i));
      for (const timer of old) {
        expect(timer.stop()).toBe(false);
        timer.stop();
        dispose(timer);
      }
      yield* sleep(20);
    });
    expect(fired).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("goroutines that waited are in no queue: what the next run sends, unlocks and signals is its own", () => {
    const c = chan<number>();
    const full = chan<number>(1);
    const mutex = new Mutex();
    const rwmutex = new RWMutex();
    const wg = new WaitGroup();
    const cond = new Cond(new Mutex());
    runSync(function* () {
      yield* mutex.lock();
      yield* rwmutex.lock();
      wg.add(1);
      yield* full.send(1);
      go(function* () {
        yield* c.recv();
      });
      go(function* () {
        yield* full.send(2);
      });
      for (const wait of [() => mutex.lock(), () => rwmutex.rlock(), () => wg.wait()]) {
        go(function* () {
          yield* wait() as ReturnType<typeof wg.wait>;
        });
      }
      go(function* () {
        yield* cond.L.lock();
        yield* cond.wait();
      });
      for (let i = 0; i < 8; i++) yield* gosched();
    } as () => Generator<unknown, void, true>);
    const seen: unknown[] = [];
    runSync(function* () {
      go(function* () {
        yield* c.send(7);
      });
      seen.push(yield* c.recv());
      // the value in the buffer is there, the sender behind it is not
      seen.push(yield* full.recv(), full.len);
      yield* mutex.unlock();
      yield* mutex.lock();
      yield* rwmutex.unlock();
      yield* rwmutex.lock();
      wg.done();
      yield* wg.wait();
      let woken = 0;
      go(function* () {
        yield* cond.L.lock();
        yield* cond.wait();
        woken++;
      });
      for (let i = 0; i < 4; i++) yield* gosched();
      cond.signal();
      for (let i = 0; i < 4; i++) yield* gosched();
      seen.push(woken);
    });
    expect(seen).toEqual([7, 1, 0, 1]);
  });
});
