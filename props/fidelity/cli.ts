/** The command line of `bun run fidelity`: options, their checks, and the help text. */
import { type Command, CommanderError, Option } from "commander";
import { SEED_LIMIT } from "../../golden/format.ts";
import { ABIS, type AbiName, parseAbi } from "../../scripts/abis/abis.ts";
import { checked, command, integer, share } from "../../scripts/command.ts";
import type { Share } from "../../scripts/numbers.ts";
import { parseReplay, type Replay } from "./replay.ts";
import { KINDS, type Kind } from "./trace.ts";

/** Workloads of a run that names no number: a few seconds' worth. */
const RUNS_DEFAULT = 5000;
const RUNS_MAX = 10_000_000;
const SEED_DEFAULT = 1;
const SHARDS_MAX = 10_000;
/** Ps that a run may have. */
const PROCS_MAX = 64;
const ROUNDS_DEFAULT = 24;
const ROUNDS_MAX = 100_000;

/** What to run. */
export interface Options {
  /** Files and folders in place of the built-in corpora; empty for those. */
  readonly golden: readonly string[];
  /** Workloads to record with Go; 0 for none. */
  readonly live: number;
  /** The go command or GOROOT to record with; undefined for the go on PATH. */
  readonly go: string | undefined;
  readonly bodies: readonly Kind[];
  /** Random workloads. */
  readonly runs: number;
  /** From which every random workload is made. */
  readonly seed: number;
  /** Preemptions come before each so many-th instruction; undefined for as often as `runs` allows. */
  readonly steps: number | undefined;
  readonly replay: Replay | undefined;
  /** Rows of FIDELITY.md, by their names: only what they name as evidence is run. Empty for everything. */
  readonly rows: readonly string[];
  /** File for the machine-readable result. */
  readonly json: string | undefined;
  /** File for the result as JUnit's XML. */
  readonly junit: string | undefined;
  /** 1-based: the index-th of count parts of all workloads. */
  readonly shard: Share;
  /** Versions of Go to record the committed cases with; empty for all, undefined for none. */
  readonly goMatrix: readonly string[] | undefined;
  /** A Go of the matrix that cannot be fetched is skipped. */
  readonly maySkip: boolean;
  /** The native library in place of the built one. */
  readonly library: string | undefined;
  /** The ABI to run on, by emulator; undefined for this machine's own. */
  readonly abi: AbiName | undefined;
  /** What to do about FIDELITY.md: write it anew, or fail when it is out of date. */
  readonly page: "write" | "check" | undefined;
  /** Judged runs with several Ms in place of everything else. */
  readonly procs: ProcsOptions | undefined;
}

/** A run with several Ps: only that. */
export interface ProcsOptions {
  readonly procs: number;
  /** Rounds of workloads. */
  readonly rounds: number;
  readonly seed: number;
  /** The go command or GOROOT of the runs beside it; undefined for the go on PATH. */
  readonly go: string | undefined;
}

/** A command line that makes no sense; nothing was run. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Nothing is to be run: the help was asked for. */
export interface Help {
  readonly help: string;
}

const nonEmpty = checked((text) => {
  if (text === "") throw new RangeError("expected a path");
  return text;
});

const versions = checked((text) => {
  const list = text.split(",");
  if (list.every((version) => /^go1\.\d+(?:\.\d+|rc\d+)?$/.test(version))) return list;
  throw new RangeError("expected versions such as go1.25.14,go1.27.0");
});

function fidelityCommand(): Command {
  return command(
    "bun run fidelity",
    "Runs recorded Go traces and random workloads on gobuf and compares every event.\n" +
      "Exit code: 0 nothing diverged, 1 something did (or nothing was compared), 2 the command line or the set-up is " +
      "wrong, 3 a recording that was asked for could not be made.",
  )
    .addOption(
      new Option("--golden <path>", "golden file or folder, repeatable; replaces the built-in corpora")
        .argParser(collect)
        .default([], "golden/"),
    )
    .option("--live <n>", "record n fresh random workloads with Go and compare", integer(0, RUNS_MAX), 0)
    .option(
      "--go <path>",
      "go command, or GOROOT, to record with (default: the go on PATH, in the version of $GOTOOLCHAIN)",
      nonEmpty,
    )
    .option(
      "--go-matrix [versions]",
      "record the committed cases with each of these Gos, fetched where they are not there (default: all that are " +
        "pinned, and the newest)",
      versions,
    )
    .option("--may-skip", "a Go of --go-matrix that cannot be fetched is skipped, by name", false)
    .addOption(new Option("--bodies <kind>", "kinds of goroutine body").choices([...KINDS, "both"]).default("both"))
    .option("--runs <n>", "random workloads", integer(0, RUNS_MAX), RUNS_DEFAULT)
    .option("--seed <s>", "seed of the random workloads", integer(0, SEED_LIMIT - 1), SEED_DEFAULT)
    .option(
      "--steps <n>",
      "a preemption before each n-th instruction; 1: each, some minutes (default: as often as --runs allows)",
      integer(1, 1_000_000),
    )
    .option("--replay <string>", "run one case again: golden:FILE#NAME, random:SEED or live:SEED", checked(parseReplay))
    .option("--json <file>", "write the result as JSON", nonEmpty)
    .option("--junit <file>", "write it as JUnit's XML", nonEmpty)
    .addOption(
      new Option("--shard <i/n>", "run the i-th of n parts of the workloads")
        .argParser(share(SHARDS_MAX))
        .default({ index: 1, count: 1 }, "1/1"),
    )
    .option("--library <path>", "native library to test in place of the built one (also $GOBUF_LIBRARY)", nonEmpty)
    .option(
      "--abi <name>",
      `run under an emulator: ${Object.keys(ABIS).join(", ")} (see setup:abis)`,
      checked(parseAbi),
    )
    .addOption(
      new Option("--row <name>", "check these rows of FIDELITY.md only, by their evidence; repeatable")
        .argParser(collect)
        .default([], "all")
        .conflicts(["golden", "live", "replay", "shard", "write", "check"]),
    )
    .addOption(
      new Option(
        "--procs <n>",
        "in place of all else: workloads of native goroutines on n Ms, judged by their merged trace",
      )
        .argParser(integer(2, PROCS_MAX))
        .conflicts(["golden", "live", "replay", "shard", "write", "check", "row", "json"]),
    )
    .option("--rounds <n>", "of --procs: rounds of workloads", integer(1, ROUNDS_MAX), ROUNDS_DEFAULT)
    .addOption(new Option("--write", "write FIDELITY.md from this run").conflicts(["replay", "golden", "shard"]))
    .addOption(new Option("--check", "fail when FIDELITY.md differs from what --write would write").conflicts("write"))
    .exitOverride((error) => {
      throw error;
    });
}

function collect(value: string, before: string[]): string[] {
  return [...before, nonEmpty(value)];
}

/**
 * Reads a command line.
 *
 * @param argv without the program's name
 * @throws UsageError
 */
export function parseOptions(argv: readonly string[]): Options | Help {
  let output = "";
  const parser = fidelityCommand().configureOutput({
    writeOut: (text) => {
      output += text;
    },
    writeErr: () => {},
  });
  try {
    parser.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed" || error.code === "commander.help") return { help: output };
    throw new UsageError(`${error.message.replace(/^error: /, "")} (--help lists the options)`);
  }
  const {
    bodies,
    replay,
    steps,
    json,
    junit,
    library,
    go,
    goMatrix,
    write,
    check,
    abi,
    row: rows,
    procs,
    rounds,
    ...rest
  } = parser.opts<
    Pick<Options, "golden" | "live" | "runs" | "seed" | "shard" | "maySkip"> & {
      bodies: Kind | "both";
      replay?: Replay;
      steps?: number;
      json?: string;
      junit?: string;
      library?: string;
      go?: string;
      goMatrix?: string[] | true;
      abi?: AbiName;
      write?: boolean;
      check?: boolean;
      row: readonly string[];
      procs?: number;
      rounds: number;
    }
  >();
  const page = write ? "write" : check ? "check" : undefined;
  return {
    ...rest,
    bodies: bodies === "both" ? KINDS : [bodies],
    replay,
    steps,
    json,
    junit,
    library,
    go,
    goMatrix: goMatrix === true ? [] : goMatrix,
    page,
    abi,
    rows,
    procs: procs === undefined ? undefined : { procs, rounds, seed: rest.seed, go },
  };
}
