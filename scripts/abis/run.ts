/**
 * `bun scripts/abis/run.ts arm64|windows|musl test|FILE.ts [ARGUMENTS]`: runs a command of the project on another ABI,
 * with the library built for it first.
 */
import { join } from "node:path";
import { ensureNativeSync } from "../build.ts";
import { checked, command } from "../command.ts";
import { ABI_NAMES, ABIS, type AbiName, type Env, parseAbi, root, startBun } from "./abis.ts";

/** A test's time limit on a machine of its own, Bun's default, milliseconds. */
const TEST_MS = 5000;

/** The kit's own tests among a run's arguments. */
const KIT = /^(?:\.\/)?conform\b/;

/** Builds the conformance kit's driver for an ABI: Zig does not run on it. @throws Error with what the build says */
function ensureDriver(abi: AbiName): void {
  const platform = abi === "musl" ? "linux-x64-musl" : ABIS[abi].platform;
  const ran = Bun.spawnSync([process.execPath, join(root, "conform", "build.ts"), platform], { stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`the kit's driver for ${platform}: ${ran.stderr}`);
}

/** What may be said of a run. */
export interface RunOptions {
  /** In place of this process's environment. A GOBUF_LIBRARY in it is loaded, and then none is built. */
  readonly env?: Env;
  readonly cwd?: string;
}

/**
 * Runs a command of the project on an ABI, its output on this process's own.
 *
 * @param args what stands after `bun`: `test` or a file of the project, then its arguments
 * @returns its exit code
 * @throws Error when the ABI is not set up, or the library does not build for it
 */
export async function runOnAbi(abi: AbiName, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const { title, platform, slowness } = ABIS[abi];
  const env = options.env ?? process.env;
  const { command, env: childEnv } = startBun(abi, env);
  if (!env.GOBUF_LIBRARY) ensureNativeSync([platform]);
  if (args.some((arg) => KIT.test(arg))) ensureDriver(abi);
  const limit = args[0] === "test" && slowness > 1 ? [`--timeout=${TEST_MS * slowness}`] : [];
  const line = [...command, ...args.slice(0, 1), ...limit, ...args.slice(1)];
  console.error(`gobuf: ${args.join(" ")}: on ${title}`);
  const child = Bun.spawn(line, {
    env: childEnv,
    stdio: ["inherit", "inherit", "inherit"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const code = await child.exited;
  console.error(`gobuf: ${args.join(" ")}: on ${title}: exit code ${code}`);
  return code;
}

/** What Bun is to run. @throws Error for what the machine's own Bun would run, or nothing */
export function parseWhat(text: string): string {
  if (text === "test" || text.endsWith(".ts")) return text;
  throw new Error(`cannot run "${text}": expected \`test\` or a .ts file, then its arguments`);
}

if (import.meta.main) {
  const run = command(
    "bun scripts/abis/run.ts",
    "Runs a command of the project on another ABI, with the library built for it. Exit code: the command's; 1 where it " +
      "cannot be started, 2 where the command line is wrong.",
  )
    .argument("<abi>", `one of ${ABI_NAMES.join(", ")}`, checked(parseAbi))
    .argument("<what>", "test, or a .ts file", checked(parseWhat))
    .argument("[argument...]", "its arguments")
    .passThroughOptions()
    .parse();
  const [abi, what, args] = run.processedArgs as [AbiName, string, string[]];
  try {
    process.exitCode = await runOnAbi(abi, [what, ...args]);
  } catch (error) {
    console.error(`abis: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
