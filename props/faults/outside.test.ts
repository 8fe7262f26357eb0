/** Fault F1: ordinary code that makes a goroutine runnable kicks an idle run, whatever it calls. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import * as gobuf from "gobuf";
import { gosched, hold, run } from "gobuf";
import * as testing from "gobuf/testing";
import { abiSkip } from "../../scripts/abis/skip.ts";
import { surface } from "./surface.ts";
import { NOBODY } from "./wakesnobody.ts";
import { GOROUTINES, WAKINGS } from "./wakings.ts";

/** What hangs is told of; a busy machine takes seconds. */
setDefaultTimeout(30_000);

/** From where ordinary code calls: each calls `f` once, while the run is idle. */
const FROM: Readonly<Record<string, (f: () => void) => void>> = {
  "a timer": (f) => void setTimeout(f, 1),
  "an immediate": (f) => void setImmediate(f),
  "a microtask": (f) => void setImmediate(() => queueMicrotask(f)),
  "an event handler": (f) => {
    const target = new EventTarget();
    target.addEventListener("go", f);
    setImmediate(() => void target.dispatchEvent(new Event("go")));
  },
};

describe("F1: ordinary code that makes a goroutine runnable kicks an idle run", () => {
  for (const [what, [, make]] of Object.entries(WAKINGS)) {
    for (const [where, from] of Object.entries(FROM)) {
      test(`${what}, from ${where}`, async () => {
        let turns = 0;
        await run(function* () {
          using _ = hold();
          const { waits, wakes, begun } = make();
          while (begun?.() === false) yield* gosched();
          from(() => {
            wakes();
            // The goroutine runs within one turn of the event loop; a timer that is due takes until the next one.
            const count = () => {
              turns++;
              if (turns < 100) setImmediate(count);
            };
            setImmediate(count);
          });
          yield* waits();
        });
        // The turn behind the call; a timer that is due takes up to a millisecond, in which the loop turns often.
        expect(turns).toBeLessThan(/^(Timer|Ticker|afterFunc$)/.test(what) ? 100 : 3);
      });
    }
  }

  test.each(Object.entries(GOROUTINES))("%s outside a goroutine says so", (_name, call) => {
    expect(() => {
      const made = call();
      // A generator says it when it is first resumed.
      if (typeof (made as Iterator<unknown>)?.next === "function") (made as Iterator<unknown>).next();
    }).toThrow(/outside a goroutine|no run is under way/);
  });
});

/** One name for what several interfaces have. */
const nameOf = (name: string) => name.replace(/^(Send|Recv)Chan\./, "Chan.").replace(/^context\.(Context\.)/, "$1");

/** What is in no table, in two, or in one and not there any more. */
function judge(names: readonly string[], tables: readonly (readonly string[])[]): string[] {
  const all = new Set(names.map(nameOf));
  const known = tables.flatMap((table) => [...new Set(table)]);
  return [
    ...[...all].filter((name) => !known.includes(name)).map((name) => `${name}: in no table of wakings.ts`),
    ...known
      .filter((name) => !all.has(name))
      .map((name) => `${name}: in a table of wakings.ts, and nobody can call it`),
    ...known.filter((name, i) => known.indexOf(name) !== i).map((name) => `${name}: in two tables of wakings.ts`),
  ];
}

const walk = abiSkip(
  ["arm64", "windows", "musl"],
  "the source is parsed by a binary of the machine's own; it is the same source",
);

describe("F1: all that users can call is in a table", () => {
  const tables = [Object.values(WAKINGS).flatMap(([of]) => of), Object.keys(GOROUTINES), Object.keys(NOBODY)];

  walk("F1: every exported function and method", async () => {
    const names = [...(await surface("index.ts", gobuf)), ...(await surface("testing/index.ts", testing))];
    expect(names.length).toBeGreaterThan(150);
    expect(judge(names, tables)).toEqual([]);
  });

  test("F1: planted: one in no table, one that is gone, one in two", () => {
    expect(
      judge(["a", "SendChan.close", "context.Context.err"], [["Chan.close"], ["Context.err", "b"], ["Chan.close"]]),
    ).toEqual([
      "a: in no table of wakings.ts",
      "b: in a table of wakings.ts, and nobody can call it",
      "Chan.close: in two tables of wakings.ts",
    ]);
  });
});
