/** Jobs that have their places: no more at a time than there are, in their order, and one that fails gives its place back. */
import { expect, test } from "bun:test";
import { places } from "./beside.ts";

test("as many at a time as there are places, in the order in which they came", async () => {
  const place = places(2);
  let [now, most] = [0, 0];
  const began: number[] = [];
  const job = async (n: number) => {
    began.push(n);
    most = Math.max(most, ++now);
    // The first ones take longest.
    for (let turns = 6 - n; turns > 0; turns--) await Promise.resolve();
    now--;
    return n * n;
  };
  const results = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => place(() => job(n))));
  expect(results).toEqual([0, 1, 4, 9, 16, 25]);
  expect(began).toEqual([0, 1, 2, 3, 4, 5]);
  expect([now, most]).toEqual([0, 2]);
});

test("one that fails is told of, and the next one has its place", async () => {
  const place = places(1);
  const settled = await Promise.allSettled([
    place(() => {
      throw new Error("at once");
    }),
    place(() => Promise.reject(new Error("later"))),
    place(() => 3),
  ]);
  expect(settled.map((one) => (one.status === "fulfilled" ? one.value : (one.reason as Error).message))).toEqual([
    "at once",
    "later",
    3,
  ]);
  expect(await place(() => 4)).toBe(4);
});
