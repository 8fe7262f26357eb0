/** Work for a thread: the same in TypeScript, whoever runs it. */

/** Rounds of {@link computeRounds} that take about a millisecond. */
export const ROUNDS_OF_1_MS = 1_000_000;

/** Items, and round trips, before the clock starts: a thread that has just been started has compiled nothing. */
export const WARM = 60_000;
export const WARM_TRIPS = 500;

/** Computes. @returns 1, which only who has done it can know */
export function computeRounds(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  return x === 0 ? 0 : 1;
}

/** What an item of the pipelines' objects is. */
export interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: number;
}

export const itemOf = (id: number): Item => ({ id, name: "a thing", price: 2.5 });
