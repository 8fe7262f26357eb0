/** gobuf_wg_go: goroutines that a native body starts in a WaitGroup, its own or one of TypeScript. */
import { describe, expect, test } from "bun:test";
import { FatalError, go, gosched, type native as Native, native, PanicError, run, runSync, WaitGroup } from "gobuf";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { compileBodies, openBodies } from "./bodies.ts";

const { symbols } = openBodies();
const [PANIC, OK] = [2n, 1n];

function wordsOf(wg: WaitGroup, flag = 0n): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.of(BigInt(native.handle(wg)), flag, 0n, 99n, 99n);
}

/** How many goroutines c_wg_goes and zig_wg_goes have counted when their wait is over. */
function counted(body: Native.Body): bigint[] {
  return runSync(function* () {
    const wg = new WaitGroup();
    const words = wordsOf(wg);
    go.native(body, words);
    yield* gosched();
    // Those of the body count for TypeScript, too.
    yield* wg.wait();
    const { 2: here = 0n } = words;
    yield* gosched();
    expect(words[4]).toBe(here);
    return [...words.slice(3)];
  });
}

describe("gobuf_wg_go", () => {
  test("in C, compiled by Zig: one that returns, one that goexits, one that starts another", () => {
    expect(counted(symbols.c_wg_goes)).toEqual([OK, 4n]);
  });
  test("in Zig", () => expect(counted(symbols.zig_wg_goes)).toEqual([OK, 3n]));
  compilerTest("in C, compiled by bun:ffi", () => {
    using library = compileBodies();
    expect(counted(library.symbols.c_wg_goes)).toEqual([OK, 4n]);
  });

  test("TypeScript waits for goroutines that a body has started and left", () =>
    runSync(function* () {
      const wg = new WaitGroup();
      const words = wordsOf(wg);
      let waited = false;
      wg.go(function* () {
        go.native(symbols.c_wg_goes, words);
        yield* gosched();
      });
      go(function* () {
        yield* wg.wait();
        waited = true;
      });
      for (let i = 0; i < 100 && !waited; i++) yield* gosched();
      expect(waited).toBe(true);
      expect(words[2]).toBe(4n);
    }));

  test("a panic of add is the outcome, and nothing is started", () =>
    runSync(function* () {
      const words = wordsOf(new WaitGroup());
      go.native(symbols.c_wg_go_panics, words);
      yield* gosched();
      expect([...words.slice(2, 4)]).toEqual([PANIC, PANIC]);
    }));

  test("a done too many is the run's panic", async () => {
    const failed = await run(function* () {
      go.native(symbols.c_wg_goes, wordsOf(new WaitGroup(), 1n));
      for (let i = 0; i < 20; i++) yield* gosched();
      return null;
    }).catch((error: Error) => error);
    expect(String((failed as Error).cause ?? failed)).toContain("sync: negative WaitGroup counter");
    expect(failed).not.toBeInstanceOf(FatalError);
  });

  test("one that runs off its stack is done, where onStackOverflow ends it alone", async () => {
    let overflows = 0;
    const words = await run(
      function* () {
        const wg = new WaitGroup();
        const got = wordsOf(wg);
        go.native(symbols.c_wg_overflow, got);
        yield* gosched();
        yield* wg.wait();
        return got;
      },
      { onStackOverflow: () => overflows++ },
    );
    expect(overflows).toBe(1);
    expect(words[2]).toBe(1n);
  });

  test("a group of a run that was left counts nothing in the next", async () => {
    const wg = new WaitGroup();
    await run(function* () {
      go.native(symbols.c_wg_go_panics, wordsOf(new WaitGroup()));
      go.native(symbols.c_wg_goes, wordsOf(wg));
      yield* gosched();
    });
    await run(function* () {
      const words = wordsOf(new WaitGroup());
      go.native(symbols.c_wg_goes, words);
      for (let i = 0; i < 20; i++) yield* gosched();
      expect(words[4]).toBe(4n);
    });
  });

  test("what is no WaitGroup is refused by name", async () => {
    const failed = await run(function* () {
      go.native(symbols.c_wg_go_panics, BigUint64Array.of(0n, 0n, 0n, 0n));
      yield* gosched();
    }).catch((error: FatalError) => error.text);
    expect(failed).toMatch(/gobuf_wg_add on handle 0: expected a WaitGroup, found nil/);
    expect(PanicError.name).toBe("PanicError");
  });
});
