/**
 * Tells whether what was built is what the sources give, and whole: by digests, in a file beside it. Times tell nothing of
 * a checkout, a copy, an edit within one tick of the clock, or a file that was cut short.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { libraryFile, type Platform } from "../src/runtime/library.ts";

/** Digest of everything that a build reads. */
export function sourceDigest(from: string): string {
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

/** What is built: its folder, and the file beside it that says from what, and what it was. */
export interface Built {
  readonly platform: string;
  readonly folder: string;
  readonly stamp: string;
}

/** @param folder where a platform's libraries are */
export function builtIn(folder: string, platform: string): Built {
  return { platform, folder, stamp: join(folder, ".sources") };
}

/** The digest of a regular file; undefined for what is none. */
function fileDigest(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? new Bun.CryptoHasher("sha1").update(readFileSync(path)).digest("hex") : undefined;
  } catch {
    return undefined;
  }
}

/** Says from what the files of a folder were built, and what they are: the digest of the sources, then a line for each. */
export function writeStamp({ folder, stamp }: Built, digest: string): void {
  const names = readdirSync(folder).filter((name) => !name.startsWith("."));
  const lines = names.sort().map((name) => `${fileDigest(join(folder, name))} ${name}`);
  writeFileSync(stamp, [digest, ...lines, ""].join("\n"));
}

function readStamp(stamp: string): { sources: string; files: (readonly [name: string, digest: string])[] } {
  const [sources = "", ...lines] = fileDigest(stamp) === undefined ? [] : readFileSync(stamp, "utf8").split("\n");
  const files = lines.filter((line) => line !== "").map((line) => [line.slice(41), line.slice(0, 40)] as const);
  return { sources, files };
}

/** Whether what the sources give is there, whole. */
export function isFresh({ platform, folder, stamp }: Built, digest: string): boolean {
  const { sources, files } = readStamp(stamp);
  const library = libraryFile("gobuf", platform as Platform);
  return (
    sources === digest &&
    files.some(([name]) => name === library) &&
    files.every(([name, was]) => fileDigest(join(folder, name)) === was)
  );
}

/** Removes what is not what was built: Zig looks at a file's size and time alone. */
export function removeDamaged({ folder, stamp }: Built): void {
  for (const [name, was] of readStamp(stamp).files) {
    const path = join(folder, name);
    if (fileDigest(path) !== was) rmSync(path, { recursive: true, force: true });
  }
}
