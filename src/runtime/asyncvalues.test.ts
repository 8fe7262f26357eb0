/** Channels in ordinary async code: what is done at once, without a goroutine, and `for await`. */
import { describe, expect, test } from "bun:test";
import { chan, go, gosched, hold, numGoroutine, RunOverError, run, wait } from "../index.ts";

describe("what needs no wait in async code needs no goroutine", () => {
  /** Has async code at work while main waits for it. */
  const beside = <R>(code: () => Promise<R>) =>
    run(function* () {
      // Behind the turn that started it.
      return yield* wait(new Promise((resolve) => setImmediate(resolve)).then(code));
    });

  test("a send where the buffer has room, and a receive where a value is there", () =>
    beside(async () => {
      const ch = chan<number>(2);
      const sent = [ch.sendAsync(1), ch.sendAsync(2)];
      expect(ch.len).toBe(2);
      expect(numGoroutine()).toBe(1);
      const third = ch.sendAsync(3);
      expect(numGoroutine()).toBe(2);
      const got = [ch.recvAsync(), ch.recvOkAsync()];
      expect(ch.len).toBe(0);
      expect(await Promise.all([...sent, ...got])).toEqual([undefined, undefined, 1, [2, true]]);
      await third;
      ch.close();
      expect(await Promise.all([ch.recvAsync(), ch.recvOkAsync(), ch.recvAsync()])).toEqual([
        3,
        [undefined, false],
        undefined,
      ]);
      expect(await ch.sendAsync(4).catch(String)).toBe("PanicError: send on closed channel");
    }));

  test("goroutines that wait are served at once, in their order", () =>
    run(function* () {
      const jobs = chan<number>();
      const results = chan<string>();
      for (const name of ["a", "b"]) {
        go(function* () {
          yield* results.send(`${name}${yield* jobs.recv()}`);
        });
      }
      const code = async () => {
        await new Promise((resolve) => setImmediate(resolve));
        const before = numGoroutine();
        await Promise.all([jobs.sendAsync(1), jobs.sendAsync(2)]);
        expect(numGoroutine()).toBe(before);
        return [await results.recvAsync(), await results.recvAsync()].sort();
      };
      // The one that was started last has waited first.
      expect(yield* wait(code())).toEqual(["a2", "b1"]);
    }));

  test("in a turn of a goroutine it is a goroutine's work as before", () =>
    run(function* () {
      const ch = chan<number>(1);
      const sent = ch.sendAsync(1);
      expect(ch.len).toBe(0);
      yield* wait(sent);
      expect(ch.len).toBe(1);
    }));

  test("while a run without a hold goes on only because of it, there is no deadlock", async () => {
    const ch = chan<number>();
    const done = run(function* () {
      let sum = 0;
      for (let i = 0; i < 20; i++) {
        yield* ch.send(i);
        sum += (yield* ch.recv()) ?? 0;
      }
      return sum;
    });
    for (let i = 0; i < 20; i++) {
      const sent = ch.sendAsync(2 * ((await ch.recvAsync()) ?? 0));
      // The last one may end the run before its own goroutine has gone on, where one was needed.
      if (i < 19) await sent;
      else await sent.catch((error) => expect(error).toBeInstanceOf(RunOverError));
      await null;
    }
    expect(await done).toBe(380);
  });
});

describe("for await", () => {
  const feed = (capacity: number, n: number) => {
    const ch = chan<number>(capacity);
    const done = run(function* () {
      using _ = hold();
      for (let i = 0; i < n; i++) yield* ch.send(i);
      ch.close();
      while (ch.len > 0) yield* gosched();
      yield* wait(new Promise((resolve) => setImmediate(resolve)));
    });
    return { ch, done };
  };

  test.each([0, 1, 7])("gives all values in their order, from a buffer of %d", async (capacity) => {
    const { ch, done } = feed(capacity, 20);
    const got: number[] = [];
    for await (const n of ch) got.push(n);
    expect(got).toEqual(Array.from({ length: 20 }, (_, i) => i));
    await done;
  });

  test("calls that do not wait for each other are answered in their order, and the end is for good", async () => {
    const { ch, done } = feed(0, 5);
    const values = ch[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 8 }, () => values.next()));
    expect(results.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, undefined, undefined, undefined]);
    expect(results.map(({ done }) => done)).toEqual([false, false, false, false, false, true, true, true]);
    await done;
  });

  test("a loop that is left takes no value more; another one goes on", async () => {
    const { ch, done } = feed(3, 6);
    const got: number[] = [];
    for await (const n of ch) {
      got.push(n);
      if (n === 2) break;
    }
    const values = ch[Symbol.asyncIterator]();
    await values.return();
    expect(await values.next()).toEqual({ value: undefined, done: true });
    for await (const n of ch) got.push(n);
    expect(got).toEqual([0, 1, 2, 3, 4, 5]);
    await done;
  });

  test("throw and return wait for the call before them, and end it", async () => {
    const { ch, done } = feed(0, 3);
    const values = ch[Symbol.asyncIterator]();
    const first = values.next();
    const thrown = values.throw(new Error("thrown")).catch((error: Error) => error.message);
    expect(await Promise.all([first, thrown, values.next()])).toEqual([
      { value: 0, done: false },
      "thrown",
      { value: undefined, done: true },
    ]);
    await using others = ch[Symbol.asyncIterator]();
    expect(await others.next()).toEqual({ value: 1, done: false });
    expect(await ch.recvAsync()).toBe(2);
    await done;
  });

  test("a promise that was sent is awaited; one that rejects ends it", async () => {
    const ch = chan<Promise<string>>(3);
    await run(function* () {
      yield* ch.send(Promise.resolve("first"));
      const second: Promise<string> = Promise.reject(new Error("second"));
      second.catch(() => {});
      yield* ch.send(second);
      yield* ch.send(Promise.resolve("third"));
      const values = ch[Symbol.asyncIterator]();
      const all = async (): Promise<unknown[]> => [
        await values.next(),
        await values.next().catch(String),
        await values.next(),
      ];
      expect(yield* wait(new Promise((resolve) => setImmediate(resolve)).then(all))).toEqual([
        { value: "first", done: false },
        "Error: second",
        { value: undefined, done: true },
      ]);
      expect(yield* wait(yield* ch.recv())).toBe("third");
    });
  });

  test("rejects when there is no run, and when the run ends first; then it is over", async () => {
    const ch = chan<number>();
    const values = ch[Symbol.asyncIterator]();
    expect(String(await values.next().catch((error: Error) => error.message))).toContain("no run is under way");
    expect(await values.next()).toEqual({ value: undefined, done: true });
    const others = ch[Symbol.asyncIterator]();
    const done = run(function* () {
      yield* wait(new Promise((resolve) => setImmediate(resolve)));
    });
    const [error] = await Promise.all([others.next().catch((error: Error) => error.name), done]);
    expect(error).toBe("RunOverError");
    expect(await others.next()).toEqual({ value: undefined, done: true });
  });
});
