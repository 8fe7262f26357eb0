/**
 * Cooperative preemption: a native body that has had the thread for 10 ms makes way in whatever operation it calls next, and
 * in gobuf_checkpoint.
 */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { go, gosched, Mutex, native, run, runSync, sleep, wait } from "gobuf";
import { compilerTest } from "../../scripts/abis/compiler.ts";
import { setLanes } from "../../src/native/lane.ts";
import { descriptor, G_STACK_LO, G_STACKGUARD0, G_STRIDE, gmem, M_BASE, M_SLICE, mmem } from "../../src/runtime/ffi.ts";
import { goidOf } from "../../src/runtime/gstatus.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { Grunnable, Grunning } from "../../src/runtime/runtime2.ts";
import { libraryPath } from "./bodies.ts";
import { Hog, OPERATIONS } from "./hogs.ts";

/** A hog that is not preempted runs to its count, which takes a while. */
setDefaultTimeout(60_000);

const HOGS = { c_hog: native.body, c_hog_keeps: native.body } as const;
const { symbols } = native.dlopen(libraryPath, HOGS);

afterEach(() => setLanes(true));

/** So often a hog repeats what it does if nobody stops it: hundreds of times what fits in 10 ms. */
const MOST_INLINE = 2 ** 31;
const MOST = 2 ** 25;

describe("a body that never waits makes way for others", () => {
  for (const [op, [name, objectOf]] of OPERATIONS.entries()) {
    test(`in ${name}`, async () => {
      if (name.endsWith("by traps")) setLanes(false);
      const edges: string[] = [];
      let hogId = 0;
      const hog = await run(
        function* () {
          const h = new Hog(op, objectOf(), op < 2 ? MOST_INLINE : MOST);
          hogId = Number(go.native(symbols.c_hog, h.words));
          // Once for each turn of the hog's; with gobuf_go the goroutines that it started have theirs, too.
          for (let n = 0; n < 1000 && edges.length < 2; n++) {
            yield* gosched();
            expect(h.begun).toBe(true);
            expect(h.ended).toBe(false);
          }
          h.stop();
          while (!h.ended) yield* gosched();
          return h;
        },
        {
          onTransition: (gp, from, to) => {
            if (goidOf(gp) === hogId && from === Grunning) edges.push(to === Grunnable ? "preempted" : "left");
          },
        },
      );
      expect(hog.wrong).toBe(0);
      expect(hog.times).toBeGreaterThan(0);
      expect(edges.slice(0, 2)).toEqual(["preempted", "preempted"]);
    });
  }
});

/** Runs a hog of checkpoints until it was preempted so often. */
async function spins(preemptions: number, beside: (h: Hog) => void = () => {}, body = symbols.c_hog): Promise<Hog> {
  return await run(function* () {
    const h = new Hog(0, null, MOST_INLINE);
    go.native(body, h.words);
    for (let n = 0; n < preemptions; n++) {
      yield* gosched();
      beside(h);
    }
    h.stop();
    while (!h.ended) yield* gosched();
    return h;
  });
}

test("a preempted body goes to the tail of the global queue, as in Go", async () => {
  const order: string[] = [];
  await run(function* () {
    const h = new Hog(0, null, MOST_INLINE);
    const names = ["a", "b", "c"];
    // These are in the global queue when the hog gets its turn.
    for (const name of names) {
      go(function* () {
        for (let n = 0; n < 2; n++) {
          yield* gosched();
          order.push(name);
        }
      });
    }
    yield* gosched();
    go.native(symbols.c_hog, h.words);
    while (!h.begun) yield* gosched();
    order.push("preempted");
    h.stop();
    while (!h.ended) yield* gosched();
    order.push("ended");
  });
  // It has run once before main, and its second turn comes behind all that were queued.
  expect(order.indexOf("ended")).toBe(order.length - 1);
  expect(order.filter((name) => name === "a")).toHaveLength(2);
  expect(order.indexOf("preempted")).toBeGreaterThan(-1);
});

test("the last operation's outcome is still there behind a checkpoint at which others ran", async () => {
  const h = await spins(5, () => {}, symbols.c_hog_keeps);
  expect(h.wrong).toBe(0);
  expect(h.times).toBeGreaterThan(0);
});

test("the request stands in stackguard0 and preempt, and the next turn takes it back", async () => {
  const seen: string[] = [];
  let hogId = 0;
  await run(
    function* () {
      const h = new Hog(0, null, MOST_INLINE);
      hogId = Number(go.native(symbols.c_hog, h.words));
      yield* gosched();
      h.stop();
      while (!h.ended) yield* gosched();
    },
    {
      onTransition: (gp, from, to) => {
        if (goidOf(gp) !== hogId || from !== Grunning) return;
        const i = gp * G_STRIDE;
        const guard = gmem[i + G_STACKGUARD0];
        const asked = guard === -1 && gmem[i + G_STACKGUARD0 + 1] === -1 && preemptOf(gp) === 1;
        const bound = guard === ((gmem[i + G_STACK_LO] + 928) | 0) && preemptOf(gp) === 0;
        seen.push(`${to === Grunnable ? "preempted" : "left"}: ${asked ? "asked" : bound ? "bound" : "neither"}`);
      },
    },
  );
  expect(seen).toEqual(["preempted: asked", "left: bound"]);
});

function preemptOf(gp: number): number {
  return (gmem[gp * G_STRIDE + (descriptor.g_preempt >> 2)] >> (8 * (descriptor.g_preempt & 3))) & 0xff;
}

test("timers of the process get their turn beside a body that only computes", async () => {
  let ticks = 0;
  const interval = setInterval(() => ticks++, 5);
  try {
    await run(function* () {
      const h = new Hog(0, null, MOST_INLINE);
      go.native(symbols.c_hog, h.words);
      // Both wait for the event loop only: without its turns they would never come.
      for (let n = 0; n < 3; n++) yield* wait(new Promise((resolve) => setTimeout(resolve, 5)));
      yield* sleep(5);
      expect(h.ended).toBe(false);
      h.stop();
      while (!h.ended) yield* gosched();
    });
  } finally {
    clearInterval(interval);
  }
  expect(ticks).toBeGreaterThan(0);
});

describe("on the fake clock nothing is preempted: its order does not depend on time", () => {
  for (const [op, name, most] of [
    [0, "gobuf_checkpoint", 2 ** 27],
    [5, "gobuf_lock", 2 ** 19],
  ] as const) {
    test(name, () => {
      const edges: number[] = [];
      let hogId = 0;
      const h = runSync(
        function* () {
          const hog = new Hog(op, op === 0 ? null : new Mutex(), most);
          hogId = Number(go.native(symbols.c_hog, hog.words));
          yield* gosched();
          expect(hog.ended).toBe(true);
          return hog;
        },
        { onTransition: (gp, from, to) => void (goidOf(gp) === hogId && from === Grunning && edges.push(to)) },
      );
      expect(h.times).toBe(most);
      expect(edges).not.toContain(Grunnable);
    });
  }
});

describe("what the monitor goes by", () => {
  /** The turns that native bodies have had on this M. */
  const turns = () => mmem[M_BASE + (descriptor.m_schedtick >> 2)];

  /** How many turns are counted while hogs run one after the other, each to its end. */
  function turnsOf(...hogs: readonly (readonly [op: number, most: number])[]): number {
    return runSync(function* () {
      const before = turns();
      for (const [op, most] of hogs) {
        const hog = new Hog(op, (OPERATIONS[op] as (typeof OPERATIONS)[number])[1](), most);
        go.native(symbols.c_hog, hog.words);
        while (!hog.ended) yield* gosched();
        expect(hog.times).toBe(most);
      }
      return (turns() - before) | 0;
    });
  }

  test("each turn of a native body is counted: else one that begins late in a slice were asked to end", () => {
    expect(turnsOf()).toBe(0);
    for (const n of [1, 2, 7]) expect(turnsOf(...Array.from({ length: n }, () => [0, 1] as const))).toBe(n);
  });

  test("an operation that need not wait begins no turn: else a body of many short ones were never asked", () => {
    for (const op of [3, 4, 5, 6, 7, 8, 9, 10, 11, 13]) expect(turnsOf([op, 50]), OPERATIONS[op]?.[0]).toBe(1);
  });

  test("a run watches its native bodies while it has the thread, also one without slices, and at no other time", async () => {
    const watched = () => Atomics.load(mmem, M_SLICE) !== 0;
    const seen = native.callback(() => (watched() ? 1 : 0));
    const within = function* () {
      const body = new Hog(15, seen, 1);
      const here = watched();
      go.native(symbols.c_hog, body.words);
      while (!body.ended) yield* gosched();
      return here;
    };
    expect(watched()).toBe(false);
    expect(runSync(within), "runSync").toBe(true);
    expect(watched()).toBe(false);
    expect(await run(within), "run").toBe(true);
    expect(watched()).toBe(false);
  });
});

compilerTest("TinyCC's checkpoint makes way, too", async () => {
  const source = join(packageRoot, "arch", "probe", "preempt.c");
  using compiled = native.cc({ source, symbols: HOGS });
  const h = await spins(2, (hog) => expect(hog.ended).toBe(false), compiled.symbols.c_hog);
  expect(h.times).toBeGreaterThan(0);
});
