/** internal/synctest/synctest_test.go: what crosses the border of a bubble, of channels, timers and WaitGroups. */
import {
  type Chan,
  chan,
  FatalError,
  type Go,
  go,
  newTimer,
  recvCase,
  run,
  select,
  sleep,
  type Timer,
  tick,
  WaitGroup,
} from "gobuf";
import { synctest } from "gobuf/testing";
import { failureOf, flag, forever, must, same, textOf } from "./gotest.ts";
import { internalTest } from "./synctest.ts";

const neverReady = chan<never>();

/** What is done to a channel from outside, and the operation of the bubble that waits for it. */
const outsides: readonly Readonly<{
  what: string;
  outside: (c: Chan<number>) => void;
  inside: (c: Chan<number>) => Go;
}>[] = [
  {
    what: "a receive, closed",
    outside: (c) => c.close(),
    *inside(c) {
      yield* c.recv();
    },
  },
  {
    what: "a receive, a value",
    outside: (c) => void c.sendAsync(0),
    *inside(c) {
      yield* c.recv();
    },
  },
  {
    what: "a send",
    outside: (c) => void c.recvAsync(),
    *inside(c) {
      yield* c.send(0);
    },
  },
  {
    what: "a select, all from outside",
    outside: (c) => c.close(),
    *inside(c) {
      yield* select([recvCase(c), recvCase(neverReady)]);
    },
  },
  {
    what: "a select, one of the bubble",
    outside: (c) => c.close(),
    *inside(c) {
      yield* select([recvCase(c), recvCase(chan<never>())]);
    },
  },
];

internalTest.whole("TestChannelFromOutsideBubble", async () => {
  for (const { what, outside, inside } of outsides) {
    const ch = chan<number>();
    const outsideTimer = setTimeout(() => outside(ch), 1);
    try {
      await synctest.test(function* () {
        yield* inside(ch);
      });
    } catch (error) {
      throw new Error(`${what}: ${textOf(error)}`);
    } finally {
      clearTimeout(outsideTimer);
    }
  }
});

/** Uses outside what a bubble made: Go ends the program. */
async function leaves<T>(
  what: string,
  want: string,
  make: () => T,
  use: (value: T) => Go<unknown>,
  where: "outside" | "in another bubble",
): Promise<void> {
  let value: T | undefined;
  await synctest.test(function* () {
    value = make();
  });
  function* main(): Go {
    // An operation that would wait must not: it is refused before.
    go(function* () {
      yield* use(value as T);
    });
    yield* sleep(1);
  }
  const name = `${what}, ${where}`;
  const failure = await failureOf(where === "outside" ? run(main, { clock: "fake" }) : synctest.test(main), name);
  must(failure instanceof FatalError, `${name}: ${textOf(failure)} is no fatal error`);
  same(failure.text, want, name);
}

internalTest.whole("TestChannelMovedOutOfBubble", async () => {
  for (const where of ["outside", "in another bubble"] as const) {
    const make = () => chan<void>();
    await leaves("receive", "receive on synctest channel from outside bubble", make, (c) => gen(c.recv()), where);
    await leaves("send", "send on synctest channel from outside bubble", make, (c) => gen(c.send()), where);
    await leaves("close", "close of synctest channel from outside bubble", make, (c) => does(() => c.close()), where);
  }
});

/** An operation as a body. */
function* gen<T>(op: Iterable<unknown> & { [Symbol.iterator](): Iterator<unknown, T, unknown> }): Go<T> {
  return yield* op;
}

/** A call as a body. */
function* does(f: () => unknown): Go {
  f();
}

internalTest.whole("TestTimerFromInsideBubble", async () => {
  const make = () => newTimer(1000);
  const outside = "outside" as const;
  await leaves("read", "receive on synctest channel from outside bubble", make, (t: Timer) => gen(t.c.recv()), outside);
  await leaves("reset", "reset of synctest timer from outside bubble", make, (t) => does(() => t.reset(1000)), outside);
  await leaves("stop", "stop of synctest timer from outside bubble", make, (t) => does(() => t.stop()), outside);
});

for (const [name, want, body] of [
  ["TestDeadlockRoot", "deadlock: all goroutines in bubble are blocked", forever],
  [
    "TestDeadlockChild",
    "deadlock: main bubble goroutine has exited but blocked goroutines remain",
    function* () {
      go(forever);
    },
  ],
  [
    "TestDeadlockTicker",
    "deadlock: main bubble goroutine has exited but blocked goroutines remain",
    function* () {
      go(function* () {
        yield* tick(1000).recv();
        must(false, "the ticker ran");
      });
    },
  ],
] as const) {
  internalTest.whole(name, async () => {
    const failure = await failureOf(synctest.test(body as () => Go), name);
    must(failure instanceof FatalError, `${textOf(failure)} is no fatal error`);
    same(failure.text, want, "text");
  });
}

internalTest.whole("TestWaitGroupOutOfBubble", async () => {
  const wg = new WaitGroup();
  wg.add(1);
  const done = flag();
  const timer = setTimeout(() => {
    // Not before: the bubble is not durably blocked.
    done.value = true;
    wg.done();
  }, 1);
  try {
    await synctest.test(function* () {
      yield* wg.wait();
      must(done.value, "the bubble ended before done was called");
    });
  } finally {
    clearTimeout(timer);
  }
});

const FROM_BOTH = "sync: WaitGroup.Add called from inside and outside synctest bubble";

/** A program that Go ends by a fatal error. */
async function fatal(want: string, program: () => Promise<void>): Promise<void> {
  const failure = await failureOf(program(), "a WaitGroup that is moved");
  must(failure instanceof FatalError, `${textOf(failure)} is no fatal error`);
  same(failure.text, want, "text");
}

internalTest.whole("TestWaitGroupMovedIntoBubble", () =>
  fatal(FROM_BOTH, async () => {
    const wg = new WaitGroup();
    wg.add(1);
    await synctest.test(() => does(() => wg.add(1)));
  }),
);

internalTest.whole("TestWaitGroupMovedOutOfBubble", () =>
  fatal(FROM_BOTH, async () => {
    const wg = new WaitGroup();
    await synctest.test(() => does(() => wg.add(1)));
    wg.add(1);
  }),
);

internalTest.whole("TestWaitGroupMovedBetweenBubblesWithNonZeroCount", () =>
  fatal("sync: WaitGroup.Add called from multiple synctest bubbles", async () => {
    const wg = new WaitGroup();
    await synctest.test(() => does(() => wg.add(1)));
    await synctest.test(() => does(() => wg.add(1)));
  }),
);

internalTest.whole("TestWaitGroupDisassociateInWait", async () => {
  const wg = new WaitGroup();
  await synctest.test(function* () {
    wg.add(1);
    wg.done();
    yield* wg.wait();
  });
  await synctest.test(function* () {
    wg.add(1);
    wg.done();
  });
});

internalTest.whole("TestWaitGroupDisassociateInAdd", async () => {
  const wg = new WaitGroup();
  await synctest.test(function* () {
    wg.add(1);
    go(function* () {
      yield* wg.wait();
    });
    yield* synctest.wait();
    wg.done();
  });
  await synctest.test(function* () {
    wg.add(1);
    wg.done();
  });
});

const packageGroup = new WaitGroup();

internalTest.bubble("TestWaitGroupLinkerAllocated", function* () {
  packageGroup.go(function* () {});
  yield* packageGroup.wait();
});

const heapGroup = new WaitGroup();

internalTest.bubble("TestWaitGroupHeapAllocated", function* () {
  heapGroup.add(1);
  go(function* () {
    yield* heapGroup.wait();
  });
  yield* synctest.wait();
  heapGroup.done();
});
