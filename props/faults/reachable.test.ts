/**
 * What a program is done with can be collected: received values, cases of selects, bodies, callbacks of timers, contexts,
 * waiters, handles, and everything of a run that is over. Most of many, after several forced collections, since the
 * collector is conservative: it may take a number on the stack for an object.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  afterFunc,
  Cond,
  chan,
  context,
  ErrGroup,
  type Go,
  go,
  gosched,
  Mutex,
  newTimer,
  onceFunc,
  recvCase,
  run,
  SingleFlight,
  select,
  sendCase,
  spawn,
  WaitGroup,
  wait,
} from "../../src/index.ts";
import { handleOf } from "../../src/native/handles.ts";

setDefaultTimeout(60_000);

const MANY = 64;
/** So many may be left, of {@link MANY}. */
const LEFT_MAX = 8;
const ROUNDS = 20;

/** Objects whose end is noted. */
class Watched {
  gone = 0;
  private readonly registry = new FinalizationRegistry<null>(() => {
    this.gone++;
  });

  /** An object of some size, watched. */
  make(): { readonly payload: number[] } {
    const object = { payload: [1, 2, 3] };
    this.registry.register(object, null);
    return object;
  }

  /** Collects until most are gone, or for so many rounds. */
  async settle(rounds = ROUNDS): Promise<number> {
    for (let round = 0; round < rounds && this.gone < MANY - LEFT_MAX; round++) {
      Bun.gc(true);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return this.gone;
  }
}

/** Has a body use watched objects, and sees most of them gone while its run goes on. What it returns stays. */
async function goneWithin(body: (w: Watched) => Go<unknown>): Promise<void> {
  const w = new Watched();
  const kept: unknown[] = [];
  const gone = await run(function* () {
    kept.push(yield* body(w));
    return yield* wait(w.settle());
  });
  expect(gone).toBeGreaterThanOrEqual(MANY - LEFT_MAX);
  expect(kept).toHaveLength(1);
}

/** The same, with the collections behind the run's end. */
async function goneBehind(body: (w: Watched) => Go<unknown>): Promise<void> {
  const w = new Watched();
  const kept = [await run(() => body(w))];
  expect(await w.settle()).toBeGreaterThanOrEqual(MANY - LEFT_MAX);
  expect(kept).toHaveLength(1);
}

test("an object that is kept is not gone: the test can tell", async () => {
  const w = new Watched();
  const kept = Array.from({ length: MANY }, () => w.make());
  // Each round is a whole collection: one after the other they find the same.
  expect(await w.settle(4)).toBe(0);
  expect(kept).toHaveLength(MANY);
});

describe("while the run and the object go on", () => {
  test.each([1, 3, 8, 64, 200])("values that were received from a buffer of %d", (capacity) =>
    goneWithin(function* (w) {
      const ch = chan<object>(capacity);
      for (let sent = 0; sent < MANY; ) {
        const n = Math.min(capacity, MANY - sent);
        for (let i = 0; i < n; i++) yield* ch.send(w.make());
        for (let i = 0; i < n; i++) yield* ch.recv();
        sent += n;
      }
      return ch;
    }),
  );

  test("values that were handed over to a waiting receiver, and from a waiting sender", () =>
    goneWithin(function* (w) {
      const ch = chan<object>();
      go(function* () {
        for (let i = 0; i < MANY / 2; i++) yield* ch.send(w.make());
        yield* gosched();
        for (let i = 0; i < MANY / 2; i++) yield* ch.send(w.make());
      });
      for (let i = 0; i < MANY; i++) yield* ch.recv();
      return ch;
    }));

  test("values in a buffer that went round while senders waited", () =>
    goneWithin(function* (w) {
      const ch = chan<object>(4);
      for (let i = 0; i < MANY; i++) {
        go(function* () {
          yield* ch.send(w.make());
        });
      }
      yield* gosched();
      for (let i = 0; i < MANY; i++) yield* ch.recv();
      return ch;
    }));

  test("values of select's cases that were not chosen", () =>
    goneWithin(function* (w) {
      const [never, often] = [chan<object>(), chan<number>()];
      go(function* () {
        for (let i = 0; i < MANY; i++) yield* often.send(i);
      });
      for (let i = 0; i < MANY; i++) yield* select([sendCase(never, w.make()), recvCase(often)]);
      return [never, often];
    }));

  test("values that a select received, at once and after a wait", () =>
    goneWithin(function* (w) {
      const [a, b] = [chan<object>(2), chan<object>()];
      go(function* () {
        for (let i = 0; i < MANY; i++) yield* (i % 2 === 0 ? a : b).send(w.make());
      });
      for (let i = 0; i < MANY; i++) yield* select([recvCase(a), recvCase(b)]);
      return [a, b];
    }));

  test("goroutines that have ended: bodies, arguments and results", () =>
    goneWithin(function* (w) {
      const wg = new WaitGroup();
      for (let i = 0; i < MANY; i++) {
        const held = w.make();
        wg.go(function* (argument: object) {
          yield* gosched();
          return [held, argument];
        }, held);
      }
      yield* wg.wait();
      return wg;
    }));

  test("callbacks of timers that were stopped, and that have fired", () =>
    goneWithin(function* (w) {
      const timers = Array.from({ length: MANY }, (_, i) => {
        const held = w.make();
        return afterFunc(i % 2 === 0 ? 0 : 1e6, () => void held.payload.length);
      });
      for (const timer of timers) timer.stop();
      const tick = newTimer(1);
      yield* tick.c.recv();
      // The timer's function is the timer's; the timers themselves go.
      timers.length = 0;
      return timers;
    }));

  test("contexts that were canceled, under a parent that goes on", () =>
    goneWithin(function* (w) {
      const [parent] = context.withCancel(context.background());
      for (let i = 0; i < MANY; i++) {
        const held = w.make();
        const [ctx, cancel] = context.withCancelCause(parent);
        context.afterFunc(ctx, function* () {
          held.payload.push(1);
        });
        cancel(Object.assign(new Error("over"), { held }));
      }
      yield* gosched();
      return parent;
    }));

  test("contexts with a deadline that were canceled before it", () =>
    goneWithin(function* (w) {
      const key = new context.Key<object>("held");
      for (let i = 0; i < MANY; i++) {
        const [ctx, cancel] = context.withTimeout(context.withValue(context.background(), key, w.make()), 1e6);
        yield* gosched();
        cancel();
        yield* ctx.done().recv();
      }
      return key;
    }));

  test("functions of onceFunc, calls of a SingleFlight, errors of a group", () =>
    goneWithin(function* (w) {
      const flights = new SingleFlight<object>();
      const kept: unknown[] = [flights];
      for (let i = 0; i < MANY; i++) {
        const held = w.make();
        if (i % 2 === 0) {
          const once = onceFunc(() => void held.payload.length);
          yield* once();
          kept.push(once);
        } else yield* flights.do(String(i), () => held);
      }
      return kept;
    }));

  test("waiters of a Cond and a Mutex that went on", () =>
    goneWithin(function* (w) {
      const m = new Mutex();
      const cond = new Cond(m);
      const wg = new WaitGroup();
      for (let i = 0; i < MANY; i++) {
        const held = w.make();
        wg.go(function* () {
          yield* m.lock();
          yield* cond.wait();
          held.payload.push(1);
          yield* m.unlock();
        });
      }
      // Each takes the lock and lets it go before the next can wait.
      for (let i = 0; i < 4 * MANY; i++) yield* gosched();
      cond.broadcast();
      yield* wg.wait();
      return cond;
    }));
});

describe("behind the end of a run", () => {
  test("goroutines that still waited: on a channel, a select, a Mutex, a WaitGroup, a Cond, a timer", () => {
    const kept: unknown[] = [];
    return goneBehind(function* (w) {
      const [ch, m, wg, cond] = [chan<object>(), new Mutex(), new WaitGroup(), new Cond(new Mutex())];
      kept.push(ch, m, wg, cond);
      yield* m.lock();
      wg.add(1);
      for (let i = 0; i < MANY; i++) {
        const held = w.make();
        go(function* () {
          if (i % 6 === 0) yield* ch.send(held);
          else if (i % 6 === 1) yield* select([sendCase(ch, held), recvCase(chan<number>())]);
          else if (i % 6 === 2) yield* m.lock();
          else if (i % 6 === 3) yield* wg.wait();
          else if (i % 6 === 4) {
            yield* cond.L.lock();
            yield* cond.wait();
          } else yield* newTimer(1e6).c.recv();
          return held;
        });
      }
      yield* gosched();
      return kept;
    });
  });

  test("timers that never fired, and their callbacks", () =>
    goneBehind(function* (w) {
      for (let i = 0; i < MANY; i++) {
        const held = w.make();
        afterFunc(1e6, () => void held.payload.length);
      }
      yield* gosched();
      return null;
    }));

  test("objects that had handles", () =>
    goneBehind(function* (w) {
      for (let i = 0; i < MANY; i++) {
        const ch = chan<object>(1);
        yield* ch.send(w.make());
        handleOf(ch);
      }
      return null;
    }));

  test("results of goroutines that ordinary code awaited, and what a failed run threw", async () => {
    const w = new Watched();
    await run(function* () {
      yield* gosched();
      for (let i = 0; i < MANY / 2; i++) {
        const held = w.make();
        yield* wait(
          spawn(function* () {
            yield* gosched();
            return held;
          }),
        );
      }
      return null;
    });
    for (let i = 0; i < MANY / 2; i++) {
      await run(function* () {
        const group = new ErrGroup();
        yield* group.go(function* () {
          throw Object.assign(new Error("planted"), { held: w.make() });
        });
        yield* group.wait();
      }).catch(() => null);
    }
    expect(await w.settle()).toBeGreaterThanOrEqual(MANY - LEFT_MAX);
  });
});
