/** F16 and F22: an operation that nothing yields, or that something else than `yield*` goes through. */
import { describe, expect, test } from "bun:test";
import {
  Cond,
  chan,
  FatalError,
  type Go,
  go,
  gosched,
  Mutex,
  type Op,
  runSync,
  select,
  sleep,
  WaitGroup,
  wait,
} from "gobuf";

/** Every kind of operation: one that is over at once, one that would wait. */
const OPERATIONS: [string, () => Op<unknown>][] = [
  ["recv", () => chan<number>().recv()],
  ["recvOk", () => filled().recvOk()],
  ["send", () => chan<number>(1).send(1)],
  ["sleep", () => sleep(1)],
  ["sleep", () => sleep(0)],
  ["gosched", () => gosched()],
  ["select", () => select([], { default: true })],
  ["select", () => select([])],
  ["wait", () => wait(Promise.resolve(1))],
  ["Mutex.lock", () => new Mutex().lock()],
  ["WaitGroup.wait", () => new WaitGroup().wait()],
  ["Cond.wait", () => new Cond(new Mutex()).wait()],
];

/** What ordinary code goes through a list with. */
const WAYS: [string, (list: Iterable<unknown>) => unknown][] = [
  [
    "const [v, ok] =",
    (list) => {
      const [v, ok] = list;
      return [v, ok];
    },
  ],
  ["[...op]", (list) => [...list]],
  ["f(...op)", (list) => Math.max(...(list as Iterable<number>))],
  ["Array.from", (list) => Array.from(list)],
  ["new Set", (list) => new Set(list)],
  [
    "for of",
    (list) => {
      for (const v of list) return v;
      return undefined;
    },
  ],
];

function filled() {
  const ch = chan<number>(1);
  ch.send(1)[Symbol.iterator]();
  return ch;
}

/** What a run fails with. */
function failureOf(main: () => Go<unknown>, traceback: "single" | "all" = "single"): FatalError {
  try {
    runSync(main, { traceback });
  } catch (error) {
    expect(error).toBeInstanceOf(FatalError);
    return error as FatalError;
  }
  throw new Error("the run did not fail");
}

describe.each(WAYS)("F16: %s", (_, iterate) => {
  test.each(OPERATIONS)("on %s is fatal, and names it", (name, make) => {
    const error = failureOf(function* main() {
      yield* gosched();
      return iterate(make() as never);
    });
    expect(error.message).toStartWith(`goroutine 1: ${name} was iterated by something else than \`yield*\``);
    expect(error.stack).toContain(import.meta.file);
  });

  test("is fatal also where a body catches it, and in another goroutine", () => {
    const error = failureOf(function* main() {
      go(function* () {
        try {
          iterate(chan<number>(1).send(1) as never);
        } catch {}
        yield* gosched();
      });
      yield* sleep(5);
      return "went on";
    });
    expect(error.message).toStartWith("goroutine 2: send was iterated");
  });

  test("on a channel says what to write", () => {
    const ch = chan<number>(1);
    expect(() => iterate(ch as never)).toThrow("gobuf: a channel is no list: write `for (let v = yield* ch.recv()");
  });
});

test("F16: `yield*` is none of these, from a body, a function of it, and an object that gives the operation", () => {
  function* inner(): Go<number | undefined> {
    return yield* filled().recv();
  }
  const sum = runSync(function* () {
    const mine = { [Symbol.iterator]: () => filled().recv()[Symbol.iterator]() as Iterator<unknown, number, unknown> };
    return ((yield* filled().recv()) ?? 0) + ((yield* inner()) ?? 0) + (yield* mine);
  });
  expect(sum).toBe(3);
});

describe("F22: a forgotten yield*", () => {
  const forgettable = OPERATIONS.filter(([name]) => !["Mutex.unlock"].includes(name));

  test.each(forgettable)("%s, then another operation", (name, make) => {
    const error = failureOf(function* main() {
      make();
      yield* gosched();
    });
    expect(error.message).toStartWith("gosched: the operation before it was made and never yielded");
    expect(error.message).toContain(`(goroutine 1: ${name})`);
  });

  test.each(forgettable)("%s, at the end of a goroutine", (name, make) => {
    const error = failureOf(function* main() {
      go(function* () {
        make();
      });
      yield* sleep(5);
    });
    expect(error.message).toStartWith("goroutine 2 ended with an operation that was made and never yielded");
    expect(error.message).toContain(`(${name})`);
  });

  test("names its line with tracebacks, and not that of the next operation", () => {
    const error = failureOf(function* main() {
      const ch = chan<number>(1);
      ch.send(1);
      yield* ch.recv();
    }, "all");
    const line = Number(/iteration\.test\.ts:(\d+)/.exec(error.message)?.[1]);
    const source = require("node:fs")
      .readFileSync(import.meta.path, "utf8")
      .split("\n");
    expect(source[line - 1]?.trim()).toBe("ch.send(1);");
  });
});
