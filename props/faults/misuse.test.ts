/**
 * Misuse that Go names: what each program ends with, text for text, here and in the Go that is installed. What is a panic
 * can be recovered; what is a fatal error cannot.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentAbi } from "../../scripts/abis/abis.ts";
import { Key } from "../../src/context/context.ts";
import {
  Cond,
  type Context,
  chan,
  context,
  type Go,
  go,
  goexit,
  gosched,
  Mutex,
  newTicker,
  nilchan,
  RWMutex,
  reportOf,
  runSync,
  select,
  sendCase,
  WaitGroup,
} from "../../src/index.ts";
import { goEnvironment, installedGo } from "../go.ts";

/** A build of a small program, and runs of it, on a machine that may be busy. */
setDefaultTimeout(120_000);

/** A program that misuses something. */
interface Misuse {
  /** Go's statements. */
  readonly go: string;
  readonly body: () => Go;
  /** The first line of what Go prints. */
  readonly says: string;
}

const UNLOCK = "fatal error: sync: unlock of unlocked mutex";
const RW_UNLOCK = "fatal error: sync: Unlock of unlocked RWMutex";
const RUNLOCK = "fatal error: sync: RUnlock of unlocked RWMutex";
const NEGATIVE = "panic: sync: negative WaitGroup counter";
const CLOSED = "panic: send on closed channel";
const DEADLOCK = "fatal error: all goroutines are asleep - deadlock!";
const nobody = null as unknown as Context;

const MISUSES: readonly Misuse[] = [
  {
    go: "var m sync.Mutex; m.Unlock()",
    *body() {
      yield* new Mutex().unlock();
    },
    says: UNLOCK,
  },
  {
    go: "var m sync.Mutex; m.Lock(); m.Unlock(); m.Unlock()",
    *body() {
      const m = new Mutex();
      yield* m.lock();
      yield* m.unlock();
      yield* m.unlock();
    },
    says: UNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.Unlock()",
    *body() {
      yield* new RWMutex().unlock();
    },
    says: RW_UNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.RLock(); m.Unlock()",
    *body() {
      const m = new RWMutex();
      yield* m.rlock();
      yield* m.unlock();
    },
    says: RW_UNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.Lock(); m.Unlock(); m.Unlock()",
    *body() {
      const m = new RWMutex();
      yield* m.lock();
      yield* m.unlock();
      yield* m.unlock();
    },
    says: RW_UNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.RUnlock()",
    *body() {
      new RWMutex().runlock();
      yield* gosched();
    },
    says: RUNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.Lock(); m.RUnlock()",
    *body() {
      const m = new RWMutex();
      yield* m.lock();
      m.runlock();
      yield* gosched();
    },
    says: RUNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.RLock(); m.RUnlock(); m.RUnlock()",
    *body() {
      const m = new RWMutex();
      yield* m.rlock();
      m.runlock();
      m.runlock();
      yield* gosched();
    },
    says: RUNLOCK,
  },
  {
    go: "var m sync.RWMutex; if !m.TryLock() { return }; m.RUnlock()",
    *body() {
      const m = new RWMutex();
      if (!m.tryLock()) return;
      m.runlock();
      yield* gosched();
    },
    says: RUNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.RLocker().Unlock()",
    *body() {
      yield* new RWMutex().rlocker().unlock();
    },
    says: RUNLOCK,
  },
  {
    go: "var m sync.RWMutex; m.RLock(); go m.Lock(); runtime.Gosched(); m.RUnlock(); m.RUnlock(); m.RUnlock()",
    *body() {
      const m = new RWMutex();
      yield* m.rlock();
      go(function* () {
        yield* m.lock();
      });
      yield* gosched();
      m.runlock();
      m.runlock();
      yield* gosched();
    },
    says: RUNLOCK,
  },
  {
    go: "c := sync.NewCond(&sync.Mutex{}); c.Wait()",
    *body() {
      yield* new Cond(new Mutex()).wait();
    },
    says: UNLOCK,
  },
  {
    go: "c := sync.NewCond((&sync.RWMutex{}).RLocker()); c.Wait()",
    *body() {
      yield* new Cond(new RWMutex().rlocker()).wait();
    },
    says: RUNLOCK,
  },
  {
    go: "c := sync.NewCond(&sync.RWMutex{}); c.Wait()",
    *body() {
      yield* new Cond(new RWMutex()).wait();
    },
    says: RW_UNLOCK,
  },
  {
    go: "var wg sync.WaitGroup; wg.Done()",
    *body() {
      new WaitGroup().done();
    },
    says: NEGATIVE,
  },
  {
    go: "var wg sync.WaitGroup; wg.Add(1); wg.Add(-2)",
    *body() {
      const wg = new WaitGroup();
      wg.add(1);
      wg.add(-2);
    },
    says: NEGATIVE,
  },
  {
    go: "var c chan int; close(c)",
    *body() {
      nilchan.close();
    },
    says: "panic: close of nil channel",
  },
  {
    go: "c := make(chan int); close(c); close(c)",
    *body() {
      const c = chan<number>();
      c.close();
      c.close();
    },
    says: "panic: close of closed channel",
  },
  {
    go: "c := make(chan int, 1); close(c); c <- 1",
    *body() {
      const c = chan<number>(1);
      c.close();
      yield* c.send(1);
    },
    says: CLOSED,
  },
  {
    go: "c := make(chan int); go close(c); c <- 1",
    *body() {
      const c = chan<number>();
      go(function* () {
        c.close();
      });
      yield* c.send(1);
    },
    says: CLOSED,
  },
  {
    go: "c, d := make(chan int), make(chan int); close(c); select { case c <- 1: case d <- 2: }",
    *body() {
      const [c, d] = [chan<number>(), chan<number>()];
      c.close();
      yield* select([sendCase(c, 1), sendCase(d, 2)]);
    },
    says: CLOSED,
  },
  {
    go: "c, d := make(chan int), make(chan int); go close(c); select { case c <- 1: case d <- 2: }",
    *body() {
      const [c, d] = [chan<number>(), chan<number>()];
      go(function* () {
        c.close();
      });
      yield* select([sendCase(c, 1), sendCase(d, 2)]);
    },
    says: CLOSED,
  },
  {
    go: "c := make(chan int); close(c); select { case c <- 1: default: }",
    *body() {
      const c = chan<number>();
      c.close();
      yield* select([sendCase(c, 1)], { default: true });
    },
    says: CLOSED,
  },
  {
    go: "n := -1; _ = make(chan int, n)",
    *body() {
      chan<number>(-1);
    },
    says: "panic: makechan: size out of range",
  },
  {
    go: "<-make(chan int)",
    *body() {
      yield* chan<number>().recv();
    },
    says: DEADLOCK,
  },
  {
    go: "var c chan int; <-c",
    *body() {
      yield* nilchan.recv();
    },
    says: DEADLOCK,
  },
  {
    go: "select {}",
    *body() {
      yield* select([]);
    },
    says: DEADLOCK,
  },
  {
    go: "var m sync.Mutex; m.Lock(); m.Lock()",
    *body() {
      const m = new Mutex();
      yield* m.lock();
      yield* m.lock();
    },
    says: DEADLOCK,
  },
  {
    go: "var wg sync.WaitGroup; wg.Add(1); wg.Wait()",
    *body() {
      const wg = new WaitGroup();
      wg.add(1);
      yield* wg.wait();
    },
    says: DEADLOCK,
  },
  {
    go: "runtime.Goexit()",
    *body() {
      yield* goexit();
    },
    says: "fatal error: no goroutines (main called runtime.Goexit) - deadlock!",
  },
  {
    go: "time.NewTicker(0)",
    *body() {
      newTicker(0);
    },
    says: "panic: non-positive interval for NewTicker",
  },
  {
    go: "t := time.NewTicker(time.Hour); t.Reset(-1)",
    *body() {
      newTicker(1).reset(-1);
    },
    says: "panic: non-positive interval for Ticker.Reset",
  },
  {
    go: "context.WithCancel(nil)",
    *body() {
      context.withCancel(nobody);
    },
    says: "panic: cannot create context from nil parent",
  },
  {
    go: "context.WithTimeout(nil, 1)",
    *body() {
      context.withTimeout(nobody, 1);
    },
    says: "panic: cannot create context from nil parent",
  },
  {
    go: "context.WithValue(nil, 1, 2)",
    *body() {
      context.withValue(nobody, new Key<number>("k"), 2);
    },
    says: "panic: cannot create context from nil parent",
  },
  {
    go: "context.WithoutCancel(nil)",
    *body() {
      context.withoutCancel(nobody);
    },
    says: "panic: cannot create context from nil parent",
  },
];

/** How a body ends: the first line of the report, or that it returned. */
function endOf(body: () => Go): string {
  try {
    runSync(body);
    return "returned";
  } catch (error) {
    return reportOf(error)?.split("\n", 1)[0] ?? "";
  }
}

describe("here", () => {
  test.each([...MISUSES])("$go", ({ body, says }) => {
    expect(endOf(body)).toBe(says);
  });

  test.each([...MISUSES])("recovered or not: $go", ({ body, says }) => {
    const end = endOf(function* () {
      try {
        yield* body();
      } catch {
        // A panic is gone; a fatal error, or a deadlock, is not.
      }
      yield* gosched();
    });
    expect(end).toBe(says.startsWith("panic: ") ? "returned" : says);
  });
});

const installed = installedGo();
const why = installed.ok ? (currentAbi() === undefined ? undefined : "one ABI stands for all") : installed.reason;

describe.skipIf(why !== undefined)(`in Go${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "gobuf-misuse-"));
  const binary = join(folder, process.platform === "win32" ? "misuse.exe" : "misuse");
  const env = goEnvironment(join(folder, "cache"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(() => {
    if (!installed.ok) return;
    const cases = MISUSES.map((m, i) => `\tcase "${i}":\n\t\t${m.go}`).join("\n");
    writeFileSync(
      join(folder, "main.go"),
      `package main

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"
)

var _ = context.Background
var _ sync.Mutex
var _ = time.Now

func main() {
	runtime.GOMAXPROCS(1)
	switch os.Args[1] {
${cases}
	}
}
`,
    );
    writeFileSync(join(folder, "go.mod"), "module misuse\n\ngo 1.24\n");
    const build = Bun.spawnSync([installed.command, "build", "-o", binary, "."], { cwd: folder, env, stderr: "pipe" });
    if (build.exitCode !== 0) throw new Error(`go build: ${build.stderr}`);
  });

  test.each(MISUSES.map((misuse, i) => [misuse.go, i, misuse.says] as const))("%s", (_, i, says) => {
    const { exitCode, stderr } = Bun.spawnSync([binary, String(i)], { env, stderr: "pipe" });
    const first = stderr.toString().split("\n", 1)[0] ?? "";
    // A panic of a type of its own is printed with an address behind it.
    expect(first.replace(/ \[recovered.*/, "")).toBe(says);
    expect(exitCode).toBe(2);
  });
});
