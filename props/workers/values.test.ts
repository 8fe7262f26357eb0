/** Values between threads: what arrives equals what was sent, and the rest is refused at the send, by name and place. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { chan, ErrGroup, go, Mutex, type Op, run, WaitGroup } from "gobuf";
import { integerFromEnv } from "../../scripts/numbers.ts";
import { workersTest } from "./skip.ts";

setDefaultTimeout(60_000);
const stages = new URL("./stages.ts", import.meta.url);
type Stages = typeof import("./stages.ts");

const seed = integerFromEnv("GOBUF_SEED", 20_261_201, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

/** Values that a structured clone gives back equal. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.double(),
      fc.integer(),
      fc.bigInt(),
      fc.boolean(),
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("\ud800", "\udc00", "a", "\0", "ä", "\ufeff") }),
      fc.constantFrom(undefined, null, -0, Number.NaN),
      fc.date({ noInvalidDate: false }),
      fc.constantFrom(/a+/g, /^$/),
    ),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.sparseArray(tie("value"), { maxNumElements: 4, maxLength: 8 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "0", "")),
      tie("value"),
      { noNullPrototype: true, maxKeys: 20 },
    ),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => new Set(items)),
    fc.uint8Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.uint8Array().map((bytes) => bytes.buffer),
    fc
      .tuple(fc.constantFrom(Error, RangeError, TypeError), fc.string(), tie("value"))
      .map(([Made, text, cause]) => new Made(text, { cause })),
  ),
}));

workersTest("what arrives equals what was sent", async () => {
  await run(function* main() {
    const [to, from] = [chan.shared<unknown>(1), chan.shared<unknown>()];
    yield* go.worker<Stages>(stages, "echo", to, from);
    const samples = fc.sample(value, { numRuns: 400, seed });
    for (const [i, sent] of samples.entries()) {
      yield* to.send(sent);
      const [got, ok] = yield* from.recvOk();
      expect(ok).toBe(true);
      if (!Bun.deepEquals(sent, got, true)) {
        expect.unreachable(`GOBUF_SEED=${seed}, value ${i}: sent ${Bun.inspect(sent)}, got ${Bun.inspect(got)}`);
      }
    }
  });
});

workersTest("numbers that JSON has no words for, alone and inside of others", async () => {
  await run(function* main() {
    const c = chan.shared<unknown>(1);
    for (const n of [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      yield* c.send(n);
      expect(Object.is(yield* c.recv(), n), `${n}`).toBe(true);
      yield* c.send([{ n }]);
      const [got] = (yield* c.recv()) as { n: number }[];
      // Bun.deepEquals takes -0 for 0.
      expect(Object.is(got?.n, n), `${n} in an object`).toBe(true);
    }
  });
});

workersTest("large values, and objects that are met twice", async () => {
  await run(function* main() {
    const c = chan.shared<unknown>(2);
    const through = function* (sent: unknown) {
      yield* c.send(sent);
      return yield* c.recv();
    };
    const bytes = new Uint8Array(3_000_000).fill(7);
    expect(Bun.deepEquals(yield* through(bytes), bytes, true)).toBe(true);
    const text = "ant ".repeat(500_000);
    expect((yield* through(text)) === text).toBe(true);
    const one = { x: 1 };
    const [a, b] = (yield* through([one, one])) as [object, object];
    expect(a).toBe(b);
    const ring: { self?: unknown; list: unknown[] } = { list: [] };
    ring.self = ring;
    ring.list.push(ring);
    const back = (yield* through(ring)) as typeof ring;
    expect(back.self).toBe(back);
    expect(back.list[0]).toBe(back);
    const error: Error & { code?: string } = Object.assign(new Error("no"), { code: "ENOENT" });
    error.cause = error;
    const copy = (yield* through({ error, c })) as { error: typeof error; c: unknown };
    expect(copy.error.code).toBe("ENOENT");
    expect(copy.error.cause).toBe(copy.error);
    expect(copy.error.stack).toBe(error.stack);
    expect(copy.c).toBe(c);
  });
});

class Point {
  x = 1;
}

const REFUSED: readonly [name: string, value: () => unknown, says: string][] = [
  ["a function", () => () => 1, "a function cannot go to another thread"],
  [
    "one deep inside",
    () => ({ a: [0, { run() {} }] }),
    "a function (run) cannot go to another thread: it is value.a[1].run",
  ],
  ["a symbol", () => [Symbol("s")], "a symbol cannot go to another thread: it is value[0]"],
  ["a class's instance", () => ({ at: new Point() }), "an instance of Point, which would not arrive as one"],
  ["an error of a class of its own", () => new (class MyError extends Error {})("no"), "an instance of MyError"],
  ["no prototype", () => Object.create(null), "an object without a prototype"],
  ["a promise", () => [Promise.resolve()], "an instance of Promise"],
  [
    "a WeakMap",
    () => new Map([[1, new WeakMap()]]),
    "an instance of WeakMap, which would not arrive as one cannot go to another thread: it is value.get(1)",
  ],
  [
    "a channel of this thread",
    () => ({ to: chan() }),
    "a channel that is bound to its thread (make it by chan.shared)",
  ],
  ["a Mutex of this thread", () => new Mutex(), "a Mutex that is bound to its thread (make it by Mutex.shared)"],
  ["a WaitGroup of this thread", () => new WaitGroup(), "make it by WaitGroup.shared"],
  ["an ErrGroup", () => new ErrGroup(), "an instance of ErrGroup"],
  ["a property by a symbol", () => ({ [Symbol.iterator]: 1 }), "a property whose key is a symbol"],
  ["shared memory", () => new SharedArrayBuffer(8), "a SharedArrayBuffer (give it to go.worker, as an argument)"],
  ["a view of it", () => [new Int32Array(new SharedArrayBuffer(8))], "a view of a SharedArrayBuffer"],
];

for (const [name, made, says] of REFUSED) {
  workersTest(`refused: ${name}`, async () => {
    await run(function* main() {
      const c = chan.shared<unknown>(1);
      expect(() => c.send(made())).toThrow(says);
      expect(c.len).toBe(0);
      if (name === "shared memory") return;
      const start = (): Op<number> => go.worker(stages, "echo", made());
      let refused = "";
      try {
        yield* start();
      } catch (error) {
        refused = String(error);
      }
      expect(refused).toContain(says);
    });
  });
}

test("postMessage takes nothing of gobuf's that is bound to its thread", () => {
  for (const made of [chan(), chan(3), new Mutex(), new WaitGroup(), new ErrGroup()]) {
    expect(() => structuredClone(made)).toThrow("can not be cloned");
  }
});
