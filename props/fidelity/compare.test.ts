/** The comparer of traces: any difference is found, and shown with the events around it. */
import { describe, expect, test } from "bun:test";
import { compareTraces, firstDifference, formatDivergence } from "./compare.ts";
import { PING } from "./samples.ts";

const events = Array.from({ length: 20 }, (_, i) => `event ${i}`);
const changed = (at: number, to: string) => events.map((event, i) => (i === at ? to : event));

describe("firstDifference", () => {
  test("is nothing for equal lists", () => {
    expect(firstDifference("ops", events, [...events])).toBeUndefined();
    expect(firstDifference("ops", [], [])).toBeUndefined();
  });

  test("names the first event that differs, with five around it", () => {
    const found = firstDifference("status", events, changed(9, "other"));
    expect(found).toMatchObject({ part: "status", index: 9, expected: "event 9", got: "other" });
    expect(found?.around).toEqual({ first: 4, expected: events.slice(4, 15), got: changed(9, "other").slice(4, 15) });
  });

  test.each([
    ["shorter", events.slice(0, 7), 7, "event 7", undefined],
    ["longer", [...events, "more"], 20, undefined, "more"],
    ["empty", [], 0, "event 0", undefined],
    ["other from the start", changed(0, "other"), 0, "event 0", "other"],
    ["other at the end", changed(19, "other"), 19, "event 19", "other"],
  ])("sees a list that is %s", (_, got, index, expectedEvent, gotEvent) => {
    expect(firstDifference("ops", events, got)).toMatchObject({ index, expected: expectedEvent, got: gotEvent });
  });
});

describe("compareTraces", () => {
  test("finds nothing in equal traces", () => {
    expect(compareTraces(PING, { ...PING })).toEqual([]);
  });

  test("finds a change of every single event and of the outcome", () => {
    for (const part of ["ops", "status"] as const) {
      PING[part].forEach((event, i) => {
        const list = PING[part].map((e, k) => (k === i ? `${event}!` : e));
        expect(compareTraces(PING, { ...PING, [part]: list })).toMatchObject([{ part, index: i, expected: event }]);
      });
    }
    expect(compareTraces(PING, { ...PING, outcome: "deadlock" })).toMatchObject([
      { part: "outcome", expected: "return", got: "deadlock" },
    ]);
  });
});

describe("formatDivergence", () => {
  const shown = (got: string[]) => {
    const found = firstDifference("ops", events, got);
    return found === undefined ? [] : formatDivergence(found);
  };

  test("marks the event and shows both sides", () => {
    const lines = shown(changed(9, "other"));
    expect(lines[0]).toBe("ops[9] is the first event that differs (20 expected, 20 got)");
    expect(lines).toContain('  expected "event 9"');
    expect(lines).toContain('  got      "other"');
    expect(lines.filter((line) => line.startsWith("  >"))).toEqual(["  >      9 event 9   other"]);
    expect(lines.length).toBe(4 + 11);
  });

  test("says where a list ends", () => {
    expect(shown(events.slice(0, 7)).filter((line) => line.startsWith("  >"))).toEqual(["  >      7 event 7   (end)"]);
    expect(shown([...events, "more"]).filter((line) => line.startsWith("  >"))).toEqual(["  >     20 (end)     more"]);
  });
});
