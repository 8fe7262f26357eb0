/** Blocking calls of native goroutines in a run with several Ps: their P is another's meanwhile, and what is misused is refused. */
import { describe, expect, test } from "bun:test";
import { chan, go, run, sleep, WaitGroup } from "gobuf";
import type { Pool } from "../../src/procs/pool.ts";
import { addressOf } from "../../src/runtime/ffi.ts";
import { openBodies, Works } from "./bodies.ts";
import { witnessed } from "./witness.ts";

const LINUX = process.platform === "linux";

const total = (pool: Pool | undefined, name: "syscalls" | "retaken") =>
  pool?.stats().reduce((sum, p) => sum + p[name], 0) ?? 0;

describe.skipIf(!LINUX)("blocking calls in a run with several Ps (Linux's futex)", () => {
  const { symbols } = openBodies();

  test("calls that are over soon are counted, and each goes on", async () => {
    const works = new Works(8);
    const { pool } = await witnessed(() =>
      run(
        function* () {
          const wg = new WaitGroup();
          wg.add(8);
          for (let i = 0; i < 8; i++) go.native(symbols.p_blocker, works.set(i, { wg, count: 5000 }));
          yield* wg.wait();
        },
        { procs: 2 },
      ),
    );
    expect(works.total("done")).toBe(8 * 5000);
    expect(total(pool, "syscalls")).toBe(8 * 5000);
  });

  test("goroutines that block in C on all Ps do not keep others from running", async () => {
    const works = new Works(4);
    const word = new BigUint64Array(1);
    const shared = addressOf(word as never) as number;
    const { pool } = await witnessed(() =>
      run(
        function* () {
          const ch = chan<number>();
          const wg = new WaitGroup();
          wg.add(3);
          // More than there are Ps, and none goes on before the others have run.
          for (let i = 0; i < 3; i++) go.native(symbols.p_held, works.set(i, { wg, shared }));
          yield* sleep(5);
          go.native(symbols.p_sender, works.set(3, { out: ch, count: 10 }));
          for (let n = 0; n < 10; n++) expect(yield* ch.recv()).toBe(n);
          expect(works.get(0, "done") + works.get(1, "done") + works.get(2, "done")).toBe(0);
          word[0] = 1n;
          yield* wg.wait();
        },
        { procs: 2 },
      ),
    );
    expect(total(pool, "retaken")).toBeGreaterThanOrEqual(2);
  });

  test("a call whose P was taken goes on when a P is free again", async () => {
    const works = new Works(8);
    const stop = new BigUint64Array(1);
    const shared = addressOf(stop as never) as number;
    const { pool } = await witnessed(() =>
      run(
        function* () {
          const [blocked, others] = [new WaitGroup(), new WaitGroup()];
          blocked.add(4);
          others.add(4);
          for (let i = 0; i < 4; i++)
            go.native(symbols.p_blocker, works.set(i, { wg: blocked, count: 5, ns: 3_000_000 }));
          for (let i = 4; i < 8; i++) go.native(symbols.p_spinner, works.set(i, { wg: others, shared }));
          yield* blocked.wait();
          stop[0] = 1n;
          yield* others.wait();
        },
        { procs: 2 },
      ),
    );
    expect(works.total("done")).toBe(4 * 5 + 4);
    expect(total(pool, "retaken")).toBeGreaterThan(0);
  });

  test("no deadlock is told while a goroutine is in a call, and one is told behind it", async () => {
    const works = new Works(1);
    const never = run(
      function* () {
        const ch = chan<number>();
        go.native(symbols.p_blocker, works.set(0, { count: 3, ns: 20_000_000 }));
        yield* ch.recv();
      },
      { procs: 2 },
    );
    await expect(never).rejects.toThrow("all goroutines are asleep - deadlock!");
    expect(works.get(0, "done")).toBe(3);
  });

  const misuses: [what: string, id: number, message: RegExp][] = [
    ["an operation", 0, /gobuf_gosched between gobuf_entersyscall and gobuf_exitsyscall/],
    ["a second call", 1, /gobuf_entersyscall between gobuf_entersyscall and gobuf_exitsyscall/],
    ["the end of the body", 2, /gobuf_goexit between gobuf_entersyscall and gobuf_exitsyscall/],
    ["an end without a beginning", 3, /gobuf_exitsyscall without gobuf_entersyscall/],
    ["a stack overflow", 4, /stack overflow|overflowed its stack/],
  ];
  for (const [what, id, message] of misuses) {
    test(`${what} in a call ends the run with an error that says so`, async () => {
      const works = new Works(2);
      const failed = run(
        function* () {
          go.native(symbols.p_yielder, works.set(0, { count: 1_000_000_000 }));
          go.native(symbols.p_misblocks, works.set(1, { id }));
          yield* chan<number>().recv();
        },
        { procs: 2 },
      );
      await expect(failed).rejects.toThrow(message);
      expect(works.get(1, "done")).toBe(0);
    });
  }
});

test("in a run with one P the two calls do nothing", async () => {
  const { symbols } = openBodies();
  const works = new Works(2);
  await run(function* () {
    const wg = new WaitGroup();
    wg.add(2);
    for (let i = 0; i < 2; i++) go.native(symbols.p_blocker, works.set(i, { wg, count: 3, ns: 1000 }));
    yield* wg.wait();
  });
  expect(works.total("done")).toBe(6);
});
