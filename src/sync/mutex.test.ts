/** Mutex and RWMutex: the try variants, misuse, and that unlock may be left without its `yield*`. */
import { describe, expect, test } from "bun:test";
import { FatalError, go, gosched, Mutex, RWMutex, runSync, sleep } from "../index.ts";

test("tryLock takes a free mutex, and no other", () =>
  runSync(function* () {
    const m = new Mutex();
    expect(m.tryLock()).toBe(true);
    expect(m.tryLock()).toBe(false);
    yield* m.unlock();
    yield* m.lock();
    expect(m.tryLock()).toBe(false);
    m.unlock();
    expect(m.tryLock()).toBe(true);
  }));

test("tryRLock and tryLock of an RWMutex", () =>
  runSync(function* () {
    const rw = new RWMutex();
    expect(rw.tryRLock()).toBe(true);
    expect(rw.tryRLock()).toBe(true);
    expect(rw.tryLock()).toBe(false);
    rw.runlock();
    rw.runlock();
    expect(rw.tryLock()).toBe(true);
    expect(rw.tryRLock()).toBe(false);
    yield* rw.unlock();
    yield* rw.rlock();
  }));

describe("misuse is fatal, also where a body catches it", () => {
  test.each([
    ["Mutex.unlock", () => new Mutex().unlock(), "sync: unlock of unlocked mutex"],
    ["RWMutex.unlock", () => new RWMutex().unlock(), "sync: Unlock of unlocked RWMutex"],
    ["RWMutex.runlock", () => new RWMutex().runlock(), "sync: RUnlock of unlocked RWMutex"],
  ])("%s", (_, misuse, text) => {
    const main = function* () {
      try {
        misuse();
      } catch {
        // Go's fatal cannot be recovered from.
      }
      yield* gosched();
      return "went on";
    };
    expect(() => runSync(main)).toThrow(FatalError);
    expect(() => runSync(main)).toThrow(text);
  });
});

test("tryLock does not take a mutex that is being handed over to a waiter that has starved", () =>
  runSync(function* () {
    const m = new Mutex();
    let got = false;
    yield* m.lock();
    go(function* () {
      yield* m.lock();
      got = true;
      m.unlock();
    });
    yield* gosched();
    yield* sleep(5);
    m.unlock();
    yield* m.lock();
    // The waiter wakes, loses, and has waited for more than a millisecond.
    yield* gosched();
    m.unlock();
    expect(m.tryLock()).toBe(false);
    yield* gosched();
    expect(got).toBe(true);
    expect(m.tryLock()).toBe(true);
  }));

test.each([true, false])("a starving waiter gets the mutex, whether unlock is yielded (%p) or not", (yielded) => {
  runSync(function* () {
    const m = new Mutex();
    const order: string[] = [];
    yield* m.lock();
    go(function* () {
      yield* m.lock();
      order.push("waiter");
      m.unlock();
    });
    yield* gosched();
    yield* sleep(5);
    for (let i = 0; i < 2; i++) {
      if (yielded) yield* m.unlock();
      else m.unlock();
      yield* m.lock();
      order.push("owner");
      // The waiter wakes, loses, and has waited for more than a millisecond: from here on the mutex is handed over.
      yield* gosched();
    }
    m.unlock();
    expect(order).toEqual(["owner", "waiter", "owner"]);
  });
});
