/** Goroutines that sleep or give way: no schedule is left out (F46), and there are as many as one can count. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Body, chan, type Go, go, gosched, Mutex, recvCase, select, sleep, WaitGroup } from "gobuf";
import { choose, explore, preemptionPoint } from "gobuf/testing";
import { ALL, DRAWN, expectFound, factorial, interleavings, isFair, outcomes } from "./found.ts";

/** Thousands of runs each: some ten times slower on an emulated processor. */
setDefaultTimeout(120_000);

describe("F46: a sleep is no giving way", () => {
  /** Tasks that note their letters with a wait in between. */
  function tasks(count: number, rounds: number, pause: () => Go, log: (text: string) => void): Body<void> {
    return function* main() {
      const wg = new WaitGroup();
      for (let i = 0; i < count; i++) {
        wg.go(function* task() {
          for (let r = 0; r < rounds; r++) {
            if (r > 0) yield* pause();
            log("abcdef"[i] as string);
          }
        });
      }
      yield* wg.wait();
    };
  }
  function* nap(): Go {
    yield* sleep(1);
  }
  const failsOn = (bad: string): Body<void> => {
    let order = "";
    return function* main() {
      order = "";
      yield* tasks(3, 2, nap, (text) => {
        order += text;
      })();
      if (order === bad) throw new Error(`order ${bad}`);
    };
  };

  test("the order abccab of three that sleep is found, by all", () => {
    for (const scheduler of ALL) expectFound(failsOn("abccab"), { scheduler }, /^panic: Error: order abccab/);
  });

  test("a sleep that ends early is found, by all", () => {
    function* main(): Go {
      let ready = false;
      go(function* () {
        ready = true;
      });
      yield* sleep(10);
      if (!ready) throw new Error("not ready");
    }
    for (const scheduler of DRAWN) expectFound(main, { scheduler }, /^panic: Error: not ready/);
    expectFound(main, { scheduler: "exhaustive", timers: "any" }, /^panic: Error: not ready/);
    // The clock of a machine that is never slow.
    for (const scheduler of ALL) explore(main, { scheduler, timers: "idle", seed: 1, runs: 100 });
  });

  test("exhaustive: the orders of so many that sleep so often are all there", () => {
    for (const [count, rounds] of [
      [2, 1],
      [2, 2],
      [3, 2],
      [2, 4],
      [3, 3],
      [4, 1],
    ] as const) {
      const seen = outcomes((log) => tasks(count, rounds, nap, log));
      expect([count, rounds, seen.size]).toEqual([count, rounds, factorial(count) ** rounds]);
    }
  });

  test("exhaustive: the interleavings of so many that give way so often are all there", () => {
    function* yielding(): Go {
      yield* gosched();
    }
    for (const [count, rounds] of [
      [2, 2],
      [3, 2],
      [2, 3],
    ] as const) {
      const seen = outcomes((log) => tasks(count, rounds, yielding, log));
      const all = interleavings(
        Array.from({ length: count }, (_, i) => "abcdef"[i] as string),
        rounds,
      );
      expect([...seen].sort()).toEqual(all.filter(isFair).sort());
      // Left out are those in which a goroutine that has given way twice does not let the others have a turn.
      expect([count, rounds, seen.size < all.length]).toEqual([count, rounds, rounds > 2]);
    }
  });

  test("exhaustive: the interleavings of so many points are all there", () => {
    for (const [count, rounds] of [
      [2, 2],
      [3, 2],
      [2, 4],
      [4, 1],
    ] as const) {
      const seen = outcomes((log) =>
        tasks(
          count,
          rounds,
          function* () {
            yield* preemptionPoint();
          },
          log,
        ),
      );
      expect([count, rounds, seen.size]).toEqual([
        count,
        rounds,
        factorial(count * rounds) / factorial(rounds) ** count,
      ]);
    }
  });

  test("exhaustive: sleeps of different lengths have one order, and all of them when timers expire at any time", () => {
    const program = (log: (text: string) => void): Body<void> =>
      function* main() {
        const wg = new WaitGroup();
        for (const ms of [1, 2, 3]) {
          wg.go(function* () {
            yield* sleep(ms);
            log(String(ms));
          });
        }
        yield* wg.wait();
      };
    expect([...outcomes(program)]).toEqual(["123"]);
    expect(outcomes(program, { timers: "any", preemptions: 4 }).size).toBe(factorial(3));
  });

  test("exhaustive: the orders in which so many take a lock, a value or a turn are all there", () => {
    const programs: [name: string, (log: (text: string) => void) => Body<void>, count: number][] = [
      [
        "a mutex of three",
        (log) =>
          function* main() {
            const mu = new Mutex();
            const wg = new WaitGroup();
            yield* mu.lock();
            for (let i = 0; i < 3; i++) {
              wg.go(function* () {
                yield* mu.lock();
                log(String(i));
                yield* mu.unlock();
              });
            }
            yield* mu.unlock();
            yield* wg.wait();
          },
        factorial(3),
      ],
      [
        "three senders",
        (log) =>
          function* main() {
            const ch = chan<number>();
            for (let i = 0; i < 3; i++) {
              go(function* () {
                yield* ch.send(i);
              });
            }
            for (let i = 0; i < 3; i++) log(String(yield* ch.recv()));
          },
        factorial(3),
      ],
      [
        "draws of 2, 3 and 4",
        (log) =>
          function* main() {
            for (const n of [2, 3, 4]) log(String(yield* choose(n)));
          },
        24,
      ],
      [
        "two selects of three ready cases",
        (log) =>
          function* main() {
            for (let i = 0; i < 2; i++) {
              const chans = [chan<void>(), chan<void>(), chan<void>()] as const;
              for (const c of chans) c.close();
              log(String((yield* select([recvCase(chans[0]), recvCase(chans[1]), recvCase(chans[2])])).index));
            }
          },
        9,
      ],
    ];
    for (const [name, program, count] of programs) expect([name, outcomes(program).size]).toEqual([name, count]);
  });
});
