/** Rings that mix goroutines in C, Zig and TypeScript: nothing is lost, nothing comes twice. */
import { describe, expect, test } from "bun:test";
import { type Chan, chan, type Go, go, native, recvCase, runSync, select, sendCase, WaitGroup } from "gobuf";
import { compilerTest, noCompiler } from "../../scripts/abis/compiler.ts";
import { compileBodies, openBodies, Work } from "./bodies.ts";

const VALUES = 1_000_000;
const { symbols } = openBodies();
/** C by Zig's compiler, C by that of bun:ffi, Zig. */
const compiled = noCompiler() === null ? compileBodies().symbols.c_passer : symbols.c_passer;
const passers = [symbols.c_passer, compiled, symbols.zig_passer];

compilerTest("C compiled by bun:ffi takes part", () => {
  expect(compiled).not.toBe(symbols.c_passer);
});

interface Count {
  readonly done: number;
  readonly sum: bigint;
}

/** What a passer does, in TypeScript. */
function* pass(
  from: Chan<number>,
  to: Chan<number>,
  wg: WaitGroup,
  quota: number,
  count: { done: number; sum: bigint },
): Go {
  while (quota === 0 || count.done < quota) {
    const [v, ok] = yield* from.recvOk();
    if (!ok) break;
    count.done++;
    count.sum += BigInt(v);
    yield* to.send(v);
  }
  wg.done();
}

/** Starts passers of every kind. */
function startPassers(from: Chan<number>, to: Chan<number>, wg: WaitGroup, each: number, quota: number): Count[] {
  const counts: Count[] = [];
  for (let k = 0; k < each; k++) {
    for (const passer of passers) {
      const work = new Work({ in: from, out: to, wg }, quota);
      counts.push(work);
      go.native(passer, work.bytes);
    }
    const count = { done: 0, sum: 0n };
    counts.push(count);
    go(pass, from, to, wg, quota, count);
  }
  wg.add(counts.length);
  return counts;
}

const total = (counts: readonly Count[]) => counts.reduce((sum, { done }) => sum + done, 0);

describe(`${VALUES} values`, () => {
  test("go round on one channel, from hand to hand", () => {
    const tokens = [11, 22, 33, 44];
    const each = 3;
    const quota = VALUES / (each * 4);
    runSync(function* () {
      const ring = native.chan(native.i32);
      const wg = new WaitGroup();
      const counts = startPassers(ring, ring, wg, each, Math.ceil(quota));
      const wanted = Math.ceil(quota) * counts.length;
      expect(wanted).toBeGreaterThanOrEqual(VALUES);
      // Main gives them and takes them as it comes, until all have had their turns.
      const held = [...tokens];
      while (total(counts) < wanted || held.length < tokens.length) {
        const give = total(counts) < wanted && held.length > 0;
        const cases = give ? [recvCase(ring), sendCase(ring, held[0] as number)] : [recvCase(ring)];
        const { index, value } = yield* select(cases);
        if (index === 0) held.push(value as number);
        else held.shift();
      }
      yield* wg.wait();
      expect(held.sort()).toEqual(tokens);
      // Every one of them took its part.
      for (const { done } of counts) expect(done).toBe(Math.ceil(quota));
    });
  }, 240_000);

  for (const [name, make] of [
    ["a channel of i32", () => native.chan(native.i32)],
    ["a channel of f64", () => native.chan(native.f64, 16)],
    ["a plain channel", () => chan<number>(1)],
  ] as const) {
    test(`each arrives once, through whichever takes it: ${name}`, () => {
      runSync(function* () {
        const there = make();
        const back = make();
        const wg = new WaitGroup();
        const counts = startPassers(there, back, wg, 2, 0);
        go(function* source() {
          for (let n = 0; n < VALUES; n++) yield* there.send(n);
          there.close();
          yield* wg.wait();
          back.close();
        });
        const seen = new Uint8Array(VALUES);
        let xor = 0;
        for (let v = yield* back.recv(); v !== undefined; v = yield* back.recv()) {
          (seen[v] as number)++;
          xor ^= v;
        }
        expect(seen.every((n) => n === 1)).toBe(true);
        expect(xor).toBe(Array.from({ length: VALUES }, (_, n) => n).reduce((a, b) => a ^ b, 0));
        expect(total(counts)).toBe(VALUES);
        for (const { done } of counts) expect(done).toBeGreaterThan(0);
        if (!name.includes("f64")) {
          expect(counts.reduce((sum, count) => sum + count.sum, 0n)).toBe((BigInt(VALUES) * BigInt(VALUES - 1)) / 2n);
        }
      });
    }, 60_000);
  }
});
