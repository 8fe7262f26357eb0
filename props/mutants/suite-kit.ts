/** Faults of the conformance kit: of its judges, of what it says, and of gobuf's switch, which the kit must see by itself. */
import type { Mutant } from "./mutant.ts";
import { faultsOf } from "./suite-fault.ts";

const SCHED = "conform/src/sched";
const SCHED_TESTS = "conform/sched.test.ts";
const JUDGES = `${SCHED_TESTS} -t workloads and judges`;
const TOY = `${SCHED_TESTS} -t a toy of 35 lines`;
const PROCESSES = `${SCHED_TESTS} -t processes .skipped`;
const OTHERS = `${SCHED_TESTS} -t schedulers of others`;
const FILES = `${SCHED_TESTS} -t judge .skipped`;
const HOSTILE = "conform/hostile.test.ts -t what is no event";
const RESULTS = "conform/conform.test.ts -t ^results";

export const SUITE_KIT_MUTANTS: readonly Mutant[] = [
  ...faultsOf(`${SCHED}/judge.ts`, TOY, [
    ["what it does is legal", "const L0 = illegal(workload, answer, hello.order);", "const L0: string[] = [];"],
    ["one that died is legal", "if (answer.fault !== undefined && !answer.silent) return [answer.fault];", ""],
    ["events are not looked at", "const program = checkProgram(workload, ops);", "const program = undefined;"],
    ["any end will do", "program ?? checkStandstill(workload, ops, answer.outcome)", "program"],
    [
      "what may have many results is held to one",
      "L1: isDetermined(workload) ? otherResults(go, answer) : undefined",
      "L1: otherResults(go, answer)",
    ],
    ["any results will do", "L1: isDetermined(workload) ? otherResults(go, answer)", "L1: isDetermined(workload) ? []"],
    ["any order is Go's", 'L2: hello.order === "total" ? differs', 'L2: hello.order === "total" ? []'],
  ]),
  ...faultsOf(`${SCHED}/judge.ts`, OTHERS, [
    ["any outcome is Go's", "if (expected.outcome !== got.outcome) return", "if (false) return"],
  ]),
  ...faultsOf(`${SCHED}/judge.ts`, JUDGES, [
    [
      "status changes are not compared",
      "const status = hello.status ? compareTraces(go, answer)",
      "const status = hello.status ? compareTraces({ ...go, status: [] }, { ...answer, status: [] })",
    ],
    [
      "status changes need not be legal",
      "answer.status.length === 0 ? undefined : checkHistory(answer.status, answer.outcome)",
      "undefined as ReturnType<typeof checkHistory>",
    ],
    [
      "events of no order are judged as they come",
      'order === "goroutine" ? ordered(answer.ops) : answer.ops',
      "answer.ops",
    ],
  ]),
  ...faultsOf(`${SCHED}/judge-file.ts`, FILES, [
    [
      "a trace is compared with itself",
      "judged: judge(input, input, hello, go[i])",
      "judged: judge(input, input, hello, input)",
    ],
  ]),
  ...faultsOf(`${SCHED}/workloads.ts`, JUDGES, [
    ["a channel that is closed has one result", 'if (op[0] !== "send" && op[0] !== "recv") return false;', ""],
    ["several at an end have one result", "if (end.size > 1) return false;", ""],
    [
      "several of a body have one result",
      "if (started > GOROUTINES_MAX || runs.some((times) => times > 1)) return false;",
      "",
    ],
    ["what it lacks is asked of it", "return has.has(op[0] as Ability) ? [op] : [];", "return [op];"],
    ["all are joined", 'join: workload.join && has.has("join"),', "join: workload.join,"],
  ]),
  ...faultsOf(`${SCHED}/shrink.ts`, JUDGES, [
    ["what does not show it is kept", "if (!(await shows(next))) continue;", ""],
    ["nothing is smaller", "for (const next of smaller(best)) {", "for (const next of [] as Workload[]) {"],
  ]),
  ...faultsOf(`${SCHED}/hello.ts`, PROCESSES, [
    ["a field that there is not is passed over", "if (!Object.hasOwn(FIELDS, key)) {", "if (false) {"],
    ["what a claim needs is not asked for", 'if (level === "L3" && !status) throw', "if (false) throw"],
    ["any version will do", "conform: oneOf([PROTOCOL]),", "conform: oneOf([PROTOCOL, 2]),"],
    ["any operation will do", "v.every((op) => ABILITIES.includes(op as Ability))", "v.length < 99"],
  ]),
  ...faultsOf(`${SCHED}/run.ts`, TOY, [
    ["a claim is a choice", 'claimed ? "FAIL" : "CHOICE"', '"CHOICE"'],
    ["what it is held to is forgotten", "level <= (asked ?? hello.level)", "level <= hello.level"],
    ["one that hangs is asked again", "if (broken >= BROKEN_MAX) skip", "if (false) skip"],
    ["deadlocks are for all", "else if (!hello.deadlocks && go !== undefined", "else if (false && go !== undefined"],
    [
      "what was not looked at passes",
      'if (judged.length === 0) return { ...fields, verdict: "SKIP"',
      'if (judged.length === 0) return { ...fields, verdict: "PASS"',
    ],
    ["what is wrong is not counted", "each.judged[level]?.length !== 0", "each.judged[level]?.length === -1"],
  ]),
  ...faultsOf(`${SCHED}/subject.ts`, HOSTILE, [
    [
      "a line that is no event is passed over",
      'else if (!line.startsWith("#")) return broken(',
      "else if (false) return broken(",
    ],
  ]),
  ...faultsOf("conform/src/result.ts", RESULTS, [
    ["a failure is none in XML", 'if (verdict === "FAIL") lines.push(', 'if (verdict === "PASS") lines.push('],
    ["a subject writes markup", 'replaceAll(/[&<>"]/g', "replaceAll(/[&]/g"],
    ["any verdict will do", '!["PASS", "FAIL", "CHOICE", "SKIP"].includes(result.verdict as string)', "false"],
  ]),
  ...faultsOf("arch/probe/engine.zig", "conform/conform.test.ts -t it sees its own faults", [
    ["the kit's probe reports nothing", "ask.count = buffer.reports_count;", "ask.count = 0;"],
  ]),
  // The words that execute's caller had are then those of when its thread began.
  ...faultsOf("arch/sysv_x86_64.S", "conform/conform.test.ts -t gobuf's own switch passes", [
    ["g0's control words are not stored", "  stmxcsr G_FP0(%rdx)\n  fnstcw G_FP1(%rdx) ", "  // "],
  ]),
];
