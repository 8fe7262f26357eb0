/** runtime/crash_test.go: what ends a program, and what is printed then. */
import {
  Cond,
  chan,
  context,
  FatalError,
  type Go,
  Goexit,
  go,
  goexit,
  Mutex,
  nilchan,
  PanicError,
  run,
  trace,
  wait,
} from "gobuf";
import { synctest } from "gobuf/testing";
import { crash, runMain } from "./crash-programs.ts";
import { type Fails, failureOf, GoFile, must, same, textOf, thrown, thrownBy } from "./gotest.ts";
import { LOST, MAIN_ENDS } from "./reports.ts";

export const crashTest = new GoFile("runtime/crash_test.go");

const DEADLOCK = "fatal error: all goroutines are asleep - deadlock!\n";
const NO_GOROUTINES = "fatal error: no goroutines (main called runtime.Goexit) - deadlock!";

async function output(name: string): Promise<string> {
  return (await crash(name)).output;
}

/** A test that runs one program and looks at the beginning of what is printed. */
function prints(test: string, name: string, want: string, fails?: Fails): void {
  crashTest.whole(
    test,
    async () => {
      const found = await output(name);
      must(found.startsWith(want), `${name} prints:\n${found}\nGo:\n${want}`);
    },
    fails === undefined ? {} : { fails },
  );
}

crashTest.not("it is about signals in the kernel's own code (VDSO)", "TestVDSO");

crashTest.run("TestCrashHandler", function* () {
  const printed: string[] = [];
  function deref(name: string): void {
    let line = `${name}:`;
    try {
      (undefined as unknown as { field: number }).field++;
      line += " not reached";
    } catch {
      line += " recovered";
    } finally {
      printed.push(`${line} done`);
    }
  }
  function* elsewhere(name: string): Go {
    const c = chan<boolean>();
    go(function* () {
      deref(name);
      yield* c.send(true);
    });
    yield* c.recv();
  }
  deref("main");
  yield* elsewhere("new-thread");
  yield* elsewhere("second-new-thread");
  deref("main-again");
  same(
    printed.join("\n"),
    ["main", "new-thread", "second-new-thread", "main-again"].map((n) => `${n}: recovered done`).join("\n"),
    "printed",
  );
});

prints("TestSimpleDeadlock", "SimpleDeadlock", DEADLOCK);
crashTest.not("a program has no init function: a module's top level is no goroutine", "TestInitDeadlock");
prints("TestLockedDeadlock", "LockedDeadlock", DEADLOCK);
prints("TestLockedDeadlock2", "LockedDeadlock2", DEADLOCK);
prints("TestGoexitDeadlock", "GoexitDeadlock", NO_GOROUTINES);
crashTest.not(
  "JavaScript's stack is Bun's, which throws a RangeError; that of native bodies is told by props/stacks.test.ts",
  "TestStackOverflow",
);
crashTest.not("goroutines have one thread, and make none", "TestThreadExhaustion");
prints("TestRecursivePanic", "RecursivePanic", "wrap: bad\npanic: again\n\n");
prints("TestRecursivePanic2", "RecursivePanic2", "first panic\nsecond panic\npanic: third panic\n\n");
prints("TestRecursivePanic3", "RecursivePanic3", "panic: first panic\n\n");
prints("TestRecursivePanic4", "RecursivePanic4", "panic: first panic [recovered]\n\tpanic: second panic\n");
prints("TestRecursivePanic5", "RecursivePanic5", "first panic\nsecond panic\npanic: third panic\n");
prints("TestRepanickedPanic", "RepanickedPanic", "panic: message [recovered, repanicked]\n", {
  fault: LOST,
  says: "RepanickedPanic prints:\npanic: message\n",
});
prints(
  "TestRepanickedMiddlePanic",
  "RepanickedMiddlePanic",
  "panic: inner [recovered]\n\tpanic: middle [recovered, repanicked]\n\tpanic: outer\n",
  {
    fault: LOST,
    says: "RepanickedMiddlePanic prints:\npanic: inner [recovered]\n\tpanic: middle [recovered]\n",
  },
);
prints(
  "TestRepanickedPanicSandwich",
  "RepanickedPanicSandwich",
  "panic: outer [recovered]\n\tpanic: inner [recovered]\n\tpanic: outer\n",
  {
    fault: LOST,
    says: "RepanickedPanicSandwich prints:\npanic: outer\n",
  },
);
prints("TestDoublePanicWithSameValue", "DoublePanicWithSameValue", "panic: message\n");

crashTest.whole("TestGoexitCrash", async () => {
  const found = await output("GoexitExit");
  must(found.includes(NO_GOROUTINES), `GoexitExit prints:\n${found}`);
});

crashTest.run("TestGoexitDefer", function* () {
  const c = chan<void>();
  let recovered: unknown;
  go(function* () {
    try {
      try {
        yield* goexit();
      } catch (error) {
        // A catch gets what unwinds the goroutine: Go's recover gives nil.
        if (!(error instanceof Goexit)) recovered = error;
        throw error;
      }
    } finally {
      yield* c.send();
    }
  });
  yield* c.recv();
  must(recovered === undefined, `a goexit was recovered: ${textOf(recovered)}`);
});

prints("TestGoNil", "GoNil", "fatal error: go of nil func value");
prints("TestMainGoroutineID", "MainGoroutineID", "panic: test\n\ngoroutine 1 [running]:\n");

crashTest.whole("TestNoHelperGoroutines", async () => {
  const found = (await output("NoHelperGoroutines")).match(/goroutine \d+ \[/g) ?? [];
  same(found.join(), "goroutine 1 [", "goroutines");
});

crashTest.not("there is no runtime.Breakpoint", "TestBreakpoint");
prints("TestGoexitInPanic", "GoexitInPanic", NO_GOROUTINES);

crashTest.run("TestRuntimePanicWithRuntimeError", function* () {
  const cases: readonly (readonly [what: string, body: () => Go<unknown>])[] = [
    [
      "a second close",
      function* () {
        const ch = chan<void>();
        ch.close();
        ch.close();
      },
    ],
    [
      "a send behind a close",
      function* () {
        const ch = chan<void>();
        ch.close();
        yield* ch.send();
      },
    ],
    [
      "a capacity below zero",
      function* () {
        chan<boolean>(-1);
      },
    ],
    [
      "a close of a nil channel",
      function* () {
        nilchan.close();
      },
    ],
  ];
  for (const [what, body] of cases) {
    const error = yield* thrownBy(body, what);
    must(error instanceof PanicError, `${what}: ${textOf(error)} is not a panic`);
  }
  // A map and an index have no panics in JavaScript; what is like them is its own error.
  must(thrown(() => (null as unknown as number[])[2], "an index of null") instanceof TypeError, "not a TypeError");
});

prints("TestPanicAfterGoexit", "PanicAfterGoexit", "panic: hello");
prints("TestRecoveredPanicAfterGoexit", "RecoveredPanicAfterGoexit", NO_GOROUTINES);
prints("TestRecoverBeforePanicAfterGoexit", "RecoverBeforePanicAfterGoexit", NO_GOROUTINES);
prints("TestRecoverBeforePanicAfterGoexit2", "RecoverBeforePanicAfterGoexit2", NO_GOROUTINES);

crashTest.whole("TestNetpollDeadlock", async () => {
  const { output: found } = await runMain(
    "NetpollDeadlock",
    function* (print) {
      print("dialing");
      const dial = Bun.connect({ hostname: "127.0.0.1", port: 9, socket: { data() {} } });
      try {
        (yield* wait(dial)).end();
      } catch (error) {
        print(`error: ${textOf(error)}`);
      }
      print("done");
    },
    { clock: "real" },
  );
  must(found.endsWith("done"), `printed:\n${found}`);
});

crashTest.whole(
  "TestPanicTraceback",
  async () => {
    const found = await output("PanicTraceback");
    const want = "panic: hello\n\tpanic: panic pt2\n\tpanic: panic pt1\n";
    must(found.startsWith(want), `PanicTraceback prints:\n${found}\nGo:\n${want}`);
  },
  {
    fails: {
      fault: LOST,
      says: "PanicTraceback prints:\npanic: panic pt1\n",
    },
  },
);

crashTest.not("only a generator can give way: the function that prints a value cannot", "TestPanicDeadlockGosched");
prints("TestPanicDeadlockSyscall", "SyscallInPanic", "1\n2\npanic: 3\n\n");

crashTest.whole("TestPanicLoop", async () => {
  const found = await output("PanicLoop");
  must(found.includes("panic while printing panic value"), `PanicLoop prints:\n${found}`);
});

crashTest.not("it is about Go's profiles", "TestMemPprof", "TestTimePprof");
crashTest.not(
  "JavaScript's Map has one thread: no write of it meets another",
  "TestConcurrentMapWrites",
  "TestConcurrentMapReadWrite",
  "TestConcurrentMapIterateWrite",
  "TestConcurrentMapWritesIssue69447",
);

crashTest.run("TestPanicInlined", function* () {
  function negate(p: { x: number } | undefined): void {
    (p as { x: number }).x *= -1;
  }
  const error = thrown(() => negate(undefined), "a negation of nothing") as Error;
  must(error.stack?.includes("negate") === true, `the stack does not name the function: ${error.stack}`);
});

crashTest.whole(
  "TestPanicRace",
  async () => {
    const found = await output("PanicRace");
    for (const want of ["panic: crash", "PanicRace", "created by "]) {
      must(found.includes(want), `PanicRace prints:\n${found}\nGo's has: ${want}`);
    }
  },
  {
    fails: {
      fault: MAIN_ENDS,
      says: "Go's has: panic: crash",
    },
  },
);

crashTest.not(
  "it is about frames of Go's machine code",
  "TestBadTraceback",
  "TestAbort",
  "TestRuntimePanic",
  "TestTracebackRuntimeFunction",
  "TestTracebackRuntimeMethod",
  "TestG0StackOverflow",
  "TestPanicOnUnsafeSlice",
);

crashTest.whole("TestCrashWhileTracing", async () => {
  const chunks: Uint8Array[] = [];
  trace.start((chunk) => void chunks.push(chunk.slice()));
  try {
    const failure = await failureOf(
      run(function* main() {
        trace.log(context.background(), "xyzzy-cat", "xyzzy-msg");
        panicked();
      }),
      "a panic while tracing",
    );
    same(textOf(failure), "yzzyx", "panic");
  } finally {
    trace.stop();
  }
  const bytes = Buffer.concat(chunks);
  for (const text of ["xyzzy-cat", "xyzzy-msg"]) must(bytes.includes(text), `the trace does not have ${text}`);
});

function panicked(): never {
  throw new PanicError("yzzyx");
}

crashTest.whole(
  "TestDoublePanic",
  async () => {
    const found = await output("DoublePanic");
    for (const want of ["panic: XXX", "panic: YYY"]) {
      must(found.includes(want), `DoublePanic prints:\n${found}\nGo's has: ${want}`);
    }
  },
  {
    fails: {
      fault: LOST,
      says: "DoublePanic prints:\npanic: YYY\n",
    },
  },
);

crashTest.whole("TestPanicWhilePanicking", async () => {
  const wants: Readonly<Record<string, string>> = {
    ErrorPanic: "panic while printing panic value: important multi-line\n\terror message",
    StringerPanic: "panic while printing panic value: important multi-line\n\tstringer message",
    DoubleErrorPanic: "panic while printing panic value: type",
    DoubleStringerPanic: "panic while printing panic value: type",
    CircularPanic: "panic while printing panic value: type",
    StringPanic: "important multi-line\n\tstring message",
    NilPanic: "nil",
  };
  for (const [name, want] of Object.entries(wants)) {
    const found = await output(name);
    must(found.includes(want), `${name} prints:\n${found}\nGo's has: ${want}`);
  }
});

crashTest.not("it is about the count of goroutines in Go's netpoll", "TestNetpollWaiters");
crashTest.not("JavaScript's finalizers run in no goroutine", "TestFinalizerOrCleanupDeadlock");

/** Wakes a goroutine of one bubble from where `where` says: Go ends the program. */
async function wakeFrom(where: "no bubble" | "another bubble", wake: "signal" | "broadcast"): Promise<unknown> {
  const end = new AbortController();
  const m = new Mutex();
  const cond = new Cond(m);
  const ready = chan<void>();
  const bubble = function* (): Go {
    go(function* () {
      yield* m.lock();
      yield* cond.wait();
      yield* m.unlock();
    });
    yield* synctest.wait();
    yield* ready.recv();
    yield* ready.recv();
    cond.signal();
  };
  try {
    return await failureOf(
      run(function* () {
        const ended = synctest.test(bubble, { signal: end.signal }).catch(() => {});
        yield* ready.send();
        if (where === "no bubble") cond[wake]();
        else {
          const other = synctest.test(function* () {
            cond[wake]();
          });
          yield* wait(other);
        }
        yield* ready.send();
        yield* wait(ended);
      }),
      `${wake} from ${where}`,
    );
  } finally {
    end.abort();
  }
}

crashTest.whole(
  "TestSynctestCondSignalFromNoBubble",
  async () => {
    for (const where of ["no bubble", "another bubble"] as const) {
      for (const wake of ["signal", "broadcast"] as const) {
        const failure = await wakeFrom(where, wake);
        must(failure instanceof FatalError, `${wake} from ${where}: ${textOf(failure)} is no fatal error`);
        same(failure.text, "semaphore wake of synctest goroutine from outside bubble", `${wake} from ${where}`);
      }
    }
  },
  {
    fails: {
      fault: "synctest: a goroutine of a bubble may be woken from outside",
      says: /signal from no bubble: (the program ends without a failure|all goroutines are asleep)/,
    },
  },
);

crashTest.not("it is the entry of the test binary", "TestMain");
