/** Gs and sudogs are used again from run to run. */
import { expect, test } from "bun:test";
import { go, gosched } from "../go.ts";
import { run } from "../run.ts";
import { chan } from "./channel.ts";
import { allgs } from "./g.ts";
import { readgstatus } from "./gstatus.ts";
import { mp } from "./m.ts";
import { Gdead } from "./runtime2.ts";
import { schedinit } from "./schedinit.ts";
import { liveSudogs } from "./sudog.ts";
import { sleep } from "./time.ts";

/** Leaves so many goroutines behind, each on a channel's queue. */
async function leave(count: number): Promise<number[]> {
  const goids: number[] = [];
  await run(
    function* () {
      const ch = chan<number>();
      for (let i = 0; i < count; i++) {
        goids.push(
          go(function* () {
            yield* ch.recv();
          }),
        );
      }
      yield* sleep(1);
    },
    { clock: "fake" },
  );
  return goids;
}

test("runs of many goroutines and of few, after each other, use the same Gs and sudogs, and reset them all", async () => {
  await leave(1500);
  const made = allgs().length;
  for (const count of [10, 1500, 200, 1, 700]) {
    expect(await leave(count)).toEqual(Array.from({ length: count }, (_, i) => i + 2));
    // The end of a run gives back what its goroutines held.
    expect(liveSudogs()).toBe(0);
    schedinit();
    expect(liveSudogs()).toBe(0);
    expect(allgs().filter((gp) => readgstatus(gp) !== Gdead)).toEqual([]);
  }
  expect(allgs()).toHaveLength(made);
  expect(new Set(allgs()).size).toBe(made);
});

test("a dead G comes back under a new goroutine number", async () => {
  const used: [goid: number, gp: number][] = [];
  await run(
    function* () {
      for (let i = 0; i < 5; i++) {
        const goid = go(function* () {
          used.push([goid, mp.curg]);
        });
        yield* gosched();
      }
    },
    { clock: "fake" },
  );
  expect(used.map(([goid]) => goid)).toEqual([2, 3, 4, 5, 6]);
  expect(new Set(used.map(([, gp]) => gp)).size).toBe(1);
});
