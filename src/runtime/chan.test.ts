/** Channels: what the goldens do not reach. Order and wake-ups are theirs. */
import { describe, expect, test } from "bun:test";
import { chan, go, gosched, nilchan, PanicError, runSync } from "../index.ts";
import { liveSudogs } from "./sudog.ts";

test.each([-1, 1.5, 2 ** 31, Number.NaN])("capacity %p is Go's panic", (capacity) => {
  expect(() => chan(capacity)).toThrow(new PanicError("makechan: size out of range"));
});

test("len and cap", () =>
  runSync(function* () {
    const ch = chan<string>(3);
    expect([ch.len, ch.cap]).toEqual([0, 3]);
    yield* ch.send("a");
    yield* ch.send("b");
    expect([ch.len, ch.cap]).toEqual([2, 3]);
    yield* ch.recv();
    expect(ch.len).toBe(1);
  }));

test("any value goes through, the same one comes out", () =>
  runSync(function* () {
    const values = [undefined, null, 0, -0, Number.NaN, "", 2n ** 70n, Symbol.iterator, { a: 1 }, () => 1];
    const ch = chan<unknown>(2);
    go(function* () {
      for (const v of values) yield* ch.send(v);
      ch.close();
    });
    for (const v of values) expect(yield* ch.recvOk()).toEqual([v, true]);
    expect(yield* ch.recvOk()).toEqual([undefined, false]);
    expect(yield* ch.recv()).toBeUndefined();
  }));

describe("panics have Go's texts and can be caught", () => {
  test("send and close on a closed channel, close of a nil one", () =>
    runSync(function* () {
      const ch = chan<number>(1);
      ch.close();
      expect(() => ch.close()).toThrow(new PanicError("close of closed channel"));
      expect(() => ch.send(1)).toThrow(new PanicError("send on closed channel"));
      expect(() => nilchan.close()).toThrow(new PanicError("close of nil channel"));
      yield* gosched();
    }));

  test("a sender that waits when the channel is closed", () =>
    runSync(function* () {
      const ch = chan<number>();
      let text = "";
      go(function* sender() {
        try {
          yield* ch.send(1);
        } catch (error) {
          text = (error as Error).message;
          expect((error as Error).stack).toContain("sender");
        }
      });
      yield* gosched();
      ch.close();
      yield* gosched();
      expect(text).toBe("send on closed channel");
    }));
});

test("no sudog is kept by what is over", () => {
  runSync(function* () {
    const ch = chan<number>();
    go(function* () {
      for (let i = 0; i < 100; i++) yield* ch.send(i);
    });
    for (let i = 0; i < 100; i++) yield* ch.recv();
    // A sender that was woken gives its sudog back when it runs.
    yield* gosched();
    yield* gosched();
  });
  expect(liveSudogs()).toBe(0);
});

test("a channel that outlives a run has forgotten who waited on it", () => {
  const ch = chan<number>();
  runSync(function* () {
    go(function* () {
      yield* ch.recv();
    });
    yield* gosched();
  });
  runSync(function* () {
    go(function* () {
      yield* ch.send(7);
    });
    expect(yield* ch.recv()).toBe(7);
  });
});
