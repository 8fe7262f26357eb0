#!/usr/bin/env bun
/** The command line of the kit: `gobuf-conform switch SUBJECT.so`, `sched -- COMMAND`, `judge TRACE`, `list`, `self-test`. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import pkg from "../package.json";
import { ABI_NAMES, type AbiName, abiOf, driverCommand } from "./abi.ts";
import { type Options, putTo } from "./driver.ts";
import { html, junit, type Result } from "./result.ts";
import { LEVELS, type Level } from "./sched/hello.ts";
import { judgeFile } from "./sched/judge-file.ts";
import { reference } from "./sched/reference.ts";
import { runSched, type SchedOptions } from "./sched/run.ts";
import { helloOf, loadTarget, runnerOf, serve } from "./sched/serve.ts";
import { Subject } from "./sched/subject.ts";
import { reportLines } from "./sched/text.ts";

/** Runs what may find no driver: the message, and exit code 2. */
function orSay<T>(f: () => T): T {
  try {
    return f();
  } catch (error) {
    console.error(`gobuf-conform: ${(error as Error).message}`);
    process.exit(2);
  }
}

/** The same of what takes time. */
async function orSayLater<T>(f: () => Promise<T>): Promise<T> {
  try {
    return await f();
  } catch (error) {
    console.error(`gobuf-conform: ${(error as Error).message}`);
    process.exit(2);
  }
}

/** Of an option: a whole number up to `max`. */
function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };
}

/** An argument as a shell takes it. */
const quoted = (text: string) => (/^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

interface Files {
  readonly json?: string;
  readonly junit?: string;
  readonly html?: string;
}

/** Writes the files of a report. */
function writeFiles(files: Files, results: readonly Result[], whole: unknown): void {
  if (files.json !== undefined) writeFileSync(files.json, `${JSON.stringify(whole, null, 2)}\n`);
  if (files.junit !== undefined) writeFileSync(files.junit, junit(results));
  if (files.html !== undefined) writeFileSync(files.html, html(results));
}

/** Hands the driver's own command over. */
function hand(flag: string, abi?: AbiName): never {
  const driver = orSay(() => driverCommand(abi));
  const { exitCode } = Bun.spawnSync([...driver, flag], { stdio: ["ignore", "inherit", "inherit"] });
  process.exit(exitCode);
}

const abiOption = new Option(
  "--abi <abi>",
  "of another ABI than this machine's: AArch64 by qemu, Microsoft x64 by wine, System V with musl",
).choices(ABI_NAMES);

const line = ({ verdict, property, text }: Result) => `${verdict.padEnd(6)} ${property.padEnd(16)} ${text}`.trimEnd();

const program = new Command("gobuf-conform")
  .description("A conformance kit for context switches, and for ports of Go's scheduler.")
  .version(pkg.version)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command("switch")
  .description(
    "puts every property to each subject of a shared object; exit code 1 when one fails, 2 when it cannot be tried",
  )
  .argument("<file>", "the shared object, which exports conform_subject_at (gobuf-conform/conform.h)")
  .option("--property <name>", "only this property")
  .option("--subject <name>", "only this subject")
  .option("--seed <n>", "the seed of drawn values and orders", "1")
  .addOption(abiOption)
  .option("--strict", "floating-point control words by the ABI's document, whatever is claimed")
  .option("--json <file>", "writes the verdicts as JSON")
  .option("--junit <file>", "writes them as JUnit's XML")
  .option("--html <file>", "writes them as a page")
  .action(async (file: string, options: Options & Files & { readonly abi?: AbiName }) => {
    if (existsSync(file) && !statSync(file).isFile()) {
      console.error(`gobuf-conform: ${file}: expected a shared object, and it is no file`);
      process.exit(2);
    }
    const driver = orSay(() => driverCommand(options.abi ?? abiOf(file)));
    let last = "";
    const show = (result: Result) => {
      const name = `${result.subject} ${result.version}, ${result.abi}`;
      if (name !== last) console.log(name);
      last = name;
      console.log(line(result));
    };
    const { results, code, complaint } = await orSayLater(() => putTo(resolve(file), options, show, driver));
    if (complaint !== "") console.error(complaint.replaceAll("gobuf-conform-driver", "gobuf-conform"));
    writeFiles(options, results, results);
    const failed = results.filter(({ verdict }) => verdict === "FAIL");
    if (results.length > 0) console.log(`${results.length} verdicts, ${failed.length} failed`);
    for (const { subject, property } of failed) {
      console.log(
        `again: gobuf-conform switch ${file} --subject ${subject} --property ${property} --seed ${options.seed}`,
      );
    }
    process.exit(code);
  });

interface Sched extends SchedOptions, Files {
  readonly target?: string;
  readonly goldens?: boolean;
  readonly patience: number;
}

const SEEDS = 2 ** 52;

program
  .command("sched")
  .description(
    "runs workloads on a scheduler and compares it with Go's; exit code 1 when a level that it claims is missed, 2 when " +
      "it cannot be tried",
  )
  .argument("[command...]", "behind --, the command of a process that speaks the kit's protocol")
  .option(
    "--target <file>",
    "a scheduler in TypeScript, in place of a command: export const target = { name, run, go, ... }",
  )
  .option("--runs <n>", "workloads", integer(1, 1_000_000), 150)
  .option("--seed <n>", "the seed of the first workload", integer(0, SEEDS), 1)
  .addOption(new Option("--level <level>", "holds it to this level, whatever it claims").choices(LEVELS))
  .option("--goldens", "compares with the traces of Go that the kit has, though there is a Go")
  .option(
    "--patience <ms>",
    "milliseconds of silence after which it is said to be stuck",
    integer(10, 3_600_000),
    10_000,
  )
  .option("--replay <what>", "one workload: live:SEED, golden:NAME, or JSON as a report shows it")
  .option("--json <file>", "writes the report as JSON")
  .option("--junit <file>", "writes the verdicts as JUnit's XML")
  .option("--html <file>", "writes them as a page")
  .action(async (command: string[], options: Sched) => {
    if ((options.target === undefined) === (command.length === 0)) {
      console.error("gobuf-conform: expected either a command behind --, or --target FILE");
      process.exit(2);
    }
    const { target } = options;
    const argv = target === undefined ? command : [process.execPath, import.meta.filename, "serve", target];
    const again = `gobuf-conform sched${target === undefined ? ` -- ${command.map(quoted).join(" ")}` : ` --target ${quoted(target)}`}`;
    const report = await orSayLater(async () => {
      const subject = await Subject.start(argv, options.patience);
      try {
        return await runSched(subject, await reference(options.goldens !== true), options);
      } finally {
        subject.stop();
      }
    });
    for (const text of reportLines(report, again)) console.log(text);
    writeFiles(options, report.results, report);
    process.exit(report.results.some(({ verdict }) => verdict === "FAIL") ? 1 : 0);
  });

program
  .command("serve", { hidden: true })
  .argument("<file>")
  .action(async (file: string) => {
    const target = await orSayLater(() => loadTarget(file));
    const hello = orSay(() => helloOf(target));
    await serve(hello, runnerOf(target));
    process.exit(0);
  });

program
  .command("judge")
  .description("judges a file of traces that a port wrote itself, in the format of gobuf's goldens")
  .argument("<file>", "a .jsonl or .jsonl.gz file")
  .addOption(new Option("--level <level>", "the level that it is held to").choices(LEVELS).default("L0"))
  .option("--goldens", "compares with nothing but the traces of Go that the kit has")
  .option("--json <file>", "writes the report as JSON")
  .option("--junit <file>", "writes the verdicts as JUnit's XML")
  .option("--html <file>", "writes them as a page")
  .action(async (file: string, options: Files & { readonly level: Level; readonly goldens?: boolean }) => {
    const report = await orSayLater(async () =>
      judgeFile(file, await reference(options.goldens !== true), options.level),
    );
    for (const text of reportLines(report, "")) console.log(text);
    writeFiles(options, report.results, report);
    process.exit(report.results.some(({ verdict }) => verdict === "FAIL") ? 1 : 0);
  });

program
  .command("list")
  .description("shows the properties")
  .action(() => hand("--list"));

program
  .command("self-test")
  .description(
    "shows that the kit sees its own faults: each register, broken in each way, and each fault of a switch is named",
  )
  .addOption(abiOption)
  .action(({ abi }: { readonly abi?: AbiName }) => hand("--self-test", abi));

await program.parseAsync();
