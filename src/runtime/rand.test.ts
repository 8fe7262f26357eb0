/** select's draws against the same generator in BigInt arithmetic. */
import { expect, test } from "bun:test";
import { cheaprandn, randinit, randstate } from "./rand.ts";

const MASK = (1n << 64n) - 1n;

/** cheaprandn as the format describes it. */
function* reference(seed: number): Generator<number, never, number> {
  let s = BigInt(seed);
  let n = yield 0;
  for (;;) {
    s = (s + 0xa0761d6478bd642fn) & MASK;
    const product = s * (s ^ 0xe7037ed1a0b428dbn);
    const word = ((product >> 64n) ^ product) & 0xffffffffn;
    n = yield Number((word * BigInt(n)) >> 32n);
  }
}

test.each([0, 1, 7, 0xffff_ffff, 2 ** 32, 2 ** 53 - 1, 123_456_789_012_345])(
  "seed %p draws what 64-bit arithmetic draws",
  (seed) => {
    randinit(seed);
    const expected = reference(seed);
    expected.next(0);
    for (let i = 0; i < 5000; i++) {
      const n = i % 7 === 0 ? 2 ** 31 - 1 : 1 + (i % 1000);
      expect(cheaprandn(n)).toBe(expected.next(n).value);
    }
  },
);

test("the state is the seed before the first draw", () => {
  randinit(2 ** 40 + 5);
  expect(randstate()).toEqual([5, 256]);
});

test.each([-1, 0.5, 2 ** 53, Number.NaN])("seed %p is refused", (seed) => {
  expect(() => randinit(seed)).toThrow(`seed ${seed}`);
});
