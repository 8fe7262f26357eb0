/**
 * The rule `gobuf/yield-star`: an operation (`Op`) is waited for by `yield*`, at once and in the goroutine that does it; a
 * body (`Go`) that is called is waited for, too, or given to something that runs it.
 *
 * An operation without `yield*` has begun and is never waited for: the library refuses that at run time, where it sees it.
 */
import { type Checker, type Kind, Kinds, type Type } from "./types.ts";

/** A node of the syntax tree (ESTree, with typescript-eslint's additions). */
export interface Node {
  readonly type: string;
  readonly parent: Node;
  readonly range: readonly [number, number];
  readonly [field: string]: unknown;
}

interface Fixer {
  insertTextBefore(node: Node, text: string): unknown;
  insertTextAfter(node: Node, text: string): unknown;
  replaceTextRange(range: readonly [number, number], text: string): unknown;
}

type Fix = (fixer: Fixer) => unknown;

interface Report {
  readonly node: Node;
  readonly messageId: MessageId;
  readonly data: { readonly what: string };
  readonly fix?: Fix;
  readonly suggest?: readonly { readonly messageId: "add"; readonly fix: Fix }[];
}

interface Services {
  readonly program?: { getTypeChecker(): Checker } | null;
  readonly esTreeNodeToTSNodeMap: { get(node: Node): unknown };
  getTypeAtLocation(node: Node): Type;
}

interface Context {
  readonly sourceCode: {
    readonly parserServices: Partial<Services>;
    getText(node: Node): string;
  };
  report(report: Report): void;
}

/** A rule of ESLint's. */
export interface Rule {
  readonly meta: {
    readonly type: "problem";
    readonly docs: { readonly description: string; readonly url: string };
    readonly fixable: "code";
    readonly hasSuggestions: true;
    readonly schema: readonly [];
    readonly messages: { readonly [id: string]: string };
  };
  create(context: never): { readonly [type: string]: (node: never) => void };
}

const messages = {
  floating: "{{what}} is not waited for; write `yield*` before it",
  outside: "{{what}} is waited for by `yield*`, in a generator function; this function is none",
  dropped: "{{what}} is returned to a caller that takes no result: nobody waits for it; use a loop with `yield*`",
  plain: "`yield` of {{what}} does not wait for it; write `yield*`",
  awaited: "`await` does not wait for {{what}}, which is no promise; write `yield*`, in a generator function",
  iterated: "{{what}} is no sequence of values; write `yield*` before it for its result",
  kept: "{{what}} is kept; an operation is waited for at once, by `yield*`",
  returned: "{{what}} is returned and not its result; write `return yield*`",
  add: "add `yield*`",
} as const;

type MessageId = keyof typeof messages;

const NAMES: { readonly [K in Kind]: string } = { Op: "an operation", Go: "a goroutine's body" };

/** Expressions that pass on the value of one of their parts. */
const PASSING = new Set([
  "ChainExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

/** Whether the value of a node is the value of its parent. */
function passes(node: Node): boolean {
  const { parent } = node;
  if (PASSING.has(parent.type)) return true;
  if (parent.type === "ConditionalExpression") return parent.test !== node;
  if (parent.type === "LogicalExpression") return parent.right === node;
  if (parent.type === "SequenceExpression") return (parent.expressions as Node[]).at(-1) === node;
  return false;
}

/** The function that a node stands in. */
function functionOf(node: Node): Node | undefined {
  for (let at: Node | null = node.parent; at; at = at.parent as Node | null) {
    if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(at.type)) return at;
  }
  return undefined;
}

/** Whether `yield*` may stand there: directly in a generator function that is not async. */
function isInBody(node: Node): boolean {
  const within = functionOf(node);
  return within?.generator === true && within.async !== true;
}

/** Puts `yield*` before an expression, in parentheses where an operator is next to it. */
function add(node: Node): Fix {
  const { parent } = node;
  const tight =
    parent.type === "LogicalExpression" ||
    parent.type === "BinaryExpression" ||
    parent.type === "MemberExpression" ||
    parent.type === "UnaryExpression" ||
    PASSING.has(parent.type);
  return (fixer) =>
    tight
      ? [fixer.insertTextBefore(node, "(yield* "), fixer.insertTextAfter(node, ")")]
      : fixer.insertTextBefore(node, "yield* ");
}

/** Replaces a word before an expression (`yield`, `await`, `void`) by `yield*`. */
function replace(word: Node, node: Node): Fix {
  return (fixer) => fixer.replaceTextRange([word.range[0], node.range[0]], "yield* ");
}

/** Looks at the places where an operation or a body can stand. */
class Judge {
  readonly #context: Context;
  readonly #services: Services;
  readonly #kinds: Kinds;

  constructor(context: Context, services: Services, checker: Checker) {
    this.#context = context;
    this.#services = services;
    this.#kinds = new Kinds(checker);
  }

  look(node: Node): void {
    if (passesSyntax(node)) return;
    const kind = this.#kinds.of(this.#services.getTypeAtLocation(node));
    if (kind !== undefined) this.#judge(node, kind);
  }

  #judge(node: Node, kind: Kind): void {
    let top = node;
    while (passes(top)) top = top.parent;
    const { parent } = top;
    switch (parent.type) {
      case "ExpressionStatement":
        this.#floating(node, kind);
        return;
      case "UnaryExpression":
        if (parent.operator === "void") this.#floating(node, kind, replace(parent, top));
        else if (parent.operator !== "typeof") this.#kept(node, kind);
        return;
      case "YieldExpression":
        if (parent.delegate !== true) this.#report(node, "plain", kind, { fix: replace(parent, top) });
        return;
      case "AwaitExpression":
        this.#report(node, "awaited", kind);
        return;
      case "ForOfStatement":
        if (parent.right === top) this.#report(node, "iterated", kind);
        return;
      case "SpreadElement":
        this.#report(node, "iterated", kind);
        return;
      case "MemberExpression":
        if (parent.object === top) this.#report(node, "iterated", kind);
        return;
      case "VariableDeclarator":
        if (parent.init !== top) return;
        if ((parent.id as Node).type === "ArrayPattern") this.#report(node, "iterated", kind);
        else this.#kept(node, kind);
        return;
      case "ReturnStatement":
        if (isInBody(parent)) this.#report(node, "returned", kind, { fix: add(top) });
        return;
      case "ArrowFunctionExpression":
        if (parent.body === top && this.#kinds.isDropped(this.#services.esTreeNodeToTSNodeMap.get(parent))) {
          this.#report(node, "dropped", kind);
        }
        return;
      case "CallExpression":
      case "NewExpression":
        if (parent.callee !== top) this.#argument(node, top, kind);
        return;
      case "AssignmentExpression":
        if (parent.right === top) this.#kept(node, kind);
        return;
      case "ArrayExpression":
      case "BinaryExpression":
      case "LogicalExpression":
      case "ConditionalExpression":
      case "IfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
      case "SwitchStatement":
      case "TemplateLiteral":
      case "ThrowStatement":
        this.#kept(node, kind);
        return;
      case "ForStatement":
        if (parent.init === top || parent.update === top) this.#floating(node, kind);
        else if (parent.test === top) this.#kept(node, kind);
        return;
      case "Property":
      case "PropertyDefinition":
        if (parent.value === top && parent.parent.type !== "ObjectPattern") this.#kept(node, kind);
    }
  }

  #floating(node: Node, kind: Kind, fix = add(node)): void {
    if (isInBody(node)) this.#report(node, "floating", kind, { fix });
    else this.#report(node, "outside", kind);
  }

  /** A body may be kept: it is a value of its own. There is one operation a thread. */
  #kept(node: Node, kind: Kind): void {
    if (kind === "Go") return;
    this.#report(node, "kept", kind, isInBody(node) ? { suggest: [{ messageId: "add", fix: add(node) }] } : {});
  }

  #argument(node: Node, top: Node, kind: Kind): void {
    if (isIteration(top)) this.#report(node, "iterated", kind);
    else if (!this.#kinds.isWanted(this.#services.esTreeNodeToTSNodeMap.get(top))) this.#kept(node, kind);
  }

  #report(node: Node, messageId: MessageId, kind: Kind, more: Pick<Report, "fix" | "suggest"> = {}): void {
    const what = `${NAMES[kind]} (${this.#context.sourceCode.getText(node)})`;
    this.#context.report({ node, messageId, data: { what }, ...more });
  }
}

/** Array.from(x), new Set(x): what takes any iterable. */
function isIteration(argument: Node): boolean {
  const { parent } = argument;
  const callee = parent.callee as Node;
  if (parent.type === "NewExpression") return /^(Set|Map|WeakSet|WeakMap)$/.test(String(callee.name));
  const { object, property } = callee as { object?: Node; property?: Node };
  return object?.name === "Array" && property?.name === "from";
}

/** Whether an identifier or a member is no value: a name that is imported or exported, a key, a callee. */
function passesSyntax(node: Node): boolean {
  if (node.type === "CallExpression") return false;
  const { parent } = node;
  if (/^(Im|Ex)port/.test(parent.type)) return true;
  if (parent.type === "MemberExpression") return parent.object !== node;
  if (parent.type === "CallExpression" || parent.type === "NewExpression") return parent.callee === node;
  return false;
}

/** The rule `gobuf/yield-star`. */
export const yieldStar: Rule = {
  meta: {
    type: "problem",
    docs: {
      description: "require `yield*` on operations and bodies of gobuf's goroutines",
      url: "https://www.npmjs.com/package/gobuf",
    },
    fixable: "code",
    hasSuggestions: true,
    schema: [],
    messages,
  },
  create(context: Context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program?.getTypeChecker();
    if (checker === undefined || services.getTypeAtLocation === undefined) {
      throw new Error(
        "gobuf/yield-star: no types; expected typescript-eslint's parser with parserOptions.projectService (or project)",
      );
    }
    const judge = new Judge(context, services as Services, checker);
    const look = (node: Node) => judge.look(node);
    return { CallExpression: look, Identifier: look, MemberExpression: look };
  },
} as Rule;
