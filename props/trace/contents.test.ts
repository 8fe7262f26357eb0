/** What a trace says, as Go's own reader gives it back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Cond,
  chan,
  type Go,
  go,
  gosched,
  hold,
  Mutex,
  native,
  nilchan,
  recvCase,
  run,
  runSync,
  select,
  sleep,
  spawn,
  trace,
  wait,
} from "gobuf";
import { synctest } from "gobuf/testing";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { BUILD_MS, buildReader, readTraces, type Verdict, whyNoReader } from "./reader.ts";

/** A turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const why = whyNoReader();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

describe.skipIf(why !== undefined)(`a trace, read by Go${skipped}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gobuf-trace-"));
    buildReader();
  }, BUILD_MS);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Reads the trace that `f` starts, and ends where `f` does; it must be accepted. */
  async function readFrom(f: (start: () => void) => unknown): Promise<Verdict> {
    const chunks: Uint8Array[] = [];
    try {
      await f(() => trace.start((chunk) => chunks.push(chunk)));
    } finally {
      trace.stop();
    }
    const file = join(folder, "one.trace");
    writeFileSync(file, Buffer.concat(chunks));
    const [verdict] = await readTraces([file]);
    expect(verdict).toMatchObject({ accepted: true, reason: "", rises: true });
    return verdict as Verdict;
  }

  /** Reads the trace of what `f` does. */
  function read(f: () => unknown): Promise<Verdict> {
    return readFrom((start) => {
      start();
      return f();
    });
  }

  test("names goroutines by the functions that they were started on", async () => {
    const { names } = await read(() =>
      runSync(function* root() {
        go(function* worker() {});
        go(function* () {});
        yield* gosched();
      }),
    );
    expect(names).toEqual({ 1: "root", 2: "worker", 3: "anonymous" });
  });

  test("tells Go's reason for every kind of wait, and for both ways to give the P up", async () => {
    const m = new Mutex();
    const cond = new Cond(new Mutex());
    function* holder(): Go {
      for (let i = 0; i < 2; i++) {
        yield* m.lock();
        yield* sleep(10);
        yield* m.unlock();
      }
    }
    function* others(): Go {
      go(function* () {
        yield* cond.L.lock();
        yield* cond.wait();
      });
      for (const dir of ["recv", "send"] as const) {
        go(function* () {
          yield* dir === "recv" ? nilchan.recv() : nilchan.send(undefined as never);
        });
        go(function* () {
          yield* dir === "recv" ? chan<void>().recv() : chan<void>().send();
        });
      }
      go(function* () {
        yield* select([]);
      });
      go(function* () {
        yield* select([recvCase(chan<void>()), recvCase(nilchan)]);
      });
      yield* gosched();
      yield* wait(Promise.resolve());
    }
    const { goroutines } = await read(() =>
      run(
        function* main() {
          go(holder);
          // It waits for the mutex longer than a millisecond, twice: the second time it is handed over, with a goyield.
          go(function* locker() {
            yield* sleep(1);
            yield* m.lock();
            yield* m.unlock();
          });
          yield* others();
          yield* sleep(30);
        },
        { clock: "fake" },
      ),
    );
    const reasons = new Set((goroutines ?? []).flatMap((text) => /^\d+ Running>\w+ (.*)$/.exec(text)?.[1] ?? []));
    expect([...reasons].sort()).toEqual([
      ...["chan receive", "chan send", "forever", "network", "preempted", "runtime.Gosched"],
      ...["select", "sleep", "sync", "sync.(*Cond).Wait"],
    ]);
  });

  test("shows the P idle while nothing can run, and started again by what wakes a goroutine or starts one", async () => {
    const ch = chan<number>();
    const { procs, goroutines } = await read(async () => {
      const over = run(function* main() {
        yield* wait(turn());
        using _ = hold();
        yield* ch.recv();
      });
      for (let i = 0; i < 3; i++) await turn();
      spawn(function* outside() {
        yield* ch.send(1);
      });
      await over;
    });
    expect(procs?.[0]).toBe("0 Undetermined>Idle M1");
    for (const [i, change] of (procs ?? []).slice(1).entries()) {
      expect(change).toBe(i % 2 === 0 ? "0 Idle>Running M1" : "0 Running>Idle M1");
    }
    expect(procs?.length).toBeGreaterThanOrEqual(5);
    expect(goroutines?.at(-1)).toBe("1 Running>NotExist");
  });

  test("has source lines where the run keeps them", async () => {
    function* worker(): Go {
      yield* gosched();
    }
    const body = function* main(): Go {
      go(worker);
      yield* gosched();
      yield* gosched();
    };
    const { stacks } = await read(() => runSync(body, { traceback: "all" }));
    const here = import.meta.path;
    const of = (g: number) => stacks?.filter((text) => text.startsWith(`${g}: `)) ?? [];
    expect(of(1)[0]).toMatch(new RegExp(`^1: main ${here.replaceAll("\\", "\\\\")}:\\d+$`));
    expect(of(2)[0]).toMatch(/^2: worker .*contents\.test\.ts:\d+$/);
    const plain = await read(() => runSync(body));
    expect(plain.stacks).toContain("1: main :0");
    expect(plain.stacks).toContain("2: worker :0");
  });

  test("begins in the middle of a run with the goroutines that there are", async () => {
    const { goroutines, names, procs } = await readFrom((start) =>
      runSync(function* main() {
        const ch = chan<void>();
        go(function* waiter() {
          yield* ch.recv();
        });
        yield* sleep(1);
        go(function* ready() {
          ch.close();
        });
        start();
        yield* sleep(1);
      }),
    );
    expect(procs?.[0]).toBe("0 Undetermined>Running M1");
    expect(goroutines?.slice(0, 7)).toEqual([
      ...["1 Undetermined>Running", "2 Undetermined>Waiting", "3 Undetermined>Runnable"],
      ...["1 Running>Waiting sleep", "3 Runnable>Running", "2 Waiting>Runnable", "3 Running>NotExist"],
    ]);
    expect(names).toEqual({ 1: "main", 2: "waiter", 3: "ready" });
  });

  test("begins while a run is idle, from outside", async () => {
    const { goroutines, procs } = await readFrom(async (start) => {
      const ch = chan<void>();
      const over = run(function* main() {
        using _ = hold();
        yield* ch.recv();
      });
      start();
      await ch.sendAsync();
      await over;
    });
    expect(procs?.[0]).toBe("0 Undetermined>Idle M1");
    expect(goroutines?.[0]).toBe("1 Undetermined>Waiting");
    expect(goroutines?.at(-1)).toBe("1 Running>NotExist");
  });

  test("ends before its run does", async () => {
    const { goroutines } = await readFrom((start) =>
      runSync(function* main() {
        start();
        yield* gosched();
        trace.stop();
        yield* gosched();
      }),
    );
    const turn = ["1 Running>Runnable runtime.Gosched", "1 Runnable>Running"];
    expect(goroutines).toEqual(["1 Undetermined>Running", ...turn]);
  });

  test("goes on over the next run, whose goroutines have numbers of their own; on the fake clock time passes", async () => {
    const HOUR_MS = 3_600_000;
    function* first(): Go {
      go(function* left() {
        yield* nilchan.recv();
      });
      yield* sleep(HOUR_MS);
    }
    const { names, span, goroutines } = await read(async () => {
      runSync(first);
      await run(function* second() {});
      runSync(function* third() {
        yield* sleep(HOUR_MS);
      });
    });
    expect(names).toEqual({ 1: "first", 2: "left", 3: "second", 4: "third" });
    expect(span).toBeGreaterThan(2 * HOUR_MS * 1e6);
    expect(goroutines?.at(-1)).toBe("4 Running>NotExist");
  });

  test("of a run that fails ends with the goroutine that failed", async () => {
    const { goroutines } = await read(() => {
      expect(() =>
        runSync(function* main() {
          go(function* bad() {
            throw new Error("bad");
          });
          yield* sleep(1);
        }),
      ).toThrow("bad");
    });
    expect(goroutines?.at(-1)).toBe("2 Running>NotExist");
  });

  test("tells of a bubble's waits", async () => {
    const { goroutines } = await read(() =>
      synctest.test(function* () {
        go(function* sleeper() {
          yield* sleep(1);
        });
        yield* synctest.wait();
        yield* sleep(2);
      }),
    );
    expect(goroutines).toContain("1 Running>Waiting synctest");
    expect(goroutines).toContain("2 Running>Waiting sleep");
  });

  compilerTest("begins in a callback on g0: the native body that called it runs", async () => {
    const source = join(folder, "caller.c");
    writeFileSync(
      source,
      `#include "gobuf.h"
GOBUF_RUNTIME
void caller(void *arg) { gobuf_call(gobuf_handle_of(arg), 0); gobuf_gosched(); }
`,
    );
    const { goroutines, names } = await readFrom((start) =>
      runSync(function* main() {
        const { symbols } = native.cc({ source, symbols: { caller: native.body } });
        using begin = native.callback(() => start());
        go.native(symbols.caller, begin);
        yield* sleep(1);
      }),
    );
    expect(goroutines?.slice(0, 3)).toEqual([
      ...["1 Undetermined>Waiting", "2 Undetermined>Running", "2 Running>Runnable runtime.Gosched"],
    ]);
    expect(names).toEqual({ 1: "main", 2: "caller" });
  });

  test("has messages, and regions within regions", async () => {
    const { annotations } = await read(() =>
      runSync(function* main() {
        trace.log("", "begin");
        yield* trace.withRegion("outer", function* () {
          yield* gosched();
          yield* trace.withRegion("inner", function* () {
            trace.log("cache", "miss");
          });
        });
      }),
    );
    expect(annotations).toEqual([
      ...["1 log : begin", "1 begin outer", "1 begin inner", "1 log cache: miss", "1 end inner", "1 end outer"],
    ]);
  });

  test("cuts a text that is longer than the format allows between two characters", async () => {
    const long = "ä".repeat(2000);
    const { annotations } = await read(() =>
      runSync(function* main() {
        trace.log("long", long);
      }),
    );
    expect(annotations).toEqual([`1 log long: ${"ä".repeat(512)}`]);
  });
});
