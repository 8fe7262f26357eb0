/**
 * Finds the native library and refuses a file that cannot be it, by name, before the loader sees it: a truncated file
 * would kill the process in the loader, and a foreign one gives an error that helps nobody.
 *
 * Its bytes are never compared with a digest: a faulty build must be found by what it does.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** Folder of zig-out/lib that holds the libraries of one platform. */
export type Platform = "linux-x64" | "linux-arm64" | "darwin-x64" | "darwin-arm64" | "windows-x64";

/** The root of the package. */
export const packageRoot = resolve(import.meta.dir, "../..");

/** The platform of this process. @throws Error where there is no library for it */
export function hostPlatform(): Platform {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const name = `${os}-${process.arch}`;
  switch (name) {
    case "linux-x64":
    case "linux-arm64":
    case "darwin-x64":
    case "darwin-arm64":
    case "windows-x64":
      return name;
    default:
      throw new Error(`gobuf: no native library for ${name}: expected linux, darwin (x64, arm64) or windows (x64)`);
  }
}

/** File name of a library on a platform: `base` is "gobuf" or "gobuf_probe". */
export function libraryFile(base: string, platform: Platform): string {
  if (platform.startsWith("windows")) return `${base}.dll`;
  return platform.startsWith("darwin") ? `lib${base}.dylib` : `lib${base}.so`;
}

/**
 * Where gobuf's code stands: in "src" (a checkout); in "dist", the package's own modules that scripts/bundle.ts has made of
 * it; or in what somebody's "bundle" or `bun build --compile` has made of those.
 */
export const standsIn: "src" | "dist" | "bundle" =
  import.meta.file === "library.ts" ? "src" : isDist(import.meta.dir) ? "dist" : "bundle";

/** Both folders of code are as deep below the package's root. */
function isDist(folder: string): boolean {
  return /[\\/]dist[\\/]bun$/.test(folder) && existsSync(join(folder, "../../arch/include/gobuf.h"));
}

/**
 * The path of the library that the bundler put beside or into what it made.
 *
 * Each `require` is of one literal path, so that the bundler sees a file to take along; an executable has its target's
 * alone, because `process.platform` and `process.arch` are constants there. They stand in a `try`, in which the bundler
 * lets a path be missing: a checkout holds this machine's library only.
 */
function bundledLibrary(platform: Platform): string {
  try {
    if (process.platform === "linux" && process.arch === "x64")
      return require("../../zig-out/lib/linux-x64/libgobuf.so");
    if (process.platform === "linux" && process.arch === "arm64") {
      return require("../../zig-out/lib/linux-arm64/libgobuf.so");
    }
    if (process.platform === "darwin" && process.arch === "x64") {
      return require("../../zig-out/lib/darwin-x64/libgobuf.dylib");
    }
    if (process.platform === "darwin" && process.arch === "arm64") {
      return require("../../zig-out/lib/darwin-arm64/libgobuf.dylib");
    }
    if (process.platform === "win32") return require("../../zig-out/lib/windows-x64/gobuf.dll");
    throw new Error("the bundle was made for another platform");
  } catch (cause) {
    // Ends no goroutine: the module is loaded.
    throw new Error(`gobuf: the bundle has no native library for ${platform}: the package had none when it was made`, {
      cause,
    });
  }
}

/**
 * The path of the library to load: `$GOBUF_LIBRARY`; else the one in a bundle; else the one in zig-out, which an
 * installed package brings along, and which a checkout builds when it is missing or older than its sources.
 *
 * @throws Error when there is no such file
 */
export function findLibrary(): string {
  const platform = hostPlatform();
  const override = process.env.GOBUF_LIBRARY;
  if (override) {
    const path = resolve(override);
    if (!existsSync(path)) throw new Error(`gobuf: no library at ${path} (GOBUF_LIBRARY or --library)`);
    return path;
  }
  // A bundle in a folder has the path beside itself.
  if (standsIn === "bundle") return resolve(import.meta.dir, bundledLibrary(platform));
  const build = join(packageRoot, "scripts", "build.ts");
  const checkout = standsIn === "src" && existsSync(build);
  // No literal, so that no bundle has it.
  if (checkout) (require(build) as { ensureNativeSync(): void }).ensureNativeSync();
  const path = join(packageRoot, "zig-out", "lib", platform, libraryFile("gobuf", platform));
  if (existsSync(path)) return path;
  const remedy = checkout ? "run `bun run build`" : "the installed package lacks it; install it anew";
  throw new Error(`gobuf: no native library for ${platform} at ${path}: ${remedy}`);
}

const ELF_MACHINE: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };
const MACHO_CPU: Readonly<Record<number, string>> = { 16777223: "x64", 16777228: "arm64" };
const PE_MACHINE: Readonly<Record<number, string>> = { 34404: "x64", 43620: "arm64" };

/** What a file is by its headers, and how many bytes they say it has. */
interface Image {
  os: string;
  arch: string;
  bytes: number;
}

function readImage(view: DataView): Image | undefined {
  const magic = view.getUint32(0, true);
  if (magic === 0x464c457f) {
    const sections = Number(view.getBigUint64(40, true)) + view.getUint16(58, true) * view.getUint16(60, true);
    let bytes = Math.max(64, sections);
    const phoff = Number(view.getBigUint64(32, true));
    for (let i = 0; i < view.getUint16(56, true); i++) {
      const ph = phoff + i * view.getUint16(54, true);
      bytes = Math.max(bytes, Number(view.getBigUint64(ph + 8, true)) + Number(view.getBigUint64(ph + 32, true)));
    }
    const machine = view.getUint16(18, true);
    return { os: "linux", arch: ELF_MACHINE[machine] ?? `ELF machine ${machine}`, bytes };
  }
  if (magic === 0xfeedfacf) {
    const cpu = view.getUint32(4, true);
    let bytes = 32 + view.getUint32(20, true);
    for (let i = 0, at = 32; i < view.getUint32(16, true); i++, at += view.getUint32(at + 4, true)) {
      if (view.getUint32(at, true) !== 0x19) continue;
      bytes = Math.max(bytes, Number(view.getBigUint64(at + 40, true)) + Number(view.getBigUint64(at + 48, true)));
    }
    return { os: "darwin", arch: MACHO_CPU[cpu] ?? `Mach-O CPU ${cpu}`, bytes };
  }
  if ((magic & 0xffff) === 0x5a4d) {
    const pe = view.getUint32(60, true);
    const machine = view.getUint16(pe + 4, true);
    const sections = pe + 24 + view.getUint16(pe + 20, true);
    let bytes = sections;
    for (let i = 0; i < view.getUint16(pe + 6, true); i++) {
      const at = sections + i * 40;
      bytes = Math.max(bytes, view.getUint32(at + 16, true) + view.getUint32(at + 20, true));
    }
    return { os: "windows", arch: PE_MACHINE[machine] ?? `PE machine ${machine}`, bytes };
  }
  return undefined;
}

/**
 * What a path leads to, where that is no regular file: to read such a thing may wait for ever, or never end.
 *
 * @returns for example "a FIFO"; undefined for a regular file
 * @throws Error of the system when there is nothing
 */
export function otherThanFile(path: string): string | undefined {
  const stat = statSync(path);
  if (stat.isFile()) return undefined;
  if (stat.isDirectory()) return "a folder";
  if (stat.isFIFO()) return "a FIFO";
  if (stat.isSocket()) return "a socket";
  return stat.isCharacterDevice() || stat.isBlockDevice() ? "a device" : "no regular file";
}

/** Larger than any library that there is: a file of such a size is not read to see that it is none. */
const LIBRARY_BYTES_MAX = 2 ** 30;

/**
 * Refuses a file that the loader must not see: not a library, cut short, or of another platform.
 *
 * @param path the library
 * @param platform the platform it must be for
 * @throws Error that names the file, what was expected and what it is
 */
export function checkLibraryFile(path: string, platform: Platform): void {
  const refuse = (why: string): never => {
    throw new Error(`gobuf: ${path} is refused: ${why}; expected a ${platform} library`);
  };
  const other = otherThanFile(path);
  if (other !== undefined) refuse(`it is ${other}`);
  const { size } = statSync(path);
  if (size > LIBRARY_BYTES_MAX) refuse(`it has ${size} bytes`);
  const data = readFileSync(path);
  let image: Image | undefined;
  try {
    image = readImage(new DataView(data.buffer, data.byteOffset, data.byteLength));
  } catch {
    // Ends no goroutine: bytes are read.
    refuse(`its headers run past its end (${data.byteLength} bytes): it is truncated or damaged`);
  }
  if (image === undefined) return refuse("it is no ELF, Mach-O or PE file");
  if (`${image.os}-${image.arch}` !== platform) refuse(`it is a ${image.os}-${image.arch} file`);
  if (data.byteLength < image.bytes) {
    refuse(`it is truncated: ${data.byteLength} bytes of the ${image.bytes} that its headers name`);
  }
}
