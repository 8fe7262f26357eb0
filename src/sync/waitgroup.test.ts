/** WaitGroup.go: what it starts, counts and does with errors. */
import { describe, expect, test } from "bun:test";
import { type Go, go, goexit, gosched, runSync, sleep, UncaughtError, WaitGroup } from "../index.ts";
import { Grunnable } from "../runtime/runtime2.ts";

describe("WaitGroup.go", () => {
  test("waits for what it started, with its arguments", () => {
    const sum = runSync(function* () {
      const wg = new WaitGroup();
      let total = 0;
      for (let i = 1; i <= 4; i++) {
        wg.go(
          function* (n: number, ms: number) {
            yield* sleep(ms);
            total += n;
          },
          i,
          10 - i,
        );
      }
      yield* wg.wait();
      return total;
    });
    expect(sum).toBe(10);
  });

  test("counts it from the call on", () => {
    runSync(function* () {
      const wg = new WaitGroup();
      let ran = false;
      wg.go(function* () {
        ran = true;
      });
      expect(ran).toBe(false);
      yield* wg.wait();
      expect(ran).toBe(true);
    });
  });

  test("goexit counts as done, after the finally blocks", () => {
    runSync(function* () {
      const wg = new WaitGroup();
      let left = false;
      wg.go(function* () {
        try {
          yield* goexit();
        } finally {
          yield* gosched();
          left = true;
        }
      });
      yield* wg.wait();
      expect(left).toBe(true);
    });
  });

  test("what it throws ends the run, before a waiter hears of it", () => {
    let thrown = false;
    let woken = false;
    const main = function* () {
      const wg = new WaitGroup();
      go(function* () {
        yield* wg.wait();
      });
      wg.go(function* thrower() {
        yield* sleep(1);
        thrown = true;
        throw new Error("no luck");
      });
      yield* wg.wait();
    };
    const onTransition = (_gp: number, _from: number, to: number) => {
      if (thrown && to === Grunnable) woken = true;
    };
    const verdict = () => runSync(main, { onTransition });
    expect(verdict).toThrow(UncaughtError);
    thrown = false;
    expect(verdict).toThrow(/^panic: Error: no luck\n\ngoroutine 3 \[running\]:\nthrower/);
    expect(woken).toBe(false);
  });

  test("a function that is no generator function counts nothing", () => {
    runSync(function* () {
      const wg = new WaitGroup();
      const plain = (() => {}) as unknown as () => Go;
      expect(() => wg.go(plain)).toThrow("gobuf: WaitGroup.go: plain is no generator function: write `function*`");
      yield* wg.wait();
    });
  });
});
