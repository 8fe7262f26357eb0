/**
 * Survivors that no program can tell from the original, each with the argument why. An entry names one mutant by its
 * identity; the rest of it is for people who read the list. One whose mutant is not there any more, and one whose mutant is
 * found, is an error: the list must stay true.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/runtime/library.ts";
import type { Candidate } from "./candidate.ts";

export interface Argued {
  readonly id: string;
  readonly file: string;
  readonly operator: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  /** Somebody who did not write the argument has read it, and agrees. */
  readonly read: boolean;
}

/** The least that an argument says, in characters. */
const WHY_MIN = 20;

/** The committed list. @throws Error that names an entry that is none */
export function readArgued(path = join(packageRoot, "props", "mutants", "generated", "argued.json")): Argued[] {
  const list = JSON.parse(readFileSync(path, "utf8")) as Argued[];
  for (const [i, entry] of list.entries()) {
    const { id, file, operator, from, to, why, read } = entry;
    const texts = [id, file, operator, from, to, why].every((text) => typeof text === "string");
    if (
      !texts ||
      typeof read !== "boolean" ||
      why.trim().length < WHY_MIN ||
      list.findIndex((other) => other.id === id) !== i
    ) {
      throw new Error(
        `${path}: entry ${i} (${JSON.stringify(entry)}): expected id, file, operator, from, to, in "why" an argument, and whether it is "read"; each id once`,
      );
    }
  }
  return list;
}

/** The arguments that count: one that only its author has read may be wrong, and its mutant is a survivor. */
export function agreedOf(list: readonly Argued[]): Argued[] {
  return list.filter(({ read }) => read);
}

/** What of the list fits no mutant of the project, in words. */
export function staleOf(list: readonly Argued[], candidates: readonly Candidate[]): string[] {
  const known = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  return list.flatMap(({ id, file, operator, from, to }) => {
    const there = known.get(id);
    if (
      there !== undefined &&
      there.file === file &&
      there.operator === operator &&
      there.from === from &&
      there.to === to
    ) {
      return [];
    }
    return [
      `argued.json: ${id} (${file}, ${operator}) is no mutant of the sources as they are: argue it anew, or take it out`,
    ];
  });
}
