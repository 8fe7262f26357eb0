/** Timers and tickers under the fake clock and the real one. */
import { describe, expect, test } from "bun:test";
import {
  after,
  afterFunc,
  chan,
  type Go,
  go,
  newTicker,
  newTimer,
  nilchan,
  now,
  PanicError,
  type RecvChan,
  recvCase,
  run,
  runSync,
  select,
  sleep,
  type Ticker,
  type Timer,
  tick,
  WaitGroup,
  wait,
} from "../index.ts";
import { Gwaiting } from "../runtime/runtime2.ts";
import { heap, timeAt, timeinit } from "../runtime/time.ts";

const HOUR = 3_600_000;
/** A pause in which everything that is due happens. */
const A_WHILE = 10;

/** What lies in a channel, undefined for nothing: a receive that does not wait. */
function* peek<T>(c: RecvChan<T>): Go<T | undefined> {
  return (yield* select([recvCase(c)], { default: true })).value;
}

describe("Timer", () => {
  test("gives the time that it was set for, once", () => {
    runSync(function* () {
      const start = now();
      const timer = newTimer(5);
      expect((yield* timer.c.recv()) as number).toBe(start + 5);
      expect(now()).toBe(start + 5);
      yield* sleep(A_WHILE);
      expect(yield* peek(timer.c)).toBeUndefined();
    });
  });

  test("gives the time that it was set for, also when it is looked at later", () => {
    runSync(function* () {
      const start = now();
      const timer = newTimer(5);
      yield* sleep(50);
      expect(yield* peek(timer.c)).toBe(start + 5);
    });
  });

  test("an expired one is received from without a wait", () => {
    const main = function* () {
      const timers = [newTimer(5), newTimer(5)] as const;
      yield* sleep(5);
      waits = 0;
      expect(yield* timers[0].c.recvOk()).toEqual([now(), true]);
      expect((yield* select([recvCase(timers[1].c)])).value).toBe(now());
      expect(waits).toBe(0);
    };
    let waits = 0;
    const onTransition = (_gp: number, _from: number, to: number) => {
      if (to === Gwaiting) waits++;
    };
    runSync(main, { onTransition });
  });

  test.each([0, -1, Number.NEGATIVE_INFINITY])("%p milliseconds: at once", (ms) => {
    runSync(function* () {
      const start = now();
      yield* after(ms).recv();
      expect(now()).toBe(start);
    });
  });

  test("fractions of a millisecond count, down to a nanosecond", () => {
    runSync(function* () {
      const timer = newTimer(0.000_002);
      yield* sleep(0.000_001);
      expect(yield* peek(timer.c)).toBeUndefined();
      yield* sleep(0.000_001);
      expect(yield* peek(timer.c)).toBeDefined();
    });
  });

  test("an interval beyond all time does not disturb the others", () => {
    runSync(function* () {
      const r = yield* select([recvCase(after(Number.POSITIVE_INFINITY)), recvCase(after(25))]);
      expect(r.index).toBe(1);
    });
  });

  test("waiters run in the order of their times", () => {
    const slots = [5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0];
    const seen = runSync(function* () {
      const results = chan<number>(slots.length);
      for (const slot of slots) {
        go(function* () {
          yield* after(slot * 20).recv();
          yield* results.send(slot);
        });
      }
      const order: number[] = [];
      for (let i = 0; i < slots.length; i++) order.push((yield* results.recv()) as number);
      return order;
    });
    expect(seen).toEqual(slots.toSorted((a, b) => a - b));
  });

  test("reset puts off and brings forward", () => {
    runSync(function* () {
      const timer = newTimer(20);
      yield* sleep(10);
      expect(timer.reset(30)).toBe(true);
      yield* sleep(20);
      expect(yield* peek(timer.c)).toBeUndefined();
      yield* sleep(20);
      expect(yield* peek(timer.c)).toBeDefined();
      expect(timer.reset(50)).toBe(false);
      expect(timer.reset(1)).toBe(true);
      yield* sleep(1);
      expect(yield* peek(timer.c)).toBeDefined();
    });
  });

  test("stop tells whether there was anything to stop", () => {
    runSync(function* () {
      const timer = newTimer(HOUR);
      expect(timer.stop()).toBe(true);
      expect(timer.stop()).toBe(false);
      timer.reset(1);
      yield* timer.c.recv();
      expect(timer.stop()).toBe(false);
      expect(timer.reset(HOUR)).toBe(false);
    });
  });

  test("an expired timer that nobody received from counts as pending", () => {
    runSync(function* () {
      for (const look of [false, true]) {
        const stopped = newTimer(1);
        const set = newTimer(1);
        yield* sleep(A_WHILE);
        if (look) expect([stopped.c.len, set.c.len]).toEqual([0, 0]);
        expect(stopped.stop()).toBe(true);
        expect(set.reset(HOUR)).toBe(true);
        expect(yield* peek(stopped.c)).toBeUndefined();
        expect(yield* peek(set.c)).toBeUndefined();
      }
    });
  });

  test("a value that a losing select put in the channel is gone after stop", () => {
    runSync(function* () {
      const timer = newTimer(1);
      const ready = chan<number>(1);
      let looked = false;
      // The poll of a select fills the timer's channel; whether it wins is the draw's business.
      for (let i = 0; i < 100 && !looked; i++) {
        timer.reset(1);
        yield* sleep(1);
        yield* ready.send(i);
        looked = (yield* select([recvCase(ready), recvCase(timer.c)])).index === 0;
        if (!looked) yield* ready.recv();
      }
      expect(looked).toBe(true);
      expect(timer.stop()).toBe(true);
      expect(yield* peek(timer.c)).toBeUndefined();
    });
  });

  test("who waits for a stopped timer waits forever", () => {
    const verdict = () =>
      runSync(function* () {
        const timer = newTimer(1);
        timer.stop();
        yield* timer.c.recv();
      });
    expect(verdict).toThrow("all goroutines are asleep - deadlock!");
  });

  test("using stops it", () => {
    runSync(function* () {
      let c: RecvChan<number>;
      {
        using timer = newTimer(1);
        c = timer.c;
      }
      yield* sleep(A_WHILE);
      expect(yield* peek(c)).toBeUndefined();
    });
  });
});

describe("the heap", () => {
  test("holds a channel's timer only while a goroutine waits for it", () => {
    runSync(function* () {
      for (let i = 0; i < 100; i++) {
        after(HOUR);
        newTimer(HOUR).stop();
        newTicker(HOUR).reset(2 * HOUR);
      }
      expect(heap.length).toBe(0);
      const timer = newTimer(HOUR);
      const stop = chan<void>();
      const wg = new WaitGroup();
      wg.add(2);
      for (let i = 0; i < 2; i++) {
        go(function* () {
          yield* select([recvCase(timer.c), recvCase(stop)]);
          wg.done();
        });
      }
      yield* sleep(1);
      expect(heap.length).toBe(1);
      stop.close();
      yield* wg.wait();
      yield* sleep(1);
      expect(heap.length).toBe(0);
    });
  });

  test("forgets a ticker between two receives", () => {
    runSync(function* () {
      using ticker = newTicker(10);
      yield* ticker.c.recv();
      yield* sleep(1);
      expect(heap.length).toBe(0);
    });
  });

  test("a select that leaves and comes back finds its timer as it was", () => {
    runSync(function* () {
      const start = now();
      const timeout = after(10);
      const ticks = newTicker(3);
      let n = 0;
      while ((yield* select([recvCase(ticks.c), recvCase(timeout)])).index === 0) n++;
      expect(n).toBe(3);
      expect(now()).toBe(start + 10);
    });
  });

  test("two cases of one channel", () => {
    runSync(function* () {
      const timer = newTimer(1);
      const r = yield* select([recvCase(timer.c), recvCase(timer.c)]);
      expect(r.ok).toBe(true);
      yield* sleep(1);
      expect(heap.length).toBe(0);
    });
  });
});

describe("Ticker", () => {
  test("ticks at its interval", () => {
    runSync(function* () {
      const start = now();
      using ticker = newTicker(10);
      const ticks: number[] = [];
      for (let i = 0; i < 3; i++) ticks.push(((yield* ticker.c.recv()) as number) - start);
      ticker.reset(20);
      for (let i = 0; i < 2; i++) ticks.push(((yield* ticker.c.recv()) as number) - start);
      expect(ticks).toEqual([10, 20, 30, 50, 70]);
    });
  });

  test("drops the ticks that nobody took, and keeps its beat", () => {
    runSync(function* () {
      const start = now();
      const ticker = newTicker(10);
      yield* sleep(35);
      const ticks: number[] = [];
      for (let i = 0; i < 3; i++) ticks.push(((yield* ticker.c.recv()) as number) - start);
      expect(ticks).toEqual([10, 40, 50]);
    });
  });

  test("no tick after stop", () => {
    runSync(function* () {
      const ticker = newTicker(10);
      yield* sleep(15);
      ticker.stop();
      yield* sleep(HOUR);
      expect(yield* peek(ticker.c)).toBeUndefined();
      ticker.reset(1);
      yield* sleep(1);
      expect(yield* peek(ticker.c)).toBeDefined();
    });
  });

  test("refuses an interval that is none", () => {
    runSync(function* () {
      for (const ms of [0, -1, Number.NEGATIVE_INFINITY]) {
        expect(() => newTicker(ms)).toThrow(new PanicError("non-positive interval for NewTicker"));
        expect(() => newTicker(1).reset(ms)).toThrow(new PanicError("non-positive interval for Ticker.Reset"));
        expect(tick(ms)).toBe(nilchan);
      }
      yield* tick(5).recv();
    });
  });
});

describe("afterFunc", () => {
  test("runs a generator function or a plain one in a goroutine of its own", () => {
    runSync(function* () {
      const start = now();
      const seen: number[] = [];
      const done = chan<void>();
      afterFunc(10, () => void seen.push(now() - start));
      const timer = afterFunc(20, function* () {
        yield* sleep(5);
        seen.push(now() - start);
        done.close();
      });
      expect(timer.c).toBe(nilchan);
      yield* done.recv();
      expect(seen).toEqual([10, 25]);
    });
  });

  test("stop and reset", () => {
    runSync(function* () {
      let calls = 0;
      const timer = afterFunc(10, () => void calls++);
      expect(timer.stop()).toBe(true);
      yield* sleep(20);
      expect(calls).toBe(0);
      expect(timer.stop()).toBe(false);
      expect(timer.reset(10)).toBe(false);
      expect(timer.reset(20)).toBe(true);
      yield* sleep(15);
      expect(calls).toBe(0);
      yield* sleep(10);
      expect(calls).toBe(1);
      expect(timer.stop()).toBe(false);
    });
  });

  test("a chain of timers, one beside the other", () => {
    runSync(function* () {
      let left = 100;
      const done = chan<void>();
      const step = () => {
        left--;
        if (left > 0) afterFunc(0, step);
        else done.close();
      };
      afterFunc(0, step);
      yield* done.recv();
      expect(left).toBe(0);
    });
  });
});

// The channel's promises of Go 1.23, for both kinds, whatever goroutines wait on it.
describe.each([
  ["Timer", () => newTimer(HOUR), false],
  ["Ticker", () => newTicker(HOUR), true],
] as [string, () => Timer | Ticker, boolean][])("the channel of a %s", (_, make, ticks) => {
  function check(f: (timer: Timer | Ticker, c: RecvChan<number>) => Go<void>): void {
    runSync(function* () {
      const timer = make();
      yield* f(timer, timer.c);
    });
  }

  test("has no length and no capacity", () => {
    check(function* (timer, c) {
      expect([c.len, c.cap]).toEqual([0, 0]);
      timer.reset(1);
      yield* sleep(A_WHILE);
      expect([c.len, c.cap]).toEqual([0, 0]);
      expect(yield* peek(c)).toBeDefined();
    });
  });

  test("holds nothing after stop or reset, never having been in the heap", () => {
    check(function* (timer, c) {
      timer.stop();
      expect(yield* peek(c)).toBeUndefined();
      timer.reset(HOUR);
      expect(yield* peek(c)).toBeUndefined();
      timer.reset(1);
      yield* sleep(A_WHILE);
      timer.reset(HOUR);
      expect(yield* peek(c)).toBeUndefined();
      timer.reset(1);
      yield* sleep(A_WHILE);
      timer.stop();
      expect(yield* peek(c)).toBeUndefined();
    });
  });

  test("a goroutine waits: put off, then brought forward", () => {
    check(function* (timer, c) {
      let done = false;
      go(function* () {
        yield* c.recv();
        done = true;
      });
      yield* sleep(A_WHILE);
      timer.reset(2 * HOUR);
      yield* sleep(A_WHILE);
      expect(done).toBe(false);
      timer.reset(1);
      yield* sleep(A_WHILE);
      expect(done).toBe(true);
      expect((yield* peek(c)) !== undefined).toBe(ticks);
      timer.stop();
      expect(yield* peek(c)).toBeUndefined();
    });
  });

  test("a goroutine waits: stopped, then set again", () => {
    check(function* (timer, c) {
      let done = 0;
      go(function* () {
        yield* c.recv();
        done++;
      });
      yield* sleep(A_WHILE);
      timer.stop();
      yield* sleep(3 * HOUR);
      expect(done).toBe(0);
      timer.reset(1);
      yield* sleep(A_WHILE);
      expect(done).toBe(1);
    });
  });

  test("two selects wait, of which one tick wakes one", () => {
    check(function* (timer, c) {
      let received = 0;
      const stop = chan<void>();
      const wg = new WaitGroup();
      wg.add(2);
      for (let i = 0; i < 2; i++) {
        go(function* () {
          if ((yield* select([recvCase(c), recvCase(stop)])).index === 0) received++;
          wg.done();
        });
      }
      yield* sleep(A_WHILE);
      timer.reset(A_WHILE);
      yield* sleep(1.5 * A_WHILE);
      expect(received).toBe(1);
      timer.stop();
      stop.close();
      yield* wg.wait();
      expect(received).toBe(1);
    });
  });

  test("selects that wait for a stopped timer get nothing from it", () => {
    check(function* (timer, c) {
      timer.stop();
      const stop = chan<void>();
      const indices = chan<number>(2);
      for (let i = 0; i < 2; i++) {
        go(function* () {
          yield* indices.send((yield* select([recvCase(c), recvCase(stop)])).index);
        });
      }
      yield* sleep(A_WHILE);
      stop.close();
      expect([yield* indices.recv(), yield* indices.recv()]).toEqual([1, 1]);
    });
  });
});

describe("runs", () => {
  test("a timer is made in a run", () => {
    for (const make of [() => newTimer(1), () => newTicker(1), () => after(1), () => afterFunc(1, () => {})]) {
      expect(make).toThrow("no run is under way on this thread");
    }
  });

  test("one of an earlier run is forgotten, and can be set again", () => {
    const old = runSync(function* () {
      const timer = newTimer(HOUR);
      go(function* () {
        yield* timer.c.recv();
      });
      yield* sleep(1);
      return [timer, afterFunc(HOUR, () => {})] as const;
    });
    runSync(function* () {
      const sleeper = newTimer(5);
      expect(old.map((timer) => timer.stop())).toEqual([false, false]);
      expect(heap.length).toBe(0);
      old[0].reset(1);
      yield* old[0].c.recv();
      yield* sleeper.c.recv();
    });
  });

  test("one that code outside the goroutines set ends the wait of the run", async () => {
    await run(function* () {
      const done = chan<void>();
      yield* wait(Promise.resolve().then(() => void afterFunc(0, () => done.close())));
      yield* done.recv();
    });
  });
});

describe("now() of the real clock", () => {
  test("has fractions, never goes back, and is the system's time", async () => {
    await run(function* () {
      let last = 0;
      let fractions = 0;
      for (let i = 0; i < 10_000; i++) {
        const time = now();
        if (time < last) throw new Error(`${time} behind ${last}`);
        if (time % 1 !== 0) fractions++;
        last = time;
      }
      expect(fractions).toBeGreaterThan(9000);
      expect(Math.abs(now() - Date.now())).toBeLessThan(1000);
    });
  });

  test("times that lie whole milliseconds apart differ by whole milliseconds", () => {
    timeinit("real");
    for (const ns of [1, 999_999, 123_456_789, 8_640_000_000_123, 2 ** 52 + 1]) {
      for (const ms of [1, 2, 1000, 86_400_000]) expect(timeAt(ns + ms * 1e6) - timeAt(ns)).toBe(ms);
    }
  });
});
