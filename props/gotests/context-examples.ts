/** context/afterfunc_test.go, context/example_test.go, context/net_test.go. */
import {
  type Chan,
  Cond,
  type Context,
  chan,
  context,
  type Go,
  go,
  Mutex,
  now,
  type RecvChan,
  recvCase,
  select,
  sendCase,
  WaitGroup,
} from "gobuf";
import { GoFile, never, same, textOf } from "./gotest.ts";

const SHORT = 1;
const VERY_LONG = 1000 * 3_600_000;

const { background, withCancel, withCancelCause, withDeadline, withTimeout, withValue, cause } = context;

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
