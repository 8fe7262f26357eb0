/** What a run of a workload left behind, whichever body ran it: the two event lists and how it ended. */
import type { CaseInput } from "../../golden/format.ts";

/** A run's trace. */
export interface Trace {
  /** One of format.ts's outcomes, or `error: ...` for an end that Go's runtime does not have. */
  readonly outcome: string;
  readonly ops: readonly string[];
  readonly status: readonly string[];
}

/** The kinds of goroutine body. */
export const KINDS = ["generator", "native"] as const;
export type Kind = (typeof KINDS)[number];

/** Runs a workload on one kind of body. */
export type Runner = (input: CaseInput, limits: TraceLimits) => Trace;

/** How many events a run may leave before it is stopped: a fault in the scheduler must not run forever. */
export interface TraceLimits {
  readonly opsMax: number;
  readonly statusMax: number;
}

/** For a workload of which nothing is known. */
export const OPEN_LIMITS: TraceLimits = { opsMax: 1_000_000, statusMax: 4_000_000 };

/** Limits for a run that is expected to leave `trace`: the first event too many is still seen, with a few behind it. */
export function limitsOf(trace: Trace): TraceLimits {
  const slack = 64;
  return { opsMax: trace.ops.length + slack, statusMax: trace.status.length + slack };
}

/** Thrown out of a run that went over its limits. */
export class TraceOverflow extends Error {
  override readonly name = "TraceOverflow";
}

/** The start of the outcome of a run that ended as no Go program does. */
const ERROR_OUTCOME = "error: ";

/** Outcome of a run that threw: the first line of what it threw. */
export function errorOutcome(error: unknown): string {
  return ERROR_OUTCOME + firstLine(error instanceof Error ? error.message : String(error));
}

/** A fatal error lists the goroutines from its third line on. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
