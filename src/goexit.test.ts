/** goexit: the goroutine ends, whatever its frames do on the way out. */
import { describe, expect, test } from "bun:test";
import {
  call,
  chan,
  ErrGroup,
  type FatalError,
  type Go,
  Goexit,
  go,
  goexit,
  gosched,
  Once,
  PanicError,
  reportOf,
  run,
  runSync,
  sleep,
  spawn,
  UncaughtError,
  WaitGroup,
  wait,
} from "./index.ts";
import { synctest } from "./testing/index.ts";

const NO_GOROUTINES = "no goroutines (main called runtime.Goexit) - deadlock!";

/** What a run of `main` fails with. */
function failure(main: () => Go<unknown>): unknown {
  try {
    runSync(main);
  } catch (error) {
    return error;
  }
  throw new Error("the run did not fail");
}

/** Runs a body as a goroutine and beside it others. @returns what it noted, and "end" when it had ended */
function trail(body: (note: (text: string) => void) => Go<unknown>): string[] {
  const notes: string[] = [];
  runSync(function* () {
    const wg = new WaitGroup();
    wg.go(function* () {
      yield* call(body, (text: string) => void notes.push(text));
      notes.push("after the body");
    });
    yield* wg.wait();
    notes.push("end");
  });
  return notes;
}

type Ways = Readonly<Record<string, { body: (note: (text: string) => void) => Go<unknown>; notes: string[] }>>;

const WAYS: Ways = {
  "a finally that waits, in a called function": {
    *body(note) {
      function* f(): Go {
        try {
          yield* goexit();
        } finally {
          yield* gosched();
          note("finally");
        }
      }
      yield* f();
      note("never");
    },
    notes: ["finally", "end"],
  },
  "a finally that waits, four functions deep, each with one of its own": {
    *body(note) {
      function* f(depth: number): Go {
        try {
          if (depth === 0) yield* goexit();
          yield* f(depth - 1);
          note("never");
        } finally {
          yield* sleep(1);
          note(`finally ${depth}`);
          yield* gosched();
        }
      }
      yield* f(3);
      note("never");
    },
    notes: ["finally 0", "finally 1", "finally 2", "finally 3", "end"],
  },
  "every other level by call": {
    *body(note) {
      function* f(depth: number): Go {
        try {
          if (depth === 0) yield* goexit();
          if (depth % 2 === 0) yield* call(f, depth - 1);
          else yield* f(depth - 1);
          note("never");
        } finally {
          yield* gosched();
          note(`finally ${depth}`);
        }
      }
      yield* f(3);
      note("never");
    },
    notes: ["finally 0", "finally 1", "finally 2", "finally 3", "end"],
  },
  "a finally that receives and locks and calls, as a deferred function may": {
    *body(note) {
      const ch = chan<string>();
      go(function* () {
        yield* ch.send("received");
      });
      try {
        yield* goexit();
      } finally {
        note((yield* ch.recv()) ?? "closed");
        note(
          yield* call(function* () {
            yield* gosched();
            return "called";
          }),
        );
      }
    },
    notes: ["received", "called", "end"],
  },
  "a finally that throws, and a catch around it": {
    *body() {
      try {
        try {
          yield* goexit();
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
          throw new Error("in the way");
        }
      } catch {}
    },
    notes: ["end"],
  },
  "a finally that throws in a call, and a catch in the caller": {
    *body() {
      try {
        yield* call(function* () {
          try {
            yield* goexit();
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
            throw new Error("in the way");
          }
        });
      } catch {}
    },
    notes: ["end"],
  },
  "a finally that breaks": {
    *body() {
      for (;;) {
        try {
          yield* goexit();
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
          break;
        }
      }
    },
    notes: ["end"],
  },
  "a finally that returns": {
    *body() {
      try {
        yield* goexit();
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
        return 1;
      }
    },
    notes: ["end"],
  },
  "a catch that throws it again": {
    *body(note) {
      try {
        yield* goexit();
      } catch (error) {
        note(error instanceof Goexit ? "Goexit" : String(error));
        throw error;
      }
    },
    notes: ["Goexit", "end"],
  },
  "a catch that swallows it: the body goes on to its end, its caller does not": {
    *body(note) {
      try {
        yield* goexit();
      } catch {}
      yield* gosched();
      note("the difference that stays");
    },
    notes: ["the difference that stays", "end"],
  },
  "a loop whose catch swallows it: the second one cannot be caught": {
    *body(note) {
      for (;;) {
        try {
          yield* goexit();
        } catch {
          note("caught");
        } finally {
          note("finally");
        }
      }
    },
    notes: ["caught", "finally", "finally", "end"],
  },
  "goexit in a finally of a goexit": {
    *body(note) {
      try {
        yield* goexit();
      } finally {
        try {
          yield* goexit();
        } finally {
          note("finally");
        }
      }
    },
    notes: ["finally", "end"],
  },
};

describe("F10: goexit ends the goroutine, whatever is in its way", () => {
  for (const [way, { body, notes }] of Object.entries(WAYS)) {
    test(`F10: ${way}`, () => {
      expect(trail(body)).toEqual(notes);
    });

    test(`F10: ${way}: in main`, () => {
      const noted: string[] = [];
      const error = failure(() => body((text) => void noted.push(text)));
      expect((error as FatalError).text).toBe(NO_GOROUTINES);
      expect([...noted, "end"]).toEqual(notes);
    });
  }

  test("F10: what a finally throws on the way out is a panic, as in Go", () => {
    const error = failure(function* () {
      go(function* () {
        try {
          yield* goexit();
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
          throw new PanicError("hello");
        }
      });
      yield* sleep(1);
    });
    expect(error).toBeInstanceOf(UncaughtError);
    expect(reportOf(error)).toStartWith("panic: hello");
  });

  test("F10: a Goexit that is kept and thrown elsewhere is a thrown value", () => {
    let kept: unknown;
    const error = failure(function* () {
      go(function* () {
        try {
          yield* goexit();
        } catch (thrown) {
          kept = thrown;
          throw thrown;
        }
      });
      yield* sleep(1);
      throw kept;
    });
    expect(error).toBe(kept);
  });
});

describe("F10: what stands around a body tells a goexit from a failure", () => {
  function* waits(): Go {
    try {
      yield* goexit();
    } finally {
      yield* gosched();
    }
  }
  function* swallows(): Go<string> {
    try {
      yield* goexit();
    } catch {}
    return "a result that nobody gets";
  }
  const bodies = { waits: waits as () => Go<unknown>, swallows: swallows as () => Go<unknown> };

  for (const [name, body] of Object.entries(bodies)) {
    test(`F10: spawn rejects: ${name}`, async () => {
      await run(function* () {
        const message = yield* wait(
          spawn(body).then(
            () => "resolved",
            (error: Error) => error.message,
          ),
        );
        expect(message).toBe("gobuf: spawn: the goroutine ended by goexit");
      });
    });

    test(`F10: an ErrGroup's goroutine is done, and no failure: ${name}`, () => {
      runSync(function* () {
        const group = new ErrGroup();
        group.setLimit(1);
        yield* group.go(body);
        yield* group.go(body);
        yield* group.wait();
      });
    });

    test(`F10: a WaitGroup's goroutine is done: ${name}`, () => {
      runSync(function* () {
        const wg = new WaitGroup();
        wg.go(body);
        yield* wg.wait();
      });
    });

    test(`F10: a Once is done, and its caller ends: ${name}`, () => {
      const seen: string[] = [];
      runSync(function* () {
        const once = new Once();
        go(function* () {
          yield* once.do(body as () => Go);
          seen.push("never");
        });
        yield* sleep(1);
        yield* once.do(() => void seen.push("again"));
        seen.push("end");
      });
      expect(seen).toEqual(["end"]);
    });

    test(`F10: a bubble's main that ends so waits for the others: ${name}`, async () => {
      let ended = false;
      await synctest.test(function* () {
        go(function* () {
          yield* gosched();
          yield* gosched();
          ended = true;
        });
        yield* body();
      });
      expect(ended).toBe(true);
    });
  }
});
