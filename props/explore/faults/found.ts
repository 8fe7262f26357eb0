/** What the tests of exploration's faults share: failures found and found again, and what came of all schedules. */
import { expect } from "bun:test";
import type { Body } from "gobuf";
import { ExploreError, type ExploreOptions, explore, replay } from "gobuf/testing";

export const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
export const DRAWN = ["mixed", "pct", "random"] as const;
export const ALL = [...DRAWN, "exhaustive"] as const;

export function failureOf(f: () => unknown): ExploreError {
  try {
    f();
  } catch (error) {
    if (error instanceof ExploreError) return error;
    throw error;
  }
  throw new Error("it passed");
}

export function headline(f: () => unknown): string {
  return failureOf(f).message.split("\n", 1)[0] as string;
}

/** Found, and found again from the string alone. */
export function expectFound(program: Body<unknown>, options: ExploreOptions, text: RegExp): void {
  const { schedule, message } = failureOf(() => explore(program, { seed: 1, ...options }));
  expect(message).toMatch(text);
  expect(headline(() => replay(program, schedule))).toMatch(text);
}

export function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** All orders of so many of each letter. */
export function interleavings(letters: readonly string[], each: number): string[] {
  const add = (text: string): string[] => {
    if (text.length === letters.length * each) return [text];
    return letters.filter((c) => text.split(c).length <= each).flatMap((c) => add(text + c));
  };
  return add("");
}

/** Whether a goroutine that has given way twice, and has one more letter, lets the other have a turn that has one, too. */
export function isFair(order: string): boolean {
  return [...order].every((c, i) => {
    const before = order.slice(0, i + 1);
    const rest = order.slice(i + 1);
    return before.split(c).length !== 3 || rest[0] !== c || [...rest].every((other) => other === c);
  });
}

/** What the runs of all schedules did, each once. */
export function outcomes(
  program: (log: (text: string) => void) => Body<unknown>,
  options: ExploreOptions = {},
): Set<string> {
  const seen = new Set<string>();
  let text = "";
  const body = program((more) => {
    text += more;
  });
  const { complete, runs } = explore(
    function* counted() {
      text = "";
      yield* body();
    },
    {
      scheduler: "exhaustive",
      preemptions: 100,
      runs: 100_000,
      ...options,
      onSchedule: () => seen.add(text),
    },
  );
  expect(complete).toBe(true);
  expect(runs).toBeGreaterThanOrEqual(seen.size);
  return seen;
}
