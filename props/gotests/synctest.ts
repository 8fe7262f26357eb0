/** internal/synctest, runtime/synctest_test.go: what is within a bubble. */
import {
  afterFunc,
  Cond,
  chan,
  context,
  type Go,
  go,
  gosched,
  Mutex,
  newTimer,
  now,
  recvCase,
  select,
  sleep,
  WaitGroup,
  wait,
} from "gobuf";
import { synctest } from "gobuf/testing";
import { flag, GoFile, must, poll, same } from "./gotest.ts";

const NS = 1e-6;
const MIDNIGHT = Date.UTC(2000, 0, 1);

export const internalTest = new GoFile("internal/synctest/synctest_test.go");

internalTest.bubble("TestNow", function* () {
  same(now(), MIDNIGHT, "now() at the start");
  go(function* () {
    same(now(), MIDNIGHT, "now() of a new goroutine");
  });
  yield* sleep(1000);
  same(now(), MIDNIGHT + 1000, "now() behind a sleep");
});

internalTest.whole("TestMonotonicClock", async () => {
  const start = Date.now();
  await synctest.test(function* () {
    yield* sleep(start - now());
    same(now(), start, "now() behind a sleep until the time outside");
    yield* sleep(1000);
    same(now() - start, 1000, "a second later");
  });
});

internalTest.bubble("TestRunEmpty", function* () {});
internalTest.bubble("TestSimpleWait", function* () {
  yield* synctest.wait();
});
internalTest.bubble("TestGoroutineWait", function* () {
  go(function* () {});
  yield* synctest.wait();
});

/** A chain of goroutines that hand something smaller on. */
function* chain<T>(first: T, next: (v: T) => T | undefined): Go {
  const done = flag();
  const ch = chan<T>();
  function* link(): Go {
    const rest = next((yield* ch.recv()) as T);
    if (rest === undefined) {
      done.value = true;
      return;
    }
    go(link);
    yield* ch.send(rest);
  }
  go(link);
  yield* ch.send(first);
  yield* synctest.wait();
  must(done.value, "wait returned before the chain's end");
}

internalTest.bubble("TestWait", () => chain(100, (n) => (n === 0 ? undefined : n - 1)));

internalTest.whole("TestMallocs", async () => {
  for (let i = 0; i < 100; i++) {
    await synctest.test(() =>
      chain(new Uint8Array(100), (b) => (b.length === 0 ? undefined : new Uint8Array(b.length - 1))),
    );
  }
});

internalTest.bubble("TestTimerReadBeforeDeadline", function* () {
  const start = now();
  yield* newTimer(5000).c.recv();
  same(now() - start, 5000, "ms");
});

internalTest.bubble("TestTimerReadAfterDeadline", function* () {
  const want = now() + 1000;
  const t = newTimer(1000);
  yield* sleep(2000);
  same(yield* t.c.recv(), want, "the time received");
});

internalTest.bubble("TestTimerReset", function* () {
  const start = now();
  const t = newTimer(1000);
  same(yield* t.c.recv(), start + 1000, "the first time");
  t.reset(2000);
  same(yield* t.c.recv(), start + 3000, "the second time");
  t.reset(3000);
  yield* sleep(1000);
  t.reset(3000);
  same(yield* t.c.recv(), start + 7000, "the third time");
});

internalTest.bubble("TestTimeAfter", function* () {
  let i = 0;
  afterFunc(1000, () => {
    i++;
    go(function* () {
      yield* sleep(1000);
      i++;
    });
  });
  yield* sleep(3000);
  yield* synctest.wait();
  same(i, 2, "functions that ran");
});

internalTest.whole("TestTimerAfterBubbleExit", async () => {
  const ran = flag();
  await synctest.test(function* () {
    afterFunc(1000, () => {
      ran.value = true;
    });
  });
  must(!ran.value, "the timer ran before the bubble's end");
});

internalTest.run(
  "TestTimerFromOutsideBubble",
  function* () {
    const tm = newTimer(10);
    yield* wait(
      synctest.test(function* () {
        yield* tm.c.recv();
      }),
    );
    must(!tm.stop(), "the bubble ended before the timer went off");
  },
  { clock: "real" },
);

internalTest.bubble("TestTimerNondeterminism", function* () {
  const seen = [false, false];
  for (let i = 0; i < 1000 && !seen.every(Boolean); i++) {
    const { index } = yield* select([recvCase(newTimer(NS).c), recvCase(newTimer(NS).c)]);
    seen[index] = true;
    yield* synctest.wait();
  }
  must(seen.every(Boolean), `timers of one time: in 1000 rounds only the ${seen[0] ? "first" : "second"} came first`);
});

internalTest.bubble("TestSleepNondeterminism", function* () {
  const seen = [false, false];
  for (let i = 0; i < 1000 && !seen.every(Boolean); i++) {
    let first = -1;
    for (let g = 0; g < 2; g++) {
      go(function* () {
        yield* sleep(NS);
        if (first === -1) first = g;
      });
    }
    yield* sleep(NS);
    yield* synctest.wait();
    must(first !== -1, "no goroutine woke");
    seen[first] = true;
    yield* synctest.wait();
  }
  must(seen.every(Boolean), `sleeps of one time: in 1000 rounds only the ${seen[0] ? "first" : "second"} woke first`);
});

internalTest.bubble("TestTimerRunsImmediately", function* () {
  const start = now();
  const r = yield* poll(newTimer(0).c);
  must(r.ready, "a timer of 0 is not ready");
  same(r.value, start, "its time");
});

internalTest.bubble("TestTimerRanInPast", function* () {
  const want = now() + 1000;
  const t = newTimer(1000);
  yield* sleep(2000);
  const r = yield* poll(t.c);
  must(r.ready, "a timer of the past is not ready");
  same(r.value, want, "its time");
});

internalTest.bubble("TestAfterFuncRunsImmediately", function* () {
  const ran = flag();
  afterFunc(0, () => {
    ran.value = true;
  });
  for (let i = 0; !ran.value; i++) {
    must(i < 10_000, "a function for now does not run while others do");
    yield* gosched();
  }
});

internalTest.bubble("TestTimerResetZeroDoNotHang", function* () {
  const timer = newTimer(0);
  const [ctx, cancel] = context.withCancel(context.background());
  go(function* () {
    while ((yield* select([recvCase(ctx.done()), recvCase(timer.c)])).index === 1);
  });
  yield* synctest.wait();
  timer.reset(0);
  yield* synctest.wait();
  cancel();
  yield* synctest.wait();
});

internalTest.bubble("TestCond", function* () {
  const mu = new Mutex();
  const cond = new Cond(mu);
  const start = now();
  function* locked(f: () => Go | void): Go {
    yield* mu.lock();
    const body = f();
    if (body !== undefined) yield* body;
    yield* mu.unlock();
  }
  function* waits(): Go {
    yield* locked(function* () {
      yield* cond.wait();
    });
  }
  go(function* () {
    yield* sleep(1);
    yield* locked(() => cond.signal());
    yield* sleep(1);
    yield* locked(() => cond.broadcast());
  });
  yield* waits();
  same(now() - start, 1, "ms until the signal");
  const done = flag();
  go(function* () {
    yield* waits();
    done.value = true;
  });
  yield* waits();
  yield* synctest.wait();
  must(done.value, "the other waiter is not done");
  same(now() - start, 2, "ms until the broadcast");
});

/** Three times, a second after each other, as a sequence. */
function* seconds(): Generator<number> {
  for (let i = 0; ; i++) yield MIDNIGHT + i * 1000;
}

internalTest.bubble("TestIteratorPush", function* () {
  const got: number[] = [];
  function* push(f: (time: number) => boolean): Go {
    while (f(now())) yield* sleep(1000);
  }
  go(push, (time: number) => got.push(time) < 3);
  yield* sleep(5000);
  yield* synctest.wait();
  same(got.join(), seconds().take(3).toArray().join(), "times");
});

internalTest.bubble("TestIteratorPull", function* () {
  const got: number[] = [];
  go(function* () {
    const times = seconds();
    while (got.length < 3) {
      const want = times.next().value as number;
      yield* sleep(want - now());
      got.push(now());
    }
    times.return(undefined);
  });
  yield* sleep(5000);
  yield* synctest.wait();
  same(got.join(), seconds().take(3).toArray().join(), "times");
});

internalTest.not("it is about Go's reflection", "TestReflectFuncOf");

internalTest.bubble("TestWaitGroupInBubble", function* () {
  const wg = new WaitGroup();
  wg.add(1);
  go(function* () {
    yield* sleep(1000);
    wg.done();
  });
  const start = now();
  yield* wg.wait();
  same(now() - start, 1000, "ms");
});

internalTest.bubble("TestWaitGroupRacingAdds", function* () {
  const wg = new WaitGroup();
  for (let i = 0; i < 100; i++) wg.go(function* () {});
  yield* wg.wait();
});

internalTest.run(
  "TestWaitGroupManyBubbles",
  function* () {
    const wg = new WaitGroup();
    let ended = 0;
    for (let i = 0; i < 100; i++) {
      wg.go(function* () {
        const bubble = synctest.test(function* () {
          const cancel = chan<never>();
          const wg2 = new WaitGroup();
          for (let k = 0; k < 100; k++) {
            wg2.go(function* () {
              yield* cancel.recv();
              ended++;
            });
          }
          yield* synctest.wait();
          cancel.close();
          yield* wg2.wait();
        });
        yield* wait(bubble);
      });
    }
    yield* wg.wait();
    same(ended, 10_000, "goroutines of all bubbles that ended");
  },
  { clock: "real" },
);

internalTest.whole("TestHappensBefore", async () => {
  const v = [0, 0];
  function* both(body: (i: number) => Go): Go {
    for (const i of [0, 1]) go(body, i);
  }
  const count = (step: number) => {
    for (const i of [0, 1]) same(++v[i], step, `variable ${i}`);
  };
  await synctest.test(function* () {
    count(1);
    yield* both(function* (i) {
      v[i]++;
    });
    yield* synctest.wait();
    count(3);
    const ch1 = chan<never>();
    yield* both(function* (i) {
      v[i]++;
      yield* ch1.recv();
    });
    yield* synctest.wait();
    count(5);
    ch1.close();
    for (const i of [0, 1]) afterFunc(0, () => void v[i]++);
    yield* synctest.wait();
    count(7);
    const ch2 = chan<never>();
    for (const i of [0, 1]) {
      afterFunc(0, function* () {
        v[i]++;
        yield* ch2.recv();
      });
    }
    yield* synctest.wait();
    count(9);
    ch2.close();
  });
  await synctest.test(function* () {
    yield* both(function* (i) {
      go(function* () {
        v[i]++;
      });
    });
  });
  same(v.join(), "10,10", "both variables");
});

internalTest.bubble("TestWeak", function* () {
  for (let i = 0; i < 5; i++) {
    Bun.gc(true);
    const ref = new WeakRef(new Uint8Array(1024));
    yield* gosched();
    must(ref.deref() === undefined || ref.deref()?.length === 1024, "what a WeakRef gives");
  }
});

export const runtimeSynctestTest = new GoFile("runtime/synctest_test.go");
runtimeSynctestTest.not("it runs the tests of internal/synctest as a program", "TestSynctest");
runtimeSynctestTest.not("it compares the runtime's constants with internal/synctest's", "TestSynctestAssocConsts");
