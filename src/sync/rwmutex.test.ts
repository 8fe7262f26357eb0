/** RWMutex: who waits for whom, and in which order they go on. The try variants and misuse are in mutex.test.ts. */
import { expect, test } from "bun:test";
import { Cond, type Go, go, gosched, RWMutex, runSync, WaitGroup } from "../index.ts";

/** Runs a body that notes what happens. */
function noted(body: (note: (what: string) => void) => Go): string {
  const notes: string[] = [];
  runSync(() => body((what) => notes.push(what)));
  return notes.join(" ");
}

test("readers share it; a writer waits for those that are in, and those that come later wait for the writer", () => {
  const order = noted(function* (note) {
    const rw = new RWMutex();
    const wg = new WaitGroup();
    yield* rw.rlock();
    yield* rw.rlock();
    wg.go(function* () {
      yield* rw.lock();
      note("writer");
      yield* rw.unlock();
    });
    yield* gosched();
    yield* gosched();
    wg.go(function* () {
      yield* rw.rlock();
      note("late reader");
      rw.runlock();
    });
    yield* gosched();
    note("one out");
    rw.runlock();
    yield* gosched();
    note("both out");
    rw.runlock();
    yield* wg.wait();
  });
  expect(order).toBe("one out both out writer late reader");
});

test("a writer that unlocks readies the readers first in, first out: the last of them takes runnext", () => {
  const order = noted(function* (note) {
    const rw = new RWMutex();
    const wg = new WaitGroup();
    yield* rw.lock();
    for (const name of ["r1", "r2", "r3", "r4"]) {
      wg.go(function* () {
        yield* rw.rlock();
        note(name);
        rw.runlock();
      });
    }
    // Each runs and waits: the newest first, then the others in their order.
    for (let i = 0; i < 3; i++) yield* gosched();
    yield* rw.unlock();
    yield* wg.wait();
  });
  expect(order).toBe("r3 r4 r1 r2");
});

test("a writer behind a writer waits for the inner Mutex", () => {
  const order = noted(function* (note) {
    const rw = new RWMutex();
    const wg = new WaitGroup();
    yield* rw.lock();
    for (const name of ["w1", "w2"]) {
      wg.go(function* () {
        yield* rw.lock();
        note(name);
        yield* rw.unlock();
      });
    }
    for (let i = 0; i < 3; i++) yield* gosched();
    note("unlock");
    yield* rw.unlock();
    yield* wg.wait();
    expect(rw.tryLock()).toBe(true);
  });
  expect(order).toBe("unlock w2 w1");
});

test("nobody reads while a writer is in", () => {
  const rw = new RWMutex();
  let writing = false;
  let reads = 0;
  runSync(function* () {
    const wg = new WaitGroup();
    for (let i = 0; i < 4; i++) {
      wg.go(function* reader() {
        for (let k = 0; k < 50; k++) {
          yield* rw.rlock();
          expect(writing).toBe(false);
          yield* gosched();
          expect(writing).toBe(false);
          reads++;
          rw.runlock();
        }
      });
      wg.go(function* writer() {
        for (let k = 0; k < 20; k++) {
          yield* rw.lock();
          writing = true;
          yield* gosched();
          writing = false;
          yield* rw.unlock();
        }
      });
    }
    go(function* () {});
    yield* wg.wait();
  });
  expect(reads).toBe(200);
});

test("its rlocker locks for reading: readers wait on one Cond, and the writer that signals them has it alone", () => {
  const order = noted(function* (note) {
    const rw = new RWMutex();
    const cond = new Cond(rw.rlocker());
    let ready = false;
    const wg = new WaitGroup();
    for (const name of ["a", "b"]) {
      wg.go(function* () {
        yield* cond.L.lock();
        while (!ready) yield* cond.wait();
        note(name);
        yield* gosched();
        note(name);
        cond.L.unlock();
      });
    }
    yield* gosched();
    yield* gosched();
    yield* rw.lock();
    ready = true;
    note("writer");
    cond.broadcast();
    yield* rw.unlock();
    yield* wg.wait();
    note(String(rw.tryLock()));
  });
  expect(order).toMatch(/^writer (a b a b|b a b a) true$/);
});

test("to unlock an rlocker that nobody locked ends the run, as runlock does", () => {
  expect(() =>
    runSync(function* () {
      yield* new RWMutex().rlocker().unlock();
    }),
  ).toThrow("sync: RUnlock of unlocked RWMutex");
});

test("an unlock by one that does not hold it lets a second writer wait beside the first: they go on in their order, as Go's", () => {
  // Go takes no notice of such an unlock while readers are in, either.
  const order = noted(function* (note) {
    const rw = new RWMutex();
    yield* rw.rlock();
    yield* rw.rlock();
    for (const name of ["first", "second"]) {
      go(function* () {
        yield* rw.lock();
        note(name);
      });
      yield* gosched();
      yield* gosched();
      if (name === "first") yield* rw.unlock();
    }
    // What that unlock gave to readers who did not wait.
    yield* rw.rlock();
    yield* rw.rlock();
    for (let i = 0; i < 4; i++) rw.runlock();
    yield* gosched();
    yield* gosched();
    note("main");
  });
  expect(order).toBe("first main");
});
