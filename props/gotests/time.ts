/** time/sleep_test.go: sleep and timers. */
import {
  after,
  afterFunc,
  chan,
  type Go,
  go,
  newTicker,
  newTimer,
  now,
  type RecvChan,
  recvCase,
  select,
  sleep,
  type Timer,
  WaitGroup,
} from "gobuf";
import { drain, flag, GoFile, must, poll, same, thrown } from "./gotest.ts";

const HOUR = 3_600_000;
const NS = 1e-6;

/** What a timer of either kind gives: newTimer's own channel, or one that afterFunc's function sends to. */
interface Alarm {
  readonly c: RecvChan<number>;
  stop(): boolean;
  reset(ms: number): boolean;
}

/** A timer made of afterFunc: it takes the way of functions, not that of channels. */
function newTimerFunc(ms: number): Alarm {
  const c = chan<number>(1);
  const t = afterFunc(ms, function* () {
    yield* c.send(now());
  });
  return { c, stop: () => t.stop(), reset: (d) => t.reset(d) };
}

const IMPLEMENTATIONS: readonly (readonly [name: string, make: (ms: number) => Alarm])[] = [
  ["chan", newTimer],
  ["func", newTimerFunc],
];

export const sleepTest = new GoFile("time/sleep_test.go");

sleepTest.run(
  "TestSleep",
  function* () {
    const start = now();
    yield* sleep(20);
    must(now() - start >= 20, `20 ms were ${now() - start}`);
  },
  { clock: "real" },
);

sleepTest.run("TestAfterFunc", function* () {
  let i = 10;
  const c = chan<boolean>();
  function* f(): Go {
    i--;
    if (i < 0) return yield* c.send(true);
    afterFunc(0, f);
    yield* sleep(1000);
  }
  afterFunc(0, f);
  yield* c.recv();
});

/** A ticker of one nanosecond, beside a goroutine that keeps the collector busy. */
function tickers(goroutines: number): () => Go {
  return function* () {
    const stop = flag();
    const start = now();
    go(function* () {
      for (let i = 0; !stop.value; i++) {
        if (i % 50 === 0) Bun.gc(false);
        must(now() - start < 3000, "the ticker's receivers starve beside one goroutine that sleeps");
        yield* sleep(NS);
      }
    });
    const ticker = newTicker(NS);
    const wg = new WaitGroup();
    for (let g = 0; g < goroutines; g++) wg.go(drain, ticker.c, 100);
    yield* wg.wait();
    ticker.stop();
    stop.value = true;
  };
}

sleepTest.run("TestTickerStress", tickers(1), { clock: "real" });
sleepTest.run("TestTickerConcurrentStress", tickers(10), {
  clock: "real",
});

sleepTest.run(
  "TestAfterFuncStarvation",
  function* () {
    const stop = flag();
    const c = chan<boolean>(1);
    const wg = new WaitGroup();
    wg.go(function* () {
      while (!stop.value) yield* c.send(true);
      c.close();
    });
    wg.go(function* () {
      while ((yield* c.recv()) !== undefined);
    });
    afterFunc(0.001, () => {
      stop.value = true;
    });
    yield* wg.wait();
  },
  { clock: "real" },
);

sleepTest.run(
  "TestAfter",
  function* () {
    // Many short ones: whether a time that is cut to whole milliseconds is too early depends on when it is taken.
    for (let i = 0; i < 40; i++) {
      const start = now();
      const end = (yield* after(2).recv()) as number;
      must(now() - start >= 2, `2 ms were ${now() - start}`);
      must(end >= start + 2, `the time sent is only ${end - start} ms behind the start`);
    }
  },
  { clock: "real" },
);

sleepTest.run(
  "TestAfterTick",
  function* () {
    const start = now();
    for (let i = 0; i < 10; i++) yield* after(5).recv();
    must(now() - start >= 45, `10 times 5 ms were ${now() - start}`);
  },
  { clock: "real" },
);

sleepTest.run("TestAfterStop", function* () {
  for (const [name, make] of IMPLEMENTATIONS) {
    afterFunc(100, () => {});
    const t0 = make(50);
    const c1 = chan<boolean>(1);
    const t1 = afterFunc(150, function* () {
      yield* c1.send(true);
    });
    const c2 = after(200);
    must(t0.stop(), `${name}: the first timer could not be stopped`);
    must(t1.stop(), `${name}: the second timer could not be stopped`);
    yield* c2.recv();
    must(!(yield* poll(t0.c)).ready && !(yield* poll(c1)).ready, `${name}: a stopped timer went off`);
    must(!t1.stop(), `${name}: a timer can be stopped twice`);
  }
});

const SLOTS = [5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0];

sleepTest.run("TestAfterQueuing", function* () {
  for (const [name, make] of IMPLEMENTATIONS) {
    const delta = 20;
    const start = now();
    const result = chan<{ slot: number; t: number }>(SLOTS.length);
    for (const slot of SLOTS) {
      go(
        function* (c: RecvChan<number>) {
          yield* result.send({ slot, t: (yield* c.recv()) as number });
        },
        make(slot * delta).c,
      );
    }
    let last = 0;
    for (let i = 0; i < SLOTS.length; i++) {
      const r = (yield* result.recv()) as { slot: number; t: number };
      must(r.slot >= last, `${name}: slot ${r.slot} behind ${last}`);
      last = r.slot;
      const late = r.t - start - r.slot * delta;
      must(Math.abs(late) <= delta / 2, `${name}: slot ${r.slot} is ${late} ms late`);
    }
  }
});

sleepTest.run("TestTimerStopStress", function* () {
  for (let i = 0; i < 100; i++) {
    go(function* () {
      const timer = afterFunc(2000, () => must(false, `timer ${i} was not stopped`));
      yield* sleep(1000);
      timer.stop();
    });
  }
  yield* sleep(3000);
});

sleepTest.run("TestSleepZeroDeadlock", function* () {
  const c = chan<boolean>();
  go(function* () {
    for (let i = 0; i < 10; i++) Bun.gc(false);
    yield* c.send(true);
  });
  for (let i = 0; i < 100; i++) {
    yield* sleep(0);
    const tmp = chan<boolean>(1);
    yield* tmp.send(true);
    yield* tmp.recv();
  }
  yield* c.recv();
});

sleepTest.run("TestReset", function* () {
  const d = 1;
  const t = newTimer(2 * d);
  yield* sleep(d);
  must(t.reset(3 * d), "reset of a pending timer says that it was not");
  yield* sleep(2 * d);
  must(!(yield* poll(t.c)).ready, "it went off early");
  yield* sleep(2 * d);
  must((yield* poll(t.c)).ready, "it did not go off");
  must(!t.reset(50), "reset of one that went off says that it was pending");
});

sleepTest.run("TestOverflowSleep", function* () {
  const big = (2 ** 63 - 1) * NS;
  for (const long of [big, Number.POSITIVE_INFINITY]) {
    go(function* () {
      yield* sleep(long);
      must(false, "the long sleep is over");
    });
    same((yield* select([recvCase(after(long)), recvCase(after(25))])).index, 1, "case");
  }
  yield* sleep(-(2 ** 63) * NS);
  same(
    (yield* select([recvCase(after(-(2 ** 63) * NS)), recvCase(after(1000))])).index,
    0,
    "case of a time in the past",
  );
  must(Number.isFinite(now()), `now() is ${now()}`);
});

sleepTest.run("TestIssue5745", function* () {
  const ticker = newTicker(HOUR);
  const error = thrown(() => {
    try {
      (undefined as unknown as Timer).stop();
    } finally {
      ticker.stop();
    }
  }, "stop of no timer");
  must(error instanceof TypeError, "not JavaScript's own error");
});

sleepTest.not("it sets a period of the runtime's own timers, which is not public", "TestOverflowPeriodRuntimeTimer");
sleepTest.not(
  "a Timer cannot be made but by newTimer and afterFunc: there is no zero value",
  "TestZeroTimerResetPanics",
  "TestZeroTimerStopPanics",
);

sleepTest.run(
  "TestZeroTimer",
  function* () {
    const cached = newTimerFunc(HOUR);
    const makers = [
      ...IMPLEMENTATIONS,
      [
        "cache",
        (ms: number) => {
          cached.reset(ms);
          return cached;
        },
      ] as const,
    ];
    for (const [name, make] of makers) {
      for (let i = 0; i < 20_000; i++) {
        const start = now();
        yield* make(0).c.recv();
        must(now() - start < 2000, `${name}: a timer of 0 took ${now() - start} ms`);
      }
    }
  },
  { clock: "real" },
);

sleepTest.run(
  "TestTimerModifiedEarlier",
  function* () {
    for (let i = 0; i < 1000; i++) {
      const timer = newTimerFunc(HOUR);
      for (let k = 0; k < 10; k++) {
        if (!timer.stop()) yield* timer.c.recv();
        timer.reset(-now());
      }
      using deadline = newTimer(10_000);
      same((yield* select([recvCase(timer.c), recvCase(deadline.c)])).index, 0, "case");
    }
  },
  { clock: "real" },
);

sleepTest.run(
  "TestAdjustTimers",
  function* () {
    const timers: Alarm[] = Array.from({ length: 100 }, () => newTimerFunc(HOUR));
    for (const t of timers) t.stop();
    const states = timers.map(() => 0);
    const left = timers.map((_, i) => i);
    let random = 20_261_130;
    while (left.length > 0) {
      random = (Math.imul(random, 48_271) >>> 0) % 0x7fffffff;
      const at = random % left.length;
      const i = left[at] as number;
      const timer = timers[i] as Alarm;
      const state = states[i]++;
      switch (state) {
        case 0:
          timers[i] = newTimerFunc(0);
          break;
        case 1:
          yield* timer.c.recv();
          break;
        case 2:
        case 4:
        case 6:
          must(
            !timer.reset([60_000, 180_000, 120_000][state / 2 - 1] as number),
            `timer ${i}, state ${state}: pending`,
          );
          break;
        case 3:
        case 5:
        case 7:
          if (!timer.stop()) yield* timer.c.recv();
          break;
        case 8:
          must(!timer.reset(0), `timer ${i} is pending before its last reset`);
          break;
        case 9: {
          const start = now();
          yield* timer.c.recv();
          must(now() - start <= 750, `timer ${i} took ${now() - start} ms`);
          break;
        }
        default:
          left[at] = left.at(-1) as number;
          left.pop();
      }
    }
  },
  { clock: "real" },
);

/** Two timers for the same time: what stop or reset says of the other tells whether it still can be received from. */
function result(stop: boolean): () => Go {
  return function* () {
    const start = chan<never>();
    const wg = new WaitGroup();
    const ask = (t: Timer) => (stop ? t.stop() : t.reset(HOUR));
    for (let g = 0; g < 200; g++) {
      wg.go(function* () {
        yield* start.recv();
        for (let i = 0; i < 20; i++) {
          const timers = [newTimer(1), newTimer(1)] as const;
          const { index } = yield* select([recvCase(timers[0].c), recvCase(timers[1].c)]);
          const other = timers[1 - index] as Timer;
          if (!ask(other)) yield* other.c.recv();
        }
      });
    }
    start.close();
    yield* wg.wait();
  };
}

sleepTest.run("TestStopResult", result(true), { clock: "real" });
sleepTest.run("TestResetResult", result(false), { clock: "real" });

sleepTest.run("TestMultiWakeupTicker", function* () {
  using ticker = newTicker(0.001);
  const wg = new WaitGroup();
  for (let g = 0; g < 4; g++) {
    wg.go(function* () {
      for (let i = 0; i < 5000; i++) yield* select([recvCase(ticker.c), recvCase(after(1))]);
    });
  }
  yield* wg.wait();
});

sleepTest.run("TestMultiWakeupTimer", function* () {
  const timer = newTimer(NS);
  const wg = new WaitGroup();
  for (let g = 0; g < 4; g++) {
    wg.go(function* () {
      for (let i = 0; i < 5000; i++) {
        yield* poll(timer.c);
        timer.reset(NS);
      }
    });
  }
  yield* wg.wait();
});
