/**
 * Builds the kit's driver: of this machine, or of every platform that the kit runs on; and, as `bun pm pack` wants it, all that
 * the package needs to run without this checkout.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { command } from "../scripts/command.ts";
import { withLock } from "../scripts/lock.ts";
import { findZig, zigEnv } from "../scripts/zig.ts";

const here = import.meta.dir;
const root = join(here, "..");

/** The platforms, each with Zig's target and the probe's assembly file. glibc 2.17 is the oldest that is still in use. */
const TARGETS: Readonly<Record<string, { readonly target: string; readonly probe: string }>> = {
  "linux-x64": { target: "x86_64-linux-gnu.2.17", probe: "sysv_x86_64.S" },
  "linux-arm64": { target: "aarch64-linux-gnu.2.17", probe: "aarch64.S" },
  "linux-x64-musl": { target: "x86_64-linux-musl", probe: "sysv_x86_64.S" },
  "windows-x64": { target: "x86_64-windows-gnu", probe: "ms_x86_64.S" },
};

/** Where a platform's driver is. */
export function driverPath(platform: string): string {
  return join(here, "bin", platform, `gobuf-conform-driver${platform.startsWith("windows") ? ".exe" : ""}`);
}

/** What is taken of ucrtbase.dll, the C library of Windows 10 and of wine. */
const UCRT =
  "__acrt_iob_func __p___argc __p___argv __stdio_common_vfprintf __stdio_common_vsprintf _configure_narrow_argv _dup _dup2 _exit _getpid _open " +
  "_setmode _write abort calloc exit fflush free malloc memcmp memcpy memset putchar setvbuf strcmp strcspn strlen strncmp strrchr " +
  "strstr strtoul strtoull";

/** Runs Zig. @returns what it prints @throws Error with what it says */
export function zig(args: readonly string[], cwd = root): string {
  const ran = Bun.spawnSync([...findZig(), ...args], { cwd, env: zigEnv(), stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`zig ${args[0]}: ${ran.stderr}`);
  return ran.stdout.toString();
}

/** Makes what Windows' linker needs of a DLL. */
export function importLibrary(dll: string, names: readonly string[], to: string): string {
  mkdirSync(to, { recursive: true });
  const [definition, library] = [join(to, `${dll}.def`), join(to, `${dll}.lib`)];
  writeFileSync(definition, [`LIBRARY ${dll}`, "EXPORTS", ...names, ""].join("\n"));
  zig(["dlltool", "-m", "i386:x86-64", "-d", definition, "-D", dll, "-l", library], to);
  return library;
}

/** Flags by which Zig builds nothing of MinGW, which would take minutes: its headers, and two DLLs of the system. */
function windowsFlags(isDll: boolean): string[] {
  const lib = /lib_dir"?\s*[=:]\s*"(.*?)"/.exec(zig(["env"]))?.[1];
  if (lib === undefined) throw new Error("zig env names no lib_dir");
  const ucrt = importLibrary("ucrtbase.dll", UCRT.split(" "), join(here, "bin", "windows-x64"));
  const start = isDll
    ? ["-DCONFORM_DLL", "-Wl,-e,DllMainCRTStartup"]
    : ["-Wl,-e,mainCRTStartup", "-Wl,--subsystem,console"];
  const headers = ["-isystem", resolve(root, lib, "libc", "include", "any-windows-any")];
  // no __chkstk, which would be compiler-rt's: stacks of the kit are whole from the beginning
  const none = [
    "-nostdlib",
    "-mno-stack-arg-probe",
    "-fno-builtin",
    "-D__USE_MINGW_ANSI_STDIO=0",
    "-Wno-unused-command-line-argument",
  ];
  return [...none, ...headers, ...start, join(here, "driver", "crt.c"), ucrt, "-lkernel32"];
}

/** Zig's C compiler for a platform. @throws Error with what it says */
export function zigCc(platform: string, args: readonly string[]): void {
  const target = TARGETS[platform];
  if (target === undefined) throw new Error(`${platform}: expected one of ${Object.keys(TARGETS).join(", ")}`);
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  const flags = ["-target", target.target, "-O2", "-g", "-std=gnu11", ...warnings, "-fno-sanitize=all"];
  const more = platform.startsWith("windows") ? windowsFlags(args.includes("-shared")) : [];
  zig(["cc", ...flags, ...args, ...more]);
}

const newest = (files: readonly string[]) => Math.max(...files.map((file) => statSync(file).mtimeMs));

/** Compiles the probe's engine, the same code as gobuf's own suite has. @returns the object's path */
function compileEngine(platform: string, to: string): string {
  const object = `${to}.engine.o`;
  const target = TARGETS[platform]?.target ?? "";
  const flags = [
    "-OReleaseFast",
    "-fPIC",
    "-fno-stack-check",
    "-fno-compiler-rt",
    "-fsingle-threaded",
    "-target",
    target,
  ];
  zig(["build-obj", ...flags, join(root, "arch", "probe", "engine.zig"), `-femit-bin=${object}`]);
  return object;
}

/** Compiles a driver. @param toy in place of the kit's own broken switches */
export function compileDriver(platform: string, path: string, toy = join(here, "driver", "toy.c")): void {
  const folder = join(here, "driver");
  const code = readdirSync(folder).filter((name) => name.endsWith(".c") && name !== "toy.c" && name !== "crt.c");
  const sources = [...code.map((name) => join(folder, name)), toy];
  const probe = join(root, "arch", "probe", TARGETS[platform]?.probe ?? "");
  const libraries = platform.startsWith("windows") ? [] : ["-ldl", "-lpthread", "-lrt"];
  // it loads libraries, which a static program of musl's cannot
  const linked = platform.endsWith("musl") ? ["-dynamic"] : [];
  const engine = compileEngine(platform, path);
  try {
    zigCc(platform, ["-I", join(root, "arch"), ...sources, probe, engine, "-o", path, ...linked, ...libraries]);
  } finally {
    rmSync(engine, { force: true });
  }
}

/** Builds a platform's driver where it is missing or older than its sources. @returns its path */
export function buildDriver(platform: string): string {
  const path = driverPath(platform);
  const folder = join(here, "driver");
  const sources = readdirSync(folder).map((name) => join(folder, name));
  const toys = readdirSync(join(here, "subjects")).filter((name) => name.startsWith("toy"));
  const probes = readdirSync(join(root, "arch", "probe")).filter((name) => /\.(?:S|h|zig)$/.test(name));
  const all = [
    ...sources,
    ...probes.map((name) => join(root, "arch", "probe", name)),
    ...toys.map((name) => join(here, "subjects", name)),
    join(here, "include", "conform.h"),
  ];
  mkdirSync(join(here, "bin", platform), { recursive: true });
  withLock(join(here, "bin", platform, "lock"), 600_000, () => {
    if (!existsSync(path) || statSync(path).mtimeMs <= newest(all)) compileDriver(platform, path);
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
