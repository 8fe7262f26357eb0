/**
 * Faults that were found by trying the product have numbers, F1 to F51, each a kind of fault. Each has a test that has its
 * number in its title, so that the kind is tried for as long as the number is known.
 */
import type { Breach, Tree } from "./tree.ts";

/** The numbers, from 1. */
const COUNT = 51;

/** The numbers in titles of tests: in literals behind `test`, `describe`, and what skips or repeats them. */
function* titled(text: string): Generator<number, void, undefined> {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/[^\n]*/gm, "");
  for (const [literal] of code.matchAll(/"[^"\n]*"|'[^'\n]*'|`[^`]*`/g)) {
    for (const [, number] of literal.matchAll(/\bF(\d+)\b/g)) yield Number(number);
  }
}

/** Numbers of which no test's title tells. */
export function faults(tree: Tree): Breach[] {
  const files = tree.files.filter((file) => file.endsWith(".test.ts") && !file.startsWith("scripts/house/"));
  const told = new Set(files.flatMap((file) => [...titled(tree.read(file))]));
  const breach = (message: string): Breach => ({ rule: "faults", file: "props/faults/", line: 0, message });
  return Array.from({ length: COUNT }, (_, i) => i + 1)
    .filter((number) => !told.has(number))
    .map((number) => breach(`F${number}: no test has it in its title; expected one in a .test.ts file`));
}
