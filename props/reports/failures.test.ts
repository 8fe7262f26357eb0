/** What gobuf says when a program fails: the whole text, as Go prints it. */
import { describe, expect, spyOn, test } from "bun:test";
import {
  call,
  chan,
  FatalError,
  type Go,
  go,
  goroutineDump,
  gosched,
  Mutex,
  PanicError,
  run,
  runSync,
  sleep,
  UncaughtError,
} from "gobuf";
import { failure, withCode } from "./report.ts";

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
    expect(withCode(error.message, import.meta.path)).toBe(`\
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

  test("on a Mutex, in a called function: the lines of all frames, whatever the lock's own are", async () => {
    function* twice(mutex: Mutex): Go {
      yield* mutex.lock();
      yield* mutex.lock();
    }
    const error = await failure(
      FatalError,
      run(
        function* main() {
          yield* call(twice, new Mutex());
        },
        { traceback: "all" },
      ),
    );
    expect(withCode(error.message, import.meta.path)).toBe(`\
all goroutines are asleep - deadlock!

goroutine 1 [sync.Mutex.Lock]:
twice(...)
\tyield* mutex.lock();
main(...)
\tyield* call(twice, new Mutex());
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
  test("in whole minutes of the run's clock, from the first on", () => {
    const dumps: (string | undefined)[] = [];
    runSync(function* main() {
      go(function* worker() {
        yield* chan<void>().recv();
      });
      yield* gosched();
      yield* gosched();
      for (const ms of [0, 59_999, 1, 120_000]) {
        yield* sleep(ms);
        dumps.push(goroutineDump().match(/goroutine 2 \[(.*)\]/)?.[1]);
      }
    });
    expect(dumps).toEqual(["chan receive", "chan receive", "chan receive, 1 minutes", "chan receive, 3 minutes"]);
  });

  test("not since the process started", () => {
    const spy = spyOn(performance, "now").mockImplementation(() => 600_000);
    try {
      let message = "";
      try {
        runSync(function* main() {
          yield* chan<void>().recv();
        });
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toContain("goroutine 1 [chan receive]:");
    } finally {
      spy.mockRestore();
    }
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
    expect(withCode(error.message, import.meta.path)).toBe(`\
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
    expect(withCode(error.message, import.meta.path)).toBe(`\
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
