/** What errors say of a value that is none of what was expected: each kind of value by its own words. */
import { expect, test } from "bun:test";
import {
  checkDuration,
  checkOptions,
  describe as described,
  isAsync,
  isThenable,
  refuse,
  refuseOption,
} from "./expect.ts";

class Own {}

test.each<[unknown, string]>([
  ["a text", '"a text"'],
  ["", '""'],
  [5, "5"],
  [-0, "0"],
  [Number.NaN, "NaN"],
  [5n, "5n"],
  [true, "true"],
  [undefined, "undefined"],
  [null, "null"],
  [Symbol("s"), "Symbol(s)"],
  [[1], "an array"],
  [() => 1, "a function"],
  [function* () {}, "a function"],
  [Own, "a function"],
  [async () => {}, "an async function"],
  [async function* () {}, "an async generator function"],
  [(function* () {})(), "a generator (pass the function, and do not call it)"],
  [Promise.resolve(), "a promise"],
  // biome-ignore lint/suspicious/noThenProperty: it is like a promise
  [{ then() {} }, "a promise"],
  // biome-ignore lint/suspicious/noThenProperty: it is not like one
  [{ then: 1 }, "an object"],
  [{}, "an object"],
  [new Own(), "an object"],
  [new Map(), "an object (Map)"],
  [new Date(0), "an object (Date)"],
])("%p is %s", (value, text) => {
  expect(described(value)).toBe(text);
});

test("what is refused is named with what was expected", () => {
  expect(() => refuse("f", 5n, "a text")).toThrow(new TypeError("gobuf: f: expected a text, got 5n"));
  expect(() => refuseOption("f", "o", null, "a text")).toThrow(
    new TypeError("gobuf: f: option o: expected a text, got null"),
  );
});

test("a duration is a number, and not NaN; every other number is one", () => {
  for (const ms of [0, -1, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(() => checkDuration("f", "ms", ms)).not.toThrow();
  for (const ms of [Number.NaN, "1", 1n, null, undefined, {}])
    expect(() => checkDuration("f", "ms", ms), String(ms)).toThrow("f: expected ms, a number of milliseconds, got ");
});

test("options are an object of names that are there", () => {
  for (const options of [{}, { a: 1 }, { a: undefined, b: 2 }])
    expect(() => checkOptions("f", options, ["a", "b"])).not.toThrow();
  for (const options of [null, undefined, [], "a", 1])
    expect(() => checkOptions("f", options, ["a", "b"]), String(options)).toThrow(
      "f: expected an object of options, got ",
    );
  expect(() => checkOptions("f", { a: 1, c: 2 }, ["a", "b"])).toThrow('f: unknown option "c": expected a, b');
});

test("async functions are known, and promises", () => {
  const functions = [async () => {}, async function* () {}, () => Promise.resolve(), function* () {}];
  expect(functions.map(isAsync)).toEqual([true, true, false, false]);
  // biome-ignore lint/suspicious/noThenProperty: it is like a promise
  const values = [Promise.resolve(), { then: () => {} }, { then: 1 }, {}, null, "then", () => {}];
  expect(values.map(isThenable)).toEqual([true, true, false, false, false, false, false]);
});
