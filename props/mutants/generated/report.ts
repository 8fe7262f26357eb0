/** What a draw came to: the table, the share, each survivor with its diff and the command that makes just that edit. */
import type { Argued } from "./argued.ts";
import { type Candidate, lineOf, PARTS, type Part } from "./candidate.ts";
import type { Judgement } from "./judge.ts";

/** A mutant with its verdict. */
export interface Judged {
  readonly candidate: Candidate;
  readonly judgement: Judgement;
}

/** Lines around a change in a patch. */
const AROUND = 3;

/** An edit as a patch that `git apply` takes. */
export function patchOf(text: string, { file, at, from, to }: Candidate): string {
  const all = text.split("\n");
  const first = lineOf(text, at) - 1;
  const last = lineOf(text, at + from.length) - 1;
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const newline = text.indexOf("\n", at + from.length);
  const end = newline < 0 ? text.length : newline;
  const added = (text.slice(start, at) + to + text.slice(at + from.length, end)).split("\n");
  const before = all.slice(Math.max(0, first - AROUND), first);
  // The empty piece behind the last newline is no line.
  const lines = text.endsWith("\n") ? all.slice(0, -1) : all;
  const after = lines.slice(last + 1, last + 1 + AROUND);
  const removed = all.slice(first, last + 1);
  const count = (changed: readonly string[]) => before.length + changed.length + after.length;
  const at1 = first - before.length + 1;
  return [
    `--- a/${file}`,
    `+++ b/${file}`,
    `@@ -${at1},${count(removed)} +${at1},${count(added)} @@`,
    ...before.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...after.map((line) => ` ${line}`),
    "",
  ].join("\n");
}

/** The columns of the table. */
export const COLUMNS = [
  "drawn",
  "found",
  "timed out",
  "survived",
  "argued",
  "share",
  "does not compile",
  "same code",
  "not judged",
] as const;
export type Row = Readonly<Record<Exclude<(typeof COLUMNS)[number], "share">, number>> & {
  /** Of 0 to 1: found, timed out or argued, of what was drawn. 0 where nothing was: nothing is known then. */
  readonly share: number;
};

/** Counts verdicts. What does not compile, and what is the same code, is not drawn: another took its place. */
export function rowOf(judged: readonly Judged[], argued: ReadonlySet<string>): Row {
  const count = (verdict: string) => judged.filter(({ judgement }) => judgement.verdict === verdict).length;
  const isArgued = ({ candidate, judgement }: Judged) => judgement.verdict === "survived" && argued.has(candidate.id);
  const arguedCount = judged.filter(isArgued).length;
  const [found, timedOut, survived] = [count("found"), count("timed out"), count("survived") - arguedCount];
  const drawn = found + timedOut + survived + arguedCount;
  return {
    drawn,
    found,
    "timed out": timedOut,
    survived,
    argued: arguedCount,
    share: drawn === 0 ? 0 : (drawn - survived) / drawn,
    "does not compile": count("does not compile"),
    "same code": count("same code"),
    "not judged": count("not judged"),
  };
}

/** A share in percent, rounded down: 97.0 means that it is no less. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}

/** The table of a draw, and the share in one line. */
export function tableOf(judged: readonly Judged[], argued: readonly Argued[]): string {
  const ids = new Set(argued.map(({ id }) => id));
  const rows: [string, Row][] = PARTS.map((part: Part) => [
    part,
    rowOf(
      judged.filter((j) => j.candidate.part === part),
      ids,
    ),
  ]);
  const shown = [...rows.filter(([, row]) => row.drawn > 0), ["all", rowOf(judged, ids)] as [string, Row]];
  const width = (column: string) => Math.max(column.length, 8);
  const head = ["in".padEnd(6), ...COLUMNS.map((column) => column.padStart(width(column)))].join(" ");
  const body = shown.map(([name, row]) =>
    [
      name.padEnd(6),
      ...COLUMNS.map((column) =>
        (column === "share" ? percent(row.share) : String(row[column])).padStart(width(column)),
      ),
    ].join(" "),
  );
  return [head, ...body].join("\n");
}

/** Survivors that nobody has argued. */
export function survivorsOf(judged: readonly Judged[], argued: readonly Argued[]): Candidate[] {
  const ids = new Set(argued.map(({ id }) => id));
  return judged
    .filter(({ candidate, judgement }) => judgement.verdict === "survived" && !ids.has(candidate.id))
    .map(({ candidate }) => candidate);
}

/** Those that were judged to their end and have not survived, though they are argued: the list says what is not so. */
export function refutedOf(judged: readonly Judged[], argued: readonly Argued[]): Judged[] {
  const ids = new Set(argued.map(({ id }) => id));
  return judged.filter(
    ({ candidate, judgement: { verdict } }) =>
      ids.has(candidate.id) && verdict !== "survived" && verdict !== "not judged",
  );
}

/** A survivor, with its diff. */
export function survivorText(candidate: Candidate, text: string): string {
  const { id, file, at, operator } = candidate;
  return [
    `SURVIVED ${id} ${file}:${lineOf(text, at)} ${operator}`,
    `  make this edit: npx bun run mutants --generated-one ${id} --patch | git apply`,
    `  judge it again: npx bun run mutants --generated-one ${id}`,
    patchOf(text, candidate),
  ].join("\n");
}
