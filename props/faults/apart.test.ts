/** A channel of one world is refused in another, whether or not anybody waits on it. */
import { expect, test } from "bun:test";
import { type Chan, chan, type Go, native, recvCase, run, select, wait } from "../../src/index.ts";

const made = { chan: () => chan<number>(2), "native.chan": () => native.chan(native.f64, 2) };
const ways = ["send", "receive", "close", "select"].flatMap((use) =>
  (["chan", "native.chan"] as const).map((by) => [use, by] as const),
);

test.each(ways)("%s of a channel that another world made by %s is refused, nobody waiting", async (use, by) => {
  const uses: Record<string, (c: Chan<number>) => Go<unknown>> = {
    *send(c) {
      yield* c.send(2);
    },
    *receive(c) {
      yield* c.recv();
    },
    *close(c) {
      c.close();
    },
    *select(c) {
      yield* select([recvCase(c)], { default: true });
    },
  };
  const own = [{ clock: "fake" }, { seed: 5 }, {}] as const;
  // What was made before the first such world of a thread is nobody's.
  await run(function* () {}, { clock: "fake" });
  for (const [where, used] of [
    [0, 2],
    [2, 0],
    [0, 1],
  ] as const) {
    const there = Promise.withResolvers<Chan<number>>();
    const end = Promise.withResolvers<void>();
    const maker = run(function* () {
      const c = made[by]();
      yield* c.send(1);
      there.resolve(c);
      yield* wait(end.promise);
      return c.len;
    }, own[where]);
    const c = await there.promise;
    const user = () => run(() => (uses[use] as (c: Chan<number>) => Go<unknown>)(c), own[used]);
    await expect(user()).rejects.toThrow(`gobuf: ${use}: the channel was made in another run`);
    end.resolve();
    expect(await maker).toBe(1);
    // What is left behind is for all.
    await user();
  }
});
