/**
 * What the command lines of the project have in common. `--help` prints the usage and does nothing; an option, an
 * argument or a value that makes no sense is refused by name, with exit code 2, before anything is done.
 */
import { Command, type CommanderError, InvalidArgumentError } from "commander";
import { parseInteger, parseShare, type Share } from "./numbers.ts";

/** Exit code of a command line that makes no sense. */
export const EXIT_USAGE = 2;
/** The most processes that a command starts at a time. */
const JOBS_MAX = 64;

/** A parser that commander can call: what `parse` throws is said behind the option's name. */
export function checked<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(`${(error as Error).message}.`);
    }
  };
}

/** Of an option or argument: an integer of a range. */
export function integer(min: number, max: number): (text: string) => number {
  return checked((text) => parseInteger(text, min, max));
}

/** Of an option: how many processes at a time. */
export const jobs: (text: string) => number = integer(1, JOBS_MAX);

/** Of an option: `i/n`, the i-th of n parts. */
export function share(countMax: number): (text: string) => Share {
  return checked((text) => parseShare(text, countMax));
}

/**
 * A command; options, arguments and `parse` are the caller's.
 *
 * @param name as the user types it
 */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .helpOption("-h, --help", "print this")
    .allowExcessArguments(false)
    .showHelpAfterError("(--help lists what there is)")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, `${name}: `)) })
    .exitOverride((error: CommanderError) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
}
