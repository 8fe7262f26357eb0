/** Where a trace's bytes go: all of them, in order, in chunks; and what becomes of a sink or a file that fails. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../../scripts/scratch.ts";
import { Output } from "./sink.ts";

const CHUNK = 1 << 18;
const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);

describe("bytes reach the sink whole and in order", () => {
  test.each([
    ["none", [], []],
    ["some, when it is closed", [10, 20], [30]],
    ["one less than a chunk", [CHUNK - 1], [CHUNK - 1]],
    ["a chunk", [CHUNK], [CHUNK]],
    ["one more than a chunk", [CHUNK + 1], [CHUNK + 1]],
    ["what fills a chunk to the end", [CHUNK - 5, 5], [CHUNK]],
    ["what does not fit by one", [CHUNK - 5, 6], [CHUNK - 5, 6]],
    ["what goes on behind a full one", [CHUNK - 5, 5, 1], [CHUNK, 1]],
    ["much behind little", [3, CHUNK + 7, 4], [3, CHUNK + 7, 4]],
    ["nothing between", [3, 0, 4], [7]],
  ] as [string, number[], number[]][])("%s", (_, writes, chunks) => {
    const got: Uint8Array[] = [];
    const out = Output.toSink((chunk) => void got.push(chunk));
    const all: number[] = [];
    for (const length of writes) {
      const piece = bytes(length, all.length);
      for (const byte of piece) all.push(byte);
      out.write(piece);
      // What was given may be used again.
      piece.fill(0xee);
    }
    expect(out.close()).toBeUndefined();
    expect(got.map(({ length }) => length)).toEqual(chunks);
    expect(Buffer.compare(Buffer.concat(got), Buffer.from(all))).toBe(0);
  });

  test("and into a file, which is emptied first", () => {
    using folder = scratch("sink");
    const path = join(folder.path, "trace");
    for (const length of [CHUNK + 9, 4]) {
      const out = Output.toFile(path);
      out.write(bytes(length, 1));
      out.write(bytes(3, 7));
      expect(out.close()).toBeUndefined();
      expect(readFileSync(path)).toHaveLength(length + 3);
    }
    expect(() => Output.toFile(folder.path)).toThrow(`gobuf: trace.start: cannot write ${folder.path}: `);
  });
});

describe("a sink that fails", () => {
  const REPORT = "gobuf: trace: writing to the sink failed, the trace is incomplete: ";

  test("is called no more, and its first error is thrown when the trace is closed", () => {
    let calls = 0;
    const out = Output.toSink(() => {
      throw new Error(`call ${++calls}`);
    });
    for (let n = 0; n < 3; n++) out.write(bytes(CHUNK + 1, 0));
    expect(() => out.close()).toThrow(`${REPORT}call 1`);
    expect(calls).toBe(1);
  });

  test("by no error is told by what it threw", () => {
    const out = Output.toSink(() => {
      throw "no error";
    });
    out.write(bytes(1, 0));
    expect(() => out.close()).toThrow(`${REPORT}no error`);
  });

  test("by a promise is told when that has settled, and not before", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const out = Output.toSink(() => promise);
    out.write(bytes(1, 0));
    const settled = out.close();
    expect(settled).toBeInstanceOf(Promise);
    reject(new Error("late"));
    await expect(settled).rejects.toThrow(`${REPORT}late`);
  });

  test("by a promise before the trace is closed is called no more", async () => {
    let calls = 0;
    const out = Output.toSink(() => {
      calls++;
      return Promise.reject(new Error("early"));
    });
    out.write(bytes(CHUNK + 1, 0));
    for (let n = 0; n < 5; n++) await null;
    out.write(bytes(CHUNK + 1, 0));
    expect(() => out.close()).toThrow(`${REPORT}early`);
    expect(calls).toBe(1);
  });

  test("not at all: promises that are kept are waited for", async () => {
    const kept: (() => void)[] = [];
    const out = Output.toSink(() => new Promise<void>((resolve) => void kept.push(resolve)));
    out.write(bytes(CHUNK + 1, 0));
    out.write(bytes(1, 0));
    const settled = out.close();
    expect(kept).toHaveLength(2);
    let isSettled = false;
    void settled?.then(() => {
      isSettled = true;
    });
    kept[0]?.();
    for (let n = 0; n < 5; n++) await null;
    expect(isSettled).toBe(false);
    kept[1]?.();
    expect(await settled).toBeUndefined();
  });

  test("that gave promises which have settled leaves nothing to wait for", async () => {
    const out = Output.toSink(() => Promise.resolve());
    out.write(bytes(CHUNK + 1, 0));
    for (let n = 0; n < 5; n++) await null;
    expect(out.close()).toBeUndefined();
  });
});
