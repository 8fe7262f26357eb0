/** Readying, and what a goroutine may ask g0 for. Order is the goldens' matter; this is what is refused. */
import { expect, test } from "bun:test";
import { call, chan, FatalError, type Go, go, gosched, numGoroutine, runSync } from "../index.ts";
import { allgs } from "./g.ts";
import { goidOf, readgstatus } from "./gstatus.ts";
import { mp } from "./m.ts";
import { goready } from "./proc.ts";
import { Gdead, Grunnable, Gwaiting } from "./runtime2.ts";

/** The G of a goroutine that lives. A dead G keeps its number, and runs of other files leave such Gs. */
function gOf(goid: number): number {
  return allgs().find((gp) => goidOf(gp) === goid && readgstatus(gp) !== Gdead) ?? 0;
}

test.each([
  ["running", () => mp.curg],
  ["runnable", () => gOf(go(function* () {}))],
  ["dead", () => allgs().find((gp) => readgstatus(gp) === Gdead) ?? 0],
] as const)("a goroutine that is %s cannot be readied", (status, gp) => {
  // A run that leaves a dead G.
  runSync(function* () {
    go(function* () {});
    yield* gosched();
    yield* gosched();
  });
  expect(() =>
    runSync(function* () {
      goready(gp());
    }),
  ).toThrow(new RegExp(`bad g->status in ready: goroutine \\d+ \\(G \\d+\\) is ${status}, expected waiting`));
});

test("a waiting one is runnable, next in line", () =>
  runSync(function* () {
    const c = chan<number>();
    let got: number | undefined = 0;
    const gp = gOf(
      go(function* () {
        got = yield* c.recv();
      }),
    );
    yield* gosched();
    yield* gosched();
    expect(readgstatus(gp)).toBe(Gwaiting);
    yield* c.send(5);
    expect(readgstatus(gp)).toBe(Grunnable);
    yield* gosched();
    expect(got).toBe(5);
    expect(numGoroutine()).toBe(1);
  }));

test("a value that is no operation ends the run, and says what to write", () => {
  const main = function* (): Go {
    yield 5;
  };
  expect(() => runSync(main)).toThrow(FatalError);
  expect(() => runSync(main)).toThrow("goroutine 1 yielded a value that is no operation: write `yield*`");
});

test("an error runs through the frames of call, each of which may catch it", () => {
  const notes: string[] = [];
  function* inner(): Go {
    yield* gosched();
    throw new Error("deep");
  }
  function* middle(): Go {
    try {
      yield* call(inner);
    } finally {
      yield* gosched();
      notes.push("middle");
    }
  }
  runSync(function* () {
    try {
      yield* call(middle);
    } catch (error) {
      notes.push((error as Error).message);
    }
  });
  expect(notes).toEqual(["middle", "deep"]);
});
