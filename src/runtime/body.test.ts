/** A function that makes no generator is refused at the call, by the name of the called operation, and not later. */
import { describe, expect, test } from "bun:test";
import { afterFunc, call, ErrGroup, go, gosched, Once, run, runSync, sleep, WaitGroup } from "../index.ts";
import { runTest, synctest } from "../testing/index.ts";

/** Functions that make something else, each with `next` or without. */
const lookalikes: [string, () => unknown][] = [
  ["a plain function", () => 1],
  ["an async function", async () => 1],
  ["an async generator", async function* () {}],
  ["an object with next", () => ({ next: () => ({ done: true, value: 1 }) })],
];

describe.each(lookalikes)("%s", (_, fn) => {
  const make = fn as () => Generator<unknown, unknown, true>;
  const text = (what: string) => `gobuf: ${what}: fn is no generator function: write \`function*\``;
  Object.defineProperty(make, "name", { value: "fn" });

  test.each([
    ["go", () => go(make)],
    ["call", () => call(make)],
    ["WaitGroup.go", () => new WaitGroup().go(make)],
    ["ErrGroup.go", () => new ErrGroup().go(make as never)],
  ])("is refused by %s", (what, use) => {
    runSync(function* () {
      expect(use).toThrow(text(what));
      yield* gosched();
    });
  });

  test("is refused as a main, and the next run is none the worse", async () => {
    expect(() => runSync(make)).toThrow(text("runSync"));
    expect(() => run(make)).toThrow(text("run"));
    await expect(runTest(make)).rejects.toThrow(text("runTest"));
    await expect(synctest.test(make)).rejects.toThrow(text("synctest.test"));
    expect(
      runSync(function* () {
        yield* gosched();
        return 5;
      }),
    ).toBe(5);
  });
});

describe("where a plain function will do", () => {
  const plain = lookalikes.filter(([name]) => name === "a plain function").map(([, fn]) => fn as () => undefined);
  const others = lookalikes.filter(([name]) => name === "an async generator").map(([, fn]) => fn as () => undefined);

  test("Once.do and afterFunc take it, whatever it gives", () =>
    runSync(function* () {
      for (const fn of plain) {
        yield* new Once().do(fn);
        afterFunc(1, fn);
      }
      yield* sleep(2);
    }));

  test("and refuse what would never run", () => {
    for (const fn of others) {
      expect(() =>
        runSync(function* () {
          yield* new Once().do(fn);
        }),
      ).toThrow("gobuf: Once.do: fn is no generator function");
      expect(() =>
        runSync(function* () {
          afterFunc(1, fn);
          yield* sleep(2);
        }),
      ).toThrow("gobuf: afterFunc: fn is no generator function");
    }
  });
});
