/** The checker of histories: what is linearizable passes, and each kind of history that is not is found. */
import { describe, expect, test } from "bun:test";
import { check, type Operation, type What } from "./linear.ts";

type Short = [who: number, what: What, word: number, call: number, ret: number, outcome?: Operation["outcome"]];

const of = (...list: Short[]): Operation[] =>
  list.map(([who, what, word, call, ret, outcome = "ok"]) => ({ who, what, word, call, ret, outcome }));

describe("what is linearizable", () => {
  const right: [what: string, capacity: number, ...Short[]][] = [
    ["nothing", 0],
    ["a word through a buffer", 1, [1, "send", 7, 1, 2], [2, "recv", 7, 3, 4]],
    ["a word from hand to hand", 0, [1, "send", 7, 1, 4], [2, "recv", 7, 2, 3]],
    [
      "two sends that overlap, in either order",
      2,
      [1, "send", 7, 1, 4],
      [2, "send", 8, 2, 3],
      [3, "recv", 7, 5, 6],
      [3, "recv", 8, 7, 8],
    ],
    [
      "the same the other way round",
      2,
      [1, "send", 7, 1, 4],
      [2, "send", 8, 2, 3],
      [3, "recv", 8, 5, 6],
      [3, "recv", 7, 7, 8],
    ],
    [
      "a sender that waits until there is room",
      1,
      [1, "send", 7, 1, 2],
      [2, "send", 8, 3, 6],
      [3, "recv", 7, 4, 5],
      [3, "recv", 8, 7, 8],
    ],
    ["a receiver that waits", 1, [2, "recv", 7, 1, 4], [1, "send", 7, 2, 3]],
    [
      "the end behind the last word",
      1,
      [1, "send", 7, 1, 2],
      [1, "close", 0, 3, 4],
      [2, "recv", 7, 5, 6],
      [2, "recv", 0, 7, 8, "closed"],
    ],
    ["a send that the close overtakes", 0, [1, "send", 7, 1, 4, "panic"], [2, "close", 0, 2, 3]],
    ["two closes", 0, [1, "close", 0, 1, 4], [2, "close", 0, 2, 3, "panic"]],
    [
      "a send that never comes back, and has its effect",
      1,
      [1, "send", 7, 1, Number.POSITIVE_INFINITY],
      [2, "recv", 7, 2, 3],
    ],
    ["one that has none", 1, [1, "send", 7, 1, Number.POSITIVE_INFINITY]],
  ];
  for (const [what, capacity, ...history] of right) {
    test(what, () => expect(check(of(...history), capacity)).toMatchObject({ linearizable: true, stuck: "" }));
  }
});

describe("what is not", () => {
  const wrong: [what: string, capacity: number, ...Short[]][] = [
    ["a word that nobody has sent", 1, [2, "recv", 7, 1, 2]],
    ["a word that comes twice", 1, [1, "send", 7, 1, 2], [2, "recv", 7, 3, 4], [3, "recv", 7, 5, 6]],
    ["a word that comes before it is sent", 1, [2, "recv", 7, 1, 2], [1, "send", 7, 3, 4]],
    [
      "an order that is turned round",
      2,
      [1, "send", 7, 1, 2],
      [1, "send", 8, 3, 4],
      [2, "recv", 8, 5, 6],
      [2, "recv", 7, 7, 8],
    ],
    ["a send that came back though nobody was there to take it", 0, [1, "send", 7, 1, 2], [2, "recv", 7, 3, 4]],
    [
      "more words than there is room for",
      1,
      [1, "send", 7, 1, 2],
      [1, "send", 8, 3, 4],
      [2, "recv", 7, 5, 6],
      [2, "recv", 8, 7, 8],
    ],
    [
      "the end before the last word",
      1,
      [1, "send", 7, 1, 2],
      [1, "close", 0, 3, 4],
      [2, "recv", 0, 5, 6, "closed"],
      [2, "recv", 7, 7, 8],
    ],
    ["the end before the close", 0, [2, "recv", 0, 1, 2, "closed"], [1, "close", 0, 3, 4]],
    ["a word behind the close", 1, [1, "close", 0, 1, 2], [2, "send", 7, 3, 4], [3, "recv", 7, 5, 6]],
    ["a panic before the close", 0, [1, "send", 7, 1, 2, "panic"], [2, "close", 0, 3, 4]],
    ["two closes that both come back", 0, [1, "close", 0, 1, 2], [2, "close", 0, 3, 4]],
    ["a word that is lost, told by a later one", 2, [1, "send", 7, 1, 2], [1, "send", 8, 3, 4], [2, "recv", 8, 5, 6]],
  ];
  for (const [what, capacity, ...history] of wrong) {
    test(what, () => {
      const { linearizable, stuck } = check(of(...history), capacity);
      expect(linearizable).toBe(false);
      expect(stuck).toContain("of ");
    });
  }
});

/** A history of goroutines that overlap, made by a channel that does one thing at a time. */
function made(seed: number, capacity: number, length: number): Operation[] {
  let x = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  const draw = (n: number) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
  const queue: number[] = [];
  const list: Operation[] = [];
  // Its moment is in the middle, its call up to three places before, its return up to three behind.
  const add = (at: number, what: What, word: number, ret = 0) => {
    const call = 100 * at - draw(300);
    list.push({ who: list.length, what, word, call, ret: 100 * at + 1 + draw(300) + ret, outcome: "ok" });
  };
  let word = 1;
  for (let at = 1; list.length < length; at++) {
    if (capacity === 0) {
      add(at, "send", word);
      add(at, "recv", word++);
    } else if (queue.length < capacity && (queue.length === 0 || draw(2))) {
      queue.push(word);
      add(at, "send", word++);
    } else add(at, "recv", queue.shift() as number);
  }
  return list;
}

describe("histories of 200 operations that overlap", () => {
  for (const capacity of [0, 1, 4]) {
    test(`capacity ${capacity}: each is linearizable, and none with a fault is`, () => {
      for (let seed = 0; seed < 8; seed++) {
        const history = made(seed, capacity, 200);
        expect(check(history, capacity).linearizable).toBe(true);
        // A receive that is over before the send of its word begins.
        const i = history.findIndex(({ what }, at) => what === "recv" && at > 50 + seed);
        const { word } = history[i] as Operation;
        const { call } = history.find((op) => op.what === "send" && op.word === word) as Operation;
        const early = history.with(i, { ...(history[i] as Operation), call: call - 2, ret: call - 1 });
        expect(check(early, capacity).linearizable).toBe(false);
        // A word that is another's.
        const other = history.with(i, { ...(history[i] as Operation), word: 100_000 });
        expect(check(other, capacity).linearizable).toBe(false);
      }
    });
  }
});
