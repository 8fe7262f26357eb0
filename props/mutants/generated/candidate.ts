/** What a generated mutant is, and what is said of one. */

/** The parts of the project that mutants are drawn from: the TypeScript library, the native one, and the suite itself. */
export const PARTS = ["src", "arch", "suite"] as const;
export type Part = (typeof PARTS)[number];

/** One edit of one file, which an operator made. */
export interface Candidate {
  /** Ten hexadecimal digits, by which a list or a command line names it. See `identify`. */
  readonly id: string;
  readonly part: Part;
  /** From the project's root. */
  readonly file: string;
  readonly operator: string;
  /** Offset of `from` in the file, in UTF-16 units. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** What came of a generated mutant. */
export const GENERATED_VERDICTS = [
  "found",
  "timed out",
  "survived",
  "does not compile",
  "same code",
  "not judged",
] as const;
export type GeneratedVerdict =
  /** A check went red, or its process crashed. */
  | "found"
  /** A step came to its limit of time or memory. It counts as found. */
  | "timed out"
  /** Every step passed. */
  | "survived"
  /** The type checker, or Zig, refuses it: no suite is needed to see it. It is replaced by another. */
  | "does not compile"
  /** The compiler makes of it what it makes of the original. It is replaced by another. */
  | "same code"
  /** The time was over before the last step. Nothing is said of it, and it is not kept. */
  | "not judged";

/** Whether another mutant is drawn in the place of one with this verdict. */
export function isReplaced(verdict: GeneratedVerdict): boolean {
  return verdict === "does not compile" || verdict === "same code";
}

/** An edit before it has an identity. */
export type Raw = Omit<Candidate, "id">;

/** The line before an edit, the lines that it touches, and the line after it, without their indentation; empty lines do not count. */
function contextOf(text: string, { at, from }: Raw): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const newline = text.indexOf("\n", at + from.length);
  const end = newline < 0 ? text.length : newline;
  const lines = (part: string) =>
    part
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  const before = lines(text.slice(0, start)).at(-1) ?? "";
  const after = lines(text.slice(end))[0] ?? "";
  return [before, ...lines(text.slice(start, end)), after].join("\n");
}

/**
 * Gives the edits of a file their identities: a digest of file, operator, the text that is replaced and by what, and the
 * lines around it. Line numbers do not count, so that an edit elsewhere in the file changes no identity; edits that are
 * alike in all this are counted.
 */
export function identify(text: string, raws: readonly Raw[]): Candidate[] {
  const seen = new Map<string, number>();
  return raws.map((raw) => {
    const key = [raw.file, raw.operator, raw.from, raw.to, contextOf(text, raw)].join("\0");
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return { id: digest(`${key}\0${nth}`).slice(0, 10), ...raw };
  });
}

/** A SHA-256 in hexadecimal digits. */
export function digest(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

/** The line of an edit, from 1. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}
