/** Once: one call of all, also when it panics or ends its goroutine. */
import { expect, test } from "bun:test";
import { go, goexit, gosched, Once, runSync, WaitGroup } from "../index.ts";

test("the function runs once, and whoever calls meanwhile waits until it is over", () => {
  const notes: string[] = [];
  runSync(function* () {
    const once = new Once();
    const wg = new WaitGroup();
    for (const name of ["a", "b", "c"]) {
      wg.go(function* () {
        yield* once.do(function* () {
          notes.push(`${name} begins`);
          yield* gosched();
          yield* gosched();
          notes.push(`${name} ends`);
        });
        notes.push(name);
      });
    }
    yield* wg.wait();
    yield* once.do(() => void notes.push("again"));
  });
  expect(notes.slice(0, 2)).toEqual(["c begins", "c ends"]);
  expect(notes.slice(2).sort()).toEqual(["a", "b", "c"]);
});

test("a plain function will do", () =>
  runSync(function* () {
    const once = new Once();
    let calls = 0;
    yield* once.do(() => void calls++);
    yield* once.do(() => void calls++);
    expect(calls).toBe(1);
  }));

test("a function that throws has run: the error goes to its caller, nobody runs it again", () =>
  runSync(function* () {
    const once = new Once();
    const failing = function* () {
      throw new Error("no luck");
    };
    let caught = "";
    try {
      yield* once.do(failing);
    } catch (error) {
      caught = (error as Error).message;
    }
    expect(caught).toBe("no luck");
    yield* once.do(failing);
  }));

test("so has one that ends its goroutine", () =>
  runSync(function* () {
    const once = new Once();
    let came = false;
    go(function* () {
      yield* once.do(function* () {
        yield* goexit();
      });
      came = true;
    });
    yield* gosched();
    yield* gosched();
    yield* once.do(() => expect.unreachable());
    expect(came).toBe(false);
  }));

test("a function that calls its own Once waits for itself", () => {
  expect(() =>
    runSync(function* () {
      const once = new Once();
      yield* once.do(function* () {
        yield* once.do(() => {});
      });
    }),
  ).toThrow("all goroutines are asleep - deadlock!");
});
