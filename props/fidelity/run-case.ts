/** Runs one workload on one kind of body and says everything that is wrong with what came out. */
import type { CaseInput } from "../../golden/format.ts";
import { compareTraces, formatDivergence } from "./compare.ts";
import { checkHistory, type Illegal } from "./legality.ts";
import { checkProgram } from "./program.ts";
import type { Tally } from "./result.ts";
import { checkStandstill } from "./standstill.ts";
import type { Trace } from "./trace.ts";

/**
 * Where two traces part, shown. Nothing when they are equal.
 *
 * @param tally where the events that were compared are counted
 */
export function divergences(expected: Trace, got: Trace, tally?: Tally): string[] {
  if (tally !== undefined) tally.compared += expected.ops.length + expected.status.length;
  return compareTraces(expected, got).flatMap(formatDivergence);
}

function place(part: string, list: readonly string[], { index, reason }: Illegal): string {
  const at = index < list.length ? `${part}[${index}] ${JSON.stringify(list[index])}` : `the end of ${part}`;
  return `${at} is illegal: ${reason}`;
}

/** What is wrong with a trace whatever Go would do. Nothing when it is legal. */
export function illegalities(input: CaseInput, trace: Trace): string[] {
  const history = checkHistory(trace.status, trace.outcome, input.workload.timers !== undefined);
  const program = checkProgram(input.workload, trace.ops) ?? checkStandstill(input.workload, trace.ops, trace.outcome);
  return [
    ...(history === undefined ? [] : [place("status", trace.status, history)]),
    ...(program === undefined ? [] : [place("ops", trace.ops, program)]),
  ];
}
