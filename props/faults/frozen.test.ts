/** Fault F4: a test runner that freezes the clocks (jest.useFakeTimers) does not keep a run from sharing the thread. */
import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { chan, go, gosched, now, run, sleep, wait } from "../../src/index.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A message that goes through the event loop, which no fake clock stops. */
function message(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const { promise, resolve } = Promise.withResolvers<void>();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(0);
  return promise;
}

test("F4: a loop of gosched beside a message of the event loop", async () => {
  const frozen = performance.now();
  await run(function* () {
    let stop = false;
    go(function* () {
      while (!stop) yield* gosched();
    });
    for (let i = 0; i < 3; i++) yield* wait(message());
    stop = true;
  });
  expect(performance.now()).toBe(frozen);
});

test("F4: hand-overs without end beside a message of the event loop", async () => {
  await run(function* () {
    const c = chan<number>();
    go(function* () {
      for (;;) yield* c.send(1);
    });
    go(function* () {
      for (;;) yield* c.recv();
    });
    yield* wait(message());
  });
});

test("F4: the fake clock of a run beside a message of the event loop", async () => {
  const passed = await run(
    function* () {
      const start = now();
      yield* wait(message());
      yield* sleep(1000);
      return now() - start;
    },
    { clock: "fake" },
  );
  expect(passed).toBe(1000);
});
