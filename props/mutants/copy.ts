/** A copy of the project in which edits are made, judged and taken back. It belongs to one job at a time. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gitTree } from "../../scripts/house/tree.ts";
import { type Scratch, scratch } from "../../scripts/scratch.ts";
import { hostPlatform } from "../../src/runtime/library.ts";
import type { Edit } from "./mutant.ts";

/** A text with an edit made. @param where named in the error @throws Error when the edit does not fit the text */
export function edited(text: string, { from, to, at }: Edit, where: string): string {
  if (typeof from === "number") {
    const lines = text.split("\n");
    lines[from] = to;
    return lines.join("\n");
  }
  const found = at ?? text.indexOf(from);
  const isOne = at === undefined ? found >= 0 && text.indexOf(from, found + 1) < 0 : text.startsWith(from, at);
  if (!isOne) {
    const many = found < 0 || at !== undefined ? "no" : "more than one";
    throw new Error(`${where} has ${many} ${JSON.stringify(from)}: the mutant must follow the source`);
  }
  return text.slice(0, found) + to + text.slice(found + from.length);
}

/** Makes edits in a folder. @returns what takes them back */
export function applyEdits(folder: string, edits: readonly Edit[], name: string): () => void {
  const before = new Map<string, string>();
  const undo = () => {
    for (const [path, text] of before) writeFileSync(path, text);
  };
  try {
    for (const one of edits) {
      const path = join(folder, one.file);
      const text = readFileSync(path, "utf8");
      if (!before.has(path)) before.set(path, text);
      writeFileSync(path, edited(text, one, `${name}: ${one.file}`));
    }
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

/** Every file that git knows in a checkout, in a folder of its own, with the library that is built there and a link to its packages. */
export class Copy implements Disposable {
  private readonly scratch: Scratch = scratch("mutants");
  readonly folder = this.scratch.path;

  constructor(readonly from: string) {
    for (const file of gitTree(from).files) {
      const to = join(this.folder, file);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(from, file), to);
    }
    const library = join("zig-out", "lib", hostPlatform());
    if (existsSync(join(from, library))) cpSync(join(from, library), join(this.folder, library), { recursive: true });
    if (existsSync(join(from, "node_modules")))
      symlinkSync(join(from, "node_modules"), join(this.folder, "node_modules"));
    // Rules of the house ask git which files there are.
    for (const args of [
      ["init", "-q"],
      ["add", "-A"],
    ]) {
      const { exitCode, stderr } = Bun.spawnSync(["git", ...args], { cwd: this.folder });
      if (exitCode !== 0) throw new Error(`git ${args.join(" ")} in a copy: ${stderr}`);
    }
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}
