/** A row of FIDELITY.md: what was ported, and the checks that say whether it is the same. */

/**
 * A check by name. FIDELITY.md explains the kinds to its readers (render.ts, EVIDENCE); judge.ts carries them out.
 * - `golden:PREFIX`: the named golden cases whose names start so are the same on every kind of body
 * - `goldens`, `random`, `relation`, `layout`, `probe`, `preempt`: that part of the run has no failure
 * - `test:FILE` or `test:FILE:NAME`: `bun test FILE` passes; with NAME, those of its tests whose names match that expression
 * - `word:NAME=NUMBER`: that word of the library's layout has that value, on System V
 * - `export:FILE:NAME`: src/FILE exports NAME, or a class of src/FILE has the method "Class.method"
 * - `absent:NAME`: nothing in src/ or arch/ is declared under that name, upper and lower case alike
 */
export type CheckName = string;

/** What a row says. Its checks hold, or the row is broken. */
export type Expectation =
  /** The port does what the original does. */
  | "same"
  /** The port differs, by intent, and the checks are checks of that difference. */
  | "differs"
  /** The port has no such thing. */
  | "missing";

/** One row. */
export interface Item {
  /** Go's name, or the Rust seed's. */
  readonly name: string;
  /** Go file, or the Rust seed's part. */
  readonly from: string;
  /** The property checked; of a row that differs, what differs. In a few words. */
  readonly property: string;
  readonly checks: readonly CheckName[];
  readonly expect: Expectation;
  /** Why it differs or is missing. */
  readonly reason?: string;
}

/** A row that is the same. */
export function same(name: string, from: string, property: string, ...checks: CheckName[]): Item {
  return { name, from, property, checks, expect: "same" };
}

/** A row that differs by design. @param what differs, in a few words @param reason in whole sentences without the last stop */
export function differs(name: string, from: string, what: string, reason: string, ...checks: CheckName[]): Item {
  return { name, from, property: what, checks, expect: "differs", reason };
}

/** A row that has no counterpart. @param reason as of {@link differs} @param names that its functions would have */
export function missing(name: string, from: string, reason: string, ...names: string[]): Item {
  return { name, from, property: "none", checks: names.map((n) => `absent:${n}`), expect: "missing", reason };
}
