/** F18, F19, F43: what capacities, depth and long chains cost. */
import { describe, expect, test } from "bun:test";
import { chan, context, ErrGroup, type Go, go, gosched, run, runSync } from "gobuf";
import { Prng } from "../../golden/prng.ts";
import { currentAbi } from "../../scripts/abis/abis.ts";

const emulated = currentAbi() !== undefined;

describe("F18: a channel costs what is in it", () => {
  test("many large ones are nothing", () => {
    const before = process.memoryUsage().rss;
    const all = Array.from({ length: 10_000 }, () => chan<number>(1e8));
    expect(all[0]?.cap).toBe(1e8);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  test.each([2 ** 31 - 1, 1e8, 1000, 129, 65, 64])("values come out in order whatever the capacity: %p", (capacity) => {
    const random = new Prng(capacity);
    runSync(function* () {
      const ch = chan<number>(capacity);
      let sent = 0;
      let received = 0;
      for (let round = 0; round < 200; round++) {
        for (let n = random.within([0, 60]); n > 0 && ch.len < capacity; n--) yield* ch.send(sent++);
        for (let n = random.within([0, 55]); n > 0 && ch.len > 0; n--) expect(yield* ch.recv()).toBe(received++);
        expect(ch.len).toBe(sent - received);
      }
      ch.close();
      for (; received < sent; received++) expect(yield* ch.recv()).toBe(received);
      expect(yield* ch.recvOk()).toEqual([undefined, false]);
    });
  });

  test("a full one blocks at its capacity, and not before", () => {
    runSync(function* () {
      const ch = chan<number>(100);
      let sent = 0;
      go(function* () {
        for (; sent < 150; sent++) yield* ch.send(sent);
        ch.close();
      });
      yield* gosched();
      yield* gosched();
      expect([sent, ch.len]).toEqual([100, 100]);
      for (let i = 0; i < 150; i++) expect(yield* ch.recv()).toBe(i);
    });
  });

  test.each([Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 40])("a limit of %p", (limit) => {
    runSync(function* () {
      const group = new ErrGroup();
      group.setLimit(limit);
      let done = 0;
      for (let i = 0; i < 100; i++) {
        yield* group.go(function* () {
          yield* gosched();
          done++;
        });
      }
      expect(() => group.setLimit(1)).toThrow("errgroup: modify limit while 100 goroutines");
      yield* group.wait();
      expect(done).toBe(100);
    });
  });

  test.each([1.5, Number.NaN, "2", undefined, null, {}, 2n])("a limit of %p is a TypeError", (limit) => {
    expect(() => new ErrGroup().setLimit(limit as number)).toThrow(
      "gobuf: ErrGroup.setLimit: expected an integer or Infinity, got",
    );
  });
});

const DEPTH = 100_000;
const key = new context.Key<number>("n");

type Ctx = ReturnType<typeof context.background>;

/** Ways to make a context from another. */
const MAKERS: [string, (parent: Ctx, n: number) => Ctx][] = [
  ["withCancel", (parent) => context.withCancel(parent)[0]],
  ["withTimeout", (parent, n) => context.withTimeout(parent, 1e9 - n)[0]],
  ["withTimeout, later each", (parent, n) => context.withTimeout(parent, 1e9 + n)[0]],
  ["withValue", (parent, n) => context.withValue(parent, key, n)],
  [
    "withCancel and withValue",
    (parent, n) => (n % 2 ? context.withCancel(parent)[0] : context.withValue(parent, key, n)),
  ],
];

describe.each(MAKERS)("F19: 100,000 nested %s", (name, make) => {
  test("end with the first, and say what they are", () =>
    runSync(function* () {
      const [root, cancel] = context.withCancel(context.background());
      let ctx: Ctx = root;
      const all: Ctx[] = [];
      for (let n = 0; n < DEPTH; n++) {
        ctx = make(ctx, n);
        all.push(ctx);
      }
      expect(String(ctx)).toStartWith("context.Background.WithCancel");
      expect(String(ctx).split(".With").length).toBe(DEPTH + 2);
      expect(ctx.signal.aborted).toBe(false);
      expect(ctx.err()).toBeUndefined();
      expect(ctx.value(key)).toBe(name.includes("Value") ? DEPTH - (name.includes("Cancel") ? 2 : 1) : undefined);
      expect(ctx.deadline() === undefined).toBe(!name.includes("Timeout"));
      const { signal } = ctx;
      cancel();
      expect(all.every((c) => c.err() === context.Canceled)).toBe(true);
      expect(signal.aborted).toBe(true);
      yield* ctx.done().recv();
    }));
});

test("F19: 100,000 nested withoutCancel", () => {
  let ctx = context.withValue(context.background(), key, 5);
  for (let n = 0; n < DEPTH; n++) ctx = context.withoutCancel(ctx);
  expect(ctx.value(key)).toBe(5);
  expect(String(ctx)).toEndWith(".WithoutCancel.WithoutCancel");
});

test("F19: children end before what follows their parent's end: signals innermost first, in the order of their making", () => {
  const notes: string[] = [];
  const [root, cancel] = context.withCancel(context.background());
  const note = (name: string, ctx: Ctx) => {
    ctx.signal.addEventListener("abort", () => notes.push(name));
    return ctx;
  };
  note("root", root);
  const a = note("a", context.withCancel(root)[0]);
  note("a1", context.withCancel(a)[0]);
  note("a2", context.withCancel(a)[0]);
  note("b", context.withCancel(root)[0]);
  cancel();
  expect(notes).toEqual(["a1", "a2", "a", "b", "root"]);
});

test.skipIf(emulated).each(MAKERS)(
  `F43: a chain of %s takes a time that grows with its length${emulated ? " (skipped: an emulator's clock of the CPU is coarse)" : ""}`,
  async (_, make) => {
    const time = async (n: number) => {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        await run(function* (): Go {
          const start = process.cpuUsage();
          const [root, cancel] = context.withCancel(context.background());
          let ctx: Ctx = root;
          for (let k = 0; k < n; k++) ctx = make(ctx, k);
          cancel();
          const { user, system } = process.cpuUsage(start);
          best = Math.min(best, user + system);
        });
      }
      return best;
    };
    const short = await time(4000);
    // Eight times as long: 64 times the time if it grew with the square.
    expect(await time(32_000)).toBeLessThan(32 * Math.max(short, 2000));
  },
  60_000,
);
