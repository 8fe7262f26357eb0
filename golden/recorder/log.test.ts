/** The recorder's log: the outcome of a Go program from its output and its exit status. */
import { expect, test } from "bun:test";
import { outcomeOf, stripPlayback } from "./log.ts";

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
});
