/** Groups of goroutines that may fail: wait, the context, limits. */
import { describe, expect, test } from "bun:test";
import {
  chan,
  context,
  ErrGroup,
  type Go,
  goexit,
  gosched,
  now,
  numGoroutine,
  PanicError,
  runSync,
  sleep,
  UncaughtError,
} from "../index.ts";

const doom = new Error("group_test: doomed");
const other = new Error("group_test: other");

/** What a group's wait throws, undefined for nothing. */
function* failure(group: ErrGroup): Go<unknown> {
  try {
    yield* group.wait();
  } catch (error) {
    return error;
  }
  return undefined;
}

function* fails(error: unknown, ms = 0): Go {
  yield* sleep(ms);
  throw error;
}

describe("wait", () => {
  test.each([
    [[], undefined],
    [[undefined], undefined],
    [[undefined, doom], doom],
    [[doom, undefined], doom],
    [[undefined, doom, other], doom],
    [["text", doom], "text"],
  ])("%# gives the first failure", (outcomes, want) => {
    runSync(function* () {
      const group = new ErrGroup();
      for (const [i, outcome] of outcomes.entries()) {
        yield* group.go(function* () {
          yield* sleep(i);
          if (outcome !== undefined) throw outcome;
        });
      }
      expect(yield* failure(group)).toBe(want as Error);
    });
  });

  test("waits for all, also after a failure", () => {
    runSync(function* () {
      const start = now();
      const group = new ErrGroup();
      yield* group.go(fails, doom);
      yield* group.go(sleepFor, 50);
      expect(yield* failure(group)).toBe(doom);
      expect(now() - start).toBe(50);
      expect(numGoroutine()).toBe(1);
    });
  });

  test("a goroutine that ends by goexit is done, and no failure", () => {
    runSync(function* () {
      const group = new ErrGroup();
      group.setLimit(1);
      yield* group.go(function* () {
        yield* goexit();
      });
      yield* group.go(sleepFor, 1);
      expect(yield* failure(group)).toBeUndefined();
    });
  });
});

function* sleepFor(ms: number): Go {
  yield* sleep(ms);
}

describe("withContext", () => {
  test("the first failure ends the context, for it", () => {
    runSync(function* () {
      const [group, ctx] = ErrGroup.withContext(context.background());
      const late: unknown[] = [];
      yield* group.go(fails, doom, 5);
      yield* group.go(fails, other, 10);
      yield* group.go(function* () {
        yield* ctx.done().recv();
        late.push(now(), context.cause(ctx));
      });
      const start = now();
      expect(yield* failure(group)).toBe(doom);
      expect(late).toEqual([start + 5, doom]);
      expect(ctx.err()).toBe(context.Canceled);
    });
  });

  test("what is no error becomes one, as the cause", () => {
    runSync(function* () {
      const [group, ctx] = ErrGroup.withContext(context.background());
      yield* group.go(fails, "text");
      expect(yield* failure(group)).toBe("text");
      expect(context.cause(ctx)).toEqual(new Error("text", { cause: "text" }));
    });
  });

  test("the end of the wait ends the context", () => {
    runSync(function* () {
      const [group, ctx] = ErrGroup.withContext(context.background());
      yield* group.go(sleepFor, 1);
      expect(ctx.err()).toBeUndefined();
      yield* group.wait();
      expect(ctx.err()).toBe(context.Canceled);
      expect(context.cause(ctx)).toBe(context.Canceled);
    });
  });

  test("the parent's end reaches the goroutines", () => {
    runSync(function* () {
      const [parent] = context.withTimeout(context.background(), 5);
      const [group, ctx] = ErrGroup.withContext(parent);
      yield* group.go(function* () {
        yield* ctx.done().recv();
        throw ctx.err();
      });
      expect(yield* failure(group)).toBe(context.DeadlineExceeded);
    });
  });
});

describe("limits", () => {
  test.each([1, 3, 10])("%p goroutines at a time", (limit) => {
    runSync(function* () {
      const group = new ErrGroup();
      group.setLimit(limit);
      let active = 0;
      let most = 0;
      for (let i = 0; i < 30; i++) {
        yield* group.go(function* () {
          active++;
          most = Math.max(most, active);
          yield* sleep(1 + (i % 4));
          active--;
        });
      }
      yield* group.wait();
      expect([active, most]).toEqual([0, limit]);
    });
  });

  test("go waits for room, in line", () => {
    runSync(function* () {
      const start = now();
      const group = new ErrGroup();
      group.setLimit(2);
      const begun: number[] = [];
      for (let i = 0; i < 5; i++) {
        yield* group.go(function* () {
          begun.push(now() - start);
          yield* sleep(10);
        });
      }
      yield* group.wait();
      expect(begun).toEqual([0, 0, 10, 10, 20]);
    });
  });

  test("tryGo does not wait", () => {
    runSync(function* () {
      const group = new ErrGroup();
      group.setLimit(1);
      expect(group.tryGo(sleepFor, 10)).toBe(true);
      expect(group.tryGo(sleepFor, 10)).toBe(false);
      yield* sleep(20);
      expect(group.tryGo(fails, doom)).toBe(true);
      expect(yield* failure(group)).toBe(doom);
      group.setLimit(-1);
      for (let i = 0; i < 5; i++) expect(group.tryGo(sleepFor, 1)).toBe(true);
      yield* failure(group);
    });
  });

  test("0 lets none start", () => {
    const verdict = () =>
      runSync(function* () {
        const group = new ErrGroup();
        group.setLimit(0);
        expect(group.tryGo(sleepFor, 1)).toBe(false);
        yield* group.go(sleepFor, 1);
      });
    expect(verdict).toThrow("all goroutines are asleep - deadlock!");
  });

  test("cannot be changed while goroutines are active", () => {
    runSync(function* () {
      const group = new ErrGroup();
      group.setLimit(4);
      for (let i = 0; i < 3; i++) yield* group.go(sleepFor, 1);
      expect(() => group.setLimit(2)).toThrow(
        new PanicError("errgroup: modify limit while 3 goroutines in the group are still active"),
      );
      yield* group.wait();
      group.setLimit(2);
    });
  });
});

test("a panic is no failure: it ends the run", () => {
  const verdict = () =>
    runSync(function* () {
      const group = new ErrGroup();
      yield* group.go(function* panics() {
        const ch = chan<number>();
        ch.close();
        yield* ch.send(1);
      });
      yield* failure(group);
      throw new Error("not reached");
    });
  expect(verdict).toThrow(UncaughtError);
  expect(verdict).toThrow(/^panic: send on closed channel\n\ngoroutine 2 \[running\]:\npanics/);
});

test("a function that is no generator function", () => {
  runSync(function* () {
    const group = new ErrGroup();
    const plain = (() => {}) as unknown as () => Go;
    expect(() => group.go(plain)).toThrow("gobuf: ErrGroup.go: plain is no generator function: write `function*`");
    expect(() => group.tryGo(plain)).toThrow(TypeError);
    yield* gosched();
    yield* group.wait();
  });
});
