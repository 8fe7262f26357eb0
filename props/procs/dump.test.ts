/** Reports of a run with several Ps: its native goroutines, what each waits for, the M and P of those that run. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  Cond,
  chan,
  type GoroutineInfo,
  go,
  goroutineDump,
  goroutines,
  Mutex,
  native,
  RWMutex,
  run,
  sleep,
} from "gobuf";
import * as codes from "../../src/runtime/codes.ts";
import { addressOf } from "../../src/runtime/ffi.ts";
import { waitReasonStrings } from "../../src/runtime/runtime2.ts";
import { openBodies, Works } from "./bodies.ts";

const LINUX = process.platform === "linux";
/** A run starts its threads, which a busy machine takes long for. */
setDefaultTimeout(60_000);

test("the wait reasons that native code writes are Go's", () => {
  const reasons = Object.entries(codes)
    .filter(([name]) => name.startsWith("WAITREASON_"))
    .map(([name, code]) => [name.slice("WAITREASON_".length), waitReasonStrings[code as number]]);
  expect(Object.fromEntries(reasons)).toEqual({
    SLEEP: "sleep",
    CHAN_RECEIVE_NIL: "chan receive (nil chan)",
    CHAN_SEND_NIL: "chan send (nil chan)",
    SELECT_NO_CASES: "select (no cases)",
    SELECT: "select",
    CHAN_RECEIVE: "chan receive",
    CHAN_SEND: "chan send",
    COND_WAIT: "sync.Cond.Wait",
    MUTEX_LOCK: "sync.Mutex.Lock",
    RWMUTEX_RLOCK: "sync.RWMutex.RLock",
    RWMUTEX_LOCK: "sync.RWMutex.Lock",
    WAITGROUP_WAIT: "sync.WaitGroup.Wait",
  });
});

describe.skipIf(!LINUX)("reports of several Ms (Linux's futex)", () => {
  const { symbols } = openBodies();
  const works = new Works(16);
  const natives = () => goroutines().filter((g) => g.goid > 1e12);

  /** Looks again until something is so. */
  function* until(what: (list: GoroutineInfo[]) => boolean): Generator<unknown, GoroutineInfo[], true> {
    let list = natives();
    for (; !what(list); list = natives()) yield* sleep(1);
    return list;
  }

  test("each says what it waits for, and is on no M", async () => {
    const { list, dump } = await run(
      function* () {
        const [ch, rw, held] = [chan<number>(), new RWMutex(), new Mutex()];
        const handles = [native.handle(rw), native.handle(held)];
        expect([rw.tryLock(), held.tryLock()]).toEqual([true, true]);
        const free = new Mutex();
        go.native(symbols.p_receiver, works.set(0, { in: ch }));
        go.native(symbols.p_selector, works.set(1, { in: ch, out: ch }));
        go.native(symbols.p_sleeper, works.set(2, { count: 1, ns: 2 ** 50 }));
        go.native(symbols.p_locker, works.set(3, { mutex: held, count: 1 }));
        go.native(symbols.s_uses, works.set(4, { id: handles[0] as number, count: 0 }));
        go.native(symbols.s_uses, works.set(5, { id: handles[0] as number, count: 2 }));
        native.handle(free);
        expect(free.tryLock()).toBe(true);
        go.native(symbols.s_uses, works.set(6, { id: native.handle(new Cond(free)), count: 7 }));
        for (let i = 0; i < 3; i++) go.native(symbols.h_waits_for_ever, works.set(7 + i, { count: i }));
        const seen = yield* until((all) => all.length === 10 && all.every((g) => !/^run/.test(g.state)));
        return { list: seen, dump: goroutineDump() };
      },
      { procs: 2 },
    );
    expect(list.map((g) => g.state).sort()).toEqual([
      "chan receive",
      "chan receive (nil chan)",
      "select",
      "select (no cases)",
      "sleep",
      "sleep",
      "sync.Cond.Wait",
      "sync.Mutex.Lock",
      "sync.RWMutex.Lock",
      "sync.RWMutex.RLock",
    ]);
    expect(list.filter((g) => g.m !== undefined || g.p !== undefined)).toEqual([]);
    expect(dump).toMatch(/goroutine 1 \[running\]:\nmain\(\.\.\.\)\n/);
    expect(dump).toMatch(/\ngoroutine 1000000000\d{3} \[sync\.Cond\.Wait\]:\nnative 0x[0-9a-f]+\(\.\.\.\)\n/);
  });

  test("those that run say on which M and with which P, one of each for one goroutine", async () => {
    const stop = new BigUint64Array(1);
    const shared = addressOf(stop as never) as number;
    await run(
      function* () {
        for (let i = 0; i < 2; i++) go.native(symbols.p_spinner, works.set(i, { shared }));
        const list = yield* until((all) => all.filter((g) => g.state === "running" && g.p !== undefined).length === 2);
        expect(new Set(list.map((g) => g.m)).size).toBe(2);
        expect(list.map((g) => g.p).sort()).toEqual([0, 1]);
        let dump = "";
        while (!/goroutine 1000000000\d{3} m=\d+ p=[01] \[running\]:/.test(dump)) {
          yield* sleep(1);
          dump = goroutineDump();
        }
        stop[0] = 1n;
        yield* until((all) => all.length === 0);
      },
      { procs: 2 },
    );
  });

  test("one in a blocking call keeps its M, and has no P once that was taken", async () => {
    const stop = new BigUint64Array(1);
    const shared = addressOf(stop as never) as number;
    await run(
      function* () {
        // The monitor takes the P as others want one.
        for (let i = 0; i < 3; i++) go.native(symbols.p_spinner, works.set(i, { shared }));
        go.native(symbols.p_blocker, works.set(3, { count: 1, ns: 200_000_000 }));
        const list = yield* until((all) => all.some((g) => g.state === "syscall"));
        const blocked = list.find((g) => g.state === "syscall");
        expect(blocked?.m).toBeNumber();
        expect(blocked?.p).toBeUndefined();
        stop[0] = 1n;
      },
      { procs: 2 },
    );
  });

  test("the verdict of a deadlock names those that wait on other Ms", async () => {
    const error = await run(
      function* () {
        go.native(symbols.p_receiver, works.set(0, { in: chan<number>() }));
        yield* chan<number>().recv();
      },
      { procs: 2 },
    ).catch((thrown: Error) => thrown);
    expect(String(error)).toContain("all goroutines are asleep - deadlock!");
    expect(String(error)).toMatch(/goroutine 1000000000\d{3} \[chan receive\]:/);
  });

  test("two runs: each says its own, and none of a run that is over", async () => {
    const one = (procs: number) =>
      run(
        function* () {
          go.native(symbols.h_waits_for_ever, works.set(0, { count: 0 }));
          yield* until((all) => all.some((g) => g.state.startsWith("chan receive")));
        },
        { procs },
      );
    await Promise.all([one(2), one(3)]);
    await run(function* () {
      yield* sleep(1);
      expect(natives()).toEqual([]);
    });
  });
});
