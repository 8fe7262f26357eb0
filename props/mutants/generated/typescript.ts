/**
 * Mutants of TypeScript, by the operators of `@stryker-mutator/instrumenter`. Only its list of edits is used: all of
 * them in one switchable build would slow the suite and turn some tests red.
 */
import type { Expression } from "oxc-parser";
import { lineAt } from "../../../scripts/house/tree.ts";
import type { Part, Raw } from "./candidate.ts";

/** Calls whose texts are for people: a report, a help text, the name of an operation that is refused. */
const SPEAKERS =
  /^(?:fatal|fail|refuse\w*|check[A-Z]\w*|getg|currentRun|oneOf|console\.\w+|process\.std(?:out|err)\.write|command|describe|test|expect)$|\.(?:option|description|argument|fail|refuse\w*)$/;
/** Classes whose arguments are such texts. */
const SPEAKING = /(?:Error|^Option|^Argument)$/;

/** A text of so many words is for people, wherever it goes: no program compares sentences. */
const WORDS_MIN = 5;
const isSentence = (text: string) => text.split(/\s+/).filter((word) => /[A-Za-z]{2}/.test(word)).length >= WORDS_MIN;

/** A piece of a file, by offsets. */
type Span = readonly [start: number, end: number];

const holds = (spans: readonly Span[], [start, end]: Span) => spans.some(([from, to]) => from <= start && end <= to);

/**
 * The texts of messages in a file: string and template literals in what is thrown, or given to a class or function that
 * speaks, and sentences.
 */
async function messagesOf(file: string, text: string): Promise<Span[]> {
  const { parseSync, Visitor } = await import("oxc-parser");
  const speech: Span[] = [];
  const literals: Span[] = [];
  const span = (node: { start: number; end: number }): Span => [node.start, node.end];
  const spoken = (callee: Expression, isSpeaker: RegExp, args: readonly { start: number; end: number }[]) => {
    if (isSpeaker.test(text.slice(callee.start, callee.end))) speech.push(...args.map(span));
  };
  new Visitor({
    ThrowStatement(node) {
      speech.push(span(node.argument));
    },
    NewExpression(node) {
      spoken(node.callee, SPEAKING, node.arguments);
    },
    CallExpression(node) {
      spoken(node.callee, SPEAKERS, node.arguments);
    },
    Literal(node) {
      if (typeof node.value === "string") literals.push(span(node));
    },
    TemplateLiteral(node) {
      literals.push(span(node));
    },
  }).visit(parseSync(file, text).program);
  return literals.filter(([at, end]) => holds(speech, [at, end]) || isSentence(text.slice(at, end)));
}

/** Offsets of the lines of a text. */
function startsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The instrumenter's logger, which says nothing: of each level a method, and one that says whether it is on. */
const SILENT = new Map<string, unknown>(
  ["Trace", "Debug", "Info", "Warn", "Error", "Fatal"].flatMap((level): [string, unknown][] => [
    [`is${level}Enabled`, () => false],
    [level.toLowerCase(), () => {}],
  ]),
);

/**
 * The mutants of a TypeScript file.
 *
 * @throws Error where the instrumenter and the file do not agree
 */
export async function typescriptEdits(part: Part, file: string, text: string): Promise<Raw[]> {
  // Loaded here: it is large, and only a draw needs it.
  const { Instrumenter } = await import("@stryker-mutator/instrumenter");
  type Logger = ConstructorParameters<typeof Instrumenter>[0];
  const instrumenter = new Instrumenter(Object.fromEntries(SILENT) as unknown as Logger);
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { mutants } = await instrumenter.instrument([{ name: file, content: text, mutate: true }], options);
  const messages = await messagesOf(file, text);
  const starts = startsOf(text);
  const offset = ({ line, column }: { line: number; column: number }): number => (starts[line] ?? text.length) + column;
  const raws: Raw[] = [];
  for (const { location, mutatorName, replacement } of mutants) {
    const [at, end] = [offset(location.start), offset(location.end)];
    const from = text.slice(at, end);
    if (from === "") throw new Error(`${file}:${lineAt(text, at)}: ${mutatorName} replaces nothing`);
    if (from === replacement || holds(messages, [at, end])) continue;
    // A constant as such would make code that the type checker calls unreachable, which says nothing of the edit.
    const to = /^(?:true|false)$/.test(replacement) ? `(${replacement} as boolean)` : replacement;
    raws.push({ part, file, operator: mutatorName, at, from, to });
  }
  return raws;
}

const transpiler = new Bun.Transpiler({ loader: "ts", minifyWhitespace: true });

/** Whether two texts give the same JavaScript. A text that cannot be read is another. */
export function isSameCode(one: string, other: string): boolean {
  try {
    return transpiler.transformSync(one) === transpiler.transformSync(other);
  } catch {
    return false;
  }
}
