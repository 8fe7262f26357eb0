/** golang.org/x/sync: semaphore, singleflight, syncmap. */
import {
  chan,
  context,
  ErrGroup,
  type Go,
  Goexit,
  go,
  goexit,
  gosched,
  PanicError,
  run,
  SingleFlight,
  sleep,
  WaitGroup,
  Weighted,
} from "gobuf";
import { failureOf, GoFile, must, same, textOf, thrown, thrownBy, waitFor } from "./gotest.ts";

const XSYNC = "golang.org/x/sync";

export const semaphoreTest = new GoFile("semaphore/semaphore_test.go", XSYNC);

/** Whether a share is taken within 10 ms. */
function* acquiresSoon(sem: Weighted, n: number): Go<boolean> {
  const [ctx, cancel] = context.withTimeout(context.background(), 10);
  using _ = cancel;
  try {
    yield* sem.acquire(n, ctx);
  } catch {
    return false;
  }
  return true;
}

semaphoreTest.run("TestWeighted", function* () {
  const n = 4;
  const sem = new Weighted(n);
  const wg = new WaitGroup();
  let inUse = 0;
  for (let i = 0; i < n; i++) {
    wg.go(function* () {
      for (let loop = 0; loop < 250; loop++) {
        yield* sem.acquire(i);
        inUse += i;
        must(inUse <= n, `${inUse} of ${n} are in use`);
        yield* sleep(((loop * 7 + i * 3) % 10) / 10);
        inUse -= i;
        sem.release(i);
      }
    });
  }
  yield* wg.wait();
});

semaphoreTest.run("TestWeightedPanic", function* () {
  const error = thrown(() => new Weighted(1).release(1), "release of what nobody took");
  same(textOf(error), "semaphore: released more than held", "panic");
});

semaphoreTest.run("TestWeightedNegativeSizePanic", function* () {
  same(textOf(thrown(() => new Weighted(-1), "a negative size")), "semaphore: size < 0", "panic");
});

semaphoreTest.run("TestWeightedZeroSize", function* () {
  must(new Weighted(0).tryAcquire(0), "no tryAcquire of nothing from an empty semaphore");
});

semaphoreTest.run("TestWeightedNegativeWeightPanic", function* () {
  const w = new Weighted(1);
  for (const call of [() => w.acquire(-1), () => w.tryAcquire(-1), () => w.release(-1)]) {
    same(textOf(thrown(call, "a negative weight")), "semaphore: n < 0", "panic");
  }
});

semaphoreTest.run("TestWeightedTryAcquire", function* () {
  const sem = new Weighted(2);
  yield* sem.acquire(1);
  const tries = [sem.tryAcquire(1), sem.tryAcquire(1)];
  sem.release(2);
  tries.push(sem.tryAcquire(1));
  yield* sem.acquire(1);
  tries.push(sem.tryAcquire(1));
  same(tries.join(), "true,false,true,false", "tries");
});

semaphoreTest.run("TestWeightedAcquire", function* () {
  const sem = new Weighted(2);
  yield* sem.acquire(1);
  const tries = [yield* acquiresSoon(sem, 1), yield* acquiresSoon(sem, 1)];
  sem.release(2);
  tries.push(yield* acquiresSoon(sem, 1));
  yield* sem.acquire(1);
  tries.push(yield* acquiresSoon(sem, 1));
  same(tries.join(), "true,false,true,false", "tries");
});

semaphoreTest.run("TestWeightedDoesntBlockIfTooBig", function* () {
  const n = 2;
  const sem = new Weighted(n);
  const [tooBig, cancel] = context.withCancel(context.background());
  using _ = cancel;
  go(function* () {
    try {
      yield* sem.acquire(n + 1, tooBig);
    } catch (error) {
      same(error, context.Canceled as unknown, "what it throws in the end");
    }
  });
  const [g, ctx] = ErrGroup.withContext(context.background());
  for (let i = n * 3; i > 0; i--) {
    yield* g.go(function* () {
      yield* sem.acquire(1, ctx);
      yield* sleep(1);
      sem.release(1);
    });
  }
  same(yield* waitFor(g), undefined as unknown, "what the small ones throw");
});

semaphoreTest.run("TestLargeAcquireDoesntStarve", function* () {
  const n = 4;
  const sem = new Weighted(n);
  const running = { value: true };
  const wg = new WaitGroup();
  for (let i = n; i > 0; i--) {
    yield* sem.acquire(1);
    wg.go(function* () {
      try {
        while (running.value) {
          yield* sleep(1);
          sem.release(1);
          yield* sem.acquire(1);
        }
      } finally {
        sem.release(1);
      }
    });
  }
  yield* sem.acquire(n);
  running.value = false;
  sem.release(n);
  yield* wg.wait();
});

semaphoreTest.run("TestAllocCancelDoesntStarve", function* () {
  const sem = new Weighted(10);
  yield* sem.acquire(1);
  const [ctx, cancel] = context.withCancel(context.background());
  go(function* () {
    try {
      yield* sem.acquire(10, ctx);
    } catch (error) {
      same(error, context.Canceled as unknown, "what the large one throws");
    }
  });
  while (sem.tryAcquire(1)) {
    sem.release(1);
    yield* gosched();
  }
  go(function* () {
    cancel();
  });
  yield* sem.acquire(1);
  sem.release(1);
});

semaphoreTest.run("TestWeightedAcquireCanceled", function* () {
  const sem = new Weighted(2);
  const [ctx, cancel] = context.withCancel(context.background());
  yield* sem.acquire(1);
  const ch = chan<never>();
  go(function* () {
    while (sem.tryAcquire(1)) {
      sem.release(1);
      yield* gosched();
    }
    cancel();
    sem.release(1);
    ch.close();
  });
  const error = yield* thrownBy(function* () {
    yield* sem.acquire(2, ctx);
  }, "acquire with a canceled context");
  same(error, context.Canceled as unknown, "what it throws");
  yield* ch.recv();
  must(sem.tryAcquire(2), "no tryAcquire after a canceled acquire");
  sem.release(2);
  const again = yield* thrownBy(function* () {
    yield* sem.acquire(1, ctx);
  }, "acquire with a context that was canceled before");
  same(again, context.Canceled as unknown, "what it throws then");
});

export const semaphoreExample = new GoFile("semaphore/semaphore_example_test.go", XSYNC);

semaphoreExample.run("Example_workerPool", function* () {
  function collatzSteps(start: number): number {
    let steps = 0;
    for (let n = start; n > 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    return steps;
  }
  const ctx = context.todo();
  const workers = 4;
  const sem = new Weighted(workers);
  const out = new Array<number>(32).fill(0);
  for (const i of out.keys()) {
    yield* sem.acquire(1, ctx);
    go(function* () {
      yield* gosched();
      out[i] = collatzSteps(i + 1);
      sem.release(1);
    });
  }
  yield* sem.acquire(workers, ctx);
  same(out.join(" "), "0 1 7 2 5 8 16 3 19 6 14 9 9 17 17 4 12 20 20 7 7 15 15 10 23 10 111 18 18 18 106 5", "printed");
});

export const singleflightTest = new GoFile("singleflight/singleflight_test.go", XSYNC);

singleflightTest.run("TestPanicErrorUnwrap", function* () {
  // There is no wrapper here: each caller gets what was thrown, an Error or not.
  for (const value of ["string value", new PanicError("error value")]) {
    const error = yield* thrownBy(function* () {
      yield* new SingleFlight().do("key", () => {
        throw value;
      });
    }, "do");
    same(error, value as unknown, "panic");
  }
});

singleflightTest.run("TestDo", function* () {
  const { value } = yield* new SingleFlight<string>().do("key", () => "bar");
  same(value, "bar", "value");
});

singleflightTest.run("TestDoErr", function* () {
  const someError = new Error("Some error");
  const error = yield* thrownBy(function* () {
    yield* new SingleFlight().do("key", () => {
      throw someError;
    });
  }, "do");
  same(error, someError as unknown, "error");
});

singleflightTest.run("TestDoDupSuppress", function* () {
  const g = new SingleFlight<string>();
  const wg1 = new WaitGroup();
  const wg2 = new WaitGroup();
  const c = chan<string>(1);
  let calls = 0;
  function* fn(): Go<string> {
    if (++calls === 1) wg1.done();
    const v = (yield* c.recv()) as string;
    yield* c.send(v);
    yield* sleep(10);
    return v;
  }
  const n = 10;
  wg1.add(1);
  for (let i = 0; i < n; i++) {
    wg1.add(1);
    wg2.go(function* () {
      wg1.done();
      same((yield* g.do("key", fn)).value, "bar", "value");
    });
  }
  yield* wg1.wait();
  yield* c.send("bar");
  yield* wg2.wait();
  must(calls > 0 && calls < n, `${calls} calls`);
});

singleflightTest.run("TestForget", function* () {
  const g = new SingleFlight<number>();
  const [firstStarted, unblockFirst, firstFinished] = [chan<never>(), chan<never>(), chan<never>()];
  go(function* () {
    yield* g.do("key", function* () {
      firstStarted.close();
      yield* unblockFirst.recv();
      firstFinished.close();
      return 1;
    });
  });
  yield* firstStarted.recv();
  g.forget("key");
  const unblockSecond = chan<never>();
  const second = g.doChan("key", function* () {
    yield* unblockSecond.recv();
    return 2;
  });
  unblockFirst.close();
  yield* firstFinished.recv();
  const third = g.doChan("key", () => 3);
  unblockSecond.close();
  yield* second.recv();
  const r = yield* third.recv();
  same(r?.ok === true ? r.value : undefined, 2, "the third result");
});

singleflightTest.run("TestDoChan", function* () {
  const r = yield* new SingleFlight<string>().doChan("key", () => "bar").recv();
  must(r?.ok === true, "no value");
  same(r.value, "bar", "value");
});

singleflightTest.run("TestPanicDo", function* () {
  const g = new SingleFlight<never>();
  const n = 5;
  let panics = 0;
  const wg = new WaitGroup();
  for (let i = 0; i < n; i++) {
    wg.go(function* () {
      try {
        yield* g.do("key", () => {
          throw new PanicError("invalid memory address or nil pointer dereference");
        });
      } catch (error) {
        if (error instanceof PanicError) panics++;
      }
    });
  }
  yield* wg.wait();
  same(panics, n, "panics");
});

singleflightTest.run("TestGoexitDo", function* () {
  const g = new SingleFlight<void>();
  const n = 5;
  let ended = 0;
  for (let i = 0; i < n; i++) {
    go(function* () {
      let caught: unknown;
      try {
        yield* g.do("key", function* () {
          yield* goexit();
        });
      } catch (error) {
        if (error instanceof Goexit) throw error;
        caught = error;
      } finally {
        must(caught === undefined, `an error: ${String(caught)}`);
        ended++;
      }
      must(false, "do returns");
    });
  }
  yield* sleep(1000);
  same(ended, n, "goroutines that ended");
});

/** A run whose main would catch what the channel cannot carry, and that must end by the panic. */
async function crashes(main: () => Go, says: string): Promise<void> {
  const error = await failureOf(run(main, { clock: "fake", seed: 1 }), "a panic behind a channel");
  must(textOf(error).includes(says), `it ends with: ${textOf(error)}`);
}

singleflightTest.whole("TestPanicDoChan", () =>
  crashes(function* () {
    try {
      const ch = new SingleFlight().doChan("", () => {
        throw new PanicError("Panicking in DoChan");
      });
      yield* ch.recv();
      throw new Error("doChan unexpectedly returned");
    } catch {}
  }, "Panicking in DoChan"),
);

singleflightTest.whole("TestPanicDoSharedByDoChan", () =>
  crashes(function* () {
    const [blocked, unblock] = [chan<never>(), chan<never>()];
    const g = new SingleFlight();
    go(function* () {
      try {
        yield* g.do("", function* () {
          blocked.close();
          yield* unblock.recv();
          throw new PanicError("Panicking in Do");
        });
      } catch {}
    });
    yield* blocked.recv();
    const ch = g.doChan("", () => {
      throw new PanicError("doChan unexpectedly executed the callback");
    });
    unblock.close();
    yield* ch.recv();
    throw new Error("doChan unexpectedly returned");
  }, "Panicking in Do"),
);

singleflightTest.run("ExampleGroup", function* () {
  const g = new SingleFlight<string>();
  const block = chan<never>();
  const doing = (text: string) =>
    g.doChan("key", function* () {
      yield* block.recv();
      return text;
    });
  const res1c = doing("func 1");
  const res2c = doing("func 2");
  block.close();
  const res1 = yield* res1c.recv();
  const res2 = yield* res2c.recv();
  must(res1?.ok === true && res2?.ok === true, "an error");
  same(res2.shared, true, "shared");
  same(res1.value, res2.value, "equal results");
  same(res1.value, "func 1", "result");
});

export const syncmapTest = new GoFile("syncmap/map_test.go", XSYNC);
syncmapTest.not(
  "sync.Map is JavaScript's own Map here: no other goroutine runs between two operations",
  "TestMapMatchesRWMutex",
  "TestMapMatchesDeepCopy",
  "TestConcurrentRange",
);
