/** Faults of the mutants' own harness, of FIDELITY.md's judge, of the bench's verdicts, of `--check` and of exit codes. */
import type { Mutant } from "./mutant.ts";
import { faultsOf } from "./suite-fault.ts";

const MUTANTS = "props/mutants";
const PAGE = "props/fidelity/page";
const COMPARE = "bench/compare.test.ts -t Mann|a row|report|footer";

export const SUITE_COMMAND_MUTANTS: readonly Mutant[] = [
  ...faultsOf(`${MUTANTS}/verdict.ts`, `${MUTANTS}/verdict.test.ts`, [
    [
      "a mutant that passes was expected to",
      'if (!red) return { verdict: "SURVIVED", by };',
      'if (!red) return { verdict: "EQUIVALENT", by };',
    ],
    [
      "a mutant that passes is found",
      'if (!red) return { verdict: "SURVIVED", by };',
      'if (!red) return { verdict: "FOUND", by };',
    ],
    [
      "a neutral change may fail",
      'return red ? { verdict: "WRONG", by: `a neutral change failed: ${by}` }',
      'return false ? { verdict: "WRONG", by: `a neutral change failed: ${by}` }',
    ],
    ["what must be said need not be", "if (says !== undefined && !output.includes(says)) {", "if (false) {"],
    ["a listed one may be found", "  return red\n    ? {", "  return false\n    ? {"],
    ["what its reader says is not looked at", "if (entry.readBy.test(by)) return", "if (true) return"],
    ["a result that is not in order is", "as { ok?: boolean }).ok === true;", "as { ok?: boolean }).ok !== undefined;"],
    ["no test need pass", " && /^ *[1-9]\\d* pass\\r?$/m.test(output)", ""],
    ["tests may fail", "return /^ *0 fail\\r?$/m.test(output) && ", "return "],
    [
      "a step that stopped in the middle is done",
      "return /^ *0 fail\\r?$/m.test(output) && ",
      "return !/ fail/.test(output) || ",
    ],
    ["the first failure is not told", "if (first !== undefined) return [first.part,", "if (false) return [first.part,"],
    ["a test's name is not told", "if (test !== undefined) return", "if (false) return"],
    ["a crash is not told", "if (crash !== undefined) return", "if (false) return"],
  ]),
  ...faultsOf(`${MUTANTS}/harness.ts`, `${MUTANTS}/harness.test.ts`, [
    ["the first step only", 'extent === "all steps" ? steps : steps.slice(0, 1)', "steps.slice(0, 1)"],
    ["the last step decides", "if (last.red) return last;", ""],
    ["an exit code is not looked at", "if (code === 0 && hasSaidSo(output, result))", "if (hasSaidSo(output, result))"],
    ["an exit with 0 is enough", "if (code === 0 && hasSaidSo(output, result))", "if (code === 0)"],
    [
      "a step that hangs is fine",
      'if (run.signalCode === "SIGKILL") return { red: true, by: `time-out',
      'if (run.signalCode === "SIGKILL") return { red: false, by: `time-out',
    ],
    ["a signal is fine", "if (run.signalCode) return { red: true,", "if (run.signalCode) return { red: false,"],
    ["an old result counts", "rmSync(result, { force: true });", ";"],
    [
      "what a mutant throws is found",
      'verdict: "WRONG", by: (error as Error).message',
      'verdict: "FOUND", by: (error as Error).message',
    ],
    ["the copy is not removed", "this.scratch[Symbol.dispose]();", ";"],
    [
      "own steps are not taken",
      "const steps = own ?? ladder(subject, library);",
      "const steps = ladder(subject, library);",
    ],
  ]),
  ...faultsOf(`${MUTANTS}/copy.ts`, `${MUTANTS}/harness.test.ts`, [
    [
      "nothing is edited",
      "writeFileSync(path, edited(text, one, `${name}: ${one.file}`));",
      "edited(text, one, `${name}: ${one.file}`);",
    ],
    ["an edit is not taken back", "for (const [path, text] of before) writeFileSync(path, text);", ";"],
    [
      "the second edit of a file is not taken back",
      "if (!before.has(path)) before.set(path, text);",
      "before.set(path, text);",
    ],
    ["an edit may fit twice", "found >= 0 && text.indexOf(from, found + 1) < 0", "found >= 0"],
    ["an edit need not fit", "if (!isOne) {", "if (false) {"],
  ]),
  ...faultsOf(`${MUTANTS}/counts.ts`, `${MUTANTS}/main.test.ts`, [
    [
      "one that survived exits with 0",
      "return counts.SURVIVED === 0 && counts.WRONG === 0;",
      "return counts.WRONG === 0;",
    ],
    [
      "one that is wrong exits with 0",
      "return counts.SURVIVED === 0 && counts.WRONG === 0;",
      "return counts.SURVIVED === 0;",
    ],
  ]),
  ...faultsOf(`${MUTANTS}/main.ts`, `${MUTANTS}/main.test.ts`, [
    [
      "a neutral change that fails exits with 0",
      "if (count === undefined) good = false;",
      "if (count === undefined) continue;",
    ],
    [
      "neutral changes are not judged",
      "const passed = await judgeAll(neutral, shops);",
      "const passed = await judgeAll([], shops);",
    ],
    [
      "--jobs leaves the last out",
      "for (const mutant of left) {",
      "for (const mutant of left) {\n      if (mutant === list.at(-1) && shops.length > 1) continue;",
    ],
    ["the exit code is 0", "process.exitCode = good ? 0 : 1;", "process.exitCode = 0;"],
    [
      "no mutant is no error",
      "--list prints the names`);\n  process.exit(EXIT_USAGE);",
      "--list prints the names`);\n  process.exit(0);",
    ],
    ["--share leaves some out", "i % part.count === part.index - 1", "i % part.count === part.index"],
    ["--only takes all", "only === undefined || name.includes(only)", "true"],
    ["time is never over", "if (begun > 0 && performance.now() >= until) break;", ""],
    ["what is not begun is not told", "if (late > 0) console", "if (late < 0) console"],
    ["--jobs is one", "Math.min(options.jobs, faults.length)", "1"],
  ]),
  ...faultsOf(`${PAGE}/judge.ts`, `${PAGE}/page.test.ts ${PAGE}/judge.test.ts`, [
    ["a golden that diverges is the same", "return failed && `golden case", "return false && `golden case"],
    ["no golden case will do", "if (chosen.length === 0) return", "if (false) return"],
    ["a part that did not run is right", "if (!parts.has(name)) return", "if (false) return"],
    [
      "a part's failures are not looked at",
      "return failures.find((f) => f.part === name)?.title;",
      "return undefined;",
    ],
    ["an export need not be there", "if (found === undefined) return", "if (false) return"],
    [
      "a method need not be there",
      'return typeof prototype?.[method] === "function" ? undefined',
      "return true ? undefined",
    ],
    ["a test may fail", "exitCode !== 0 ?", "false ?"],
    ["no test need pass", "passed === 0 ?", "false ?"],
    ["a declared name is absent", "if (declared.test(text)) return", "if (false) return"],
    ["arch is not looked through", '["src", "arch"].flatMap', '["src"].flatMap'],
    ["a word may have any value", "layout[name] === Number(value) ? undefined", "true ? undefined"],
    [
      "the first check decides",
      "if (verdict !== undefined) wrong.push(verdict);",
      "if (verdict !== undefined && check === item.checks[0]) wrong.push(verdict);",
    ],
    ["an export alone is evidence", "if (item.checks.every(isWeak)) wrong", "if (false) wrong"],
    ["a broken row is the same", "if (wrong.length === 0) return", "if (true) return"],
  ]),
  ...faultsOf(`${PAGE}/page.ts`, `${PAGE}/settle.test.ts`, [
    ["a page that is out of date passes", "if (found === text) return true;", "if (found !== text) return true;"],
    ["any page passes", "if (found === text) return true;", "return true;"],
    ["faults are told and forgotten", "if (faults.length > 0) return false;", ""],
    ["a check writes", 'if (mode === "write") {', 'if (mode === "write" || mode === "check") {'],
    [
      "a broken page is written",
      "if (faults.length > 0) return false;\n  if (mode",
      'if (faults.length > 0 && mode === "check") return false;\n  if (mode',
    ],
  ]),
  ...faultsOf("bench/compare.ts", COMPARE, [
    [
      "what is worse is better",
      'return { p, moved: ratio > 1 ? "better" : "worse" };',
      'return { p, moved: ratio < 1 ? "better" : "worse" };',
    ],
    ["little is much", "Math.abs(ratio - 1) <= CHANGE_MIN", "false"],
    ["noise is movement", "p >= pMax || ", ""],
    ["nothing moves", "p >= pMax || ", "true || "],
    [
      "no set need confirm",
      "export function isConfirmed(first: Movement | undefined, again: Observed | undefined): boolean {",
      "export function isConfirmed(first: Movement | undefined, again: Observed | undefined): boolean {\n  if (again !== undefined) return true;",
    ],
    ["the opposite confirms", "P_CONFIRM).moved === first", 'P_CONFIRM).moved !== "same"'],
    ["one process decides", "export const PROCESSES = 5;", "export const PROCESSES = 2;"],
    [
      "samples among the other's tell",
      "const apart = before.max < after.min || after.max < before.min;",
      "const apart = true;",
    ],
    ["a noisy run tells", "const tooNoisy = isTooNoisy(base) || isTooNoisy(now);", "const tooNoisy = isTooNoisy(now);"],
    [
      "a noisy run of now tells",
      "const tooNoisy = isTooNoisy(base) || isTooNoisy(now);",
      "const tooNoisy = isTooNoisy(base);",
    ],
    ["the mood is movement", "fromMood > Math.max(noise, reach)", "true"],
    [
      "a report's worse is better",
      '!isFar ? "same" : ratio > 1 ? "better" : "worse"',
      '!isFar ? "same" : ratio > 1 ? "worse" : "better"',
    ],
    [
      "rows of another implementation are compared",
      "name === r.name && impl === r.impl && metric === r.metric",
      "name === r.name && metric === r.metric",
    ],
    [
      "another metric is compared",
      "name === r.name && impl === r.impl && metric === r.metric",
      "name === r.name && impl === r.impl",
    ],
  ]),
  ...faultsOf("bench/statistics.ts", "bench/compare.test.ts bench/measure.test.ts -t Mann|quantiles|ratio", [
    ["ties are won", "x === y ? 1 : 0", "x === y ? 2 : 0"],
    ["one side only", "const distance = Math.abs(twiceU(a, b) - middle);", "const distance = twiceU(a, b) - middle;"],
    ["quantiles are samples", "return low + (high - low) * (at - Math.floor(at));", "return low;"],
    [
      "the spread is from the median",
      "quantile(sorted, 0.75) - quantile(sorted, 0.25)",
      "quantile(sorted, 0.75) - middle",
    ],
  ]),
  ...faultsOf("bench/measure.ts", "bench/measure.test.ts -t ratio|Go there|peers", [
    [
      "the ratio is upside down",
      "vs_go: go === undefined ? null : median(go.flat()) / median(all),",
      "vs_go: go === undefined ? null : median(all) / median(go.flat()),",
    ],
    ["rounds are of others", "median(samples) / median(rounds[i] ?? [])", "median(samples) / median(rounds[0] ?? [])"],
    ["a peer that fails is passed over", "  throw error;\n};", "  void error;\n};"],
    ["a fresh row is not fresh", "if (row.fresh) {", "if (false) {"],
    ["a round is left out", "round < effort.rounds", "round < effort.rounds - 1"],
  ]),
  ...faultsOf("bench/peer.ts", "bench/measure.test.ts -t peers", [
    ["a program need not do its work", "if (got !== check) throw", "if (false) throw"],
    ["a program may throw", 'if (answer.startsWith("!")) throw', "if (false) throw"],
  ]),
  ...faultsOf("bench/aims.ts", "bench/aims.test.ts", [
    ["what is not told is met", 'if (worst >= wanted) return "met";', 'if (best >= wanted) return "met";'],
    ["what is not told is missed", 'return best < wanted ? "missed"', 'return worst < wanted ? "missed"'],
    [
      "more memory is met",
      "more ? [reached.low, reached.high] : [-reached.high, -reached.low]",
      "[reached.low, reached.high]",
    ],
    ["not measured is met", 'reached === undefined ? "not measured"', 'reached === undefined ? "met"'],
    ["a noisy row tells", "&& isNoisy(r)", "&& false"],
    ["a noisy run tells", "isTooNoisy(results) || ", ""],
    ["an aim that is set counts twice", "|| isSet(name, impl)", ""],
    ["milliseconds are not the difference", "(ns - theirs.rounds[i]) / NS_A_MS", "ns / NS_A_MS"],
  ]),
  ...faultsOf("bench/ratio.ts", "bench/aims.test.ts", [
    ["the ratio is of others", "r.name === row && r.impl === over", "r.name === row"],
    ["rounds count for nothing", "Math.min(ratio, ...ratios)", "Math.min(ratio)"],
    ["processes do not differ", "* (1 + PROCESSES_DIFFER)", ""],
    ["rounds are of others", "[theirs[i] / one]", "[theirs[0] / one]"],
  ]),
  ...faultsOf("bench/budget.ts", "bench/budget.test.ts", [
    ["a row takes all that is left", "(share / this.left)", "1"],
    ["there is always time", "time <= 0 ? undefined : ", ""],
    ["a run is never late", "< this.first / 2", "< 0"],
    ["what a row leaves is lost", "this.left -= share;", ""],
  ]),
  ...faultsOf("bench/schema.ts", "bench/schema.test.ts", [
    ["no rows are a report", "if (rows.length + serve.length + compared.length === 0) return", "if (false) return"],
    [
      "any field will do",
      "const unknown = Object.keys(found).filter((name) => !(name in fields));",
      "const unknown: string[] = [];",
    ],
    ["rows are not looked at", "...rows.flatMap((row, i) => checkRow(`rows[${i}]`, row)),", ""],
    ["aims are not looked at", "aims.flatMap((aim, i) => checkFields(`aims[${i}]`, aim, AIM))", "[]"],
    [
      "a negative time is one",
      'const isPositive = (v: unknown) => typeof v === "number" && Number.isFinite(v) && v > 0;',
      'const isPositive = (v: unknown) => typeof v === "number";',
    ],
    [
      "comparisons are not looked at",
      "...compared.flatMap((row, i) => checkFields(`baseline.rows[${i}]`, row, COMPARED)),",
      "",
    ],
  ]),
  ...faultsOf("scripts/codes.ts", "scripts/codes.test.ts -t files made|file that is not", [
    ["what is stale is right", "return found === text ? [] : [path];", "return found === undefined ? [path] : [];"],
    [
      "what is not there is right",
      "return found === text ? [] : [path];",
      "return found === text || found === undefined ? [] : [path];",
    ],
    ["what is stale exits with 0", "--write\\``);\n      process.exit(1);", "--write\\``);\n      process.exit(0);"],
  ]),
  ...faultsOf(".ci/steps.sh", "scripts/ci.test.ts", [
    ["a failed step is passed over", '  if [ "$status" -ne 0 ]; then', '  if [ "$status" -eq 99 ]; then'],
    ["failed tests are passed over", '  [ "$failed" -eq 0 ]', '  [ "$failed" -ge 0 ]'],
    ["no test need run", '[ "$passed" -ne 0 ] || refuse', '[ "$passed" -ge 0 ] || refuse'],
    ["a step may take any time", "limit=$((SLOWEST * share))", "limit=$((200 * share))"],
    ["all may take any time", "    limit=$left\n", ""],
    ["a step begins when the time is over", '[ "$left" -gt 0 ] || refuse', "[ 1 -gt 0 ] || refuse"],
    ["a step needs no share", '[ -n "${rows[$name]:-}" ] || wrong+=("$name: a step', 'true || wrong+=("$name: a step'],
    ["shares have no sum", '[ "$sum" -le "$SUM_MAX" ] || wrong', "true || wrong"],
  ]),
];
