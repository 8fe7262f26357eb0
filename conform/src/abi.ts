/** The ABIs that the kit has a driver for, and what runs one that is not this machine's. */
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/** An ABI beside this machine's own, by its name on the command line. */
export const ABI_NAMES = ["x64", "arm64", "windows", "musl"] as const;
export type AbiName = (typeof ABI_NAMES)[number];

/** The folder of bin/ with its driver. */
const PLATFORMS: Readonly<Record<AbiName, string>> = {
  x64: "linux-x64",
  arm64: "linux-arm64",
  windows: "windows-x64",
  musl: "linux-x64-musl",
};

/** This machine, as the folders of bin/ are named. */
export const host = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

/** Debian keeps it off PATH. */
const WINE = "/usr/lib/wine/wine64";
const MUSL_LOADER = "/lib/ld-musl-x86_64.so.1";
/** Where Debian's cross packages put an AArch64's libraries. */
const ARM_ROOT = "/usr/aarch64-linux-gnu";

/** The ABI of a shared object, by its header; undefined where it is of none that the kit knows. */
export function abiOf(file: string): AbiName | undefined {
  // a pipe would be waited for
  if (!existsSync(file) || !statSync(file).isFile()) return undefined;
  const header = Buffer.alloc(20);
  const fd = openSync(file, "r");
  readSync(fd, header);
  closeSync(fd);
  if (header.toString("latin1", 0, 2) === "MZ") return "windows";
  if (header.toString("latin1", 1, 4) !== "ELF") return undefined;
  const machine = header.readUInt16LE(18);
  if (machine === 183) return "arm64";
  if (machine !== 62) return undefined;
  return readFileSync(file).includes("libc.musl-x86_64.so.1\0") ? "musl" : "x64";
}

/** What starts a program of a platform here; empty where the machine does. @throws Error that says what is lacking */
function emulator(platform: string): readonly string[] {
  if (platform === host) return [];
  if (platform === "linux-x64-musl" && host === "linux-x64") {
    if (existsSync(MUSL_LOADER)) return [];
    throw new Error(`a shared object that uses musl needs ${MUSL_LOADER}, which is not here`);
  }
  if (platform === "linux-arm64") {
    const qemu = ["qemu-aarch64", "qemu-aarch64-static"].map((name) => Bun.which(name)).find((path) => path !== null);
    if (qemu === undefined) throw new Error("a shared object for AArch64 needs qemu-aarch64 here, and there is none");
    const root = process.env.QEMU_LD_PREFIX === undefined && existsSync(ARM_ROOT) ? ["-L", ARM_ROOT] : [];
    return [qemu, ...root];
  }
  if (platform === "windows-x64") {
    const wine = Bun.which("wine64") ?? Bun.which("wine") ?? (existsSync(WINE) ? WINE : undefined);
    if (wine === undefined) throw new Error("a DLL needs wine here, and there is none");
    return ["env", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", wine];
  }
  throw new Error(`there is nothing here that runs what is made for ${platform}`);
}

/** The driver's command, for an ABI or for this machine's own. @throws Error that says what there is */
export function driverCommand(abi?: AbiName): readonly string[] {
  const platform = abi === undefined ? host : PLATFORMS[abi];
  const name = platform.startsWith("windows") ? "gobuf-conform-driver.exe" : "gobuf-conform-driver";
  const path = join(import.meta.dir, "..", "bin", platform, name);
  if (existsSync(path)) return [...emulator(platform), path];
  const all = Object.values(PLATFORMS).join(", ");
  throw new Error(
    `no driver for ${platform} at ${path}: the kit has ${all}; in a checkout, bun conform/build.ts builds it`,
  );
}

/** A file's name as the driver takes it: under wine, a path of this machine is on drive Z. */
export function nameFor(command: readonly string[], file: string): string {
  return process.platform !== "win32" && command.at(-1)?.endsWith(".exe") ? `Z:${file}` : file;
}
