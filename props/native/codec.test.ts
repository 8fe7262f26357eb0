/** Codecs: what goes through a native body comes back the same, and what does not fit is refused where it is sent. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Chan,
  chan,
  FatalError,
  go,
  native,
  PanicError,
  recvCase,
  run,
  runSync,
  select,
  sendCase,
  wait,
} from "gobuf";
import { openBodies, Work } from "./bodies.ts";

const SEED = 20_261_124;
const { symbols } = openBodies();
const BODIES = ["c_echo", "zig_echo", "c_selector", "zig_selector"] as const;

/** Sends values to a body that sends them back. */
function there(make: () => Chan<unknown>, body: (typeof BODIES)[number], values: readonly unknown[]): unknown[] {
  return runSync(function* () {
    const to = make();
    const from = make();
    go.native(symbols[body], new Work({ in: to, out: from }).bytes);
    go(function* () {
      for (const value of values) yield* to.send(value);
      to.close();
    });
    const got: unknown[] = [];
    for (;;) {
      const [value, ok] = yield* from.recvOk();
      if (!ok) return got;
      got.push(value);
    }
  });
}

const codecs: [codec: native.Codec<unknown>, values: fc.Arbitrary<unknown>, edges: unknown[]][] = [
  [native.i32 as native.Codec<unknown>, fc.integer(), [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]],
  [native.u32 as native.Codec<unknown>, fc.integer({ min: 0, max: 2 ** 32 - 1 }), [0, 2 ** 31, 2 ** 32 - 1]],
  [
    native.f64 as native.Codec<unknown>,
    fc.double(),
    [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, 2 ** 53 + 2, -1.5],
  ],
  [native.u64 as native.Codec<unknown>, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), [0n, 2n ** 63n, 2n ** 64n - 1n]],
  [
    native.i64 as native.Codec<unknown>,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 32n, -(2n ** 32n)],
  ],
];

describe.each(codecs.map((row) => [row[0].name, ...row] as const))("%s", (_name, codec, values, edges) => {
  for (const body of BODIES) {
    for (const capacity of [0, 3]) {
      test(`through ${body}, capacity ${capacity}`, () => {
        expect(there(() => native.chan(codec, capacity), body, edges)).toEqual(edges);
        fc.assert(
          fc.property(fc.array(values, { maxLength: 20 }), (list) => {
            expect(there(() => native.chan(codec, capacity), body, list)).toEqual(list);
          }),
          { seed: SEED, numRuns: 50 },
        );
      });
    }
  }
});

test("a word of the codec itself: f64 keeps every bit but those of a NaN", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (lo, hi) => {
      const x = native.f64.fromWord(lo, hi);
      const word = new Int32Array(2);
      native.f64.toWord(x, word);
      if (Number.isNaN(x)) expect(native.f64.fromWord(word[0] as number, word[1] as number)).toBeNaN();
      else expect([...word]).toEqual([lo, hi]);
    }),
    { seed: SEED },
  );
});

describe("a channel without a codec", () => {
  const values = [0, 1, -1 >>> 0, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n];
  test.each(BODIES)("gives numbers below 2^53, else BigInts: %s", (body) => {
    expect(there(() => chan(), body, values)).toEqual(values);
  });

  test("takes booleans and undefined, as 1 and 0; negative numbers come back as the words they are", () => {
    expect(there(() => chan(), "c_echo", [true, false, undefined, -1, -(2 ** 40)])).toEqual([
      1,
      0,
      0,
      2n ** 64n - 1n,
      2n ** 64n - 2n ** 40n,
    ]);
  });

  for (const body of BODIES) {
    test.each(["ant", 1.5, {}, null, 2n ** 64n, -(2n ** 63n) - 1n, 2 ** 60])(
      `what no word can hold ends the run, by name, and is not lost in silence: %p, ${body}`,
      (value) => {
        for (const capacity of [0, 1]) {
          expect(() => there(() => chan(capacity), body, [value])).toThrow(
            /^native goroutine 2 received what no word can hold: gobuf: .* does not fit a word .*native\.chan, with a codec/,
          );
        }
      },
    );
  }
});

describe("a value that the codec refuses is its sender's panic", () => {
  const bad: [native.Codec<never>, unknown, string][] = [
    [native.i32, 2 ** 31, "2147483648 does not fit a word of codec i32"],
    [native.i32, 1.5, "1.5 does not fit"],
    [native.i32, -0, "-0 does not fit"],
    [native.i32, "7", '"7" does not fit'],
    [native.i32, undefined, "undefined does not fit"],
    [native.u32, -1, "-1 does not fit a word of codec u32: expected an integer from 0 to 2^32-1"],
    [native.f64, 1n, "1n does not fit a word of codec f64: expected a number"],
    [native.u64, -1n, "-1n does not fit"],
    [native.u64, 2n ** 64n, "18446744073709551616n does not fit"],
    [native.u64, 1, "1 does not fit a word of codec u64: expected a BigInt"],
    [native.i64, 2n ** 63n, "does not fit a word of codec i64"],
    [native.u64, Symbol("s"), "Symbol(s) does not fit"],
    [native.u64, new Date(0), "a value of Date does not fit"],
  ] as [native.Codec<never>, unknown, string][];
  test.each(bad.map((row) => [row[2], ...row] as const))("%s", async (_title, codec, value, message) => {
    await run(function* () {
      const ch = native.chan(codec, 1);
      for (const send of [() => ch.send(value as never), () => void sendCase(ch, value as never)]) {
        let caught: unknown;
        try {
          send();
        } catch (error) {
          caught = error;
        }
        expect(caught).toBeInstanceOf(PanicError);
        expect((caught as Error).message).toContain(message);
      }
      expect(ch.len).toBe(0);
      // The channel and the goroutine go on.
      expect((yield* select([recvCase(ch)], { default: true })).index).toBe(-1);
    });
  });

  test("in async code, a rejection", async () => {
    await run(function* () {
      const ch = native.chan(native.i32, 1);
      const error: unknown = yield* wait(ch.sendAsync(0.5).catch((e: unknown) => e));
      expect(error).toBeInstanceOf(PanicError);
    });
  });
});

test("a codec of one's own: refused at the sender by its own error, which ends no run that catches it", () => {
  const even: native.Codec<number> = {
    name: "even",
    toWord(value, word) {
      if (value % 2 !== 0) throw new RangeError(`${value} is odd`);
      word[0] = value / 2;
      word[1] = 0;
    },
    fromWord: (lo) => 2 * lo,
  };
  runSync(function* () {
    const ch = native.chan(even, 1);
    expect(() => ch.send(3)).toThrow(new RangeError("3 is odd"));
    yield* ch.send(8);
    expect(yield* ch.recv()).toBe(8);
  });
  expect(there(() => native.chan(even) as Chan<unknown>, "zig_echo", [2, 4])).toEqual([2, 4]);
});

test("a codec that fails at the receiver ends the run with its error as the cause", async () => {
  let calls = 0;
  const moody: native.Codec<number> = {
    name: "moody",
    toWord() {
      if (++calls > 1) throw new TypeError("not again");
    },
    fromWord: (lo) => lo,
  };
  const failed = await run(function* () {
    const ch = native.chan(moody);
    go.native(symbols.c_echo, new Work({ in: ch, out: ch }).bytes);
    yield* ch.send(1);
    yield* ch.recv();
  }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(FatalError);
  expect((failed as FatalError).text).toContain("received what no word can hold: not again");
  expect(((failed as FatalError).cause as Error).message).toBe("not again");
});

test("makechan's own check", () => {
  expect(() => native.chan(native.i32, -1)).toThrow(new PanicError("makechan: size out of range"));
});
