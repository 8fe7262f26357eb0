/**
 * The ABIs that are run on this machine beside its own, and how a Bun of each is started.
 *
 * None of them is the real thing: AArch64 runs under qemu, Microsoft x64 under wine, and every title says so.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export type AbiName = "arm64" | "windows" | "musl";

/** One ABI that `setup:abis` prepares. */
export interface Abi {
  readonly name: AbiName;
  /** What a report says the run was on. */
  readonly title: string;
  /** Folder of zig-out/lib with its library. */
  readonly platform: "linux-arm64" | "windows-x64" | "linux-x64";
  /** A test gets so many times Bun's own limit of 5 s. */
  readonly slowness: number;
}

export const ABIS: Readonly<Record<AbiName, Abi>> = {
  arm64: { name: "arm64", title: "AArch64 under qemu", platform: "linux-arm64", slowness: 12 },
  windows: { name: "windows", title: "Microsoft x64 under wine", platform: "windows-x64", slowness: 4 },
  musl: { name: "musl", title: "System V x86-64 with musl", platform: "linux-x64", slowness: 1 },
};

export const ABI_NAMES = Object.keys(ABIS) as readonly AbiName[];

/** The root of the checkout. */
export const root = resolve(import.meta.dir, "..", "..");

/** Where `setup:abis` puts everything: `$GOBUF_ABIS`, else a git-ignored folder of the checkout. */
export function abisFolder(env: Env = process.env): string {
  return env.GOBUF_ABIS ? resolve(env.GOBUF_ABIS) : join(root, ".abis");
}

export type Env = Readonly<Record<string, string | undefined>>;

/** @throws Error that lists the names, for any other text */
export function parseAbi(text: string | undefined): AbiName {
  if (text !== undefined && Object.hasOwn(ABIS, text)) return text as AbiName;
  throw new Error(`${text === undefined ? "no ABI given" : `no ABI "${text}"`}: expected ${ABI_NAMES.join(", ")}`);
}

/** The ABI of {@link ABIS} that this process runs on, as run.ts told it; undefined on the machine's own. */
export function currentAbi(env: Env = process.env): Abi | undefined {
  return env.GOBUF_ABI ? ABIS[parseAbi(env.GOBUF_ABI)] : undefined;
}

/** How to start a program: its command line so far, and its whole environment. */
export interface Start {
  readonly command: readonly string[];
  readonly env: Record<string, string>;
}

/** Debian keeps it off PATH. */
export const WINE = "/usr/lib/wine/wine64";

/** What wine needs to be told, whatever it runs. @param folder that of the ABIs */
export function wineEnv(folder: string): Record<string, string> {
  return {
    WINEPREFIX: join(folder, "windows", "prefix"),
    WINEDEBUG: "-all",
    WINEDLLOVERRIDES: "mscoree,mshtml=", // else it asks, in a window, to download them
    DISPLAY: "",
  };
}

function bunCommand(abi: AbiName, folder: string): string[] {
  if (abi === "windows") return [WINE, join(folder, "windows", "bin", "bun.exe")];
  // A script under qemu: it is what a test starts as process.execPath.
  return [abi === "arm64" ? join(folder, "arm64", "bun-under-qemu") : join(folder, "musl", "bin", "bun")];
}

/** How to start the Bun of an ABI, with no more than that Bun needs. For the set-up's own checks. */
export function startBareBun(abi: AbiName, folder: string, env: Env = process.env): Start {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) all[name] = value;
  return { command: bunCommand(abi, folder), env: abi === "windows" ? { ...all, ...wineEnv(folder) } : all };
}

/**
 * How to start the Bun of an ABI on the project's files: with what preload.ts mends, and with
 * GOBUF_ABI for {@link currentAbi}. Use it to run with a time limit or to read the output; else `runOnAbi` does.
 *
 * @param env what the program is to find in its environment; a GOBUF_LIBRARY in it is the library it loads
 * @throws Error when `setup:abis` has not prepared that ABI
 */
export function startBun(abi: AbiName, env: Env = process.env): Start {
  const folder = abisFolder(env);
  if (!existsSync(join(folder, abi, STAMP))) {
    throw new Error(`the ABI ${abi} is not set up in ${folder}: run \`bun run setup:abis ${abi}\``);
  }
  const start = startBareBun(abi, folder, env);
  const added: Record<string, string> = { GOBUF_ABI: abi };
  const preload = join(import.meta.dir, "preload.ts");
  if (abi === "arm64") {
    added.GOBUF_ABI_BUN = start.command[0] as string;
    added.BUN_OPTIONS = `"--preload=${preload}"`;
  }
  // With slashes: in this variable a backslash is an escape.
  if (abi === "windows") added.BUN_OPTIONS = `"--preload=Z:${preload}"`;
  return { command: start.command, env: { ...start.env, ...added } };
}

/** File of an ABI's folder that says with which pins it was set up. */
export const STAMP = ".pins";
