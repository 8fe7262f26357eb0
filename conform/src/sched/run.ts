/** Puts a scheduler under the kit: workloads, verdicts of the four levels, and the smallest workload that shows each difference. */
import type { Case, CaseInput, Workload } from "../../../golden/format.ts";
import type { Result, Verdict } from "../result.ts";
import { ABILITIES, type Hello, LEVELS, type Level } from "./hello.ts";
import { type Answer, type Judged, judge } from "./judge.ts";
import type { Reference } from "./reference.ts";
import { shrink } from "./shrink.ts";
import type { Subject } from "./subject.ts";
import { canRun, workloadOf } from "./workloads.ts";

/** What each level says. */
export const SAYS: Readonly<Record<Level, string>> = {
  L0: "what it does is legal: a run that some scheduler of Go's language could have made",
  L1: "outcome and results are Go's, where every order gives the same",
  L2: "the operations end in Go's order with Go's results, event for event",
  L3: "the status changes and the reasons of waits are Go's, too",
};

/** Workloads at which it died or hung before the others are left out. */
const BROKEN_MAX = 3;
export interface SchedOptions {
  readonly runs: number;
  readonly seed: number;
  /** The level that it is held to, whatever it claims. */
  readonly level?: Level;
  /** `live:SEED`, `golden:NAME`, or a counterexample as JSON. */
  readonly replay?: string;
}

/** A workload that shows what a level is missed by, with both sides. */
export interface Counterexample {
  readonly name: string;
  readonly seed: number;
  readonly workload: Workload;
  /** Whether no smaller workload was found; else there was no Go to ask. */
  readonly shrunk: boolean;
  readonly details: readonly string[];
  readonly go?: Case | undefined;
  readonly got: Answer;
}

export interface SchedResult extends Result {
  readonly counterexample?: Counterexample;
}

export interface SchedReport {
  readonly hello: Hello;
  readonly reference: string;
  readonly results: readonly SchedResult[];
  /** Operations that it has not, and workloads that were left out, with the reasons. */
  readonly lacks: readonly string[];
  readonly skipped: Readonly<Record<string, number>>;
}

/** A workload, and what came of it. */
export interface Found {
  readonly input: CaseInput;
  readonly go: Case | undefined;
  readonly answer: Answer;
  readonly judged: Judged;
}

const size = ({ workload }: CaseInput) => workload.bodies.flat().length;

/** The workload of a replay. @throws Error */
export function replayed(text: string, hello: Hello, reference: Reference): CaseInput {
  const expected = "expected live:SEED, golden:NAME, or a workload as JSON with seed and workload";
  if (text.startsWith("live:") && /^live:\d{1,15}$/.test(text)) return workloadOf(Number(text.slice(5)), hello);
  if (text.startsWith("golden:")) {
    const found = reference.cases?.find(({ name }) => name === text.slice(7));
    if (found === undefined)
      throw new Error(`--replay ${text}: the kit's traces have no such case; they need --goldens`);
    return found;
  }
  try {
    const { seed, workload } = JSON.parse(text) as CaseInput;
    if (typeof seed !== "number" || !Array.isArray(workload?.bodies)) throw new Error("it is none");
    return { name: "replay", seed, workload };
  } catch {
    throw new Error(`--replay ${text}: ${expected}`);
  }
}

/** Go's side of a list of workloads, and the workloads. */
async function cases(
  hello: Hello,
  reference: Reference,
  options: SchedOptions,
): Promise<[CaseInput, Case | undefined][]> {
  let inputs: readonly CaseInput[];
  if (options.replay !== undefined) inputs = [replayed(options.replay, hello, reference)];
  else if (reference.cases === undefined) {
    inputs = Array.from({ length: options.runs }, (_, k) => workloadOf(options.seed + k, hello));
  } else inputs = reference.cases.filter(({ workload }) => canRun(workload, hello)).slice(0, options.runs);
  const known = reference.record === undefined ? undefined : await reference.record(inputs);
  return inputs.map((input, i) => [input, known?.[i] ?? reference.cases?.find(({ name }) => name === input.name)]);
}

/** Puts a scheduler under the kit. @throws Error where nothing can be compared */
export async function runSched(subject: Subject, reference: Reference, options: SchedOptions): Promise<SchedReport> {
  const { hello } = subject;
  const skipped: Record<string, number> = {};
  const found: Found[] = [];
  let broken = 0;
  for (const [input, go] of await cases(hello, reference, options)) {
    const skip = (why: string) => {
      skipped[why] = (skipped[why] ?? 0) + 1;
    };
    if (broken >= BROKEN_MAX) skip(`it had died or hung ${BROKEN_MAX} times`);
    else if (!hello.deadlocks && go !== undefined && go.outcome !== "return")
      skip("it tells no deadlocks, and Go's run is one");
    else {
      const answer = await subject.run(input);
      if (answer.fault !== undefined) broken++;
      found.push({ input, go, answer, judged: judge(input, answer, hello, go) });
    }
  }
  if (found.length === 0)
    throw new Error("it was given no workload: none of the kit's has only operations that it has");
  const results: SchedResult[] = [];
  for (const level of LEVELS) results.push(await resultOf(level, found, hello, subject, reference, options.level));
  return {
    hello,
    reference: reference.name,
    results,
    lacks: ABILITIES.filter((op) => !hello.ops.includes(op)),
    skipped,
  };
}

function whyNot(level: Level, hello: Hello): string {
  if (level >= "L2" && hello.order !== "total") return "its events are in no total order";
  if (level === "L3" && !hello.status) return "it tells no status changes";
  return level === "L1" ? "none of the workloads has one outcome" : "there is no Go to compare with";
}

/**
 * The verdict of a level.
 *
 * @param subject is asked for smaller workloads; undefined where there are only traces
 * @param asked the level that it is held to, whatever it claims
 */
export async function resultOf(
  level: Level,
  all: readonly Found[],
  hello: Hello,
  subject: Subject | undefined,
  reference: Reference,
  asked: Level | undefined,
): Promise<SchedResult> {
  const claimed = level <= (asked ?? hello.level);
  const judged = all.filter((each) => each.judged[level] !== undefined);
  const bad = judged.filter((each) => each.judged[level]?.length !== 0);
  const events = judged.reduce((sum, { answer }) => sum + (level === "L3" ? answer.status : answer.ops).length, 0);
  const base = { subject: hello.name, version: hello.version, abi: reference.name, property: level, says: SAYS[level] };
  const fields = { ...base, claim: claimed ? level : "", claimed, compared: events };
  if (judged.length === 0) return { ...fields, verdict: "SKIP", text: whyNot(level, hello) };
  const count = `${judged.length} workloads, ${events} events`;
  if (bad.length === 0) return { ...fields, verdict: "PASS", text: count };
  const smallest = bad.reduce((best, each) => (size(each.input) < size(best.input) ? each : best));
  const counterexample = await shrunk(level, smallest, subject, reference);
  const verdict: Verdict = claimed ? "FAIL" : "CHOICE";
  const text = `${bad.length} of ${judged.length} workloads: ${counterexample.details[0] ?? ""}`;
  return { ...fields, verdict, text, counterexample };
}

/** The smallest workload that misses the level, with Go's behaviour beside it. */
async function shrunk(
  level: Level,
  { input, go, answer, judged }: Found,
  subject: Subject | undefined,
  reference: Reference,
): Promise<Counterexample> {
  let best = { go, got: answer, details: judged[level] ?? [] };
  const whole = { name: input.name, seed: input.seed, workload: input.workload, shrunk: false, ...best };
  // a scheduler that hangs is asked once a workload: each try would take its whole patience
  if (subject === undefined || answer.fault?.startsWith("it is stuck")) return whole;
  if (reference.record === undefined && level !== "L0") return whole;
  const workload = await shrink(input.workload, async (smaller) => {
    const next = { ...input, name: `${input.name}-shrunk`, workload: smaller };
    const [expected] = (await reference.record?.([next])) ?? [];
    // it would wait for ever, and say nothing
    if (!subject.hello.deadlocks && expected?.outcome !== "return") return false;
    const got = await subject.run(next);
    if (got.fault?.startsWith("it is stuck")) return false;
    const details = judge(next, got, subject.hello, expected)[level];
    if (details === undefined || details.length === 0) return false;
    best = { go: expected, got, details };
    return true;
  });
  return { ...whole, workload, shrunk: true, ...best };
}
