/** Callbacks of native bodies into TypeScript, on g0: counted on both sides, and what they throw. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  chan,
  FatalError,
  go,
  goexit,
  gosched,
  native,
  recvCase,
  run,
  runSync,
  select,
  UncaughtError,
  WaitGroup,
} from "gobuf";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { STATUS_CLOSED, STATUS_OK, STATUS_PANIC } from "../../src/runtime/codes.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { compileBodies, openBodies, Work } from "./bodies.ts";

const CALLS = 1_000_000;
const GC_EVERY = 200_000;
const THROW_EVERY = 97;
const library = openBodies();
const { symbols } = library;

test(`${CALLS} calls from C and Zig, garbage collected now and then, every ${THROW_EVERY}th throwing`, () => {
  runSync(function* () {
    const wg = new WaitGroup();
    let calls = 0;
    let thrown = 0;
    let kept: { n: number }[] = [];
    using callback = native.callback((n) => {
      calls++;
      // Something for the collector to find, and to keep.
      kept.push({ n: Number(n) });
      if (kept.length > 100) kept = kept.slice(50);
      if (calls % GC_EVERY === 0) Bun.gc(true);
      if (calls % THROW_EVERY === 0) {
        thrown++;
        throw new Error(`call ${calls}`);
      }
      return n;
    });
    const bodies = [symbols.c_caller, symbols.zig_caller, symbols.c_caller, symbols.zig_caller];
    const works = bodies.map(() => new Work({ wg, callback }, CALLS / bodies.length));
    wg.add(works.length);
    works.forEach((work, i) => {
      go.native(bodies[i] as native.Body, work.bytes);
    });
    yield* wg.wait();
    const sum = (f: (work: Work) => number) => works.reduce((all, work) => all + f(work), 0);
    expect(calls).toBe(CALLS);
    expect(thrown).toBe(Math.floor(CALLS / THROW_EVERY));
    expect(sum((work) => work.done)).toBe(CALLS);
    expect(sum((work) => work.panics)).toBe(thrown);
    // What was returned arrived: all but what was thrown.
    expect(works.every((work) => work.sum > 0n)).toBe(true);
    expect(kept.at(-1)?.n).toBeDefined();
  });
}, 120_000);

test("a word goes there and another comes back, by the codec", () => {
  runSync(function* () {
    const wg = new WaitGroup();
    const seen: unknown[] = [];
    using half = native.callback((n) => {
      seen.push(n);
      return n < 2 ? -1n : 2n ** 63n - 1n;
    }, native.i64);
    const work = new Work({ wg, callback: half }, 3);
    wg.add(1);
    go.native(symbols.c_caller, work.bytes);
    yield* wg.wait();
    expect(seen).toEqual([0n, 1n, 2n]);
    expect(BigInt.asIntN(64, work.sum)).toBe(2n ** 63n - 3n);
  });
});

describe("an exception that the body does not recover from", () => {
  for (const thrown of [new Error("out of ink"), undefined, "text"]) {
    test(`ends the run when the body ends, as an uncaught panic does: ${thrown}`, async () => {
      let calls = 0;
      const work: Work[] = [];
      const failed = await run(function* () {
        const wg = new WaitGroup();
        const callback = native.callback(() => {
          calls++;
          if (calls === 2) throw thrown;
        });
        work.push(new Work({ wg, callback }, 5));
        wg.add(1);
        go.native(symbols.c_careless, (work[0] as Work).bytes);
        yield* wg.wait();
        yield* gosched();
        yield* gosched();
      }).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(UncaughtError);
      expect((failed as UncaughtError).cause).toBe(thrown);
      expect((failed as UncaughtError).goid).toBe(2);
      expect((failed as UncaughtError).message).toContain("c_careless");
      // The body went on, but a panicking goroutine calls no callback.
      expect(work[0]?.done).toBe(5);
      expect(calls).toBe(2);
      expect(work[0]?.last).toBe(2);
    });
  }

  test("is the cause of a deadlock, where the body waits and does not end", async () => {
    const thrown = new Error("out of ink");
    const failed = await run(function* () {
      const callback = native.callback(() => {
        throw thrown;
      });
      go.native(symbols.c_stubborn, new Work({ callback, in: chan() }).bytes);
      yield* chan().recv();
    }).catch((error: unknown) => error);
    expect((failed as FatalError).text).toBe("all goroutines are asleep - deadlock!");
    expect((failed as FatalError).cause).toBe(thrown);
  });

  test("and one that it recovers from does not", () => {
    runSync(function* () {
      const wg = new WaitGroup();
      using callback = native.callback(() => {
        throw new Error("never mind");
      });
      const work = new Work({ wg, callback }, 10);
      wg.add(1);
      go.native(symbols.c_caller, work.bytes);
      yield* wg.wait();
      expect(work.panics).toBe(10);
    });
  });
});

describe("in a callback", () => {
  /** What a callback gets from something that it tries. */
  function attempt(f: () => unknown): unknown {
    let got: unknown = "was not called";
    runSync(function* () {
      const wg = new WaitGroup();
      using callback = native.callback(() => {
        try {
          got = f();
        } catch (error) {
          got = (error as Error).message;
        }
      });
      const work = new Work({ wg, callback }, 1);
      wg.add(1);
      go.native(symbols.c_caller, work.bytes);
      yield* wg.wait();
      expect(work.panics).toBe(0);
    });
    return got;
  }

  const ch = chan<number>(1);
  const wg = new WaitGroup();
  const refused: Record<string, () => unknown> = {
    send: () => ch.send(1),
    recv: () => ch.recv(),
    select: () => select([recvCase(ch)]),
    gosched: () => gosched(),
    goexit: () => goexit(),
    wait: () => wg.wait(),
    go: () => go(function* () {}),
    "go.native": () => go.native(symbols.c_echo),
  };
  for (const [name, operation] of Object.entries(refused)) {
    test(`${name} is refused, by name`, () => {
      expect(attempt(operation)).toMatch(
        new RegExp(
          `^gobuf: .*${name.replace(".", "\\.")}.* in a callback of a native goroutine: no operation can wait there`,
        ),
      );
    });
  }

  test("runSync is refused: a native body of its could not be run, on g0", () => {
    expect(attempt(() => runSync(function* () {}))).toStartWith("gobuf: runSync in a callback of a native goroutine");
  });

  test("what never waits works: close", () => {
    const closing = chan<number>(1);
    expect(attempt(() => closing.close())).toBeUndefined();
    expect(closing.closed).toBe(true);
  });

  test("ordinary async code takes part: sendAsync", async () => {
    await run(function* () {
      const words = chan<string>();
      using callback = native.callback((n) => void words.sendAsync(`call ${n}`));
      const group = new WaitGroup();
      group.add(1);
      go.native(symbols.zig_caller, new Work({ wg: group, callback }, 2).bytes);
      expect([yield* words.recv(), yield* words.recv()].sort()).toEqual(["call 0", "call 1"]);
      yield* group.wait();
    });
  });

  test("deep recursion is a RangeError, as ever", () => {
    const deep = (n: number): number => 1 + deep(n + 1);
    expect(attempt(() => deep(0))).toContain("Maximum call stack size exceeded");
  });
});

test("gobuf_call works within gobuf_systemstack", () => {
  runSync(function* () {
    using callback = native.callback((n) => {
      expect(n).toBe(5 * 2 ** 32 + 20);
      return 42;
    });
    const work = new Work({ callback });
    go.native(symbols.c_nested, work.bytes);
    yield* gosched();
    yield* gosched();
    expect(work.sum).toBe(42n);
    expect(work.done).toBeGreaterThan(0);
  });
});

describe("C that TypeScript calls may call back, too", () => {
  test("outside a goroutine, and in the body of a generator", () => {
    using callback = native.callback((n) => Number(n) + 1);
    expect(symbols.c_call(callback.handle, 4)).toBe((1 << 16) | 5);
    runSync(function* () {
      expect(symbols.c_call(callback.handle, 5)).toBe((1 << 16) | 6);
      yield* gosched();
    });
  });

  test("what the callback throws comes out of the call", () => {
    using callback = native.callback(() => {
      throw new Error("out of the call");
    });
    expect(() => symbols.c_call(callback.handle, 4)).toThrow("out of the call");
  });
});

test("C that TypeScript calls may be the first to call back: no native goroutine need have been before", () => {
  // In a process of its own: here some have been.
  const script = `
    import { dlopen, ptr } from "bun:ffi";
    import { native } from ${JSON.stringify(join(packageRoot, "src", "index.ts"))};
    import { libraryPath } from ${JSON.stringify(join(packageRoot, "src", "runtime", "ffi.ts"))};
    const { symbols } = dlopen(libraryPath, { gobuf_call: { args: ["u32", "u64", "ptr"], returns: "u32" } });
    const callback = native.callback((n) => Number(n) + 1);
    const word = new BigUint64Array(1);
    console.log(symbols.gobuf_call(callback.handle, 4n, ptr(word)), word[0]);`;
  const { exitCode, stdout } = Bun.spawnSync([process.execPath, "-e", script], { cwd: packageRoot });
  expect(stdout.toString()).toBe(`${STATUS_OK} 5n\n`);
  expect(exitCode).toBe(0);
});

test("what TypeScript's side says that is no outcome is a panic to the caller: a thread that is being terminated says nothing", () => {
  // In a process of its own: it takes the place of what gobuf_call calls.
  const script = `
    import { dlopen } from "bun:ffi";
    import { libraryPath, setCallback } from ${JSON.stringify(join(packageRoot, "src", "runtime", "ffi.ts"))};
    const { symbols } = dlopen(libraryPath, { gobuf_call: { args: ["u32", "u64", "ptr"], returns: "u32" } });
    const outcomes = [${[STATUS_OK, STATUS_PANIC, STATUS_CLOSED, 3, 77, 2 ** 32 - 1]}];
    console.log(outcomes.map((outcome) => {
      setCallback(() => outcome);
      return symbols.gobuf_call(5, 7n, null);
    }).join());`;
  const { exitCode, stdout } = Bun.spawnSync([process.execPath, "-e", script], { cwd: packageRoot });
  expect(stdout.toString().trim()).toBe([STATUS_OK, ...Array(5).fill(STATUS_PANIC)].join());
  expect(exitCode).toBe(0);
});

describe("handles of callbacks", () => {
  test("one that was closed ends the run, by name", async () => {
    const failed = await run(function* () {
      const callback = native.callback(() => 1);
      const work = new Work({ callback, wg: new WaitGroup() }, 1);
      callback.close();
      go.native(symbols.c_careless, work.bytes);
      yield* gosched();
      yield* gosched();
    }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(FatalError);
    expect((failed as FatalError).text).toMatch(
      /^goroutine 2: gobuf_call on handle \d+: no callback has it: it was closed, or never made by native.callback$/,
    );
  });

  test("no channel is taken for a callback, and no callback for a channel", async () => {
    let handle = 0;
    const call = await run(function* () {
      const ch = chan<number>();
      handle = native.handle(ch);
      go.native(symbols.c_careless, new Work({ callback: ch }, 1).bytes);
      yield* gosched();
      yield* gosched();
    }).catch((error: unknown) => error);
    expect((call as FatalError).text).toContain(`gobuf_call on handle ${handle}: no callback has it`);
    const receive = await run(function* () {
      const work = new Work({});
      work.bytes[0] = native.callback(() => 1).handle;
      go.native(symbols.c_echo, work.bytes);
      yield* gosched();
      yield* gosched();
    }).catch((error: unknown) => error);
    expect((receive as FatalError).text).toMatch(/gobuf_recv on handle \d+: expected a Chan, found nothing/);
  });

  test.each([
    [function* () {}, "GeneratorFunction"],
    [async () => {}, "AsyncFunction"],
    [3, "number"],
  ])("%p makes none", (fn, kind) => {
    expect(() => native.callback(fn as unknown as () => void)).toThrow(`expected a plain function, got a ${kind}`);
  });
});

compilerTest("the same from C of bun:ffi's compiler", () => {
  const compiled = compileBodies();
  runSync(function* () {
    const wg = new WaitGroup();
    let calls = 0;
    using callback = native.callback((n) => {
      calls++;
      if (calls % 3 === 0) throw new Error("third");
      return n;
    });
    const work = new Work({ wg, callback }, 3000);
    wg.add(1);
    go.native(compiled.symbols.c_caller, work.bytes);
    yield* wg.wait();
    expect([calls, work.done, work.panics]).toEqual([3000, 3000, 1000]);
  });
  compiled.close();
});
