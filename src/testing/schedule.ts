/**
 * Schedules as strings. A schedule lists where a run deviates from Go's order: the numbers of the decisions, and what
 * was chosen there in place of the first goroutine (or the first ready case of a select).
 *
 * `g1:5A0B` reads: 5 decisions in Go's order; then the choice after the first (A); then, after 0 more decisions in Go's
 * order, the second after the first (B).
 */

/** A decision that deviates from Go's order. */
export interface Deviation {
  /** The decision's number in the run, from 0. */
  readonly step: number;
  /** What was chosen: an index into the list of choices, from 1; 0 is Go's choice. */
  readonly pick: number;
}

/** A schedule. */
export interface Schedule {
  /** In the order of their steps. */
  readonly deviations: readonly Deviation[];
  /**
   * Whether it fits any program: a pick beyond the list is taken modulo its length, a step after the run's end is
   * ignored.
   */
  readonly lenient: boolean;
}

/**
 * What {@link replay} throws for a string that is no schedule, or that does not fit the program.
 *
 * @example
 * ```ts
 * import { replay, ScheduleError } from "gobuf/testing";
 *
 * try {
 *   replay(function* () {}, "g9:1A");
 * } catch (error) {
 *   if (error instanceof ScheduleError) console.log(error.message); // gobuf: schedule "g9:1A": of another version of gobuf: expected g1
 * }
 * ```
 */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

const EXACT = "g1:";
const LENIENT = "g1~";
/** Steps and picks stay below: a longer number is a mistake. */
const MAX = 0x7fffffff;

/** A number above 0 in letters: A to Z, AA to AZ, BA, ... */
function letters(n: number): string {
  let text = "";
  for (let rest = n; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(65 + ((rest - 1) % 26)) + text;
  }
  return text;
}

function ofLetters(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) n = n * 26 + text.charCodeAt(i) - 64;
  return n;
}

/** The string of a schedule. */
export function formatSchedule({ deviations, lenient }: Schedule): string {
  let next = 0;
  const parts = deviations.map(({ step, pick }) => {
    const skipped = step - next;
    next = step + 1;
    return skipped.toString(36) + letters(pick);
  });
  return (lenient ? LENIENT : EXACT) + parts.join("");
}

/** The schedule of a string. @throws ScheduleError */
export function parseSchedule(text: string): Schedule {
  const fail = (what: string) => new ScheduleError(`gobuf: schedule ${JSON.stringify(text)}: ${what}`);
  if (typeof text !== "string") throw fail("expected a string");
  const lenient = text.startsWith(LENIENT);
  if (!lenient && !text.startsWith(EXACT)) {
    throw fail(
      /^g\d+[:~]/.test(text) ? "of another version of gobuf: expected g1" : `expected it to start with ${EXACT}`,
    );
  }
  const body = text.slice(EXACT.length);
  const deviations: Deviation[] = [];
  const token = /([0-9a-z]+)([A-Z]+)/y;
  let next = 0;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const [, skipped = "", letter = ""] = token.exec(body) ?? [];
    const step = next + Number.parseInt(skipped, 36);
    const pick = ofLetters(letter);
    if (letter === "") {
      const where = EXACT.length + at + 1;
      throw fail(`expected digits or small letters, then capital letters, from character ${where} on`);
    }
    if (step > MAX || pick > MAX) throw fail("a number is too large");
    deviations.push({ step, pick });
    next = step + 1;
  }
  return { deviations, lenient };
}
