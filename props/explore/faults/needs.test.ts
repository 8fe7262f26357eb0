/** What a report says (F49), and what explored programs need besides operations (F51). */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { after, type Body, chan, type Go, go, recvCase, run, select, sleep, WaitGroup } from "gobuf";
import { choose, explore, preemptionPoint, replay, runTest } from "gobuf/testing";
import { ALL, DRAWN, expectFound, failureOf, headline, SEEDS } from "./found.ts";

/** Thousands of runs each: some ten times slower on an emulated processor. */
setDefaultTimeout(120_000);

describe("F49: a panic's trace is that of the throw", () => {
  function* inner(): Go {
    const c = chan<void>();
    c.close();
    yield* c.recv();
  }

  test("not that of the last operation, in a function that has returned", async () => {
    function* thrower(): Go {
      yield* inner();
      throw new Error("here");
    }
    const { message } = failureOf(() => explore(thrower));
    expect(message).toContain("\ngoroutine 1 [running]:\nthrower(...)\n");
    expect(message).not.toContain("inner(...)");
    const line = /thrower\(\.\.\.\)\n\t.*needs\.test\.ts:(\d+):/.exec(message)?.[1];
    const text = await Bun.file(import.meta.path).text();
    expect(text.split("\n")[Number(line) - 1]).toContain('throw new Error("here")');
  });

  test("of another goroutine, in a function called from it; and of a panic of an operation", async () => {
    function* deep(): Go {
      yield* inner();
      throw new Error("deep");
    }
    function* worker(): Go {
      yield* deep();
    }
    function* main(): Go {
      go(worker);
      yield* sleep(1);
    }
    const { message } = failureOf(() => explore(main));
    expect(message).toMatch(
      /\n\ngoroutine 2 \[running\]:\ndeep\(\.\.\.\)\n\t.*\nworker\(\.\.\.\)\n\t.*\ncreated by main/,
    );
    expect(message).not.toContain("inner(...)");
    function* sends(): Go {
      yield* inner();
      const c = chan<void>(1);
      c.close();
      yield* c.send();
    }
    const panic = failureOf(() => explore(sends)).message;
    expect(panic).toContain("panic: send on closed channel");
    expect(panic).toContain("\ngoroutine 1 [running]:\nsends(...)\n");
    expect(panic).not.toContain("inner(...)");
    await expect(runTest(sends)).rejects.toThrow("send on closed channel");
  });
});

describe("F51: what explored programs need", () => {
  test("choose draws: each outcome comes up, Go's order has the first, a string has it again", async () => {
    function* main(): Go<number> {
      return (yield* choose(3)) * 10 + (yield* choose(2));
    }
    expect([replay(main, "g1:"), replay(main, "g1:0B"), replay(main, "g1:1A"), replay(main, "g1:0A0A")]).toEqual([
      0, 20, 1, 11,
    ]);
    expect(() => replay(main, "g1:0C")).toThrow("decision 0 takes number 3 of 3 outcomes, counted from 0");
    const fails = function* () {
      if ((yield* choose(1000)) === 7) throw new Error("seven");
    };
    expect(failureOf(() => explore(fails, { scheduler: "exhaustive" })).message).toContain(
      "outcome 7 of 1000 is drawn",
    );
    for (const scheduler of DRAWN) expectFound(fails, { scheduler, runs: 100_000 }, /^panic: Error: seven/);
    for (const n of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(
        headline(() =>
          explore(function* () {
            yield* choose(n);
          }),
        ),
      ).toBe(`panic: RangeError: gobuf: choose: ${n} outcomes: expected an integer of 1 to 2147483647`);
    }
    expect(() => choose(2)).toThrow("choose outside a goroutine");
    // Outside an exploration: by the run's seed.
    const draws = () =>
      run(
        function* () {
          const list: number[] = [];
          for (let i = 0; i < 20; i++) list.push(yield* choose(2));
          return list.join("");
        },
        { seed: 5 },
      );
    const first = await draws();
    expect(first).toMatch(/^[01]*01[01]*$/);
    expect(await draws()).toBe(first);
  });

  test("a preemption point does nothing outside an exploration, and in Go's order", async () => {
    const program: Body<string> = function* main() {
      let log = "";
      const wg = new WaitGroup();
      for (const name of ["a", "b"]) {
        wg.go(function* () {
          log += name;
          yield* preemptionPoint();
          log += name;
        });
      }
      yield* wg.wait();
      return log;
    };
    expect(await run(program)).toBe("bbaa");
    expect(replay(program, "g1:")).toBe("bbaa");
    expect(replay(program, "g1:1A")).toBe("baab");
    expect(() => preemptionPoint()).toThrow("preemptionPoint outside a goroutine");
  });

  test("time-outs come early in some of the runs, without being asked for", () => {
    function* main(): Go {
      const answers = chan<number>();
      go(function* server() {
        yield* sleep(1);
        yield* answers.send(42);
      });
      yield* select([recvCase(answers), recvCase(after(1000))]);
    }
    for (const seed of SEEDS) {
      for (const scheduler of DRAWN) {
        expect(headline(() => explore(main, { scheduler, seed, shrink: 20 }))).toStartWith("fatal error: deadlock");
      }
    }
    expect(failureOf(() => explore(main)).message).toContain('Replay it: replay(program, "g1t:');
    expectFound(main, {}, /^fatal error: deadlock/);
    for (const scheduler of ALL) explore(main, { scheduler, timers: "idle", seed: 1, runs: 100 });
  });
});
