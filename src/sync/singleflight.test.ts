/** SingleFlight: one call for all that ask meanwhile, and the same outcome for each of them. */
import { expect, test } from "bun:test";
import { type Go, go, goexit, gosched, PanicError, run, runSync, type Shared, SingleFlight } from "../index.ts";

/** Lets all others run. */
function* settle(): Go {
  for (let i = 0; i < 10; i++) yield* gosched();
}

test("calls of a key share one call while it is under way, those of other keys and later ones do not", () =>
  runSync(function* () {
    const group = new SingleFlight<number, number>();
    let calls = 0;
    const got: Shared<number>[] = [];
    const fn = function* () {
      yield* settle();
      return ++calls;
    };
    for (const key of [1, 1, 2]) {
      go(function* () {
        got.push(yield* group.do(key, fn));
      });
    }
    yield* settle();
    yield* settle();
    yield* settle();
    expect(calls).toBe(2);
    expect(got.filter((r) => r.shared)).toHaveLength(2);
    expect(yield* group.do(1, () => ++calls)).toEqual({ value: 3, shared: false });
  }));

test("what it throws goes to all callers, and on the channels as a result", () =>
  runSync(function* () {
    const group = new SingleFlight<number>();
    const error = new Error("no luck");
    const caught: unknown[] = [];
    const fn = function* () {
      yield* settle();
      throw error;
    };
    for (let i = 0; i < 2; i++) {
      go(function* () {
        try {
          yield* group.do("k", fn);
        } catch (thrown) {
          caught.push(thrown);
        }
      });
    }
    yield* gosched();
    const r = yield* group.doChan("k", fn).recv();
    yield* settle();
    expect(caught).toEqual([error, error]);
    expect(r).toEqual({ ok: false, error, shared: true });
  }));

test("a panic goes to all callers of do", () =>
  runSync(function* () {
    const group = new SingleFlight<number>();
    let panics = 0;
    for (let i = 0; i < 3; i++) {
      go(function* () {
        try {
          yield* group.do("k", function* () {
            yield* settle();
            throw new PanicError("bad");
          });
        } catch (thrown) {
          if (thrown instanceof PanicError) panics++;
        }
      });
    }
    yield* settle();
    yield* settle();
    expect(panics).toBe(3);
  }));

test("a panic of a call with a channel ends the run, though a caller would catch it", async () => {
  for (const channelFirst of [true, false]) {
    const ended = run(function* () {
      const group = new SingleFlight<number>();
      const fn = function* () {
        yield* settle();
        throw new PanicError("bad");
      };
      if (channelFirst) group.doChan("k", fn);
      go(function* () {
        try {
          yield* group.do("k", fn);
        } catch {}
      });
      yield* gosched();
      yield* group.doChan("k", fn).recv();
    });
    await expect(ended).rejects.toThrow("panic: bad");
  }
});

test("goexit ends the goroutines of all callers, and the key is free", () =>
  runSync(function* () {
    const group = new SingleFlight<number>();
    let came = 0;
    let ended = 0;
    for (let i = 0; i < 3; i++) {
      go(function* () {
        try {
          yield* group.do("k", function* () {
            yield* settle();
            yield* goexit();
            return 1;
          });
          came++;
        } finally {
          ended++;
        }
      });
    }
    yield* settle();
    yield* settle();
    expect([came, ended]).toEqual([0, 3]);
    expect(yield* group.do("k", () => 2)).toEqual({ value: 2, shared: false });
  }));

test("a call that was forgotten does not take the key from the one behind it", () =>
  runSync(function* () {
    const group = new SingleFlight<number>();
    const slow = (n: number, turns: number) =>
      function* () {
        for (let i = 0; i < turns; i++) yield* gosched();
        return n;
      };
    const first = group.doChan("k", slow(1, 5));
    yield* gosched();
    group.forget("k");
    const second = group.doChan("k", slow(2, 50));
    expect(yield* first.recv()).toEqual({ ok: true, value: 1, shared: false });
    const third = group.doChan("k", slow(3, 1));
    expect(yield* third.recv()).toEqual({ ok: true, value: 2, shared: true });
    expect(yield* second.recv()).toEqual({ ok: true, value: 2, shared: true });
  }));

test("no function, and no goroutine, are refused by name, and leave the key free", () => {
  const group = new SingleFlight<number>();
  expect(() => group.do("k", () => 1)).toThrow("SingleFlight.do");
  expect(() => group.doChan("k", () => 1)).toThrow("SingleFlight.doChan");
  runSync(function* () {
    expect(() => group.do("k", 3 as never)).toThrow("gobuf: SingleFlight.do: expected a function, got 3");
    expect(yield* group.do("k", () => 1)).toEqual({ value: 1, shared: false });
  });
});
