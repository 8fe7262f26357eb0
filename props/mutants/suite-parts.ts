/** Faults of the parts of a fidelity run, of the run itself, and of what it prints. */
import type { Mutant } from "./mutant.ts";
import { faultsOf } from "./suite-fault.ts";

const FIDELITY = "props/fidelity";
const PARTS = `${FIDELITY}/parts.test.ts`;
const MAIN = `${FIDELITY}/main.test.ts -t ^[01] when|^2 for`;

export const SUITE_PART_MUTANTS: readonly Mutant[] = [
  ...faultsOf(`${FIDELITY}/random-part.ts`, PARTS, [
    [
      "compares nothing",
      'headed("expected is the first of two runs with one seed:", divergences(trace, again, tally))',
      "[]",
    ],
    ["a run is compared with itself", "divergences(trace, again, tally)", "divergences(trace, trace, tally)"],
    ["kinds of body are not compared", "divergences(first.trace, trace, tally)", "[]"],
    ["the judges are not asked", 'headed("the trace is not legal:", illegalities(input, trace))', "[]"],
    ["what the native side found is dropped", "[...faults, ...bodies.takeFaults()]", "[]"],
    ["what the second run found is dropped", "[...faults, ...bodies.takeFaults()]", "faults"],
    ["failures are not told", "        failures.push({\n", "        ([] as Failure[]).push({\n"],
    ["failures are not counted", "tally.add(trace, details.length > 0);", "tally.add(trace, false);"],
    ["the last workload is left out", "k < options.runs", "k < options.runs - 1"],
    [
      "the first kind is compared with itself",
      "first ??= { kind: b.kind, trace };",
      "first = { kind: b.kind, trace };\n      first = undefined;",
    ],
    [
      "a replay runs another workload",
      "if (replaySeed !== undefined) seeds.push(replaySeed);",
      "if (replaySeed !== undefined) seeds.push(replaySeed + 1);",
    ],
  ]),
  ...faultsOf(`${FIDELITY}/live-part.ts`, PARTS, [
    ["compares nothing", "...divergences(c, b.run(c, limitsOf(c)), tally), ", ""],
    ["what the native side found is dropped", ", ...b.takeFaults()]", "]"],
    [
      "failures are not told",
      "failures.push({ part: PART, body: b.kind,",
      "([] as Failure[]).push({ part: PART, body: b.kind,",
    ],
    ["what Go cannot record is left out", "    failures.push({ ...failure, replay });\n", ""],
    ["too few recordings will do", "if (cases.length !== seeds.length) throw", "if (false) throw"],
    ["the first batch only", "at += BATCH", "at += seeds.length"],
    [
      "without Go nothing is said",
      'failures.push({ ...unrecorded(go.reason), title: "there is no Go to record with" });',
      ";",
    ],
    ["what is not recorded diverges", "replay: undefined, notRecorded: true }", "replay: undefined }"],
  ]),
  ...faultsOf(`${FIDELITY}/probe-part.ts`, PARTS, [
    [
      "the self-tests' faults are dropped",
      "const failures: Failure[] = faults.map((title) => ({",
      "const failures: Failure[] = ([] as string[]).map((title) => ({",
    ],
    ["what the bodies found is dropped", "const details = native.takeFaults();", "const details: string[] = [];"],
    ["no workload is run", "k < WORKLOADS", "k < 0"],
    ["frames need not be looked at", ", frames - before.frames);", ");"],
    ["registers need not be compared", "registers - before.registers, frames", "frames"],
    ["self-tests alone will do", "tally.compared = Math.min(", "tally.compared = Math.max("],
  ]),
  ...faultsOf(`${FIDELITY}/selftest.ts`, PARTS, [
    ["an eye without tests is right", "if (count === 0) faults", "if (false) faults"],
    ["a blind eye is right", "if (mismatches !== 1) faults", "if (mismatches > 1) faults"],
    ["an eye that sees double is right", "if (mismatches !== 1) faults", "if (mismatches < 1) faults"],
    ["any register's name will do", "report.register !== register", "false"],
    ["what a caller saves may be seen", "if (seen !== 0) faults", "if (false) faults"],
    [
      "the first test of an eye only",
      "for (let k = 0; k < count; k++) {",
      "for (let k = 0; k < Math.min(1, count); k++) {",
    ],
    ["g0's eye is not tested", "for (const eye of EYES) {", 'for (const eye of EYES.filter((e) => e !== "g0")) {'],
    [
      "the goroutine's eye is not tested",
      "for (const eye of EYES) {",
      'for (const eye of EYES.filter((e) => e !== "goroutine")) {',
    ],
  ]),
  ...faultsOf(`${FIDELITY}/table-part.ts`, PARTS, [
    ["faults are no failures", "const failures = faults.map(", "const failures = ([] as string[]).map("],
    ["faults are not counted", "  tally.divergent = faults.length;\n", ""],
    ["what was asked is not counted", "  tally.compared = checked;\n", ""],
    ["the relation is the layout", "checkRelation(context.target.status)", "checkLayout(context.target.layout)"],
  ]),
  ...faultsOf(`${FIDELITY}/run-case.ts`, PARTS, [
    ["the history is not judged", '...(history === undefined ? [] : [place("status", trace.status, history)]),', ""],
    ["what is compared is not counted", "tally.compared += expected.ops.length + expected.status.length;", ";"],
  ]),
  ...faultsOf(`${FIDELITY}/golden-part.ts`, `${FIDELITY}/golden-part.test.ts`, [
    ["compares nothing", "...divergences(c, got, tally), ", ""],
    ["what the native side found is dropped", ", ...bodies.takeFaults()]", "]"],
    ["the judges are not asked", "found.length > 0 ? found : illegalities(c, got)", "found"],
    [
      "a file that is refused is passed over",
      'failures.push({ part: PART, body: "", title: `${file} is refused`',
      '([] as Failure[]).push({ part: PART, body: "", title: `${file} is refused`',
    ],
    ["a failure is not counted", "tally.add(c, details.length > 0);", "tally.add(c, false);"],
    ["a replay of nothing is right", "if (cases.length === 0 && failures.length === 0) {", "if (false) {"],
    ["every shard has all", "inShard(options, k) && isWanted(name)", "isWanted(name)"],
    ["a folder without goldens is right", "if (names.length === 0) throw", "if (false) throw"],
    ["failures are not told", "if (failure !== undefined) failures.push(failure);", ""],
    ["the first case only", "for (const c of cases) {", "for (const c of cases.slice(0, 1)) {"],
  ]),
  ...faultsOf(`${FIDELITY}/context.ts`, `${FIDELITY}/golden-part.test.ts`, [
    ["shards are counted from 0", "k % shard.count === shard.index - 1", "k % shard.count === shard.index"],
    ["shards overlap", "k % shard.count === shard.index - 1", "k % shard.count <= shard.index - 1"],
  ]),
  ...faultsOf(`${FIDELITY}/reporter.ts`, `${FIDELITY}/golden-part.test.ts`, [
    ["failures are not shown", "for (const failure of failures.slice(0, SHOWN_MAX)) this.failure(failure);", ""],
    ["how many are hidden is not said", "if (hidden > 0) this.line(", "if (false) this.line("],
    ["no replay is shown", "if (replay !== undefined) this.line(", "if (false) this.line("],
  ]),
  ...faultsOf(`${FIDELITY}/recording.ts`, `${FIDELITY}/recording.test.ts`, [
    [
      "an overflow is silent",
      "if (this.ops.length === this.limits.opsMax) throw",
      "if (this.ops.length === this.limits.opsMax) return;\n    if (false) throw",
    ],
    ["status changes have no limit", "if (this.status.length === this.limits.statusMax) {", "if (false) {"],
    [
      "a G that comes again keeps its number",
      'if (from === "idle") this.numbers.set(g, ++this.created);',
      'if (from === "idle" && !this.numbers.has(g)) this.numbers.set(g, ++this.created);',
    ],
    ["reasons are left out", 'const reason = to === "waiting" ?', "const reason = false ?"],
    ["what happens behind the end counts", "if (this.done) return;", ""],
    [
      "any error is a return",
      "outcome = (error instanceof Error && VERDICTS[firstLine(error.message)]) || errorOutcome(error);",
      'outcome = error === null ? errorOutcome(error) : "return";',
    ],
    [
      "a deadlock's text is another's",
      '"all goroutines are asleep - deadlock!": "deadlock"',
      '"all goroutines are asleep - deadlock!": "nogoroutines"',
    ],
  ]),
  ...faultsOf(`${FIDELITY}/run.ts`, MAIN, [
    ["parts may be silent", "return compared === 0 && !refused && !spoken.has(part);", "return false;"],
    ["failures do not count", "const ok = compared && failures.length === 0 && page;", "const ok = compared && page;"],
    [
      "nothing compared is right",
      "const ok = compared && failures.length === 0 && page;",
      "const ok = failures.length === mute.length && page;",
    ],
    ["the relation is left out", 'if (needs.part("relation")) yield', "if (false) yield"],
    ["the layout is left out", 'if (needs.part("layout")) yield', "if (false) yield"],
    ["the probe is left out", 'needs.part("probe")) yield', "false) yield"],
    ["the random part is left out", 'options.runs > 0 && needs.part("random")', "false"],
    ["the goldens are left out", 'if (needs.part("golden")) yield', "if (false) yield"],
    [
      "native bodies are generators",
      'kind === "native" && probe !== undefined ?',
      'kind === "native" && probe === undefined ?',
    ],
    ["the result is always in order", "      ok,\n      target", "      ok: true,\n      target"],
  ]),
  ...faultsOf(`${FIDELITY}/main.ts`, MAIN, [
    ["a divergence exits with 0", "const EXIT_DIVERGED = 1;", "const EXIT_DIVERGED = 0;"],
    ["a usage error exits with 1", "const EXIT_USAGE = 2;", "const EXIT_USAGE = 1;"],
    ["its result is dropped", "diverged: EXIT_DIVERGED,", "diverged: EXIT_OK,"],
    ["the library of --library is not loaded", "process.env.GOBUF_LIBRARY = resolve(options.library);", ";"],
    ["its exit code is dropped", "process.exitCode = await main(", "await main("],
  ]),
];
