/** What is said of a test that forgot an operation's `yield*`, or left goroutines behind: the whole text. */
import { describe, expect, test } from "bun:test";
import { chan, FatalError, type Go, go, gosched, runSync, sleep } from "gobuf";
import { LeakError, leakCheck, runTest } from "gobuf/testing";
import { failure, withCode } from "./report.ts";

describe("an operation without its yield*", () => {
  test("at the end of a goroutine", async () => {
    const ch = chan<number>(1);
    function* forgetful(): Go {
      ch.send(1);
    }
    const error = await failure(
      FatalError,
      runTest(function* main() {
        go(forgetful);
        yield* sleep(3_600_000);
      }),
    );
    expect(withCode(error.message, import.meta.path)).toBe(`\
goroutine 2 ended with an operation that was made and never yielded: write \`yield*\` before it (send)

goroutine 2 [running]:
forgetful(...)
\tch.send(1);
created by main in goroutine 1
\tgo(forgetful);

goroutine 1 [sleep]:
main(...)
\tyield* sleep(3_600_000);
`);
  });

  test("at the end of main", async () => {
    const error = await failure(
      FatalError,
      runTest(function* main() {
        chan<number>(1).send(1);
      }),
    );
    expect(withCode(error.message, import.meta.path)).toBe(`\
goroutine 1 ended with an operation that was made and never yielded: write \`yield*\` before it (send)

goroutine 1 [running]:
main(...)
\tchan<number>(1).send(1);
`);
  });

  test("before another one", async () => {
    const ch = chan<number>(1);
    const error = await failure(
      FatalError,
      runTest(function* main() {
        ch.send(1);
        yield* ch.recv();
      }),
    );
    expect(withCode(error.message, import.meta.path)).toBe(`\
recv: the operation before it was made and never yielded: write \`yield*\` before it (goroutine 1: send)

goroutine 1 [running]:
main(...)
\tch.send(1);
`);
  });
});

describe("a leaked goroutine", () => {
  test("runTest lists who was left behind, and where it waits", async () => {
    const lines = chan<string>();
    function* printer(): Go {
      for (;;) yield* lines.recv();
    }
    const error = await failure(
      LeakError,
      runTest(function* main() {
        go(printer);
        yield* lines.send("one");
      }),
    );
    expect(withCode(error.message, import.meta.path)).toBe(`\
1 goroutine is left behind

goroutine 2 [chan receive]:
printer(...)
\tfor (;;) yield* lines.recv();
created by main in goroutine 1
\tgo(printer);
`);
    expect(error.goroutines).toMatchObject([{ goid: 2, name: "printer", state: "chan receive", createdBy: 1 }]);
  });

  test("each of them, also one that would run for ever", async () => {
    function* spinner(): Go {
      for (;;) yield* gosched();
    }
    function* sleeper(): Go {
      yield* sleep(3_600_000);
    }
    const error = await failure(
      LeakError,
      runTest(
        function* main() {
          go(spinner);
          go(sleeper);
        },
        { traceback: "single" },
      ),
    );
    expect(error.message).toBe(`\
2 goroutines are left behind

goroutine 2 [runnable]:
spinner(...)
created by main in goroutine 1

goroutine 3 [sleep]:
sleeper(...)
created by main in goroutine 1
`);
  });

  test("none: what can end gets its turns to end", async () => {
    const hops = chan<number>();
    function* pass(left: number): Go {
      yield* gosched();
      if (left > 0) go(pass, left - 1);
      else yield* hops.send(1);
    }
    const result = runTest(function* main() {
      go(pass, 20);
      go(function* last() {
        yield* hops.recv();
      });
      return "done";
    });
    expect(await result).toBe("done");
  });

  test("an error of main comes first", async () => {
    const error = new Error("main's own");
    const leaky = runTest(function* main() {
      go(function* waits() {
        yield* chan<void>().recv();
      });
      throw error;
    });
    expect(await failure(Error, leaky)).toBe(error);
  });

  test("leakCheck tells of those that were started since", () => {
    runSync(function* main() {
      function* waits(): Go {
        yield* chan<void>().recv();
      }
      go(waits);
      const noLeaks = leakCheck();
      yield* noLeaks();
      go(waits);
      let caught: unknown;
      try {
        yield* noLeaks();
      } catch (error) {
        caught = error;
      }
      expect((caught as LeakError).goroutines.map((g) => g.goid)).toEqual([3]);
    });
  });

  test("leakCheck outside a goroutine", () => {
    expect(() => leakCheck()).toThrow("leakCheck outside a goroutine");
  });
});
