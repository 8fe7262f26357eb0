/** The options of `bun run bench`: what is wrong with them is said before anything is measured. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { checked, command, integer } from "../scripts/command.ts";
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
  const pattern = new RegExp(text);
  return { text, test: (name) => name.includes(text) || pattern.test(name) };
}

/** Names of peers. */
function peersOf(text: string): string[] {
  if (text === "all") return [...PEERS];
  const names = text === "none" ? [] : [...new Set(text.split(","))];
  const unknown = names.filter((name) => !PEERS.includes(name));
  if (unknown.length > 0) {
    throw new RangeError(`${unknown.join(", ")}: expected all, none, or some of ${PEERS.join(",")}`);
  }
  return names;
}

/** A file that can be written when all is measured, minutes later. */
function outputOf(text: string): string {
  const file = resolve(text);
  if (existsSync(file) && statSync(file).isDirectory()) throw new RangeError(`${text} is a folder`);
  const folder = dirname(file);
  if (!existsSync(folder)) throw new RangeError(`there is no folder ${folder}`);
  try {
    accessSync(existsSync(file) ? file : folder, constants.W_OK);
  } catch {
    throw new RangeError(`${text} cannot be written`);
  }
  return text;
}

/** Reads the options. Ends the process, with exit code 2, when one is wrong. */
export function readOptions(argv: readonly string[]): Options {
  const bench = command("bun run bench", "Measures gobuf, and the same programs in Go beside it.")
    .option("--filter <regexp>", "only rows whose name matches, or has this in it as it is written", checked(filterOf))
    .option(
      "--json <file>",
      "write the rows as JSON; - for standard output in place of the table",
      checked((text) => (text === "-" ? text : outputOf(text))),
    )
    .option("--html <file>", "write a page with the table and plots", checked(outputOf))
    .option("--quick", "fewer samples, no rows of a million goroutines: three minutes in place of ten")
    .option("--peers <list>", `all (builds corosensei, too), none, or some of ${PEERS.join(",")}`, checked(peersOf))
    .option("--baseline <what>", "compare with another checkout's folder, a commit, or (weaker) a report of --json")
    .option("--fail", "with --baseline: end with exit code 1 when a row has become worse")
    .option("--seed <number>", "seed of select's draws", integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option("--library <path>", "another build of the native library")
    .parse(argv, { from: "user" });
  const options = bench.opts<Options>();
  if (options.fail && options.baseline === undefined) bench.error("error: --fail wants a --baseline");
  return options;
}
