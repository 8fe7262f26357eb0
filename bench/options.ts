/** The options of `bun run bench`: what is wrong with them is said before anything is measured. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { PEERS } from "./peers.ts";

/** Which rows are wanted. */
export interface Filter {
  readonly text: string;
  test(name: string): boolean;
}

export interface Options {
  readonly filter?: Filter;
  readonly json?: string;
  readonly html?: string;
  readonly quick?: boolean;
  readonly peers?: readonly string[];
  readonly baseline?: string;
  readonly fail?: boolean;
  readonly seed: number;
  readonly library?: string;
}

/** A regular expression; and since names have a + and a *, a part of a name as it is written. */
function filterOf(text: string): Filter {
  let pattern: RegExp;
  try {
    pattern = new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return { text, test: (name) => name.includes(text) || pattern.test(name) };
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(seed) || seed < 0) {
    throw new InvalidArgumentError("expected an integer of 0 to 2^53-1");
  }
  return seed;
}

/** Names of peers. */
function peersOf(text: string): string[] {
  if (text === "all") return [...PEERS];
  const names = text === "none" ? [] : [...new Set(text.split(","))];
  const unknown = names.filter((name) => !PEERS.includes(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`${unknown.join(", ")}: expected all, none, or some of ${PEERS.join(",")}`);
  }
  return names;
}

/** A file that can be written when all is measured, minutes later. */
function outputOf(text: string): string {
  const file = resolve(text);
  if (existsSync(file) && statSync(file).isDirectory()) throw new InvalidArgumentError(`${text} is a folder`);
  const folder = dirname(file);
  if (!existsSync(folder)) throw new InvalidArgumentError(`there is no folder ${folder}`);
  try {
    accessSync(existsSync(file) ? file : folder, constants.W_OK);
  } catch {
    throw new InvalidArgumentError(`${text} cannot be written`);
  }
  return text;
}

/** Reads the options. Ends the process, with exit code 2, when one is wrong. */
export function readOptions(argv: readonly string[]): Options {
  const command = new Command("bench")
    .description("measures gobuf, and the same programs in Go beside it")
    .option("--filter <regexp>", "only rows whose name matches, or has this in it as it is written", filterOf)
    .option("--json <file>", "write the rows as JSON; - for standard output in place of the table", (text) =>
      text === "-" ? text : outputOf(text),
    )
    .option("--html <file>", "write a page with the table and plots", outputOf)
    .option("--quick", "fewer samples, no rows of a million goroutines: under three minutes in place of seven")
    .option("--peers <list>", `all (builds corosensei, too), none, or some of ${PEERS.join(",")}`, peersOf)
    .option("--baseline <what>", "compare with another checkout's folder, a commit, or (weaker) a report of --json")
    .option("--fail", "with --baseline: end with exit code 1 when a row has become worse")
    .option("--seed <number>", "seed of select's draws", seedOf, 1)
    .option("--library <path>", "another build of the native library")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse(argv, { from: "user" });
  const options = command.opts<Options>();
  if (options.fail && options.baseline === undefined) command.error("error: --fail wants a --baseline");
  return options;
}
