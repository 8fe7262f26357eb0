/** Explorations: how many schedules there are, what a failure says, and how it is replayed. */
import { describe, expect, test } from "bun:test";
import {
  type Body,
  chan,
  FatalError,
  type Go,
  go,
  gosched,
  Mutex,
  recvCase,
  run,
  select,
  sendCase,
  sleep,
  WaitGroup,
  wait as waitFor,
} from "gobuf";
import { ExploreError, type ExploreOptions, explore, replay, ScheduleError, synctest } from "gobuf/testing";

function failureOf(f: () => unknown): ExploreError {
  try {
    f();
  } catch (error) {
    if (error instanceof ExploreError) return error;
    throw error;
  }
  throw new Error("it passed");
}

/** Goroutines that do so many operations each and note them. @returns the program, and what the runs noted */
function recorder(goroutines: number, operations: number): { program: Body<void>; seen: Set<string> } {
  const seen = new Set<string>();
  function* program(): Go {
    let log = "";
    const wg = new WaitGroup();
    for (let g = 0; g < goroutines; g++) {
      wg.go(function* () {
        const ch = chan<number>(operations);
        for (let i = 0; i < operations; i++) {
          log += g;
          if (i < operations - 1) yield* ch.send(i);
        }
      });
    }
    yield* wg.wait();
    seen.add(log);
  }
  return { program, seen };
}

function binomial(n: number, k: number): number {
  return k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k;
}

describe("exhaustive", () => {
  test("every interleaving comes up: as many as there are", () => {
    for (const [operations, preemptions] of [
      [2, 10],
      [3, 10],
      [4, 10],
    ] as const) {
      const { program, seen } = recorder(2, operations);
      const done = explore(program, { scheduler: "exhaustive", preemptions, runs: 100_000 });
      expect(done.complete).toBe(true);
      expect(done.summary).toBe(`all ${done.runs} schedules pass`);
      expect(done.schedules).toBe(done.runs);
      expect(seen.size).toBe(binomial(2 * operations, operations));
    }
  });

  test("every interleaving of three", () => {
    const { program, seen } = recorder(3, 2);
    explore(program, { scheduler: "exhaustive", preemptions: 10 });
    expect(seen.size).toBe(90);
  });

  test("within the bound: those with so many preemptions", () => {
    const sizes = [0, 1, 2, 3].map((preemptions) => {
      const { program, seen } = recorder(2, 3);
      const done = explore(program, { scheduler: "exhaustive", preemptions });
      expect(done.complete).toBe(true);
      expect(done.summary).toContain(`with at most ${preemptions} preemption${preemptions === 1 ? "" : "s"} pass`);
      return seen.size;
    });
    // Two run whole, in either order; then one more switch at each of the places where it is not the same, ...
    expect(sizes).toEqual([2, 6, 14, 18]);
  });

  test("says when there are more schedules than runs", () => {
    const { program } = recorder(3, 4);
    const done = explore(program, { scheduler: "exhaustive", runs: 50 });
    expect(done.complete).toBe(false);
    expect(done.summary).toBe("50 schedules pass; there are more with at most 2 preemptions");
  });

  test("goroutines that give way to each other do not make it endless", () => {
    const { complete, runs } = explore(
      function* () {
        let flag = false;
        for (let i = 0; i < 2; i++) {
          go(function* () {
            while (!flag) yield* gosched();
          });
        }
        go(function* () {
          yield* gosched();
          flag = true;
        });
      },
      { scheduler: "exhaustive" },
    );
    expect(complete).toBe(true);
    expect(runs).toBeGreaterThan(1);
  });

  test("each ready case of a select is taken", () => {
    const taken = new Set<number>();
    const { complete, runs } = explore(
      function* () {
        const full = chan<number>(1);
        yield* full.send(1);
        const cases = [
          recvCase(chan<number>()),
          recvCase(full),
          sendCase(chan<number>(1), 1),
          sendCase(chan<number>(1), 2),
        ];
        taken.add((yield* select(cases)).index);
      },
      { scheduler: "exhaustive" },
    );
    expect([...taken].sort()).toEqual([1, 2, 3]);
    expect([complete, runs]).toEqual([true, 3]);
  });
});

describe("a failure", () => {
  function* twice(): Go {
    const a = new Mutex();
    const b = new Mutex();
    function* both(first: Mutex, second: Mutex): Go {
      yield* first.lock();
      yield* second.lock();
      yield* second.unlock();
      yield* first.unlock();
    }
    const wg = new WaitGroup();
    wg.go(both, a, b);
    wg.go(both, b, a);
    yield* wg.wait();
  }

  test("says what failed, where it leaves Go's order, and how to replay it", () => {
    const error = failureOf(() => explore(twice, { scheduler: "pct", seed: 7 }));
    const text = error.message.replaceAll(/[^\s(]*explore\.test\.ts:\d+:\d+/g, "HERE");
    expect(text).toBe(`\
fatal error: deadlock: all goroutines in bubble are blocked

Found by the pct scheduler, seed 7, in run ${error.run} of 1000: ${error.found}
It leaves Go's order here:
  decision 1: goroutine 3 both, after its operation (HERE), makes way for goroutine 2 both
Replay it: replay(program, "g1:1A")

goroutine 1 [sync.WaitGroup.Wait]:
twice(...)
\tHERE

goroutine 2 [sync.Mutex.Lock]:
both(...)
\tHERE
created by twice in goroutine 1
\tHERE

goroutine 3 [sync.Mutex.Lock]:
both(...)
\tHERE
created by twice in goroutine 1
\tHERE
`);
    expect(error.cause).toBeInstanceOf(FatalError);
    // The stack begins where explore is called.
    expect(error.stack?.split("\n").find((line) => /^ +at /.test(line))).toContain("explore.test.ts");
    expect(error.seed).toBe(7);
    expect(failureOf(() => replay(twice, error.schedule)).message.split("\n")[2]).toBe("Replayed: g1:1A");
  });

  test("is left as it was found when it is not to be shrunk", () => {
    const error = failureOf(() => explore(twice, { scheduler: "random", seed: 1, shrink: 0 }));
    expect(error.schedule).toBe(error.found);
  });

  test("is found again by its seed", () => {
    const options: ExploreOptions = { scheduler: "random", seed: 2 ** 53 - 1 };
    const [first, second] = [failureOf(() => explore(twice, options)), failureOf(() => explore(twice, options))];
    expect([second.run, second.found, second.message]).toEqual([first.run, first.found, first.message]);
  });

  test("the options of its runs are in the line that replays it", () => {
    const error = failureOf(() => explore(twice, { seed: 1, steps: 500, leaks: "ignore" }));
    expect(error.message).toContain(`replay(program, "g1:1A", {"steps":500,"leaks":"ignore"})`);
    expect(error.message).toContain("fatal error: all goroutines are asleep - deadlock!");
  });

  test("goroutines that are left behind are one, or are ignored", () => {
    function* leaky(): Go {
      go(function* () {
        yield* chan<number>().recv();
      });
    }
    const error = failureOf(() => explore(leaky));
    expect(error.message).toStartWith("fatal error: deadlock: main bubble goroutine has exited but blocked goroutines");
    expect(explore(leaky, { leaks: "ignore", runs: 10 }).runs).toBe(10);
  });

  test("no end is one: goroutines that keep each other going, one that never gives way, one that catches all", () => {
    const endless: Body<unknown>[] = [
      function* () {
        for (;;) yield* gosched();
      },
      function* () {
        const ch = chan<number>(1);
        for (;;) {
          yield* ch.send(1);
          yield* ch.recv();
        }
      },
      function* () {
        for (;;) {
          try {
            yield* chan<number>(1).send(1);
          } catch {}
        }
      },
    ];
    for (const program of endless) {
      const error = failureOf(() => explore(program, { steps: 300, runs: 3, seed: 1 }));
      expect(error.message).toStartWith("fatal error: no end after 300 steps");
    }
  });

  test("of a goroutine, of main, and of what is no error", () => {
    const thrown: [program: Body<unknown>, text: string][] = [
      [
        function* () {
          go(function* () {
            throw new RangeError("another's");
          });
        },
        "panic: RangeError: another's",
      ],
      [
        function* () {
          throw new RangeError("main's");
        },
        "panic: RangeError: main's",
      ],
      [
        function* () {
          throw "a string";
        },
        "panic: a string",
      ],
    ];
    for (const [program, text] of thrown) expect(failureOf(() => explore(program)).message.split("\n")[0]).toBe(text);
  });

  test("a wait for a promise is pointed out", () => {
    const error = failureOf(() =>
      explore(function* () {
        yield* waitFor(Promise.resolve(1));
      }),
    );
    expect(error.message).toContain("A goroutine waits for a promise (IO wait): nothing outside goes on");
  });

  test("a program that is not the same at each run is told so", () => {
    let runs = 0;
    const fickle = () =>
      explore(function* () {
        if (runs++ === 0) throw new Error("only once");
      });
    expect(fickle).toThrow(/behaves differently under the same schedule.*"panic: Error: only once", then passed$/);
  });
});

describe("replay", () => {
  const { program } = recorder(2, 3);

  test("gives main's result", () => {
    expect(
      replay(function* () {
        return 42;
      }, "g1:"),
    ).toBe(42);
  });

  test("of a schedule that does not fit: more to choose from, or a longer run, or neither", () => {
    expect(() => replay(program, "g1:0Z")).toThrow(
      'gobuf: schedule "g1:0Z" does not fit: decision 0 takes number 26 of 2 goroutines that can run, counted from 0. ' +
        "The program has changed since, or behaves differently from run to run. The run passed",
    );
    expect(() => replay(program, "g1:99A")).toThrow(/does not fit: decision 333 is one of its .* had \d+ decisions/);
    expect(() => replay(program, "g1:")).not.toThrow();
    expect(() => replay(program, "g1~99A0Z")).not.toThrow();
    expect(() => replay(program, "nonsense")).toThrow(ScheduleError);
  });
});

describe("what cannot be explored is refused", () => {
  test("bad options", () => {
    const body = function* () {};
    const bad: [options: ExploreOptions, message: string][] = [
      [{ runs: 0 }, "runs 0: expected an integer of 1 to 2147483647"],
      [{ runs: 1.5 }, "runs 1.5: expected an integer"],
      [{ seed: -1 }, "seed -1: expected an integer of 0 to 9007199254740991"],
      [{ steps: Number.NaN }, "steps NaN: expected an integer"],
      [{ depth: 0 }, "depth 0: expected an integer of 1 to 1000"],
      [{ shrink: -1 }, "shrink -1: expected an integer of 0 to 2147483647"],
      [{ preemptions: -1 }, "preemptions -1: expected an integer"],
      [{ scheduler: "fair" as never }, 'scheduler "fair": expected mixed, pct, random, exhaustive'],
      [{ timers: 1 as never }, "timers 1: expected idle, any"],
      [{ leaks: true as never }, "leaks true: expected fail, ignore"],
    ];
    for (const [options, message] of bad) expect(() => explore(body, options)).toThrow(message);
  });

  test("what is no generator function", () => {
    const plain = (() => 1) as never;
    expect(() => explore(plain)).toThrow("the explored program: plain is no generator function");
  });

  test("within an exploration; but not within a run, whose world it leaves alone", async () => {
    const nested = function* () {
      explore(function* () {});
    };
    await run(nested);
    expect(failureOf(() => explore(nested)).message).toContain("in a program that is being explored");
  });

  test("afterwards everything is as it was", async () => {
    const order = await synctest.test(function* () {
      const log: number[] = [];
      for (let i = 0; i < 3; i++) {
        go(function* () {
          log.push(i);
        });
      }
      yield* synctest.wait();
      return log;
    });
    expect(order).toEqual([2, 0, 1]);
  });
});

test("timers expire when nothing can run, or at any time, where that is asked for", () => {
  const orders = (timers: "idle" | "any") => {
    const seen = new Set<string>();
    explore(
      function* () {
        let log = "";
        const asleep = chan<void>();
        const done = chan<void>();
        go(function* () {
          yield* asleep.recv();
          yield* sleep(1);
          log += "t";
          done.close();
        });
        asleep.close();
        yield* gosched();
        const ch = chan<number>(3);
        for (let i = 0; i < 3; i++) {
          yield* ch.send(i);
          log += i;
        }
        yield* done.recv();
        seen.add(log);
      },
      { scheduler: "exhaustive", timers },
    );
    return [...seen].sort();
  };
  expect(orders("idle")).toEqual(["012t"]);
  expect(orders("any")).toEqual(["012t", "01t2", "0t12", "t012"]);
});

test("synctest.wait has its meaning in an explored program too", () => {
  const { complete } = explore(
    function* () {
      const ch = chan<number>(1);
      let sent = 0;
      for (let i = 0; i < 3; i++) {
        go(function* () {
          yield* ch.send(i);
          sent++;
        });
      }
      yield* synctest.wait();
      if (sent !== 1) throw new Error(`${sent} sent, expected 1`);
      for (let i = 0; i < 3; i++) yield* ch.recv();
    },
    { scheduler: "exhaustive", preemptions: 3 },
  );
  expect(complete).toBe(true);
});
