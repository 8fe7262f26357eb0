/** The probe's buffer: a workload as words for the native body, and its events and mismatches back. */
import { describe, expect, test } from "bun:test";
import type { Op } from "../../golden/format.ts";
import { decodeLog, decodeReports } from "./decode.ts";
import { encodeWorkload, type Handles } from "./encode.ts";
import { CODES, H, wide } from "./probe-buffer.ts";
import { PING } from "./samples.ts";

const HANDLES: Handles = {
  chans: [11],
  mutexes: [],
  rwmutexes: [],
  waitgroups: [],
  conds: [],
  condLocks: [],
  onces: [12],
  join: 0,
};
const MACHINE = { regionM: 0x7f0012345678, regionG: 0x7f0087654320, m: 3 };
const encode = (...ops: Op[]) =>
  encodeWorkload({ ...PING.workload, bodies: [ops] }, HANDLES, MACHINE, 2 ** 40 + 5, 0, 100);

/** The words of op i of body 0. */
function opAt(buffer: Uint32Array, i: number): number[] {
  const at = (buffer[buffer[H.bodies + 1] as number] as number) + 6 * i;
  return [...buffer.subarray(at, at + 6)];
}

describe("a workload", () => {
  test("is found through the header", () => {
    const buffer = encode(["send", 0], ["gosched"]);
    expect(buffer[H.words]).toBe(buffer.length);
    expect([wide(buffer, H.seed), wide(buffer, H.regionM), wide(buffer, H.regionG), buffer[H.m]]).toEqual([
      2 ** 40 + 5,
      MACHINE.regionM,
      MACHINE.regionG,
      3,
    ]);
    expect(buffer[buffer[H.chans + 1] as number]).toBe(11);
    expect([buffer[H.bodies], buffer[(buffer[H.bodies + 1] as number) + 1]]).toEqual([1, 2]);
    expect([opAt(buffer, 0), opAt(buffer, 1)]).toEqual([
      [2, 0, 0, 0, 0, 0],
      [18, 0, 0, 0, 0, 0],
    ]);
  });

  test("has room for all its goroutines and events", () => {
    const buffer = encode(["go", 0]);
    const blocksEnd = (buffer[H.blocks] as number) + 401 * (buffer[H.blockStride] as number);
    expect(buffer[H.reports]).toBe(blocksEnd);
    expect((buffer[H.log] as number) + 6 * (buffer[H.logCapacity] as number)).toBe(buffer.length);
  });

  test("has selects, sleeps and onces in words", () => {
    const buffer = encode(
      [
        "select",
        [
          ["recv", 0],
          ["send", 0],
        ],
        true,
      ],
      ["sleep", -1],
      ["sleep", 5e9],
      ["once", 0, [["recv", 0]]],
    );
    expect(opAt(buffer, 0)).toEqual([5, 0x8000_0002, 0, 0x8000_0000, 0, 0]);
    expect(opAt(buffer, 1)).toEqual([19, 2 ** 32 - 1000, 2 ** 32 - 1, 0, 0, 0]);
    expect(opAt(buffer, 2)).toEqual([19, 5e12 % 2 ** 32, Math.floor(5e12 / 2 ** 32), 0, 0, 0]);
    const [code, once, at, count] = opAt(buffer, 3);
    expect([code, once, count, buffer[at as number]]).toEqual([21, 0, 1, 3]);
  });
});

test("events come back as an ops list", () => {
  const buffer = encode(["gosched"]);
  const events = [
    [0, 100, 0, 0, 0, 0],
    [0, 1, 0, 1, 1, 0],
    [0, 3, 1, 1, 0, 1],
    [0, 3, 2, 2, 0, 0],
    [0, 5, 3, 3, 0, 0],
    [0, 5, 4, 1, 2, 0],
    [0, 101, 5, 0, 0, 0],
    [0, 14, 1000, 4, 0, 0],
    [0, 21, 5, 0, 0, 0],
    [0, 102, 0, 0, 0, 0],
    [0, 103, 0, 0, 0, 0],
  ];
  buffer.set(events.flat(), buffer[H.log] as number);
  buffer[H.logCount] = events.length;
  expect(decodeLog(buffer)).toEqual([
    "0 start 0",
    "0.0 go 1",
    "0.1 recv 4294967296",
    "0.2 recv closed",
    "0.3 select default",
    "0.4 select 2",
    "0.5 once enter",
    "0.1000 wgwait panic",
    "0.5 once",
    "0 exit",
    "0 done",
  ]);
});

test("events and mismatches for which there was no room are counted, and not read", () => {
  const buffer = encode(["gosched"]);
  const capacity = buffer[H.logCapacity] as number;
  buffer.fill(0, buffer[H.log]);
  for (const [count, read] of [
    [0, 0],
    [capacity - 1, capacity - 1],
    [capacity, capacity],
    [capacity + 1, capacity],
    [2 ** 32 - 1, capacity],
  ] as const) {
    buffer[H.logCount] = count;
    expect(decodeLog(buffer)).toHaveLength(read);
  }
  const reports = buffer[H.reportCapacity] as number;
  expect(reports).toBeGreaterThan(0);
  for (const [count, read] of [
    [reports - 1, reports - 1],
    [reports, reports],
    [reports + 1, reports],
  ] as const) {
    buffer[H.reportCount] = count;
    expect(decodeReports(buffer, String)).toHaveLength(read);
  }
});

test("every op goes into the buffer with its code and its operand, and comes back by its name", () => {
  const plain = Object.entries(CODES).filter(
    ([name]) => !["select", "once", "sleep", "gosched", "goexit"].includes(name),
  );
  expect(plain).toHaveLength(17);
  for (const [name, code] of plain) {
    expect(opAt(encode([name, 7] as never), 0), name).toEqual([code, 7, 0, 0, 0, 0]);
    const buffer = encode(["gosched"]);
    buffer.set([4, code, 9, 1, 6, 0], buffer[H.log] as number);
    buffer[H.logCount] = 1;
    expect(decodeLog(buffer)).toEqual([`4.9 ${name} 6`]);
  }
  expect(opAt(encode(["goexit"]), 0)).toEqual([20, 0, 0, 0, 0, 0]);
  const buffer = encode(["gosched"]);
  buffer.set([4, 99, 9, 6, 0, 0], buffer[H.log] as number);
  buffer[H.logCount] = 1;
  expect(decodeLog(buffer), "what is unknown is shown by number").toEqual(["4.9 op 99 result 6"]);
});

test.each([
  [1, "r5 (register, seen from the goroutine"],
  [2, "local 5 (local of a frame"],
  [3, "r5 (register of g0, after execute"],
  [4, "r5 (floating-point control word, seen from the goroutine"],
  [5, "r5 (floating-point control word of g0, after execute"],
  [6, "r5 (floating-point control word at the goroutine's first instruction"],
  [7, "sp (stack pointer at the goroutine's first instruction"],
  [8, "r5 (floating-point control or TEB word within systemstack"],
  [9, "sp (stack pointer within systemstack"],
  [10, "calls (calls of systemstack's function"],
  [11, "r5 (kind 11"],
])("a mismatch of kind %d is named: %s", (kind, text) => {
  const buffer = encode(["gosched"]);
  const at = buffer[H.reports] as number;
  buffer.set([kind, 3, 7, 101, 5, 4, 1, 2, 3, 4, 0, 0, 0, 0], at + 16);
  buffer[H.reportCount] = 2;
  expect(decodeReports(buffer, (id) => `r${id}`)[1]?.text).toBe(
    `3.7 once enter: ${text}, depth 4): expected 0x00000004000000030000000200000001, found 0x0000000000000000`,
  );
});

test("a mismatch comes back with goroutine, op, register, expected and found", () => {
  const buffer = encode(["gosched"]);
  buffer.set([1, 3, 7, 18, 2, 4, 0xdead, 1, 0, 0, 0xbeef, 0, 0, 0x10, 0, 0], buffer[H.reports] as number);
  buffer[H.reportCount] = 1;
  expect(decodeReports(buffer, (id) => `r${id}`)).toEqual([
    {
      register: 2,
      text:
        "3.7 gosched: r2 (register, seen from the goroutine, depth 4): " +
        "expected 0x000000010000dead, found 0x0000001000000000000000000000beef",
    },
  ]);
});
