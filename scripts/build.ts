/**
 * Builds the native library when it is missing or older than its sources; once, also when two processes start together:
 * fresh.ts tells what is missing or older.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { checkLibraryFile, hostPlatform, libraryFile, type Platform } from "../src/runtime/library.ts";
import { type Built, builtIn, isFresh, removeDamaged, sourceDigest, writeStamp } from "./fresh.ts";
import { withLock } from "./lock.ts";
import { scratch } from "./scratch.ts";
import { findZig, zigEnv } from "./zig.ts";

const root = resolve(import.meta.dir, "..");
/** The longest a build by another process may take, milliseconds. */
const BUILD_MAX_MS = 900_000;

/** Folders of zig-out/lib. */
export const PLATFORMS = ["linux-x64", "linux-arm64", "windows-x64", "darwin-x64", "darwin-arm64"] as const;

/**
 * How a library is built: as it ships, or with Zig's safety checks and those of arch/check.zig that cost too much
 * otherwise.
 */
export type Mode = "fast" | "safe";

/** What a mode's libraries are in: the folder of zig-out that has lib/, and Zig's name of the mode. */
const MODES: Readonly<Record<Mode, { readonly prefix: string; readonly optimize: string }>> = {
  fast: { prefix: "zig-out", optimize: "ReleaseFast" },
  safe: { prefix: join("zig-out", "safe"), optimize: "ReleaseSafe" },
};

/** The folder of a platform's libraries. */
export function libraryFolder(platform: string, mode: Mode = "fast", from = root): string {
  return join(from, MODES[mode].prefix, "lib", platform);
}

/** In whose paths Zig, or the Clang in it, does not find its own files again, where they have a space as well. */
const ODD = '"';

/** Zig's options for a mode. */
function optionsOf(platform: string, mode: Mode): string[] {
  return [`-Dplatform=${platform}`, `-Doptimize=${MODES[mode].optimize}`];
}

/** Runs Zig's build. @returns what it said when it failed */
function zigBuild(platform: string, from: string, mode: Mode): string | undefined {
  let zig: readonly string[] = findZig();
  let env = zigEnv(process.env, from);
  using links = new DisposableStack();
  /** A path, by way of a link where Zig could not take it. */
  const plain = (path: string, name: string) => {
    if (!path.includes(ODD)) return path;
    const link = join(links.use(scratch("link")).path, name);
    symlinkSync(path, link, "junction");
    return link;
  };
  const [program = "", ...rest] = zig;
  if (program.includes(ODD)) {
    const home = plain(dirname(program), "zig");
    zig = [join(home, basename(program)), ...rest];
    env = { ...env, ZIG_LIB_DIR: join(home, "lib") };
  }
  const root = plain(from, "checkout");
  const where = ["--build-file", join(root, "build.zig"), "--prefix", join(root, MODES[mode].prefix)];
  const args = ["build", ...optionsOf(platform, mode), ...where];
  // From the link's folder: what Zig is started in is where its relative paths begin.
  const { exitCode, stdout, stderr } = Bun.spawnSync([...zig, ...args], {
    cwd: root === from ? from : dirname(root),
    env,
    stdout: "pipe",
    stderr: "pipe",
  });
  return exitCode === 0 ? undefined : `${stderr}${stdout}`;
}

/** Builds, and looks at what came of it. @returns what is wrong */
function tryBuild(built: Built, from: string, mode: Mode): string | undefined {
  const platform = built.platform as Platform;
  const wrong = zigBuild(platform, from, mode);
  if (wrong !== undefined) return wrong;
  try {
    for (const name of readdirSync(built.folder).filter((one) => /\.(so|dylib|dll)$/.test(one))) {
      checkLibraryFile(join(built.folder, name), platform);
    }
    return existsSync(join(built.folder, libraryFile("gobuf", platform))) ? undefined : "it made no library";
  } catch (error) {
    return (error as Error).message;
  }
}

function build(built: Built, digest: string, from: string, mode: Mode): void {
  const { platform, folder, stamp } = built;
  console.error(`gobuf: building the native library for ${platform}${mode === "safe" ? ", with safety checks" : ""}`);
  removeDamaged(built);
  rmSync(stamp, { recursive: true, force: true });
  const cache = join(from, ".zig-cache");
  const hadCache = existsSync(cache);
  let wrong = tryBuild(built, from, mode);
  // An error in a source is no fault of the cache, except in what was made there.
  const ofSource =
    wrong !== undefined && /(?:^|\/)(?:arch\/|examples\/|build\.zig)[^\n]*: error: (?!FileNotFound)/m.test(wrong);
  if (wrong !== undefined && hadCache && !ofSource) {
    console.error(`gobuf: that failed; once more, without what was in ${cache}`);
    rmSync(cache, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
    wrong = tryBuild(built, from, mode);
  }
  if (wrong !== undefined) {
    const way = ofSource ? `; if no source is at fault, remove ${cache}` : "";
    throw new Error(`gobuf: zig build ${optionsOf(platform, mode).join(" ")} failed${way}:\n${wrong}`);
  }
  writeStamp(built, digest);
}

/** Why nothing can be built in a checkout; undefined where it can. */
function whyReadOnly(from: string): string | undefined {
  for (const folder of [join(from, "zig-out"), join(from, ".zig-cache")]) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
    } catch (error) {
      return `${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`;
    }
  }
  return undefined;
}

/**
 * Makes sure that zig-out holds a library that fits the sources. Costs a few milliseconds when it does.
 *
 * @param platforms folders of zig-out/lib; this machine's by default
 * @param from the checkout
 * @throws Error with Zig's own messages
 */
export function ensureNativeSync(
  platforms: readonly string[] = [hostPlatform()],
  from = root,
  mode: Mode = "fast",
): void {
  const digest = sourceDigest(from);
  for (const platform of platforms) {
    const built = builtIn(libraryFolder(platform, mode, from), platform);
    if (isFresh(built, digest)) continue;
    const why = whyReadOnly(from);
    if (why !== undefined) {
      throw new Error(
        `gobuf: the native library for ${platform} has to be built, but ${why}: ` +
          "build it in a copy that can be written, and name it in GOBUF_LIBRARY",
      );
    }
    withLock(join(from, "zig-out", ".lock"), BUILD_MAX_MS, () => {
      // Another process may have built it while this one waited.
      if (!isFresh(built, digest)) build(built, digest, from, mode);
    });
  }
}

if (import.meta.main) {
  // Loaded here: whatever imports gobuf from a checkout comes past this file, and has no command line for it.
  const { checked, command } = await import("./command.ts");
  const platform = checked((name): string => {
    if (name === "all" || (PLATFORMS as readonly string[]).includes(name)) return name;
    throw new Error(`no platform ${name}: expected all, ${PLATFORMS.join(", ")}`);
  });
  const build = command(
    "bun run build",
    "Builds the native library where it is missing or older than its sources. Exit code: 0 it is there, 1 it is not, " +
      "2 the command line is wrong.",
  );
  build.argument("[platform...]", `all, or some of ${PLATFORMS.join(", ")}; this machine's without any`, collect);
  function collect(name: string, before: readonly string[] = []): string[] {
    return [...before, platform(name)];
  }
  build.option("--safe", "with safety checks, into zig-out/safe/");
  const [wanted] = build.parse().processedArgs as [string[]];
  try {
    const platforms = wanted.includes("all") ? PLATFORMS : wanted;
    ensureNativeSync(
      platforms.length === 0 ? undefined : platforms,
      root,
      build.opts().safe === true ? "safe" : "fast",
    );
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
