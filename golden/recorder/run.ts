/** Runs the recorder, one process for each case, several at a time. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, CaseInput } from "../format.ts";
import { buildRecorder } from "./build.ts";
import { LOG_BYTES, outcomeOf, readTrace, stripPlayback, type Trace } from "./log.ts";
import { type Go, goAvailable } from "./toolchain.ts";

/** How long one case may take; an ordinary one takes a few milliseconds. */
const CASE_MS_MAX = 30_000;
/** One M at a time, no collector, no preemption, and of a deadlock only its name. */
const ENVIRONMENT = { GOMAXPROCS: "1", GOGC: "off", GODEBUG: "asyncpreemptoff=1", GOTRACEBACK: "none" };

export interface RecordOptions {
  /** Processes at a time; all processors when absent. */
  readonly jobs?: number;
  /** Called after each case. */
  readonly onProgress?: (done: number, total: number) => void;
  /** The Go that records; the one that goAvailable finds when absent. */
  readonly go?: Go;
}

/** A case that could not be recorded. The message has the name, the seed and the workload. */
export class RecordError extends Error {
  constructor(
    readonly input: CaseInput,
    reason: string,
  ) {
    const what = JSON.stringify({ seed: input.seed, workload: input.workload });
    super(`recording of case ${input.name} failed: ${reason}\n${what}`);
    this.name = "RecordError";
  }
}

async function recordOne(binary: string, log: number, input: CaseInput): Promise<Case> {
  writeSync(log, Buffer.alloc(8), 0, 8, 0);
  const child = Bun.spawn([binary], {
    env: ENVIRONMENT,
    stdio: [Buffer.from(JSON.stringify({ seed: input.seed, workload: input.workload })), "ignore", "pipe", log],
    timeout: CASE_MS_MAX,
    killSignal: "SIGKILL",
  });
  const stderr = stripPlayback(Buffer.from(await new Response(child.stderr).arrayBuffer())).trim();
  await child.exited;
  if (child.signalCode !== null) {
    const late = child.signalCode === "SIGKILL" ? `not done after ${CASE_MS_MAX} ms, or killed` : child.signalCode;
    throw new RecordError(input, `the recorder was ended by a signal (${late})`);
  }
  const trace = traceOf(log, input, stderr);
  const outcome = outcomeOf(child.exitCode, stderr, trace.done);
  if (outcome === undefined) throw new RecordError(input, `the recorder exited with ${child.exitCode}\n${stderr}`);
  const { name, seed, workload } = input;
  return { name, seed, workload, outcome, ops: trace.ops, status: trace.status };
}

function traceOf(log: number, input: CaseInput, stderr: string): Trace {
  try {
    return readTrace(log);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecordError(input, stderr === "" ? reason : `${reason}\n${stderr}`);
  }
}

/**
 * Records what Go does with each case, in the order given.
 * @throws Error when there is no Go that can record; BuildError when the recorder does not build; RecordError when a
 * case fails
 */
export async function record(cases: readonly CaseInput[], options: RecordOptions = {}): Promise<Case[]> {
  const go = options.go ?? goAvailable();
  if (!go.ok) throw new Error(`cannot record: ${go.reason}`);
  const binary = buildRecorder(go);
  const results = new Array<Case>(cases.length);
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    const log = openLog();
    try {
      ftruncateSync(log, LOG_BYTES);
      while (next < cases.length) {
        const at = next++;
        results[at] = await recordOne(binary, log, cases[at]);
        options.onProgress?.(++done, cases.length);
      }
    } catch (error) {
      next = cases.length;
      throw error;
    } finally {
      closeSync(log);
    }
  };
  const jobs = Math.min(options.jobs ?? availableParallelism(), cases.length);
  await all(Array.from({ length: jobs }, worker));
  return results;
}

/** A file that has no name any more: it goes with the process, however that ends. @returns its descriptor */
function openLog(): number {
  const folder = mkdtempSync(join(tmpdir(), "gobuf-record-"));
  try {
    return openSync(join(folder, "log"), "w+");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits for all, so that no process still writes, and then throws the first error. */
async function all(workers: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(workers)) if (result.status === "rejected") throw result.reason;
}
