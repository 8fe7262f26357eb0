/**
 * Mutants of Zig, C, headers and assembly, by operators on the text. Comments, literals and conditions of the
 * preprocessor are left alone. What such an edit makes need not compile: the build tells.
 */
import type { Part, Raw } from "./candidate.ts";

/** What the text is written in. */
export type Language = "zig" | "c" | "asm";

/** A file's language by its name; undefined where no operator on text fits. */
export function languageOf(file: string): Language | undefined {
  if (file.endsWith(".zig")) return "zig";
  if (file.endsWith(".S")) return "asm";
  return /\.[ch]$/.test(file) ? "c" : undefined;
}

/** Comments, literals, and lines of the preprocessor that choose or include. */
const HIDDEN: Readonly<Record<Language, RegExp>> = {
  zig: /\/\/[^\n]*|\\\\[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
  c: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|else|endif|include|error|pragma)\b[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gm,
  asm: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|else|endif|include|error|pragma)\b[^\n]*|"(?:\\.|[^"\\\n])*"/gm,
};

/** The text with all that is hidden made blank, of the same length. */
export function visible(text: string, language: Language): string {
  return text.replace(HIDDEN[language], (piece) => piece.replace(/[^\n]/g, " "));
}

/** An edit within a file. */
interface Edit {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** Makes edits of a text. @param seen the text without what is hidden @param text what is there */
type Make = (seen: string, text: string, language: Language) => Iterable<Edit>;

/** An operator that replaces each match of a pattern by what `to` says, if anything. */
function replacing(pattern: RegExp, to: (match: string, language: Language) => readonly string[]): Make {
  return function* (seen, _, language) {
    for (const match of seen.matchAll(pattern)) {
      for (const text of to(match[0], language)) yield { at: match.index, from: match[0], to: text };
    }
  };
}

/** What stands for a token, by a table. */
const by =
  (table: Readonly<Record<string, readonly string[] | string>>) =>
  (token: string): readonly string[] => {
    const found = Object.hasOwn(table, token) ? table[token] : undefined;
    return found === undefined ? [] : [found].flat();
  };

const NUMBER = /(?<![\w$]|\d\.)(?:0x[\da-fA-F_]+|\d[\d_]*)(?!\w|\.\d)/g;

/** A number by one more or less, written in its own base. */
function shifted(token: string, by: 1n | -1n): string[] {
  const value = BigInt(token.replaceAll("_", "")) + by;
  if (value < 0n) return [];
  return [token.startsWith("0x") ? `0x${value.toString(16)}` : String(value)];
}

const COMPARISONS = {
  "==": "!=",
  "!=": "==",
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
};
const LOGIC = { and: "or", or: "and", "&&": "||", "||": "&&" };
const ARITHMETIC = {
  "+": "-",
  "-": "+",
  "<<": ">>",
  ">>": "<<",
  "&": "|",
  "|": "&",
  "+=": "-=",
  "-=": "+=",
  "|=": "&=",
  "&=": "|=",
};
const WRAPPING = { "+%": "-%", "-%": "+%", "+|": "-|", "-|": "+|" };
const BRANCHES = {
  jz: "jnz",
  jnz: "jz",
  je: "jne",
  jne: "je",
  ja: "jbe",
  jbe: "ja",
  jae: "jb",
  jb: "jae",
  jg: "jle",
  jle: "jg",
  jge: "jl",
  jl: "jge",
  jc: "jnc",
  jnc: "jc",
  cbz: "cbnz",
  cbnz: "cbz",
  "b.eq": "b.ne",
  "b.ne": "b.eq",
  "b.hi": "b.ls",
  "b.ls": "b.hi",
  "b.hs": "b.lo",
  "b.lo": "b.hs",
};
const WIDTHS = {
  u64: "u32",
  u32: "u16",
  u16: "u8",
  i64: "i32",
  i32: "i16",
  usize: "u32",
  uint64_t: "uint32_t",
  uint32_t: "uint16_t",
  int64_t: "int32_t",
  int32_t: "int16_t",
  movups: "movlps",
  movaps: "movlps",
};

/** The place behind the bracket that closes the one at `open`; -1 where none does. */
function closing(seen: string, open: number): number {
  let depth = 0;
  for (let i = open; i < seen.length; i++) {
    if (seen[i] === "(") depth++;
    else if (seen[i] === ")" && --depth === 0) return i + 1;
  }
  return -1;
}

/** The condition of an `if` or `while`, turned; not that of an `if` that unpacks (`if (x) |y|`). */
function* turned(seen: string, text: string, language: Language): Generator<Edit> {
  if (language === "asm") return;
  for (const { index, 0: head } of seen.matchAll(/\b(?:if|while) \(/g)) {
    const open = index + head.length - 1;
    const end = closing(seen, open);
    if (end < 0 || /^\s*\|/.test(seen.slice(end, end + 20))) continue;
    const from = text.slice(open, end);
    yield { at: open, from, to: `(!${from})` };
  }
}

/** A line of a text. */
interface Line {
  readonly at: number;
  readonly text: string;
  readonly seen: string;
}

function linesOf(seen: string, text: string): Line[] {
  let at = 0;
  return text.split("\n").map((line) => {
    const here = at;
    at += line.length + 1;
    return { at: here, text: line, seen: seen.slice(here, here + line.length).trimEnd() };
  });
}

const DECLARATION =
  /^\s*(?:(?:pub|export|extern|const|var|fn|test|comptime|threadlocal|usingnamespace|typedef|static|struct|enum|union|\.\w+ =)\b|(?!return\b)[A-Za-z_][\w ]*\*? \*?\w+(?:\[\w*\])?(?: =|;))/;

/** Whether a line is one whole statement that may be left out and still be read by the compiler. */
function isStatement(lines: readonly Line[], i: number, language: Language): boolean {
  const { seen } = lines[i] as Line;
  if (language === "asm") return /^\s+(?:[a-zA-Z][\w.]*|\.cfi_\w+)(?:\s|$)/.test(seen) && !/^\s+\.(?!cfi_)/.test(seen);
  if (!/^\s+\S.*;$/.test(seen) || /^\s*[}\])]/.test(seen)) return false;
  if (
    language === "zig"
      ? /^\s*(?:pub|export|extern|const|var|fn|test|comptime|threadlocal)\b/.test(seen)
      : DECLARATION.test(seen)
  )
    return false;
  const before = lines.slice(0, i).findLast((line) => line.seen.trim() !== "");
  return before !== undefined && /[;{}:]$|=> \{$/.test(before.seen) && balanced(seen);
}

const balanced = (seen: string) =>
  ["()", "[]", "{}"].every(([open, close]) => seen.split(open as string).length === seen.split(close as string).length);

function* leftOut(seen: string, text: string, language: Language): Generator<Edit> {
  const lines = linesOf(seen, text);
  for (const [i, line] of lines.entries()) {
    if (isStatement(lines, i, language)) yield { at: line.at, from: line.text, to: "" };
  }
}

/** Two moves of assembly, or two plain assignments: neither writes what the other reads or writes. */
function commute(one: string, two: string, language: Language): boolean {
  const [a, b] = language === "asm" ? [moved(one), moved(two)] : [assigned(one), assigned(two)];
  if (a === undefined || b === undefined) return false;
  return !mentions(two, a) && !mentions(one, b);
}

/** Whether a text has a name or a place in it, as a whole word. */
const mentions = (text: string, name: string) => new RegExp(`(?<![\\w.])${RegExp.escape(name)}(?![\\w])`).test(text);

/** What a move writes: a register, or a place in memory. */
function moved(line: string): string | undefined {
  const operands = /^\s*mov\w+ +(.*)$/.exec(line)?.[1]?.trim();
  return operands === undefined ? undefined : /(?:^|, *)([^,()]+(?:\([^()]*\))?)$/.exec(operands)?.[1]?.trim();
}

/** Builtins that only convert: an assignment with another call does something beside it. */
const CONVERSION = /@(?:as|truncate|intCast|bitCast|intFromEnum|intFromPtr|min|max)\(/g;

/** What a plain assignment writes. */
function assigned(line: string): string | undefined {
  const found = /^\s*([\w.[\]*>-]+) [-+|&]?= (.*);$/.exec(line);
  if (found === null) return undefined;
  const [, place = "", value = ""] = found;
  return /\w\(|->|\bif\b|\btry\b/.test(value.replace(CONVERSION, "(")) ? undefined : place;
}

/** A directive that says where the frame is: to move it by one instruction changes what is told of that instruction only. */
const FRAME = /^\s*\.cfi_/;

function* swapped(seen: string, text: string, language: Language): Generator<Edit> {
  const lines = linesOf(seen, text);
  const indent = (line: Line) => /^\s*/.exec(line.text)?.[0];
  for (let i = 0; i + 1 < lines.length; i++) {
    const [one, two] = [lines[i], lines[i + 1]] as [Line, Line];
    if (!isStatement(lines, i, language) || !isStatement(lines, i + 1, language)) continue;
    if (indent(one) !== indent(two) || one.seen.trim() === two.seen.trim()) continue;
    if (FRAME.test(one.seen) || FRAME.test(two.seen) || commute(one.seen, two.seen, language)) continue;
    yield { at: one.at, from: `${one.text}\n${two.text}`, to: `${two.text}\n${one.text}` };
  }
}

/** A 64-bit move by its 32-bit form. */
function* narrowed(seen: string, _: string, language: Language): Generator<Edit> {
  if (language !== "asm") return;
  const half = (register: string) => {
    if (/^r\d+$/.test(register)) return `%${register}d`;
    return `%e${register.slice(1)}`;
  };
  for (const { index, 0: from } of seen.matchAll(/\bmovq [^\n]*%[^\n]*/g)) {
    const trimmed = from.trimEnd();
    const operands = trimmed.slice(5).replace(/(?<!\()%(r\w+)(?!\w*\))/g, (_, register: string) => half(register));
    if (!operands.includes("%xmm")) yield { at: index, from: trimmed, to: `movl ${operands}` };
  }
}

/** The operators, in the order of the table in HACKING.md. */
export const TEXT_OPERATORS: Readonly<Record<string, Make>> = {
  "constant + 1": replacing(NUMBER, (token) => shifted(token, 1n)),
  "constant - 1": replacing(NUMBER, (token) => shifted(token, -1n)),
  "comparison turned": replacing(/(?<= )(?:==|!=|<=|>=|<|>)(?= )/g, by(COMPARISONS)),
  "logic turned": replacing(/(?<= )(?:and|or|&&|\|\|)(?= )/g, by(LOGIC)),
  "arithmetic turned": replacing(/(?<= )(?:<<|>>|[+\-|&]=|[+-][%|]|[+\-|&])(?= )/g, by({ ...ARITHMETIC, ...WRAPPING })),
  "condition turned": turned,
  "branch turned": replacing(/(?<=^\s+)(?:j[a-z]+|cbn?z|b\.[a-z]{2})(?=\s)/gm, by(BRANCHES)),
  "line left out": leftOut,
  "lines swapped": swapped,
  "width changed": function* (seen, text, language) {
    yield* replacing(/\b(?:[ui](?:16|32|64)|usize|u?int(?:32|64)_t|mov[ua]ps)\b/g, by(WIDTHS))(seen, text, language);
    yield* narrowed(seen, text, language);
  },
};

/** The mutants of a file that is not TypeScript. @throws Error for a file of another language */
export function textEdits(part: Part, file: string, text: string): Raw[] {
  const language = languageOf(file);
  if (language === undefined) throw new Error(`${file}: expected Zig, C or assembly`);
  const seen = visible(text, language);
  return Object.entries(TEXT_OPERATORS).flatMap(([operator, make]) =>
    [...make(seen, text, language)].map((edit) => ({ part, file, operator, ...edit })),
  );
}
