/** The programs with Effect's fibers, queues, semaphores and timers. It has no unbuffered queue: the least is one of one. */
import { Deferred, Effect, Fiber, Queue, Semaphore } from "effect";
import { cpuTime, type Measured, type Program, type Programs, residentBytes } from "../program.ts";
import { sleepMs } from "./sleep.ts";

/** A program that is an effect. */
function effect(program: (n: number) => Effect.Effect<number | Measured>): Program {
  return (n) => Effect.runPromise(program(n));
}

/** Starts `count` fibers. */
function forkAll(count: number, fiber: (i: number) => Effect.Effect<unknown>) {
  return Effect.gen(function* () {
    const fibers: Fiber.Fiber<unknown>[] = [];
    for (let i = 0; i < count; i++) fibers.push(yield* Effect.forkChild(fiber(i)));
    return fibers;
  });
}

const yielder = (n: number) =>
  Effect.gen(function* () {
    for (let i = 0; i < n; i++) yield* Effect.yieldNow;
  });

function ring(size: number): Program {
  return effect((n) =>
    Effect.gen(function* () {
      const rings = size < 16 ? 8 : 1;
      const each = Math.floor(n / size / rings);
      let ns = 0;
      for (let r = 0; r < rings; r++) {
        const gate = yield* Deferred.make<void>();
        const waiter = Effect.andThen(Deferred.await(gate), yielder(each));
        const fibers = yield* forkAll(size, () => waiter);
        yield* Effect.yieldNow;
        yield* Deferred.succeed(gate, undefined);
        const start = Bun.nanoseconds();
        yield* Fiber.joinAll(fibers);
        ns += Bun.nanoseconds() - start;
      }
      return { check: rings * size * each, values: [ns] };
    }),
  );
}

const deep = (depth: number, n: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (depth > 0) yield* deep(depth - 1, n);
    else yield* yielder(n);
  });

const trip = effect((n) =>
  Effect.gen(function* () {
    const there = yield* Queue.bounded<number>(1);
    const back = yield* Queue.bounded<number>(1);
    yield* Effect.forkChild(
      Effect.gen(function* () {
        for (let i = 0; i < n; i++) yield* Queue.offer(back, yield* Queue.take(there));
      }),
    );
    let sum = 0;
    for (let i = 0; i < n; i++) {
      yield* Queue.offer(there, i);
      sum += yield* Queue.take(back);
    }
    return sum;
  }),
);

const buffered = effect((n) =>
  Effect.gen(function* () {
    const queue = yield* Queue.bounded<number>(128);
    yield* Effect.forkChild(
      Effect.gen(function* () {
        for (let i = 0; i < n; i++) yield* Queue.offer(queue, i);
      }),
    );
    let sum = 0;
    for (let i = 0; i < n; i++) sum += yield* Queue.take(queue);
    return sum;
  }),
);

/** Fibers, so many at a time, that end one after another. */
function many(atATime: number, fiber: (count: () => void) => Effect.Effect<void>): Program {
  return effect((n) =>
    Effect.gen(function* () {
      let sum = 0;
      for (let i = 0; i < n; i += atATime) yield* Fiber.joinAll(yield* forkAll(atATime, () => fiber(() => sum++)));
      return sum;
    }),
  );
}

const handoff = effect((n) =>
  Effect.gen(function* () {
    let sum = 0;
    for (let r = 0; r < 8; r++) {
      const mutex = yield* Semaphore.make(1);
      const critical = Effect.gen(function* () {
        yield* Effect.yieldNow;
        sum++;
      });
      const locker = Effect.gen(function* () {
        for (let k = 0; k < n / 80; k++) yield* Semaphore.withPermit(mutex, critical);
      });
      yield* Fiber.joinAll(yield* forkAll(10, () => locker));
    }
    return sum;
  }),
);

const skynet = (num: number, size: number, div: number): Effect.Effect<number> =>
  Effect.gen(function* () {
    if (size === 1) return num;
    const fibers: Fiber.Fiber<number>[] = [];
    for (let i = 0; i < div; i++) {
      fibers.push(yield* Effect.forkChild(skynet(num + i * (size / div), size / div, div)));
    }
    let sum = 0;
    for (const fiber of fibers) sum += yield* Fiber.join(fiber);
    return sum;
  });

const sleepers: Program = async (n) => {
  const start = cpuTime();
  await Effect.runPromise(
    Effect.gen(function* () {
      yield* Fiber.joinAll(yield* forkAll(n, (i) => Effect.sleep(sleepMs(i, n))));
    }),
  );
  return { check: n, values: [cpuTime() - start] };
};

const parked: Program = async (n) => {
  const before = residentBytes();
  const start = Bun.nanoseconds();
  return await Effect.runPromise(
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<number>();
      let woken = 0;
      const parker = Effect.gen(function* () {
        yield* Queue.take(queue);
        woken++;
      });
      const fibers = yield* forkAll(n, () => parker);
      yield* Effect.yieldNow;
      const made = Bun.nanoseconds();
      const bytes = residentBytes() - before;
      const wake = Bun.nanoseconds();
      for (let i = 0; i < n; i++) yield* Queue.offer(queue, i);
      yield* Fiber.joinAll(fibers);
      return { check: woken, values: [made - start, bytes, Bun.nanoseconds() - wake] };
    }),
  );
};

/** The programs by the name of their row. */
export const programs: Programs = {
  "gosched 1": ring(1),
  "gosched 2": ring(2),
  "gosched 10": ring(10),
  "gosched 100": ring(100),
  "gosched 1000": ring(1000),
  "gosched 10000": ring(10_000),
  "gosched, yield* 8 deep": effect((n) => Effect.as(deep(8, n), n)),
  "unbuffered trip": trip,
  "buffered item 128": buffered,
  "spawn+exit": many(100, (count) => Effect.sync(count)),
  "mutex hand-off 10": handoff,
  "WaitGroup fan-out 1000": many(1000, (count) => Effect.andThen(Effect.yieldNow, Effect.sync(count))),
  "skynet 1M": effect((n) => skynet(0, n, 10)),
  "sleep 100k": sleepers,
  "parked 100k": parked,
  "parked 1M": parked,
};
