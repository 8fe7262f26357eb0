/** Finds where two traces part, and shows it with the events around it. */
import type { Trace } from "./trace.ts";

/** Events shown before and after the one that differs. */
const AROUND = 5;

/** The first difference in one part of a trace. */
export interface Divergence {
  readonly part: "ops" | "status" | "outcome";
  /** 0-based index of the event; 0 for the outcome. */
  readonly index: number;
  /** Number of events on each side; 1 for the outcome. */
  readonly lengths: readonly [expected: number, got: number];
  /** The event that differs; undefined where the list has ended. */
  readonly expected: string | undefined;
  readonly got: string | undefined;
  /** The events around it, `first` being the index of the first one shown. */
  readonly around: { readonly first: number; readonly expected: readonly string[]; readonly got: readonly string[] };
}

/** Where two lists part, or undefined when they are equal. */
export function firstDifference(
  part: Divergence["part"],
  expected: readonly string[],
  got: readonly string[],
): Divergence | undefined {
  const shorter = Math.min(expected.length, got.length);
  let index = 0;
  while (index < shorter && expected[index] === got[index]) index++;
  if (index === expected.length && index === got.length) return undefined;
  const first = Math.max(0, index - AROUND);
  const end = index + AROUND + 1;
  return {
    part,
    index,
    lengths: [expected.length, got.length],
    expected: expected[index],
    got: got[index],
    around: { first, expected: expected.slice(first, end), got: got.slice(first, end) },
  };
}

/**
 * Every part in which two traces differ, in the order in which to look at them: status changes come first, as the
 * scheduler makes them, then the operations, then the outcome.
 */
export function compareTraces(expected: Trace, got: Trace): Divergence[] {
  const parts = [
    firstDifference("status", expected.status, got.status),
    firstDifference("ops", expected.ops, got.ops),
    firstDifference("outcome", [expected.outcome], [got.outcome]),
  ];
  return parts.filter((part) => part !== undefined);
}

const END = "(end)";

/** Shows a divergence: what differs, then both sides of the events around it, the first that differs marked with `>`. */
export function formatDivergence({ part, index, lengths, expected, got, around }: Divergence): string[] {
  const want = JSON.stringify(expected) ?? END;
  const have = JSON.stringify(got) ?? END;
  if (part === "outcome") return [`outcome differs: expected ${want}, got ${have}`];
  const lines = [
    `${part}[${index}] is the first event that differs (${lengths[0]} expected, ${lengths[1]} got)`,
    `  expected ${want}`,
    `  got      ${have}`,
  ];
  const rows = Math.max(around.expected.length, around.got.length);
  const width = Math.max(8, ...around.expected.map((event) => event.length));
  lines.push(`    ${" ".repeat(7)}${"expected".padEnd(width)}  got`);
  for (let i = 0; i < rows; i++) {
    const at = around.first + i;
    const left = around.expected[i] ?? (at === lengths[0] ? END : "");
    const right = around.got[i] ?? (at === lengths[1] ? END : "");
    lines.push(`  ${at === index ? ">" : " "} ${String(at).padStart(6)} ${left.padEnd(width)}  ${right}`.trimEnd());
  }
  return lines;
}
