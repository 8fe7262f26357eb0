/** `bun run mutants`: the suite against deliberate faults. See `bun run mutants --help`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { packageRoot } from "../../src/runtime/library.ts";
import { deletions } from "./assembly.ts";
import { Workshop } from "./harness.ts";
import { type Mutant, type Outcome, SUBJECTS, type Subject, VERDICTS } from "./mutant.ts";
import { NATIVE_MUTANTS } from "./native.ts";
import { neutrals } from "./neutral.ts";
import { SCHEDULER_MUTANTS } from "./scheduler.ts";
import { SWITCH_MUTANTS } from "./switch.ts";

function share(text: string): { index: number; count: number } {
  const [index, count] = text.split("/").map(Number);
  if (!(Number.isInteger(index) && Number.isInteger(count) && (index ?? 0) >= 1 && (index ?? 0) <= (count ?? 0))) {
    throw new InvalidArgumentError("expected i/n with 1 <= i <= n.");
  }
  return { index: index ?? 1, count: count ?? 1 };
}

const options = new Command("bun run mutants")
  .description(
    "Runs the suite on deliberate faults. Exit code: 0 none survived, 1 one did or the harness is wrong, 2 usage.",
  )
  .addOption(
    new Option("--abi <name>", "only these, repeatable (src: TypeScript)").choices([...SUBJECTS]).argParser(collect),
  )
  .option("--only <text>", "only mutants whose name contains it")
  .option("--share <i/n>", "the i-th of n parts of them; neutral ones always", share)
  .option("--jobs <n>", "how many at a time", Number, 2)
  .option("--list", "print the names only")
  .option("--write", "write what was run whole into props/mutants/results.json, for FIDELITY.md")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{
    abi?: Subject[];
    only?: string;
    share?: ReturnType<typeof share>;
    jobs: number;
    list?: boolean;
    write?: boolean;
  }>();

function collect(value: string, before: Subject[] = []): Subject[] {
  if (!SUBJECTS.includes(value as Subject)) throw new InvalidArgumentError(`expected one of ${SUBJECTS.join(", ")}.`);
  return [...before, value as Subject];
}

/** The mutants of a subject, neutral ones first: what they say makes the others' crashes count. */
function mutantsOf(subject: Subject): { neutral: Mutant[]; faults: Mutant[] } {
  const seeded = [...SCHEDULER_MUTANTS, ...SWITCH_MUTANTS, ...NATIVE_MUTANTS].filter((m) => m.subject === subject);
  let faults = subject === "src" ? [...seeded] : [...seeded, ...deletions(subject)];
  const { share: part, only } = options;
  if (only !== undefined) faults = faults.filter(({ name }) => name.includes(only));
  if (part !== undefined) faults = faults.filter((_, i) => i % part.count === part.index - 1);
  return { neutral: neutrals(subject), faults };
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
  return outcomes;
}

const counts: Record<string, Record<string, number>> = {};
let isWrong = false;
let found = false;
for (const subject of options.abi ?? SUBJECTS) {
  const { neutral, faults } = mutantsOf(subject);
  if (options.list) {
    for (const { name } of [...neutral, ...faults]) console.log(name);
    continue;
  }
  if (faults.length === 0) continue;
  found = true;
  const shops = Array.from({ length: Math.max(1, options.jobs) }, () => new Workshop());
  try {
    const passed = await judgeAll(neutral, shops);
    if (passed.some(({ verdict }) => verdict !== "NEUTRAL-OK")) {
      console.log(`${subject}: a neutral change does not pass: nothing can be said of the others`);
      isWrong = true;
      continue;
    }
    const outcomes = [...passed, ...(await judgeAll(faults, shops))];
    const count = Object.fromEntries(VERDICTS.map((v) => [v, outcomes.filter((o) => o.verdict === v).length]));
    counts[subject] = count;
    if ((count.SURVIVED ?? 0) + (count.WRONG ?? 0) > 0) isWrong = true;
  } finally {
    for (const shop of shops) shop.close();
  }
}

if (!options.list) {
  console.log(`\n${"".padEnd(12)} ${VERDICTS.map((v) => v.padStart(15)).join(" ")}`);
  for (const [subject, count] of Object.entries(counts)) {
    console.log(`${subject.padEnd(12)} ${VERDICTS.map((v) => String(count[v]).padStart(15)).join(" ")}`);
  }
  const isWhole = options.only === undefined && options.share === undefined;
  if (options.write && isWhole && !isWrong) {
    const file = join(packageRoot, "props", "mutants", "results.json");
    const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as typeof counts) : {};
    const all = { ...before, ...counts };
    // In one order, whichever subjects were run.
    const ordered = Object.fromEntries(SUBJECTS.flatMap((s) => (all[s] === undefined ? [] : [[s, all[s]]])));
    writeFileSync(file, `${JSON.stringify(ordered, null, 2)}\n`);
  }
}
if (!options.list && !found) {
  console.error(`mutants: no mutant is named ${JSON.stringify(options.only ?? "")} there: --list prints the names`);
  process.exitCode = 2;
} else process.exitCode = isWrong ? 1 : 0;
