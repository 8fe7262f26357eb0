/**
 * What was found out, kept in a folder that git ignores: a run that is stopped goes on where it was, and one that is
 * repeated judges only what changed. A line a verdict, with a checksum: a file that something else has written in is
 * refused, not believed.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { digest, GENERATED_VERDICTS, type GeneratedVerdict } from "./candidate.ts";
import type { Known } from "./ladder.ts";

/** A verdict on a mutant, of one state of what the verdict depends on. */
export interface Result {
  readonly id: string;
  readonly file: string;
  /** That state: `States`. */
  readonly tree: string;
  readonly verdict: GeneratedVerdict;
  /** The check that found it, in one line. */
  readonly by: string;
  /** The test file or the step that found it. */
  readonly step: string;
  readonly ms: number;
}

/** How long a test file or a step takes. */
interface Timing {
  readonly step: string;
  readonly ms: number;
}

/** What was seen green without any fault. */
interface Green {
  readonly green: string;
  readonly tree: string;
}

/** A step that a mutant has passed. */
interface Passed {
  readonly passed: string;
  readonly step: string;
  readonly tree: string;
}

/** A mutant that the type checker takes. */
interface Compiled {
  readonly compiles: string;
  readonly tree: string;
}

type Entry = Result | Timing | Green | Passed | Compiled;

const sealed = (entry: Entry) => {
  const text = JSON.stringify(entry);
  return `${digest(text).slice(0, 8)} ${text}`;
};

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value) && value >= 0;

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null) return false;
  const { id, file, tree, verdict, by, step, ms, green, passed, compiles } = value as Record<string, unknown>;
  if (green !== undefined) return isText(green) && isText(tree);
  if (compiles !== undefined) return isText(compiles) && isText(tree);
  if (passed !== undefined) return isText(passed) && isText(step) && isText(tree);
  if (id === undefined) return isText(step) && isNumber(ms);
  const texts = [id, file, tree, by, step].every(isText);
  return texts && isNumber(ms) && GENERATED_VERDICTS.some((known) => known === verdict);
}

/** The results of a folder. */
export class Results implements Known {
  private readonly path: string;
  private readonly all = new Map<string, Result[]>();
  private readonly times = new Map<string, number>();
  private readonly found = new Map<string, Map<string, number>>();
  /** What was seen green, passed and compiled, each with its state. */
  private readonly greens = new Set<string>();
  private readonly passes = new Set<string>();
  private readonly compiled = new Set<string>();
  private readonly begun = new Set<string>();

  /** @throws Error when the file holds what no run has written */
  constructor(folder: string) {
    this.path = join(folder, "results.jsonl");
    mkdirSync(dirname(this.path), { recursive: true });
    if (!existsSync(this.path)) return;
    const text = readFileSync(this.path, "utf8");
    const lines = text.split("\n");
    // The last line of a run that was killed while it wrote.
    const torn = lines.pop() ?? "";
    for (const [i, line] of lines.entries()) this.take(this.read(line, i + 1));
    if (torn !== "") truncateSync(this.path, Buffer.byteLength(text.slice(0, text.length - torn.length)));
  }

  private read(line: string, number: number): Entry {
    const [sum, text] = [line.slice(0, 8), line.slice(9)];
    try {
      const entry: unknown = sum === digest(text).slice(0, 8) ? JSON.parse(text) : undefined;
      if (isEntry(entry)) return entry;
    } catch {
      // Said below.
    }
    throw new Error(
      `${this.path}:${number} is no result that a run has written (${JSON.stringify(line.slice(0, 60))}): remove the file, ` +
        "and every mutant is judged anew",
    );
  }

  private take(entry: Entry): void {
    if ("green" in entry) this.greens.add(`${entry.tree} ${entry.green}`);
    else if ("passed" in entry) {
      this.passes.add(`${entry.tree} ${entry.passed} ${entry.step}`);
      this.begun.add(entry.passed);
    } else if ("compiles" in entry) this.compiled.add(`${entry.tree} ${entry.compiles}`);
    else if (!("id" in entry)) this.times.set(entry.step, entry.ms);
    else {
      this.all.set(entry.id, [...(this.all.get(entry.id) ?? []), entry]);
      if (entry.step === "" || (entry.verdict !== "found" && entry.verdict !== "timed out")) return;
      // By the file, and by the mutant, which goes first.
      for (const key of [entry.file, entry.id]) {
        const counts = this.found.get(key) ?? new Map<string, number>();
        counts.set(entry.step, (counts.get(entry.step) ?? 0) + 1);
        this.found.set(key, counts);
      }
    }
  }

  private add(entry: Entry): void {
    appendFileSync(this.path, `${sealed(entry)}\n`);
    this.take(entry);
  }

  /** The last verdict on a mutant that is of the state in which what it depends on is now. */
  of(id: string, stateOf: (result: Result) => string): Result | undefined {
    return this.all.get(id)?.findLast((result) => result.tree === stateOf(result));
  }

  record(result: Result): void {
    this.add(result);
  }

  /** Notes how long a step took. A time that is much like the last one is not written. */
  timed(step: string, ms: number): void {
    const before = this.times.get(step);
    if (before === undefined || ms > before * 1.5 || ms < before / 1.5) this.add({ step, ms: Math.round(ms) });
  }

  isGreen(step: string, tree: string): boolean {
    return this.greens.has(`${tree} ${step}`);
  }

  green(step: string, tree: string): void {
    this.add({ green: step, tree });
  }

  hasPassed(id: string, step: string, tree: string): boolean {
    return this.passes.has(`${tree} ${id} ${step}`);
  }

  passed(id: string, step: string, tree: string): void {
    this.add({ passed: id, step, tree });
  }

  /** Whether a mutant has passed anything, of any state. */
  isBegun(id: string): boolean {
    return this.begun.has(id);
  }

  isCompiled(id: string, tree: string): boolean {
    return this.compiled.has(`${tree} ${id}`);
  }

  compiles(id: string, tree: string): void {
    this.add({ compiles: id, tree });
  }

  finders(key: string): readonly string[] {
    return [...(this.found.get(key) ?? [])].sort(([, a], [, b]) => b - a).map(([name]) => name);
  }

  msOf(name: string): number | undefined {
    return this.times.get(name);
  }
}
