/**
 * `bun run setup:abis [arm64|windows|musl ...]`: makes this machine able to run the project on the other ABIs. All
 * three without names. What is there and works is left alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checked, command } from "../command.ts";
import { withLock } from "../lock.ts";
import { ABI_NAMES, ABIS, type AbiName, abisFolder, parseAbi, STAMP } from "./abis.ts";
import { Debian } from "./packages.ts";
import { prepare, type Site, smoke } from "./prepare.ts";
import { realShell, type Shell } from "./shell.ts";

/** The longest another set-up may take, milliseconds. */
const SETUP_MAX_MS = 1_800_000;

/** What an ABI's folder is made by: it is made anew when any of these changes. */
const RECIPE = ["pins.ts", "prepare.ts", "packages.ts", "bcryptprimitives.zig"];

function recipeDigest(): string {
  const hash = new Bun.CryptoHasher("sha1");
  for (const name of RECIPE) hash.update(readFileSync(join(import.meta.dir, name)));
  return hash.digest("hex");
}

const abiArgument = checked(parseAbi);

/** The ABIs of a command line, each once. @throws InvalidArgumentError for a name that is none */
export function collect(name: string, before: readonly AbiName[] = []): readonly AbiName[] {
  return [...new Set([...before, abiArgument(name)])];
}

/** @throws Error on a machine that the set-up is not made for */
export function checkHost(platform: string, arch: string): void {
  if (platform === "linux" && arch === "x64") return;
  throw new Error(`this is ${platform} on ${arch}; the ABIs are set up on Debian 12, x86-64`);
}

/**
 * Prepares ABIs.
 *
 * @param folder where to
 * @throws Error that names the step that failed, and what to do where that is known
 */
export function setUp(abis: readonly AbiName[], folder: string, shell: Shell): void {
  const site: Site = { shell, debian: new Debian(shell), folder };
  const digest = recipeDigest();
  for (const [index, abi] of abis.entries()) {
    const stamp = join(folder, abi, STAMP);
    const step = `[${index + 1}/${abis.length}] ${abi} (${ABIS[abi].title})`;
    const isFresh = existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
    if (isFresh && smoke(site, abi) === undefined) {
      shell.log(`${step}: there, and its Bun runs`);
      continue;
    }
    shell.log(step);
    const start = performance.now();
    prepare(site, abi);
    const wrong = smoke(site, abi);
    if (wrong !== undefined) throw new Error(`the Bun of ${abi} does not run: ${wrong}`);
    writeFileSync(stamp, digest);
    shell.log(`${step}: its Bun runs, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

if (import.meta.main) {
  const [named] = command(
    "bun run setup:abis",
    "Makes this machine able to run the project on the other ABIs. Exit code: 0 it is, 1 a step failed, 2 the command " +
      "line is wrong.",
  )
    .argument("[abi...]", `some of ${ABI_NAMES.join(", ")}; all without any`, collect)
    .parse().processedArgs as [AbiName[]];
  const abis = named.length === 0 ? ABI_NAMES : named;
  const folder = abisFolder();
  try {
    checkHost(process.platform, process.arch);
    mkdirSync(folder, { recursive: true });
    withLock(join(folder, ".lock"), SETUP_MAX_MS, () => setUp(abis, folder, realShell));
  } catch (error) {
    console.error(`setup:abis: ${(error as Error).message}`);
    process.exit(1);
  }
}
