/** `bun run fidelity`. See `bun run fidelity --help`. */
import { resolve } from "node:path";
import { runOnAbi } from "../../scripts/abis/run.ts";
import { parseOptions, UsageError } from "./cli.ts";
import { Reporter } from "./reporter.ts";

const EXIT_OK = 0;
const EXIT_DIVERGED = 1;
const EXIT_USAGE = 2;
const EXIT_NOT_RECORDED = 3;

async function main(argv: readonly string[]): Promise<number> {
  try {
    const parsed = parseOptions(argv);
    if ("help" in parsed) {
      process.stdout.write(parsed.help);
      return EXIT_OK;
    }
    if (parsed.abi !== undefined) return await runOnAbi(parsed.abi, ["props/fidelity/main.ts", ...withoutAbi(argv)]);
    // the environment's library goes into the replay commands, too
    const options = { ...parsed, library: parsed.library ?? (process.env.GOBUF_LIBRARY || undefined) };
    // src/runtime/library.ts looks here when it is loaded, which is why nothing of src is imported above
    if (options.library !== undefined) process.env.GOBUF_LIBRARY = resolve(options.library);
    if (options.procs !== undefined) {
      const { runProcs } = await import("./procs/run.ts");
      return (await runProcs(options.procs)) ? EXIT_OK : EXIT_DIVERGED;
    }
    const [{ gobuf }, { runFidelity }] = await loadTarget();
    const verdict = await runFidelity(gobuf, options, new Reporter(process.stdout, process.stderr));
    return { ok: EXIT_OK, diverged: EXIT_DIVERGED, "not recorded": EXIT_NOT_RECORDED }[verdict];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`fidelity: ${error.message}`);
    return EXIT_USAGE;
  }
}

/** The command line without its --abi: what runs there. */
function withoutAbi(argv: readonly string[]): string[] {
  return argv.filter((arg, i) => !arg.startsWith("--abi") && argv[i - 1] !== "--abi");
}

/** Loads what stands on the native library. @throws UsageError when that library is refused */
async function loadTarget() {
  try {
    return await Promise.all([import("./gobuf.ts"), import("./run.ts")]);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

process.exitCode = await main(process.argv.slice(2));
