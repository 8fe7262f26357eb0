/**
 * Goroutines in TypeScript on several threads, and channels between them. The clock starts when the threads are there and warm,
 * for a run starts its threads once. messages.ts has the same with Workers and postMessage.
 */
import { chan, type Go, go, run } from "gobuf";
import type { Measured, Program, Programs } from "../program.ts";
import { type Item, itemOf, ROUNDS_OF_1_MS, WARM, WARM_TRIPS } from "./rounds.ts";

const stages = new URL("./threadstages.ts", import.meta.url);
type Stages = typeof import("./threadstages.ts");

/** Room of the channels. */
const ROOM = 128;
/** Threads of the tasks: as many as the smallest machine has cores that is worth it. */
const THREADS = 2;

/** A pipeline of three: this thread makes, two others hand on, and this one adds up. */
function pipeline<T>(make: (i: number) => T, read: (item: T) => number): Program {
  return (n) =>
    run(function* (): Go<Measured> {
      const [first, second, third] = [chan.shared<T>(ROOM), chan.shared<T>(ROOM), chan.shared<T>(ROOM)];
      yield* go.worker<Stages>({ module: stages, m: 1 }, "relay", first, second);
      yield* go.worker<Stages>({ module: stages, m: 2 }, "relay", second, third);
      go(function* () {
        for (let i = 0; i < WARM + n; i++) yield* first.send(make(Math.max(0, i - WARM)));
        first.close();
      });
      for (let i = 0; i < WARM; i++) yield* third.recv();
      const start = Bun.nanoseconds();
      let sum = 0;
      for (let next = yield* third.recv(); next !== undefined; next = yield* third.recv()) sum += read(next);
      return { check: sum, values: [Bun.nanoseconds() - start] };
    });
}

const trip: Program = (n) =>
  run(function* (): Go<Measured> {
    const [there, back] = [chan.shared<number>(), chan.shared<number>()];
    yield* go.worker<Stages>(stages, "relay", there, back);
    let [sum, start] = [0, 0];
    for (let i = -WARM_TRIPS; i < n; i++) {
      if (i === 0) start = Bun.nanoseconds();
      yield* there.send(Math.max(0, i));
      sum += (yield* back.recv()) ?? 0;
    }
    return { check: sum, values: [Bun.nanoseconds() - start] };
  });

function tasksOn(threads: number, n: number): Promise<Measured> {
  return run(function* (): Go<Measured> {
    const [jobs, results] = [chan.shared<number>(ROOM), chan.shared<number>(ROOM)];
    for (let m = 1; m <= threads; m++) yield* go.worker<Stages>({ module: stages, m }, "computer", jobs, results);
    const start = Bun.nanoseconds();
    go(function* () {
      for (let i = 0; i < n; i++) yield* jobs.send(ROUNDS_OF_1_MS);
      jobs.close();
    });
    let done = 0;
    for (let i = 0; i < n; i++) done += (yield* results.recv()) ?? 0;
    return { check: done, values: [Bun.nanoseconds() - start] };
  });
}

const tasks: Program = async (n) => {
  const one = await tasksOn(1, n);
  const several = await tasksOn(THREADS, n);
  return { check: one.check === several.check ? one.check : -1, values: [...one.values, ...several.values] };
};

const starts: Program = (n) =>
  run(function* (): Go<Measured> {
    const began = chan.shared<boolean>();
    yield* go.worker<Stages>({ module: stages, m: 1 }, "begins", began);
    yield* began.recv();
    const start = Bun.nanoseconds();
    let count = 0;
    for (let i = 0; i < n; i++) {
      yield* go.worker<Stages>({ module: stages, m: 1 }, "begins", began);
      if (yield* began.recv()) count++;
    }
    return { check: count, values: [Bun.nanoseconds() - start] };
  });

/** The programs by the names of their rows. What threads share is there on Linux. */
export const threadPrograms: Programs =
  process.platform !== "linux"
    ? {}
    : {
        "number through threads": pipeline(
          (i) => i,
          (i) => i,
        ),
        "object through threads": pipeline<Item>(itemOf, ({ id }) => id),
        "trip between threads": trip,
        "tasks on threads": tasks,
        "start on a thread": starts,
      };
