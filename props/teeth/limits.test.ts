/** Limits, each met one below, at it, and one above: what is taken works to its last place, what is not is refused by name. */
import { afterAll, expect, test } from "bun:test";
import { chan, recvCase, runSync, select, sendCase } from "gobuf";
import { handleOf } from "../../src/native/handles.ts";
import { openLane } from "../../src/native/lane.ts";
import { chancap, trySend } from "../../src/runtime/chan.ts";
import { MEMORY_BAD_INDEX, MEMORY_OK, MEMORY_SIZE_HUGE, MEMORY_SIZE_ZERO } from "../../src/runtime/codes.ts";
import { chunkOfG, descriptor, native } from "../../src/runtime/ffi.ts";
import { boundsOf } from "../stack-fixture.ts";

const CASES_MAX = 65_536;
const LANE_MAX = 65_536;
const CAPACITY_MAX = 2 ** 31 - 1;
const page = descriptor.page_size;
const first = chunkOfG();

afterAll(() => {
  for (const gp of [first, first + 1]) if (boundsOf(gp).hi !== 0) native.gobuf_stackfree(gp);
});

test("a select of 65,535 and of 65,536 cases chooses the only ready one, first or last; of 65,537 it panics as Go's does", () => {
  runSync(function* () {
    const never = chan<number>();
    const ready = chan<number>(1);
    for (const count of [CASES_MAX - 1, CASES_MAX]) {
      for (const at of [0, 1, count - 2, count - 1]) {
        const cases = new Array(count).fill(recvCase(never));
        cases[at] = sendCase(ready, at);
        expect((yield* select(cases)).index).toBe(at);
        expect(yield* ready.recv()).toBe(at);
      }
    }
    expect(() => select(new Array(CASES_MAX + 1).fill(recvCase(never)))).toThrow("select: too many cases (max 65536)");
  });
});

test("a channel has up to 2^31-1 places", () => {
  for (const capacity of [CAPACITY_MAX - 1, CAPACITY_MAX]) {
    const c = chan<number>(capacity);
    expect([chancap(c), trySend(c, 1)]).toEqual([capacity, true]);
  }
  for (const capacity of [CAPACITY_MAX + 1, -1]) expect(() => chan(capacity)).toThrow("makechan: size out of range");
});

test("a channel of up to 65,536 places has a lane, which holds as many and no more", () => {
  runSync(function* () {
    for (const capacity of [LANE_MAX - 1, LANE_MAX]) {
      const c = chan<number>(capacity);
      openLane(c, handleOf(c));
      const lane = c.lane;
      if (lane === null) throw new Error(`capacity ${capacity}: no lane`);
      for (let i = 0; i < capacity; i++) lane.put(i);
      expect([lane.count, lane.put(0)]).toEqual([capacity, false]);
      let wrong = 0;
      for (let i = 0; i < capacity; i++) if (lane.get() !== i) wrong++;
      expect([wrong, lane.count]).toEqual([0, 0]);
    }
    const larger = chan<number>(LANE_MAX + 1);
    openLane(larger, handleOf(larger));
    expect(larger.lane).toBeNull();
    yield* larger.send(1);
    expect(yield* larger.recv()).toBe(1);
  });
});

/** The first G that is not committed: a size of 0 is refused behind the index. */
function committedGs(): number {
  let below = 0;
  let above = descriptor.g_max;
  while (above - below > 1) {
    const middle = (above + below) >> 1;
    if (native.gobuf_stackalloc(middle, 0) === MEMORY_BAD_INDEX) above = middle;
    else below = middle;
  }
  return above;
}

test("the last G of what is committed is there, the next is not; a region ends at its size", () => {
  const step = 64 * 1024;
  // behind all that others, this test before included, made usable
  const bytes = committedGs() * descriptor.g_stride + 2 * step;
  for (const wanted of [bytes - 1, bytes, bytes + 1]) {
    expect(native.gobuf_arena_commit(1, wanted)).toBe(MEMORY_OK);
    const last = Math.floor((Math.ceil(wanted / step) * step) / descriptor.g_stride) - 1;
    // a size of 0 is refused behind the index
    expect([last - 1, last, last + 1].map((gp) => native.gobuf_stackalloc(gp, 0))).toEqual([
      MEMORY_SIZE_ZERO,
      MEMORY_SIZE_ZERO,
      MEMORY_BAD_INDEX,
    ]);
  }
  const whole = descriptor.g_max * descriptor.g_stride;
  expect(native.gobuf_arena_commit(1, whole + step)).toBe(MEMORY_SIZE_HUGE);
  expect([0, 2 ** 32 - 1].map((gp) => native.gobuf_stackalloc(gp, 0))).toEqual([MEMORY_BAD_INDEX, MEMORY_BAD_INDEX]);
});

test("stacks of one bucket of the pool, and of its neighbours, have their own sizes", () => {
  const bucket = 256 * 4096;
  for (const size of [8 * page, 8 * page + bucket, 9 * page, 9 * page + bucket, 8 * page + 2 * bucket]) {
    for (let again = 0; again < 2; again++) {
      expect(native.gobuf_stackalloc(first, size)).toBe(MEMORY_OK);
      expect(native.gobuf_stackalloc(first + 1, 8 * page)).toBe(MEMORY_OK);
      expect([first, first + 1].map((gp) => boundsOf(gp).hi - boundsOf(gp).lo)).toEqual([size, 8 * page]);
      for (const gp of [first, first + 1]) expect(native.gobuf_stackfree(gp)).toBe(MEMORY_OK);
    }
  }
  expect(native.gobuf_stackalloc(first, 2 ** 30 + page)).toBe(MEMORY_SIZE_HUGE);
});
