/** `bun run golden:record`: the command of golden/record.ts. golden/ itself knows nothing of scripts/. */
import { recordCorpora } from "../golden/record.ts";
import { command, jobs } from "./command.ts";

const options = command(
  "bun run golden:record",
  "Records the committed corpora anew with the installed Go. Exit code: 0 it is done, or none differs; 1 a case differs, " +
    "or the Go on PATH cannot record; 2 the command line is wrong.",
)
  .option("--check", "compare with the committed corpora instead of writing them")
  .option("--jobs <n>", "recorder processes at a time (default: one a processor)", jobs)
  .parse()
  .opts<{ check?: boolean; jobs?: number }>();

try {
  process.exitCode = (await recordCorpora(options.check === true, options.jobs)) ? 0 : 1;
} catch (error) {
  console.error(`golden:record: ${(error as Error).message}`);
  process.exitCode = 1;
}
