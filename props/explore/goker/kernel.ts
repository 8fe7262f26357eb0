/**
 * A kernel of GoBench's GoKer (a bug that a Go project had, cut down to the goroutines that it takes), retold on gobuf's
 * public API, and beside it a twin in which the bug is fixed as the project fixed it.
 */
import type { Body } from "gobuf";
import type { ReplayOptions } from "gobuf/testing";

/** A kernel. */
export interface Kernel {
  /** Project and number of the issue or pull request: "etcd#6857". */
  readonly name: string;
  /** Whether a goroutine waits for ever, or all end and the result is wrong: GoBench's two halves. */
  readonly kind: "blocking" | "nonblocking";
  /** What is wrong. */
  readonly what: string;
  /** The program, as it was or fixed: called for each run. */
  readonly program: (fixed: boolean) => Body<unknown>;
  /** The first line of the report. */
  readonly failure: RegExp;
  /** Those of its runs, where they are not the ordinary ones. */
  readonly options?: ReplayOptions;
}

/** Goroutines that will never go on, whether main is among them or has returned. */
export const STUCK = /^fatal error: deadlock: /;

/** A kernel in which goroutines wait for ever. */
export function blocking(
  name: string,
  what: string,
  program: (fixed: boolean) => Body<unknown>,
  options?: ReplayOptions,
): Kernel {
  return { name, kind: "blocking", what, program, failure: STUCK, ...(options && { options }) };
}

/** A kernel that fails with a panic. @param failure how its text begins */
export function nonblocking(
  name: string,
  what: string,
  failure: RegExp,
  program: (fixed: boolean) => Body<unknown>,
  options?: ReplayOptions,
): Kernel {
  return { name, kind: "nonblocking", what, program, failure, ...(options && { options }) };
}

/** Fails the kernel. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
