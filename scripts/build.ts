/**
 * Builds the native library when it is missing or older than its sources; once, also when two processes start together.
 *
 * "Older" is told by a digest of the sources that lies beside the library, not by times: a checkout, a copy and an edit
 * within one tick of the clock all come out right.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { withLock } from "./lock.ts";
import { findZig } from "./zig.ts";

const root = resolve(import.meta.dir, "..");
/** The longest a build by another process may take, milliseconds. */
const BUILD_MAX_MS = 900_000;

/** Folders of zig-out/lib. */
export const PLATFORMS = ["linux-x64", "linux-arm64", "windows-x64", "darwin-x64", "darwin-arm64"] as const;

function hostPlatform(): string {
  return `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
}

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

/** Digest of everything that a build reads. */
function sourceDigest(from: string): string {
  const hash = new Bun.CryptoHasher("sha1");
  const files = ["arch", join("examples", "native")]
    .map((folder) => join(from, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(zig|S|h|c)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  // By names as every platform writes them: a library built on one is fresh on another.
  const named = [...files, join(from, "build.zig"), join(from, "build.zig.zon")].map(
    (file) => [file.slice(from.length).replaceAll("\\", "/"), file] as const,
  );
  for (const [name, file] of named.sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0`);
    hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

function isFresh(folder: string, digest: string): boolean {
  const stamp = join(folder, ".sources");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
}

function build(platform: string, digest: string, from: string, mode: Mode): void {
  const { prefix, optimize } = MODES[mode];
  console.error(`gobuf: building the native library for ${platform}${mode === "safe" ? ", with safety checks" : ""}`);
  const options = [`-Dplatform=${platform}`, `-Doptimize=${optimize}`, "--prefix", prefix];
  const run = Bun.spawnSync([...findZig(), "build", ...options], {
    cwd: from,
    stdout: "pipe",
    stderr: "pipe",
  });
  if (run.exitCode !== 0) {
    throw new Error(`gobuf: zig build ${options.join(" ")} failed:\n${run.stderr.toString()}${run.stdout.toString()}`);
  }
  const folder = libraryFolder(platform, mode, from);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".sources"), digest);
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
    const folder = libraryFolder(platform, mode, from);
    if (isFresh(folder, digest)) continue;
    withLock(join(from, "zig-out", ".lock"), BUILD_MAX_MS, () => {
      // Another process may have built it while this one waited.
      if (!isFresh(folder, digest)) build(platform, digest, from, mode);
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
