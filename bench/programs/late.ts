/**
 * How late the event loop is beside work: two loops compute for so many milliseconds between two operations, and meanwhile
 * an interval of 5 ms, an immediate that is awaited, and an HTTP request to this process are timed.
 */
import type { Measured } from "../program.ts";

/** Milliseconds of work between two operations of a loop. */
export const PIECES_MS = [0.01, 0.1, 1, 3] as const;

const INTERVAL_MS = 5;

/** Computes for so long. */
export function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Starts both loops. @returns ends them, and settles when they have ended */
export type Loops = (pieceMs: number) => () => Promise<void>;

/** The value that a share of all is at most. */
function quantile(values: number[], share: number): number {
  return values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] as number;
}

/** Milliseconds by which ticks of an interval come later than they should after the one before. */
function ticks(n: number): Promise<number[]> {
  const { promise, resolve } = Promise.withResolvers<number[]>();
  const late: number[] = [];
  let last = performance.now();
  const interval = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - last - INTERVAL_MS));
    last = now;
    if (late.length < n) return;
    clearInterval(interval);
    resolve(late);
  }, INTERVAL_MS);
  return promise;
}

/** Totals of `n` ticks, nanoseconds: of the median lateness, and of its 99th percentile. */
export async function lateTicks(n: number): Promise<[median: number, most: number]> {
  const late = await ticks(n);
  const total = (share: number) => n * 1e6 * quantile(late, share);
  return [total(0.5), total(0.99)];
}

/** Milliseconds that each of `n` things takes, one after the other. */
async function each(n: number, f: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < n; i++) {
    const start = performance.now();
    await f();
    took.push(performance.now() - start);
  }
  return took;
}

/** A program of the rows: medians of all three, and the interval's 99th percentile, each times `n`. */
export function late(loops: Loops, pieceMs: number): (n: number) => Promise<Measured> {
  return async (n) => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("here") });
    const stop = loops(pieceMs);
    const intervals = await ticks(n);
    const promises = await each(n, () => new Promise((resolve) => setImmediate(resolve)));
    const requests = await each(Math.ceil(n / 4), async () => await (await fetch(server.url)).text());
    await stop();
    const ns = (values: number[], share: number) => n * 1e6 * quantile(values, share);
    return { check: n, values: [ns(intervals, 0.5), ns(intervals, 0.99), ns(promises, 0.5), ns(requests, 0.5)] };
  };
}

/** The programs by the names of their rows. */
export function latePrograms(loops: Loops): Record<string, (n: number) => Promise<Measured>> {
  return Object.fromEntries(PIECES_MS.map((ms) => [`beside pieces of ${ms} ms`, late(loops, ms)]));
}
