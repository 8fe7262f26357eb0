/** context/x_test.go, context/afterfunc_test.go, context/example_test.go, context/net_test.go. */
import {
  after,
  type CancelFunc,
  type Chan,
  Cond,
  type Context,
  chan,
  context,
  type Go,
  go,
  gosched,
  Mutex,
  nilchan,
  now,
  numGoroutine,
  PanicError,
  type RecvChan,
  recvCase,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { flag, GoFile, isDone, must, never, poll, same, textOf, thrown } from "./gotest.ts";

const SHORT = 1;
const VERY_LONG = 1000 * 3_600_000;

const { background, withCancel, withCancelCause, withDeadline, withTimeout, withValue, withoutCancel, cause } = context;

/** A context of the program's own around another. */
class Other implements Context {
  constructor(readonly inner: Context) {}
  deadline(): number | undefined {
    return this.inner.deadline();
  }
  done(): RecvChan<never> {
    return this.inner.done();
  }
  err(): Error | undefined {
    return this.inner.err();
  }
  value<T>(key: context.Key<T>): T | undefined {
    return this.inner.value(key);
  }
  get signal(): AbortSignal {
    return this.inner.signal;
  }
}

/** Waits for a context's end, and fails when it does not come. */
function* ends(ctx: Context, want: Error, what: string): Go {
  const r = yield* select([recvCase(ctx.done()), recvCase(after(5000))]);
  same(r.index, 0, `${what}: case`);
  same(ctx.err(), want, `${what}: err`);
}

export const xTest = new GoFile("context/x_test.go");

xTest.run("TestParentFinishesChild", function* () {
  const [parent, cancel] = withCancel(background());
  const [cancelChild] = withCancel(parent);
  const valueChild = withValue(parent, new context.Key<string>("key"), "value");
  const [timerChild] = withTimeout(valueChild, VERY_LONG);
  const called = flag();
  const stop = context.afterFunc(parent, () => {
    called.value = true;
  });
  const all = { parent, cancelChild, valueChild, timerChild };
  for (const [name, ctx] of Object.entries(all)) must(!(yield* isDone(ctx)), `${name} is over before the cancel`);
  cancel();
  for (const [name, ctx] of Object.entries(all)) {
    must(yield* isDone(ctx), `${name} is not over`);
    same(ctx.err(), context.Canceled, `${name}.err()`);
  }
  must(!stop(), "the function behind the end could still be stopped");
  yield* sleep(1);
  must(called.value, "the function behind the end was not called");
  const late = withValue(parent, new context.Key<string>("key"), "value");
  must(yield* isDone(late), "a child of a canceled context is not over");
  same(late.err(), context.Canceled, "its err()");
});

xTest.run("TestChildFinishesFirst", function* () {
  const [cancelable, stop] = withCancel(background());
  using _ = stop;
  for (const parent of [background(), cancelable]) {
    const [child, cancel] = withCancel(parent);
    must(!(yield* isDone(parent)) && !(yield* isDone(child)), "over before the cancel");
    cancel();
    must(yield* isDone(child), "the child is not over");
    same(child.err(), context.Canceled, "child.err()");
    must(!(yield* isDone(parent)), "the parent is over");
    same(parent.err(), undefined, "parent.err()");
  }
});

xTest.not("it counts the children that a context keeps, which nothing public shows", "TestCancelRemoves");

xTest.run("TestCustomContextGoroutines", function* () {
  class NewDone extends Other {
    override done(): RecvChan<never> {
      return chan<never>();
    }
  }
  let before = numGoroutine();
  function* created(want: number, what: string): Go {
    same(numGoroutine() - before, want, `goroutines for ${what}`);
    before = numGoroutine();
  }
  const [, cancel0] = withCancel(new NewDone(background()));
  yield* created(1, "a parent with a channel of its own");
  const [, cancel00] = withTimeout(new NewDone(background()), VERY_LONG);
  yield* created(1, "the same with a time-out");
  cancel0();
  cancel00();
  yield* sleep(1);
  before = numGoroutine();

  const [ctx1, cancel1] = withCancel(background());
  const [ctx3, cancel3] = withCancel(new Other(ctx1));
  yield* created(0, "a parent that hands its channel on");
  const [, cancel3b] = withCancel(new NewDone(new Other(ctx1)));
  yield* created(1, "a channel of its own around a context");
  const [ctx4, cancel4] = withTimeout(ctx3, VERY_LONG);
  const [ctx5, cancel5] = withCancel(ctx4);
  cancel5();
  const [, cancel6] = withTimeout(ctx5, VERY_LONG);
  cancel6();
  cancel1();
  const [, cancel7] = withCancel(ctx5);
  yield* created(0, "contexts of the package's own");
  for (const cancel of [cancel7, cancel4, cancel3b, cancel3]) cancel();
});

for (const [name, make, text] of [
  ["TestBackground", context.background, "context.Background"],
  ["TestTODO", context.todo, "context.TODO"],
] as const) {
  xTest.run(name, function* () {
    must(!(yield* isDone(make())), "it is over");
    same(String(make()), text, "String()");
  });
}

xTest.run("TestWithCancel", function* () {
  const [c1, cancel] = withCancel(background());
  same(String(c1), "context.Background.WithCancel", "String()");
  const other = new Other(c1);
  const [c2] = withCancel(other);
  for (const c of [c1, other, c2]) {
    must(c.done() !== nilchan, "done() is nil");
    same(c.err(), undefined, "err() before the cancel");
    must(!(yield* isDone(c)), "over before the cancel");
  }
  cancel();
  for (const c of [c1, other, c2]) {
    must(yield* isDone(c), "not over when cancel has returned");
    same(c.err(), context.Canceled, "err()");
  }
});

/** Contexts that end by a deadline, however they are wrapped. */
function deadlines(make: (parent: Context, ms: number) => [Context, CancelFunc]): () => Go {
  return function* () {
    const [c] = make(background(), SHORT);
    must(String(c).startsWith("context.Background.WithDeadline("), `String() is ${String(c)}`);
    yield* ends(c, context.DeadlineExceeded, "alone");
    const [d] = make(background(), SHORT);
    yield* ends(new Other(d), context.DeadlineExceeded, "in a context of the program's own");
    const [e] = make(background(), SHORT);
    const [f] = make(new Other(e), VERY_LONG);
    yield* ends(f, context.DeadlineExceeded, "below a context of the program's own");
    const [g] = make(background(), -SHORT);
    yield* ends(g, context.DeadlineExceeded, "in the past");
    const [h] = make(background(), 0);
    yield* ends(h, context.DeadlineExceeded, "now");
  };
}

xTest.run(
  "TestDeadline",
  deadlines((parent, ms) => withDeadline(parent, now() + ms)),
);
xTest.run("TestTimeout", deadlines(withTimeout));

xTest.run("TestCanceledTimeout", function* () {
  const [c] = withTimeout(background(), 1000);
  const [d, cancel] = withTimeout(new Other(c), VERY_LONG);
  cancel();
  must(yield* isDone(d), "not over when cancel has returned");
  same(d.err(), context.Canceled, "err()");
});

xTest.run("TestValues", function* () {
  const k1 = new context.Key<string | null>("k1");
  const k2 = new context.Key<string | null>("k2");
  const k3 = new context.Key<string | null>("k2");
  function check(c: Context, name: string, ...wants: (string | undefined)[]): void {
    for (const [i, key] of [k1, k2, k3].entries()) same(c.value(key) ?? undefined, wants[i], `${name}: value ${i + 1}`);
  }
  check(background(), "c0");
  const c1 = withValue(background(), k1, "c1k1");
  check(c1, "c1", "c1k1");
  same(String(c1), "context.Background.WithValue(k1, c1k1)", "c1.String()");
  const c2 = withValue(c1, k2, "c2k2");
  check(c2, "c2", "c1k1", "c2k2");
  const c3 = withValue(c2, k3, "c3k3");
  check(c3, "c3", "c1k1", "c2k2", "c3k3");
  const c4 = withValue(c3, k1, null);
  check(c4, "c4", undefined, "c2k2", "c3k3");
  same(
    String(c4),
    "context.Background.WithValue(k1, c1k1).WithValue(k2, c2k2).WithValue(k2, c3k3).WithValue(k1, <nil>)",
    "c4.String()",
  );
  check(new Other(background()), "o0");
  const o1 = new Other(withValue(background(), k1, "c1k1"));
  check(o1, "o1", "c1k1");
  check(withValue(o1, k2, "o2k2"), "o2", "c1k1", "o2k2");
  const o3 = new Other(c4);
  check(o3, "o3", undefined, "c2k2", "c3k3");
  check(withValue(o3, k3, null), "o4", undefined, "c2k2");
});

xTest.not("it counts allocations, which JavaScript does not show", "TestAllocs");

xTest.run("TestSimultaneousCancels", function* () {
  const [root, cancelRoot] = withCancel(background());
  const all = new Map<Context, CancelFunc>([[root, cancelRoot]]);
  const queue = [root];
  for (let parent = queue.shift(); parent !== undefined && all.size < 100; parent = queue.shift()) {
    for (let i = 0; i < 4; i++) {
      const [ctx, cancel] = withCancel(parent);
      all.set(ctx, cancel);
      queue.push(ctx);
    }
  }
  const wg = new WaitGroup();
  // Every third first: neither from the root down nor from the leaves up.
  const cancels = [...all.values()];
  for (let k = 0; k < 3; k++) {
    for (let i = k; i < cancels.length; i += 3) {
      const cancel = cancels[i] as CancelFunc;
      wg.go(function* () {
        cancel();
      });
    }
  }
  for (const ctx of all.keys()) yield* ends(ctx, context.Canceled, "a context of the tree");
  yield* wg.wait();
});

xTest.run("TestInterlockedCancels", function* () {
  const [parent, cancelParent] = withCancel(background());
  const [child, cancelChild] = withCancel(parent);
  go(function* () {
    yield* parent.done().recv();
    cancelChild();
  });
  cancelParent();
  yield* ends(child, context.Canceled, "the child");
});

/** Thirty layers of contexts of all kinds, drawn by a seed. */
function layers(timeout: boolean): () => Go {
  return function* () {
    for (let seed = 1; seed <= 20; seed++) {
      let state = seed;
      const draw = (n: number) => {
        state = (Math.imul(state, 48_271) >>> 0) % 0x7fffffff;
        return state % n;
      };
      let ctx = background();
      const keys: context.Key<object>[] = [];
      const cancels: CancelFunc[] = [];
      let timers = 0;
      for (let i = 0; i < 30 || timers === 0 || cancels.length === 0 || keys.length === 0; i++) {
        const kind = draw(3);
        if (kind === 0) {
          const key = new context.Key<object>(`k${i}`);
          ctx = withValue(ctx, key, key);
          keys.push(key);
        } else {
          if (kind === 2) timers++;
          const [next, cancel] = kind === 1 ? withCancel(ctx) : withTimeout(ctx, timeout ? SHORT : VERY_LONG);
          ctx = next;
          cancels.push(cancel);
        }
      }
      const values = (when: string) => {
        for (const key of keys) same(ctx.value(key), key as object, `seed ${seed}, ${when}: value of ${key}`);
      };
      must(!(yield* isDone(ctx)), `seed ${seed}: over at once`);
      must(String(ctx).startsWith("context.Background."), `seed ${seed}: String() is ${ctx}`);
      values("before the end");
      if (timeout) yield* ends(ctx, context.DeadlineExceeded, `seed ${seed}`);
      else {
        (cancels[draw(cancels.length)] as CancelFunc)();
        must(yield* isDone(ctx), `seed ${seed}: not over when cancel has returned`);
      }
      values("after the end");
    }
  };
}

xTest.run("TestLayersCancel", layers(false));
xTest.run("TestLayersTimeout", layers(true));

xTest.run("TestWithCancelCanceledParent", function* () {
  const [parent, cancel] = withCancelCause(background());
  const why = new Error("Because!");
  cancel(why);
  const [c] = withCancel(parent);
  must(yield* isDone(c), "the child is not over when it is made");
  same(c.err(), context.Canceled, "err()");
  same(cause(c), why, "cause");
});

xTest.run("TestWithCancelSimultaneouslyCanceledParent", function* () {
  for (let i = 0; i < 100; i++) {
    const [parent, cancel] = withCancelCause(background());
    const why = new Error("Because!");
    go(function* () {
      cancel(why);
    });
    const [c] = withCancel(parent);
    yield* c.done().recv();
    same(c.err(), context.Canceled, "err()");
    same(cause(c), why, "cause");
  }
});

xTest.run("TestWithValueChecksKey", function* () {
  const error = thrown(() => withValue(background(), undefined as unknown as context.Key<string>, "bar"), "no key");
  must(error instanceof PanicError, "not a panic");
  same(error.message, "nil key", "text");
});

xTest.run("TestInvalidDerivedFail", function* () {
  const nil = undefined as unknown as Context;
  for (const [what, f] of [
    ["withCancel", () => withCancel(nil)],
    ["withDeadline", () => withDeadline(nil, now() + SHORT)],
    ["withValue", () => withValue(nil, new context.Key<string>("foo"), "bar")],
  ] as const) {
    const error = thrown(f, what);
    must(error instanceof PanicError, `${what}: not a panic`);
    same(error.message, "cannot create context from nil parent", what);
  }
});

xTest.run("TestDeadlineExceededSupportsTimeout", function* () {
  // What JavaScript has for Go's interface { Timeout() bool }.
  same(context.DeadlineExceeded.name, "TimeoutError", "name");
});

/** A context of the program's own that ends with its parent, by afterFunc. */
class Custom extends Other {
  private readonly donec = chan<never>();
  private failure: Error | undefined;

  constructor(parent: Context) {
    super(parent);
    context.afterFunc(parent, () => this.end(parent.err() as Error));
  }
  override done(): RecvChan<never> {
    return this.donec;
  }
  override err(): Error | undefined {
    return this.failure;
  }
  cancel(): void {
    this.end(context.Canceled);
  }
  private end(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.donec.close();
  }
}

const FOREVER = 1e9;
const parentCause = new Error("parentCause");
const childCause = new Error("childCause");
const tooSlow = new Error("tooSlow");
const finishedEarly = new Error("finishedEarly");

/** How a context ends, and the err() and cause that it has then. */
const causes: readonly [name: string, make: () => Context, err: Error | undefined, why: Error | undefined][] = [
  ["background", context.background, undefined, undefined],
  ["todo", context.todo, undefined, undefined],
  [
    "withCancel",
    () => {
      const [ctx, cancel] = withCancel(background());
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "withCancelCause",
    () => {
      const [ctx, cancel] = withCancelCause(background());
      cancel(parentCause);
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "withCancelCause, no cause",
    () => {
      const [ctx, cancel] = withCancelCause(background());
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "the parent's cause before the child's",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelParent(parentCause);
      cancelChild(childCause);
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "the parent's cause behind the child's",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelChild(childCause);
      cancelParent(parentCause);
      return ctx;
    },
    context.Canceled,
    childCause,
  ],
  [
    "the parent's cause before none",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancel(parent);
      cancelParent(parentCause);
      cancelChild();
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "the parent's cause behind none",
    () => {
      const [parent, cancelParent] = withCancelCause(background());
      const [ctx, cancelChild] = withCancel(parent);
      cancelChild();
      cancelParent(parentCause);
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "the child's cause behind none",
    () => {
      const [parent, cancelParent] = withCancel(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelParent();
      cancelChild(childCause);
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "the child's cause before none",
    () => {
      const [parent, cancelParent] = withCancel(background());
      const [ctx, cancelChild] = withCancelCause(parent);
      cancelChild(childCause);
      cancelParent();
      return ctx;
    },
    context.Canceled,
    childCause,
  ],
  [
    "withTimeout",
    () => {
      const [ctx, cancel] = withTimeout(background(), 0);
      cancel();
      return ctx;
    },
    context.DeadlineExceeded,
    context.DeadlineExceeded,
  ],
  [
    "withTimeout, canceled",
    () => {
      const [ctx, cancel] = withTimeout(background(), FOREVER);
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "withTimeout with a cause",
    () => {
      const [ctx, cancel] = withTimeout(background(), 0, tooSlow);
      cancel();
      return ctx;
    },
    context.DeadlineExceeded,
    tooSlow,
  ],
  [
    "withTimeout with a cause, canceled",
    () => {
      const [ctx, cancel] = withTimeout(background(), FOREVER, tooSlow);
      cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "withTimeout with a cause, below another",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const [ctx] = withTimeout(parent, 0, tooSlow);
      cancel(finishedEarly);
      return ctx;
    },
    context.DeadlineExceeded,
    tooSlow,
  ],
  [
    "withTimeout with a cause, below another that is canceled",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const [ctx] = withTimeout(parent, FOREVER, tooSlow);
      cancel(finishedEarly);
      return ctx;
    },
    context.Canceled,
    finishedEarly,
  ],
  ["withoutCancel", () => withoutCancel(background()), undefined, undefined],
  [
    "withoutCancel of one that is canceled",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const ctx = withoutCancel(parent);
      cancel(finishedEarly);
      return ctx;
    },
    undefined,
    undefined,
  ],
  [
    "withoutCancel of one whose time is over",
    () => withoutCancel(withTimeout(background(), 0, tooSlow)[0]),
    undefined,
    undefined,
  ],
  [
    "a context of the program's own, its parent goes on",
    () => {
      const [parent] = withCancelCause(background());
      const ctx = new Custom(parent);
      ctx.cancel();
      return ctx;
    },
    context.Canceled,
    context.Canceled,
  ],
  [
    "a context of the program's own, canceled behind its parent",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const ctx = new Custom(parent);
      cancel(parentCause);
      ctx.cancel();
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
  [
    "a context of the program's own, canceled before its parent",
    () => {
      const [parent, cancel] = withCancelCause(background());
      const ctx = new Custom(parent);
      ctx.cancel();
      cancel(parentCause);
      return ctx;
    },
    context.Canceled,
    parentCause,
  ],
];

xTest.run("TestCause", function* () {
  for (const [name, make, err, why] of causes) {
    const ctx = make();
    same(ctx.err(), err, `${name}: err()`);
    same(cause(ctx), why, `${name}: cause`);
  }
});

xTest.run("TestCauseRace", function* () {
  const why = new Error("race");
  const [ctx, cancel] = withCancelCause(background());
  go(function* () {
    cancel(why);
  });
  while (cause(ctx) === undefined) yield* gosched();
  same(cause(ctx), why, "cause");
});

xTest.run("TestWithoutCancel", function* () {
  const key = new context.Key<string>("key");
  const ctx = withoutCancel(withValue(background(), key, "value"));
  same(ctx.deadline(), undefined, "deadline()");
  same(ctx.done(), nilchan as RecvChan<never>, "done()");
  same(ctx.err(), undefined, "err()");
  same(ctx.value(key), "value", "value()");
});

xTest.run("TestCustomContextPropagation", function* () {
  const why = new Error("propagated");
  const donec = chan<never>();
  const [ctx1, cancel1] = withCancelCause(background());
  class CustomDone extends Other {
    override done(): RecvChan<never> {
      return donec;
    }
  }
  const [ctx3, cancel3] = withCancel(new CustomDone(ctx1));
  using _ = cancel3;
  cancel1(why);
  donec.close();
  yield* ctx3.done().recv();
  same(ctx3.err(), context.Canceled, "err()");
  same(cause(ctx3), why, "cause");
});

/** A context of the program's own with nothing behind it. */
class Alone implements Context {
  private readonly donec = chan<never>();
  private failure: Error | undefined;
  cancelChild: CancelFunc | undefined;

  deadline(): undefined {}
  done(): RecvChan<never> {
    return this.donec;
  }
  err(): Error | undefined {
    return this.failure;
  }
  value(): undefined {}
  get signal(): AbortSignal {
    return new AbortController().signal;
  }
  cancel(): void {
    this.failure = context.Canceled;
    this.donec.close();
    this.cancelChild?.();
  }
}

xTest.run("TestCustomContextCause", function* () {
  const first = new Alone();
  first.cancel();
  same(first.err(), context.Canceled, "its own err()");
  same(cause(first), context.Canceled, "its own cause");

  const parent = new Alone();
  const [ctx, cancel] = withCancelCause(parent);
  const why = new Error("custom");
  cancel(why);
  const check = (when: string, parentErr: Error | undefined) => {
    same(ctx.err(), context.Canceled, `${when}: the child's err()`);
    same(cause(ctx), why, `${when}: the child's cause`);
    same(parent.err(), parentErr, `${when}: the parent's err()`);
    same(cause(parent), parentErr, `${when}: the parent's cause`);
  };
  check("behind the child's cancel", undefined);
  parent.cancel();
  check("behind the parent's cancel", context.Canceled);

  const third = new Alone();
  const [child, cancelChild] = withCancel(third);
  third.cancelChild = cancelChild;
  third.cancel();
  for (const c of [child, third]) {
    same(c.err(), context.Canceled, "err() of the third pair");
    same(cause(c), context.Canceled, "cause of the third pair");
  }
});

xTest.run("TestAfterFuncCalledAfterCancel", function* () {
  const [ctx, cancel] = withCancel(background());
  const donec = chan<never>();
  const stop = context.afterFunc(ctx, () => donec.close());
  same((yield* select([recvCase(donec), recvCase(after(SHORT))])).index, 1, "case before the cancel");
  cancel();
  same((yield* select([recvCase(donec), recvCase(after(VERY_LONG))])).index, 0, "case behind the cancel");
  must(!stop(), "stop() says that it kept the function from running");
});

xTest.run("TestAfterFuncCalledAfterTimeout", function* () {
  const [ctx, cancel] = withTimeout(background(), SHORT);
  using _ = cancel;
  const donec = chan<never>();
  context.afterFunc(ctx, () => donec.close());
  same((yield* select([recvCase(donec), recvCase(after(VERY_LONG))])).index, 0, "case");
});

xTest.run("TestAfterFuncCalledImmediately", function* () {
  const [ctx, cancel] = withCancel(background());
  cancel();
  const donec = chan<never>();
  context.afterFunc(ctx, () => donec.close());
  same((yield* select([recvCase(donec), recvCase(after(VERY_LONG))])).index, 0, "case");
});

xTest.run("TestAfterFuncNotCalledAfterStop", function* () {
  const [ctx, cancel] = withCancel(background());
  const donec = chan<never>();
  const stop = context.afterFunc(ctx, () => donec.close());
  must(stop(), "stop() says that it was too late");
  cancel();
  same((yield* select([recvCase(donec), recvCase(after(SHORT))])).index, 1, "case");
  must(!stop(), "a second stop() says that it was in time");
});

xTest.run("TestAfterFuncCalledAsynchronously", function* () {
  const [ctx, cancel] = withCancel(background());
  const donec = chan<void>();
  using _ = context.afterFunc(ctx, function* () {
    yield* donec.send();
  });
  cancel();
  same((yield* select([recvCase(donec), recvCase(after(VERY_LONG))])).index, 0, "case");
});

xTest.run("TestContextErrDoneRace", function* () {
  for (let i = 0; i < 10; i++) {
    const [ctx, cancel] = withCancel(background());
    const donec = ctx.done();
    go(function* () {
      cancel();
    });
    while (ctx.err() === undefined) yield* gosched();
    must((yield* poll(donec)).ready, "err() is there, and done() is not closed");
  }
});

export const afterfuncTest = new GoFile("context/afterfunc_test.go");

/** A context of the program's own that offers afterFunc. */
class Registering implements Context {
  readonly functions = new Map<object, () => void>();
  private readonly donec = chan<never>();
  private failure: Error | undefined;

  deadline(): undefined {}
  done(): RecvChan<never> {
    return this.donec;
  }
  err(): Error | undefined {
    return this.failure;
  }
  value(): undefined {}
  get signal(): AbortSignal {
    return new AbortController().signal;
  }
  afterFunc(f: () => void): () => boolean {
    const key = {};
    this.functions.set(key, f);
    return () => this.functions.delete(key);
  }
  cancel(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    const functions = [...this.functions.values()];
    this.functions.clear();
    for (const f of functions) {
      go(function* () {
        f();
      });
    }
  }
}

for (const [name, make] of [
  ["TestCustomContextAfterFuncCancel", withCancel],
  ["TestCustomContextAfterFuncTimeout", (parent: Context) => withTimeout(parent, VERY_LONG)],
] as const) {
  afterfuncTest.run(name, function* () {
    const parent = new Registering();
    const [ctx, cancel] = make(parent);
    using _ = cancel;
    parent.cancel(context.Canceled);
    yield* ctx.done().recv();
    same(ctx.err(), context.Canceled, "err()");
  });
}

afterfuncTest.run("TestCustomContextAfterFuncAfterFunc", function* () {
  const parent = new Registering();
  const donec = chan<never>();
  using _ = context.afterFunc(parent, () => donec.close());
  parent.cancel(context.Canceled);
  yield* donec.recv();
});

afterfuncTest.run("TestCustomContextAfterFuncUnregisterCancel", function* () {
  const parent = new Registering();
  const [, cancel1] = withCancel(parent);
  const [, cancel2] = withCancel(parent);
  same(parent.functions.size, 2, "functions of two children");
  cancel1();
  cancel2();
  same(parent.functions.size, 0, "functions behind the cancels");
});

afterfuncTest.run("TestCustomContextAfterFuncUnregisterTimeout", function* () {
  const parent = new Registering();
  const [, cancel] = withTimeout(parent, VERY_LONG);
  same(parent.functions.size, 1, "functions of a child");
  cancel();
  same(parent.functions.size, 0, "functions behind the cancel");
});

afterfuncTest.run("TestCustomContextAfterFuncUnregisterAfterFunc", function* () {
  const parent = new Registering();
  const stop = context.afterFunc(parent, () => {});
  same(parent.functions.size, 1, "functions of an afterFunc");
  stop();
  same(parent.functions.size, 0, "functions behind the stop");
});

export const contextExamples = new GoFile("context/example_test.go");

contextExamples.run("ExampleWithCancel", function* () {
  const [ctx, cancel] = withCancel(background());
  const left = chan<void>(1);
  function count(): Chan<number> {
    const out = chan<number>();
    go(function* () {
      for (let n = 1; ; n++) if ((yield* select([recvCase(ctx.done()), sendCase(out, n)])).index === 0) break;
      yield* left.send();
    });
    return out;
  }
  const printed: number[] = [];
  const numbers = count();
  for (let n = yield* numbers.recv(); n !== undefined; n = yield* numbers.recv()) {
    printed.push(n);
    if (n === 5) break;
  }
  same(printed.join(), "1,2,3,4,5", "printed");
  cancel();
  yield* left.recv();
});

for (const [name, make] of [
  ["ExampleWithDeadline", () => withDeadline(background(), now() + SHORT)],
  ["ExampleWithTimeout", () => withTimeout(background(), SHORT)],
] as const) {
  contextExamples.run(name, function* () {
    const [ctx, cancel] = make();
    using _ = cancel;
    same((yield* select([recvCase(never()), recvCase(ctx.done())])).index, 1, "case");
    same(ctx.err()?.message, "context deadline exceeded", "printed");
  });
}

contextExamples.run("ExampleWithValue", function* () {
  const language = new context.Key<string>("language");
  const color = new context.Key<string>("color");
  const ctx = withValue(background(), language, "Go");
  const printed = [language, color].map((k) => {
    const v = ctx.value(k);
    return v === undefined ? `key not found: ${k}` : `found value: ${v}`;
  });
  same(printed.join("\n"), "found value: Go\nkey not found: color", "printed");
});

contextExamples.run("ExampleAfterFunc_cond", function* () {
  function* waitOn(ctx: Context, cond: Cond, met: () => boolean): Go<Error | undefined> {
    using _ = context.afterFunc(ctx, function* () {
      yield* cond.L.lock();
      cond.broadcast();
      yield* cond.L.unlock();
    });
    while (!met()) {
      yield* cond.wait();
      if (ctx.err() !== undefined) return ctx.err();
    }
    return undefined;
  }
  const cond = new Cond(new Mutex());
  const wg = new WaitGroup();
  const printed: string[] = [];
  for (let i = 0; i < 4; i++) {
    wg.go(function* () {
      const [ctx, cancel] = withTimeout(background(), 1);
      using _ = cancel;
      yield* cond.L.lock();
      printed.push(textOf(yield* waitOn(ctx, cond, () => false)));
      yield* cond.L.unlock();
    });
  }
  yield* wg.wait();
  same(printed.join("\n"), Array(4).fill("context deadline exceeded").join("\n"), "printed");
});

contextExamples.not(
  "it reads from a net.Conn with a read deadline, which Bun's sockets do not have",
  "ExampleAfterFunc_connection",
);

contextExamples.run("ExampleAfterFunc_merge", function* () {
  function merge(parent: Context, other: Context): [Context, () => void] {
    const [ctx, cancel] = withCancelCause(parent);
    const stop = context.afterFunc(other, () => cancel(cause(other)));
    return [
      ctx,
      () => {
        stop();
        cancel(context.Canceled);
      },
    ];
  }
  const [ctx1, cancel1] = withCancelCause(background());
  const [ctx2, cancel2] = withCancelCause(background());
  const [merged, cancelMerged] = merge(ctx1, ctx2);
  cancel2(new Error("ctx2 canceled"));
  yield* merged.done().recv();
  same(cause(merged)?.message, "ctx2 canceled", "printed");
  cancelMerged();
  cancel1(new Error("ctx1 canceled"));
});

export const contextNetTest = new GoFile("context/net_test.go");
contextNetTest.not(
  "it asks whether an error is a net.Error, an interface of Go's package net",
  "TestDeadlineExceededIsNetError",
);
