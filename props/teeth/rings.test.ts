/**
 * Rings that wrap, and then grow: the run queues, the buffers of channels, lanes. Each begins at every place of the ring,
 * is filled past its end, and gives back what a plain list would.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { chan, go, gosched, runSync } from "gobuf";
import { handleOf } from "../../src/native/handles.ts";
import { openLane } from "../../src/native/lane.ts";
import { bufget, bufput, chancap, chanlen, hasRoom, trySend } from "../../src/runtime/chan.ts";
import { descriptor, mmem, P_RUNQHEAD, P_RUNQTAIL } from "../../src/runtime/ffi.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import {
  globEnds,
  globrunqget,
  globrunqgetbatch,
  globrunqput,
  globrunqsize,
  INHERITS,
  runqget,
  runqinit,
  runqput,
  runqsize,
} from "../../src/runtime/runq.ts";

/** The file of the run queues. */
const runq = join(packageRoot, "src", "runtime", "runq.ts");
const LOCAL = descriptor.runq_size;

/** Counters of a ring run on modulo 2^32: its places far from a border, at that of the sign, and at the end. */
const COUNTS = [0, 2 ** 31, 2 ** 32];

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

afterEach(runqinit);

describe("the global queue", () => {
  test("begun at any place, it grows with what is in it, in order", () => {
    // In a process of its own: the ring never shrinks, and what other tests have had in it decides how large it is here.
    const script = `
      import { glob, globrunqget, globrunqput, globrunqsize, runqinit } from ${JSON.stringify(runq)};
      const must = (is, wanted, what) => { if (is !== wanted) throw new Error(what + ": " + is + ", expected " + wanted); };
      for (const offset of [0, 1, 2, 10, glob.length / 2, glob.length - 1]) {
        runqinit();
        // What it had is gone, and what is there now begins at this offset.
        for (let gp = 1; gp <= offset; gp++) globrunqput(gp);
        for (let gp = 1; gp <= offset; gp++) must(globrunqget(), gp, "before");
        const size = glob.length;
        for (let gp = 1; gp <= size + 3; gp++) globrunqput(gp);
        must(glob.length, 2 * size, "size");
        must(globrunqsize(), size + 3, "in it");
        for (let gp = 1; gp <= size + 3; gp++) must(globrunqget(), gp, "at " + offset + " of " + size);
        must(globrunqget(), 0, "behind");
      }
      console.log("in order, to " + glob.length);`;
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script], { cwd: packageRoot });
    expect({ exitCode, out: stdout.toString(), err: stderr.toString() }).toEqual({
      exitCode: 0,
      out: "in order, to 65536\n",
      err: "",
    });
  });

  test("its counts run over the ends of a word, at every step", () => {
    for (const count of COUNTS) {
      for (const offset of [-3, -1, 0]) {
        runqinit();
        globEnds.fill(count + offset);
        for (const gp of range(1, 300)) globrunqput(gp);
        expect(globrunqsize()).toBe(300);
        const batch = globrunqgetbatch();
        expect([batch, ...range(0, LOCAL / 2 - 1).map(runqget)]).toEqual(range(1, LOCAL / 2));
        expect(range(0, 300 - LOCAL / 2).map(globrunqget)).toEqual(range(1 + LOCAL / 2, 300 - LOCAL / 2));
      }
    }
  });
});

describe("the local queue", () => {
  test("at every place and fill gives what was put, and spills its older half and one", () => {
    for (const count of COUNTS) {
      for (const offset of [-LOCAL, -LOCAL + 1, -LOCAL / 2, -2, -1, 0, 1]) {
        for (const fill of [1, 2, LOCAL - 1, LOCAL, LOCAL + 1]) {
          runqinit();
          mmem[P_RUNQHEAD] = count + offset;
          mmem[P_RUNQTAIL] = count + offset;
          const gs = range(1, fill);
          for (const gp of gs) runqput(gp, false);
          const spilt = fill > LOCAL ? [...range(1, LOCAL / 2), LOCAL + 1] : [];
          const place = `begun at ${count + offset}, ${fill} put`;
          expect([runqsize(), globrunqsize()], place).toEqual([fill - spilt.length, spilt.length]);
          expect(range(0, fill - spilt.length).map(runqget), place).toEqual(gs.filter((gp) => !spilt.includes(gp)));
          expect(spilt.map(globrunqget), place).toEqual(spilt);
          expect([runqget(), runqsize()], place).toEqual([0, 0]);
        }
      }
    }
  });

  test("a G of runnext that is overtaken in a full queue spills it", () => {
    for (const gp of range(1, LOCAL)) runqput(gp, false);
    runqput(LOCAL + 1, true);
    expect(globrunqsize()).toBe(0);
    runqput(LOCAL + 2, true);
    expect(globrunqsize()).toBe(LOCAL / 2 + 1);
    expect(runqget()).toBe((LOCAL + 2) | INHERITS);
  });
});

test("10 goroutines yield, then 1,500 of them yield at once: each runs, in order, as often as it yields", () => {
  const ran: number[] = [];
  runSync(function* () {
    for (let i = 0; i < 10; i++) yield* gosched();
    for (let i = 0; i < 1500; i++) {
      go(function* () {
        yield* gosched();
        ran.push(i);
        yield* gosched();
        ran.push(i);
      });
    }
    while (ran.length < 3000) yield* gosched();
  });
  const times = new Map<number, number>();
  for (const i of ran) times.set(i, (times.get(i) ?? 0) + 1);
  expect(times.size).toBe(1500);
  expect([...times.values()].every((n) => n === 2)).toBe(true);
});

/** Capacities about the places that a ring begins with (64), and about where it doubles. */
const CAPACITIES = [1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, 130, 257];

describe("a channel's buffer", () => {
  test("at every capacity, turned by any number of places and filled to the end, is first in, first out", () => {
    for (const capacity of CAPACITIES) {
      const turns = capacity <= 5 ? range(0, 2 * capacity + 1) : [0, 1, 2, 62, 63, 64, 65, capacity - 1, capacity];
      for (const turn of turns) {
        for (const left of new Set([0, 1, Math.min(turn, capacity) - 1].filter((n) => n >= 0 && n < capacity))) {
          const c = chan<number>(capacity);
          const place = `capacity ${capacity}, turned by ${turn}, begun with ${left}`;
          let sent = 0;
          let got = 0;
          for (; sent < left; sent++) expect(trySend(c, sent), place).toBe(true);
          for (; sent < left + turn; sent++) {
            expect(trySend(c, sent), place).toBe(true);
            expect(bufget(c), place).toBe(got++);
          }
          while (trySend(c, sent)) sent++;
          expect(chanlen(c), place).toBe(capacity);
          expect(
            range(0, capacity).map(() => bufget(c)),
            place,
          ).toEqual(range(got, capacity));
          expect(chanlen(c), place).toBe(0);
        }
      }
    }
  });

  test("senders that wait on a full one are served in order, wherever it begins; and after a close it is emptied", () => {
    for (const capacity of [1, 2, 3, 4, 5, 65]) {
      for (let turn = 0; turn <= capacity; turn++) {
        const got: (number | undefined)[] = [];
        const order: (number | undefined)[] = [];
        runSync(function* () {
          const c = chan<number>(capacity);
          for (let i = 0; i < turn; i++) {
            yield* c.send(-1);
            yield* c.recv();
          }
          for (let i = 0; i < capacity + 3; i++) {
            go(function* () {
              order.push(i);
              yield* c.send(i);
            });
          }
          while (order.length < capacity + 3) yield* gosched();
          for (let i = 0; i < 3; i++) got.push(yield* c.recv());
          c.close();
          for (let i = 0; i < capacity; i++) got.push(yield* c.recv());
          got.push(yield* c.recv());
        });
        expect(order.length).toBe(capacity + 3);
        expect(got, `capacity ${capacity}, turned by ${turn}`).toEqual([...order, undefined]);
      }
    }
  });
});

describe("a lane", () => {
  test("at every capacity, place and fill spills into the buffer what is in it, in order; and then goes on", () => {
    for (const capacity of [1, 2, 3, 4, 5, 8]) {
      for (let turn = 0; turn <= capacity; turn++) {
        for (let fill = 0; fill <= capacity; fill++) {
          runSync(function* () {
            const c = chan<unknown>(capacity);
            // the buffer was used before: its places are turned, too
            for (let i = 0; i < fill; i++) expect([trySend(c, i), bufget(c)]).toEqual([true, i]);
            openLane(c, handleOf(c));
            const lane = c.lane;
            if (lane === null) throw new Error(`capacity ${capacity}: no lane`);
            const place = `capacity ${capacity}, turned by ${turn}, ${fill} in it`;
            for (let i = 0; i < turn; i++) {
              lane.put(1000 + i);
              expect(lane.get(), place).toBe(1000 + i);
            }
            for (let i = 0; i < fill; i++) expect(lane.put(i), place).toBe(true);
            expect(lane.put(99), place).toBe(fill < capacity);
            const wanted: unknown[] = fill < capacity ? [...range(0, fill), 99] : range(0, fill);
            expect([chanlen(c), chancap(c)], place).toEqual([wanted.length, capacity]);
            lane.spill();
            expect([c.lane, chanlen(c), chancap(c)], place).toEqual([null, wanted.length, capacity]);
            // what is no word, up to the capacity and not above
            for (; wanted.length < capacity; wanted.push("ant")) expect(trySend(c, "ant"), place).toBe(true);
            expect(trySend(c, "bee"), place).toBe(false);
            expect(yield* c.recv(), place).toBe(wanted.shift());
            wanted.push("cat");
            expect(trySend(c, "cat"), place).toBe(true);
            for (const value of wanted) expect(yield* c.recv(), place).toBe(value);
            expect(chanlen(c), place).toBe(0);
            // the lane of the handle is taken up again, with its memory, which the library knows; it begins empty
            openLane(c, handleOf(c));
            expect(c.lane, place).toBe(lane);
            expect(lane.count, place).toBe(0);
            yield* gosched();
          });
        }
      }
    }
  });

  test("keeps every value that is a word, to the limits, and ends at every other; both come out as they went in", () => {
    const limit = Number.MAX_SAFE_INTEGER;
    const words = [
      0,
      1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      limit - 1,
      limit,
      BigInt(limit) + 1n,
      2n ** 63n,
      2n ** 64n - 1n,
    ];
    const others = [
      ...[-0, -1, 0.5, limit + 1, -limit, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      // A small bigint would come back as a number.
      ...[0n, 1n, BigInt(limit), -1n, 2n ** 64n, -(2n ** 63n)],
      ...["", "1", null, undefined, true, false, Symbol.iterator, {}, [], () => {}],
    ];
    for (const [isWord, values] of [
      [true, words],
      [false, others],
    ] as const) {
      for (const value of values) {
        for (const fill of [0, 1]) {
          runSync(function* () {
            const c = chan<unknown>(2);
            openLane(c, handleOf(c));
            const name = `${typeof value} ${String(value)}, ${fill} before it`;
            for (let i = 0; i < fill; i++) yield* c.send(7);
            yield* c.send(value);
            expect(c.lane !== null, name).toBe(isWord);
            for (let i = 0; i < fill; i++) expect(yield* c.recv(), name).toBe(7);
            expect(Object.is(yield* c.recv(), value), name).toBe(true);
          });
        }
      }
    }
  });

  test("that a value which is no word ends keeps what was in it before that value", () => {
    for (const capacity of [1, 2, 3, 4, 5]) {
      for (let turn = 0; turn < capacity; turn++) {
        for (let fill = 0; fill < capacity; fill++) {
          runSync(function* () {
            const c = chan<unknown>(capacity);
            openLane(c, handleOf(c));
            for (let i = 0; i < turn; i++) {
              yield* c.send(7);
              yield* c.recv();
            }
            for (let i = 0; i < fill; i++) yield* c.send(i);
            yield* c.send("ant");
            for (const value of [...range(0, fill), "ant"]) {
              expect(yield* c.recv(), `capacity ${capacity}, turned by ${turn}, ${fill} in it`).toBe(value);
            }
          });
        }
      }
    }
  });
});

test("a ring of a buffer that may grow no more refuses", () => {
  const c = chan<number>(65);
  for (let i = 0; i < 64; i++) bufput(c, i);
  expect(hasRoom(c)).toBe(true);
  bufput(c, 64);
  expect([c.qcount, hasRoom(c)]).toEqual([65, false]);
});
