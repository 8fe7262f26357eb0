/** Calls without a `yield*` are points (F50). */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Body, Cond, chan, context, go, gosched, Mutex, RWMutex, sleep, WaitGroup } from "gobuf";
import { explore, replay } from "gobuf/testing";
import { DRAWN, expectFound, factorial, failureOf, headline, outcomes, SEEDS } from "./found.ts";

/** Thousands of runs each: some ten times slower on an emulated processor. */
setDefaultTimeout(120_000);

describe("F50: calls are points", () => {
  /** Something is made true behind a call; a goroutine that runs before the call returns finds it false. */
  const programs: Record<string, Body<void>> = {
    *go() {
      let ready = false;
      go(function* f() {
        if (!ready) throw new Error("too early");
      });
      ready = true;
    },
    *"WaitGroup.go"() {
      const wg = new WaitGroup();
      let ready = false;
      wg.go(function* f() {
        if (!ready) throw new Error("too early");
      });
      ready = true;
      yield* wg.wait();
    },
    *close() {
      const c = chan<void>();
      let ready = false;
      go(function* closer() {
        c.close();
        ready = true;
      });
      yield* c.recv();
      if (!ready) throw new Error("too early");
    },
    *done() {
      const wg = new WaitGroup();
      let ready = false;
      wg.add(1);
      go(function* f() {
        wg.done();
        ready = true;
      });
      yield* wg.wait();
      if (!ready) throw new Error("too early");
    },
    *signal() {
      const cond = new Cond(new Mutex());
      let ready = false;
      let waits = false;
      go(function* f() {
        while (!waits) yield* gosched();
        cond.signal();
        ready = true;
      });
      yield* cond.L.lock();
      waits = true;
      yield* cond.wait();
      yield* cond.L.unlock();
      if (!ready) throw new Error("too early");
    },
    *broadcast() {
      const cond = new Cond(new Mutex());
      let ready = false;
      let waits = false;
      go(function* f() {
        while (!waits) yield* gosched();
        cond.broadcast();
        ready = true;
      });
      yield* cond.L.lock();
      waits = true;
      yield* cond.wait();
      yield* cond.L.unlock();
      if (!ready) throw new Error("too early");
    },
    *runlock() {
      const mu = new RWMutex();
      let ready = false;
      yield* mu.rlock();
      const wg = new WaitGroup();
      wg.go(function* writer() {
        yield* mu.lock();
        if (!ready) throw new Error("too early");
        yield* mu.unlock();
      });
      yield* gosched();
      mu.runlock();
      ready = true;
      yield* wg.wait();
    },
    *cancel() {
      const [ctx, cancel] = context.withCancel(context.background());
      let ready = false;
      go(function* f() {
        cancel();
        ready = true;
      });
      yield* ctx.done().recv();
      if (!ready) throw new Error("too early");
    },
  };

  for (const [name, program] of Object.entries(programs)) {
    test(`behind ${name} others may run: found by all that draw, for each seed, and only there`, () => {
      for (const scheduler of DRAWN) {
        for (const seed of SEEDS) {
          const error = failureOf(() => explore(program, { scheduler, seed, shrink: 20 }));
          expect(error.message).toStartWith("panic: Error: too early");
          expect(error.found).toMatch(/^g1ct?:/);
        }
        explore(program, { scheduler, seed: 1, runs: 100, points: "yields" });
      }
      expectFound(program, { scheduler: "exhaustive", points: "calls" }, /^panic: Error: too early/);
      const { complete } = explore(program, { scheduler: "exhaustive" });
      expect(complete).toBe(true);
      replay(program, "g1c:");
    });
  }

  test("the report says where it was", () => {
    const { message } = failureOf(() => explore(programs.go as Body<void>, { seed: 1, scheduler: "pct" }));
    expect(message).toMatch(
      /decision 0: goroutine 1 \*?go, in a call behind its operation.*, makes way for goroutine 2 f\n/,
    );
  });

  test("exhaustive: the orders of what starts and what is done meanwhile are all there", () => {
    const program = (log: (text: string) => void): Body<void> =>
      function* main() {
        for (const name of ["a", "b"]) {
          go(function* () {
            log(name);
          });
        }
        log("m");
      };
    expect([...outcomes(program)].sort()).toEqual(["mab", "mba"]);
    expect(outcomes(program, { points: "calls" }).size).toBe(factorial(3));
  });

  test("main may end, or another fail, while a goroutine is in its call: that one does not go on", () => {
    let after = 0;
    const mainEnds: Body<string> = function* main() {
      const c = chan<void>();
      go(function* closer() {
        try {
          c.close();
          after++;
        } catch {
          // Bodies that catch all do not change what came of the run.
        }
      });
      yield* c.recv();
      return "done";
    };
    const schedules: string[] = [];
    explore(mainEnds, {
      scheduler: "exhaustive",
      points: "calls",
      leaks: "ignore",
      onSchedule: (schedule) => schedules.push(schedule),
    });
    expect(after).toBe(schedules.length - 1);
    for (const schedule of schedules) expect(replay(mainEnds, schedule, { leaks: "ignore" })).toBe("done");
    const fails: Body<void> = function* main() {
      const c = chan<void>();
      go(function* closer() {
        c.close();
      });
      yield* c.recv();
      throw new Error("main's");
    };
    expect(headline(() => explore(fails, { scheduler: "exhaustive", points: "calls" }))).toBe("panic: Error: main's");
    expectFound(fails, { scheduler: "random" }, /^panic: Error: main's/);
  });

  test("calls from timers, outside goroutines and in nested calls are left alone, or nest", () => {
    const nested: Body<number> = function* main() {
      let n = 0;
      const wg = new WaitGroup();
      for (let i = 0; i < 3; i++) {
        wg.go(function* outer() {
          const [, cancel] = context.withTimeout(context.background(), 1);
          wg.go(function* inner() {
            wg.add(1);
            n++;
            wg.done();
          });
          yield* sleep(2);
          cancel();
        });
      }
      yield* wg.wait();
      return n;
    };
    explore(nested, { scheduler: "random", points: "calls", seed: 1, runs: 300 });
    expect(replay(nested, "g1c:")).toBe(3);
  });
});
