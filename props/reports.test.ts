/** What gobuf says when a program fails: the whole text, as Go prints it. */
import { describe, expect, spyOn, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  chan,
  FatalError,
  type Go,
  go,
  goroutineDump,
  gosched,
  PanicError,
  run,
  runSync,
  sleep,
  UncaughtError,
} from "gobuf";
import { LeakError, leakCheck, runTest } from "gobuf/testing";

const source = readFileSync(import.meta.path, "utf8").split("\n");

/** A report in which every place in this file is the line that stands there. */
function withCode(report: string): string {
  return report.replaceAll(/\t(.*):(\d+):\d+$/gm, (place, file: string, line: string) =>
    file === import.meta.path ? `\t${(source[Number(line) - 1] ?? "").trim()}` : place,
  );
}

async function failure<E extends Error>(type: new (...args: never[]) => E, promise: Promise<unknown>): Promise<E> {
  const error = await promise.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(type);
  return error as E;
}

describe("deadlock", () => {
  function* worker(): Go {
    yield* chan<number>().recv();
  }

  function* main(): Go {
    go(worker);
    yield* chan<number>().send(1);
  }

  test("every goroutine, with state and creator", async () => {
    const error = await failure(FatalError, run(main));
    expect(error.message).toBe(`\
all goroutines are asleep - deadlock!

goroutine 1 [chan send]:
main(...)

goroutine 2 [chan receive]:
worker(...)
created by main in goroutine 1
`);
  });

  test("with source lines", async () => {
    const error = await failure(FatalError, run(main, { traceback: "all" }));
    expect(withCode(error.message)).toBe(`\
all goroutines are asleep - deadlock!

goroutine 1 [chan send]:
main(...)
\tyield* chan<number>().send(1);

goroutine 2 [chan receive]:
worker(...)
\tyield* chan<number>().recv();
created by main in goroutine 1
\tgo(worker);
`);
  });

  test("after the last timer, on the fake clock", async () => {
    const ch = chan<number>();
    function* late(): Go {
      yield* sleep(1000);
      yield* ch.recv();
    }
    const error = await failure(
      FatalError,
      run(
        function* main() {
          go(late);
          yield* ch.recv();
        },
        { clock: "fake" },
      ),
    );
    expect(error.message).toBe(`\
all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main(...)

goroutine 2 [chan receive]:
late(...)
created by main in goroutine 1
`);
  });
});

describe("how long a goroutine has waited", () => {
  /** Runs `f` with a clock that only it moves. */
  function withClock(start: number, f: (clock: { now: number }) => void): void {
    const clock = { now: start };
    const spy = spyOn(performance, "now").mockImplementation(() => clock.now);
    try {
      f(clock);
    } finally {
      spy.mockRestore();
    }
  }

  test("in whole minutes, from the first on", () => {
    withClock(600_000, (clock) => {
      runSync(function* main() {
        go(function* worker() {
          yield* chan<void>().recv();
        });
        yield* gosched();
        yield* gosched();
        const dumps = [0, 59_999, 1, 120_000].map((ms) => {
          clock.now += ms;
          return goroutineDump().match(/goroutine 2 \[(.*)\]/)?.[1];
        });
        expect(dumps).toEqual(["chan receive", "chan receive", "chan receive, 1 minutes", "chan receive, 3 minutes"]);
      });
    });
  });

  test("not since the process started", () => {
    withClock(600_000, () => {
      let message = "";
      try {
        runSync(function* main() {
          yield* chan<void>().recv();
        });
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toContain("goroutine 1 [chan receive]:");
    });
  });
});

describe("an uncaught error", () => {
  test("the goroutine that failed comes first, the others behind it", async () => {
    const cause = new RangeError("out of ants");
    const ants = chan<number>();
    function* feeder(): Go {
      yield* ants.recv();
    }
    function* counter(): Go {
      yield* sleep(1);
      throw cause;
    }
    const error = await failure(
      UncaughtError,
      run(
        function* main() {
          go(feeder);
          go(counter);
          yield* sleep(3_600_000);
        },
        { clock: "fake", traceback: "all" },
      ),
    );
    expect(error.cause).toBe(cause);
    expect(error.goid).toBe(3);
    expect(withCode(error.message)).toBe(`\
panic: RangeError: out of ants

goroutine 3 [running]:
counter(...)
\tyield* sleep(1);
created by main in goroutine 1
\tgo(counter);

goroutine 1 [sleep]:
main(...)
\tyield* sleep(3_600_000);

goroutine 2 [chan receive]:
feeder(...)
\tyield* ants.recv();
created by main in goroutine 1
\tgo(feeder);
`);
  });
});

describe("a send on a closed channel", () => {
  test("of a goroutine that was waiting to send", async () => {
    const ch = chan<string>();
    const never = chan<void>();
    function* sender(word: string): Go {
      yield* ch.send(word);
    }
    const error = await failure(
      UncaughtError,
      run(
        function* main() {
          go(sender, "hello");
          yield* gosched();
          ch.close();
          yield* never.recv();
        },
        { traceback: "all" },
      ),
    );
    expect(error.cause).toBeInstanceOf(PanicError);
    expect(withCode(error.message)).toBe(`\
panic: send on closed channel

goroutine 2 [running]:
sender(...)
\tyield* ch.send(word);
created by main in goroutine 1
\tgo(sender, "hello");

goroutine 1 [chan receive]:
main(...)
\tyield* never.recv();
`);
    const stack = (error.cause as Error).stack ?? "";
    expect(stack).toMatch(/^PanicError: send on closed channel\n/);
    expect(stack).toContain(`at sender (${import.meta.path}:`);
  });

  test("of main: what it threw, with its own frames", async () => {
    const error = await failure(
      PanicError,
      run(function* main() {
        const ch = chan<number>();
        ch.close();
        yield* ch.send(1);
      }),
    );
    expect(error.message).toBe("send on closed channel");
    expect(error.stack).toContain(`at main (${import.meta.path}:`);
  });
});

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
        yield* sleep(1);
      }),
    );
    expect(withCode(error.message)).toBe(`\
goroutine 2 ended with an operation that was made and never yielded: write \`yield*\` before it

goroutine 2 [running]:
forgetful(...)
\tch.send(1);
created by main in goroutine 1
\tgo(forgetful);

goroutine 1 [sleep]:
main(...)
\tyield* sleep(1);
`);
  });

  test("at the end of main", async () => {
    const error = await failure(
      FatalError,
      runTest(function* main() {
        chan<number>(1).send(1);
      }),
    );
    expect(withCode(error.message)).toBe(`\
goroutine 1 ended with an operation that was made and never yielded: write \`yield*\` before it

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
    expect(withCode(error.message)).toBe(`\
recv: the operation before it was made and never yielded: write \`yield*\` before it

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
    expect(withCode(error.message)).toBe(`\
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

describe("a program of its own", () => {
  const preamble = `import { chan, go, goroutineDump, hold, run } from "gobuf";\n`;

  /** Starts a program in this package, so that it finds gobuf by its name. */
  function start(code: string) {
    return Bun.spawn([process.execPath, "-e", preamble + code], {
      cwd: join(import.meta.dir, ".."),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  test("a deadlock ends it with the report, not in silence and not never", async () => {
    const child = start(`
      await run(function* main() {
        yield* chan().recv();
      });
    `);
    const [stderr, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain(...)\n");
  });

  test("an uncaught error ends it with the report", async () => {
    const child = start(`
      await run(function* main() {
        go(function* thrower() { throw new Error("no luck"); });
        yield* chan().recv();
      });
    `);
    const [stderr, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "panic: Error: no luck\n\ngoroutine 2 [running]:\nthrower(...)\ncreated by main in goroutine 1\n",
    );
  });

  test.skipIf(process.platform === "win32")("SIGQUIT prints what goroutineDump gives, and it goes on", async () => {
    const child = start(`
      run(function* main() {
        using _ = hold();
        go(function* worker() { yield* chan().recv(); });
        yield* chan().recv();
      });
      setImmediate(() => process.stdout.write(goroutineDump() + "end\\n"));
      process.on("SIGTERM", () => process.exit(7));
    `);
    let dump = "";
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) {
      dump += decoder.decode(bytes, { stream: true });
      if (dump.endsWith("end\n")) break;
    }
    expect(dump).toBe(`\
goroutine 1 [chan receive]:
main(...)

goroutine 2 [chan receive]:
worker(...)
created by main in goroutine 1
end
`);
    child.kill("SIGQUIT");
    let printed = "";
    for await (const bytes of child.stderr) {
      printed += decoder.decode(bytes, { stream: true });
      if (printed.includes("worker") && printed.endsWith("\n")) break;
    }
    expect(printed).toContain(`SIGQUIT: quit\n\n${dump.replace("end\n", "")}`);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(7);
  });
});
