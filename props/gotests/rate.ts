/** golang.org/x/time/rate. Go's tests name the time of each call; here the fake clock comes to it. */
import { type Context, context, type Go, go, Limiter, now, type Reservation, sleep, WaitGroup } from "gobuf";
import { GoFile, must, same } from "./gotest.ts";

export const XTIME = "golang.org/x/time";

export const rateTest = new GoFile("rate/rate_test.go", XTIME);

/** Go's d: the tests count time in it. */
const D = 100;

/** The clock of a test: moments are counted in D from its first call. */
class Moments {
  private readonly start = now();

  /** Comes to a moment that is not past. */
  *to(moment: number): Go {
    yield* sleep(this.start + moment * D - now());
  }

  /** The moment, rounded. */
  of(ms: number): number {
    return Math.round((ms - this.start) / D);
  }

  /** Each row: the moment, the tokens there are, how many are asked for, and whether they are allowed. */
  *allows(limiter: Limiter, rows: readonly (readonly [t: number, tokens: number, n: number, ok: boolean])[]): Go {
    for (const [i, [t, tokens, n, ok]] of rows.entries()) {
      yield* this.to(t);
      same(limiter.tokens(), tokens, `step ${i}: tokens`);
      same(limiter.allowN(n), ok, `step ${i}: allowN(${n})`);
    }
  }

  /** Reserves at a moment; `act` is the moment to act, undefined where there is none. */
  *reserve(limiter: Limiter, t: number, n: number, act: number | undefined): Go<Reservation> {
    yield* this.to(t);
    const r = limiter.reserveN(n);
    same(r.ok, act !== undefined, `t${t}: ok of ${n}`);
    if (act !== undefined) same(this.of(now() + r.delay()), act, `t${t}: when to act`);
    return r;
  }
}

/** A wait: how long it takes, in D, and whether it fails. */
function* waits(limiter: Limiter, name: string, ctx: Context, n: number, delay: number, fails: boolean): Go {
  const start = now();
  let error: unknown;
  try {
    yield* limiter.waitN(n, ctx);
  } catch (thrown) {
    error = thrown;
  }
  same(error !== undefined, fails, `${name}: fails`);
  same(Math.round((now() - start) / D), delay, `${name}: delay`);
}

rateTest.run("TestLimit", function* () {
  must(Limiter.every(100) !== Number.POSITIVE_INFINITY, "10 a second is no limit");
});

rateTest.run("TestEvery", function* () {
  const cases: readonly (readonly [ms: number, limit: number])[] = [
    [0, Number.POSITIVE_INFINITY],
    [-1e-6, Number.POSITIVE_INFINITY],
    [1e-6, 1e9],
    [1e-3, 1e6],
    [1, 1e3],
    [10, 100],
    [100, 10],
    [1000, 1],
    [2000, 0.5],
    [2500, 0.4],
    [4000, 0.25],
    [10_000, 0.1],
    [2 ** 63 / 1e6, 1e9 / 2 ** 63],
  ];
  for (const [ms, limit] of cases) {
    const got = Limiter.every(ms);
    must(got === limit || Math.abs(got / limit - 1) < 1e-9, `every(${ms}): ${got}, Go's: ${limit}`);
  }
});

rateTest.run("TestLimiterBurst1", function* () {
  yield* new Moments().allows(new Limiter(10, 1), [
    [0, 1, 1, true],
    [0, 0, 1, false],
    [0, 0, 1, false],
    [1, 1, 1, true],
    [1, 0, 1, false],
    [1, 0, 1, false],
    [2, 1, 2, false],
    [2, 1, 1, true],
    [2, 0, 1, false],
  ]);
});

rateTest.run("TestLimiterBurst3", function* () {
  yield* new Moments().allows(new Limiter(10, 3), [
    [0, 3, 2, true],
    [0, 1, 2, false],
    [0, 1, 1, true],
    [0, 0, 1, false],
    [1, 1, 4, false],
    [2, 2, 1, true],
    [3, 2, 1, true],
    [4, 2, 1, true],
    [4, 1, 1, true],
    [4, 0, 1, false],
    [4, 0, 1, false],
    [9, 3, 3, true],
    [9, 0, 0, true],
  ]);
});

rateTest.not(
  "it gives a time before that of the call before it: here the time is the run's clock's, which does not go back",
  "TestLimiterJumpBackwards",
  "TestReserveJumpBack",
  "TestReserveJumpBackCancel",
);

rateTest.run("TestLimiter_noTruncationErrors", function* () {
  must(new Limiter(0.7692307692307693, 1).allow(), "the first one is not allowed");
});

rateTest.run("TestSimultaneousRequests", function* () {
  const limiter = new Limiter(1, 5);
  let ok = 0;
  const wg = new WaitGroup();
  for (let i = 0; i < 15; i++) {
    wg.go(function* () {
      if (limiter.allow()) ok++;
    });
  }
  yield* wg.wait();
  same(ok, 5, "requests that are allowed");
});

rateTest.run("TestLongRunningQPS", function* () {
  const limiter = new Limiter(100, 100);
  const start = now();
  let ok = 0;
  while (now() < start + 5000) {
    if (limiter.allow()) ok++;
    yield* sleep(2);
  }
  const ideal = 100 + (100 * (now() - start)) / 1000;
  must(ok <= ideal + 1, `${ok} are allowed, the ideal is ${ideal}`);
  must(ok >= Math.trunc(0.999 * ideal), `only ${ok} are allowed, the ideal is ${ideal}`);
});

rateTest.run("TestSimpleReserve", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  yield* at.reserve(limiter, 0, 2, 2);
  yield* at.reserve(limiter, 3, 2, 4);
});

rateTest.run("TestMix", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 2)];
  yield* at.reserve(limiter, 0, 3, undefined);
  yield* at.reserve(limiter, 0, 2, 0);
  yield* at.allows(limiter, [[1, 1, 2, false]]);
  yield* at.reserve(limiter, 1, 2, 2);
  yield* at.allows(limiter, [[1, -1, 1, false]]);
  yield* at.allows(limiter, [[3, 1, 1, true]]);
});

rateTest.run("TestCancelInvalid", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  (yield* at.reserve(limiter, 0, 3, undefined)).cancel();
  yield* at.reserve(limiter, 0, 2, 2);
});

rateTest.run("TestCancelLast", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  const r = yield* at.reserve(limiter, 0, 2, 2);
  yield* at.to(1);
  r.cancel();
  yield* at.reserve(limiter, 1, 2, 2);
});

rateTest.run("TestCancelTooLate", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  const r = yield* at.reserve(limiter, 0, 2, 2);
  yield* at.to(3);
  r.cancel();
  yield* at.reserve(limiter, 3, 2, 4);
});

rateTest.run("TestCancel0Tokens", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  const r = yield* at.reserve(limiter, 0, 1, 1);
  yield* at.reserve(limiter, 0, 1, 2);
  r.cancel();
  yield* at.reserve(limiter, 0, 1, 3);
});

rateTest.run("TestCancel1Token", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  const r = yield* at.reserve(limiter, 0, 2, 2);
  yield* at.reserve(limiter, 0, 1, 3);
  yield* at.to(2);
  r.cancel();
  yield* at.reserve(limiter, 2, 2, 4);
});

rateTest.run("TestCancelMulti", function* () {
  const [at, limiter] = [new Moments(), new Limiter(10, 4)];
  yield* at.reserve(limiter, 0, 4, 0);
  const a = yield* at.reserve(limiter, 0, 3, 3);
  yield* at.reserve(limiter, 0, 1, 4);
  const c = yield* at.reserve(limiter, 0, 1, 5);
  yield* at.to(1);
  c.cancel();
  a.cancel();
  yield* at.reserve(limiter, 1, 3, 5);
});

rateTest.run("TestReserveSetLimit", function* () {
  const [at, limiter] = [new Moments(), new Limiter(5, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  yield* at.reserve(limiter, 0, 2, 4);
  yield* at.to(2);
  limiter.setLimit(10);
  yield* at.reserve(limiter, 2, 1, 4);
});

rateTest.not(
  "its times go back behind that of setBurst: here the time is the run's clock's, which does not go back",
  "TestReserveSetBurst",
);

rateTest.run("TestReserveSetLimitCancel", function* () {
  const [at, limiter] = [new Moments(), new Limiter(5, 2)];
  yield* at.reserve(limiter, 0, 2, 0);
  const r = yield* at.reserve(limiter, 0, 2, 4);
  yield* at.to(2);
  limiter.setLimit(10);
  r.cancel();
  yield* at.reserve(limiter, 2, 2, 3);
});

rateTest.not("it calls the package's own reserveN with a longest wait, which is not public", "TestReserveMax");

rateTest.run("TestWaitSimple", function* () {
  const limiter = new Limiter(10, 3);
  const [canceled, cancel] = context.withCancel(context.background());
  cancel();
  yield* waits(limiter, "canceled before", canceled, 1, 0, true);
  yield* waits(limiter, "more than the burst", context.background(), 4, 0, true);
  yield* waits(limiter, "act now", context.background(), 2, 0, false);
  yield* waits(limiter, "act later", context.background(), 3, 2, false);
});

rateTest.run("TestWaitCancel", function* () {
  const limiter = new Limiter(10, 3);
  const [ctx, cancel] = context.withCancel(context.background());
  yield* waits(limiter, "act now", ctx, 2, 0, false);
  go(function* () {
    yield* sleep(D);
    cancel();
  });
  yield* waits(limiter, "is canceled", ctx, 3, 1, true);
  yield* waits(limiter, "act now, after the cancel", context.background(), 2, 0, false);
});

rateTest.run("TestWaitTimeout", function* () {
  const limiter = new Limiter(10, 3);
  const [ctx, cancel] = context.withTimeout(context.background(), D);
  using _ = cancel;
  yield* waits(limiter, "act now", ctx, 2, 0, false);
  yield* waits(limiter, "behind the deadline", ctx, 3, 0, true);
});

rateTest.run("TestWaitInf", function* () {
  const limiter = new Limiter(Number.POSITIVE_INFINITY, 0);
  yield* waits(limiter, "more than the burst", context.background(), 3, 0, false);
});

rateTest.run("TestZeroLimit", function* () {
  const limiter = new Limiter(0, 1);
  must(limiter.allow(), "the first one is not allowed");
  must(!limiter.allow(), "the second one is allowed");
});

rateTest.run("TestSetAfterZeroLimit", function* () {
  const limiter = new Limiter(0, 1);
  must(limiter.allow(), "the first one is not allowed");
  must(!limiter.allow(), "the second one is allowed");
  limiter.setLimit(10);
  yield* waits(limiter, "after the limit", context.background(), 1, 1, false);
});

rateTest.run("TestTinyLimit", function* () {
  const limiter = new Limiter(1e-10, 1);
  must(limiter.allow(), "the first one is not allowed");
  must(!limiter.allow(), "the second one is allowed");
});

export const sometimesTest = new GoFile("rate/sometimes_test.go", XTIME);
sometimesTest.not(
  "rate.Sometimes is not ported: it counts calls and looks at the clock, which no goroutine waits for",
  "ExampleSometimes_once",
  "ExampleSometimes_first",
  "ExampleSometimes_every",
  "ExampleSometimes_interval",
  "ExampleSometimes_mix",
  "TestSometimesZero",
  "TestSometimesMax",
  "TestSometimesNegative",
);
