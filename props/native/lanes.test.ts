/** Buffers that native bodies use without a trap: the same is seen as with a trap for each operation. */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { type Chan, chan, go, gosched, native, runSync, WaitGroup } from "gobuf";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { setLanes } from "../../src/native/lane.ts";
import { setExecute } from "../../src/native/native.ts";
import { native as library } from "../../src/runtime/ffi.ts";
import { check } from "../check.ts";
import { compileBodies, openBodies, Work } from "./bodies.ts";
import { type Program, runProgram, type Seen, type Step } from "./script.ts";

/** Hundreds of programs, each a run or two. */
setDefaultTimeout(60_000);

const { symbols } = openBodies();

afterEach(() => {
  setLanes(true);
  setExecute(null);
});

/** What a program shows where every operation traps. */
function reference(program: Program): Seen {
  setLanes(false);
  try {
    return runProgram(program, symbols.c_script);
  } finally {
    setLanes(true);
  }
}

const MAX = 2n ** 64n - 1n;
const words = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(2n ** 31n - 1n, 2n ** 31n, 2n ** 32n + 5n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, MAX - 1n, MAX),
);
/** No NaN: its payload may get lost or not. */
const doubles = fc.constantFrom(0, -0, 1, 0.1, -1e300, Number.MIN_VALUE, Number.POSITIVE_INFINITY);
const u64s = fc.oneof(words, fc.bigInt({ min: 0n, max: MAX }));
const any = fc.oneof(
  { weight: 8, arbitrary: fc.nat(300) },
  fc.constantFrom<unknown>(
    -1,
    -0,
    2 ** 53 - 1,
    2 ** 53,
    0.5,
    7n,
    2n ** 53n,
    MAX,
    -7n,
    2n ** 64n,
    true,
    undefined,
    "ant",
  ),
);

const values = (codec: native.Codec<unknown> | null): fc.Arbitrary<unknown> => {
  switch (codec?.name) {
    case "i32":
      return fc.oneof(fc.integer(), fc.nat(300), fc.constant(2 ** 31));
    case "u32":
      return fc.oneof(fc.nat(0xffff_ffff), fc.constant(-1));
    case "f64":
      return doubles;
    case "i64":
      return fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constant(2n ** 63n));
    case "u64":
      return u64s;
    default:
      return any;
  }
};

/** A codec of a user's: it has no lane. */
const tripled: native.Codec<number> = {
  name: "tripled",
  toWord(value, word) {
    word[0] = value / 3;
    word[1] = 0;
  },
  fromWord: (lo) => lo * 3,
};

const codecs = [null, null, native.i32, native.u32, native.f64, native.i64, native.u64, tripled].map(
  (codec) => codec as native.Codec<unknown> | null,
);
const channels = fc.array(
  fc.record({
    codec: fc.constantFrom(...codecs),
    capacity: fc.oneof(fc.constantFrom(2, 3), fc.constantFrom(0, 1, 5, 8)),
  }),
  { minLength: 1, maxLength: 3 },
);
const floats = new Float64Array(1);

function steps(shape: Program["channels"]): fc.Arbitrary<Step[]> {
  const index = fc.nat(shape.length - 1);
  const step = fc
    .record({
      op: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom("send" as const, "recv" as const) },
        { weight: 2, arbitrary: fc.constantFrom("select" as const, "try" as const, "gosched" as const) },
        { weight: 1, arbitrary: fc.constantFrom("close" as const, "gosched" as const) },
      ),
      channel: index,
      other: index,
      times: fc.constantFrom(1, 1, 1, 2, 4),
    })
    .chain(({ times, ...of }) => {
      const to = of.op === "send" ? of.channel : of.other;
      const codec = shape[to]?.codec ?? null;
      const word = codec?.name === "f64" ? doubles.map(wordOf) : words;
      const list = fc.array(fc.record({ word, value: values(codec) }), { minLength: times, maxLength: times });
      return list.map((all) => all.map((one): Step => ({ ...of, ...one })));
    });
  return fc.array(step, { maxLength: 12 }).map((list) => list.flat());
}

function wordOf(double: number): bigint {
  floats[0] = double;
  return new BigUint64Array(floats.buffer)[0] as bigint;
}

const programs: fc.Arbitrary<Program> = channels.chain((shape) =>
  fc.record({
    channels: fc.constant(shape),
    routines: fc.array(fc.record({ native: fc.boolean(), steps: steps(shape) }), { minLength: 1, maxLength: 4 }),
  }),
);

function compare(name: string, body: native.Body): void {
  check(
    import.meta.path,
    name,
    programs,
    (program) => expect(runProgram(program, body)).toEqual(reference(program)),
    500,
  );
}

test("random programs see what they see where every operation traps", () => {
  compare("random programs see", symbols.c_script);
});

compilerTest("random programs, compiled by bun:ffi, do", () => {
  compare("random programs, compiled by bun:ffi", compileBodies().symbols.c_script);
});

/** Runs a body that sends or receives by itself, and counts how often it trapped. */
function traps(main: () => Generator<unknown, void, true>): number {
  let count = 0;
  setExecute((gp) => {
    count++;
    return library.gobuf_execute(gp);
  });
  runSync(main);
  setExecute(null);
  return count;
}

const step = (op: Step["op"], word = 0n): Step => ({ op, channel: 0, other: 0, word, value: 0 });
const many = (n: number, op: Step["op"]) => Array.from({ length: n }, (_, i) => step(op, BigInt(i)));

/** A channel, and native goroutines with their steps. */
function natives(capacity: number, ...routines: Step[][]): Program {
  return {
    channels: [{ codec: null, capacity }],
    routines: routines.map((list) => ({ native: true, steps: list })),
  };
}

describe("operations that do not trap", () => {
  const passed = (lanes: boolean, capacity: number) => {
    setLanes(lanes);
    return traps(function* () {
      const [a, b] = [native.chan(native.i32, capacity), native.chan(native.i32, capacity)];
      const wg = new WaitGroup();
      wg.add(2);
      for (const body of [symbols.c_passer, symbols.zig_passer]) go.native(body, new Work({ in: a, out: b, wg }).bytes);
      go(function* () {
        for (let n = 0; n < 1000; n++) yield* a.send(n);
        a.close();
        yield* wg.wait();
        b.close();
      });
      const got: number[] = [];
      for (let v = yield* b.recv(); v !== undefined; v = yield* b.recv()) got.push(v);
      expect(got.sort((x, y) => x - y)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    });
  };

  test("are most of them, where a buffer is large", () => {
    expect(passed(false, 64)).toBeGreaterThan(2000);
    expect(passed(true, 64)).toBeLessThan(500);
  });

  test("are none where it is of 1 or 0", () => {
    for (const capacity of [0, 1]) expect(passed(true, capacity)).toBe(passed(false, capacity));
  });

  test("are none with a codec of one's own", () => {
    const count = (lanes: boolean) => {
      setLanes(lanes);
      return traps(function* () {
        const c = native.chan(tripled, 8);
        const wg = new WaitGroup();
        wg.add(1);
        go.native(symbols.c_passer, new Work({ in: c, out: c, wg }, 20).bytes);
        for (const n of [3, 6, 9]) yield* c.send(n);
        yield* wg.wait();
        expect([yield* c.recv(), yield* c.recv(), yield* c.recv()].sort()).toEqual([3, 6, 9]);
      });
    };
    expect(count(true)).toBe(count(false));
  });
});

describe("the same as with traps", () => {
  const shows = (program: Program) => {
    const wanted = reference(program);
    expect(runProgram(program, symbols.c_script)).toEqual(wanted);
    expect(wanted.error).toBeNull();
    return wanted;
  };

  for (const capacity of [1, 2, 3, 8]) {
    test(`a ring that goes round, capacity ${capacity}`, () => {
      const seen = shows(natives(capacity, many(50, "send"), many(47, "recv")));
      expect(seen.done.filter(({ routine }) => routine === 1).map(({ outcome }) => outcome)).toEqual(
        Array.from({ length: 47 }, (_, i) => `recv 1 0 0x${i.toString(16)}`),
      );
      // Of the 50, three are left, if they fit.
      expect(seen.left[0]?.[0]).toBe(Math.min(3, capacity));
    });
  }

  test("a full buffer, and who waits to send at it", () => {
    shows(natives(3, many(5, "send"), [step("gosched"), ...many(2, "recv")], [step("gosched"), ...many(3, "recv")]));
  });

  test("a close while words are buffered: they are received, then it is closed; a send is a panic", () => {
    const seen = shows(
      natives(4, [...many(3, "send"), step("close"), step("send", 9n)], [step("gosched"), ...many(5, "recv")]),
    );
    expect(seen.done.map(({ outcome }) => outcome.split(" ").slice(0, 2).join(" "))).toContain("send 2");
    expect(seen.done.filter(({ outcome }) => outcome.startsWith("recv 0"))).toHaveLength(2);
  });

  test("words beyond 2^53, negative ones, and those that a codec cuts", () => {
    for (const codec of codecs) {
      const list = [0n, 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 3n, 2n ** 40n + 7n].map((w) => step("send", w));
      const program = natives(8, list, [step("gosched"), ...many(3, "recv")]);
      shows({ ...program, channels: [{ codec, capacity: 8 }] });
    }
  });

  test("what is no word, between words", () => {
    const odd: Step[] = [-1, "ant", -0, 7n, 0.5].map((value) => ({ ...step("send"), value }));
    const receive = [step("gosched"), step("gosched"), ...many(8, "recv")];
    const program = natives(9, many(3, "send"));
    const routines = [...program.routines, { native: false, steps: odd }, { native: false, steps: receive }];
    expect(shows({ ...program, routines }).done.map(({ outcome }) => outcome)).toContain("recv -0,boolean true");
  });
});

describe("a lane", () => {
  function* fill(c: Chan<number>, n: number) {
    const wg = new WaitGroup();
    wg.add(1);
    const from = chan<number>(n);
    for (let i = 0; i < n; i++) yield* from.send(i);
    go.native(symbols.c_passer, new Work({ in: from, out: c, wg }, n).bytes);
    yield* wg.wait();
  }

  test("is not used on g0's stack: the operation is refused as any other", () => {
    const c = chan<number>(8);
    expect(() =>
      runSync(function* () {
        yield* fill(c, 4);
        go.native(symbols.c_on_g0, new Work({ out: c }).bytes);
        for (let k = 0; k < 3; k++) yield* gosched();
      }),
    ).toThrow("inside gobuf_systemstack");
    expect(c.len).toBe(4);
  });

  test("is let go of with its handle: the channel keeps what is in it, the handle names nothing", () => {
    expect(() =>
      runSync(function* () {
        const c = chan<number>(8);
        yield* fill(c, 5);
        const work = new Work({ in: c, out: c, wg: new WaitGroup() });
        const { lane } = c;
        expect(native.release(c)).toBe(true);
        // No goroutine receives this one.
        expect(lane?.put(9)).toBe(true);
        expect(c.len).toBe(5);
        expect([yield* c.recv(), yield* c.recv()]).toEqual([0, 1]);
        go.native(symbols.c_passer, work.bytes);
        for (let k = 0; k < 3; k++) yield* gosched();
      }),
    ).toThrow("gobuf_recv on handle");
  });

  test("is let go of at the end of a run: the channel keeps what is in it for the next one", () => {
    const c = chan<number>(8);
    runSync(function* () {
      yield* fill(c, 5);
      expect([c.len, c.cap]).toEqual([5, 8]);
    });
    expect([c.len, c.cap]).toEqual([5, 8]);
    runSync(function* () {
      yield* fill(c, 2);
      const got: unknown[] = [];
      while (c.len > 0) got.push(yield* c.recv());
      expect(got).toEqual([0, 1, 2, 3, 4, 0, 1]);
    });
  });

  test("of another run is not written to: handles begin anew", () => {
    const first = chan<number>(8);
    const second = chan<number>(8);
    for (const c of [first, second]) {
      runSync(function* () {
        yield* fill(c, 4);
      });
    }
    expect([first.len, second.len]).toEqual([4, 4]);
  });
});
