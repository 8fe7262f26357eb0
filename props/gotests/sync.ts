/** The test files of package sync. */
import {
  after,
  Cond,
  chan,
  FatalError,
  type Go,
  Goexit,
  go,
  goexit,
  gosched,
  Mutex,
  Once,
  type Op,
  onceFunc,
  onceValue,
  onceValues,
  PanicError,
  RWMutex,
  recvCase,
  reportOf,
  run,
  select,
  sleep,
  WaitGroup,
  wait,
} from "gobuf";
import { drain, failureOf, flag, GoFile, must, poll, same, textOf, thrown, thrownBy } from "./gotest.ts";

export const condTest = new GoFile("sync/cond_test.go");

condTest.run("TestCondSignal", function* () {
  const m = new Mutex();
  const c = new Cond(m);
  const n = 2;
  const running = chan<boolean>(n);
  const awake = chan<boolean>(n);
  for (let i = 0; i < n; i++) {
    go(function* () {
      yield* m.lock();
      yield* running.send(true);
      yield* c.wait();
      yield* awake.send(true);
      yield* m.unlock();
    });
  }
  yield* drain(running, n);
  for (let i = 0; i < n; i++) {
    must(!(yield* poll(awake)).ready, "one is awake without a signal");
    yield* m.lock();
    c.signal();
    yield* m.unlock();
    yield* awake.recv();
    must(!(yield* poll(awake)).ready, "two are awake by one signal");
  }
  c.signal();
});

condTest.run("TestCondSignalGenerations", function* () {
  const m = new Mutex();
  const c = new Cond(m);
  const n = 100;
  const running = chan<boolean>(n);
  const awake = chan<number>(n);
  for (let i = 0; i < n; i++) {
    go(function* () {
      yield* m.lock();
      yield* running.send(true);
      yield* c.wait();
      yield* awake.send(i);
      yield* m.unlock();
    });
    if (i > 0) same(yield* awake.recv(), i - 1, "the one that woke");
    yield* running.recv();
    yield* m.lock();
    c.signal();
    yield* m.unlock();
  }
});

condTest.run("TestCondBroadcast", function* () {
  const m = new Mutex();
  const c = new Cond(m);
  const n = 50;
  const running = chan<number>(n);
  const awake = chan<number>(n);
  let exit = false;
  for (let g = 0; g < n; g++) {
    go(function* () {
      yield* m.lock();
      while (!exit) {
        yield* running.send(g);
        yield* c.wait();
        yield* awake.send(g);
      }
      yield* m.unlock();
    });
  }
  for (let i = 0; i < n; i++) {
    yield* drain(running, n);
    if (i === n - 1) {
      yield* m.lock();
      exit = true;
      yield* m.unlock();
    }
    must(!(yield* poll(awake)).ready, "one is awake without a broadcast");
    yield* m.lock();
    c.broadcast();
    yield* m.unlock();
    const seen = new Set<number | undefined>();
    for (let k = 0; k < n; k++) seen.add(yield* awake.recv());
    same(seen.size, n, "goroutines that woke");
  }
  must(!(yield* poll(running)).ready, "one did not end");
  c.broadcast();
});

condTest.run("TestRace", function* () {
  let x = 0;
  const c = new Cond(new Mutex());
  const wg = new WaitGroup();
  wg.go(function* () {
    yield* c.L.lock();
    x = 1;
    yield* c.wait();
    same(x, 2, "x behind the first wait");
    x = 3;
    c.signal();
    yield* c.L.unlock();
  });
  wg.go(function* () {
    yield* c.L.lock();
    while (x !== 1) {
      yield* c.L.unlock();
      yield* gosched();
      yield* c.L.lock();
    }
    x = 2;
    c.signal();
    yield* c.L.unlock();
  });
  wg.go(function* () {
    yield* c.L.lock();
    while (x !== 3) {
      if (x === 2) {
        yield* c.wait();
        same(x, 3, "x behind the second wait");
        break;
      }
      yield* c.L.unlock();
      yield* gosched();
      yield* c.L.lock();
    }
    yield* c.L.unlock();
  });
  yield* wg.wait();
});

condTest.run("TestCondSignalStealing", function* () {
  for (let i = 0; i < 1000; i++) {
    const m = new Mutex();
    const cond = new Cond(m);
    const ch = chan<void>();
    go(function* () {
      yield* m.lock();
      yield* ch.send();
      yield* cond.wait();
      yield* m.unlock();
      yield* ch.send();
    });
    yield* ch.recv();
    yield* m.lock();
    yield* m.unlock();
    let done = false;
    go(function* () {
      cond.broadcast();
    });
    go(function* () {
      yield* m.lock();
      while (!done) yield* cond.wait();
      yield* m.unlock();
    });
    yield* ch.recv();
    yield* m.lock();
    done = true;
    yield* m.unlock();
    cond.broadcast();
  }
});

condTest.not("JavaScript does not copy objects: a Cond cannot be copied by accident", "TestCondCopy");

export const mutexTest = new GoFile("sync/mutex_test.go");

mutexTest.not("it tests the runtime's semaphore itself, which is not public", "TestSemaphore");

mutexTest.run("TestMutex", function* () {
  const m = new Mutex();
  yield* m.lock();
  must(!m.tryLock(), "tryLock of a locked mutex");
  yield* m.unlock();
  must(m.tryLock(), "no tryLock of a free mutex");
  yield* m.unlock();
  const wg = new WaitGroup();
  let inside = 0;
  for (let g = 0; g < 10; g++) {
    wg.go(function* () {
      for (let i = 0; i < 1000; i++) {
        if (i % 3 === 0) {
          if (m.tryLock()) yield* m.unlock();
          continue;
        }
        yield* m.lock();
        same(++inside, 1, "goroutines inside");
        if (i % 7 === 0) yield* gosched();
        inside--;
        yield* m.unlock();
      }
    });
  }
  yield* wg.wait();
});

/** Misuses of locks, each a program that Go ends by a fatal error about an unlocked lock. */
const misuses: Readonly<Record<string, [text: string, body: () => Go]>> = {
  "Mutex.Unlock": [
    "sync: unlock of unlocked mutex",
    function* () {
      yield* new Mutex().unlock();
    },
  ],
  "Mutex.Unlock2": [
    "sync: unlock of unlocked mutex",
    function* () {
      const mu = new Mutex();
      yield* mu.lock();
      yield* mu.unlock();
      yield* mu.unlock();
    },
  ],
  "RWMutex.Unlock": [
    "sync: Unlock of unlocked RWMutex",
    function* () {
      yield* new RWMutex().unlock();
    },
  ],
  "RWMutex.Unlock2": [
    "sync: Unlock of unlocked RWMutex",
    function* () {
      const mu = new RWMutex();
      yield* mu.rlock();
      yield* mu.unlock();
    },
  ],
  "RWMutex.Unlock3": [
    "sync: Unlock of unlocked RWMutex",
    function* () {
      const mu = new RWMutex();
      yield* mu.lock();
      yield* mu.unlock();
      yield* mu.unlock();
    },
  ],
  "RWMutex.RUnlock": [
    "sync: RUnlock of unlocked RWMutex",
    function* () {
      new RWMutex().runlock();
    },
  ],
  "RWMutex.RUnlock2": [
    "sync: RUnlock of unlocked RWMutex",
    function* () {
      const mu = new RWMutex();
      yield* mu.lock();
      mu.runlock();
    },
  ],
  "RWMutex.RUnlock3": [
    "sync: RUnlock of unlocked RWMutex",
    function* () {
      const mu = new RWMutex();
      yield* mu.rlock();
      mu.runlock();
      mu.runlock();
    },
  ],
};

mutexTest.whole("TestMutexMisuse", async () => {
  for (const [name, [text, body]] of Object.entries(misuses)) {
    // As in Go's: a recover that must not help.
    const failure = await failureOf(
      run(function* () {
        try {
          yield* body();
        } catch {}
      }),
      name,
    );
    must(failure instanceof FatalError, `${name}: ${textOf(failure)} is no fatal error`);
    same(failure.text, text, name);
  }
});

mutexTest.run(
  "TestMutexFairness",
  function* () {
    const mu = new Mutex();
    const stop = chan<never>();
    go(function* () {
      for (;;) {
        yield* mu.lock();
        yield* sleep(0.1);
        yield* mu.unlock();
        if ((yield* poll(stop)).ready) return;
      }
    });
    const done = chan<boolean>(1);
    go(function* () {
      for (let i = 0; i < 10; i++) {
        yield* sleep(0.1);
        yield* mu.lock();
        yield* mu.unlock();
      }
      yield* done.send(true);
    });
    same((yield* select([recvCase(done), recvCase(after(10_000))])).index, 0, "case");
    stop.close();
  },
  { clock: "real" },
);

export const onceTest = new GoFile("sync/once_test.go");

onceTest.run("TestOnce", function* () {
  const once = new Once();
  let calls = 0;
  const wg = new WaitGroup();
  for (let i = 0; i < 10; i++) {
    wg.go(function* () {
      yield* once.do(function* () {
        yield* gosched();
        calls++;
      });
      same(calls, 1, "calls, inside");
    });
  }
  yield* wg.wait();
  same(calls, 1, "calls, outside");
});

onceTest.run("TestOncePanic", function* () {
  const once = new Once();
  const error = yield* thrownBy(function* () {
    yield* once.do(() => {
      throw new Error("failed");
    });
  }, "Once.do");
  same(textOf(error), "failed", "panic");
  yield* once.do(() => must(false, "the function is called a second time"));
});

export const oncefuncTest = new GoFile("sync/oncefunc_test.go");

/** Calls a function of onceFunc's kind twice: both throw, with what is wanted, and the function beneath ran once. */
function* panicsTwice(calls: () => number, f: () => Op<unknown>, want: (thrown: unknown) => boolean): Go {
  for (const label of ["first time", "second time"]) {
    const error = yield* thrownBy(function* () {
      yield* f();
    }, label);
    must(want(error), `${label}: panic ${String(error)}`);
  }
  same(calls(), 1, "calls");
}

const isX = (error: unknown) => error === "x";

oncefuncTest.run("TestOnceFunc", function* () {
  let calls = 0;
  const f = onceFunc(() => void calls++);
  for (let i = 0; i < 10; i++) yield* f();
  same(calls, 1, "calls");
});

oncefuncTest.run("TestOnceValue", function* () {
  let calls = 0;
  const f = onceValue(() => ++calls);
  for (let i = 0; i < 10; i++) yield* f();
  same(yield* f(), 1, "value");
  same(calls, 1, "calls");
});

oncefuncTest.run("TestOnceValues", function* () {
  let calls = 0;
  const f = onceValues(() => [++calls, calls + 1]);
  for (let i = 0; i < 10; i++) yield* f();
  const [v1, v2] = yield* f();
  same(calls, 1, "calls");
  same(v1, 1, "the first value");
  same(v2, 2, "the second value");
});

oncefuncTest.run("TestOnceFuncPanic", function* () {
  let calls = 0;
  const f = onceFunc(() => {
    calls++;
    throw "x";
  });
  yield* panicsTwice(() => calls, f, isX);
});

oncefuncTest.run("TestOnceValuePanic", function* () {
  let calls = 0;
  const f = onceValue((): number => {
    calls++;
    throw "x";
  });
  yield* panicsTwice(() => calls, f, isX);
});

oncefuncTest.run("TestOnceValuesPanic", function* () {
  let calls = 0;
  const f = onceValues((): [number, number] => {
    calls++;
    throw "x";
  });
  yield* panicsTwice(() => calls, f, isX);
});

oncefuncTest.run("TestOnceFuncPanicNil", function* () {
  let calls = 0;
  const f = onceFunc(() => {
    calls++;
    throw null;
  });
  yield* panicsTwice(
    () => calls,
    f,
    (error) => error === null || error instanceof PanicError,
  );
});

oncefuncTest.run("TestOnceFuncGoexit", function* () {
  let calls = 0;
  const f = onceFunc(function* () {
    calls++;
    yield* goexit();
  });
  const wg = new WaitGroup();
  for (let i = 0; i < 2; i++) {
    wg.go(function* () {
      try {
        yield* f();
      } catch (error) {
        if (error instanceof Goexit) throw error;
        must(error instanceof PanicError, `thrown: ${String(error)}`);
      }
    });
    yield* wg.wait();
  }
  same(calls, 1, "calls");
});

oncefuncTest.run("TestOnceFuncPanicTraceback", function* () {
  function onceFuncPanic(): void {
    throw new Error("x");
  }
  const error = yield* thrownBy(function* () {
    yield* onceFunc(onceFuncPanic)();
  }, "onceFunc");
  same(textOf(error), "x", "panic");
  must((error as Error).stack?.includes("onceFuncPanic") === true, "the stack does not go to the origin of the panic");
});

oncefuncTest.run("TestOnceXGC", function* () {
  const collected = new Set<string>();
  const registry = new FinalizationRegistry((name: string) => collected.add(name));
  const fail = (buf: Uint8Array): never => {
    buf[0] = 1;
    throw "test panic";
  };
  const touch = (buf: Uint8Array) => void buf.fill(1);
  const makers: Record<string, (buf: Uint8Array) => () => Op<unknown>> = {
    onceFunc: (buf) => onceFunc(() => touch(buf)),
    onceValue: (buf) => onceValue(() => touch(buf)),
    onceValues: (buf) => onceValues(() => [touch(buf), null]),
    "onceFunc panic": (buf) => onceFunc(() => fail(buf)),
    "onceValue panic": (buf) => onceValue(() => fail(buf)),
    "onceValues panic": (buf) => onceValues(() => fail(buf)),
  };
  const made: (() => Op<unknown>)[] = [];
  for (const [name, maker] of Object.entries(makers)) {
    (() => {
      const buf = new Uint8Array(1024);
      registry.register(buf, name);
      made.push(maker(buf));
    })();
  }
  /** Callbacks of the collector come when the event loop has its turn. */
  function* collect(): Go {
    Bun.gc(true);
    yield* wait(new Promise((resolve) => setTimeout(resolve, 0)));
  }
  yield* collect();
  same(collected.size, 0, "functions collected too early");
  for (const f of made) {
    try {
      yield* f();
    } catch (error) {
      same(error, "test panic" as unknown, "panic");
    }
  }
  // A conservative collector may take a word on the stack for one of them; not for all.
  for (let i = 0; i < 20 && collected.size === 0; i++) yield* collect();
  must(collected.size > 0, "no function is collected, though each has run");
  same(made.length, 6, "functions that are alive");
});

export const rwmutexTest = new GoFile("sync/rwmutex_test.go");

rwmutexTest.run("TestParallelReaders", function* () {
  for (const readers of [1, 3, 4]) {
    const m = new RWMutex();
    const [locked, unlock, done] = [chan<boolean>(), chan<boolean>(), chan<boolean>()];
    for (let i = 0; i < readers; i++) {
      go(function* () {
        yield* m.rlock();
        yield* locked.send(true);
        yield* unlock.recv();
        m.runlock();
        yield* done.send(true);
      });
    }
    yield* drain(locked, readers);
    for (let i = 0; i < readers; i++) yield* unlock.send(true);
    yield* drain(done, readers);
  }
});

/** Readers and writers that give way while they are inside. */
function* hammer(readers: number, rounds: number): Go {
  // Readers inside, and 10,000 for each writer.
  let activity = 0;
  const m = new RWMutex();
  const wg = new WaitGroup();
  function* reader(): Go {
    for (let i = 0; i < rounds; i++) {
      yield* m.rlock();
      activity++;
      must(activity >= 1 && activity < 10_000, `a reader beside a writer: ${activity}`);
      yield* gosched();
      activity--;
      m.runlock();
    }
  }
  function* writer(): Go {
    for (let i = 0; i < rounds; i++) {
      yield* m.lock();
      activity += 10_000;
      same(activity, 10_000, "activity beside a writer");
      yield* gosched();
      activity -= 10_000;
      yield* m.unlock();
    }
  }
  const half = readers >> 1;
  wg.go(writer);
  for (let i = 0; i < half; i++) wg.go(reader);
  wg.go(writer);
  for (let i = half; i < readers; i++) wg.go(reader);
  yield* wg.wait();
}

rwmutexTest.run("TestRWMutex", function* () {
  const m = new RWMutex();
  yield* m.lock();
  must(!m.tryLock() && !m.tryRLock(), "a try of a locked RWMutex");
  yield* m.unlock();
  must(m.tryLock(), "no tryLock of a free RWMutex");
  yield* m.unlock();
  must(m.tryRLock() && m.tryRLock(), "no tryRLock of an RWMutex that readers have");
  must(!m.tryLock(), "tryLock of an RWMutex that readers have");
  m.runlock();
  m.runlock();
  for (const readers of [1, 3, 10, 5]) yield* hammer(readers, 200);
});

rwmutexTest.run("TestRLocker", function* () {
  const wl = new RWMutex();
  const rl = wl.rlocker();
  const [wlocked, rlocked] = [chan<boolean>(1), chan<boolean>(1)];
  const n = 10;
  go(function* () {
    for (let i = 0; i < n; i++) {
      yield* rl.lock();
      yield* rl.lock();
      yield* rlocked.send(true);
      yield* wl.lock();
      yield* wlocked.send(true);
    }
  });
  for (let i = 0; i < n; i++) {
    yield* rlocked.recv();
    yield* rl.unlock();
    must(!(yield* poll(wlocked)).ready, "rlocker: the lock is the writer's too early");
    yield* rl.unlock();
    yield* wlocked.recv();
    must(!(yield* poll(rlocked)).ready, "rlocker: the lock is the reader's too early");
    yield* wl.unlock();
  }
});

export const waitgroupTest = new GoFile("sync/waitgroup_test.go");

waitgroupTest.run("TestWaitGroup", function* () {
  const wg1 = new WaitGroup();
  const wg2 = new WaitGroup();
  const n = 16;
  for (let round = 0; round < 8; round++) {
    wg1.add(n);
    wg2.add(n);
    const exited = chan<boolean>(n);
    for (let i = 0; i < n; i++) {
      go(function* () {
        wg1.done();
        yield* wg2.wait();
        yield* exited.send(true);
      });
    }
    yield* wg1.wait();
    for (let i = 0; i < n; i++) {
      must(!(yield* poll(exited)).ready, "the group was let go too early");
      wg2.done();
    }
    yield* drain(exited, n);
  }
});

waitgroupTest.run("TestWaitGroupMisuse", function* () {
  const wg = new WaitGroup();
  wg.add(1);
  wg.done();
  const error = thrown(() => wg.done(), "done below zero");
  must(error instanceof PanicError, "not a panic");
  same(error.message, "sync: negative WaitGroup counter", "text");
});

waitgroupTest.run("TestWaitGroupRace", function* () {
  for (let i = 0; i < 1000; i++) {
    const wg = new WaitGroup();
    let n = 0;
    for (let k = 0; k < 2; k++) {
      wg.add(1);
      go(function* () {
        n++;
        wg.done();
      });
    }
    yield* wg.wait();
    same(n, 2, "goroutines that were done when the wait was over");
  }
});

waitgroupTest.not("it is about the alignment of a word in a record of Go's", "TestWaitGroupAlign");

waitgroupTest.run("TestWaitGroupGo", function* () {
  const wg = new WaitGroup();
  let i = 0;
  wg.go(function* () {
    i++;
  });
  yield* wg.wait();
  same(i, 1, "calls");
});

waitgroupTest.whole("TestIssue76126", async () => {
  const returned = flag();
  const failure = await failureOf(
    run(function* main() {
      const wg = new WaitGroup();
      wg.go(function* () {
        throw "test";
      });
      yield* wg.wait();
      returned.value = true;
    }),
    "a panic below a WaitGroup",
  );
  must(!returned.value, "wait returned");
  must(reportOf(failure)?.startsWith("panic: test") === true, `report: ${reportOf(failure)}`);
});

export const syncExamples = new GoFile("sync/example_test.go");

/** Three fetches, whatever they give. */
const urls = ["http://www.golang.org/", "http://www.google.com/", "http://www.example.com/"];

syncExamples.run("ExampleWaitGroup", function* () {
  const wg = new WaitGroup();
  const got: string[] = [];
  for (const url of urls) {
    wg.go(function* () {
      yield* gosched();
      got.push(url);
    });
  }
  yield* wg.wait();
  same(got.length, urls.length, "pages");
});

syncExamples.run("ExampleWaitGroup_addAndDone", function* () {
  const wg = new WaitGroup();
  const got: string[] = [];
  for (const url of urls) {
    wg.add(1);
    go(function* (page: string) {
      try {
        yield* gosched();
        got.push(page);
      } finally {
        wg.done();
      }
    }, url);
  }
  yield* wg.wait();
  same(got.length, urls.length, "pages");
});

syncExamples.run("ExampleOnce", function* () {
  const once = new Once();
  const printed: string[] = [];
  const done = chan<boolean>();
  for (let i = 0; i < 10; i++) {
    go(function* () {
      yield* once.do(() => void printed.push("Only once"));
      yield* done.send(true);
    });
  }
  yield* drain(done, 10);
  same(printed.join("\n"), "Only once", "printed");
});

syncExamples.run("ExampleOnceValue", function* () {
  const printed: string[] = [];
  const once = onceValue(() => {
    let sum = 0;
    for (let i = 0; i < 1000; i++) sum += i;
    printed.push(`Computed once: ${sum}`);
    return sum;
  });
  const done = chan<boolean>();
  for (let i = 0; i < 10; i++) {
    go(function* () {
      same(yield* once(), 499500, "value");
      yield* done.send(true);
    });
  }
  yield* drain(done, 10);
  same(printed.join("\n"), "Computed once: 499500", "printed");
});

syncExamples.run("ExampleOnceValues", function* () {
  const printed: string[] = [];
  const once = onceValues(() => {
    printed.push("Reading file once");
    return ["the text", undefined];
  });
  const done = chan<boolean>();
  for (let i = 0; i < 10; i++) {
    go(function* () {
      const [data, error] = yield* once();
      same(error, undefined, "error");
      same(data, "the text", "data");
      yield* done.send(true);
    });
  }
  yield* drain(done, 10);
  same(printed.join("\n"), "Reading file once", "printed");
});

export const mapTest = new GoFile("sync/map_test.go");
mapTest.not(
  "sync.Map is JavaScript's own Map here: no other goroutine runs between two operations",
  "TestMapMatchesRWMutex",
  "TestMapMatchesDeepCopy",
  "TestMapMatchesHashTrieMap",
  "TestConcurrentRange",
  "TestIssue40999",
  "TestMapRangeNestedCall",
  "TestCompareAndSwap_NonExistingKey",
  "TestMapRangeNoAllocations",
  "TestConcurrentClear",
  "TestMapClearOneAllocation",
);

export const poolTest = new GoFile("sync/pool_test.go");
poolTest.not(
  "a Pool is emptied by Go's collector, which tells it when; JavaScript's tells nobody",
  "TestPool",
  "TestPoolNew",
  "TestPoolGC",
  "TestPoolRelease",
  "TestPoolStress",
  "TestPoolDequeue",
  "TestPoolChain",
  "TestNilPool",
);
export const poolExamples = new GoFile("sync/example_pool_test.go");
poolExamples.not("a Pool is emptied by Go's collector, which tells it when; JavaScript's tells nobody", "ExamplePool");
