/** Random workloads under trace, on both kinds of body. */
import { now } from "gobuf";
import type { CaseInput } from "../../golden/format.ts";
import { waitReasonStrings } from "../../src/runtime2.ts";
import { GoTrace } from "../../src/trace/gotrace.ts";
import { goBlockReasons } from "../../src/trace/reasons.ts";
import { Recorder } from "../../src/trace/recorder.ts";
import { Output } from "../../src/trace/sink.ts";
import { gobuf } from "../fidelity/gobuf.ts";
import { runGenerators } from "../fidelity/interp.ts";
import { NativeBodies } from "../fidelity/native.ts";
import { loadProbe } from "../fidelity/probe-library.ts";
import { OPEN_LIMITS, type Trace } from "../fidelity/trace.ts";

const native = new NativeBodies(gobuf, loadProbe(gobuf.native.api));

/** Runs a workload on generators, or on native bodies. */
export function runOn(kind: "generator" | "native", input: CaseInput): Trace {
  return kind === "generator" ? runGenerators(gobuf, input) : native.run(input, OPEN_LIMITS);
}

/**
 * Traces in Go's format what is done until the end.
 *
 * @param generationBytes when a generation ends; by default as trace.start has it
 * @returns ends the trace, and gives it
 */
export function record(generationBytes?: number): () => Uint8Array {
  const chunks: Uint8Array[] = [];
  const output = Output.toSink((chunk) => chunks.push(chunk));
  const recorder = new Recorder(new GoTrace(output, now, generationBytes));
  return () => {
    recorder.stop();
    output.close();
    return new Uint8Array(Buffer.concat(chunks));
  };
}

const CHANGES: Readonly<Record<string, string>> = {
  "idle>runnable": "NotExist>Runnable",
  "runnable>running": "Runnable>Running",
  "running>runnable": "Running>Runnable",
  "running>waiting": "Running>Waiting",
  "waiting>runnable": "Waiting>Runnable",
  "running>dead": "Running>NotExist",
};

/**
 * The status changes of a run as Go's reader must give them back. Goroutines count from 1, main's start comes first, and
 * a stop has a reason that a run does not tell of.
 */
export function expectedChanges(status: readonly string[]): string[] {
  const changes = status.map((line) => {
    const [, g, edge = "", reason] = /^(\d+) (\S+) ?(.*)$/.exec(line) ?? [];
    const text = `${Number(g) + 1} ${CHANGES[edge]}`;
    return reason === "" ? text : `${text} ${goBlockReasons[waitReasonStrings.indexOf(reason as never)]}`;
  });
  return ["1 NotExist>Runnable", "1 Runnable>Running", ...changes];
}
