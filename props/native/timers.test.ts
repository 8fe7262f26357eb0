/** Timers of native bodies: gobuf_timer_make and its like, in both directions between bodies and TypeScript. */
import { describe, expect, test } from "bun:test";
import { chan, type FatalError, go, gosched, Mutex, native, newTimer, nilchan, now, run, runSync, sleep } from "gobuf";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { compileBodies, openBodies } from "./bodies.ts";

const { symbols } = openBodies();

/** The clock of runSync, which is fake, starts here, nanoseconds since 1970. */
const START = 1_257_894_000_000_000_000n;
const NS_A_MS = 1_000_000n;
const PANIC = 2n;

/** What c_timers gets, from word 2 on: times in milliseconds behind the start. */
const ANSWERS: readonly bigint[] = [
  ...[10n, 0n, 0n, 1n, 1n], // fires; stop behind that; reset; stop; nothing is left
  ...[1n, 25n, 0n], // what has fired is taken back by reset, and is not received; len and cap
  ...[35n, 45n, 75n, 1n, 78n], // ticks; two of them are dropped; another interval
  ...[0n, PANIC, 1n, 1n], // an interval of 0; stop; no tick behind it
  ...[0n, PANIC, 128n], // a ticker of 0; a timer that is late already
];
/** Those that are times. */
const TIMES = new Set([0, 6, 8, 9, 10, 12, 19]);

function answers(body: native.Body): void {
  runSync(function* () {
    const words = new BigUint64Array(2 + ANSWERS.length).fill(99n);
    go.native(body, words);
    yield* sleep(1000);
    expect([...words.slice(2)]).toEqual(ANSWERS.map((n, i) => (TIMES.has(i) ? START + n * NS_A_MS : n)));
  });
}

/** Words for a body: the handles of objects, and room for answers. */
function wordsOf(...given: native.Handled[]): BigUint64Array<ArrayBuffer> {
  const words = new BigUint64Array(8).fill(99n);
  words.set(given.map((object) => BigInt(native.handle(object))));
  return words;
}

describe("timers and tickers of native bodies", () => {
  test("in C, compiled by Zig", () => answers(symbols.c_timers));
  test("in Zig", () => answers(symbols.zig_timers));
  compilerTest("in C, compiled by bun:ffi", () => {
    using library = compileBodies();
    answers(library.symbols.c_timers);
  });

  test("a timer of TypeScript in C, and a timer of C in TypeScript", () =>
    runSync(function* () {
      const start = now();
      const timer = newTimer(3);
      const handed = chan<number>();
      const words = wordsOf(timer.c as native.Handled, handed);
      go.native(symbols.c_shares_timers, words);
      const c = native.chanOf((yield* handed.recv()) as number);
      expect([...words.slice(2, 6)]).toEqual([START + 3n * NS_A_MS, 0n, START + 10n * NS_A_MS, 1n]);
      expect(timer.stop()).toBe(false);
      expect(yield* c.recv()).toBe(start + 15);
      expect(now()).toBe(start + 15);
    }));

  test("fractions of a millisecond: to a quarter of a microsecond", () =>
    runSync(function* () {
      const words = wordsOf(newTimer(1.234567).c as native.Handled, chan(1));
      go.native(symbols.c_shares_timers, words);
      yield* sleep(50);
      expect(Math.abs(Number((words[2] as bigint) - START) - 1_234_567)).toBeLessThan(250);
    }));

  test("a real clock's time is between the times before and after, and no timer is early", async () => {
    const words = await run(function* () {
      const handed = chan<number>();
      const start = now();
      const got = wordsOf(newTimer(2).c as native.Handled, handed);
      got[6] = BigInt(Math.floor(start)) + 2n;
      go.native(symbols.c_shares_timers, got);
      yield* handed.recv();
      got[7] = BigInt(Math.ceil(now()));
      return got;
    });
    const [first = 0n, , second = 0n] = words.slice(2);
    expect(first).toBeGreaterThanOrEqual((words[6] as bigint) * NS_A_MS);
    expect(second - first).toBeGreaterThanOrEqual(7n * NS_A_MS - 500n);
    expect(second).toBeLessThanOrEqual((words[7] as bigint) * NS_A_MS);
  });

  test.each([
    [0n, "gobuf_timer_stop", () => chan(), "a Chan that no timer feeds"],
    [0n, "gobuf_timer_stop", () => nilchan, "nil"],
    [1n, "gobuf_timer_reset", () => chan(3), "a Chan that no timer feeds"],
  ] as const)("what is no timer is refused by name: %i, %s", async (which, name, make, found) => {
    const failed = await run(function* () {
      const words = wordsOf(make());
      words[1] = which;
      go.native(symbols.c_stops, words);
      yield* gosched();
    }).catch((error: FatalError) => error.text);
    expect(failed).toMatch(
      new RegExp(`goroutine 2: ${name} on handle \\d+: expected a timer's channel, found ${found}`),
    );
  });

  test("what is no channel is, too", async () => {
    const failed = await run(function* () {
      const words = wordsOf(new Mutex());
      words[1] = 0n;
      go.native(symbols.c_stops, words);
      yield* gosched();
    }).catch((error: FatalError) => error.text);
    expect(failed).toMatch(/gobuf_timer_stop on handle \d+: expected a Chan, found a Mutex/);
  });
});
