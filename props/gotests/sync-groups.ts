/** sync/rwmutex_test.go, sync/waitgroup_test.go, the examples of package sync, and what is not told of its maps and pools. */
import {
  chan,
  type Go,
  go,
  gosched,
  Once,
  onceValue,
  onceValues,
  PanicError,
  RWMutex,
  reportOf,
  run,
  WaitGroup,
} from "gobuf";
import { drain, failureOf, flag, GoFile, must, poll, same, thrown } from "./gotest.ts";

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
