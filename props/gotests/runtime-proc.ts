/** runtime/proc_test.go, runtime/sema_test.go: the scheduler, and hand-over of a semaphore. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import {
  after,
  type Chan,
  chan,
  type Go,
  go,
  goroutineDump,
  goroutines,
  gosched,
  Mutex,
  numGoroutine,
  recvCase,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { drain, flag, GoFile, must, poll, same } from "./gotest.ts";

export const procTest = new GoFile("runtime/proc_test.go");

/** A loop that looks for a value and gives way sees it; a goroutine never leaves its thread, locked or not. */
function* yieldProgress(): Go {
  const c = chan<boolean>();
  const ack = chan<boolean>();
  go(function* () {
    while (!(yield* poll(c)).ready) yield* gosched();
    yield* ack.send(true);
  });
  yield* sleep(10);
  yield* c.send(true);
  yield* ack.recv();
}

procTest.run("TestYieldProgress", yieldProgress, { clock: "real" });
procTest.run("TestYieldLockedProgress", () => yieldProgress(), { clock: "real" });

procTest.run("TestYieldLocked", function* () {
  const c = chan<boolean>();
  go(function* () {
    for (let i = 0; i < 10; i++) {
      yield* gosched();
      yield* sleep(1);
    }
    yield* c.send(true);
  });
  yield* c.recv();
});

procTest.run("TestBlockLocked", function* () {
  const c = chan<boolean>();
  go(function* () {
    for (let i = 0; i < 10; i++) yield* c.send(true);
  });
  yield* drain(c, 10);
});

procTest.run(
  "TestTimerFairness",
  function* () {
    const done = chan<never>();
    const c = chan<boolean>();
    for (let i = 0; i < 2; i++) {
      go(function* () {
        while ((yield* select([sendCase(c, true), recvCase(done)])).index === 0);
      });
    }
    const timer = after(20);
    const limit = performance.now() + 5000;
    while ((yield* select([recvCase(c), recvCase(timer)])).index === 0) {
      must(performance.now() < limit, "the timer is never chosen");
    }
    done.close();
  },
  { clock: "real" },
);

procTest.run(
  "TestTimerFairness2",
  function* () {
    const done = chan<boolean>();
    const c = chan<boolean>();
    const fd = openSync(import.meta.path, "r");
    const limit = performance.now() + 5000;
    for (let i = 0; i < 2; i++) {
      go(function* () {
        const timer = after(20);
        for (;;) {
          readSync(fd, new Uint8Array(1), 0, 0, null);
          must(performance.now() < limit, "the timer is never chosen");
          if ((yield* select([sendCase(c, true), recvCase(c), recvCase(timer)])).index === 2) break;
        }
        yield* done.send(true);
      });
    }
    yield* drain(done, 2);
    closeSync(fd);
  },
  { clock: "real" },
);

procTest.run(
  "TestGCFairness",
  function* () {
    const fd = openSync(process.platform === "win32" ? "NUL" : "/dev/null", "w");
    const stop = flag();
    for (let i = 0; i < 2; i++) {
      go(function* () {
        // Go takes a writer off its P in the system call; here it gives way by itself.
        while (!stop.value) {
          writeSync(fd, ".");
          yield* gosched();
        }
      });
    }
    yield* sleep(10);
    stop.value = true;
    closeSync(fd);
  },
  { clock: "real" },
);

procTest.run(
  "TestGCFairness2",
  function* () {
    const counts = [0, 0, 0];
    const stop = flag();
    for (let i = 0; i < counts.length; i++) {
      go(function* () {
        for (let n = 0; !stop.value; n++) {
          counts[i] += new Uint8Array(1024).length / 1024;
          if (n % 1000 === 0) Bun.gc(false);
          yield* gosched();
        }
      });
    }
    // Go waits for 30 ms, which a collection may take alone on a slow machine.
    while (counts.every((n) => n < 30)) yield* sleep(1);
    stop.value = true;
    for (const [i, n] of counts.entries()) must(n > 0, `goroutine ${i} did not run`);
  },
  { clock: "real" },
);

procTest.run("TestNumGoroutine", function* () {
  same(numGoroutine(), 1, "goroutines of a program that starts none");
  for (let i = 0; i < 5; i++) go(drain, chan<void>(), 1);
  yield* gosched();
  same(numGoroutine(), 6, "goroutines");
  same(goroutines().length, 6, "goroutines listed");
  same(
    goroutineDump()
      .replaceAll("in goroutine", "")
      .match(/goroutine /g)?.length,
    6,
    "goroutines in the dump",
  );
});

procTest.run(
  "TestPingPongHog",
  function* () {
    const done = chan<never>();
    const start = performance.now();
    // Go's hogs count for a millisecond, the others for a thousandth of it, and what each pair has counted to is compared.
    // Here it is the time that each pair has: a count would be one of hand-overs on a slow machine.
    const used = { hog: 0, light: 0 };
    let owner: keyof typeof used | undefined;
    let since = start;
    function* player(ms: number, whose: keyof typeof used, wake: Chan<boolean>): Go {
      for (;;) {
        if ((yield* select([recvCase(done), recvCase(wake)])).index === 0) return;
        const time = performance.now();
        if (owner !== undefined) used[owner] += time - since;
        owner = whose;
        since = time;
        while (performance.now() < time + ms);
        must(time - start < 10_000, "main never runs again beside two goroutines that hand over to each other");
        yield* wake.send(true);
      }
    }
    const [hog, light] = [chan<boolean>(), chan<boolean>()];
    for (let i = 0; i < 2; i++) go(player, 1, "hog", hog);
    for (let i = 0; i < 2; i++) go(player, 0.001, "light", light);
    yield* hog.send(true);
    yield* light.send(true);
    yield* sleep(200);
    done.close();
    yield* hog.recv();
    yield* light.recv();
    const ratio = used.hog / used.light;
    must(ratio < 20 && ratio > 1 / 20, `of the time the hogs have ${used.hog} ms, the others ${used.light}`);
  },
  { clock: "real" },
);

procTest.not(
  "there is one P: goroutines do not run at the same time",
  "TestGoroutineParallelism",
  "TestGoroutineParallelism2",
  "TestBigGOMAXPROCS",
  "TestSchedLocalQueueSteal",
  "TestStealOrder",
);
procTest.not(
  "a body gives way at operations only: nothing takes it off between them",
  "TestPreemption",
  "TestPreemptionGC",
  "TestAsyncPreempt",
  "TestPreemptSplitBig",
  "TestPreemptionAfterSyscall",
);
procTest.not(
  "it stops the world, by Go's collector or by GOMAXPROCS",
  "TestStopTheWorldDeadlock",
  "TestTraceSTW",
  "TestTraceGCSTW",
  "TestMexitSTW",
);
procTest.not(
  "it fills the runtime's own queue; props/runq.test.ts does that here",
  "TestSchedLocalQueue",
  "TestSchedLocalQueueEmpty",
);
procTest.not(
  "goroutines have one thread, and lock none",
  "TestLockOSThreadNesting",
  "TestLockOSThreadExit",
  "TestLockOSThreadAvoidsStatePropagation",
  "TestLockOSThreadTemplateThreadRace",
  "TestLockOSThreadVgetrandom",
  "TestGetgThreadSwitch",
);
procTest.not("Bun's event loop has the part of netpoll", "TestNetpollBreak");

export const semaTest = new GoFile("runtime/sema_test.go");

/** Whether a starving waiter of a mutex runs before the one that unlocks for it goes on. */
function* handoff(): Go<boolean> {
  const m = new Mutex();
  const done = chan<never>();
  let first = "";
  const wg = new WaitGroup();
  wg.go(function* () {
    while (!(yield* poll(done)).ready) yield* gosched();
  });
  yield* m.lock();
  wg.go(function* waiter() {
    yield* m.lock();
    first ||= "waiter";
    yield* m.unlock();
    done.close();
  });
  while (!goroutines().some((g) => g.name === "waiter" && g.state === "sync.Mutex.Lock")) yield* gosched();
  // The waiter is woken when it has waited for more than a millisecond, and finds the mutex locked again: it starves.
  const woken = performance.now() + 1.2;
  while (performance.now() < woken);
  yield* m.unlock();
  yield* m.lock();
  yield* gosched();
  yield* gosched();
  yield* m.unlock();
  first ||= "main";
  yield* wg.wait();
  return first === "waiter";
}

for (const name of ["TestSemaHandoff", "TestSemaHandoff1"]) {
  semaTest.run(
    name,
    function* () {
      const rounds = 50;
      let ok = 0;
      for (let i = 0; i < rounds; i++) if (yield* handoff()) ok++;
      must(ok >= (rounds * 2) / 3, `${ok} of ${rounds} hand-overs were direct`);
    },
    { clock: "real" },
  );
}
semaTest.not("it runs with two Ps", "TestSemaHandoff2");
