/**
 * Where native.cc finds gobuf.h and its sources: the package's folder; in an executable or a bundle, where there is none,
 * a folder for the time of the compilation, with the header that the bundler took along. The compiler reads files of the
 * system's only, not those inside an executable.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { BunFile } from "bun";
import { packageRoot } from "../runtime/library.ts";

/**
 * The path of the folder with gobuf.h and gobuf.zig, for your own compiler: `-I` of a C compiler,
 * `-Mgobuf=FOLDER/gobuf.zig` of Zig. An executable made by `bun build --compile` has no such folder.
 *
 * @example
 * ```ts
 * const header = Bun.file(`${native.include}/gobuf.h`);
 * console.log(yield* wait(header.exists())); // true
 * ```
 */
export const include: string = join(packageRoot, "arch", "include");

/** The path of the header that the bundler put beside or into what it made; see library.ts. */
function bundledHeader(): string {
  return resolve(import.meta.dir, require("../../arch/include/gobuf.h"));
}

/** Whether a path leads into an executable: there are files that Bun can read, and the system cannot. */
function isEmbedded(path: string): boolean {
  return /^(\/\$bunfs\/|[a-z]:[\\/]~BUN[\\/])/i.test(path);
}

/** What one compilation uses. */
export interface Prepared {
  /** The folder of gobuf.h. */
  readonly include: string;
  /** The path of the source. */
  readonly source: string;
  /** Removes what was made for it. */
  remove(): void;
}

/**
 * Finds what a compilation needs, and puts it where the compiler can read it.
 *
 * @param given the source as native.cc gets it
 * @throws Error that names the source when it is not there, and the way out
 */
export function prepareSource(given: string | URL | BunFile): Prepared {
  const path = pathOf(given);
  if (!isFile(path)) refuseMissing(path);
  const installed = existsSync(join(include, "gobuf.h"));
  if (installed && !isEmbedded(path)) return { include, source: path, remove() {} };
  // Late: few programs need it.
  const { tmpdir } = process.getBuiltinModule("node:os");
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), "gobuf-cc-"));
  } catch (cause) {
    // Ends no goroutine: a folder is made.
    throw new Error(
      `gobuf: native.cc: in an executable or a bundle it needs a folder for temporary files, and ${tmpdir()} cannot be ` +
        `written (TMPDIR names another): or compile the bodies beforehand, and open them with native.dlopen`,
      { cause },
    );
  }
  writeFileSync(join(folder, "gobuf.h"), readFileSync(installed ? join(include, "gobuf.h") : bundledHeader()));
  const source = isEmbedded(path) ? join(folder, basename(path)) : path;
  if (source !== path) writeFileSync(source, readFileSync(path));
  return { include: folder, source, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function pathOf(given: string | URL | BunFile): string {
  if (typeof given === "string") return given;
  if (given instanceof URL) return Bun.fileURLToPath(given);
  const { name } = given;
  if (name === undefined) throw new TypeError("gobuf: native.cc: the source is a file without a path");
  // A file inside an executable goes by its name there.
  const inside = join(dirname(Bun.main), name);
  return isEmbedded(inside) && isFile(inside) ? inside : name;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Ends no goroutine: a file is looked at.
    return false;
  }
}

function refuseMissing(path: string): never {
  const hint = isEmbedded(path)
    ? '. An executable has it with `import source from "./bodies.c" with { type: "file" }`, and native.cc({ source }): ' +
      "or compile the bodies beforehand, and open them with native.dlopen"
    : "";
  throw new Error(`gobuf: native.cc: no source at ${path}${hint}`);
}
