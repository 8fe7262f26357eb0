/** Mutexes, WaitGroups and contexts between threads. */
import { expect, setDefaultTimeout } from "bun:test";
import { chan, context, go, Mutex, run, sleep, WaitGroup } from "gobuf";
import { workersTest } from "./skip.ts";

setDefaultTimeout(60_000);
const stages = new URL("./stages.ts", import.meta.url);
type Stages = typeof import("./stages.ts");

workersTest("a Mutex lets one goroutine in, whatever its thread", async () => {
  await run(function* main() {
    const cells = new SharedArrayBuffer(4);
    const mutex = Mutex.shared();
    const wg = WaitGroup.shared();
    wg.add(4);
    for (let i = 0; i < 4; i++)
      yield* go.worker<Stages>({ module: stages, m: 1 + (i % 3) }, "count", cells, 200, mutex, wg);
    yield* wg.wait();
    expect(new Int32Array(cells)[0]).toBe(800);
    expect(mutex.tryLock()).toBe(true);
    expect(mutex.tryLock()).toBe(false);
    mutex.unlock();
  });
});

workersTest("a WaitGroup counts, and panics below 0", async () => {
  await run(function* main() {
    const wg = WaitGroup.shared();
    yield* wg.wait();
    wg.go(function* () {
      yield* sleep(1);
    });
    wg.add(1);
    go(function* () {
      yield* sleep(1);
      wg.done();
    });
    yield* wg.wait();
    expect(() => wg.done()).toThrow("sync: negative WaitGroup counter");
  });
});

workersTest("a context that is canceled here is canceled there, for the same reason", async () => {
  await run(function* main() {
    const says = chan.shared<string>();
    const [ctx, cancel] = context.withCancelCause(context.background());
    for (let m = 1; m < 3; m++) yield* go.worker<Stages>({ module: stages, m }, "causeOf", ctx, says);
    yield* go.worker<Stages>({ module: stages, m: 1 }, "untilDone", ctx, says);
    cancel(new RangeError("enough"));
    const got = [yield* says.recv(), yield* says.recv(), yield* says.recv()].sort();
    expect(got).toEqual(["RangeError: enough", "RangeError: enough", "context canceled"]);
    // One that is over already.
    yield* go.worker<Stages>({ module: stages, m: 2 }, "untilDone", ctx, says);
    expect(yield* says.recv()).toBe("context canceled");
  });
});

workersTest("a deadline comes there, also to one that only computes and asks", async () => {
  await run(function* main() {
    const says = chan.shared<string>();
    const [ctx] = context.withTimeout(context.background(), 30);
    yield* go.worker<Stages>({ module: stages, m: 1 }, "untilDone", ctx, says);
    yield* go.worker<Stages>({ module: stages, m: 2 }, "untilErr", ctx, says);
    expect(yield* says.recv()).toBe("context deadline exceeded");
    expect(yield* says.recv()).toBe("context deadline exceeded");
  });
});

workersTest("a deadline comes there by its own clock: here nobody has the time to say so", async () => {
  const cells = new SharedArrayBuffer(4);
  const cell = new Int32Array(cells);
  await run(function* main() {
    // The thread is there before: to start one takes longer than the context has.
    yield* go.worker<Stages>({ module: stages, m: 1 }, "computes", 0);
    const [ctx, cancel] = context.withTimeout(context.background(), 500);
    yield* go.worker<Stages>({ module: stages, m: 1 }, "untilErrThere", ctx, cells);
    const end = performance.now() + 10_000;
    while (Atomics.load(cell, 0) === 0 && performance.now() < end);
    const told = Atomics.load(cell, 0);
    // Whoever has not heard of it does now, so that the thread ends.
    cancel();
    expect(told).toBe(1);
  });
});
