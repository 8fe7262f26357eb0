/** Contexts, case by case as Go's own tests of package context have them. */
import { describe, expect, test } from "bun:test";
import {
  type Chan,
  chan,
  context,
  type Go,
  gosched,
  nilchan,
  now,
  numGoroutine,
  PanicError,
  type RecvChan,
  recvCase,
  runSync,
  select,
  sleep,
  WaitGroup,
} from "../index.ts";
import { heap } from "../runtime/time.ts";
import type { CancelCtx } from "./cancelctx.ts";

const {
  background,
  Canceled,
  cause,
  DeadlineExceeded,
  Key,
  todo,
  withCancel,
  withCancelCause,
  withDeadline,
  withTimeout,
  withValue,
  withoutCancel,
} = context;

const LONG = 3_600_000;

/** Whether a channel is closed, by a receive that does not wait. */
function* closed(c: RecvChan<never>): Go<boolean> {
  return (yield* select([recvCase(c)], { default: true })).index === 0;
}

/** A context that is none of the module's own: it only hands on what another one says. */
class Other implements context.Context {
  constructor(readonly inner: context.Context) {}
  deadline() {
    return this.inner.deadline();
  }
  done() {
    return this.inner.done();
  }
  err() {
    return this.inner.err();
  }
  value<T>(key: context.Key<T>) {
    return this.inner.value(key);
  }
  get signal() {
    return this.inner.signal;
  }
}

/** A context with a channel and an end of its own. */
class Custom extends Other {
  readonly end = chan<never>();
  failure: Error | undefined;
  constructor() {
    super(background());
  }
  override done() {
    return this.end;
  }
  override err() {
    return this.failure;
  }
  cancel(err: Error) {
    this.failure = err;
    this.end.close();
  }
}

/** A custom context that calls functions at its end, so that no goroutine need watch it. */
class WithAfterFunc extends Custom {
  readonly funcs = new Set<() => void>();
  afterFunc(f: () => void) {
    this.funcs.add(f);
    return () => this.funcs.delete(f);
  }
  override cancel(err: Error) {
    super.cancel(err);
    for (const f of this.funcs) f();
    this.funcs.clear();
  }
}

function childrenOf(ctx: context.Context): number {
  return (ctx as CancelCtx).children?.size ?? 0;
}

describe("roots", () => {
  test.each([
    [background, "context.Background"],
    [todo, "context.TODO"],
  ])("%p", (make, name) => {
    const ctx = make();
    expect(ctx).toBe(make());
    expect(ctx.done()).toBe(nilchan);
    expect(ctx.err()).toBeUndefined();
    expect(ctx.deadline()).toBeUndefined();
    expect(ctx.value(new Key("x"))).toBeUndefined();
    expect(ctx.signal.aborted).toBe(false);
    expect(cause(ctx)).toBeUndefined();
    expect(String(ctx)).toBe(name);
  });

  test("errors have Go's texts, and names that JavaScript knows", () => {
    expect(String(Canceled)).toBe("AbortError: context canceled");
    expect(String(DeadlineExceeded)).toBe("TimeoutError: context deadline exceeded");
  });

  test("no parent", () => {
    const nil = undefined as unknown as context.Context;
    const error = new PanicError("cannot create context from nil parent");
    expect(() => withCancel(nil)).toThrow(error);
    expect(() => withCancelCause(nil)).toThrow(error);
    expect(() => withDeadline(nil, 0)).toThrow(error);
    expect(() => withTimeout(nil, 0)).toThrow(error);
    expect(() => withValue(nil, new Key<number>("n"), 1)).toThrow(error);
    expect(() => withoutCancel(nil)).toThrow(error);
  });
});

describe("withCancel", () => {
  test("ends itself and what was made from it, also past a foreign context", () => {
    runSync(function* () {
      const [c1, cancel] = withCancel(background());
      expect(String(c1)).toBe("context.Background.WithCancel");
      const other = new Other(c1);
      const [c2] = withCancel(other);
      expect(String(c2)).toBe("Other.WithCancel");
      const all = [c1, other, c2];
      for (const c of all) {
        expect(c.err()).toBeUndefined();
        expect(yield* closed(c.done())).toBe(false);
      }
      cancel();
      for (const c of all) {
        expect(c.err()).toBe(Canceled);
        expect(cause(c)).toBe(Canceled);
        expect(yield* closed(c.done())).toBe(true);
      }
      expect(numGoroutine()).toBe(1);
    });
  });

  test("done is the same channel each time, made before or after the end", () => {
    const [ctx, cancel] = withCancel(background());
    const done = ctx.done();
    cancel();
    expect(ctx.done()).toBe(done);
    const [late, cancelLate] = withCancel(background());
    cancelLate();
    expect(late.done()).toBe(late.done());
    expect((late.done() as Chan<never>).closed).toBe(true);
  });

  test("wakes who waits", () => {
    runSync(function* () {
      const [ctx, cancel] = withCancel(background());
      const wg = new WaitGroup();
      for (let i = 0; i < 3; i++) {
        wg.go(function* () {
          yield* ctx.done().recv();
        });
      }
      yield* gosched();
      expect(numGoroutine()).toBe(4);
      cancel();
      yield* wg.wait();
    });
  });

  test("the parent knows its children, across values, and forgets them at either end", () => {
    runSync(function* () {
      const [parent, cancel] = withCancel(background());
      const [c1] = withCancel(parent);
      const value = withValue(parent, new Key<string>("key"), "value");
      const [c2] = withTimeout(value, LONG);
      context.afterFunc(parent, () => {});
      expect(childrenOf(parent)).toBe(3);
      expect(yield* closed(parent.done())).toBe(false);
      cancel();
      expect(childrenOf(parent)).toBe(0);
      for (const c of [parent, c1, value, c2]) {
        expect(yield* closed(c.done())).toBe(true);
        expect(c.err()).toBe(Canceled);
      }
      const [late] = withCancel(withValue(parent, new Key<string>("key"), "value"));
      expect(late.err()).toBe(Canceled);
      expect(childrenOf(parent)).toBe(0);
    });
  });

  test("a child that ends leaves its parent alone", () => {
    runSync(function* () {
      const [parent] = withCancel(background());
      const makers = [
        () => withCancel(parent)[1],
        () => withTimeout(parent, LONG)[1],
        () => withDeadline(parent, now() - 1)[1],
        () => context.afterFunc(parent, () => {}),
      ];
      for (const make of makers) {
        const end = make();
        end();
        expect(childrenOf(parent)).toBe(0);
        expect(parent.err()).toBeUndefined();
      }
      expect(yield* closed(parent.done())).toBe(false);
    });
  });

  test("using its cancel function ends it", () => {
    const ctx = (() => {
      const [inner, cancel] = withCancel(background());
      using _ = cancel;
      return inner;
    })();
    expect(ctx.err()).toBe(Canceled);
  });

  test("a tree is over in whatever order its cancel functions are called", () => {
    runSync(function* () {
      const all = [withCancel(background())];
      for (let i = 0; all.length < 100; i++) {
        for (let n = 0; n < 4; n++) all.push(withCancel((all[i] as (typeof all)[0])[0]));
      }
      const wg = new WaitGroup();
      for (let i = 0; i < all.length; i++) {
        const [, cancel] = all[(i * 37) % all.length] as (typeof all)[0];
        wg.go(function* () {
          cancel();
        });
      }
      for (const [ctx] of all) yield* ctx.done().recv();
      yield* wg.wait();
    });
  });
});

describe("causes", () => {
  const first = new Error("first");
  const second = new Error("second");

  test("the first counts", () => {
    const [ctx, cancel] = withCancelCause(background());
    expect(cause(ctx)).toBeUndefined();
    cancel(first);
    cancel(second);
    expect(ctx.err()).toBe(Canceled);
    expect(cause(ctx)).toBe(first);
  });

  test("none is the context's error", () => {
    const [ctx, cancel] = withCancelCause(background());
    cancel();
    expect(cause(ctx)).toBe(Canceled);
  });

  test("a parent's reaches its children, but not one that ended before", () => {
    const [parent, cancelParent] = withCancelCause(background());
    const [early, cancelEarly] = withCancelCause(parent);
    const [child, cancelChild] = withCancelCause(parent);
    cancelEarly(second);
    cancelParent(first);
    cancelChild(second);
    expect([cause(parent), cause(early), cause(child)]).toEqual([first, second, first]);
    expect(cause(withValue(child, new Key<number>("n"), 1))).toBe(first);
    expect(cause(withCancel(parent)[0])).toBe(first);
  });

  test("a child's does not reach its parent", () => {
    const [parent, cancelParent] = withCancelCause(background());
    const [child, cancelChild] = withCancelCause(parent);
    cancelChild(first);
    expect(cause(parent)).toBeUndefined();
    cancelParent(second);
    expect([cause(parent), cause(child)]).toEqual([second, first]);
  });

  test("of a deadline: given or not, and only if it is the deadline that ends it", () => {
    runSync(function* () {
      const [given] = withTimeout(background(), 1, first);
      const [past] = withDeadline(background(), now() - 1, first);
      const [plain] = withTimeout(background(), 1);
      const [canceled, cancel] = withTimeout(background(), 1, first);
      const [inherited] = withTimeout(given, LONG, second);
      cancel();
      yield* sleep(1);
      yield* gosched();
      const all = [given, past, plain, canceled, inherited];
      expect(all.map((c) => c.err())).toEqual([
        DeadlineExceeded,
        DeadlineExceeded,
        DeadlineExceeded,
        Canceled,
        DeadlineExceeded,
      ]);
      expect(all.map(cause)).toEqual([first, first, DeadlineExceeded, Canceled, first]);
    });
  });

  test("of a foreign context is its error", () => {
    runSync(function* () {
      const custom = new Custom();
      const [ctx, cancel] = withCancelCause(custom);
      cancel(first);
      expect([cause(custom), cause(ctx)]).toEqual([undefined, first]);
      custom.cancel(Canceled);
      expect([cause(custom), cause(ctx)]).toEqual([Canceled, first]);
      expect(cause(withCancel(custom)[0])).toBe(Canceled);
    });
  });
});

describe("deadlines", () => {
  test("end a context, in time", () => {
    runSync(function* () {
      const start = now();
      const made = [
        withDeadline(background(), start + 5),
        withDeadline(background(), new Date(start + 5)),
        withTimeout(background(), 5),
        withDeadline(new Other(withDeadline(background(), start + 5)[0]), start + LONG),
        withTimeout(new Other(withTimeout(background(), 5)[0]), LONG),
      ];
      expect(String(made[0]?.[0])).toBe("context.Background.WithDeadline(2009-11-10T23:00:00.005Z [5ms])");
      for (const [ctx] of made) expect(ctx.deadline()).toBe(start + 5);
      for (const [ctx] of made) {
        yield* ctx.done().recv();
        expect(now()).toBe(start + 5);
        expect(ctx.err()).toBe(DeadlineExceeded);
      }
    });
  });

  test.each([0, -1, Number.NEGATIVE_INFINITY])("%p ms from now: over at once", (ms) => {
    runSync(function* () {
      const [ctx, cancel] = withTimeout(background(), ms);
      expect(ctx.err()).toBe(DeadlineExceeded);
      expect(yield* closed(ctx.done())).toBe(true);
      cancel();
      expect(ctx.err()).toBe(DeadlineExceeded);
    });
  });

  test("cancel comes first: no timer is left", () => {
    runSync(function* () {
      const [outer] = withTimeout(background(), LONG);
      const [ctx, cancel] = withTimeout(new Other(outer), LONG);
      cancel();
      expect(ctx.err()).toBe(Canceled);
      expect(outer.err()).toBeUndefined();
      yield* sleep(1);
      expect(heap.length).toBe(1);
    });
  });

  test("a later deadline than the parent's needs no timer", () => {
    runSync(function* () {
      const [parent] = withTimeout(background(), 5);
      const [child] = withTimeout(parent, 10);
      expect(heap.length).toBe(1);
      expect(child.deadline()).toBe(parent.deadline() as number);
      yield* child.done().recv();
      expect(child.err()).toBe(DeadlineExceeded);
    });
  });

  test("need a run", () => {
    expect(() => withTimeout(background(), 5)).toThrow("context.withTimeout: no run is under way");
    expect(() => withDeadline(background(), 5)).toThrow("context.withDeadline: no run is under way");
  });
});

describe("values", () => {
  const k1 = new Key<string>("k");
  const k2 = new Key<string>("k");
  const k3 = new Key<number | undefined>("k3");

  function values(ctx: context.Context): unknown[] {
    return [ctx.value(k1), ctx.value(k2), ctx.value(k3)];
  }

  test("are found by the key's identity, the innermost first", () => {
    const c1 = withValue(background(), k1, "c1k1");
    const c2 = withValue(c1, k2, "c2k2");
    const c3 = withValue(c2, k3, 3);
    const c4 = withValue(c3, k1, "c4k1");
    expect(values(c1)).toEqual(["c1k1", undefined, undefined]);
    expect(values(c2)).toEqual(["c1k1", "c2k2", undefined]);
    expect(values(c3)).toEqual(["c1k1", "c2k2", 3]);
    expect(values(c4)).toEqual(["c4k1", "c2k2", 3]);
    const o4 = withValue(new Other(c4), k3, undefined);
    expect(values(o4)).toEqual(["c4k1", "c2k2", undefined]);
    expect(values(withoutCancel(withCancel(o4)[0]))).toEqual(["c4k1", "c2k2", undefined]);
  });

  test("show in what a context calls itself, where they can", () => {
    let c = withValue(background(), k1, "v");
    c = withValue(c, k3, undefined);
    c = withValue(c, new Key<object>("o"), new Map());
    const text = "context.Background.WithValue(k, v).WithValue(k3, <nil>).WithValue(o, Map)";
    expect(String(c)).toBe(text);
    expect(String(withoutCancel(c))).toBe(`${text}.WithoutCancel`);
  });

  test("go through many layers", () => {
    let c = withValue(background(), k1, "deep");
    for (let i = 0; i < 100_000; i++) c = i % 2 === 0 ? withValue(c, k3, i) : withoutCancel(c);
    expect(c.value(k1)).toBe("deep");
  });

  test("no key", () => {
    const nil = undefined as unknown as context.Key<string>;
    expect(() => withValue(background(), nil, "x")).toThrow(new PanicError("nil key"));
  });
});

test("withoutCancel neither ends nor has a deadline", () => {
  runSync(function* () {
    const [parent, cancel] = withTimeout(background(), LONG);
    const ctx = withoutCancel(parent);
    cancel();
    expect(ctx.done()).toBe(nilchan);
    expect(ctx.err()).toBeUndefined();
    expect(ctx.deadline()).toBeUndefined();
    expect(cause(ctx)).toBeUndefined();
    expect(ctx.signal.aborted).toBe(false);
    const [child, cancelChild] = withCancelCause(ctx);
    const why = new Error("why");
    cancelChild(why);
    expect(cause(child)).toBe(why);
  });
});

describe("afterFunc", () => {
  /** Runs a function that must have been called by now, or not. */
  function* settle(): Go<void> {
    yield* sleep(1);
  }

  test.each([
    ["cancel", () => withCancel(background())],
    ["timeout", () => withTimeout(background(), 1)],
    ["a foreign context", () => withCancel(new Custom())],
  ])("calls after %s, in a goroutine of its own", (_, make) => {
    runSync(function* () {
      const [ctx, cancel] = make();
      const called = chan<void>();
      const stop = context.afterFunc(ctx, function* () {
        yield* called.send();
      });
      expect(yield* closed(called as unknown as RecvChan<never>)).toBe(false);
      if (ctx.deadline() === undefined) cancel();
      yield* called.recv();
      expect(stop()).toBe(false);
    });
  });

  test("calls at once for a context that is over", () => {
    runSync(function* () {
      const [ctx, cancel] = withCancel(background());
      cancel();
      let calls = 0;
      context.afterFunc(ctx, () => void calls++);
      expect(calls).toBe(0);
      yield* settle();
      expect(calls).toBe(1);
    });
  });

  test("does not call once it is stopped", () => {
    runSync(function* () {
      const [ctx, cancel] = withCancel(background());
      let calls = 0;
      const stop = context.afterFunc(ctx, () => void calls++);
      {
        using _ = context.afterFunc(ctx, () => void calls++);
      }
      expect(stop()).toBe(true);
      expect(stop()).toBe(false);
      cancel();
      yield* settle();
      expect(calls).toBe(0);
    });
  });

  test("does not call in a later run", () => {
    const [ctx, cancel] = withCancel(background());
    let calls = 0;
    runSync(function* () {
      context.afterFunc(ctx, () => void calls++);
    });
    runSync(function* () {
      cancel();
      yield* settle();
    });
    expect(calls).toBe(0);
  });
});

describe("contexts of the program's own", () => {
  test("one without afterFunc is watched by a goroutine, until either ends", () => {
    runSync(function* () {
      const custom = new Custom();
      const [c1, cancel1] = withCancel(custom);
      const [c2] = withTimeout(custom, LONG);
      expect(numGoroutine()).toBe(3);
      cancel1();
      yield* sleep(1);
      expect(numGoroutine()).toBe(2);
      custom.cancel(DeadlineExceeded);
      expect(c2.err()).toBeUndefined();
      yield* c2.done().recv();
      expect(c2.err()).toBe(DeadlineExceeded);
      yield* sleep(1);
      expect(numGoroutine()).toBe(1);
      expect(c1.err()).toBe(Canceled);
    });
  });

  test("one that hides the channel of an inner context is watched too", () => {
    runSync(function* () {
      class Hidden extends Other {
        readonly own = chan<never>();
        override done() {
          return this.own;
        }
      }
      const [inner] = withCancel(background());
      const [ctx] = withCancel(new Hidden(inner));
      expect(childrenOf(inner)).toBe(0);
      expect(numGoroutine()).toBe(2);
      expect(ctx.err()).toBeUndefined();
    });
  });

  test("one that ends without an error is an internal error", () => {
    const custom = new Custom();
    custom.end.close();
    expect(() => withCancel(custom)).toThrow(new PanicError("context: internal error: missing cancel error"));
  });

  test("one with afterFunc needs no goroutine", () => {
    runSync(function* () {
      const custom = new WithAfterFunc();
      const [c1, cancel1] = withCancel(custom);
      const [c2, cancel2] = withTimeout(custom, LONG);
      const stop = context.afterFunc(custom, () => {});
      expect([custom.funcs.size, numGoroutine()]).toEqual([3, 1]);
      cancel1();
      cancel2();
      stop();
      expect(custom.funcs.size).toBe(0);
      const [c3] = withCancel(custom);
      custom.cancel(Canceled);
      expect([c1.err(), c2.err(), c3.err()]).toEqual([Canceled, Canceled, Canceled]);
      yield* c3.done().recv();
    });
  });
});
