/** Reports: what Go prints when a panic or a fatal error ends a program. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chan,
  context,
  ErrGroup,
  type FatalError,
  type Go,
  go,
  goroutineDump,
  gosched,
  Mutex,
  PanicError,
  reportOf,
  run,
  runSync,
  sleep,
  UncaughtError,
  wait,
} from "../index.ts";

/** Some take seconds, and more on a busy machine. */
setDefaultTimeout(60_000);

/** What a run fails with. */
function failure(main: () => Go<unknown>, traceback: "single" | "all" = "single"): unknown {
  try {
    runSync(main, { traceback });
  } catch (error) {
    return error;
  }
  throw new Error("the run did not fail");
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

class Odd {
  constructor(private readonly thrown: unknown) {}
  toString(): string {
    throw this.thrown;
  }
}

const UNPRINTABLE: Readonly<Record<string, { value: () => unknown; says: string }>> = {
  "a null prototype": { value: () => Object.create(null), says: "type TypeError" },
  "a revoked proxy": { value: revoked, says: "type TypeError" },
  "a revoked proxy of a function": {
    value: () => {
      const { proxy, revoke } = Proxy.revocable(() => {}, {});
      revoke();
      return proxy;
    },
    says: "type TypeError",
  },
  "a proxy whose traps throw": {
    value: () =>
      new Proxy(
        {},
        new Proxy(
          {},
          {
            get() {
              throw new RangeError("no");
            },
          },
        ),
      ),
    says: "type RangeError",
  },
  "toString that throws a string": { value: () => new Odd("why\nnot"), says: "why\n\tnot" },
  "toString that throws undefined": { value: () => new Odd(undefined), says: "type undefined" },
  "toString that throws what cannot be looked at": { value: () => new Odd(revoked()), says: "type object" },
  "toString that throws an object of its class": { value: () => new Odd(new Odd("again")), says: "type Odd" },
  "a message that is a getter and throws": {
    value: () =>
      Object.defineProperty(new Error("x"), "message", {
        get() {
          throw new SyntaxError("no");
        },
      }),
    says: "type SyntaxError",
  },
  "a name that is a symbol": {
    value: () => Object.assign(new Error("x"), { name: { [Symbol.toPrimitive]: () => Symbol("s") } }),
    says: "type TypeError",
  },
  "toString that is none": { value: () => ({ toString: 1, valueOf: 2 }), says: "type TypeError" },
};

describe('F12: a value that cannot be looked at is Go\'s "panic while printing panic value"', () => {
  for (const [name, { value, says }] of Object.entries(UNPRINTABLE)) {
    const head = `fatal error: panic while printing panic value: ${says}\n\ngoroutine`;

    test(`F12: ${name}: in a goroutine`, () => {
      const thrown = value();
      const error = failure(function* main() {
        go(function* bad() {
          throw thrown;
        });
        yield* sleep(1);
      });
      expect(error).toBeInstanceOf(UncaughtError);
      expect((error as UncaughtError).cause === thrown).toBe(true);
      expect(reportOf(error)).toStartWith(`${head} 2 [running]:\nbad(...)\n`);
      // As a fatal error's it lists all.
      expect(reportOf(error)).toContain("\n\ngoroutine 1 [sleep]:\nmain(...)\n");
    });

    test(`F12: ${name}: in main, which rejects with it`, async () => {
      const thrown = value();
      let error: unknown;
      await run(function* main() {
        yield* gosched();
        throw thrown;
      }).catch((failed: unknown) => {
        error = failed;
      });
      expect(error === thrown).toBe(true);
      expect(reportOf(error)).toStartWith(`${head} 1 [running]:\nmain(...)\n`);
    });

    test(`F12: ${name}: from a promise, caught as any other value`, async () => {
      const thrown = value();
      const caught = await run(function* () {
        try {
          yield* wait(
            new Promise((_, reject) => {
              reject(thrown);
            }),
          );
        } catch (error) {
          return [error];
        }
        return [];
      });
      expect(caught.length === 1 && caught[0] === thrown).toBe(true);
    });

    test(`F12: ${name}: in an ErrGroup, which goes on`, () => {
      const thrown = value();
      runSync(function* () {
        const [group, ctx] = ErrGroup.withContext(context.background());
        let canceled = false;
        yield* group.go(function* () {
          yield* ctx.done().recv();
          canceled = true;
        });
        yield* group.go(function* () {
          throw thrown;
        });
        let caught: unknown;
        try {
          yield* group.wait();
        } catch (error) {
          caught = error;
        }
        expect(caught === thrown).toBe(true);
        expect(canceled).toBe(true);
        const cause = context.cause(ctx) as Error;
        expect(cause === thrown || cause.cause === thrown).toBe(true);
      });
    });

    test(`F12: ${name}: as an abort's reason`, async () => {
      const thrown = value();
      await run(function* () {
        const controller = new AbortController();
        const ctx = context.fromSignal(controller.signal);
        setTimeout(() => controller.abort(thrown), 1);
        yield* ctx.done().recv();
        expect(ctx.err()).toBe(context.Canceled);
        const cause = context.cause(ctx) as Error;
        expect(cause === thrown || cause.cause === thrown).toBe(true);
      });
    });
  }
});

/** The first lines of the report of a value that main throws. */
function printed(value: unknown): string | undefined {
  let report: string | undefined;
  try {
    runSync(function* main() {
      throw value;
    });
  } catch (error) {
    report = reportOf(error);
  }
  return report?.split("\n\ngoroutine 1 [running]:\nmain(...)\n")[0];
}

describe("F13: the texts of reports are Go's", () => {
  const VALUES: readonly (readonly [value: unknown, text: string])[] = [
    ["text", "panic: text"],
    ["a\n\tb", "panic: a\n\t\tb"],
    ["a\ngoroutine 7 [running]:\nb", "panic: a\n\tgoroutine 7 [running]:\n\tb"],
    [new PanicError("a\nb"), "panic: a\n\tb"],
    [new RangeError("a\nb"), "panic: RangeError: a\n\tb"],
    [new Error(""), "panic: Error"],
    [undefined, "panic: panic called with nil argument"],
    [null, "panic: panic called with nil argument"],
    [7, "panic: 7"],
    [-0, "panic: -0"],
    [1.5, "panic: 1.5"],
    [1e-7, "panic: 1e-07"],
    [1e21, "panic: 1e+21"],
    [Number.NaN, "panic: NaN"],
    [Number.POSITIVE_INFINITY, "panic: +Inf"],
    [Number.NEGATIVE_INFINITY, "panic: -Inf"],
    [true, "panic: true"],
    [2n ** 70n, "panic: 1180591620717411303424"],
    [Symbol("s"), "panic: Symbol(s)"],
    [function thrown() {}, "panic: (func) thrown"],
    [["a", "b"], "panic: a,b"],
  ];
  for (const [value, text] of VALUES) {
    test(`F13: main throws ${text.slice(7).replaceAll("\n", "\\n")}`, () => {
      expect(printed(value)).toBe(text);
    });

    test(`F13: a goroutine throws ${text.slice(7).replaceAll("\n", "\\n")}`, () => {
      const error = failure(function* () {
        go(function* () {
          throw value;
        });
        yield* sleep(1);
      });
      expect(reportOf(error)).toStartWith(`${text}\n\ngoroutine 2 [running]:\n`);
    });
  }

  test("F13: a value that ended no run has no report", () => {
    for (const value of ["never thrown", {}, new Error("x"), 12345, undefined]) {
      if (value !== undefined) expect(reportOf(value)).toBeUndefined();
    }
  });

  test("F13: panics that others took the place of, by their causes; a circle ends", () => {
    const first = new PanicError("first");
    const second = new RangeError("second\nline", { cause: first });
    expect(printed(new PanicError("third", { cause: second }))).toBe(
      "panic: first [recovered]\n\tpanic: RangeError: second\n\tline [recovered]\n\tpanic: third",
    );
    first.cause = second;
    expect(printed(first)).toBe("panic: RangeError: second\n\tline [recovered]\n\tpanic: first");
    expect(printed(new Error("x", { cause: "no error" }))).toBe("panic: Error: x");
    expect(printed(new Error("x", { cause: revoked() }))).toBe("panic: Error: x");
  });

  test("of a long chain of causes the last hundred are printed", () => {
    const chain = (length: number) => {
      let error = new Error("1");
      for (let n = 2; n <= length; n++) error = new Error(String(n), { cause: error });
      return String(printed(error)).split(" [recovered]\n\t");
    };
    for (const length of [1, 99, 100, 101, 150]) {
      const lines = chain(length);
      expect(lines).toHaveLength(Math.min(length, 100));
      expect(lines[0]).toBe(`panic: Error: ${Math.max(1, length - 99)}`);
      expect(lines.at(-1)).toBe(`panic: Error: ${length}`);
    }
  });

  function* parked(): Go {
    yield* chan<void>().recv();
  }

  test("F13: single: a panic shows the one goroutine; all: the others, too; a fatal error shows all", () => {
    const panics = function* main(): Go {
      go(parked);
      yield* gosched();
      yield* gosched();
      throw new PanicError("p");
    };
    expect(reportOf(failure(panics))).toBe("panic: p\n\ngoroutine 1 [running]:\nmain(...)\n");
    expect(reportOf(failure(panics, "all"))).toMatch(
      /\n\ngoroutine 2 \[chan receive\]:\nparked\(\.\.\.\)\n\t.*\ncreated by main in goroutine 1\n/,
    );
    const fatal = function* main(): Go {
      go(parked);
      yield* gosched();
      yield* gosched();
      yield* new Mutex().unlock();
    };
    for (const traceback of ["single", "all"] as const) {
      expect(reportOf(failure(fatal, traceback))).toMatch(
        /^fatal error: sync: unlock of unlocked mutex\n\ngoroutine 1 \[running\]:\nmain\(\.\.\.\)\n(\t.*\n)?\ngoroutine 2 \[chan receive\]:\nparked/,
      );
    }
  });

  test("F13: goroutines are listed in Go's order, in which a new one has the place of one that is gone", () => {
    const dump = runSync(function* main() {
      go(function* first() {});
      go(parked);
      yield* gosched();
      yield* gosched();
      go(parked);
      yield* gosched();
      yield* gosched();
      return goroutineDump();
    });
    expect([...dump.matchAll(/^goroutine (\d+)/gm)].map(([, goid]) => goid)).toEqual(["1", "4", "3"]);
  });

  test("F13: a creator that is gone keeps its name, also when its G is another's", () => {
    const dump = runSync(function* main() {
      go(function* creator() {
        go(parked);
      });
      yield* gosched();
      yield* gosched();
      go(function* other() {
        yield* chan<void>().recv();
      });
      yield* gosched();
      yield* gosched();
      return goroutineDump();
    });
    expect(dump).toContain("goroutine 3 [chan receive]:\nparked(...)\ncreated by creator in goroutine 2\n");
  });
});

describe("F45: names cannot forge a line of a report", () => {
  const evil = "x\ngoroutine 99 [running]:\r\ty\u2028z";
  const escaped = "x\\ngoroutine 99 [running]:\\r\\ty\\u2028z";

  for (const traceback of ["single", "all"] as const) {
    test(`F45: a body's and its creator's, ${traceback}`, () => {
      const body = Object.defineProperty(
        function* () {
          yield* chan<void>().recv();
        },
        "name",
        { value: evil },
      );
      const main = Object.defineProperty(
        function* (): Go {
          go(body);
          yield* chan<void>().recv();
        },
        "name",
        { value: evil },
      );
      const report = reportOf(failure(main, traceback)) as string;
      const headers = report.split("\n").filter((line) => line.startsWith("goroutine "));
      expect(headers).toEqual(["goroutine 1 [chan receive]:", "goroutine 2 [chan receive]:"]);
      if (traceback === "single") {
        expect(report).toContain(`\n${escaped}(...)\ncreated by ${escaped} in goroutine 1\n`);
      }
    });
  }

  test("F45: the name of a class of errors, of what printing throws", () => {
    const error = new Error("m");
    error.name = evil;
    expect(
      printed(error)
        ?.split("\n")
        .slice(1)
        .every((line) => line.startsWith("\t")),
    ).toBe(true);
    const odd = Object.defineProperty(class {}, "name", { value: evil });
    expect(printed(new Odd(new odd()))?.split("\n").length).toBe(1);
  });
});

describe("F42: a report of very many goroutines is cheap and bounded", () => {
  const MANY = 100_000;

  function* crowd(end: () => Go): Go {
    const ch = chan<void>();
    for (let i = 0; i < MANY; i++) {
      go(function* waits() {
        yield* ch.recv();
      });
    }
    yield* gosched();
    yield* gosched();
    yield* end();
  }

  test("F42: a deadlock says how many are left out", () => {
    const error = failure(() =>
      crowd(function* () {
        yield* chan<void>().recv();
      }),
    ) as FatalError;
    expect(error.message.match(/^goroutine \d+/gm)?.length).toBe(1000);
    expect(error.message).toEndWith(`\n\n...${MANY + 1 - 1000} goroutines left out...\n`);
    expect(error.message.length).toBeLessThan(200_000);
  });

  test("F42: a panic of main does not list them", () => {
    const error = failure(() =>
      crowd(function* () {
        throw new Error("main's");
      }),
    );
    expect(reportOf(error)).toMatch(/^panic: Error: main's\n\ngoroutine 1 \[running\]:\n.*\n$/);
  });

  test("F42: a panic of main with all of them: the first, and how many more", () => {
    const error = failure(
      () =>
        crowd(function* () {
          throw new Error("main's");
        }),
      "all",
    );
    expect(reportOf(error)).toEndWith(`\n\n...${MANY + 1 - 1000} goroutines left out...\n`);
  });

  test("F42: goroutineDump, too; a thousand are all there", () => {
    const dumps = [999, 1000].map((others) =>
      runSync(function* main() {
        for (let i = 0; i < others; i++) go(function* () {});
        return goroutineDump();
      }),
    );
    expect(dumps[0]?.match(/^goroutine \d+/gm)?.length).toBe(1000);
    expect(dumps[0]).not.toContain("left out");
    expect(dumps[1]).toEndWith("\n\n...1 goroutines left out...\n");
  });
});
