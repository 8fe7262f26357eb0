/** The judge of legality: it takes every legal history, and names the event of an illegal one. */
import { describe, expect, test } from "bun:test";
import { WAIT_REASONS } from "../../golden/format.ts";
import { checkHistory } from "./legality.ts";
import { PING } from "./samples.ts";

const reason = (status: string[], outcome = "return") => checkHistory(status, outcome)?.reason;

describe("a legal history", () => {
  test("is taken", () => {
    expect(checkHistory(PING.status, PING.outcome)).toBeUndefined();
    expect(checkHistory([], "return")).toBeUndefined();
    expect(checkHistory(["0 running>waiting select (no cases)"], "deadlock")).toBeUndefined();
    expect(checkHistory(["0 running>dead"], "nogoroutines")).toBeUndefined();
    expect(
      checkHistory(["0 running>waiting sleep", "0 waiting>runnable", "0 runnable>running"], "return"),
    ).toBeUndefined();
  });
});

describe("with timers", () => {
  const started = ["0 running>waiting chan receive", "1 idle>runnable", "0 waiting>runnable", "1 runnable>running"];

  test("nobody need run for a goroutine to be created, or to be woken from a channel or a select", () => {
    expect(checkHistory(started, "deadlock", true)?.index).toBe(started.length);
    expect(checkHistory(started, "return", true)?.reason).toBe("main returned while it was not running");
    expect(checkHistory(started, "deadlock", false)).toEqual({
      index: 1,
      reason: "nobody is running who could create it",
    });
    const select = ["0 running>waiting select", "0 waiting>runnable", "0 runnable>running"];
    expect(checkHistory(select, "return", true)).toBeUndefined();
    expect(reason(select)).toBe("nobody is running who could wake it");
  });

  test("other waits are not ended by one", () => {
    expect(checkHistory(["0 running>waiting chan send", "0 waiting>runnable"], "return", true)?.reason).toBe(
      "nobody is running who could wake it",
    );
  });
});

describe("an illegal one names the event", () => {
  test("when one event is left out, whichever it is", () => {
    PING.status.forEach((_, i) => {
      const found = checkHistory(PING.status.toSpliced(i, 1), PING.outcome);
      expect(found?.index).toBeGreaterThanOrEqual(i);
    });
  });

  test.each([
    [["1 runnable>running"], "goroutine 1 was never created"],
    [["2 idle>runnable"], "the next goroutine to be created is 1"],
    [["1 idle>runnable", "1 runnable>running"], "goroutine 0 is running on the only processor"],
    [["1 idle>runnable", "1 running>dead"], "goroutine 1 is runnable"],
    [["0 running>dead", "0 runnable>running"], "goroutine 0 is dead"],
    [["0 running>runnable", "1 idle>runnable"], "nobody is running who could create it"],
    [["0 running>waiting chan send", "0 waiting>runnable"], "nobody is running who could wake it"],
    [
      ["0 running>waiting select (no cases)", "0 waiting>runnable"],
      "nothing can end a wait for waiting select (no cases)",
    ],
    [["0 running>waiting boredom"], "no such wait reason"],
    [["0 running>runnable sleep"], "only a wait has a reason"],
    [["0 running>syscall"], "no such transition in a trace"],
    [["what"], "it is no status event"],
  ])("%j", (status, expected) => {
    expect(reason(status)).toBe(expected);
  });

  test("when a timer fires while somebody runs", () => {
    const status = ["1 idle>runnable", "0 running>waiting sleep", "1 runnable>running", "0 waiting>runnable"];
    expect(reason(status)).toBe("timers expire while nobody is running");
  });
});

describe("a wait", () => {
  const FOREVER = ["chan receive (nil chan)", "chan send (nil chan)", "select (no cases)"];
  /** Goroutine 0 waits, and is woken while goroutine 1 runs. */
  const woken = (wait: string) =>
    reason(["1 idle>runnable", `0 running>waiting ${wait}`, "1 runnable>running", "0 waiting>runnable"], "deadlock");

  test.each([...WAIT_REASONS])("for %s ends as it may", (wait) => {
    const expected = FOREVER.includes(wait)
      ? `nothing can end a wait for waiting ${wait}`
      : wait === "sleep"
        ? "timers expire while nobody is running"
        : "the verdict is deadlock, and goroutine 0 is runnable";
    expect(woken(wait)).toBe(expected);
  });
});

describe("a verdict", () => {
  test("of deadlock is wrong while something can run or a timer is pending", () => {
    expect(reason(["0 running>runnable"], "deadlock")).toBe("the verdict is deadlock, and goroutine 0 is runnable");
    expect(reason(["0 running>waiting sleep"], "deadlock")).toBe(
      "the verdict is deadlock, and goroutine 0 is waiting sleep",
    );
    expect(reason([], "deadlock")).toBe("the verdict is deadlock, and goroutine 0 is running");
  });

  test("is wrong about who is left", () => {
    expect(reason(["0 running>dead"], "deadlock")).toBe("all goroutines are asleep, and none is left");
    expect(reason(["0 running>waiting chan send"], "nogoroutines")).toBe(
      "no goroutine is left, and 0 is waiting chan send",
    );
    expect(reason(["0 running>dead"], "return")).toBe("main returned while it was not running");
    expect(reason(["0 running>dead"], "error: x")).toBe("no such outcome: error: x");
  });
});
