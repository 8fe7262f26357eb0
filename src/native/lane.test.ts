/** Lanes as TypeScript uses them; props/native/lanes.test.ts has native bodies use them. */
import { afterEach, describe, expect, test } from "bun:test";
import { after, type Chan, chan, go, gosched, native, recvCase, runSync, select, sendCase } from "../index.ts";
import { i32, u64 } from "../runtime/word.ts";
import { handleOf, releaseHandle } from "./handles.ts";
import { openLane, setLanes } from "./lane.ts";

/** A channel whose buffer holds words. */
function opened<T>(c: Chan<T>): Chan<T> {
  openLane(c, handleOf(c));
  expect(c.lane).not.toBeNull();
  return c;
}

afterEach(() => setLanes(true));

describe("which channels get one", () => {
  test("plain ones, and those of a codec without effects", () => {
    for (const c of [chan(2), native.chan(i32, 2), native.chan(u64, 2)]) {
      openLane(c, handleOf(c));
      expect(c.lane).not.toBeNull();
    }
  });

  test("none that is closed, that something else feeds, that has a user's codec, or when they are shut", () => {
    runSync(function* () {
      const closed = chan(2);
      closed.close();
      const own = native.chan({ ...i32 }, 2);
      const refused = [closed, after(1) as Chan<number>, own];
      for (const c of refused) {
        openLane(c, handleOf(c));
        expect(c.lane).toBeNull();
      }
      setLanes(false);
      const shut = chan(2);
      openLane(shut, handleOf(shut));
      expect(shut.lane).toBeNull();
      yield* shut.send(1);
    });
  });
});

test("a ring of words that goes round", () => {
  runSync(function* () {
    const c = opened(chan<number | bigint>(3));
    const values = [0, 2 ** 53 - 1, 2n ** 64n - 1n, 2 ** 31, 5, 2n ** 53n, 7];
    for (const value of values) {
      yield* c.send(value);
      yield* c.send(value);
      expect([c.len, c.cap]).toEqual([2, 3]);
      expect([yield* c.recv(), yield* c.recv()]).toEqual([value, value]);
    }
    expect([c.len, c.lane === null]).toEqual([0, false]);
  });
});

describe("what is no word puts the values back into the channel's own buffer", () => {
  for (const value of [-1, -0, 0.5, 2 ** 53, 7n, -7n, 2n ** 64n, true, undefined, null, "ant", Number.NaN]) {
    test(`${typeof value} ${Object.is(value, -0) ? "-0" : value}`, () => {
      runSync(function* () {
        const c = opened(chan<unknown>(3));
        yield* c.send(1);
        yield* c.send(2);
        expect(yield* c.recv()).toBe(1);
        yield* c.send(3);
        yield* c.send(value);
        expect([c.lane, c.len, c.cap]).toEqual([null, 3, 3]);
        expect((yield* select([sendCase(c, 4)], { default: true })).index).toBe(-1);
        expect([yield* c.recv(), yield* c.recv(), yield* c.recv()]).toEqual([2, 3, value]);
        expect((yield* select([recvCase(c)], { default: true })).index).toBe(-1);
        opened(c);
      });
    });
  }

  test("also when it comes from one that waits to send", () => {
    runSync(function* () {
      const c = opened(chan<number>(2));
      for (const n of [1, 2]) yield* c.send(n);
      const r = yield* select([sendCase(c, 5)], { default: true });
      expect(r.index).toBe(-1);
      const got: unknown[] = [];
      go(function* () {
        yield* c.send(-3);
      });
      yield* gosched();
      yield* gosched();
      for (let n = 0; n < 3; n++) got.push(yield* c.recv());
      expect(got).toEqual([1, 2, -3]);
    });
  });
});

test("a close, the end of a handle and the end of a run do", () => {
  const outlives = chan<number>(2);
  runSync(function* () {
    const closed = opened(chan<number>(2));
    yield* closed.send(1);
    closed.close();
    expect(closed.lane).toBeNull();
    expect([yield* closed.recvOk(), yield* closed.recvOk()]).toEqual([
      [1, true],
      [undefined, false],
    ]);
    const released = opened(chan<number>(2));
    yield* released.send(2);
    expect(releaseHandle(released)).toBe(true);
    expect([released.lane, released.len]).toEqual([null, 1]);
    yield* opened(outlives).send(3);
  });
  expect(outlives.len).toBe(1);
  runSync(function* () {
    expect([outlives.lane, outlives.len]).toEqual([null, 1]);
    expect(yield* outlives.recv()).toBe(3);
    yield* opened(outlives).send(4);
    expect(yield* outlives.recv()).toBe(4);
  });
});

test("values are not mixed up when a lane that is not used is let go of", () => {
  runSync(function* () {
    const c = opened(chan<unknown>(3));
    yield* c.send("ant");
    yield* c.send("bee");
    expect(c.lane).toBeNull();
    releaseHandle(c);
    expect([c.len, yield* c.recv(), yield* c.recv()]).toEqual([2, "ant", "bee"]);
  });
});
