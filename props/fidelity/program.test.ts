/** The judge of an ops list against its workload: order, results, and values that are lost or made up. */
import { describe, expect, test } from "bun:test";
import type { Op, Workload } from "../../golden/format.ts";
import { checkProgram } from "./program.ts";
import { PING } from "./samples.ts";

const workload = (chans: (number | null)[], ...bodies: Op[][]): Workload => ({ ...PING.workload, chans, bodies });
const reason = (w: Workload, ops: string[]) => checkProgram(w, ops)?.reason;

test("an ops list of the workload is taken, and so is each of its beginnings", () => {
  for (let n = 0; n <= PING.ops.length; n++) expect(checkProgram(PING.workload, PING.ops.slice(0, n))).toBeUndefined();
});

test("an event left out or doubled is found", () => {
  PING.ops.forEach((event, i) => {
    expect(checkProgram(PING.workload, PING.ops.toSpliced(i, 0, event))).toBeDefined();
    // without its last event a goroutine has only not come that far
    if (event === "1 exit" || event === "0 done") return;
    expect(checkProgram(PING.workload, PING.ops.toSpliced(i, 1))).toBeDefined();
  });
});

describe("order and results", () => {
  const w = workload([1], [["go", 1], ["select", [["send", 0]], true], ["gosched"]], [["goexit"], ["gosched"]]);

  test.each([
    [["0 start 1"], 'expected "0 start 0"'],
    [["0 start 0", "0.1 select 0"], 'expected "0.0 go"'],
    [["0 start 0", "0.0 go 2"], "expected goroutine 1 to be created"],
    [["0 start 0", "0.0 go 0"], "expected goroutine 1 to be created"],
    [["0 start 0", "0.0 go"], "expected goroutine 1 to be created"],
    [["0 start 0", "1 start 1"], "no such goroutine was created"],
    [["0 start 0", "0.0 go 1", "0.1 select 1"], "the select has no case 1"],
    [["0 start 0", "0.0 go 1", "1 start 1", "1.0 goexit", "1.1 gosched"], 'expected "1 exit"'],
    [["0 start 0", "0.0 go 1", "1 start 1", "1.0 goexit", "1 exit", "1 exit"], "goroutine 1 has ended"],
    [["0 start 0", "0.0 go 1", "0.1 select default", "0.2 gosched 1"], 'expected "0.2 gosched" and no result'],
    [["what"], "no such goroutine was created"],
    [["0 start 0", "0.0 go 1", "0.2 gosched panic"], 'expected "0.1 select"'],
  ])("%j", (ops, expected) => {
    expect(reason(w, ops)).toBe(expected);
  });

  test("a goexit inside a once ends the once, then the goroutine", () => {
    const once = workload([], [["once", 0, [["goexit"], ["gosched"]]], ["gosched"]]);
    const ops = ["0 start 0", "0.0 once enter", "0.1000 goexit", "0.0 once", "0 exit"];
    expect(reason(once, ops)).toBeUndefined();
    expect(reason(once, [...ops, "0 done"])).toBe("goroutine 0 has ended");
    expect(reason(once, [...ops.slice(0, 3), "0 exit"])).toBe('expected "0.0 once"');
  });
});

test("a select without a default has no default", () => {
  const events = ["0 start 0", "0.0 select default"];
  expect(reason(workload([1], [["select", [["send", 0]], true]]), events)).toBeUndefined();
  expect(reason(workload([1], [["select", [["send", 0]], false]]), events)).toBe("the select has no case default");
});

describe("timers", () => {
  const bodies: Op[][] = [
    [
      ["afterfunc", 0, 10, 1],
      ["go", 1],
      ["trecv", 0],
      ["tstop", 0],
    ],
    [["gosched"]],
    [["gosched"]],
  ];
  const w: Workload = { ...PING.workload, chans: [], timers: 1, bodies };
  const before = ["0 start 0", "0.0 afterfunc"];

  test.each([
    [[...before, "1 start 1", "1.0 gosched", "0.1 go 2", "2 start 1"], undefined],
    [[...before, "0.1 go 1", "0.2 trecv 10", "0.3 tstop false", "2 start 1"], undefined],
    [[...before, "1 start 2"], "no such goroutine was created"],
    [["0 start 0", "1 start 1"], "no such goroutine was created"],
    [["0 start 0", "0.0 afterfunc none", "1 start 1"], "no such goroutine was created"],
    [[...before, "1 start 1", "0.1 go 1"], "expected goroutine 2 to be created"],
    [[...before, "0.1 go 402"], "expected goroutine 1 to be created"],
    [[...before, "0.1 go 0"], "expected goroutine 1 to be created"],
    [[...before, "1 start 1", "1.0 gosched", "0.1 go 1"], "expected goroutine 2 to be created"],
    [[...before, "0.1 go 1", "0.2 trecv none", "0.3 tstop"], undefined],
    [[...before, "0.1 go 1", "0.2 trecv none", "0.3 tstop none"], undefined],
    [[...before, "0.1 go 1", "0.2 trecv none", "0.3 tstop x"], 'expected "0.3 tstop" and a result of it'],
    [[...before, "0.1 go 1", "0.2 trecv"], 'expected "0.2 trecv" and a result of it'],
    [[...before, "0.1 go 1", "0.2 trecv true"], 'expected "0.2 trecv" and a result of it'],
    [[...before, "0.1 go 1", "0.2 trecv 10", "0.3 tstop 1"], 'expected "0.3 tstop" and a result of it'],
    [["0 start 0", "0.0 afterfunc true"], 'expected "0.0 afterfunc" and a result of it'],
  ])("%j", (ops, expected) => {
    expect(reason(w, ops)).toBe(expected);
  });
});

describe("conservation", () => {
  const sums = (chans: number[], body: Op[], ops: string[]) => reason(workload(chans, body), ["0 start 0", ...ops]);

  test("a value that nobody sent is found", () => {
    expect(
      sums(
        [2],
        [
          ["send", 0],
          ["recv", 0],
        ],
        ["0.0 send", "0.1 recv 0"],
      ),
    ).toBeUndefined();
    expect(
      sums(
        [2],
        [
          ["send", 0],
          ["recv", 0],
        ],
        ["0.0 send", "0.1 recv 7"],
      ),
    ).toBe("channel 0: 7 was received 1 times and sent 0 times");
  });

  test("a value received twice is found", () => {
    const ops = ["0.0 send", "0.1 recv 0", "0.2 recv 0"];
    expect(
      sums(
        [2],
        [
          ["send", 0],
          ["recv", 0],
          ["recv", 0],
        ],
        ["0.0 send", ...ops.slice(1)],
      ),
    ).toBe("channel 0: 0 was received 2 times and sent 1 times");
  });

  test("a value lost is found: more sends than the buffer holds and receivers took", () => {
    expect(sums([1], [["send", 0], ["send", 0], ["gosched"]], ["0.0 send", "0.1 send", "0.2 gosched"])).toBe(
      "channel 0: 2 values were sent and there was room for 1",
    );
  });

  test("a select that received makes room for one value, and for no more", () => {
    const body: Op[] = [
      ["send", 0],
      ["select", [["recv", 0]], false],
      ["send", 0],
      ["send", 0],
    ];
    const ops = ["0.0 send", "0.1 select 0", "0.2 send"];
    expect(sums([1], body, ops)).toBeUndefined();
    expect(sums([1], body, [...ops, "0.3 send"])).toBe("channel 0: 3 values were sent and there was room for 2");
  });

  test("a send under way may have been taken already", () => {
    const w = workload(
      [0],
      [
        ["go", 1],
        ["recv", 0],
      ],
      [["send", 0]],
    );
    expect(reason(w, ["0 start 0", "0.0 go 1", "1 start 1", "0.1 recv 100"])).toBeUndefined();
  });

  test("a receive under way may have taken a value, and so may a select; no other op may", () => {
    const sender = (...body: Op[]) => workload([0], [["go", 1], ...body], [["send", 0]]);
    const events = ["0 start 0", "0.0 go 1", "1 start 1", "1.0 send"];
    const none = "channel 0: 1 values were sent and there was room for 0";
    expect(reason(sender(["recv", 0]), events)).toBeUndefined();
    expect(reason(sender(["select", [["recv", 0]], false]), events)).toBeUndefined();
    expect(reason(sender(["select", [["send", 0]], false]), events)).toBe(none);
    expect(reason(sender(["send", 0]), events)).toBe(none);
    expect(reason(sender(["gosched"]), events)).toBe(none);
    expect(reason(sender(["recv", 0], ["gosched"]), [...events, "0.1 recv closed"])).toBe(none);
  });

  test("a select under way may have sent its value", () => {
    const w = (...body: Op[]) =>
      workload(
        [0],
        [
          ["go", 1],
          ["recv", 0],
        ],
        body,
      );
    const events = ["0 start 0", "0.0 go 1", "1 start 1", "0.1 recv 100"];
    expect(reason(w(["select", [["send", 0]], false]), events)).toBeUndefined();
    expect(reason(w(["select", [["recv", 0]], false]), events)).toBe(
      "channel 0: 100 was received 1 times and sent 0 times",
    );
  });

  test("of more channels than one each is looked at", () => {
    const w = workload([2, 2, 2], [["recv", 2]]);
    expect(reason(w, ["0 start 0", "0.0 recv 7"])).toBe("channel 2: 7 was received 1 times and sent 0 times");
  });

  test("a send that panicked sent nothing", () => {
    expect(
      sums(
        [1],
        [
          ["send", 0],
          ["recv", 0],
        ],
        ["0.0 send panic", "0.1 recv 0"],
      ),
    ).toBeDefined();
  });
});
