/**
 * F41: a handle of an earlier run is refused by name in a later one, and names no object of that: handles rise from run to
 * run, and from thread to thread.
 */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  Cond,
  chan,
  FatalError,
  go,
  gosched,
  hold,
  Mutex,
  native,
  Once,
  RWMutex,
  run,
  runSync,
  WaitGroup,
  wait,
} from "gobuf";
import { channelOf, objectOf } from "../../src/native/handles.ts";
import { setLanes } from "../../src/native/lane.ts";
import { TRAP_LOCK } from "../../src/runtime/codes.ts";
import { M_HANDLE_NEXT, mmem } from "../../src/runtime/ffi.ts";
import { openBodies, Work } from "./bodies.ts";

/** A Worker takes a second under an emulator. */
setDefaultTimeout(60_000);

const { symbols } = openBodies();

afterEach(() => setLanes(true));

/** The handles of a run that is over, one of each kind. */
function oldHandles(): number[] {
  let old: number[] = [];
  runSync(function* () {
    const objects = [chan<number>(4), new Mutex(), new RWMutex(), new WaitGroup(), new Cond(new Mutex()), new Once()];
    old = objects.map(native.handle);
    yield* gosched();
  });
  return old;
}

/** Runs a body that uses a handle as its channel, in a run that has objects of its own in the same places. */
async function useOf(body: native.Body, handle: number): Promise<{ text: string; untouched: boolean }> {
  let untouched = false;
  const failed = await run(function* () {
    const words = native.chan(native.u32, 4);
    const wg = new WaitGroup();
    wg.add(1);
    const own = new Work({ in: words, out: chan<number>(4), wg }, 1);
    // It has a lane with a word in it, so that a body that hits it has no need to trap.
    go.native(symbols.c_passer, own.bytes);
    yield* gosched();
    yield* words.send(7);
    yield* gosched();
    yield* words.send(8);
    expect(words.len).toBe(1);
    const work = new Work({ out: chan<number>(4) }, 3);
    work.bytes[0] = handle;
    go.native(body, work.bytes);
    try {
      for (let n = 0; n < 3; n++) yield* gosched();
    } finally {
      untouched = words.len === 1;
    }
  }).catch((error: unknown) => error);
  return { text: failed instanceof FatalError ? failed.text : String(failed), untouched };
}

describe("F41: a handle of a run that is over is refused by name", () => {
  const bodies = {
    gobuf_recv: symbols.c_echo,
    gobuf_select: symbols.c_selector,
    gobuf_chan_free: symbols.c_freer,
  };
  for (const lanes of [true, false]) {
    test.each(Object.entries(bodies))(`F41: %s, lanes ${lanes}`, async (name, body) => {
      setLanes(lanes);
      for (const handle of oldHandles()) {
        const { text, untouched } = await useOf(body, handle);
        expect(text).toContain(
          `${name} on handle ${handle}: expected a Chan, found nothing, for it is a handle of another run`,
        );
        expect(untouched).toBe(true);
      }
    });
  }

  test("F41: as an object of any kind", () => {
    const old = oldHandles();
    runSync(function* () {
      const own = [chan<number>(4), new Mutex(), new RWMutex(), new WaitGroup(), new Cond(new Mutex()), new Once()];
      const handles = own.map(native.handle);
      for (const [i, type] of [Mutex, RWMutex, WaitGroup, Cond, Once].entries()) {
        const [mine, other] = [handles[i + 1] as number, old[i + 1] as number];
        expect(objectOf(1, TRAP_LOCK, mine, type as typeof Mutex)).toBe(own[i + 1] as Mutex);
        expect(() => objectOf(1, TRAP_LOCK, other, type as typeof Mutex)).toThrow("it is a handle of another run");
      }
      for (const handle of old) expect(() => native.chanOf(handle)).toThrow("expected the handle of a channel");
      // What nobody has given out is no other run's.
      expect(() => channelOf(1, TRAP_LOCK, (handles[5] as number) + 1)).toThrow(/found nothing$/);
      expect(() => channelOf(1, TRAP_LOCK, -5)).toThrow(/found nothing$/);
      yield* gosched();
    });
  });
});

describe("F41: no two runs have a handle in common", () => {
  test("F41: one after the other, and they cost no more numbers than handles", () => {
    const seen = new Set<number>();
    const [first] = oldHandles() as [number];
    for (let n = 0; n < 2000; n++) {
      runSync(function* () {
        for (let i = 0; i < 3; i++) seen.add(native.handle(new Mutex()));
        yield* gosched();
      });
    }
    expect(seen.size).toBe(6000);
    expect(Math.max(...seen) - first).toBe(6 + 6000 - 1);
  });

  test("F41: worlds that live at a time keep their own, and rise on", async () => {
    const seen = new Map<number, string>();
    const note = (handle: number, whose: string) => {
      expect(seen.get(handle) ?? whose).toBe(whose);
      seen.set(handle, whose);
    };
    // A world of its own each: seeded runs that overlap, each with more handles while others come and go.
    const start = Math.max(1, mmem[M_HANDLE_NEXT] as number);
    const runs = Array.from({ length: 20 }, (_, n) =>
      run(
        function* () {
          using _ = hold();
          const mine: [Mutex, number][] = [];
          for (let i = 0; i < 3 + n; i++) {
            const object = new Mutex();
            mine.push([object, native.handle(object)]);
            note(native.handle(object), `run ${n}`);
            const { promise, resolve } = Promise.withResolvers<void>();
            setImmediate(resolve);
            yield* wait(promise);
            for (const [object, handle] of mine) {
              expect(objectOf(1, TRAP_LOCK, handle, Mutex)).toBe(object);
              expect(native.handle(object)).toBe(handle);
            }
            for (const [handle, whose] of seen) {
              if (whose === `run ${n}`) continue;
              expect(() => objectOf(1, TRAP_LOCK, handle, Mutex)).toThrow("it is a handle of another run");
            }
          }
        },
        { seed: n },
      ),
    );
    await Promise.all(runs);
    expect(seen.size).toBe((20 * (3 + 22)) / 2);
    expect(Math.min(...seen.keys())).toBeGreaterThanOrEqual(start);
  });

  test("F41: a world that lives on when another begins has room for many more", async () => {
    const [older, newer] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
    const many = run(
      function* () {
        using _ = hold();
        older.resolve(native.handle(new Mutex()));
        yield* wait(newer.promise);
        return Array.from({ length: 5000 }, () => native.handle(new Mutex()));
      },
      { seed: 1 },
    );
    await older.promise;
    const few = await run(
      function* () {
        const handles = Array.from({ length: 3 }, () => native.handle(new Mutex()));
        yield* gosched();
        return handles;
      },
      { seed: 2 },
    );
    newer.resolve();
    const all = new Set([await older.promise, ...few, ...(await many)]);
    expect(all.size).toBe(1 + 3 + 5000);
  });

  test("F41: on threads, of which one may have the M of one before it", async () => {
    const handles = [...oldHandles()];
    const ms: number[] = [];
    for (let n = 0; n < 3; n++) {
      const worker = new Worker(new URL("./handle-worker.ts", import.meta.url));
      const ended = new Promise<void>((resolve) => worker.addEventListener("close", () => resolve()));
      const [handle, m] = await new Promise<[number, number]>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data as [number, number]);
        worker.onerror = (event) => reject(new Error(event.message));
      });
      handles.push(handle);
      ms.push(m);
      await ended;
    }
    expect(handles.every((handle) => Number.isInteger(handle) && handle > 0 && handle < 2 ** 31)).toBe(true);
    expect(new Set(handles).size).toBe(handles.length);
    // Each begins at its own M's number: this thread's may have risen to anywhere meanwhile.
    expect(handles.slice(-3).map((handle) => Math.trunc(handle / 2 ** 23))).toEqual(ms);
  });

  test("F41: when the numbers are used up they begin anew, and runs go on", () => {
    const next = mmem[M_HANDLE_NEXT] as number;
    try {
      mmem[M_HANDLE_NEXT] = 2 ** 31 - 5;
      const handles: number[] = [];
      for (let n = 0; n < 2; n++) {
        runSync(function* () {
          for (let i = 0; i < 3; i++) handles.push(native.handle(new Mutex()));
          yield* gosched();
        });
      }
      expect(handles).toEqual([1, 2, 3, 4, 5, 6]);
    } finally {
      mmem[M_HANDLE_NEXT] = next;
    }
  });
});
