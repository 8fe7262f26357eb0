/**
 * Tests that wait for processes, beside each other: those of one file, as many at a time as the machine has processors.
 * One by one a second processor waits for as long as the first. Tests that look at the clock, or at what all of a
 * machine does, are none of them.
 */
import { test } from "bun:test";
import { availableParallelism } from "node:os";
import type { TestFunction } from "./abis/skip.ts";

/** Milliseconds that such a test may take by default: it waits for its place first. */
const LIMIT_MS = 900_000;

/**
 * Places for jobs.
 *
 * @param n jobs at a time
 * @returns what has a job done when there is a place for it, those that wait longest first; it settles as the job does
 */
export function places(n = availableParallelism()): <T>(job: () => T | Promise<T>) => Promise<T> {
  let free = n;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      // Its place is handed on, or free.
      if (next === undefined) free++;
      else next();
    }
  };
}

const place = places();

/** `test`, beside the others of its file that are so. */
export const beside: TestFunction = (name, body, timeoutMs = LIMIT_MS) =>
  test.concurrent(name, () => place(body), timeoutMs);
