/**
 * What users can call: the functions that gobuf's entries export, and the methods of the classes and interfaces that they
 * export, read from the source. Types say what is public; at runtime a private method looks like any other.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Class, Declaration, Statement, TSInterfaceDeclaration } from "oxc-parser";
import { packageRoot } from "../../src/runtime/library.ts";

const src = join(packageRoot, "src");

/** A module's statements, with whether the documentation above each says @internal. */
const modules = new Map<string, { text: string; body: readonly Statement[] }>();

/** oxc-parser's, which has a binary for the machine only: it is loaded when it is needed. */
let parseSync: typeof import("oxc-parser").parseSync;

function moduleOf(file: string) {
  let found = modules.get(file);
  if (found === undefined) {
    const text = readFileSync(file, "utf8");
    found = { text, body: parseSync(file, text).program.body as Statement[] };
    modules.set(file, found);
  }
  return found;
}

function isInternal(text: string, start: number): boolean {
  const before = text.slice(0, start).trimEnd();
  return before.endsWith("*/") && before.slice(before.lastIndexOf("/**")).includes("@internal");
}

/** Where a declaration's statement begins: at its `export`, if it has one. */
function statementStart(text: string, start: number): number {
  const before = text.slice(0, start);
  return before.length - (/export\s+$/.exec(before)?.[0].length ?? 0);
}

type Key = { type: string; name?: string; value?: unknown; property?: { name?: string } };

/** A member's name; a symbol's as [Symbol.dispose] is written. */
function keyOf(key: Key): string {
  return key.type === "MemberExpression" ? `[Symbol.${key.property?.name}]` : String(key.name ?? key.value);
}

function* methodsOf(file: string, declared: Class | TSInterfaceDeclaration): Generator<string, void, undefined> {
  const { text } = moduleOf(file);
  // What a class inherits from an internal one is internal, too.
  if (isInternal(text, statementStart(text, declared.start))) return;
  if (declared.type !== "TSInterfaceDeclaration" && declared.superClass?.type === "Identifier") {
    for (const inherited of local_("", file, declared.superClass.name)) yield inherited.slice(1);
  }
  for (const member of declared.body.body) {
    if (member.type === "TSCallSignatureDeclaration") yield "()";
    const isMethod =
      (member.type === "MethodDefinition" && member.kind === "method" && !member.static) ||
      (member.type === "TSMethodSignature" && member.kind === "method");
    if (!isMethod || isInternal(text, member.start)) continue;
    if ("accessibility" in member && (member.accessibility === "private" || member.accessibility === "protected"))
      continue;
    const key = member.key as Key;
    if (key.type !== "PrivateIdentifier") yield keyOf(key);
  }
}

/** What a declaration has that can be called, under a name. */
function* callable(under: string, file: string, declared: Declaration): Generator<string, void, undefined> {
  switch (declared.type) {
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      yield under;
      return;
    case "ClassDeclaration":
    case "TSInterfaceDeclaration":
      yield* new Set([...methodsOf(file, declared)].map((method) => `${under}.${method}`));
      return;
  }
}

/** What a module exports under one name, wherever it is declared. */
function* exported(under: string, file: string, name: string): Generator<string, void, undefined> {
  for (const statement of moduleOf(file).body) {
    if (statement.type === "ExportNamedDeclaration") {
      if (statement.declaration) {
        const names =
          statement.declaration.type === "VariableDeclaration"
            ? statement.declaration.declarations.map(({ id }) => (id as { name?: string }).name)
            : [(statement.declaration as { id?: { name?: string } }).id?.name];
        if (names.includes(name)) yield* callable(under, file, statement.declaration as Declaration);
        continue;
      }
      for (const { local, exported: outer } of statement.specifiers) {
        if ((outer as { name?: string }).name !== name) continue;
        const inner = (local as { name: string }).name;
        if (statement.source) yield* exported(under, join(dirname(file), statement.source.value), inner);
        else yield* local_(under, file, inner);
      }
    } else if (statement.type === "ExportAllDeclaration") {
      const from = join(dirname(file), statement.source.value);
      if ((statement.exported as { name?: string } | null)?.name === name) yield* all(`${under}.`, from);
      else if (statement.exported === null) yield* exported(under, from, name);
    }
  }
}

/** What a module declares and exports by a list, or has imported. */
function* local_(under: string, file: string, name: string): Generator<string, void, undefined> {
  for (const statement of moduleOf(file).body) {
    if (statement.type === "ImportDeclaration") {
      for (const specifier of statement.specifiers) {
        if (specifier.local.name !== name) continue;
        const from = join(dirname(file), statement.source.value);
        if (specifier.type === "ImportNamespaceSpecifier") yield* all(`${under}.`, from);
        else if (specifier.type === "ImportSpecifier")
          yield* exported(under, from, (specifier.imported as { name: string }).name);
      }
    } else if ((statement as { id?: { name?: string } }).id?.name === name) {
      yield* callable(under, file, statement as Declaration);
    }
  }
}

/** The names that a module exports. */
function namesOf(file: string): string[] {
  return moduleOf(file).body.flatMap((statement) => {
    if (statement.type === "ExportAllDeclaration") {
      const outer = (statement.exported as { name?: string } | null)?.name;
      return outer === undefined ? namesOf(join(dirname(file), statement.source.value)) : [outer];
    }
    if (statement.type !== "ExportNamedDeclaration") return [];
    const { declaration } = statement;
    if (declaration?.type === "VariableDeclaration") {
      return declaration.declarations.map(({ id }) => (id as { name: string }).name);
    }
    if (declaration) return [(declaration as { id: { name: string } }).id.name];
    return statement.specifiers.map(({ exported: outer }) => (outer as { name: string }).name);
  });
}

function* all(under: string, file: string): Generator<string, void, undefined> {
  for (const name of new Set(namesOf(file))) yield* exported(`${under}${name}`, file, name);
}

/**
 * The names of all that users can call of an entry, sorted: `spawn`, `context.withCancel`, `WaitGroup.done`, `go.native`.
 *
 * @param loaded the entry itself: a function that is made by another is none in the source
 */
export async function surface(entry: "index.ts" | "testing/index.ts", loaded: object): Promise<string[]> {
  ({ parseSync } = await import("oxc-parser"));
  return [...new Set([...all("", join(src, entry)), ...functionsOf("", loaded)])].sort();
}

/** The functions of a module and its namespaces, and those that are properties of functions. */
function* functionsOf(under: string, module: object): Generator<string, void, undefined> {
  for (const [key, value] of Object.entries(module)) {
    if (Object.prototype.toString.call(value) === "[object Module]") yield* functionsOf(`${under}${key}.`, value);
    if (typeof value !== "function" || /^[A-Z]/.test(key)) continue;
    yield `${under}${key}`;
    yield* functionsOf(`${under}${key}.`, value);
  }
}
