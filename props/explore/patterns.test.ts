/**
 * Bugs of GoKer's kind that are none of its kernels: patterns of Go programs, each written down before it was first
 * explored, and left as it was. A default `explore` must find each for every seed, and pass each twin.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  type Body,
  Cond,
  chan,
  context,
  ErrGroup,
  go,
  gosched,
  Mutex,
  RWMutex,
  recvCase,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { choose, ExploreError, explore, replay } from "gobuf/testing";

/** Thousands of runs of each twin: an emulated processor takes ten times as long. */
setDefaultTimeout(120_000);

const SEEDS = [1, 2, 3, 4, 5];

/** How the bugs show: not by a mistake in the telling. */
const SHOWN = /^(?:fatal error: deadlock: |panic: (?:send on closed channel|sync: negative|Error: the balance is ))/;

/** Each program as it was, or fixed. */
const PATTERNS: Readonly<Record<string, (fixed: boolean) => Body<unknown>>> = {
  "two readers upgrade their lock at once": (fixed) =>
    function* main() {
      const mu = new RWMutex();
      const wg = new WaitGroup();
      let cached = 0;
      for (let i = 0; i < 2; i++) {
        wg.go(function* refresh() {
          yield* mu.rlock();
          const stale = cached === 0;
          // As it was: the write lock is waited for with the read lock in hand.
          if (fixed) mu.runlock();
          if (stale) {
            yield* mu.lock();
            cached = 1;
            yield* mu.unlock();
          }
          if (!fixed) mu.runlock();
        });
      }
      yield* wg.wait();
    },

  "a token of a pool is not given back where the work fails": (fixed) =>
    function* main() {
      const tokens = chan<void>(1);
      const wg = new WaitGroup();
      for (let i = 0; i < 2; i++) {
        wg.go(function* work() {
          yield* tokens.send();
          const failed = (yield* choose(2)) === 1;
          if (failed && !fixed) return;
          yield* tokens.recv();
        });
      }
      yield* wg.wait();
    },

  "a worker adds itself to the group that is waited for": (fixed) =>
    function* main() {
      const wg = new WaitGroup();
      const results = chan<number>(4);
      for (let i = 0; i < 2; i++) {
        if (fixed) wg.add(1);
        go(function* worker() {
          if (!fixed) wg.add(1);
          yield* gosched();
          yield* results.send(i);
          wg.done();
        });
      }
      yield* gosched();
      yield* wg.wait();
      results.close();
    },

  "the first error ends the consumer, and producers go on": (fixed) =>
    function* main() {
      const [group, ctx] = ErrGroup.withContext(context.background());
      const items = chan<number>();
      for (let p = 0; p < 2; p++) {
        yield* group.go(function* produce() {
          for (let i = 0; i < 2; i++) {
            if (!fixed) yield* items.send(i);
            else if ((yield* select([sendCase(items, i), recvCase(ctx.done())])).index === 1) return;
          }
        });
      }
      yield* group.go(function* consume() {
        for (let i = 0; i < 4; i++) {
          yield* items.recv();
          if (i === 2 && (yield* choose(2)) === 1) throw new Error("bad item");
        }
      });
      try {
        yield* group.wait();
      } catch {
        // what went wrong is not the question
      }
    },

  "a result is ready as its request times out": (fixed) =>
    function* main() {
      const [ctx, cancel] = context.withTimeout(context.background(), 5);
      const result = chan<number>(fixed ? 1 : 0);
      go(function* query() {
        yield* sleep((yield* choose(2)) === 1 ? 9 : 1);
        yield* result.send(1);
      });
      yield* select([recvCase(result), recvCase(ctx.done())]);
      cancel();
    },

  "a queue is found empty, and only then waited for": (fixed) =>
    function* main() {
      const mu = new Mutex();
      const filled = new Cond(mu);
      const queue: number[] = [];
      go(function* consumer() {
        yield* mu.lock();
        if (fixed) while (queue.length === 0) yield* filled.wait();
        else {
          const empty = queue.length === 0;
          yield* mu.unlock();
          yield* gosched();
          yield* mu.lock();
          if (empty) yield* filled.wait();
        }
        queue.pop();
        yield* mu.unlock();
      });
      yield* mu.lock();
      queue.push(1);
      filled.signal();
      yield* mu.unlock();
    },

  "three services call each other with their locks held": (fixed) =>
    function* main() {
      const locks = [new Mutex(), new Mutex(), new Mutex()];
      const wg = new WaitGroup();
      for (let i = 0; i < 3; i++) {
        const pair = [i, (i + 1) % 3];
        const [first = 0, second = 0] = fixed ? pair.toSorted() : pair;
        wg.go(function* service() {
          yield* (locks[first] as Mutex).lock();
          yield* gosched();
          yield* (locks[second] as Mutex).lock();
          yield* (locks[second] as Mutex).unlock();
          yield* (locks[first] as Mutex).unlock();
        });
      }
      yield* wg.wait();
    },

  "a bus is closed while a publisher is between its look and its send": (fixed) =>
    function* main() {
      const mu = new Mutex();
      const bus = chan<number>(4);
      let closed = false;
      const wg = new WaitGroup();
      wg.go(function* publish() {
        yield* mu.lock();
        const open = !closed;
        if (!fixed) yield* mu.unlock();
        if (open) yield* bus.send(1);
        if (fixed) yield* mu.unlock();
      });
      wg.go(function* close() {
        yield* mu.lock();
        closed = true;
        bus.close();
        yield* mu.unlock();
      });
      yield* wg.wait();
    },

  "a balance is read, and written back after a wait": (fixed) =>
    function* main() {
      const mu = new Mutex();
      const wg = new WaitGroup();
      let balance = 0;
      for (let i = 0; i < 3; i++) {
        wg.go(function* deposit() {
          yield* mu.lock();
          const seen = balance;
          if (!fixed) {
            yield* mu.unlock();
            yield* mu.lock();
          }
          balance = seen + 1;
          yield* mu.unlock();
        });
      }
      yield* wg.wait();
      if (balance !== 3) throw new Error(`the balance is ${balance}`);
    },

  "a subscriber unsubscribes in its own callback": (fixed) =>
    function* main() {
      const mu = new Mutex();
      const subscribers = new Set<number>([1, 2]);
      const events = chan<number>(1);
      const wg = new WaitGroup();
      wg.go(function* dispatch() {
        yield* events.recv();
        yield* mu.lock();
        const called = [...subscribers];
        if (fixed) yield* mu.unlock();
        for (const each of called) {
          if ((yield* choose(2)) === 0) continue;
          yield* mu.lock();
          subscribers.delete(each);
          yield* mu.unlock();
        }
        if (!fixed) yield* mu.unlock();
      });
      yield* events.send(1);
      yield* wg.wait();
    },
};

describe.each(Object.entries(PATTERNS))("%s", (_, program) => {
  test("a default explore finds it for each seed, and its schedule shows it again", () => {
    for (const seed of SEEDS) {
      let found: ExploreError | undefined;
      try {
        explore(program(false), { seed });
      } catch (error) {
        found = error as ExploreError;
      }
      expect(found, `seed ${seed}`).toBeInstanceOf(ExploreError);
      expect(found?.message, `seed ${seed}`).toMatch(SHOWN);
      expect(() => replay(program(false), found?.schedule ?? "")).toThrow();
    }
  });

  test("its twin passes", () => {
    for (const seed of SEEDS) expect(explore(program(true), { seed }).runs, `seed ${seed}`).toBeGreaterThan(0);
    explore(program(true), { scheduler: "exhaustive" });
  });
});
