/**
 * Rules that look at one file at a time: it begins by saying what it is for, it is not too long, it names no path of
 * one machine, and in `src/native/` no code of the native side stands as a bare number.
 */
import { type Breach, isPlanted, lineAt, type Tree } from "./tree.ts";

/** Lines that a file of the project may have. */
const LINES_MAX = 500;

/** A file that may be longer, or the files of a folder, and why each is one thing all the same. */
export interface Long {
  /** The file; or the folder, with its slash. */
  readonly file: string;
  readonly linesMax: number;
  readonly why: string;
}

/** The files that may be longer than LINES_MAX. */
export const LONG: readonly Long[] = [
  {
    file: "arch/include/gobuf.h",
    linesMax: 600,
    why: "the one header of bodies: native.cc hands it to TinyCC as a single file, and who copies it into a project wants one",
  },
  {
    file: "src/runtime/time.ts",
    linesMax: 550,
    why: "the timers' heap and the clock that it goes by share their state, which a module of each would load at every turn",
  },
  {
    file: "src/context/context.test.ts",
    linesMax: 600,
    why: "the cases of Go's context_test.go in its order: the two are read side by side",
  },
  {
    file: "src/time/timer.test.ts",
    linesMax: 550,
    why: "the cases of Go's time/sleep_test.go and tick_test.go, which share one fake clock",
  },
];

/** What is source: it has lines to count, and comments. */
const SOURCE = /\.(?:[cm]?[jt]sx?|zig|S|c|h|cpp|go|rs|sh|css)$|^\.ci\/run$/;

/** What may stand before the first comment: the shebang, and Go's build constraints. */
const BEFORE = /^(?:#!.*\n|\s*\n|\/\/go:build .*\n)*/;
/** The first comment: one block, or lines of one kind. */
const COMMENT = /^(?:\/\*[\s\S]*?\*\/|(?:\/\/[^\n]*\n?)+|(?:#[^\n]*\n?)+)/;
/** Comments that say nothing of the file: licences, and directives for tools. */
const SAYS_NOTHING = /copyright|spdx-license|biome-ignore|eslint-|@ts-|<reference|code generated/i;
/** Words that a first comment has at least. */
const WORDS_MIN = 3;

/** Files that do not begin by saying what they are for. */
export function heads(tree: Tree): Breach[] {
  const breaches: Breach[] = [];
  for (const file of tree.files.filter((each) => SOURCE.test(each))) {
    const text = tree.read(file).replace(BEFORE, "");
    const lines = (COMMENT.exec(text)?.[0] ?? "").split("\n").filter((line) => !SAYS_NOTHING.test(line));
    const words = lines.join(" ").match(/\p{L}{2,}/gu) ?? [];
    if (words.length >= WORDS_MIN) continue;
    const message = "it does not begin by saying what it is for; expected a comment before anything else";
    breaches.push({ rule: "heads", file, line: 1, message });
  }
  return breaches;
}

/** Files that are too long, and entries of LONG that are no longer needed. */
export function lengths(tree: Tree, long: readonly Long[] = LONG): Breach[] {
  const breaches: Breach[] = [];
  const tell = (file: string, message: string) => void breaches.push({ rule: "lengths", file, line: 0, message });
  const used = new Set<Long>();
  for (const file of tree.files.filter((each) => SOURCE.test(each))) {
    const lines = tree.read(file).trimEnd().split("\n").length;
    if (lines <= LINES_MAX) continue;
    const excuse = long.find((each) => (each.file.endsWith("/") ? file.startsWith(each.file) : file === each.file));
    if (excuse !== undefined) used.add(excuse);
    const max = excuse?.linesMax ?? LINES_MAX;
    const remedy = "part it, or argue for it in LONG of scripts/house/files.ts";
    if (lines > max) tell(file, `${lines} lines; expected at most ${max}: ${remedy}`);
  }
  for (const { file } of long.filter((each) => !used.has(each))) {
    tell(file, `LONG of scripts/house/files.ts excuses it, and it has no more than ${LINES_MAX} lines: take that away`);
  }
  return breaches;
}

/** Files whose bytes are data: recorded, packed, or made by a package manager. */
const DATA = /\.(?:gz|jsonl|lock|sum|png|wasm)$/;
/** Somebody's home, a checkout's place, a drive. */
const MACHINE_PATH =
  /(?<![\w.~$}/-])\/(?:home|root|Users|work|workspace|workspaces|mnt|private)\/[\w.-]+|\b[A-Z]:\\+Users\\+/g;

/** Paths that only one machine has. */
export function machinePaths(tree: Tree): Breach[] {
  return tree.files
    .filter((file) => !DATA.test(file) && !isPlanted(file))
    .flatMap((file) => {
      const text = tree.read(file);
      return [...text.matchAll(MACHINE_PATH)].map(({ 0: path, index }) => {
        const message = `${path} is a path of one machine; expected one from the project's root, or a made one`;
        return { rule: "machine paths", file, line: lineAt(text, index), message };
      });
    });
}

/** Bare numbers in `src/native/` where a code of the native side has a name. */
export function bareCodes(tree: Tree): Breach[] {
  return tree.files
    .filter((file) => file.startsWith("src/native/") && file.endsWith(".ts"))
    .flatMap((file) => {
      const text = tree.read(file);
      return [...text.matchAll(/\bcase\s+\(?\s*[-+]?\d\w*\s*\)?\s*:/g)].map(({ 0: found, index }) => {
        const message = `"${found}" is a bare code; expected its name from the table of codes`;
        return { rule: "bare codes", file, line: lineAt(text, index), message };
      });
    });
}
