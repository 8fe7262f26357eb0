/**
 * Puts this checkout's bench onto another checkout's `src`, whatever folders that one's modules lie in.
 *
 * The programs import modules of `src` by this checkout's paths. In the graft each of these paths is a module of two lines
 * that re-exports the imported names from the file of the other checkout that declares them. The other checkout's own
 * modules are loaded from where they are, so that there is one instance of each.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { otherThanFile, packageRoot } from "../src/runtime/library.ts";

/** The link to the other checkout's `src`, in the graft. */
const THEIRS = "theirs";
/** What is loaded by the process that runs the programs. */
const HOST = join("bench", "host.ts");
/** What the package's own name stands for (tsconfig.json), from the root. */
const PACKAGE = join("src", "index.ts");

const transpiler = new Bun.Transpiler({ loader: "ts" });
const slashes = (path: string) => path.replaceAll("\\", "/");

/** The names in the braces of `import {a, b as c}` or of `export {...}`: as the other module calls them. */
function namesIn(braces: string): string[] {
  return braces
    .split(",")
    .map((name) => name.trim().replace(/ as .*/s, ""))
    .filter((name) => name !== "");
}

/** Names by the specifier that a module takes them from. Types are not among them: the transpiler has left them out. */
function namesFrom(keyword: "import" | "export", code: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, braces = "", from = ""] of code.matchAll(
    new RegExp(`^${keyword}\\s*\\{([^}]*)\\}\\s*from\\s*"([^"]+)"`, "gm"),
  )) {
    found.set(from, [...(found.get(from) ?? []), ...namesIn(braces)]);
  }
  return found;
}

/** What the process loads that runs the programs. */
export interface Loaded {
  /** Files outside of `src`, from the root. */
  readonly files: ReadonlySet<string>;
  /** Imported names of `src`, by the path of the module, from the root. */
  readonly ofSrc: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Follows the imports of the programs.
 *
 * @param root the checkout whose bench it is
 * @throws Error where a program imports a module of `src` as a whole, so that its names are unknown
 */
export function follow(root: string): Loaded {
  const wanted = new Map<string, Set<string>>();
  const files = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(root, file), "utf8");
    const names = namesFrom("import", transpiler.transformSync(text));
    for (const { path } of transpiler.scanImports(text)) {
      const target = path === "gobuf" ? PACKAGE : path.startsWith(".") ? join(dirname(file), path) : undefined;
      if (target === undefined) continue;
      if (!slashes(target).startsWith("src/")) {
        visit(target);
        continue;
      }
      const these = names.get(path);
      if (these === undefined) throw new Error(`${slashes(file)} imports ${path} as a whole: expected imports by name`);
      wanted.set(target, new Set([...(wanted.get(target) ?? []), ...these]));
    }
    // What a program starts on other threads.
    for (const [, path = ""] of text.matchAll(/new URL\("(\.[^"]+\.ts)", import\.meta\.url\)/g)) {
      visit(join(dirname(file), path));
    }
  };
  visit(HOST);
  return { files, ofSrc: wanted };
}

/** A module of the other checkout. */
interface Module {
  /** From its `src`. */
  readonly path: string;
  readonly exports: ReadonlySet<string>;
  /** Those of its exports that are another module's. */
  readonly passedOn: ReadonlySet<string>;
}

/** The modules of a checkout's `src`, tests left out. */
function modulesOf(src: string): Module[] {
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((path) => /(?<!\.test|\.d)\.ts$/.test(path) && otherThanFile(join(src, path)) === undefined)
    .sort()
    .map((path) => {
      const text = readFileSync(join(src, path), "utf8");
      const passedOn = [...namesFrom("export", transpiler.transformSync(text)).values()].flat();
      return { path, exports: new Set(transpiler.scan(text).exports), passedOn: new Set(passedOn) };
    });
}

/**
 * Finds which module of another checkout has a name.
 *
 * @param path where this checkout has it, from `src`
 * @returns the module at that path; else the one of that file name; else the only one that declares the name
 * @throws Error that says that no module exports it, or which ones do
 */
function find(modules: readonly Module[], path: string, name: string): string {
  const all = modules.filter((module) => module.exports.has(name));
  const there = all.find((module) => module.path === path);
  if (there !== undefined) return there.path;
  const declared = all.filter((module) => !module.passedOn.has(name));
  const candidates = declared.length > 0 ? declared : all.slice(0, 1);
  const named = candidates.filter((module) => basename(module.path) === basename(path));
  const [only, ...others] = named.length > 0 ? named : candidates;
  if (only === undefined) throw new Error(`no module of its src exports ${name}`);
  if (others.length > 0) {
    const paths = [only, ...others].map((module) => slashes(join("src", module.path)));
    throw new Error(`several modules of its src export ${name}: ${paths.join(", ")}`);
  }
  return only.path;
}

/** The text of a module that stands for one of this checkout: it re-exports, or throws an error that says what is missing. */
function shim(modules: readonly Module[], file: string, names: Iterable<string>): string {
  const path = relative("src", file);
  const up = slashes(relative(dirname(file), THEIRS));
  const lines: string[] = [];
  const missing: string[] = [];
  for (const name of [...names].sort()) {
    try {
      lines.push(`export { ${name} } from ${JSON.stringify(`${up}/${slashes(find(modules, path, name))}`)};`);
    } catch (error) {
      missing.push((error as Error).message);
      // So that the module links, and says what is wrong.
      lines.push(`export const ${name} = undefined;`);
    }
  }
  const why = `bench: ${slashes(file)} is not to be had from the baseline: ${missing.join("; ")}`;
  if (missing.length > 0) lines.push(`throw new Error(${JSON.stringify(why)});`);
  return `${lines.join("\n")}\n`;
}

/**
 * Makes the folder in which this checkout's programs run on another's `src`.
 *
 * @param root the other checkout
 * @param at an empty folder
 * @param ours the checkout whose bench it is
 */
export function graft(root: string, at: string, ours = packageRoot): void {
  const { files, ofSrc } = follow(ours);
  for (const file of [...files, "tsconfig.json"]) cpSync(join(ours, file), join(at, file));
  cpSync(join(root, "package.json"), join(at, "package.json"));
  symlinkSync(join(root, "src"), join(at, THEIRS), "junction");
  if (existsSync(join(ours, "node_modules"))) {
    symlinkSync(join(ours, "node_modules"), join(at, "node_modules"), "junction");
  }
  const modules = modulesOf(join(root, "src"));
  for (const [file, names] of ofSrc) {
    mkdirSync(dirname(join(at, file)), { recursive: true });
    writeFileSync(join(at, file), shim(modules, file, names));
  }
}
