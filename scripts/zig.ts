/**
 * Finds Zig, the toolchain of arch/: `$ZIG`, `zig` on PATH, `python3 -m ziglang`, else the PyPI package installed into
 * a git-ignored folder. 0.16 is the version that build.zig and its first build's time are made for.
 *
 * As a command it is Zig itself: `bun scripts/zig.ts fmt arch`.
 */
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { scratch } from "./scratch.ts";

/** The PyPI package that brings Zig, and the file that has its digests. */
const PACKAGE = "ziglang==0.16.0";
const REQUIREMENTS = join(import.meta.dir, "zig-requirements.txt");
/** The series that works. */
const SERIES = "0.16.";

const root = resolve(import.meta.dir, "..");

/** How to start Zig: program and first arguments. */
export type Command = readonly string[];

/** What may be replaced in a test. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  /** Where the PyPI package is installed to when nothing else works. */
  folder: string;
  /** Gets one line for each long step. */
  log(line: string): void;
}

const real: Surroundings = { env: process.env, folder: join(root, ".zig"), log: (line) => console.error(line) };

/** The version a command answers with, or why it does not. */
function versionOf(command: Command, env: Surroundings["env"]): { version?: string; reason: string } {
  try {
    const run = Bun.spawnSync([...command, "version"], { env, stdout: "pipe", stderr: "pipe" });
    const version = run.stdout.toString().trim();
    if (run.exitCode === 0) return { version, reason: `it is version ${version}` };
    const last = run.stderr.toString().trim().split("\n").at(-1) ?? "";
    return { reason: `it exits with ${run.exitCode}${last && `: ${last}`}` };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/**
 * Installs the PyPI package, as its digests say; under its name once it is whole.
 *
 * @returns what is wrong when it does not work
 */
function installPackage(python: string, folder: string, env: Surroundings["env"]): string | undefined {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    using fresh = scratch("zig", dirname(folder));
    const only = ["--require-hashes", "--no-deps", "--only-binary", ":all:"];
    const install = ["-m", "pip", "install", "-q", ...only, "--target", fresh.path, "-r", REQUIREMENTS];
    const pip = Bun.spawnSync([python, ...install], { env, stdout: "pipe", stderr: "pipe" });
    if (pip.exitCode !== 0) {
      const lines = pip.stderr.toString().trim().split("\n");
      return lines.findLast((line) => line.startsWith("ERROR: ")) ?? lines.at(-1) ?? `it exits with ${pip.exitCode}`;
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh.path, folder);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether a folder is there, or can be made, and can be written. */
function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The environment to run Zig in. Without a folder for its global cache Zig fails; with one that it cannot make it tries
 * for ever. Then it gets one in the checkout.
 *
 * @throws Error where $ZIG_GLOBAL_CACHE_DIR cannot be written
 */
export function zigEnv(env: Surroundings["env"] = process.env, from = root): Record<string, string | undefined> {
  if (process.platform === "win32") return { ...env };
  const asked = env.ZIG_GLOBAL_CACHE_DIR;
  const caches = env.XDG_CACHE_HOME;
  const home = env.HOME;
  if (asked && !isWritable(asked)) throw new Error(`gobuf: $ZIG_GLOBAL_CACHE_DIR is ${asked}: it cannot be written`);
  const usual = asked || (caches ? join(caches, "zig") : home && join(home, ".cache", "zig"));
  if (usual && isWritable(usual)) return { ...env };
  return { ...env, ZIG_GLOBAL_CACHE_DIR: join(from, ".zig-cache", "global") };
}

/**
 * Finds a Zig that works, installing one if need be.
 *
 * @throws Error that says what was tried and what was wrong with each
 */
export function findZig(around: Surroundings = real): Command {
  const { env, folder, log } = around;
  const tried: string[] = [];
  const works = (what: string, command: Command): boolean => {
    const { version, reason } = versionOf(command, env);
    if (version?.startsWith(SERIES)) return true;
    tried.push(`${what}: ${reason}`);
    return false;
  };
  // It is started in other folders than this one.
  const named = env.ZIG?.includes("/") ? resolve(env.ZIG) : env.ZIG;
  if (named) {
    if (works("$ZIG", [named])) return [named];
    throw new Error(`gobuf: $ZIG is ${named}: ${tried[0]?.slice(6)}; expected Zig ${SERIES}x`);
  }
  const onPath = Bun.which("zig", { PATH: env.PATH ?? "" });
  if (onPath && works("zig on PATH", [onPath])) return [onPath];
  const python = Bun.which("python3", { PATH: env.PATH ?? "" });
  if (python && works("python3 -m ziglang", [python, "-m", "ziglang"])) return [python, "-m", "ziglang"];
  const installed = join(folder, "ziglang", process.platform === "win32" ? "zig.exe" : "zig");
  if (existsSync(installed) && works(installed, [installed])) return [installed];
  if (python) {
    log(`gobuf: installing ${PACKAGE} from PyPI into ${folder}`);
    const wrong = installPackage(python, folder, env);
    if (wrong === undefined && works(installed, [installed])) return [installed];
    if (wrong !== undefined) tried.push(`pip install ${PACKAGE}: ${wrong}`);
  } else tried.push("python3: not on PATH, so the PyPI package cannot be installed");
  throw new Error(`gobuf: no Zig ${SERIES}x found. Tried:\n  ${tried.join("\n  ")}`);
}

if (import.meta.main) {
  // Loaded here: whatever imports gobuf from a checkout comes past this file, and has no command line for it.
  const { command } = await import("./command.ts");
  const [args] = command(
    "bun scripts/zig.ts",
    "Runs Zig, found or installed, with the arguments: `zig help` lists them.",
  )
    .argument("<argument...>", "what stands behind `zig`")
    .passThroughOptions()
    .parse().processedArgs as [string[]];
  try {
    process.exitCode = Bun.spawnSync([...findZig(), ...args], {
      env: zigEnv(),
      stdio: ["inherit", "inherit", "inherit"],
    }).exitCode;
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
