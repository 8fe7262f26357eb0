/** time/tick_test.go, runtime/time_test.go: tickers, and what channels of timers give. */
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
import { drain, GoFile, must, poll, same, thrown } from "./gotest.ts";

const HOUR = 3_600_000;
const NS = 1e-6;

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
