/** Channels that native bodies make, and let go. */
import { describe, expect, test } from "bun:test";
import { chan, type FatalError, go, gosched, Mutex, native, nilchan, run, runSync, WaitGroup } from "gobuf";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { compileBodies, openBodies, Work } from "./bodies.ts";

const library = openBodies();
const { symbols } = library;

const OK = 1;
const PANIC = 2;

/** A body makes a channel; TypeScript and a body of the other language send on it, and close it. */
function shared(maker: native.Body, passer: native.Body, capacity: number): void {
  runSync(function* () {
    const wg = new WaitGroup();
    const [told, source] = [chan<number>(), chan<number>()];
    const made = new Work({ out: told, wg }, capacity);
    wg.add(2);
    go.native(maker, made.bytes);
    const handle = (yield* told.recv()) ?? 0;
    const ch = native.chanOf(handle);
    expect(native.handle(ch)).toBe(handle);
    yield* ch.send(2n ** 64n - 100n);
    yield* ch.send(80);
    const passed = new Work({ in: source, out: ch, wg }, 2);
    go.native(passer, passed.bytes);
    yield* source.send(7);
    yield* source.send(14);
    while (passed.done < 2) yield* gosched();
    yield* gosched();
    ch.close();
    yield* wg.wait();
    expect([made.last, made.panics, made.done, made.sum]).toEqual([OK, 0, 4, 1n]);
    expect(() => native.chanOf(handle)).toThrow(`native.chanOf: ${handle}: expected the handle of a channel`);
    expect(native.release(ch)).toBe(false);
  });
}

describe("a channel that a body makes is the others', too", () => {
  for (const capacity of [0, 1, 128]) {
    test(`of C, capacity ${capacity}`, () => shared(symbols.c_maker, symbols.zig_passer, capacity));
    test(`of Zig, capacity ${capacity}`, () => shared(symbols.zig_maker, symbols.c_passer, capacity));
  }

  compilerTest("of TinyCC", () => {
    using compiled = compileBodies();
    shared(compiled.symbols.c_maker, symbols.zig_passer, 3);
  });
});

test("a capacity that Go refuses is a panic that the body sees, and no channel", () => {
  runSync(function* () {
    for (const capacity of [2 ** 31, 2n ** 63n, 2n ** 64n - 1n]) {
      for (const maker of [symbols.c_maker, symbols.zig_maker]) {
        const wg = new WaitGroup();
        const work = new Work({ out: chan(), wg }, capacity);
        wg.add(1);
        go.native(maker, work.bytes);
        yield* wg.wait();
        expect([work.last, work.panics, work.done]).toEqual([PANIC, 1, 0]);
      }
    }
  });
});

test("handles of channels that were let go are given out again, the oldest first, a thousand later", () => {
  runSync(function* () {
    const wg = new WaitGroup();
    const work = new Work({ wg }, 100_000);
    const first = native.handle(wg);
    wg.add(1);
    go.native(symbols.c_churner, work.bytes);
    yield* wg.wait();
    expect([work.done, work.sum]).toEqual([100_000, (100_000n * 100_001n) / 2n]);
    expect(work.last - first).toBeGreaterThan(1000);
    expect(work.last - first).toBeLessThan(1100);
    // What lives is nobody else's meanwhile.
    expect(native.handle(wg)).toBe(first);
  });
});

describe("what is let go twice, and what is no channel, ends the run by name", () => {
  test.each([
    ["a channel", () => chan<number>(), 1, "expected a Chan, found nothing"],
    ["a mutex", () => new Mutex(), 0, "expected a Chan, found a Mutex"],
  ])("%s", async (_name, make, done, message) => {
    let work: Work | undefined;
    let handle = 0;
    const failed = await run(function* () {
      const object = make();
      handle = native.handle(object);
      work = new Work({ in: object });
      go.native(symbols.c_freer, work.bytes);
      yield* gosched();
      yield* gosched();
    }).catch((error: unknown) => error);
    expect((failed as FatalError).text).toBe(`goroutine 2: gobuf_chan_free on handle ${handle}: ${message}`);
    expect(work?.done).toBe(done);
  });

  test("but for nil, of which nothing is let go", () => {
    runSync(function* () {
      const work = new Work({ in: nilchan });
      go.native(symbols.c_freer, work.bytes);
      yield* gosched();
      yield* gosched();
      expect(work.done).toBe(2);
    });
  });
});

describe("native.chanOf", () => {
  test("gives what the handle was given for", () => {
    runSync(function* () {
      const ch = native.chan(native.u32, 1);
      expect(native.chanOf(native.handle(ch)) as unknown).toBe(ch);
      expect(native.chanOf(0) as unknown).toBe(nilchan);
    });
  });

  test("refuses handles of other things, of nothing, and what is none", () => {
    runSync(function* () {
      const m = native.handle(new Mutex());
      using callback = native.callback(() => 0);
      for (const handle of [m, 99, -1, 0.5, Number.NaN, callback.handle]) {
        expect(() => native.chanOf(handle)).toThrow(
          `gobuf: native.chanOf: ${handle}: expected the handle of a channel`,
        );
      }
    });
    expect(() => native.chanOf(1)).toThrow("gobuf: native.chanOf outside a goroutine");
  });
});
