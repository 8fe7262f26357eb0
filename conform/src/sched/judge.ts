/** Judges what a scheduler answered to one workload, level by level: with the judges and the comparison of gobuf's own suite. */
import type { Case, CaseInput, Workload } from "../../../golden/format.ts";
import { compareTraces, formatDivergence } from "../../../props/fidelity/compare.ts";
import { checkHistory } from "../../../props/fidelity/legality.ts";
import { checkProgram } from "../../../props/fidelity/program.ts";
import { checkStandstill } from "../../../props/fidelity/standstill.ts";
import type { Trace } from "../../../props/fidelity/trace.ts";
import type { Hello, Level } from "./hello.ts";
import { isDetermined } from "./workloads.ts";

/** What a scheduler answered. `fault`: why there is no whole trace, as that it died or fell silent. */
export interface Answer extends Trace {
  readonly fault?: string;
  /** It fell silent, and says of itself that it does not notice when nothing can go on. */
  readonly silent?: boolean;
}

/** What a level says of one workload. Undefined details: it was not judged. */
export type Judged = Readonly<Record<Level, readonly string[] | undefined>>;

/**
 * Puts events whose order between goroutines means nothing into one that the judges know: a goroutine begins when it was
 * created, and goroutines are created by number. What fits nowhere stays at the end, for the judge to name.
 */
export function ordered(ops: readonly string[]): string[] {
  const queues = Map.groupBy(ops, (event) => Number.parseInt(event, 10));
  const heads = new Map([...queues.keys()].map((g) => [g, 0]));
  const out: string[] = [];
  let created = 0;
  for (let moved = true; moved; ) {
    moved = false;
    for (const [g, events] of queues) {
      if (g > created) continue;
      for (;;) {
        const at = heads.get(g) as number;
        const event = events[at];
        const made = Number(/ go (\d+)$/.exec(event ?? "")?.[1] ?? 0);
        if (event === undefined || event === "0 done" || made > created + 1) break;
        if (made === created + 1) created = made;
        out.push(event);
        heads.set(g, at + 1);
        moved = true;
      }
    }
  }
  const rest = [...queues].flatMap(([g, events]) => events.slice(heads.get(g)));
  return [...out, ...rest.filter((event) => event !== "0 done"), ...rest.filter((event) => event === "0 done")];
}

/** What is illegal in an answer, whatever Go does. */
export function illegal(workload: Workload, answer: Answer, order: Hello["order"]): string[] {
  if (answer.fault !== undefined && !answer.silent) return [answer.fault];
  const ops = order === "goroutine" ? ordered(answer.ops) : answer.ops;
  const place = (part: string, list: readonly string[], index: number) =>
    index < list.length ? `${part}[${index}] ${JSON.stringify(list[index])}` : `the end of ${part}`;
  const program = checkProgram(workload, ops);
  const end = program ?? checkStandstill(workload, ops, answer.outcome);
  const history = answer.status.length === 0 ? undefined : checkHistory(answer.status, answer.outcome);
  return [
    ...(end === undefined ? [] : [`${place("ops", ops, end.index)} is illegal: ${end.reason}`]),
    ...(history === undefined
      ? []
      : [`${place("status", answer.status, history.index)} is illegal: ${history.reason}`]),
  ];
}

const lastNumber = (list: readonly string[]) => Math.max(-1, ...list.map((event) => Number.parseInt(event, 10)));

/** Where outcome and results differ from Go's, goroutine for goroutine: in a determined workload they cannot. */
function otherResults(expected: Case, got: Trace): string[] {
  if (expected.outcome !== got.outcome) return [`the outcome is ${got.outcome}, expected ${expected.outcome}`];
  const of = (trace: Trace, g: number) => trace.ops.filter((event) => Number.parseInt(event, 10) === g);
  // main may be done before the others: then each has done a part of what it does
  const partly = expected.outcome === "return" && !expected.workload.join;
  const last = Math.max(lastNumber(expected.ops), lastNumber(got.ops));
  for (let g = 0; g <= last; g++) {
    const [want, have] = [of(expected, g), of(got, g)];
    const length = partly && g > 0 ? Math.min(want.length, have.length) : Math.max(want.length, have.length);
    for (let i = 0; i < length; i++) {
      if (want[i] !== have[i]) {
        return [`goroutine ${g}, event ${i}: expected ${want[i] ?? "none"}, got ${have[i] ?? "none"}`];
      }
    }
  }
  return [];
}

/** Judges an answer. @param go what Go does; undefined where that is not known */
export function judge(input: CaseInput, answer: Answer, hello: Hello, go: Case | undefined): Judged {
  const { workload } = input;
  const L0 = illegal(workload, answer, hello.order);
  if (go === undefined) return { L0, L1: undefined, L2: undefined, L3: undefined };
  const differs = compareTraces({ ...go, status: [] }, { ...answer, status: [] }).flatMap(formatDivergence);
  const status = hello.status ? compareTraces(go, answer).flatMap(formatDivergence) : undefined;
  return {
    L0,
    L1: isDetermined(workload) ? otherResults(go, answer) : undefined,
    L2: hello.order === "total" ? differs : undefined,
    L3: hello.order === "total" ? status : undefined,
  };
}
