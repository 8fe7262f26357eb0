/** F20, F21, F37, F39, F40, and F8 for contexts: what comes from code that nobody checked the types of. */
import { describe, expect, test } from "bun:test";
import {
  afterFunc,
  Cond,
  call,
  chan,
  context,
  ErrGroup,
  type Go,
  go,
  gosched,
  now,
  Once,
  recvCase,
  run,
  runSync,
  select,
  sendCase,
  sleep,
  spawn,
  trace,
  WaitGroup,
  wait,
} from "gobuf";
import { runTest, synctest } from "gobuf/testing";

/** What untyped code gives by mistake. */
const BAD: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["0", 0],
  ["a string", "x"],
  ["an object", {}],
  ["an async function", async () => {}],
  ["an async generator function", async function* () {}],
  ["an arrow that gives a promise", () => Promise.reject(new Error("nobody waits"))],
  ["a promise", Promise.resolve(1)],
  ["a generator", (function* () {})()],
];

const ctx = () => context.background();
const isFunction = (v: unknown) => typeof v === "function";

/** Calls with one bad argument: the name that the error begins with, the call, and whether the value is a good one. */
const CALLS: [name: string, use: (v: never) => unknown, good?: (v: unknown) => boolean][] = [
  ["go", (v) => go(v), (v) => v === undefined || v === null],
  ["call", (v) => call(v)],
  ["run", (v) => run(v)],
  ["runSync", (v) => runSync(v)],
  ["spawn", (v) => spawn(v)],
  ["runTest", (v) => runTest(v)],
  ["synctest.test", (v) => synctest.test(v)],
  ["WaitGroup.go", (v) => new WaitGroup().go(v)],
  ["ErrGroup.go", (v) => new ErrGroup().go(v)],
  ["ErrGroup.tryGo", (v) => new ErrGroup().tryGo(v)],
  ["Once.do", (v) => new Once().do(v), (v) => isFunction(v) && !isAsyncKind(v)],
  ["afterFunc", (v) => afterFunc(5, v), (v) => isFunction(v) && !isAsyncKind(v)],
  ["context.afterFunc", (v) => context.afterFunc(ctx(), v), (v) => isFunction(v) && !isAsyncKind(v)],
  ["recvCase", (v) => recvCase(v)],
  ["sendCase", (v) => sendCase(v, 1 as never)],
  // A plain object names cases; without any it waits for ever, as an empty list does.
  ["select", (v) => select(v), isPlain],
  ["select", (v) => select([v])],
  ["select", (v) => select([], v), (v) => v === undefined || (typeof v === "object" && v !== null)],
  ["WaitGroup.add", (v) => new WaitGroup().add(v), (v) => v === 0],
  ["ErrGroup.setLimit", (v) => new ErrGroup().setLimit(v), (v) => v === 0],
  ["Cond", (v) => new Cond(v)],
  ["chan", (v) => chan(v), (v) => v === 0 || v === undefined],
  ["context.withCancel", (v) => context.withCancel(v), isNil],
  ["context.withTimeout", (v) => context.withTimeout(v, 1), isNil],
  ["context.withValue", (v) => context.withValue(v, new context.Key("k"), 1), isNil],
  ["context.withValue", (v) => context.withValue(ctx(), v, 1 as never), isNil],
  ["context.withoutCancel", (v) => context.withoutCancel(v), isNil],
  ["context.cause", (v) => context.cause(v)],
  ["context.fromSignal", (v) => context.fromSignal(v)],
  ["trace.withRegion", (v) => trace.withRegion("r", v).next()],
];

function isAsyncKind(v: unknown): boolean {
  return /^async/.test(String(v));
}

function isPlain(v: unknown): boolean {
  return typeof v === "object" && v !== null && Object.getPrototypeOf(v) === Object.prototype;
}

function isNil(v: unknown): boolean {
  return v === undefined || v === null;
}

/** What a call throws or rejects with. */
async function thrownBy(use: () => unknown): Promise<unknown> {
  try {
    const made = use();
    if (made instanceof Promise) await made;
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(BAD)("F21: %s", (what, value) => {
  test.each(CALLS.map(([name, use, good = () => false]) => [name, use, good] as const))(
    "is refused by %s",
    (name, use, good) =>
      run(function* () {
        if (good(value)) return;
        const error = yield* wait(thrownByTurn(() => use(value as never)));
        expect(error, `${name} takes ${what}`).toBeInstanceOf(TypeError);
        const { message } = error as Error;
        expect(message).toStartWith(`gobuf: ${name}: `);
        expect(message).toMatch(/expected |is no generator function: write `function\*`/);
      }),
  );
});

/** {@link thrownBy}, called on the goroutine. */
function thrownByTurn(use: () => unknown): Promise<unknown> {
  return thrownBy(use);
}

test("F21: go(undefined) and go(null) are Go's fatal error, also where a body catches it", () => {
  for (const nil of [undefined, null]) {
    expect(() =>
      runSync(function* () {
        try {
          go(nil as never);
        } catch {}
        yield* gosched();
      }),
    ).toThrow("go of nil func value");
  }
});

test("F21: a callback that gives a promise is refused where it is called, by its name", () => {
  const gives = (() => Promise.reject(new Error("nobody waits"))) as never;
  const uses: [string, () => Generator<unknown, void, true>][] = [
    [
      "Once.do",
      function* () {
        yield* new Once().do(gives);
      },
    ],
    [
      "afterFunc",
      function* () {
        afterFunc(1, gives);
        yield* sleep(5);
      },
    ],
    [
      "context.afterFunc",
      function* () {
        const [c, cancel] = context.withCancel(ctx());
        context.afterFunc(c, gives);
        cancel();
        yield* sleep(5);
      },
    ],
  ];
  for (const [name, use] of uses) expect(() => runSync(use)).toThrow(`gobuf: ${name}: gives gave a promise`);
});

describe("F39: one generator", () => {
  function* body(): Go<number> {
    yield* sleep(5);
    return 5;
  }

  test("given to two goroutines is refused, and the first has it", () => {
    runSync(function* () {
      const notes: string[] = [];
      const g = (function* () {
        yield* sleep(5);
        notes.push("done");
      })();
      go(() => g);
      const starts: [string, () => unknown][] = [
        ["go", () => go(() => g)],
        ["call", () => call(() => g)],
        ["WaitGroup.go", () => new WaitGroup().go(() => g)],
        ["ErrGroup.go", () => new ErrGroup().go(() => g)],
      ];
      for (const [name, start] of starts)
        expect(start).toThrow(`gobuf: ${name}: the function gave the generator that is already the body`);
      yield* sleep(10);
      expect(() => go(() => g)).toThrow("already the body of a goroutine");
      expect(notes).toEqual(["done"]);
    });
  });

  test.each(["next", "return", "throw"] as const)("cannot be gone on with by others: %s", (method) => {
    const ch = chan<number>();
    runSync(function* () {
      let got: number | undefined;
      const g = (function* () {
        got = yield* ch.recv();
      })();
      go(() => g);
      yield* gosched();
      expect(() => (g[method] as (v?: unknown) => unknown)()).toThrow(
        "gobuf: this generator is the body of a goroutine",
      );
      expect(() => [...(g as Iterable<unknown>)]).toThrow(TypeError);
      yield* ch.send(5);
      yield* gosched();
      expect(got).toBe(5);
    });
  });

  test("made anew each time by an arrow is as good as a generator function", async () => {
    expect(runSync(() => body())).toBe(5);
    expect(
      await run(function* () {
        return (yield* call(() => body())) + (yield* wait(spawn(() => body())));
      }),
    ).toBe(10);
  });
});

describe("F40: options", () => {
  const options: [string, unknown][] = [
    ["clock", "fast"],
    ["clock", null],
    ["traceback", "x"],
    ["traceback", true],
    ["seed", -1],
    ["seed", 1.5],
    ["seed", "1"],
    ["seed", Number.NaN],
    ["signal", 5],
    ["signal", {}],
    ["onTransition", 5],
    ["onStackOverflow", "log"],
  ];
  test.each(options)("%s: %p is refused by name and value", (name, value) => {
    const main = function* () {};
    expect(() => run(main, { [name]: value })).toThrow(TypeError);
    expect(() => run(main, { [name]: value })).toThrow(`gobuf: run: option ${name}: expected `);
    if (typeof value === "string") expect(() => run(main, { [name]: value })).toThrow(`got "${value}"`);
    if (["clock", "signal"].includes(name)) return;
    expect(() => runSync(main, { [name]: value })).toThrow(`gobuf: runSync: option ${name}: expected `);
  });

  test("of another name are refused, and undefined is none", async () => {
    const main = function* () {};
    expect(() => run(main, { clok: "fake" } as never)).toThrow(
      'gobuf: run: unknown option "clok": expected seed, clock',
    );
    for (const bad of [5, null, "x", []]) {
      expect(() => run(main, bad as never)).toThrow("gobuf: run: expected an object of options, got ");
    }
    expect(() => trace.start(() => {}, { formt: "go" } as never)).toThrow('gobuf: trace.start: unknown option "formt"');
    await run(main, { seed: undefined, clock: undefined } as never);
  });

  test("a case list with a hole is refused with its index, and nobody waits", () => {
    runSync(function* () {
      const ch = chan<number>();
      // biome-ignore lint/suspicious/noSparseArray: it is what is tested
      const sparse = [recvCase(ch), , recvCase(ch)] as never;
      expect(() => select(sparse)).toThrow(
        "gobuf: select: expected a list of cases, made by sendCase and recvCase: at index 1, got undefined",
      );
      expect(() => select([], { default: 1 } as never)).toThrow(
        "gobuf: select: option default: expected a boolean, got 1",
      );
      expect(() => select([], { defualt: true } as never)).toThrow('unknown option "defualt"');
      yield* gosched();
    });
  });

  test.each([Number.NaN, 1.5, 2 ** 31, -(2 ** 31) - 1, Number.POSITIVE_INFINITY, "1", undefined])(
    "WaitGroup.add(%p)",
    (delta) => {
      const wg = new WaitGroup();
      expect(() => wg.add(delta as number)).toThrow(
        "gobuf: WaitGroup.add: expected an integer from -2^31 to 2^31-1, got",
      );
      wg.add(1);
      wg.done();
    },
  );
});

describe("F20: a thenable in wait", () => {
  const own = (then: (ok: (v: number) => void, no: (e: Error) => void) => void): PromiseLike<number> =>
    Object.assign(Promise.resolve(7), { then }) as never;
  const plain = (then: (ok: (v: number) => void, no: (e: Error) => void) => void): PromiseLike<number> =>
    ({ then }) as never;
  const thens: [string, (ok: (v: number) => void, no: (e: Error) => void) => void, unknown][] = [
    [
      "calls twice",
      (ok) => {
        ok(1);
        ok(2);
      },
      1,
    ],
    [
      "calls both ways",
      (ok, no) => {
        ok(1);
        no(new Error("late"));
      },
      1,
    ],
    [
      "throws after calling",
      (ok) => {
        ok(1);
        throw new Error("late");
      },
      1,
    ],
    [
      "calls later, twice",
      (ok) => {
        setTimeout(() => {
          ok(1);
          ok(2);
        }, 1);
      },
      1,
    ],
    [
      "rejects, then fulfils",
      (ok, no) => {
        no(new Error("first"));
        ok(1);
      },
      new Error("first"),
    ],
    [
      "throws",
      () => {
        throw new Error("first");
      },
      new Error("first"),
    ],
  ];
  function* settle(p: PromiseLike<number>): Go<unknown> {
    try {
      return yield* wait(p);
    } catch (error) {
      return error;
    }
  }
  test.each(thens)("that %s: the first counts", async (_, then, first) => {
    expect(
      await run(function* () {
        return yield* settle(plain(then));
      }),
    ).toEqual(first);
    // As `await` does, a promise is asked by the language's own `then`.
    expect(
      await run(function* () {
        return yield* settle(own(then));
      }),
    ).toBe(7);
  });
});

describe("F37: a trace sink", () => {
  test.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("disk full");
      },
    ],
    [
      "rejects at once",
      async () => {
        throw new Error("disk full");
      },
    ],
    [
      "rejects later",
      () =>
        Bun.sleep(2).then(() => {
          throw new Error("disk full");
        }),
    ],
  ])("that %s: the program goes on, stop tells", async (_, sink) => {
    trace.start(sink);
    expect(
      await run(function* () {
        yield* sleep(5);
        return 5;
      }),
    ).toBe(5);
    const failure = await thrownBy(() => trace.stop());
    expect(failure).toMatchObject({
      message: expect.stringContaining("writing to the sink failed, the trace is incomplete: disk full"),
    });
  });

  test("that is async and works: stop's promise says when it is done", async () => {
    let bytes = 0;
    trace.start(async (chunk) => {
      await Bun.sleep(1);
      bytes += chunk.length;
    });
    await run(function* () {
      yield* gosched();
    });
    await trace.stop();
    expect(bytes).toBeGreaterThan(0);
  });
});

describe("F8: a context with a deadline outlives the run that made it", () => {
  const make = () =>
    run(function* () {
      const [timed] = context.withTimeout(ctx(), 20, new Error("why"));
      return {
        timed,
        child: context.withCancel(context.withValue(timed, new context.Key("k"), 1))[0],
        done: timed.done(),
      };
    });

  test("asked by err outside", async () => {
    const { timed, child } = await make();
    const err = timed.err();
    // On a busy machine its time may have come already.
    if (now() < (timed.deadline() ?? 0)) expect(err).toBeUndefined();
    await Bun.sleep(25);
    expect(child.err()).toBe(context.DeadlineExceeded);
    expect(timed.err()).toBe(context.DeadlineExceeded);
    expect(context.cause(child)?.message).toBe("why");
  });

  test.each(["timed", "child"] as const)("waited for in the next run: %s", async (which) => {
    const made = await make();
    await run(function* () {
      yield* made[which].done().recv();
      expect(made[which].err()).toBe(context.DeadlineExceeded);
    });
  });

  test("waited for by a channel that was asked for in the run that made it", async () => {
    const { done, timed } = await make();
    await run(function* () {
      yield* select([recvCase(done), recvCase(chan<number>())]);
      expect(timed.err()).toBe(context.DeadlineExceeded);
    });
  });
});
