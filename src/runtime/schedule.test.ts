/** A turn of the scheduler: it waits for a scan bit that is held, and bodies run in their order. */
import { describe, expect, test } from "bun:test";
import { go, gosched } from "../go.ts";
import { runSync } from "../run.ts";
import { allgs } from "./g.ts";
import { castogscanstatus, goidOf, readgstatus } from "./gstatus.ts";
import { mp } from "./m.ts";
import { StatusError } from "./panic.ts";
import { Grunnable, Grunning, Gscan } from "./runtime2.ts";

/** The G of a goroutine's number. */
function gOf(goid: number): number {
  const gp = allgs().find((g) => goidOf(g) === goid && readgstatus(g) === Grunnable);
  if (gp === undefined) throw new Error(`no runnable goroutine ${goid}`);
  return gp;
}

/** Runs a body that leaves the scan bit of some G set. @returns what ended the run */
function outcome(body: () => Generator<unknown, unknown, true>): StatusError {
  try {
    runSync(body);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("the run went on over a held scan bit");
}

describe("a turn takes no step over a scan bit that is held", () => {
  test("at its start", () => {
    const error = outcome(function* () {
      const gp = gOf(go(function* () {}));
      expect(castogscanstatus(gp, Grunnable, Grunnable | Gscan)).toBe(true);
      // The first slice is the global queue's, and so main's own.
      yield* gosched();
      yield* gosched();
    });
    expect([error.goid, error.from, error.to]).toEqual([2, Grunnable, Grunning]);
    expect(error.message).toContain("this M holds the scan bit itself");
  });

  test("at its end", () => {
    const error = outcome(function* () {
      expect(castogscanstatus(mp.curg, Grunning, Grunning | Gscan)).toBe(true);
      yield* gosched();
    });
    expect([error.goid, error.from, error.to]).toEqual([1, Grunning, Grunnable]);
  });

  test("at the end of a later turn", () => {
    const error = outcome(function* () {
      yield* gosched();
      expect(castogscanstatus(mp.curg, Grunning, Grunning | Gscan)).toBe(true);
      yield* gosched();
    });
    expect([error.goid, error.from, error.to]).toEqual([1, Grunning, Grunnable]);
  });
});

test("bodies that differ run in their order", () => {
  const seen: string[] = [];
  runSync(function* () {
    for (const name of ["a", "b", "c"]) {
      go(function* () {
        seen.push(name);
        yield* gosched();
        seen.push(name);
      });
    }
    for (let i = 0; i < 3; i++) yield* gosched();
  });
  expect(seen.join("")).toBe("cabcab");
});
