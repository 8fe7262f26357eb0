/** sync/once_test.go, sync/oncefunc_test.go. */
import {
  type Go,
  Goexit,
  goexit,
  gosched,
  Once,
  type Op,
  onceFunc,
  onceValue,
  onceValues,
  PanicError,
  WaitGroup,
  wait,
} from "gobuf";
import { GoFile, must, same, textOf, thrownBy } from "./gotest.ts";

export const onceTest = new GoFile("sync/once_test.go");

onceTest.run("TestOnce", function* () {
  const once = new Once();
  let calls = 0;
  const wg = new WaitGroup();
  for (let i = 0; i < 10; i++) {
    wg.go(function* () {
      yield* once.do(function* () {
        yield* gosched();
        calls++;
      });
      same(calls, 1, "calls, inside");
    });
  }
  yield* wg.wait();
  same(calls, 1, "calls, outside");
});

onceTest.run("TestOncePanic", function* () {
  const once = new Once();
  const error = yield* thrownBy(function* () {
    yield* once.do(() => {
      throw new Error("failed");
    });
  }, "Once.do");
  same(textOf(error), "failed", "panic");
  yield* once.do(() => must(false, "the function is called a second time"));
});

export const oncefuncTest = new GoFile("sync/oncefunc_test.go");

/** Calls a function of onceFunc's kind twice: both throw, with what is wanted, and the function beneath ran once. */
function* panicsTwice(calls: () => number, f: () => Op<unknown>, want: (thrown: unknown) => boolean): Go {
  for (const label of ["first time", "second time"]) {
    const error = yield* thrownBy(function* () {
      yield* f();
    }, label);
    must(want(error), `${label}: panic ${String(error)}`);
  }
  same(calls(), 1, "calls");
}

const isX = (error: unknown) => error === "x";

oncefuncTest.run("TestOnceFunc", function* () {
  let calls = 0;
  const f = onceFunc(() => void calls++);
  for (let i = 0; i < 10; i++) yield* f();
  same(calls, 1, "calls");
});

oncefuncTest.run("TestOnceValue", function* () {
  let calls = 0;
  const f = onceValue(() => ++calls);
  for (let i = 0; i < 10; i++) yield* f();
  same(yield* f(), 1, "value");
  same(calls, 1, "calls");
});

oncefuncTest.run("TestOnceValues", function* () {
  let calls = 0;
  const f = onceValues(() => [++calls, calls + 1]);
  for (let i = 0; i < 10; i++) yield* f();
  const [v1, v2] = yield* f();
  same(calls, 1, "calls");
  same(v1, 1, "the first value");
  same(v2, 2, "the second value");
});

oncefuncTest.run("TestOnceFuncPanic", function* () {
  let calls = 0;
  const f = onceFunc(() => {
    calls++;
    throw "x";
  });
  yield* panicsTwice(() => calls, f, isX);
});

oncefuncTest.run("TestOnceValuePanic", function* () {
  let calls = 0;
  const f = onceValue((): number => {
    calls++;
    throw "x";
  });
  yield* panicsTwice(() => calls, f, isX);
});

oncefuncTest.run("TestOnceValuesPanic", function* () {
  let calls = 0;
  const f = onceValues((): [number, number] => {
    calls++;
    throw "x";
  });
  yield* panicsTwice(() => calls, f, isX);
});

oncefuncTest.run("TestOnceFuncPanicNil", function* () {
  let calls = 0;
  const f = onceFunc(() => {
    calls++;
    throw null;
  });
  yield* panicsTwice(
    () => calls,
    f,
    (error) => error === null || error instanceof PanicError,
  );
});

oncefuncTest.run("TestOnceFuncGoexit", function* () {
  let calls = 0;
  const f = onceFunc(function* () {
    calls++;
    yield* goexit();
  });
  const wg = new WaitGroup();
  for (let i = 0; i < 2; i++) {
    wg.go(function* () {
      try {
        yield* f();
      } catch (error) {
        if (error instanceof Goexit) throw error;
        must(error instanceof PanicError, `thrown: ${String(error)}`);
      }
    });
    yield* wg.wait();
  }
  same(calls, 1, "calls");
});

oncefuncTest.run("TestOnceFuncPanicTraceback", function* () {
  function onceFuncPanic(): void {
    throw new Error("x");
  }
  const error = yield* thrownBy(function* () {
    yield* onceFunc(onceFuncPanic)();
  }, "onceFunc");
  same(textOf(error), "x", "panic");
  must((error as Error).stack?.includes("onceFuncPanic") === true, "the stack does not go to the origin of the panic");
});

oncefuncTest.run("TestOnceXGC", function* () {
  const collected = new Set<string>();
  const registry = new FinalizationRegistry((name: string) => collected.add(name));
  const fail = (buf: Uint8Array): never => {
    buf[0] = 1;
    throw "test panic";
  };
  const touch = (buf: Uint8Array) => void buf.fill(1);
  const makers: Record<string, (buf: Uint8Array) => () => Op<unknown>> = {
    onceFunc: (buf) => onceFunc(() => touch(buf)),
    onceValue: (buf) => onceValue(() => touch(buf)),
    onceValues: (buf) => onceValues(() => [touch(buf), null]),
    "onceFunc panic": (buf) => onceFunc(() => fail(buf)),
    "onceValue panic": (buf) => onceValue(() => fail(buf)),
    "onceValues panic": (buf) => onceValues(() => fail(buf)),
  };
  const made: (() => Op<unknown>)[] = [];
  for (const [name, maker] of Object.entries(makers)) {
    (() => {
      const buf = new Uint8Array(1024);
      registry.register(buf, name);
      made.push(maker(buf));
    })();
  }
  /** Callbacks of the collector come when the event loop has its turn. */
  function* collect(): Go {
    Bun.gc(true);
    yield* wait(new Promise((resolve) => setTimeout(resolve, 0)));
  }
  yield* collect();
  same(collected.size, 0, "functions collected too early");
  for (const f of made) {
    try {
      yield* f();
    } catch (error) {
      same(error, "test panic" as unknown, "panic");
    }
  }
  // A conservative collector may take a word on the stack for one of them; not for all.
  for (let i = 0; i < 20 && collected.size === 0; i++) yield* collect();
  must(collected.size > 0, "no function is collected, though each has run");
  same(made.length, 6, "functions that are alive");
});
