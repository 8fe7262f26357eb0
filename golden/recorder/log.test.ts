/** The recorder's log: the outcome of a Go program from its output and its exit status. */
import { describe, expect, test } from "bun:test";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOG_BYTES, outcomeOf, readTrace, stripPlayback } from "./log.ts";

function playback(text: string): Buffer {
  const header = Buffer.from("\0\0PB________\0\0\0\0", "latin1");
  header.writeUInt32BE(text.length, 12);
  return Buffer.concat([header, Buffer.from(text)]);
}

test("the header of each faketime write is stripped", () => {
  const parts = [playback("fatal "), playback(""), playback("error"), Buffer.from(" and more")];
  expect(stripPlayback(Buffer.concat(parts))).toBe("fatal error and more");
  expect(stripPlayback(Buffer.from("plain"))).toBe("plain");
  expect(stripPlayback(Buffer.from("\0\0PB cut off"))).toBe("\0\0PB cut off");
});

test("an outcome needs both the text and the exit status", () => {
  expect(outcomeOf(0, "", true)).toBe("return");
  expect(outcomeOf(2, "fatal error: all goroutines are asleep - deadlock!\n", false)).toBe("deadlock");
  expect(outcomeOf(2, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n", false)).toBe(
    "nogoroutines",
  );
  expect(outcomeOf(0, "", false)).toBeUndefined();
  expect(outcomeOf(2, "fatal error: checkdead: runnable g\n", false)).toBeUndefined();
  expect(outcomeOf(2, "", true)).toBeUndefined();
  const deadlock = "fatal error: all goroutines are asleep - deadlock!\n";
  for (const code of [0, 1, null]) expect(outcomeOf(code, deadlock, false)).toBeUndefined();
  expect(outcomeOf(2, `panic: ${deadlock}`, false)).toBeUndefined();
});

/** Words of a log: a status change, and an operation. */
const status = (goid: number, from: number, to: number, reason = 0) => [
  1 | (from << 8) | (to << 16) | (reason << 24),
  goid,
  0,
  0,
];
const op = (g: number, code: number, result = 0, index = 0, value = 0) => [
  2 | (code << 8) | (result << 16),
  g,
  index,
  value,
];
const [IDLE, RUNNABLE, RUNNING, SYSCALL, WAITING, DEAD, COPYSTACK] = [0, 1, 2, 3, 4, 6, 8];
const LEGEND = {
  go: "go1.26.8",
  reasons: ["", "sleep"],
  ops: ["start", "exit", "done", "recv"],
  results: ["", "number", "closed"],
};

/** Reads a log of these words. @param change what its header says instead */
function read(words: readonly number[][], change: { count?: number; legend?: unknown; legendBytes?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "gobuf-log-"));
  const fd = openSync(join(folder, "log"), "w+");
  try {
    const flat = Uint32Array.from(words.flat());
    const legend = Buffer.from(JSON.stringify(change.legend ?? LEGEND));
    const header = Buffer.alloc(4096);
    header.writeUInt32LE(change.count ?? words.length, 0);
    header.writeUInt32LE(change.legendBytes ?? legend.length, 4);
    legend.copy(header, 8);
    writeSync(fd, header, 0, header.length, 0);
    writeSync(fd, Buffer.from(flat.buffer), 0, flat.byteLength, header.length);
    if (change.count !== undefined && change.count > 100) ftruncateSync(fd, LOG_BYTES + 4096);
    return readTrace(fd);
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

describe("a log", () => {
  test("comes back as the two lists", () => {
    const words = [
      op(0, 0),
      status(7, IDLE, DEAD),
      status(7, DEAD, RUNNABLE),
      status(1, RUNNING, WAITING, 1),
      status(7, RUNNABLE, RUNNING),
      status(7, RUNNING, COPYSTACK),
      op(1, 3, 1, 2, 42),
      op(1, 3, 2, 3),
      status(7, RUNNING, DEAD),
      status(7, DEAD, RUNNABLE),
      status(1, WAITING, RUNNABLE),
      status(1, RUNNABLE, RUNNING),
      op(0, 2),
    ];
    expect(read(words)).toEqual({
      ops: ["0 start 0", "1.2 recv 42", "1.3 recv closed", "0 done"],
      status: [
        "1 idle>runnable",
        "0 running>waiting sleep",
        "1 runnable>running",
        "1 running>dead",
        "2 idle>runnable",
        "0 waiting>runnable",
        "0 runnable>running",
      ],
      done: true,
    });
  });

  test.each<[string, readonly number[][], Parameters<typeof read>[1], string]>([
    ["that was never begun", [], { legendBytes: 0 }, "the recorder ended before it recorded anything"],
    [
      "without a legend",
      [],
      { legend: { go: "x", reasons: [1], ops: [], results: [] } },
      "does not begin with its legend",
    ],
    ["that is cut", [op(0, 0)], { count: 2 }, "the log is shorter than its header says"],
    ["that is full", [], { count: (1 << 20) + 1 }, "the log is full: 1048577 events"],
    ["of a goroutine of Go's own", [status(9, RUNNABLE, RUNNING)], {}, "goroutine 9 of Go's own runtime went 1>2"],
    ["of one that does not run", [op(1, 0)], {}, "an operation of goroutine 1 while goroutine 0 was running"],
    ["while none runs", [status(1, RUNNING, WAITING), op(0, 0)], {}, "goroutine 0 while none was running"],
    ["of an unknown kind", [[3, 0, 0, 0]], {}, "unknown kind of event in the log: 3"],
    ["of a status that no workload brings about", [status(1, RUNNING, SYSCALL)], {}, "unexpected status change 2>3"],
  ])("%s is refused", (_, words, change, says) => {
    expect(() => read(words, change)).toThrow(says);
  });
});
