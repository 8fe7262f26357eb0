/** Random workloads under trace, on both kinds of body. */
import { now } from "gobuf";
import type { CaseInput } from "../../golden/format.ts";
import { waitReasonStrings } from "../../src/runtime/runtime2.ts";
import { GoTrace } from "../../src/trace/gotrace.ts";
import { goBlockReasons } from "../../src/trace/reasons.ts";
import { Recorder } from "../../src/trace/recorder.ts";
import { Output } from "../../src/trace/sink.ts";
import { gobuf } from "../fidelity/gobuf.ts";
import { runGenerators } from "../fidelity/interp.ts";
import { NativeBodies } from "../fidelity/native.ts";
import { loadProbe } from "../fidelity/probe-library.ts";
import type { RunSettings, Target } from "../fidelity/target.ts";
import { OPEN_LIMITS, type Trace } from "../fidelity/trace.ts";

const probe = loadProbe(gobuf.native.api);
const native = new NativeBodies(gobuf, probe);

export type Kind = "generator" | "native";

/** Runs a workload on generators, or on native bodies. */
export function runOn(kind: Kind, input: CaseInput): Trace {
  return kind === "generator" ? runGenerators(gobuf, input) : native.run(input, OPEN_LIMITS);
}

/** The same; `look` is called behind each status change, main's own start not among them, with how many there were. */
export function runLooking(kind: Kind, input: CaseInput, look: (changes: number) => void): Trace {
  let changes = 0;
  const looking = (settings: RunSettings): RunSettings => ({
    ...settings,
    onTransition: (g, from, to) => {
      settings.onTransition(g, from, to);
      look(++changes);
    },
  });
  const target: Target = {
    ...gobuf,
    generator: { ...gobuf.generator, run: (main, settings) => gobuf.generator.run(main, looking(settings)) },
    native: { ...gobuf.native, run: (prepare, settings) => gobuf.native.run(prepare, looking(settings)) },
  };
  if (kind === "generator") return runGenerators(target, input);
  return new NativeBodies(target, probe).run(input, OPEN_LIMITS);
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
  return ["1 NotExist>Runnable", "1 Runnable>Running", ...status.map(expectedChange)];
}

/** One of them. */
export function expectedChange(line: string): string {
  const [, g, edge = "", reason] = /^(\d+) (\S+) ?(.*)$/.exec(line) ?? [];
  const text = `${Number(g) + 1} ${CHANGES[edge]}`;
  return reason === "" ? text : `${text} ${goBlockReasons[waitReasonStrings.indexOf(reason as never)]}`;
}
