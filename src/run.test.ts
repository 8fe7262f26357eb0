/** Runs: verdicts, uncaught errors and their reports, goexit, call, and operations in the wrong place. */
import { describe, expect, test } from "bun:test";
import {
  call,
  chan,
  FatalError,
  type Go,
  go,
  goexit,
  goroutineDump,
  gosched,
  numGoroutine,
  PanicError,
  reportOf,
  run,
  runSync,
  sleep,
  UncaughtError,
  wait,
} from "./index.ts";

function failure(f: () => unknown): Error {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected it to throw");
}

describe("verdicts", () => {
  test("deadlock: Go's text, and every goroutine with state and creator", () => {
    const error = failure(() =>
      runSync(function* main() {
        const ch = chan<number>();
        go(function* worker() {
          yield* ch.recv();
        });
        yield* ch.recv();
      }),
    );
    expect(error).toBeInstanceOf(FatalError);
    expect((error as FatalError).text).toBe("all goroutines are asleep - deadlock!");
    expect(error.message).toBe(
      [
        "all goroutines are asleep - deadlock!",
        "",
        "goroutine 1 [chan receive]:",
        "main(...)",
        "",
        "goroutine 2 [chan receive]:",
        "worker(...)",
        "created by main in goroutine 1",
        "",
      ].join("\n"),
    );
  });

  test("no goroutines: main ended by goexit and nobody is left", () => {
    const error = failure(() => runSync(() => goexitAtOnce()));
    expect((error as FatalError).text).toBe("no goroutines (main called runtime.Goexit) - deadlock!");
  });

  test("main's goexit with others left runs them on", () => {
    const seen: number[] = [];
    const error = failure(() =>
      runSync(function* () {
        go(function* () {
          for (let i = 0; i < 3; i++) {
            seen.push(i);
            yield* gosched();
          }
        });
        yield* goexit();
      }),
    );
    expect(seen).toEqual([0, 1, 2]);
    expect(error.message).toContain("no goroutines");
  });

  test("a sleeping goroutine is no deadlock", () => {
    expect(
      runSync(function* () {
        yield* sleep(1000);
        return "woken";
      }),
    ).toBe("woken");
  });
});

function* goexitAtOnce(): Go {
  yield* goexit();
}

describe("errors", () => {
  test("main's own error comes out as it is", () => {
    const own = new TypeError("mine");
    expect(
      failure(() =>
        runSync(function* () {
          yield* gosched();
          throw own;
        }),
      ),
    ).toBe(own);
  });

  test("and has Go's report beside it", () => {
    const own = new TypeError("mine");
    const error = failure(() =>
      runSync(function* main() {
        go(function* other() {
          yield* sleep(1);
        });
        yield* gosched();
        yield* gosched();
        throw own;
      }),
    );
    expect(reportOf(error)).toBe(["panic: TypeError: mine", "", "goroutine 1 [running]:", "main(...)", ""].join("\n"));
    expect(reportOf(new TypeError("mine"))).toBeUndefined();
    expect(reportOf(failure(() => runSync(() => goexitAtOnce())))).toStartWith(
      "fatal error: no goroutines (main called",
    );
  });

  test("another goroutine's ends the run with Go's report and the error as its cause", () => {
    const own = new RangeError("boom");
    const error = failure(() =>
      runSync(function* main() {
        go(function* bad() {
          yield* gosched();
          throw own;
        });
        yield* sleep(1);
      }),
    );
    expect(error).toBeInstanceOf(UncaughtError);
    expect(error.cause).toBe(own);
    expect((error as UncaughtError).goid).toBe(2);
    expect(error.message).toBe(
      ["panic: RangeError: boom", "", "goroutine 2 [running]:", "bad(...)", "created by main in goroutine 1", ""].join(
        "\n",
      ),
    );
  });

  test("a thrown undefined is an error, too", () => {
    const error = failure(() =>
      runSync(function* () {
        go(function* () {
          yield* gosched();
          throw undefined;
        });
        yield* sleep(1);
      }),
    );
    expect(error.message).toStartWith("panic: panic called with nil argument\n");
  });

  test("run rejects with the same", async () => {
    expect(
      run(function* () {
        yield* chan<number>().recv();
      }),
    ).rejects.toThrow("all goroutines are asleep");
    await Bun.sleep(0);
  });

  test('traceback "all" gives the lines of the wait and of the go statement', () => {
    const error = failure(() =>
      runSync(
        function* main() {
          go(function* worker() {
            yield* chan<number>().recv();
          });
          yield* chan<number>().recv();
        },
        { traceback: "all" },
      ),
    );
    expect(error.message).toMatch(/goroutine 2 \[chan receive\]:\nworker\(\.\.\.\)\n\t.*run\.test\.ts:\d+:\d+\n/);
    expect(error.message).toMatch(/created by main in goroutine 1\n\t.*run\.test\.ts:\d+:\d+\n/);
  });
});

describe("operations in the wrong place", () => {
  test("a forgotten yield* is reported by the next operation, and at the end of the body", () => {
    const ch = chan<number>(1);
    const next = failure(() =>
      runSync(function* () {
        ch.recv();
        yield* gosched();
      }),
    );
    expect(next.message).toContain(
      "gosched: the operation before it was made and never yielded: write `yield*` before it",
    );
    const end = failure(() =>
      runSync(function* () {
        yield* gosched();
        chan<number>(1).send(1);
      }),
    );
    expect(end.message).toContain("goroutine 1 ended with an operation that was made and never yielded");
  });

  test("a plain yield of an operation is reported, and nobody else is blamed for it", () => {
    const error = failure(() =>
      runSync(function* main() {
        const ch = chan<number>();
        go(function* innocent() {
          yield* chan<number>(1).send(1);
        });
        yield ch.recv();
      }),
    );
    expect(
      failure(() =>
        runSync(function* () {
          yield* gosched();
          yield gosched();
        }),
      ).message,
    ).toStartWith("goroutine 1 yielded an operation");
    expect(error.message).toStartWith("goroutine 1 yielded an operation with a plain `yield`: write `yield*`");
  });

  test("a yield of something else is reported", () => {
    const error = failure(() =>
      runSync(function* () {
        yield 5;
      }),
    );
    expect(error.message).toContain("goroutine 1 yielded a value that is no operation");
  });

  test("outside a goroutine every operation is refused", () => {
    for (const operation of [gosched, goexit, () => sleep(1), () => chan<number>().recv(), () => go(goexitAtOnce)]) {
      expect(operation).toThrow("outside a goroutine");
    }
  });

  test("go refuses what makes no generator", () => {
    const error = failure(() =>
      runSync(function* () {
        yield* gosched();
        go((() => 5) as never);
      }),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain("is no generator function");
  });

  test("a second run on the thread joins the first one's world, and each has an end of its own", async () => {
    const gate = Promise.withResolvers<number>();
    const first = run(function* () {
      return yield* wait(gate.promise);
    });
    expect(
      await run(function* second() {
        return 2;
      }),
    ).toBe(2);
    gate.resolve(1);
    expect(await first).toBe(1);
  });
});

describe("frames", () => {
  test("goexit runs finally blocks from the inside out, also those that wait", () => {
    const order: string[] = [];
    runSync(function* () {
      const ch = chan<number>();
      go(function* outer() {
        try {
          yield* call(function* inner() {
            try {
              yield* goexit();
            } finally {
              yield* ch.recv();
              order.push("inner");
            }
          });
          order.push("never");
        } finally {
          yield* gosched();
          order.push("outer");
        }
      });
      yield* gosched();
      yield* ch.send(1);
      while (numGoroutine() > 1) yield* gosched();
    });
    expect(order).toEqual(["inner", "outer"]);
  });

  test("call gives results and errors through any depth", () => {
    function* depth(n: number): Go<number> {
      yield* gosched();
      if (n === 0) throw new PanicError("bottom");
      try {
        return yield* call(depth, n - 1);
      } catch (error) {
        if (n < 5) throw error;
        return n;
      }
    }
    expect(
      runSync(function* () {
        return yield* call(depth, 50);
      }),
    ).toBe(5);
  });

  test("goroutineDump lists a live program", () => {
    const dump = runSync(function* main() {
      go(function* idler() {
        yield* sleep(1);
      });
      // The first slice is a turn of the global queue: main comes straight back.
      yield* gosched();
      yield* gosched();
      return goroutineDump();
    });
    expect(dump).toContain("goroutine 1 [running]:\nmain(...)");
    expect(dump).toContain("goroutine 2 [sleep]:\nidler(...)\ncreated by main in goroutine 1");
  });
});
