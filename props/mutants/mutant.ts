/** What a mutant is, and what the harness says of one. */

/** ABIs whose library is mutated. */
export const ABIS = ["linux-x64", "linux-arm64", "windows-x64"] as const;
export type Abi = (typeof ABIS)[number];

/**
 * What is mutated: the library of an ABI; the TypeScript (`src`); the suite itself (`suite`), which a test of the suite
 * must find; what a row of FIDELITY.md says (`rows`), which that row's own checks must find; preemption of
 * native bodies (`preempt`); locks, orders and protocols of several Ms (`procs`), on Linux.
 */
export const SUBJECTS = [...ABIS, "src", "suite", "rows", "preempt", "procs"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** An edit of one file. */
export interface Edit {
  /** From the project's root. */
  readonly file: string;
  /** Text that the file holds exactly once, or a number: the line, counted from 0. */
  readonly from: string | number;
  readonly to: string;
  /** Where `from` stands, an offset in UTF-16 units, where the file may hold it more than once. */
  readonly at?: number;
}

/** A deliberate fault, or a neutral change. */
export interface Mutant {
  /** e.g. "linux-x64/delete gobuf_mcall 12: movq %rbx, RBX(%r9)". */
  readonly name: string;
  readonly subject: Subject;
  readonly edits: readonly Edit[];
  /** The class of fault: a line of the catalogue of real bugs, or "instruction deletion". */
  readonly kind: string;
  /** The steps that must find it, in place of the subject's ladder: arguments of Bun. */
  readonly steps?: readonly (readonly string[])[];
  /** Such a fault ends in a process that hangs, as a rule: a test has the subject's limit, not several times as long. */
  readonly hangs?: boolean;
  /** Changes nothing that a program could tell: it must pass. */
  readonly neutral?: boolean;
}

/** What came of a mutant. */
export const VERDICTS = ["FOUND", "NEUTRAL-OK", "EQUIVALENT", "UNTESTABLE-HERE", "SURVIVED", "WRONG"] as const;
export type Verdict =
  /** The suite went red, by a named check, a crash or a time-out; and it said what named.ts wants it to say. */
  | "FOUND"
  /** A neutral change passed. */
  | "NEUTRAL-OK"
  /** Passed, and is listed with the argument why no program could tell. */
  | "EQUIVALENT"
  /** Passed, and is listed with what it would take to tell. */
  | "UNTESTABLE-HERE"
  /** Passed, and should not have. */
  | "SURVIVED"
  /** A neutral change failed, a listed one was found after all, one was found by another check than it must, or it does not build. */
  | "WRONG";

/** A mutant with its verdict. */
export interface Outcome {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  /** The check that found it, or what is wrong. */
  readonly by: string;
  readonly ms: number;
}
