/** onceFunc, onceValue, onceValues: one run of the function, and the same outcome for every call. */
import { expect, test } from "bun:test";
import { go, goexit, gosched, onceFunc, onceValue, onceValues, PanicError, runSync, WaitGroup } from "../index.ts";

test("calls that come meanwhile wait, and all get the one result", () => {
  const notes: string[] = [];
  runSync(function* () {
    let calls = 0;
    const value = onceValue(function* () {
      yield* gosched();
      yield* gosched();
      return ++calls;
    });
    const wg = new WaitGroup();
    for (const name of ["a", "b", "c"]) {
      wg.go(function* () {
        notes.push(`${name} ${yield* value()}`);
      });
    }
    yield* wg.wait();
    notes.push(`late ${yield* value()}`);
  });
  expect(notes.slice(0, 3).sort()).toEqual(["a 1", "b 1", "c 1"]);
  expect(notes[3]).toBe("late 1");
});

test("plain functions will do, and a tuple is several values", () =>
  runSync(function* () {
    let calls = 0;
    const f = onceFunc(() => void calls++);
    yield* f();
    yield* f();
    expect(calls).toBe(1);
    const values = onceValues(() => [++calls, "two"]);
    expect(yield* values()).toEqual([2, "two"]);
    expect(yield* values()).toBe(yield* values());
    expect(calls).toBe(2);
  }));

test("what it throws is thrown by every call, also undefined", () =>
  runSync(function* () {
    for (const thrown of [new Error("no luck"), "x", undefined]) {
      let calls = 0;
      const makers = [
        onceFunc(function* () {
          calls++;
          yield* gosched();
          throw thrown;
        }),
        onceValue(() => {
          calls++;
          throw thrown;
        }),
      ];
      for (const f of makers) {
        for (let i = 0; i < 2; i++) {
          let caught: unknown = "nothing";
          try {
            yield* f();
          } catch (error) {
            caught = error;
          }
          expect(caught).toBe(thrown);
        }
      }
      expect(calls).toBe(2);
    }
  }));

test("one that ends its goroutine has run: later calls panic with Go's words", () =>
  runSync(function* () {
    let came = false;
    let calls = 0;
    const f = onceFunc(function* () {
      calls++;
      yield* goexit();
    });
    go(function* () {
      yield* f();
      came = true;
    });
    yield* gosched();
    yield* gosched();
    let caught: unknown;
    try {
      yield* f();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(PanicError);
    expect((caught as Error).message).toBe("panic called with nil argument");
    expect([calls, came]).toEqual([1, false]);
  }));

test("no function, and no goroutine, are refused by name", () => {
  expect(() => onceFunc(null as never)).toThrow("gobuf: onceFunc: expected a function, got null");
  expect(() => onceValue(3 as never)).toThrow("gobuf: onceValue: expected a function, got 3");
  expect(() => onceValue(() => 1)()).toThrow("onceValue");
});
