#!/usr/bin/env bun
/** The command line of the kit: `gobuf-conform switch SUBJECT.so`, `list`, `self-test`. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import pkg from "../package.json";
import { findDriver, type Options, putTo } from "./driver.ts";
import { junit, type Result } from "./result.ts";

/** Runs what may find no driver: the message, and exit code 2. */
function orSay<T>(f: () => T): T {
  try {
    return f();
  } catch (error) {
    console.error(`gobuf-conform: ${(error as Error).message}`);
    process.exit(2);
  }
}

/** Hands the driver's own command over. */
function hand(flag: string): never {
  const driver = orSay(findDriver);
  const { exitCode } = Bun.spawnSync([driver, flag], { stdio: ["ignore", "inherit", "inherit"] });
  process.exit(exitCode);
}

const line = ({ verdict, property, text }: Result) => `${verdict.padEnd(6)} ${property.padEnd(16)} ${text}`.trimEnd();

const program = new Command("gobuf-conform")
  .description("A conformance kit for context switches.")
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
  .option("--strict", "floating-point control words by the ABI's document, whatever is claimed")
  .option("--json <file>", "writes the verdicts as JSON")
  .option("--junit <file>", "writes them as JUnit's XML")
  .action(async (file: string, options: Options & { readonly json?: string; readonly junit?: string }) => {
    const driver = orSay(findDriver);
    let last = "";
    const show = (result: Result) => {
      const name = `${result.subject} ${result.version}, ${result.abi}`;
      if (name !== last) console.log(name);
      last = name;
      console.log(line(result));
    };
    const { results, code, complaint } = await putTo(resolve(file), options, show, [driver]);
    if (complaint !== "") console.error(complaint.replaceAll("gobuf-conform-driver", "gobuf-conform"));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    if (options.junit !== undefined) writeFileSync(options.junit, junit(results));
    const failed = results.filter(({ verdict }) => verdict === "FAIL");
    if (results.length > 0) console.log(`${results.length} verdicts, ${failed.length} failed`);
    for (const { subject, property } of failed) {
      console.log(
        `again: gobuf-conform switch ${file} --subject ${subject} --property ${property} --seed ${options.seed}`,
      );
    }
    process.exit(code);
  });

program
  .command("list")
  .description("shows the properties")
  .action(() => hand("--list"));

program
  .command("self-test")
  .description("shows that the kit sees its own faults: each register, broken in each way, is named")
  .action(() => hand("--self-test"));

await program.parseAsync();
