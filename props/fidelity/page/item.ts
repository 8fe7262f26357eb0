/** A row of FIDELITY.md: what was ported, and which checks say whether it is the same. */

/**
 * A check by name:
 * - `golden:PREFIX`: the named golden cases that start so are the same on every kind of body
 * - `goldens`, `random`, `relation`, `layout`, `probe`: that part of the run has no failure
 * - `export:FILE:NAME`: src/FILE exports NAME, or a class of src/FILE has the method "Class.method"
 * - `test:FILE`: `bun test FILE` passes
 * - `word:NAME=NUMBER`: the descriptor's word has that value, on System V
 */
export type CheckName = string;

/** What a row's checks are expected to say. */
export type Expectation =
  /** All hold: the port does what the original does. */
  | "same"
  /** All hold, and they are checks of the difference. */
  | "differs"
  /** The first does not hold: there is no such thing here. That it holds one day is a failure, too. */
  | "missing";

/** One row. */
export interface Item {
  /** Go's name, or the seed's. */
  readonly name: string;
  /** Go file, or the seed's part. */
  readonly from: string;
  /** The property checked, in a few words. */
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

/** A row that differs by design. */
export function differs(name: string, from: string, reason: string, ...checks: CheckName[]): Item {
  return { name, from, property: "the difference itself", checks, expect: "differs", reason };
}

/** A row that has no counterpart. */
export function missing(name: string, from: string, reason: string, check: CheckName): Item {
  return { name, from, property: "", checks: [check], expect: "missing", reason };
}
