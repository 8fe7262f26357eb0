/** sync/cond_test.go, sync/mutex_test.go. */
import {
  after,
  Cond,
  chan,
  FatalError,
  type Go,
  go,
  gosched,
  Mutex,
  RWMutex,
  recvCase,
  run,
  select,
  sleep,
  WaitGroup,
} from "gobuf";
import { drain, failureOf, GoFile, must, poll, same, textOf } from "./gotest.ts";

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
