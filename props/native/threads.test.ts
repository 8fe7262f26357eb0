/**
 * A few Workers in a row in this process: what one leaves goes to the next (F23), and one that calls back in a loop can be
 * terminated (F27). props/threads has hundreds of them, each process watched from outside.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { HEADER_G_NEXT, HEADER_M_COUNT, HEADER_SUDOG_NEXT } from "../../src/runtime/codes.ts";
import { mmem, native } from "../../src/runtime/ffi.ts";
import { runOne } from "../threads/run-one.ts";
import { CALLED, type Task } from "../threads/task.ts";

/** A Worker takes a second under an emulator. */
setDefaultTimeout(60_000);

/** What the process has of all that threads take. */
function taken() {
  const stacks = new Uint32Array(4);
  native.gobuf_stackstats(stacks as never);
  return {
    gs: Atomics.load(mmem, HEADER_G_NEXT),
    sudogs: Atomics.load(mmem, HEADER_SUDOG_NEXT),
    ms: Atomics.load(mmem, HEADER_M_COUNT),
    stacks: (stacks[0] as number) + (stacks[1] as number),
  };
}

for (const exits of [true, false]) {
  test(`F23: what a Worker took goes to the next, which ${exits ? "ends itself" : "is terminated"}`, async () => {
    await runOne({ what: "work", count: 8, exits });
    const before = taken();
    for (let n = 0; n < 3; n++) await runOne({ what: "work", count: 8, exits });
    expect(taken()).toEqual(before);
  });
}

test("F27: a Worker whose native body calls back in a loop is gone when it is terminated", async () => {
  const task: Task = { what: "callbacks", count: 1, exits: false };
  await runOne(task);
  const { ms } = taken();
  // A thread that burns on keeps its M, also when it counts as closed.
  for (let n = 0; n < 3; n++) await runOne(task);
  expect(taken().ms).toBe(ms);
});

test("F27: a body that calls back gets no outcome once its thread is being terminated: it runs no further", async () => {
  const shared = new SharedArrayBuffer(4 * (CALLED + 1));
  await runOne({ what: "callbacks", count: 1, exits: false, shared });
  const words = new Uint32Array(shared);
  const called = words[CALLED] as number;
  expect(called).toBeGreaterThan(100);
  // Word 6 counts the calls that came back to the body. One that goes on counts many that JavaScript did not see.
  expect(words[6] as number).toBeLessThanOrEqual(called);
});
