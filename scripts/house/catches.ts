/**
 * F10: a goroutine ends by a throw (Goexit, RunOverError, a fatal error), which a `catch` sees. One of `src/` throws on what
 * it caught, tells Goexit from the rest, or says in a comment why no goroutine's end comes there.
 */
import { type Breach, lineAt, type Tree } from "./tree.ts";

const RULE = "catches";
/** How a comment in the block begins that gives the reason. */
const SAYS = /\/\/ Ends no goroutine: \S+ \S+/;
const TELLS = /\b(isGoexit|Goexit)\b/;

/** A text with its comments and strings blanked, so that braces and words in them do not count; lines stay. */
function code(text: string): string {
  const blank = (found: string) => found.replace(/[^\n]/g, " ");
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, blank);
}

/** Where the block that begins at a brace ends: the index of its closing brace. */
function endOf(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i;
  }
  return text.length;
}

/** Whether a block's last statement throws a variable, on every way to it. */
function throwsOn(block: string, name: string): boolean {
  const last = new RegExp(`(^|[;}])\\s*throw ${name};\\s*$`);
  return name !== "" && last.test(block) && !/\breturn\b|\bbreak\b|\bcontinue\b/.test(block);
}

/** Those of src/ that may keep a goroutine from ending, and do not say why they cannot. */
export function catches(tree: Tree): Breach[] {
  return tree.files
    .filter((file) => /^src\/.*(?<!\.test|\.d)\.ts$/.test(file))
    .flatMap((file) => {
      const text = tree.read(file);
      const plain = code(text);
      return [...plain.matchAll(/\bcatch\s*(?:\(\s*(\w+)[^)]*\))?\s*\{/g)].flatMap((found): Breach[] => {
        const open = found.index + found[0].length - 1;
        const end = endOf(plain, open);
        const block = plain.slice(open + 1, end);
        if (throwsOn(block, found[1] ?? "") || TELLS.test(block) || SAYS.test(text.slice(open, end))) return [];
        const message =
          "a catch that a goroutine's end may come to (Goexit, RunOverError, FatalError): expected it to throw on what it " +
          'caught, to ask isGoexit, or to say "// Ends no goroutine: ..." and why';
        return [{ rule: RULE, file, line: lineAt(text, found.index), message }];
      });
    });
}
