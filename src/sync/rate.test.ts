/** Limiter: the tokens of the bucket over time, and who waits how long. */
import { expect, test } from "bun:test";
import { type Body, context, go, Limiter, now, run, runSync, sleep } from "../index.ts";

/** A test on the fake clock. */
function timed(name: string, main: Body<void>): void {
  test(name, () => run(main, { clock: "fake" }));
}

/** What a call throws. */
function thrownBy(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return String(error);
  }
  return "nothing";
}

timed("goroutines that wait go on one after the other, in the order of their calls", function* () {
  const limiter = new Limiter(10, 1);
  const start = now();
  const went: [name: number, at: number][] = [];
  for (let i = 0; i < 4; i++) {
    go(function* () {
      yield* limiter.wait();
      went.push([i, now() - start]);
    });
  }
  yield* sleep(1000);
  expect(went.map(([, at]) => at)).toEqual([0, 100, 200, 300]);
  expect(limiter.tokens()).toBe(1);
});

timed("a canceled wait gives its tokens back, and says why", function* () {
  const limiter = new Limiter(10, 2);
  expect(limiter.allowN(2)).toBe(true);
  const [ctx, cancel] = context.withCancel(context.background());
  let said: unknown;
  go(function* () {
    try {
      yield* limiter.waitN(2, ctx);
    } catch (error) {
      said = error;
    }
  });
  yield* sleep(50);
  expect(limiter.tokens()).toBe(-1.5);
  cancel();
  yield* sleep(0);
  yield* sleep(1);
  expect(said).toBe(context.Canceled);
  expect(limiter.tokens()).toBeCloseTo(0.51, 9);
});

timed("a canceled reservation gives back what nobody has reserved behind it, as in Go", function* () {
  const limiter = new Limiter(10, 2);
  expect(limiter.allowN(2)).toBe(true);
  const [first, second] = [limiter.reserveN(1), limiter.reserveN(2)];
  expect(limiter.tokens()).toBe(-3);
  // Two were reserved behind the first.
  first.cancel();
  expect(limiter.tokens()).toBe(-3);
  second.cancel();
  expect(limiter.tokens()).toBe(-1);
});

timed("what cannot come in time, or at all, is refused at once and takes nothing", function* () {
  const limiter = new Limiter(10, 2);
  const start = now();
  expect(thrownBy(() => limiter.waitN(3))).toBe("Error: rate: Wait(n=3) exceeds limiter's burst 2");
  yield* limiter.waitN(2);
  const [soon] = context.withTimeout(context.background(), 99);
  expect(thrownBy(() => limiter.wait(soon))).toBe("Error: rate: Wait(n=1) would exceed context deadline");
  const [later] = context.withTimeout(context.background(), 101);
  yield* limiter.wait(later);
  expect(now() - start).toBe(100);
  yield* later.done().recv();
  expect(thrownBy(() => limiter.wait(later))).toContain("context deadline exceeded");
});

timed("without a limit everything is allowed, and a limit may come and go", function* () {
  const limiter = new Limiter(Number.POSITIVE_INFINITY, 0);
  const start = now();
  for (let i = 0; i < 5; i++) yield* limiter.waitN(100);
  expect(limiter.allow()).toBe(true);
  expect(limiter.tokens()).toBe(0);
  limiter.setBurst(1);
  limiter.setLimit(10);
  expect(limiter.allow()).toBe(false);
  yield* limiter.wait();
  expect(now() - start).toBe(100);
  limiter.setLimit(Number.POSITIVE_INFINITY);
  expect(limiter.allowN(7)).toBe(true);
  expect([limiter.limit, limiter.burst]).toEqual([Number.POSITIVE_INFINITY, 1]);
});

timed("a reservation that is canceled too late gives nothing back", function* () {
  const limiter = new Limiter(10, 1);
  limiter.allow();
  const r = limiter.reserve();
  expect(r.delay()).toBe(100);
  yield* sleep(101);
  r.cancel();
  r.cancel();
  expect(limiter.tokens()).toBeCloseTo(0.01, 9);
  expect(limiter.reserveN(2).delay()).toBe(Number.POSITIVE_INFINITY);
});

test("a limiter is made anywhere, and starts full in the run that first asks", () => {
  const limiter = new Limiter(1, 2);
  const tries = runSync(function* () {
    return [limiter.allow(), limiter.allow(), limiter.allow()];
  });
  expect(tries).toEqual([true, true, false]);
});

test("bad values are refused by name", () => {
  const limiter = new Limiter(1, 1);
  expect(() => new Limiter(Number.NaN, 1)).toThrow("gobuf: new Limiter: expected limit, tokens a second from 0");
  expect(() => new Limiter(1, 0.5)).toThrow("gobuf: new Limiter: expected burst, an integer from 0, got 0.5");
  expect(() => limiter.setLimit(-1)).toThrow("gobuf: Limiter.setLimit");
  expect(() => limiter.setBurst(-1)).toThrow("gobuf: Limiter.setBurst");
  expect(() => limiter.allowN(-1)).toThrow("gobuf: Limiter.allowN: expected n, an integer from 0, got -1");
  expect(() => limiter.reserveN(1.5)).toThrow("gobuf: Limiter.reserveN");
  expect(() => limiter.wait()).toThrow("Limiter.wait");
});
