/** testing/synctest: a bubble's clock, wait, and how it ends. */
import { chan, context, go, gosched, now, sleep } from "gobuf";
import { synctest } from "gobuf/testing";
import { failureOf, flag, GoFile, must, same } from "./gotest.ts";

const NS = 1e-6;
const MIDNIGHT = Date.UTC(2000, 0, 1);

export const exampleTest = new GoFile("testing/synctest/example_test.go");

exampleTest.bubble("TestTime", function* () {
  const start = now();
  same(start, MIDNIGHT, "the first time");
  const seen: number[] = [];
  go(function* () {
    yield* sleep(1);
    seen.push(now() - start);
  });
  yield* sleep(2);
  seen.push(now() - start);
  same(seen.join(), "1,2", "times");
});

exampleTest.bubble("TestWait", function* () {
  const done = flag();
  go(function* () {
    done.value = true;
  });
  yield* synctest.wait();
  must(done.value, "wait returned before the goroutine");
});

exampleTest.bubble("TestContextAfterFunc", function* () {
  const [ctx, cancel] = context.withCancel(context.background());
  const called = flag();
  context.afterFunc(ctx, () => {
    called.value = true;
  });
  yield* synctest.wait();
  must(!called.value, "the function was called before the cancel");
  cancel();
  yield* synctest.wait();
  must(called.value, "the function was not called");
});

exampleTest.bubble("TestContextWithTimeout", function* () {
  const [ctx, cancel] = context.withTimeout(context.background(), 5000);
  using _ = cancel;
  yield* sleep(5000 - NS);
  yield* synctest.wait();
  same(ctx.err(), undefined, "err() a nanosecond before");
  yield* sleep(NS);
  yield* synctest.wait();
  same(ctx.err(), context.DeadlineExceeded, "err()");
});

exampleTest.not("it is a test of Go's net/http over a net.Pipe", "TestHTTPTransport100Continue");

export const synctestTest = new GoFile("testing/synctest/synctest_test.go");

synctestTest.bubble("TestSuccess", function* () {});

for (const [name, text] of [
  ["TestFatal", "fatal"],
  ["TestError", "error"],
] as const) {
  synctestTest.whole(name, async () => {
    const why = new Error(text);
    const failure = await failureOf(
      synctest.test(function* () {
        throw why;
      }),
      "a test that fails",
    );
    same(failure, why as unknown, "what the test fails with");
  });
}

synctestTest.not(
  "it is about the lines that go test prints",
  "TestVerboseError",
  "TestSkip",
  "TestVerboseSkip",
  "TestHelper",
);

synctestTest.whole("TestCleanup", async () => {
  const done = flag();
  await synctest.test(function* () {
    const ch = chan<never>();
    go(function* () {
      yield* ch.recv();
      done.value = true;
    });
    try {
      yield* gosched();
    } finally {
      // What Go's t.Cleanup does: behind the test, and in its bubble.
      ch.close();
    }
  });
  must(done.value, "the goroutine in the background did not return");
});

synctestTest.whole("TestContext", async () => {
  let state = "not started";
  await synctest.test(function* () {
    // A test's own context, as t.Context gives it.
    const [ctx, cancel] = context.withCancel(context.background());
    using _ = cancel;
    go(function* () {
      state = "waiting on context";
      yield* ctx.done().recv();
      state = "done";
    });
    yield* synctest.wait();
    same(state, "waiting on context", "state");
  });
  same(state, "done", "state behind the test");
});

synctestTest.not(
  "bun:test has no such thing as t.Deadline, t.Parallel, t.Run",
  "TestDeadline",
  "TestParallel",
  "TestRun",
);

synctestTest.bubble("TestNow", function* () {
  same(new Date(now()).toISOString(), "2000-01-01T00:00:00.000Z", "now()");
});
