/** Goroutines and ordinary async code that hand each other values over a channel, in both directions. */
import { chan, hold, run, wait } from "gobuf";
import type { Program, Programs } from "../program.ts";

/** Async code sends to a goroutine, which waits. */
const feed: Program = async (n) => {
  const c = chan<number>();
  const fed = Promise.withResolvers<void>();
  const done = run(function* () {
    using _ = hold();
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (yield* c.recv()) ?? -1;
    // The last send may not have settled yet, and a run that is over rejects it.
    yield* wait(fed.promise);
    return sum;
  });
  for (let i = 0; i < n; i++) await c.sendAsync(i);
  fed.resolve();
  return await done;
};

/** A goroutine sends to a loop of async code. */
const drain: Program = async (n) => {
  const c = chan<number>();
  const drained = Promise.withResolvers<void>();
  const done = run(function* () {
    using _ = hold();
    for (let i = 0; i < n; i++) yield* c.send(i);
    c.close();
    // A run that is over has no channel to look at.
    yield* wait(drained.promise);
  });
  let sum = 0;
  for await (const i of c) sum += i;
  drained.resolve();
  await done;
  return sum;
};

/** The programs by the name of their row. */
export const programs: Programs = { "sendAsync to a waiting goroutine": feed, "for await an item": drain };
