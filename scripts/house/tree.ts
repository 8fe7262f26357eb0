/**
 * The tree that the rules of the house look at: the project's files, or a few planted ones. A rule is a function of a
 * tree, so that a test can plant a breach of it without touching the project.
 */
import { readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** Files by their path from the root, with forward slashes. */
export interface Tree {
  /** All files, in the order of their paths. */
  readonly files: readonly string[];
  /** A file's text. @throws Error when the tree has no such file */
  read(file: string): string;
}

/** What breaks a rule of the house. */
export interface Breach {
  /** The rule's name. */
  readonly rule: string;
  /** The file it is found in, from the root. */
  readonly file: string;
  /** Its line there, from 1; 0 stands for the file as a whole. */
  readonly line: number;
  /** What is wrong, and what was expected. */
  readonly message: string;
}

/** A breach as one line, which an editor can follow: `file:line: rule: message`. */
export function formatBreach({ rule, file, line, message }: Breach): string {
  return `${file}${line === 0 ? "" : `:${line}`}: ${rule}: ${message}`;
}

/** A tree of the given texts. */
export function plantedTree(texts: Readonly<Record<string, string>>): Tree {
  return {
    files: Object.keys(texts).sort(),
    read: (file) => {
      const text = texts[file];
      if (text === undefined) throw new Error(`the planted tree has no ${file}`);
      return text;
    },
  };
}

/** A tree with some files replaced, added, or (as undefined) taken away. */
export function withFiles(tree: Tree, changes: Readonly<Record<string, string | undefined>>): Tree {
  const kept = tree.files.filter((file) => !(file in changes));
  const added = Object.keys(changes).filter((file) => changes[file] !== undefined);
  return { files: [...kept, ...added].sort(), read: (file) => changes[file] ?? tree.read(file) };
}

/**
 * The files that git knows in a folder and those it would add: a file is checked before it is committed.
 *
 * @throws Error when git cannot say, or knows no file
 */
export function gitTree(root: string): Tree {
  const list = (...options: string[]): string[] => {
    const run = Bun.spawnSync(["git", "ls-files", "-z", ...options], { cwd: root });
    if (run.exitCode !== 0) throw new Error(`git ls-files in ${root}: ${run.stderr.toString().trim()}`);
    return run.stdout.toString().split("\0").filter(Boolean);
  };
  const gone = new Set(list("--deleted"));
  const files = list("--cached", "--others", "--exclude-standard").filter((file) => !gone.has(file));
  if (files.length === 0) throw new Error(`git ls-files in ${root}: no files; expected the project's checkout`);
  const texts = new Map<string, string>();
  return {
    // A link to a folder is listed as a file is.
    files: [...new Set(files)].filter((file) => !statSync(join(root, file)).isDirectory()).sort(),
    read: (file) => {
      const text = texts.get(file) ?? readFileSync(join(root, file), "utf8");
      texts.set(file, text);
      return text;
    },
  };
}

/** All folders of a tree's files, in order. */
export function foldersOf(tree: Tree): string[] {
  const folders = new Set<string>();
  for (const file of tree.files) {
    for (let at = posix.dirname(file); at !== "."; at = posix.dirname(at)) folders.add(at);
  }
  return [...folders].sort();
}

/** The line of an offset in a text, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

/** Whether a file is a test of the rules, in whose texts breaches are planted. */
export function isPlanted(file: string): boolean {
  return /^scripts\/house\/.*\.test\.ts$/.test(file);
}
