/** `bun run mutants`: the suite against deliberate faults. See `bun run mutants --help`. */
import { join } from "node:path";
import { Option } from "commander";
import { checked, command, EXIT_USAGE, integer, jobs, share } from "../../scripts/command.ts";
import type { Share } from "../../scripts/numbers.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { mutantsOf } from "./catalogue.ts";
import { type Counts, countsOf, isInOrder, writeCounts } from "./counts.ts";
import { PARTS, type Part } from "./generated/candidate.ts";
import { runGenerated, runOne } from "./generated/session.ts";
import { Workshop } from "./harness.ts";
import { type Mutant, type Outcome, SUBJECTS, type Subject, VERDICTS } from "./mutant.ts";

/** More parts than there are mutants leave most of them empty. */
const SHARES_MAX = 1000;
/** More than there are mutants. */
const GENERATED_MAX = 100_000;

const parseSubject = checked((text): Subject => {
  const subject = SUBJECTS.find((name) => name === text);
  if (subject === undefined) throw new Error(`expected one of ${SUBJECTS.join(", ")}`);
  return subject;
});

const parsePart = checked((text): Part => {
  const part = PARTS.find((name) => name === text);
  if (part === undefined) throw new Error(`expected one of ${PARTS.join(", ")}`);
  return part;
});

const parseId = checked((text): string => {
  if (/^[\da-f]{10}$/.test(text)) return text;
  throw new Error("expected ten hexadecimal digits");
});

const options = command(
  "bun run mutants",
  "Runs the suite on deliberate faults. Exit code: 0 all of them were found, 1 one survived, the harness is wrong or " +
    "nothing was tried, 2 the command line is wrong.",
)
  .addOption(
    new Option("--abi <name>", `only these, repeatable: ${SUBJECTS.join(", ")} (src: TypeScript)`).argParser(
      (text, before: Subject[] = []) => [...new Set([...before, parseSubject(text)])],
    ),
  )
  .option("--only <text>", "only mutants whose name contains it")
  .option("--share <i/n>", "the i-th of n parts of them; neutral ones always", share(SHARES_MAX))
  .option("--jobs <n>", "how many at a time", jobs, 2)
  .option("--list", "print the names only")
  .addOption(
    new Option("--generated <n>", "draw n mutants that operators make, in place of the listed ones; informative")
      .argParser(integer(1, GENERATED_MAX))
      .conflicts(["abi", "only", "share", "list", "write"]),
  )
  .option("--seed <number>", "of the draw", integer(0, Number.MAX_SAFE_INTEGER))
  .addOption(
    new Option("--in <part>", `draw in these only, repeatable: ${PARTS.join(", ")}`).argParser(
      (text, before: Part[] = []) => [...new Set([...before, parsePart(text)])],
    ),
  )
  .option("--least <percent>", "fail where a smaller share of the draw is found or argued", integer(0, 100))
  .option(
    "--seconds <n>",
    "judge no more after so many; what is not judged to its end is counted apart",
    integer(1, 1e6),
  )
  .addOption(
    new Option("--generated-one <id>", "judge one of them again")
      .argParser(parseId)
      .conflicts(["generated", "abi", "only", "share", "list", "write"]),
  )
  .option("--patch", "of --generated-one: print its edit, for `git apply`, and judge nothing")
  .addOption(
    new Option(
      "--write",
      "write the counts into props/mutants/results.json, for FIDELITY.md, when none survived",
    ).conflicts(["only", "share", "list"]),
  )
  .parse()
  .opts<{
    abi?: Subject[];
    only?: string;
    share?: Share;
    jobs: number;
    list?: boolean;
    write?: boolean;
    generated?: number;
    seed?: number;
    in?: Part[];
    least?: number;
    seconds?: number;
    generatedOne?: string;
    patch?: boolean;
  }>();

/** What makes sense beside an option only. */
function refuseAlone(names: readonly ("seed" | "in" | "least" | "seconds" | "patch")[], needed: string): void {
  const alone = names.find((name) => options[name] !== undefined);
  if (alone === undefined) return;
  console.error(`bun run mutants: --${alone} is for ${needed}`);
  process.exit(EXIT_USAGE);
}
if (options.generated === undefined) refuseAlone(["seed", "in", "least", "seconds"], "--generated");
if (options.generatedOne === undefined) refuseAlone(["patch"], "--generated-one");
if (options.generated !== undefined) {
  const { generated: n, seed = 1, in: parts = PARTS, jobs, least, seconds } = options;
  process.exit(await runGenerated({ n, seed, parts, jobs, least, seconds }));
}
if (options.generatedOne !== undefined) process.exit(await runOne(options.generatedOne, options.patch === true));

/** The faults that the options choose. */
function chosen(faults: readonly Mutant[]): Mutant[] {
  const { share: part, only } = options;
  const named = faults.filter(({ name }) => only === undefined || name.includes(only));
  return named.filter((_, i) => part === undefined || i % part.count === part.index - 1);
}

/** Judges mutants, some at a time, each job in a copy of its own. */
async function judgeAll(list: readonly Mutant[], shops: readonly Workshop[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = list.values();
  const work = async (shop: Workshop) => {
    for (const mutant of left) {
      const outcome = await shop.judge(mutant);
      outcomes.push(outcome);
      console.log(`${outcome.verdict.padEnd(15)} ${mutant.name}${outcome.by && `  <- ${outcome.by}`}`);
    }
  };
  await Promise.all(shops.map(work));
  if (outcomes.length !== list.length) throw new Error(`mutants: ${outcomes.length} of ${list.length} were judged`);
  return outcomes;
}

/**
 * Judges the mutants of a subject, neutral ones first: what they say makes the others' crashes count.
 *
 * @returns how many there are of each verdict; undefined where a neutral change does not pass
 */
async function judgeSubject(
  subject: Subject,
  neutral: readonly Mutant[],
  faults: readonly Mutant[],
): Promise<Counts | undefined> {
  using stack = new DisposableStack();
  const shops = Array.from({ length: Math.min(options.jobs, faults.length) }, () => stack.use(new Workshop()));
  const passed = await judgeAll(neutral, shops);
  if (passed.some(({ verdict }) => verdict !== "NEUTRAL-OK")) {
    console.log(`${subject}: a neutral change does not pass: nothing can be said of the others`);
    return undefined;
  }
  const outcomes = [...passed, ...(await judgeAll(faults, shops))];
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

const counts: Record<string, Counts> = {};
let good = true;
for (const { subject, neutral, faults } of wanted) {
  const count = await judgeSubject(subject, neutral, faults);
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
process.exitCode = good ? 0 : 1;
