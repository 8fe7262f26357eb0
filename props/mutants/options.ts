/** The options of `bun run mutants`. */
import { Option } from "commander";
import { checked, command, integer, jobs, share } from "../../scripts/command.ts";
import type { Share } from "../../scripts/numbers.ts";
import { PARTS, type Part } from "./generated/candidate.ts";
import { SUBJECTS, type Subject } from "./mutant.ts";

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

/** What is asked for. */
export interface Options {
  readonly abi?: readonly Subject[];
  readonly only?: string;
  readonly share?: Share;
  readonly jobs: number;
  readonly list?: boolean;
  readonly json?: string;
  readonly junit?: string;
  readonly write?: boolean;
  readonly generated?: number;
  readonly seed?: number;
  readonly in?: readonly Part[];
  readonly least?: number;
  readonly seconds?: number;
  readonly generatedOne?: string;
  readonly patch?: boolean;
}

/** Reads the options. Ends the process, with exit code 2, when one is wrong. */
export function readOptions(argv: readonly string[]): Options {
  const program = command(
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
    .option("--json <file>", "write the verdicts as JSON")
    .option("--junit <file>", "write them as JUnit's XML")
    .addOption(
      new Option("--generated <n>", "draw n mutants that operators make, in place of the listed ones; informative")
        .argParser(integer(1, GENERATED_MAX))
        .conflicts(["abi", "only", "share", "list", "json", "junit"]),
    )
    .option(
      "--seed <number>",
      "of the draw; of listed ones, of the order in which --seconds takes them",
      integer(0, Number.MAX_SAFE_INTEGER),
    )
    .addOption(
      new Option("--in <part>", `draw in these only, repeatable: ${PARTS.join(", ")}`).argParser(
        (text, before: Part[] = []) => [...new Set([...before, parsePart(text)])],
      ),
    )
    .option("--least <percent>", "fail where a smaller share of the draw is found or argued", integer(0, 100))
    .option(
      "--seconds <n>",
      "judge no more after so many; of the draw, what is not judged to its end is counted apart; of listed ones, begin no " +
        "more, each subject with an equal part of them once its neutral ones have passed",
      integer(1, 1e6),
    )
    .addOption(
      new Option("--generated-one <id>", "judge one of them again")
        .argParser(parseId)
        .conflicts(["generated", "abi", "only", "share", "list", "write", "json", "junit"]),
    )
    .option("--patch", "of --generated-one: print its edit, for `git apply`, and judge nothing")
    .addOption(
      new Option(
        "--write",
        "write the counts for FIDELITY.md: into props/mutants/results.json when none survived; of --generated, into generated/share.json",
      ).conflicts(["only", "share", "list"]),
    )
    .parse(argv, { from: "user" });
  const options = program.opts<Options>();
  /** What makes sense beside an option only. */
  const refuseAlone = (names: readonly (keyof Options)[], needed: string) => {
    const alone = names.find((name) => options[name] !== undefined);
    if (alone !== undefined) program.error(`bun run mutants: --${alone} is for ${needed}`);
  };
  /** What makes no sense beside an option. */
  const refuseBeside = (name: keyof Options, other: string) => {
    if (options[name] !== undefined) program.error(`bun run mutants: --${name} cannot be used with ${other}`);
  };
  if (options.generated === undefined) refuseAlone(["in", "least"], "--generated");
  if (options.generated === undefined && options.seconds === undefined)
    refuseAlone(["seed"], "--generated or --seconds");
  if (options.generated === undefined && options.write) refuseBeside("seconds", "--write");
  if (options.generatedOne === undefined) refuseAlone(["patch"], "--generated-one");
  else refuseBeside("seconds", "--generated-one");
  return options;
}
