/** Schedules are fair, also to the clock (F47), and goroutines that sleep when main ends go on (F48). */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  after,
  type Body,
  chan,
  type Go,
  go,
  gosched,
  Mutex,
  recvCase,
  runSync,
  select,
  sleep,
  tick,
  WaitGroup,
} from "gobuf";
import { explore, preemptionPoint, replay, synctest } from "gobuf/testing";
import { PctStrategy } from "../../../src/testing/pct.ts";
import { steer } from "../../../src/testing/program.ts";
import { ALL, expectFound, failureOf, headline } from "./found.ts";

/** Thousands of runs each: some ten times slower on an emulated processor. */
setDefaultTimeout(120_000);

describe("F47: schedules are fair", () => {
  function* pollsStop(): Go {
    const stop = chan<void>();
    go(function* stopper() {
      stop.close();
    });
    while ((yield* select([recvCase(stop)], { default: true })).index !== 0);
  }
  function* triesLock(): Go {
    const mu = new Mutex();
    const wg = new WaitGroup();
    wg.go(function* holder() {
      yield* mu.lock();
      yield* preemptionPoint();
      yield* mu.unlock();
    });
    wg.go(function* trier() {
      while (!mu.tryLock()) yield* preemptionPoint();
      yield* mu.unlock();
    });
    yield* wg.wait();
  }
  function* pingPong(): Go {
    const ping = chan<void>();
    const pong = chan<void>();
    const wg = new WaitGroup();
    let stop = false;
    wg.go(function* pinger() {
      while (!stop) {
        yield* ping.send();
        yield* pong.recv();
      }
      ping.close();
    });
    wg.go(function* ponger() {
      while ((yield* ping.recvOk())[1]) yield* pong.send();
    });
    wg.go(function* stopper() {
      yield* preemptionPoint();
      stop = true;
    });
    yield* wg.wait();
  }
  function* pollsBesideSleeper(): Go {
    let done = false;
    go(function* sleeper() {
      yield* sleep(1);
      done = true;
    });
    while (!done) yield* preemptionPoint();
  }

  test("programs that poll, or keep each other going, until one stops them pass under all", () => {
    for (const program of [pollsStop, triesLock, pingPong, pollsBesideSleeper]) {
      for (const scheduler of ALL) {
        explore(program, { scheduler, seed: 1, runs: scheduler === "exhaustive" ? 2000 : 200 });
        if (scheduler !== "exhaustive") explore(program, { scheduler, seed: 1, runs: 100, points: "calls" });
      }
      replay(program, "g1:");
    }
  });

  test("it is fairness that makes them pass: without it some schedules of PCT have no end", () => {
    const unfair = { steps: 10_000, fair: false, calls: false, early: false, whole: true };
    for (const program of [pollsStop, triesLock, pingPong, pollsBesideSleeper]) {
      const failures = (fair: boolean) => {
        const pct = new PctStrategy(1, 3, 0);
        const texts = new Set<string>();
        for (let run = 1; run <= 200; run++) {
          const { failed, value, decisions } = steer(program, pct.next(run), { ...unfair, fair });
          pct.ended(Math.min(decisions, 50));
          if (failed) texts.add(String(value).split("\n", 1)[0] as string);
        }
        return [...texts];
      };
      expect(failures(false)).toEqual([expect.stringContaining("no end after 10000 steps")]);
      expect(failures(true)).toEqual([]);
    }
  });

  test("a deadlock beside one that polls is found as what it is", () => {
    function* main(): Go {
      const a = new Mutex();
      const b = new Mutex();
      const wg = new WaitGroup();
      const stop = chan<void>();
      function* both(first: Mutex, second: Mutex): Go {
        yield* first.lock();
        yield* second.lock();
        yield* second.unlock();
        yield* first.unlock();
      }
      wg.go(both, a, b);
      wg.go(both, b, a);
      go(function* poller() {
        for (let i = 0; i < 500; i++) {
          if ((yield* select([recvCase(stop)], { default: true })).index === 0) return;
        }
      });
      yield* wg.wait();
      stop.close();
    }
    for (const scheduler of ALL) expectFound(main, { scheduler }, /^fatal error: deadlock: all goroutines in bubble/);
  });

  test("no end is still told of, after a bounded search for a simpler schedule, in a text of bounded length", () => {
    let calls = 0;
    function* endless(): Go {
      calls++;
      for (let i = 0; i < 2; i++) {
        go(function* () {
          for (;;) yield* preemptionPoint();
        });
      }
    }
    const error = failureOf(() => explore(endless, { scheduler: "random", seed: 1 }));
    expect(error.message).toStartWith("fatal error: no end after 10000 steps");
    expect(error.found.length).toBeGreaterThan(4000);
    expect(error.message.length).toBeLessThan(2000);
    expect(error.message).toContain(`(${error.found.length} characters; the error's \`found\` has all)`);
    expect(calls).toBeLessThan(1000);
  });

  test("Go's order is what Go's scheduler does for thousands of operations, and no fairer than that", () => {
    const program = (log: string[]): Body<void> =>
      function* main() {
        const ping = chan<void>();
        const wg = new WaitGroup();
        for (let i = 0; i < 2; i++) {
          wg.go(function* player() {
            for (let n = 0; n < 600; n++) {
              if (i === 0) yield* ping.send();
              else yield* ping.recv();
              log.push(`${i}.${n}`);
            }
          });
        }
        wg.go(function* passedOver() {
          yield* gosched();
          log.push("at last");
        });
        yield* wg.wait();
      };
    const ordinary: string[] = [];
    runSync(program(ordinary));
    expect(ordinary.indexOf("at last")).toBeGreaterThan(1000);
    let explored: string[] = [];
    replay(function* main() {
      explored = [];
      yield* program(explored)();
    }, "g1:");
    expect(explored).toEqual(ordinary);
  });

  test("a goroutine that polls in Go's order is preempted after a while, as at the end of Go's time slice", () => {
    let polls = 0;
    replay(function* () {
      polls = 0;
      let done = false;
      go(function* () {
        done = true;
      });
      for (; !done; polls++) yield* preemptionPoint();
    }, "g1:");
    // Half of the steps; then it is as fair as another schedule.
    expect(polls).toBeGreaterThan(4900);
    expect(polls).toBeLessThan(5100);
  });
});

describe("F48: main ends while another sleeps", () => {
  function* sleeper(): Go {
    go(function* () {
      yield* sleep(1);
    });
  }

  test("it goes on, and passes; so do those that wait for it", () => {
    for (const scheduler of ALL) explore(sleeper, { scheduler, seed: 1, runs: 100 });
    let ended = 0;
    const chain: Body<void> = function* main() {
      const woken = chan<void>();
      go(function* () {
        yield* woken.recv();
        yield* after(5).recv();
        ended++;
      });
      go(function* () {
        yield* sleep(1);
        woken.close();
      });
    };
    const { runs } = explore(chain, { scheduler: "exhaustive" });
    expect(ended).toBe(runs);
  });

  test("a goroutine that waits for ever is left behind all the same", () => {
    function* main(): Go {
      go(function* () {
        yield* sleep(1);
        yield* chan<void>().recv();
      });
    }
    expect(headline(() => explore(main))).toBe(
      "fatal error: deadlock: main bubble goroutine has exited but blocked goroutines remain",
    );
  });

  test("a goroutine that sleeps again and again is reported as that", () => {
    function* main(): Go {
      go(function* ticker() {
        for (const c = tick(10); ; ) yield* c.recv();
      });
    }
    expect(headline(() => explore(main))).toStartWith(
      "fatal error: no end: main has returned, and 1000 timers later there are goroutines that only timers wake",
    );
    explore(main, { leaks: "ignore", runs: 10, seed: 1 });
  });

  test("in a bubble time stops with main, as in Go", async () => {
    await expect(synctest.test(sleeper)).rejects.toThrow("main bubble goroutine has exited");
  });

  test("synctest.wait works beside it", () => {
    explore(
      function* () {
        go(function* () {
          yield* sleep(1);
        });
        go(function* () {
          yield* synctest.wait();
          yield* sleep(3);
          yield* synctest.wait();
        });
      },
      { scheduler: "exhaustive" },
    );
  });
});
