/** select as users call it; draws, lock order and wake-ups are the goldens'. */
import { describe, expect, test } from "bun:test";
import {
  after,
  type Chan,
  chan,
  type Go,
  go,
  gosched,
  type NamedCases,
  nilchan,
  PanicError,
  recvCase,
  runSync,
  select,
  sendCase,
  sleep,
} from "../index.ts";
import { liveSudogs } from "./sudog.ts";

test("gives index, value and ok of a receive, a send, a closed channel and the default", () =>
  runSync(function* () {
    const numbers = chan<number>(1);
    const words = chan<string>(1);
    expect(yield* select([recvCase(numbers), recvCase(words)], { default: true })).toEqual({
      index: -1,
      value: undefined,
      ok: true,
    });
    expect(yield* select([recvCase(numbers), sendCase(words, "x")])).toEqual({ index: 1, value: undefined, ok: true });
    expect(yield* select([recvCase(numbers), recvCase(words)])).toEqual({ index: 1, value: "x", ok: true });
    numbers.close();
    expect(yield* select([recvCase(numbers), recvCase(words)])).toEqual({ index: 0, value: undefined, ok: false });
  }));

test("waits in all cases and leaves the others' queues", () =>
  runSync(function* () {
    const before = liveSudogs();
    const a = chan<number>();
    const b = chan<string>();
    go(function* () {
      yield* b.send("late");
    });
    expect(yield* select([recvCase(a), recvCase(b), sendCase(a, 1)])).toEqual({ index: 1, value: "late", ok: true });
    expect(liveSudogs()).toBe(before);
    // Nobody is left waiting on a.
    expect(yield* select([recvCase(a)], { default: true })).toMatchObject({ index: -1 });
  }));

test("never chooses a nil channel; a send case on a closed one is Go's panic", () =>
  runSync(function* () {
    const ch = chan<number>(1);
    for (let i = 0; i < 20; i++) {
      expect(yield* select([recvCase(nilchan), sendCase(ch, 1)])).toMatchObject({ index: 1 });
      yield* ch.recv();
    }
    ch.close();
    expect(() => select([sendCase(ch, 1)])).toThrow(new PanicError("send on closed channel"));
    yield* gosched();
  }));

test("every ready case is chosen in the end, and a seed repeats the choices", () => {
  const choices = (seed: number) =>
    runSync(
      function* () {
        const chans = [chan<number>(99), chan<number>(99), chan<number>(99)];
        for (const c of chans) for (let i = 0; i < 60; i++) yield* c.send(i);
        const chosen: number[] = [];
        for (let i = 0; i < 60; i++) chosen.push((yield* select(chans.map((c) => recvCase(c)))).index);
        return chosen;
      },
      { seed },
    );
  expect(new Set(choices(1))).toEqual(new Set([0, 1, 2]));
  expect(choices(1)).toEqual(choices(1));
  expect(choices(1)).not.toEqual(choices(2));
});

test("a select of no cases waits for ever", () => {
  expect(() =>
    runSync(function* () {
      yield* select([]);
    }),
  ).toThrow("goroutine 1 [select (no cases)]:");
});

/** The wait reason of a goroutine in a select, from its deadlock. */
function reasonOf(wait: () => Go<unknown>): string | undefined {
  try {
    runSync(wait);
  } catch (error) {
    return /goroutine 1 \[(.*)\]/.exec((error as Error).message)?.[1];
  }
  return undefined;
}

describe("F14: a select of one case is the plain operation", () => {
  test("F14: its wait reasons", () => {
    const c = chan<number>();
    const one = [
      [[recvCase(c)], "chan receive"],
      [[sendCase(c, 1)], "chan send"],
      [[recvCase(nilchan)], "chan receive (nil chan)"],
      [[sendCase(nilchan, 1 as never)], "chan send (nil chan)"],
      [[recvCase(c), recvCase(nilchan)], "select"],
      [[], "select (no cases)"],
    ] as const;
    for (const [cases, reason] of one) {
      expect(
        reasonOf(function* () {
          yield* select(cases);
        }),
      ).toBe(reason);
    }
  });

  test("F14: it gives index, value and ok, whether it waits or not, and panics as the operation does", () =>
    runSync(function* () {
      const c = chan<number>();
      go(function* () {
        for (const n of [1, 2]) yield* c.send(n);
        expect(yield* select([sendCase(c, 3)])).toEqual({ index: 0, value: undefined, ok: true });
        c.close();
        try {
          yield* select([sendCase(c, 4)]);
        } catch (error) {
          expect(error).toEqual(new PanicError("send on closed channel"));
          ended = true;
        }
      });
      let ended = false;
      expect(yield* select([recvCase(c)])).toEqual({ index: 0, value: 1, ok: true });
      yield* gosched();
      expect(yield* select([recvCase(c)])).toEqual({ index: 0, value: 2, ok: true });
      expect(yield* select([recvCase(c)])).toEqual({ index: 0, value: 3, ok: true });
      expect(yield* select([recvCase(c)])).toEqual({ index: 0, value: undefined, ok: false });
      yield* gosched();
      expect(ended).toBe(true);
      expect(yield* select([recvCase(after(1))])).toMatchObject({ index: 0, ok: true });
    }));

  test("F14: a waiting sender panics when the channel is closed", () =>
    runSync(function* () {
      const c = chan<number>();
      let thrown: unknown;
      go(function* () {
        try {
          yield* select([sendCase(c, 1)]);
        } catch (error) {
          thrown = error;
        }
      });
      yield* gosched();
      yield* gosched();
      c.close();
      yield* gosched();
      yield* gosched();
      expect(thrown).toEqual(new PanicError("send on closed channel"));
    }));

  test("F14: with a default, too", () =>
    runSync(function* () {
      const c = chan<number>(1);
      const none = { index: -1, value: undefined, ok: true } as const;
      expect(yield* select([recvCase(c)], { default: true })).toEqual(none);
      expect(yield* select([recvCase(nilchan)], { default: true })).toEqual(none);
      expect(yield* select([sendCase(nilchan, 1 as never)], { default: true })).toEqual(none);
      expect(yield* select([sendCase(c, 1)], { default: true })).toEqual({ index: 0, value: undefined, ok: true });
      expect(yield* select([sendCase(c, 2)], { default: true })).toEqual(none);
      expect(yield* select([recvCase(c)], { default: true })).toEqual({ index: 0, value: 1, ok: true });
      const timer = after(0);
      yield* sleep(1);
      expect((yield* select([recvCase(timer)], { default: true })).index).toBe(0);
      c.close();
      expect(yield* select([recvCase(c)], { default: true })).toEqual({ index: 0, value: undefined, ok: false });
      expect(() => select([sendCase(c, 3)], { default: true })).toThrow("send on closed channel");
    }));

  test("F14: no draw: what is drawn later is as without it", () => {
    const draws = (between: (c: Chan<number>) => Go) =>
      runSync(
        function* () {
          const c = chan<number>(1);
          const a = chan<number>(100);
          const b = chan<number>(100);
          const chosen: number[] = [];
          for (let i = 0; i < 50; i++) {
            yield* between(c);
            chosen.push((yield* select([sendCase(a, i), sendCase(b, i)])).index);
          }
          return chosen.join("");
        },
        { seed: 7 },
      );
    const without = draws(function* () {});
    expect(
      draws(function* (c) {
        yield* select([sendCase(c, 1)]);
        yield* select([recvCase(c)]);
        yield* select([recvCase(c)], { default: true });
      }),
    ).toBe(without);
    expect(
      draws(function* (c) {
        yield* select([sendCase(c, 1), recvCase(nilchan)]);
        yield* select([recvCase(c), recvCase(nilchan)]);
      }),
    ).not.toBe(without);
  });
});

describe("by name", () => {
  test("gives the name, the value and ok of the case that it chose", () =>
    runSync(function* () {
      const [words, flags, closed] = [chan<string>(1), chan<boolean>(1), chan<number>()];
      closed.close();
      expect(yield* select({ never: recvCase(chan<number>()), flag: sendCase(flags, true) })).toEqual({
        case: "flag",
        value: undefined,
        ok: true,
      });
      yield* words.send("ant");
      expect(yield* select({ word: recvCase(words), flag: sendCase(flags, true) })).toEqual({
        case: "word",
        value: "ant",
        ok: true,
      });
      expect(yield* select({ end: recvCase(closed) })).toEqual({ case: "end", value: undefined, ok: false });
    }));

  test("waits, and chooses the default only when no case is ready", () =>
    runSync(function* () {
      const words = chan<string>();
      const cases = { word: recvCase(words), none: recvCase(nilchan) };
      expect(yield* select(cases, { default: true })).toEqual({ case: null, value: undefined, ok: true });
      expect(yield* select({}, { default: true })).toEqual({ case: null, value: undefined, ok: true });
      go(function* () {
        yield* words.send("late");
      });
      expect(yield* select(cases)).toEqual({ case: "word", value: "late", ok: true });
    }));

  test("any name will do: length, index, 0, default, __proto__", () =>
    runSync(function* () {
      for (const name of ["length", "index", "0", "default", "__proto__"]) {
        const cases: NamedCases = Object.fromEntries([
          [name, sendCase(chan<number>(1), 1)],
          ["other", recvCase(chan<number>())],
        ]);
        expect((yield* select(cases)).case).toBe(name);
      }
    }));

  test("draws as the list of the same cases does", () => {
    const chosen = (named: boolean) =>
      runSync(
        function* () {
          const [a, b] = [chan<number>(50), chan<number>(50)];
          const picks: string[] = [];
          for (let i = 0; i < 50; i++) {
            const list = [sendCase(a, i), sendCase(b, i)] as const;
            const r = named ? (yield* select({ a: list[0], b: list[1] })).case : "ab"[(yield* select(list)).index];
            picks.push(r as string);
          }
          return picks.join("");
        },
        { seed: 7 },
      );
    expect(chosen(true)).toBe(chosen(false));
    expect(chosen(true)).toContain("ab");
  });

  test("what is no case is refused by its name, and nothing is done", () =>
    runSync(function* () {
      const words = chan<string>(1);
      for (const [bad, got] of [
        [null, "null"],
        [words.recv, "function"],
        [3, "number"],
        [undefined, "undefined"],
      ] as const) {
        let said = "";
        try {
          yield* select({ word: sendCase(words, "ant"), late: bad as never });
        } catch (error) {
          said = String(error);
        }
        expect(said).toBe(`TypeError: gobuf: select: case "late": expected a recvCase or a sendCase, got ${got}`);
      }
      expect(words.len).toBe(0);
    }));

  test("without cases and without a default it waits for ever", () => {
    expect(() =>
      runSync(function* () {
        yield* select({});
      }),
    ).toThrow("all goroutines are asleep - deadlock!");
  });
});
