/** `bun run mutants`: the suite against deliberate faults. See `bun run mutants --help`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT_USAGE } from "../../scripts/command.ts";
import { junit } from "../../scripts/junit.ts";
import { pace } from "../../scripts/pace.ts";
import { drawn } from "../../scripts/shuffled.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { mutantsOf } from "./catalogue.ts";
import { type Counts, countsOf, isInOrder, writeCounts } from "./counts.ts";
import { PARTS } from "./generated/candidate.ts";
import { runGenerated, runOne } from "./generated/session.ts";
import { Workshop } from "./harness.ts";
import { suitesOf } from "./junit.ts";
import { ABIS, type Mutant, type Outcome, SUBJECTS, type Subject, VERDICTS } from "./mutant.ts";
import { readOptions } from "./options.ts";
import { preemptDeletions } from "./preempt.ts";

const options = readOptions(process.argv.slice(2));

if (options.generated !== undefined) {
  const { generated: n, seed = 1, in: parts = PARTS, jobs, least, seconds, write } = options;
  process.exit(await runGenerated({ n, seed, parts, jobs, least, seconds, write }));
}
if (options.generatedOne !== undefined) process.exit(await runOne(options.generatedOne, options.patch === true));

/** The faults that the options choose. */
function chosen(faults: readonly Mutant[]): Mutant[] {
  const { share: part, only } = options;
  const named = faults.filter(({ name }) => only === undefined || name.includes(only));
  const share = named.filter((_, i) => part === undefined || i % part.count === part.index - 1);
  // Where there may be no time for all, it is not always the last ones that are left out.
  return options.seconds === undefined ? share : drawn(share, options.seed ?? 1);
}

/** Writes what there is to say into the file of an option, if it is given. */
function write(option: "json" | "junit", text: string): void {
  const file = options[option];
  if (file === undefined) return;
  try {
    writeFileSync(file, text);
  } catch (error) {
    console.error(`bun run mutants: --${option} ${file}: ${(error as Error).message}`);
    process.exit(EXIT_USAGE);
  }
}

/** How many verdicts there are, of how many, since when, and when that was said. */
const progress = { done: 0, total: 0, began: performance.now(), said: performance.now() };
const HEARTBEAT_MS = 20_000;

function tick(): void {
  progress.done++;
  const now = performance.now();
  if (now - progress.said < HEARTBEAT_MS) return;
  progress.said = now;
  const { done, total, began } = progress;
  console.error(`mutants: ${done}/${total}, ${pace(done, total, now - began)}`);
}

/**
 * Judges mutants, some at a time, each job in a copy of its own.
 *
 * @param ms after which no more are begun; the first always is
 */
async function judgeAll(list: readonly Mutant[], shops: readonly Workshop[], ms = Infinity): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const until = performance.now() + ms;
  let begun = 0;
  const left = list.values();
  const work = async (shop: Workshop) => {
    for (const mutant of left) {
      if (begun > 0 && performance.now() >= until) break;
      begun++;
      const outcome = await shop.judge(mutant);
      outcomes.push(outcome);
      all.push(outcome);
      tick();
      console.log(`${outcome.verdict.padEnd(15)} ${mutant.name}${outcome.by && `  <- ${outcome.by}`}`);
    }
  };
  await Promise.all(shops.map(work));
  if (outcomes.length !== begun) throw new Error(`mutants: ${outcomes.length} of ${begun} were judged`);
  if (ms === Infinity && begun !== list.length) throw new Error(`mutants: ${begun} of ${list.length} were begun`);
  const late = list.length - begun;
  if (late > 0) console.log(`${list[0]?.subject}: ${late} of ${list.length} were not begun: the time was over`);
  return outcomes;
}

/**
 * Judges the mutants of a subject, neutral ones first: what they say makes the others' crashes count.
 *
 * @param ms after which no more faults are begun
 * @returns how many there are of each verdict; undefined where a neutral change does not pass
 */
async function judgeSubject(
  subject: Subject,
  neutral: readonly Mutant[],
  faults: readonly Mutant[],
  ms: number,
): Promise<Counts | undefined> {
  using stack = new DisposableStack();
  const shops = Array.from({ length: Math.min(options.jobs, faults.length) }, () => stack.use(new Workshop()));
  const passed = await judgeAll(neutral, shops);
  if (passed.some(({ verdict }) => verdict !== "NEUTRAL-OK")) {
    console.log(`${subject}: a neutral change does not pass: nothing can be said of the others`);
    return undefined;
  }
  const outcomes = [...passed, ...(await judgeAll(faults, shops, ms))];
  return countsOf(outcomes);
}

/** Neutral changes take all the steps that are to find the chosen faults, where those have steps of their own. */
function withSteps(neutral: readonly Mutant[], faults: readonly Mutant[]): Mutant[] {
  // Where some have none, the subject's ladder is enough for the neutral ones, too.
  if (faults.some((fault) => fault.steps === undefined)) return [...neutral];
  const steps = new Map(faults.flatMap((fault) => fault.steps ?? []).map((step) => [JSON.stringify(step), step]));
  return neutral.map((mutant) => (mutant.steps !== undefined ? mutant : { ...mutant, steps: [...steps.values()] }));
}

const wanted = (options.abi ?? SUBJECTS)
  .map((subject) => {
    const { neutral, faults } = mutantsOf(subject);
    return { subject, neutral: withSteps(neutral, chosen(faults)), faults: chosen(faults) };
  })
  .filter(({ faults }) => faults.length > 0);
if (wanted.length === 0) {
  const what = options.only === undefined ? "of that share" : `named ${JSON.stringify(options.only)}`;
  console.error(`bun run mutants: there is no mutant ${what} there: --list prints the names`);
  process.exit(EXIT_USAGE);
}
if (options.list) {
  for (const { neutral, faults } of wanted) for (const { name } of [...neutral, ...faults]) console.log(name);
  process.exit(0);
}

if (wanted.some(({ subject }) => subject === "preempt")) {
  for (const abi of ABIS) {
    const each = preemptDeletions(abi).length;
    console.log(`preempt, ${abi}: the injected call has ${each} instructions, and a mutant without each of them`);
  }
}
const all: Outcome[] = [];
// What is wrong with a path is to be known before the run.
write("json", "{}\n");
write("junit", "");
progress.total = wanted.reduce((n, { neutral, faults }) => n + neutral.length + faults.length, 0);
const counts: Record<string, Counts> = {};
let good = true;
for (const { subject, neutral, faults } of wanted) {
  const count = await judgeSubject(subject, neutral, faults, (1000 * (options.seconds ?? Infinity)) / wanted.length);
  if (count === undefined) good = false;
  else {
    counts[subject] = count;
    if (!isInOrder(count)) good = false;
  }
}
console.log(`\n${"".padEnd(12)} ${VERDICTS.map((v) => v.padStart(15)).join(" ")}`);
for (const [subject, count] of Object.entries(counts)) {
  console.log(`${subject.padEnd(12)} ${VERDICTS.map((v) => String(count[v]).padStart(15)).join(" ")}`);
}
if (options.write && good) writeCounts(join(packageRoot, "props", "mutants", "results.json"), counts);
const verdicts = all.map(({ mutant: { name, subject, kind }, verdict, by }) => ({ name, subject, kind, verdict, by }));
write("json", `${JSON.stringify({ ok: good, counts, mutants: verdicts }, null, 2)}\n`);
write("junit", junit(suitesOf(all)));
process.exitCode = good ? 0 : 1;
