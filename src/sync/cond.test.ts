/** Cond: tickets are served first in, first out; a signal that nobody waits for is lost, as Go's is. */
import { expect, test } from "bun:test";
import { Cond, FatalError, go, gosched, Mutex, RWMutex, runSync, WaitGroup } from "../index.ts";

/** Starts waiters that note their names, and lets each begin to wait. */
function* waiters(cond: Cond, names: readonly string[], notes: string[]): Generator<unknown, WaitGroup, true> {
  const wg = new WaitGroup();
  for (const name of names) {
    wg.go(function* () {
      yield* cond.L.lock();
      yield* cond.wait();
      notes.push(name);
      yield* cond.L.unlock();
    });
    yield* gosched();
    yield* gosched();
  }
  return wg;
}

test("signal wakes the one that has waited longest", () => {
  const notes: string[] = [];
  runSync(function* () {
    const cond = new Cond(new Mutex());
    const wg = yield* waiters(cond, ["a", "b", "c"], notes);
    for (let i = 0; i < 3; i++) {
      cond.signal();
      yield* gosched();
      yield* gosched();
      expect(notes).toHaveLength(i + 1);
    }
    yield* wg.wait();
  });
  expect(notes.join("")).toBe("abc");
});

test("broadcast wakes all: the last readied runs first, the others in their order", () => {
  const notes: string[] = [];
  runSync(function* () {
    const cond = new Cond(new Mutex());
    const wg = yield* waiters(cond, ["a", "b", "c", "d"], notes);
    cond.broadcast();
    yield* wg.wait();
  });
  expect(notes.join("")).toBe("dabc");
});

test("the locker is free while a goroutine waits, and held when wait gives", () =>
  runSync(function* () {
    const m = new Mutex();
    const cond = new Cond(m);
    go(function* () {
      yield* m.lock();
      cond.signal();
      expect(m.tryLock()).toBe(false);
      yield* m.unlock();
    });
    yield* m.lock();
    yield* cond.wait();
    expect(m.tryLock()).toBe(false);
    yield* m.unlock();
  }));

test("a signal that nobody waits for is lost", () => {
  expect(() =>
    runSync(function* () {
      const cond = new Cond(new Mutex());
      cond.signal();
      cond.broadcast();
      yield* cond.L.lock();
      yield* cond.wait();
    }),
  ).toThrow("all goroutines are asleep - deadlock!");
});

test("wait without its locker held is fatal, by the locker's own text", () => {
  for (const [locker, text] of [
    [new Mutex(), "sync: unlock of unlocked mutex"],
    [new RWMutex(), "sync: Unlock of unlocked RWMutex"],
  ] as const) {
    const main = function* () {
      yield* new Cond(locker).wait();
    };
    expect(() => runSync(main)).toThrow(FatalError);
    expect(() => runSync(main)).toThrow(text);
  }
});
