/** A run is written down as it goes: numbers, reasons, outcomes, and an end to what goes on for ever. */
import { describe, expect, test } from "bun:test";
import { Recording } from "./recording.ts";
import { OPEN_LIMITS, TraceOverflow } from "./trace.ts";

const recording = (limits = OPEN_LIMITS) => new Recording((g) => `reason of ${g}`, limits);
const throwing = (text: string) =>
  recording().finish(() => {
    throw new Error(text);
  }).outcome;

test("goroutines are numbered as they are created, also in a G that was another's", () => {
  const r = recording();
  for (const [g, from, to] of [
    [7, "running", "runnable"],
    [9, "idle", "runnable"],
    [3, "idle", "runnable"],
    [9, "running", "dead"],
    [9, "idle", "runnable"],
    [3, "running", "waiting"],
  ] as const) {
    r.transition(g, from, to);
  }
  expect(r.status).toEqual([
    "0 running>runnable",
    "1 idle>runnable",
    "2 idle>runnable",
    "1 running>dead",
    "3 idle>runnable",
    "2 running>waiting reason of 3",
  ]);
});

test("what happens when main is done does not count", () => {
  const r = recording();
  r.done = true;
  r.transition(1, "running", "dead");
  expect(r.status).toEqual([]);
});

describe("one event beyond the limit ends a run", () => {
  test("of operations", () => {
    const r = recording({ opsMax: 2, statusMax: 9 });
    r.op("a");
    r.op("b");
    expect(() => r.op("c")).toThrow(new TraceOverflow("more than 2 op events"));
    expect(r.ops).toEqual(["a", "b"]);
  });

  test("of status changes", () => {
    const r = recording({ opsMax: 9, statusMax: 1 });
    r.transition(1, "running", "runnable");
    expect(() => r.transition(1, "runnable", "running")).toThrow(new TraceOverflow("more than 1 status events"));
  });
});

test("outcomes are Go's, and whatever else ends a run is an error", () => {
  expect(recording().finish(() => {})).toMatchObject({ outcome: "return" });
  expect(throwing("all goroutines are asleep - deadlock!\n\ngoroutine 1")).toBe("deadlock");
  expect(throwing("no goroutines (main called runtime.Goexit) - deadlock!")).toBe("nogoroutines");
  expect(throwing("send on closed channel\nmore")).toBe("error: send on closed channel");
});
