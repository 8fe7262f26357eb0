/** Weighted: who gets a share, in which order, and what a canceled wait leaves. */
import { expect, test } from "bun:test";
import { type Context, context, type Go, go, goexit, gosched, run, runSync, Weighted } from "../index.ts";

/** Takes a share in a goroutine of its own, notes it, and keeps it. */
function taker(sem: Weighted, notes: string[], ctx?: Context): (n: number) => void {
  return (n) => {
    go(function* () {
      try {
        yield* sem.acquire(n, ctx);
        notes.push(`took ${n}`);
      } catch (error) {
        notes.push(`${n}: ${(error as Error).message}`);
      }
    });
  };
}

/** Lets all others run. */
function* settle(): Go {
  for (let i = 0; i < 10; i++) yield* gosched();
}

test("first in, first out: a large request keeps smaller ones back that would fit", () =>
  runSync(function* () {
    const sem = new Weighted(3);
    const notes: string[] = [];
    const take = taker(sem, notes);
    yield* sem.acquire(2);
    take(3);
    yield* settle();
    take(1);
    yield* settle();
    expect(notes).toEqual([]);
    expect(sem.tryAcquire(1)).toBe(false);
    expect(sem.tryAcquire(0)).toBe(false);
    sem.release(2);
    yield* settle();
    expect(notes).toEqual(["took 3"]);
    sem.release(3);
    yield* settle();
    expect(notes).toEqual(["took 3", "took 1"]);
  }));

test("what is released in parts is kept for the first that waits, though a later one would fit", () =>
  runSync(function* () {
    const sem = new Weighted(4);
    const notes: string[] = [];
    const take = taker(sem, notes);
    yield* sem.acquire(2);
    yield* sem.acquire(2);
    take(4);
    yield* settle();
    take(1);
    yield* settle();
    sem.release(2);
    yield* settle();
    expect(notes).toEqual([]);
    sem.release(2);
    yield* settle();
    expect(notes).toEqual(["took 4"]);
    sem.release(4);
    yield* settle();
    expect(notes).toEqual(["took 4", "took 1"]);
  }));

test("a wait that is given up at the front lets those behind it go on", () =>
  runSync(function* () {
    const sem = new Weighted(3);
    const notes: string[] = [];
    yield* sem.acquire(2);
    const [ctx, cancel] = context.withCancel(context.background());
    taker(sem, notes, ctx)(3);
    yield* settle();
    taker(sem, notes)(1);
    yield* settle();
    expect(notes).toEqual([]);
    cancel();
    yield* settle();
    expect(notes.sort()).toEqual(["3: context canceled", "took 1"]);
    sem.release(3);
    expect(sem.tryAcquire(3)).toBe(true);
  }));

test("a share that comes together with the cancellation is given back", () =>
  runSync(function* () {
    const sem = new Weighted(1);
    const notes: string[] = [];
    yield* sem.acquire(1);
    const [ctx, cancel] = context.withCancel(context.background());
    taker(sem, notes, ctx)(1);
    yield* settle();
    sem.release(1);
    cancel();
    yield* settle();
    expect(notes).toEqual(["1: context canceled"]);
    expect(sem.tryAcquire(1)).toBe(true);
  }));

test("a canceled context gets nothing, also of a free semaphore", () =>
  runSync(function* () {
    const sem = new Weighted(1);
    const [ctx, cancel] = context.withCancel(context.background());
    cancel();
    const notes: string[] = [];
    taker(sem, notes, ctx)(1);
    yield* settle();
    expect(notes).toEqual(["1: context canceled"]);
    expect(sem.tryAcquire(1)).toBe(true);
  }));

test("more than its size never comes, and keeps nobody back", async () => {
  const notes: string[] = [];
  await run(
    function* () {
      const sem = new Weighted(2);
      const [ctx] = context.withTimeout(context.background(), 10);
      taker(sem, notes, ctx)(3);
      yield* settle();
      yield* sem.acquire(2);
      yield* ctx.done().recv();
      yield* settle();
    },
    { clock: "fake" },
  );
  expect(notes).toEqual(["3: context deadline exceeded"]);
  await expect(
    run(function* () {
      yield* new Weighted(2).acquire(3);
    }),
  ).rejects.toThrow("all goroutines are asleep - deadlock!");
});

test("a waiter whose run is over keeps back nobody of another run", async () => {
  const sem = new Weighted(1);
  const stop = new AbortController();
  let took = false;
  await run(function* () {
    yield* sem.acquire(1);
    const other = run(
      function* () {
        yield* sem.acquire(1);
      },
      { signal: stop.signal },
    ).catch(() => {});
    yield* settle();
    stop.abort(new Error("enough"));
    go(function* () {
      yield* sem.acquire(1);
      took = true;
    });
    sem.release(1);
    yield* settle();
    void other;
  });
  expect(took).toBe(true);
});

test("a share is given back by finally also when the goroutine ends", () =>
  runSync(function* () {
    const sem = new Weighted(1);
    go(function* () {
      yield* sem.acquire(1);
      try {
        yield* goexit();
      } finally {
        sem.release(1);
      }
    });
    yield* settle();
    expect(sem.tryAcquire(1)).toBe(true);
  }));

test("bad weights are refused, and take nothing", () =>
  runSync(function* () {
    expect(() => new Weighted(-1)).toThrow("semaphore: size < 0");
    expect(() => new Weighted(1.5)).toThrow("gobuf: new Weighted: expected size, an integer from 0, got 1.5");
    const sem = new Weighted(1);
    for (const call of [() => sem.acquire(-1), () => sem.tryAcquire(-1), () => sem.release(-1)]) {
      expect(call).toThrow("semaphore: n < 0");
    }
    expect(() => sem.acquire("1" as never)).toThrow("gobuf: Weighted.acquire: expected n, an integer from 0, got 1");
    expect(() => sem.release(Number.NaN)).toThrow("gobuf: Weighted.release: expected n, an integer from 0, got NaN");
    expect(() => sem.release(1)).toThrow("semaphore: released more than held");
    expect(sem.tryAcquire(1)).toBe(true);
  }));
