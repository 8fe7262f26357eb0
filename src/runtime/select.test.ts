/** select as users call it; draws, lock order and wake-ups are the goldens'. */
import { expect, test } from "bun:test";
import { chan, go, gosched, nilchan, PanicError, recvCase, runSync, select, sendCase } from "../index.ts";
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
