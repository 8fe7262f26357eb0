/**
 * Builds the kit's driver: of this machine, or of every platform that the kit runs on; and, as `bun pm pack` wants it, all that
 * the package needs to run without this checkout.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { command } from "../scripts/command.ts";
import { withLock } from "../scripts/lock.ts";
import { findZig, zigEnv } from "../scripts/zig.ts";

const here = import.meta.dir;
const root = join(here, "..");

/** The platforms, each with Zig's target and the probe's assembly file. glibc 2.17 is the oldest that is still in use. */
const TARGETS: Readonly<Record<string, { readonly target: string; readonly probe: string }>> = {
  "linux-x64": { target: "x86_64-linux-gnu.2.17", probe: "sysv_x86_64.S" },
  "linux-arm64": { target: "aarch64-linux-gnu.2.17", probe: "aarch64.S" },
};

/** Where a platform's driver is. */
export function driverPath(platform: string): string {
  return join(here, "bin", platform, "gobuf-conform-driver");
}

/** Zig's C compiler for a platform. @throws Error with what it says */
export function zigCc(platform: string, args: readonly string[]): void {
  const target = TARGETS[platform];
  if (target === undefined) throw new Error(`${platform}: expected one of ${Object.keys(TARGETS).join(", ")}`);
  const flags = [
    "-target",
    target.target,
    "-O2",
    "-g",
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fno-sanitize=all",
  ];
  const ran = Bun.spawnSync([...findZig(), "cc", ...flags, ...args], { cwd: root, env: zigEnv(), stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`zig cc: ${ran.stderr}`);
}

const newest = (files: readonly string[]) => Math.max(...files.map((file) => statSync(file).mtimeMs));

/** Builds a platform's driver where it is missing or older than its sources. @returns its path */
export function buildDriver(platform: string): string {
  const path = driverPath(platform);
  const folder = join(here, "driver");
  const sources = readdirSync(folder).map((name) => join(folder, name));
  const probes = readdirSync(join(root, "arch", "probe")).filter((name) => /\.[Sh]$/.test(name));
  const all = [
    ...sources,
    ...probes.map((name) => join(root, "arch", "probe", name)),
    join(here, "include", "conform.h"),
  ];
  mkdirSync(join(here, "bin", platform), { recursive: true });
  withLock(join(here, "bin", platform, "lock"), 600_000, () => {
    if (existsSync(path) && statSync(path).mtimeMs > newest(all)) return;
    const probe = join(root, "arch", "probe", TARGETS[platform]?.probe ?? "");
    const code = sources.filter((name) => name.endsWith(".c"));
    zigCc(platform, ["-I", join(root, "arch"), ...code, probe, "-o", path, "-ldl", "-lpthread", "-lrt"]);
  });
  return path;
}

/** Bundles the command line, and puts the recorder's sources beside it, which a Go of the user's builds. */
export async function bundle(): Promise<void> {
  const dist = join(here, "dist");
  const recorder = join(root, "golden", "recorder");
  rmSync(dist, { recursive: true, force: true });
  const entrypoints = [join(here, "src", "main.ts")];
  // the native library of gobuf is no part of the kit
  const external = ["*.so", "*.dylib", "*.dll"];
  await Bun.build({ entrypoints, outdir: dist, target: "bun", external });
  for (const name of readdirSync(recorder).filter((each) => /^go\.mod$|^overlay\.ts$|\.go$/.test(each))) {
    copyFileSync(join(recorder, name), join(dist, name));
  }
  cpSync(join(recorder, "overlay"), join(dist, "overlay"), { recursive: true });
}

if (import.meta.main) {
  const program = command("bun conform/build.ts", "Builds the conformance kit's driver into conform/bin/.");
  program.argument("[platform]", `pack, all, or one of ${Object.keys(TARGETS).join(", ")}`, "linux-x64");
  program.parse();
  const [platform = ""] = program.processedArgs as string[];
  const every = platform === "all" || platform === "pack";
  for (const each of every ? Object.keys(TARGETS) : [platform]) console.log(buildDriver(each));
  if (platform === "pack") await bundle();
}
