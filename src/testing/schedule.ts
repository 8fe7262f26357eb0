/**
 * Schedules as strings. A schedule lists where a run deviates from Go's order: the numbers of the decisions, and what
 * was chosen there in place of the first goroutine (or the first ready case of a select).
 *
 * `g1:5A0B` reads: 5 decisions in Go's order; then the choice after the first (A); then, after 0 more decisions in Go's
 * order, the second after the first (B). Letters before the colon tell what else is decided in the run: `c`, whether other
 * goroutines run before a call such as go or close returns; `t`, whether the clock moves while goroutines can run.
 */

/** What may be decided in a run, besides what always may. */
export interface Mode {
  /** Whether others may run before a call such as go, close, done or signal returns. */
  readonly calls: boolean;
  /** Whether timers may fire while goroutines can run. */
  readonly early: boolean;
}

/** The mode without any of it. */
export const PLAIN: Mode = { calls: false, early: false };

/** A decision that deviates from Go's order. */
export interface Deviation {
  /** The decision's number in the run, from 0. */
  readonly step: number;
  /** What was chosen: an index into the list of choices, from 1; 0 is Go's choice. */
  readonly pick: number;
}

/** A schedule. */
export interface Schedule {
  readonly mode: Mode;
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
 *   if (error instanceof ScheduleError) console.log(error.message); // gobuf: schedule "g9:1A": of another version of gobuf: expected g1, g1c, g1t or g1ct
 * }
 * ```
 */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

const VERSION = "g1";
const EXACT = ":";
const LENIENT = "~";
const CALLS = "c";
const EARLY = "t";
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
export function formatSchedule({ deviations, lenient, mode }: Schedule): string {
  let next = 0;
  const parts = deviations.map(({ step, pick }) => {
    const skipped = step - next;
    next = step + 1;
    return skipped.toString(36) + letters(pick);
  });
  const head = VERSION + (mode.calls ? CALLS : "") + (mode.early ? EARLY : "") + (lenient ? LENIENT : EXACT);
  return head + parts.join("");
}

/** The schedule of a string. @throws ScheduleError */
export function parseSchedule(text: string): Schedule {
  const fail = (what: string) => new ScheduleError(`gobuf: schedule ${JSON.stringify(text)}: ${what}`);
  if (typeof text !== "string") throw fail("expected a string");
  const [head, calls, early, end] = /^g1(c?)(t?)([:~])/.exec(text) ?? [];
  if (head === undefined) {
    throw fail(
      /^g\d+[a-z]*[:~]/.test(text)
        ? "of another version of gobuf: expected g1, g1c, g1t or g1ct"
        : "expected it to start with g1:",
    );
  }
  const body = text.slice(head.length);
  const deviations: Deviation[] = [];
  const token = /([0-9a-z]+)([A-Z]+)/y;
  let next = 0;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const [, skipped = "", letter = ""] = token.exec(body) ?? [];
    const step = next + Number.parseInt(skipped, 36);
    const pick = ofLetters(letter);
    if (letter === "") {
      const where = head.length + at + 1;
      throw fail(`expected digits or small letters, then capital letters, from character ${where} on`);
    }
    if (step > MAX || pick > MAX) throw fail("a number is too large");
    deviations.push({ step, pick });
    next = step + 1;
  }
  return { deviations, lenient: end === LENIENT, mode: { calls: calls !== "", early: early !== "" } };
}
