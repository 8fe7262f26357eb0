/** The option procs of runs. */
import { describe, expect, test } from "bun:test";
import { chan, go, gomaxprocs, native, numGoroutine, run, sleep } from "gobuf";
import { openBodies, Works } from "./bodies.ts";
import { witnessed } from "./witness.ts";

const LINUX = process.platform === "linux";

describe("the option procs", () => {
  test("is an integer from 1 to 64", () => {
    for (const procs of [0, 65, 1.5, "2", Number.NaN]) {
      expect(() => run(function* () {}, { procs: procs as number })).toThrow("procs");
    }
  });

  test("goes with no fake clock and no hook", () => {
    expect(() => run(function* () {}, { procs: 2, clock: "fake" })).toThrow('1 with clock: "fake"');
    expect(() => run(function* () {}, { procs: 2, onTransition: () => {} })).toThrow("1 with onTransition");
  });

  test("1 is the run that it is without", async () => {
    expect(await run(function* () {}, { procs: 1 })).toBeUndefined();
  });

  test("starts no thread where nothing native runs", async () => {
    const { value, pool } = await witnessed(() =>
      run(
        function* () {
          const ch = chan<number>(1);
          yield* ch.send(3);
          return yield* ch.recv();
        },
        { procs: 8 },
      ),
    );
    expect(value).toBe(3);
    expect(pool).toBeUndefined();
  });

  test.skipIf(!LINUX)("is what gomaxprocs says, and native goroutines count as others do (Linux's futex)", async () => {
    const { symbols } = openBodies();
    const seen = await run(
      function* () {
        const before = [gomaxprocs(), numGoroutine()];
        const works = new Works(3);
        const ch = chan<number>();
        for (let i = 0; i < 3; i++) go.native(symbols.p_receiver, works.set(i, { in: ch, count: 1 }));
        const there = numGoroutine();
        for (let i = 0; i < 3; i++) yield* ch.send(i);
        while (numGoroutine() > 1) yield* sleep(1);
        return [...before, there];
      },
      { procs: 3 },
    );
    expect(seen).toEqual([3, 1, 4]);
    expect(gomaxprocs()).toBe(1);
  });

  test.skipIf(LINUX)("is refused where there is no futex", async () => {
    const refused = run(
      function* () {
        native.handle(chan<number>());
      },
      { procs: 2 },
    );
    await expect(refused).rejects.toThrow("not on this platform");
  });
});
