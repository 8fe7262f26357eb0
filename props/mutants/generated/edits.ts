/**
 * The edits that operators make of each file, kept beside the results: to read all files by the instrumenter takes twelve
 * seconds of a processor. A file of one sealed line, as the results have it.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { digest, type Raw } from "./candidate.ts";

/** Edits of a file, as JSON has them: operator, offset, text, replacement. */
type Row = readonly [operator: string, at: number, from: string, to: string];

/** What makes edits: when it changes, none is kept. */
function operatorsDigest(): string {
  const files = ["typescript.ts", "text.ts"].map((name) => readFileSync(join(import.meta.dir, name), "utf8"));
  const instrumenter = Bun.resolveSync("@stryker-mutator/instrumenter/package.json", import.meta.dir);
  return digest([...files, readFileSync(instrumenter, "utf8")].join("\0"));
}

/** Edits by a digest of what they are made from. */
export class Edits {
  private readonly path: string;
  private readonly before: ReadonlyMap<string, readonly Row[]>;
  private readonly now = new Map<string, readonly Row[]>();
  private readonly operators = operatorsDigest();

  /** @throws Error when the file holds what no run has written */
  constructor(folder: string) {
    this.path = join(folder, "edits.json");
    const text = existsSync(this.path) ? readFileSync(this.path, "utf8") : "";
    const [seal, body] = [text.slice(0, 64), text.slice(65)];
    if (text !== "" && seal !== digest(body)) {
      throw new Error(`${this.path} is nothing that a run has written: remove it, and all files are read anew`);
    }
    this.before = new Map(text === "" ? [] : (JSON.parse(body) as [string, Row[]][]));
  }

  /** The edits of a file; `make` makes them where none are kept. */
  async of(base: Pick<Raw, "part" | "file">, text: string, make: () => Promise<Raw[]> | Raw[]): Promise<Raw[]> {
    const key = digest([this.operators, base.file, text].join("\0"));
    const kept =
      this.before.get(key) ?? (await make()).map(({ operator, at, from, to }): Row => [operator, at, from, to]);
    this.now.set(key, kept);
    return kept.map(([operator, at, from, to]) => ({ ...base, operator, at, from, to }));
  }

  /**
   * Keeps the edits of the files that were asked for; with `isWhole`, when all files were, those only.
   */
  save(isWhole: boolean): void {
    const all = isWhole ? this.now : new Map([...this.before, ...this.now]);
    if (all.size === this.before.size && [...all.keys()].every((key) => this.before.has(key))) return;
    const body = JSON.stringify([...all]);
    mkdirSync(dirname(this.path), { recursive: true });
    // In one step: another run may read it.
    writeFileSync(`${this.path}.${process.pid}`, `${digest(body)}\n${body}`);
    renameSync(`${this.path}.${process.pid}`, this.path);
  }
}
