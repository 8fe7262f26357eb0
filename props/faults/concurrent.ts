/** Fifty tests with real and fake clocks, for `bun test --concurrent`. */
import { expect, test } from "bun:test";
import { chan, go, now, run, sleep, wait } from "../../src/index.ts";
import { synctest } from "../../src/testing/index.ts";

for (let n = 0; n < 50; n++) {
  test.concurrent(`test ${n}`, async () => {
    const body = function* () {
      const start = now();
      const c = chan<number>();
      for (let i = 0; i < 3; i++) {
        go(function* () {
          yield* sleep(n % 3 === 0 ? 1 : 1000);
          yield* c.send(i);
        });
      }
      let sum = 0;
      for (let i = 0; i < 3; i++) {
        sum += (yield* c.recv()) as number;
        yield* wait(new Promise((resolve) => setImmediate(resolve)));
      }
      return [sum, n % 3 === 0 || now() - start === 1000];
    };
    const result = n % 3 === 0 ? run(body) : n % 3 === 1 ? run(body, { clock: "fake" }) : synctest.test(body);
    expect(await result).toEqual([3, true]);
  });
}
