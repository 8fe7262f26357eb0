/** time/sleep_test.go, time/tick_test.go, runtime/time_test.go: sleep, timers and tickers. */
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
  select,
  sendCase,
  sleep,
  type Ticker,
  type Timer,
  tick,
  WaitGroup,
  wait,
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

export const tickTest = new GoFile("time/tick_test.go");

tickTest.run("TestTicker", function* () {
  const [count, delta] = [10, 20];
  const ticker = newTicker(delta);
  const start = now();
  yield* drain(ticker.c, count / 2);
  ticker.reset(delta * 2);
  yield* drain(ticker.c, count / 2);
  ticker.stop();
  same(Math.round((now() - start) * 1e3) / 1e3, 3 * delta * (count / 2), "ms of all ticks");
  yield* sleep(2 * delta);
  must(!(yield* poll(ticker.c)).ready, "it ticks behind its stop");
});

tickTest.not("a Ticker cannot be made but by newTicker", "TestTickerStopWithDirectInitialization", "TestManualTicker");

tickTest.run(
  "TestTeardown",
  function* () {
    for (let i = 0; i < 3; i++) {
      const ticker = newTicker(5);
      yield* ticker.c.recv();
      ticker.stop();
    }
  },
  { clock: "real" },
);

tickTest.run("TestTick", function* () {
  same(tick(-1), nilchan as RecvChan<number>, "tick of a negative time");
});

tickTest.run("TestNewTickerLtZeroDuration", function* () {
  const error = thrown(() => newTicker(-1), "newTicker(-1)");
  must(error instanceof PanicError, "not a panic");
  same(error.message, "non-positive interval for NewTicker", "text");
});

tickTest.run("TestTickerResetLtZeroDuration", function* () {
  using ticker = newTicker(1000);
  const error = thrown(() => ticker.reset(0), "reset(0)");
  must(error instanceof PanicError, "not a panic");
  same(error.message, "non-positive interval for Ticker.Reset", "text");
});

tickTest.run(
  "TestLongAdjustTimers",
  function* () {
    const count = 5000;
    const wg = new WaitGroup();
    for (let i = 0; i < count; i++) wg.go(sleep10us);
    for (let i = 0; i < count / 10; i++) yield* sleep(0.001);
    const done = chan<never>();
    const limit = afterFunc(30_000, () => done.close());
    const input = chan<number>();
    const output = chan<number>();
    wg.go(function* () {
      const q: number[] = [];
      for (;;) {
        const to = q.length > 0 ? output : nilchan;
        const r = yield* select([sendCase(to, q[0] ?? 0), recvCase(input), recvCase(done)]);
        if (r.index === 0) q.shift();
        else if (r.index === 1 && r.ok) q.push(r.value as number);
        else break;
      }
      output.close();
    });
    for (let i = 0; i < 300; i++) {
      for (let k = 0; k < 20; k++) yield* input.send(k);
      for (let k = 0; k < 20; k++) {
        const r = yield* select([recvCase(output), recvCase(after(5000)), recvCase(done)]);
        must(r.index === 0 && r.value === k, `round ${i}: case ${r.index}, value ${r.value} in place of ${k}`);
      }
    }
    input.close();
    yield* wg.wait();
    limit.stop();
  },
  { clock: "real" },
);

function* sleep10us(): Go {
  yield* sleep(0.01);
}

tickTest.whole("TestTimerGC", async () => {
  const n = 1000;
  const makers: Readonly<Record<string, () => object>> = {
    after: () => after(HOUR),
    tick: () => tick(HOUR),
    newTimer: () => newTimer(HOUR),
    newTicker: () => newTicker(HOUR),
    "newTimer, stopped": () => {
      const t = newTimer(HOUR);
      t.stop();
      return t;
    },
    "newTicker, stopped": () => {
      const t = newTicker(HOUR);
      t.stop();
      return t;
    },
  };
  await run(function* () {
    for (const [name, make] of Object.entries(makers)) {
      const refs = Array.from({ length: n }, () => new WeakRef(make()));
      // What a WeakRef was made for lives until the event loop has had its turn.
      for (let i = 0; i < 5; i++) {
        yield* wait(new Promise((resolve) => setImmediate(resolve)));
        Bun.gc(true);
      }
      const kept = refs.filter((ref) => ref.deref() !== undefined).length;
      must(kept < n / 10, `${name}: ${kept} of ${n} are kept`);
    }
  });
});

/** What TestChan tries on a timer and on a ticker: a channel never gives a time of before the last stop or reset. */
function* timerChan(make: () => Timer | Ticker): Go {
  const what = make().constructor.name;
  const t = make();
  const isTicker = what === "Ticker";
  let stopped = false;
  // A ticker's own stop and reset do not say whether it was pending.
  const stop = (): boolean => {
    const was = !stopped;
    stopped = true;
    return t.stop() ?? was;
  };
  const reset = (ms: number): boolean => {
    const was = !stopped;
    stopped = false;
    return t.reset(ms) ?? was;
  };
  const SCHED = 10;
  const FAR = 10_000_000;
  const { c } = t as { c: RecvChan<number> };
  function* noTick(when: string): Go {
    must(!(yield* poll(c)).ready, `${what}, ${when}: an extra tick`);
  }
  function* assertTick(when: string): Go {
    for (let i = 0; i < 100; i++) {
      if ((yield* poll(c)).ready) return;
      yield* sleep(SCHED);
    }
    must(false, `${what}, ${when}: no tick`);
  }
  function* waitDone(done: RecvChan<unknown>, when: string): Go {
    for (let i = 0; i < 100; i++) {
      yield* sleep(SCHED);
      if ((yield* poll(done)).ready) return;
    }
    must(false, `${what}, ${when}: never done`);
  }
  function* notDone(done: RecvChan<unknown>, when: string): Go {
    must(!(yield* poll(done)).ready, `${what}, ${when}: done early`);
  }

  stop();
  yield* noTick("stopped before anybody waited");
  reset(FAR);
  yield* noTick("reset while nobody waits");
  reset(NS);
  yield* sleep(SCHED);
  must((c as { len?: number }).len === 0, `${what}: its channel has a length`);
  yield* assertTick("reset to at once");
  yield* sleep(SCHED);
  reset(FAR);
  yield* noTick("reset to far away");

  // Moved while a goroutine waits.
  reset(FAR);
  const one = chan<never>();
  go(function* () {
    yield* c.recv();
    one.close();
  });
  yield* sleep(SCHED);
  yield* notDone(one, "one waits");
  reset(2 * FAR);
  yield* sleep(SCHED);
  yield* notDone(one, "one waits for longer");
  reset(NS);
  yield* waitDone(one, "reset to at once while one waits");
  if (isTicker) yield* assertTick("a ticker goes on");
  else yield* noTick("a timer is over");
  stop();
  yield* noTick("stopped");

  // Two wait, in selects.
  reset(FAR);
  const done = chan<boolean>(2);
  const quit = chan<never>();
  const ends = [chan<never>(), chan<never>()] as const;
  for (const end of ends) {
    go(function* () {
      if ((yield* select([recvCase(c), recvCase(quit)])).index === 0) yield* done.send(true);
      end.close();
    });
  }
  yield* sleep(SCHED);
  yield* notDone(done, "two wait");
  reset(SCHED / 2);
  yield* sleep(SCHED);
  yield* waitDone(done, "reset while two wait");
  stop();
  quit.close();
  for (const end of ends) yield* waitDone(end, "two are let go");
  if (isTicker) {
    yield* poll(done);
    yield* poll(c);
  }
  yield* notDone(done, "stopped behind two");

  // Two begin to wait for one that is stopped.
  const quit2 = chan<never>();
  const done2 = chan<boolean>(2);
  for (let i = 0; i < 2; i++) {
    go(function* () {
      const r = yield* select([recvCase(c), recvCase(quit2)]);
      must(r.index === 1, `${what}: a stopped one gives a time`);
      yield* done2.send(true);
    });
  }
  yield* sleep(SCHED);
  quit2.close();
  for (let i = 0; i < 2; i++) yield* waitDone(done2, "two that waited for a stopped one");

  // Neither stop nor reset lets an old value through, and both say what they found.
  reset(NS);
  yield* sleep(10);
  must(stop(), `${what}: stop of one whose time nobody took`);
  yield* noTick("stopped with a time");
  reset(HOUR);
  yield* noTick("reset behind that");
  must(reset(NS), `${what}: reset of a pending one`);
  yield* assertTick("reset to at once again");
  yield* sleep(10);
  if (isTicker) {
    yield* assertTick("the next one");
    yield* sleep(10);
  } else yield* noTick("no next one");
  same(reset(HOUR), isTicker, `${what}: pending at the last reset`);
  yield* noTick("behind the last reset");
  stop();
}

tickTest.run("TestChan", function* () {
  yield* timerChan(() => newTimer(10_000_000));
  yield* timerChan(() => newTicker(10_000_000));
});

for (const [name, make] of [
  ["TestAfterTimes", after],
  ["TestTickTimes", tick],
] as const) {
  tickTest.run(name, function* () {
    const start = now();
    const c = make(10);
    yield* sleep(500);
    const time = ((yield* c.recv()) as number) - start;
    must(time < 400, `a time of ${time} ms behind the start is received 500 ms behind it`);
  });
}

export const fakeTimeTest = new GoFile("runtime/time_test.go");

fakeTimeTest.run("TestFakeTime", function* () {
  const start = now();
  same(new Date(start).toISOString(), "2009-11-10T23:00:00.000Z", "the first time");
  yield* sleep(1000);
  same(now(), start + 1000, "a second later");
});

fakeTimeTest.not("it compares two of the runtime's records", "TestTimeTimerType");
