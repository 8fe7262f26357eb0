/** A scheduler's report as text. */
import type { Op } from "../../../golden/format.ts";
import type { Counterexample, SchedReport } from "./run.ts";

/** Events of a side that are shown. */
const EVENTS_SHOWN = 40;

const opText = (op: Op) =>
  op.length === 1
    ? op[0]
    : `${op[0]} ${op
        .slice(1)
        .map((part) => JSON.stringify(part))
        .join(" ")}`;

/** A counterexample: the workload, then both sides. */
export function counterexampleLines({ workload, shrunk, details, go, got, seed }: Counterexample): string[] {
  const objects = Object.entries(workload).filter(([key, value]) => key !== "bodies" && value !== 0 && value !== false);
  const lines = [
    `${shrunk ? "the smallest workload found" : "the smallest of these workloads"}: seed ${seed}, ` +
      objects.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", "),
    ...workload.bodies.map((ops, b) => `  body ${b}: ${ops.map(opText).join("; ")}`),
    ...details,
  ];
  const side = (name: string, events: readonly string[], outcome: string) => {
    const more = events.length > EVENTS_SHOWN ? [`... and ${events.length - EVENTS_SHOWN} more`] : [];
    lines.push(`${name}: ${[...events.slice(0, EVENTS_SHOWN), ...more, `= ${outcome}`].join(" | ")}`);
  };
  if (go !== undefined) side("Go ", go.ops, go.outcome);
  side("got", got.ops, got.fault === undefined ? got.outcome : "nothing");
  return lines;
}

/** The whole report. @param again the command without its options, for replays */
export function reportLines({ hello, reference, results, lacks, skipped }: SchedReport, again: string): string[] {
  const lines = [`${hello.name} ${hello.version}, against ${reference}`];
  lines.push(
    `it has ${hello.ops.join(", ")}${lacks.length === 0 ? "" : `; left out of the workloads: ${lacks.join(", ")}`}`,
  );
  for (const { verdict, property, says, text, counterexample } of results) {
    lines.push(`${verdict.padEnd(6)} ${property} ${says}: ${text}`);
    if (counterexample === undefined) continue;
    lines.push(...counterexampleLines(counterexample).map((line) => `         ${line}`));
    const { seed, workload } = counterexample;
    lines.push(`         again: ${again.replace("sched", `sched --replay '${JSON.stringify({ seed, workload })}'`)}`);
  }
  for (const [why, count] of Object.entries(skipped)) lines.push(`${count} workloads skipped: ${why}`);
  return lines;
}
