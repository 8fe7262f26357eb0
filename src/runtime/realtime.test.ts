/** The system's time on the monotonic clock's scale: a clock that was set is followed, one that only drifts is not. */
import { afterEach, expect, spyOn, test } from "bun:test";
import { realStart, realTimeAt } from "./realtime.ts";

const spies: { mockRestore(): void }[] = [];
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});

/** Both clocks stand still. */
function clocks(systemMs: number, monotonicNs: number): void {
  spies.push(spyOn(Date, "now").mockReturnValue(systemMs), spyOn(Bun, "nanoseconds").mockReturnValue(monotonicNs));
}

test("the start is the system's time when the monotonic clock was 0, in whole milliseconds", () => {
  clocks(1_700_000_000_000, 5_400_000);
  expect(realStart(0)).toBe(1_699_999_999_995);
  clocks(1_700_000_000_000, 5_600_000);
  expect(realStart(Number.NEGATIVE_INFINITY)).toBe(1_699_999_999_994);
});

test("what it was stays while the clocks differ by a tenth of a second at most, both ways; then it is followed", () => {
  clocks(1_700_000_000_000, 0);
  const start = 1_700_000_000_000;
  for (const off of [0, 1, 99, 100, -1, -99, -100]) expect(realStart(start + off), `${off} ms`).toBe(start + off);
  for (const off of [101, 5000, -101, -5000]) expect(realStart(start + off), `${off} ms`).toBe(start);
});

test("times have steps of 1/2048 ms, which never go back, and whole milliseconds are whole", () => {
  for (const ms of [0, 1, 7, 86_400_000]) expect(realTimeAt(1000, ms * 1e6)).toBe(1000 + ms);
  expect(realTimeAt(1000, 1_500_000)).toBe(1001.5);
  expect(realTimeAt(1000, 999_999)).toBe(1000 + 2047 / 2048);
  // The first nanosecond of the first step, and the one before it.
  expect([realTimeAt(0, 488), realTimeAt(0, 489)]).toEqual([0, 1 / 2048]);
  let before = -1;
  for (let ns = 0; ns < 3e6; ns += 977) {
    const at = realTimeAt(0, ns);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at * 2048).toBe(Math.floor(at * 2048));
    expect(Math.abs(at - ns / 1e6)).toBeLessThan(1 / 2048);
    before = at;
  }
});
