/** context/x_test.go. */
import {
  after,
  type CancelFunc,
  type Context,
  chan,
  context,
  type Go,
  go,
  gosched,
  nilchan,
  now,
  numGoroutine,
  PanicError,
  type RecvChan,
  recvCase,
  select,
  sleep,
  WaitGroup,
} from "gobuf";
import { causes, Other } from "./context-causes.ts";
import { flag, GoFile, isDone, must, poll, same, thrown } from "./gotest.ts";

const SHORT = 1;
const VERY_LONG = 1000 * 3_600_000;

const { background, withCancel, withCancelCause, withDeadline, withTimeout, withValue, withoutCancel, cause } = context;

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
