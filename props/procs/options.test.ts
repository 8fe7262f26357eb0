/** The option procs of runs. */
import { describe, expect, test } from "bun:test";
import { chan, native, run } from "gobuf";
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
