/** Fatal errors: nothing that the run's bodies do afterwards does anything. */
import { describe, expect, test } from "bun:test";
import {
  Cond,
  call,
  chan,
  FatalError,
  type Go,
  go,
  gosched,
  hold,
  Mutex,
  Once,
  RWMutex,
  reportOf,
  run,
  runSync,
  sleep,
  spawn,
  WaitGroup,
} from "./index.ts";

/** The fatal error that a run of `main` ends with. */
function fatalOf(main: () => Go<unknown>): FatalError {
  try {
    runSync(main);
  } catch (error) {
    if (error instanceof FatalError) return error;
    throw error;
  }
  throw new Error("the run did not fail");
}

const OPERATIONS: Readonly<Record<string, () => Go<unknown>>> = {
  *"Mutex.unlock"() {
    yield* new Mutex().unlock();
  },
  *"RWMutex.unlock"() {
    yield* new RWMutex().unlock();
  },
  *"Cond.wait without the lock"() {
    yield* new Cond(new Mutex()).wait();
  },
  *"Mutex.unlock, in a function that is called"() {
    yield* call(function* () {
      try {
        yield* new Mutex().unlock();
      } catch {}
    });
  },
};

describe("F11: an operation that is a fatal error never comes back", () => {
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    test(`F11: ${name}: no catch sees it, and finally runs as the frames are left`, () => {
      const seen: string[] = [];
      const error = fatalOf(function* main() {
        const ch = chan<number>(1);
        try {
          yield* operation();
          seen.push("went on");
        } catch {
          seen.push("caught");
          for (let i = 0; i < 100; i++) {
            yield* ch.send(i);
            yield* ch.recv();
          }
          seen.push("went round");
        } finally {
          seen.push("finally");
        }
        seen.push("never");
      });
      expect(seen).toEqual(["finally"]);
      expect(error.text).toMatch(/^sync: unlock of unlocked mutex$|^sync: Unlock of unlocked RWMutex$/i);
      expect(reportOf(error)).toContain("\n\ngoroutine 1 [running]:\nmain(...)\n");
    });
  }

  test("F11: nor does any other goroutine go on", () => {
    const seen: string[] = [];
    fatalOf(function* () {
      const ch = chan<number>(1);
      go(function* other() {
        for (;;) {
          yield* gosched();
          seen.push("other");
        }
      });
      yield* ch.send(1);
      go(function* bad() {
        yield* new Mutex().unlock();
      });
      yield* gosched();
      yield* sleep(1);
      seen.push("main");
    });
    expect(seen.filter((who) => who === "main")).toEqual([]);
    expect(seen.length).toBeLessThan(3);
  });

  test("F11: without its yield* the next operation refuses", () => {
    let after = false;
    fatalOf(function* () {
      new Mutex().unlock();
      yield* gosched();
      after = true;
    });
    expect(after).toBe(false);
  });
});

type Plain = (done: (what: string) => void) => Go<unknown>;

/** Bodies that go on behind a plain function's fatal error. */
const GOES_ON: Readonly<Record<string, Plain>> = {
  *"operations of a channel"(done) {
    const ch = chan<number>(1);
    for (let i = 0; i < 10; i++) {
      try {
        yield* ch.send(i);
        done("send");
      } catch {}
    }
    done(ch.len === 0 ? "" : "the channel has something");
  },
  *"operations that never wait, in a loop without end that catches all"(done) {
    for (;;) {
      try {
        yield* gosched();
        done("gosched");
      } catch {}
    }
  },
  *"the same in a called function"(done) {
    function* f(): Go {
      for (;;) {
        try {
          yield* new Mutex().lock();
          done("lock");
        } catch {}
      }
    }
    yield* call(f);
  },
  *"functions without yield*"(done) {
    const ch = chan<number>(1);
    const wg = new WaitGroup();
    const m = new Mutex();
    const rw = new RWMutex();
    const cond = new Cond(m);
    const all = {
      close: () => ch.close(),
      add: () => wg.add(1),
      tryLock: () => m.tryLock(),
      tryRLock: () => rw.tryRLock(),
      rwTryLock: () => rw.tryLock(),
      runlock: () => rw.runlock(),
      signal: () => cond.signal(),
      broadcast: () => cond.broadcast(),
      go: () => go(function* () {}),
      wgGo: () => wg.go(function* () {}),
      once: () => new Once().do(() => done("once")),
    };
    for (const [name, f] of Object.entries(all)) {
      try {
        f();
        done(name);
      } catch {}
    }
  },
};

test("behind a plain function's fatal error a body sees 64 refusals, and is taken off by the next", () => {
  let refused = 0;
  const error = fatalOf(function* () {
    try {
      new RWMutex().runlock();
    } catch {}
    for (;;) {
      try {
        yield* gosched();
      } catch {
        refused++;
      }
    }
  });
  expect(error.text).toBe("sync: RUnlock of unlocked RWMutex");
  expect(refused).toBe(64);
});

describe("F11: a plain function throws once, and every later operation refuses", () => {
  for (const [name, body] of Object.entries(GOES_ON)) {
    for (const where of ["main", "another goroutine"]) {
      test(`F11: ${name}, in ${where}`, () => {
        const did: string[] = [];
        let caught: unknown;
        function* bad(): Go {
          try {
            new RWMutex().runlock();
          } catch (error) {
            caught = error;
          }
          yield* body((what) => void (what !== "" && did.push(what)));
          yield* gosched();
          did.push("behind it");
        }
        const error = fatalOf(
          where === "main"
            ? bad
            : function* () {
                go(bad);
                yield* sleep(1);
                did.push("main");
              },
        );
        expect(error).toBe(caught as FatalError);
        expect(error.text).toBe("sync: RUnlock of unlocked RWMutex");
        expect(did).toEqual([]);
        // A caught one lists the goroutines as any other does.
        expect(error.message).toContain(
          where === "main" ? "goroutine 1 [running]:\nbad(...)" : "goroutine 2 [running]:",
        );
      });
    }
  }

  test("F11: of ordinary code: the run ends though nothing of it could run", async () => {
    const error = await run(function* () {
      using _ = hold();
      setTimeout(() => {
        try {
          new RWMutex().runlock();
        } catch {}
      }, 1);
      yield* chan<void>().recv();
    }).catch((failed: unknown) => failed);
    expect((error as FatalError).text).toBe("sync: RUnlock of unlocked RWMutex");
  });

  test("F11: the run after it is as new, and so are the operations", async () => {
    fatalOf(function* () {
      try {
        new RWMutex().runlock();
      } catch {}
      for (;;) {
        try {
          yield* gosched();
        } catch {}
      }
    });
    expect(
      await run(function* () {
        const ch = chan<number>();
        go(function* () {
          yield* ch.send(42);
        });
        return yield* ch.recv();
      }),
    ).toBe(42);
  });

  test("F11: spawn's promise rejects, for the run is over", async () => {
    let settled: Promise<unknown> | undefined;
    await run(function* () {
      settled = spawn(function* () {
        yield* new Mutex().unlock();
      }).catch((error: Error) => error.name);
      yield* sleep(1000);
    }).catch(() => {});
    expect(await settled).toBe("RunOverError");
  });
});
