/** The judge of a run's end: each thing that it must see, and the same without it, which it lets pass. */
import { describe, expect, test } from "bun:test";
import type { Op, Workload } from "../../golden/format.ts";
import { checkStandstill } from "./standstill.ts";

const NONE = { mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0, join: false };

function workload(chans: readonly (number | null)[], bodies: readonly (readonly Op[])[], more = {}): Workload {
  return { ...NONE, chans, bodies, ...more };
}

const reasonOf = (w: Workload, ops: readonly string[], outcome: string) => checkStandstill(w, ops, outcome)?.reason;

describe("the end of a run", () => {
  const sends = workload([0], [[["send", 0]]]);

  test.each([
    ["it returns, and main was done", ["0 start 0", "0 exit", "0 done"], "return", undefined],
    ["it returns before main was done", ["0 start 0"], "return", 'the outcome is return, and there is no "0 done"'],
    ["it goes on behind the end", ["0 done", "1 exit"], "return", "main was done, which is the end of a run"],
    ["it stands still, and main was done", ["0 done"], "deadlock", "main was done, and the outcome is deadlock"],
    ["an outcome that there is not", ["0 start 0"], "late", "no such outcome: late"],
    ["a deadlock of main alone", ["0 start 0"], "deadlock", undefined],
    ["no goroutines, and one is left", ["0 start 0"], "nogoroutines", "no goroutine is left, and 0 has not ended"],
    ["no goroutines", ["0 start 0", "0 exit"], "nogoroutines", undefined],
    ["a deadlock of none", ["0 start 0", "0 exit"], "deadlock", "all goroutines are asleep, and none is left"],
  ])("%s", (_, ops, outcome, reason) => {
    expect(reasonOf(sends, ops, outcome)).toBe(reason as string);
  });

  test("a main that joins ends by Goexit, or it waits", () => {
    const joins = workload([], [[["goexit"]]], { join: true });
    expect(reasonOf(joins, ["0 start 0", "0 exit"], "nogoroutines")).toBe(
      "no goroutine is left, and main did not end by Goexit",
    );
    expect(reasonOf(joins, ["0 start 0", "0.0 goexit", "0 exit"], "nogoroutines")).toBeUndefined();
  });
});

describe("a goroutine that is left", () => {
  const two = (first: readonly Op[], second: readonly Op[], chans: readonly (number | null)[] = [0], more = {}) =>
    workload(chans, [[["go", 1], ...first], second], more);
  const begun = ["0 start 0", "0.0 go 1", "1 start 1"];

  test("was created and never ran", () => {
    expect(reasonOf(two([["recv", 0]], []), ["0 start 0", "0.0 go 1"], "deadlock")).toBe(
      "goroutine 1 was created and never ran",
    );
  });

  test("is in what waits for nobody", () => {
    expect(reasonOf(two([["recv", 0]], [["gosched"]]), begun, "deadlock")).toBe(
      'goroutine 1 is in ["gosched"], which waits for nobody',
    );
  });

  test("waits for a WaitGroup at 0; one above 0 it may wait for", () => {
    const waits = two(
      [["wgwait", 0]],
      [
        ["wgadd", 0],
        ["wgwait", 0],
      ],
      [],
      { waitgroups: 1 },
    );
    expect(reasonOf(waits, begun.slice(0, 2).concat("1 start 1", "1.0 wgadd"), "deadlock")).toBeUndefined();
    const none = two([["wgwait", 0]], [["wgwait", 0]], [], { waitgroups: 1 });
    expect(reasonOf(none, begun, "deadlock")).toBe("goroutine 0 waits for WaitGroup 0, which is at 0");
    const done = two(
      [["wgwait", 0]],
      [
        ["wgadd", 0],
        ["wgdone", 0],
        ["wgwait", 0],
      ],
      [],
      { waitgroups: 1 },
    );
    expect(reasonOf(done, [...begun, "1.0 wgadd", "1.1 wgdone"], "deadlock")).toContain("which is at 0");
  });

  test("waits to send while another waits to receive, by a select, too; not with itself, not at another channel", () => {
    const says = "goroutine 0 waits to send at channel 0, and goroutine 1 to receive from it";
    expect(reasonOf(two([["send", 0]], [["recv", 0]]), begun, "deadlock")).toBe(says);
    const select: Op = ["select", [["recv", 0]], false];
    expect(reasonOf(two([["send", 0]], [select]), begun, "deadlock")).toBe(says);
    expect(reasonOf(two([["send", 0]], [["send", 0]]), begun, "deadlock")).toBeUndefined();
    expect(reasonOf(two([["send", 0]], [["recv", 1]], [0, 0]), begun, "deadlock")).toBeUndefined();
    const both: Op = [
      "select",
      [
        ["send", 0],
        ["recv", 0],
      ],
      false,
    ];
    expect(reasonOf(workload([0], [[both]]), ["0 start 0"], "deadlock")).toBeUndefined();
  });

  test("waits at a closed channel; at a nil one it waits for ever", () => {
    const closes = two(
      [
        ["close", 0],
        ["recv", 0],
      ],
      [["recv", 1]],
      [0, null],
    );
    expect(reasonOf(closes, [...begun, "0.1 close"], "deadlock")).toBe(
      "goroutine 0 waits at channel 0, which is closed",
    );
    expect(reasonOf(two([["recv", 0]], [["send", 0]], [null]), begun, "deadlock")).toBeUndefined();
  });

  test("waits to receive where a value is, and to send where there is room", () => {
    const receives = two(
      [
        ["recv", 0],
        ["recv", 0],
      ],
      [
        ["send", 0],
        ["recv", 1],
      ],
      [2, 0],
    );
    expect(reasonOf(receives, [...begun, "1.0 send"], "deadlock")).toBe(
      "goroutine 0 waits at channel 0, in which there is a value",
    );
    expect(reasonOf(receives, [...begun, "1.0 send", "0.1 recv 100"], "deadlock")).toBeUndefined();
    const full = workload(
      [1],
      [
        [
          ["send", 0],
          ["send", 0],
        ],
      ],
    );
    expect(reasonOf(full, ["0 start 0"], "deadlock")).toBe("goroutine 0 waits at channel 0, which has room");
    expect(reasonOf(full, ["0 start 0", "0.0 send"], "deadlock")).toBeUndefined();
    const selected = workload(
      [1],
      [
        [
          ["select", [["send", 0]], false],
          ["send", 0],
        ],
      ],
    );
    expect(reasonOf(selected, ["0 start 0", "0.0 select 0"], "deadlock")).toBeUndefined();
    const taken = workload(
      [1],
      [
        [
          ["send", 0],
          ["select", [["recv", 0]], false],
          ["recv", 0],
        ],
      ],
    );
    expect(reasonOf(taken, ["0 start 0", "0.0 send", "0.1 select 0"], "deadlock")).toBeUndefined();
  });

  test("of a once body it knows nothing of counts", () => {
    const once = workload(
      [1],
      [
        [
          ["once", 0, [["recv", 0]]],
          ["send", 0],
        ],
      ],
      { onces: 1 },
    );
    const ops = ["0 start 0", "0.0 once enter", "0.1000 recv closed", "0.0 once"];
    expect(reasonOf(once, ops, "deadlock")).toBeUndefined();
  });
});
