/**
 * The arrows between files: every way in which one TypeScript file can name another, read by the parser of oxc, which
 * has TypeScript's whole grammar whatever version of TypeScript checks the types. A type's import is an arrow like any
 * other, and so is a late one.
 */
import { posix } from "node:path";
import type { Expression, Program, StringLiteral } from "oxc-parser";
import { type Breach, lineAt, type Tree } from "./tree.ts";

/** How a file names another. */
export type ArrowKind = "import" | "type import" | "late import" | "export from" | "module declaration" | "URL";

/** One file names another. */
export interface Arrow {
  /** The file that imports, from the root. */
  readonly from: string;
  /** The file it imports; of a package its name, of Bun's and Node's own modules theirs. */
  readonly to: string;
  /** Whether `to` is a file of the tree. */
  readonly local: boolean;
  readonly line: number;
  readonly kind: ArrowKind;
}

/** What the parser found in a tree. */
export interface Arrows {
  /** The modules that were read. */
  readonly modules: readonly string[];
  readonly arrows: readonly Arrow[];
  /** Files that do not parse, and imports that name no file. */
  readonly breaches: readonly Breach[];
}

/** A late import that names no file, and why it may not. */
export interface Unnamed {
  readonly file: string;
  /** The argument, as it is written there. */
  readonly argument: string;
  readonly why: string;
}

const MODULE = /\.[cm]?[jt]sx?$/;

/** Whether a file is a module that the parser reads. */
export function isModule(file: string): boolean {
  return MODULE.test(file);
}

/** What a file says of its imports, before anything is resolved: a text, or an expression that no one can follow. */
interface Named {
  readonly start: number;
  readonly kind: ArrowKind;
  readonly specifier?: string;
  readonly expression?: string;
}

/** Calls that load the module they name. */
const LOADERS = new Set(["require", "require.resolve", "import.meta.require", "import.meta.resolve", "mock.module"]);

/** The text of a literal, or of a template whose holes stand in the query (`./bodies.ts?copy=${i}`). */
function literalOf(node: Expression): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type !== "TemplateLiteral") return undefined;
  const head = node.quasis[0]?.value.cooked ?? "";
  return node.expressions.length === 0 || head.includes("?") ? head : undefined;
}

/** All imports of one file. */
function namesIn(program: Program, text: string, Visitor: typeof import("oxc-parser").Visitor): Named[] {
  const names: Named[] = [];
  const plain = (kind: ArrowKind, start: number, source: StringLiteral) =>
    void names.push({ start, kind, specifier: source.value });
  const late = (kind: ArrowKind, start: number, node: Expression) => {
    const specifier = literalOf(node);
    names.push({ start, kind, ...(specifier === undefined ? { expression: source(node) } : { specifier }) });
  };
  const source = (node: { start: number; end: number }) => text.slice(node.start, node.end);
  // A loader that is not called where it stands (`const load = require`) is called where no one sees it. By their offsets:
  const loaders = new Map<number, string>();
  const harmless = new Set<number>();
  new Visitor({
    ImportDeclaration(node) {
      const typed = (specifier: (typeof node.specifiers)[number]) =>
        specifier.type === "ImportSpecifier" && specifier.importKind === "type";
      const isType = node.importKind === "type" || (node.specifiers.length > 0 && node.specifiers.every(typed));
      plain(isType ? "type import" : "import", node.start, node.source);
      if (/^(node:)?module$/.test(node.source.value)) {
        names.push({ start: node.start, kind: "late import", expression: source(node) });
      }
    },
    ExportNamedDeclaration(node) {
      if (node.source) plain("export from", node.start, node.source);
    },
    ExportAllDeclaration(node) {
      plain("export from", node.start, node.source);
    },
    ImportExpression(node) {
      late("late import", node.start, node.source);
    },
    TSImportType(node) {
      plain("type import", node.start, node.source);
    },
    TSImportEqualsDeclaration(node) {
      const { moduleReference } = node;
      if (moduleReference.type !== "TSExternalModuleReference") return;
      plain(node.importKind === "type" ? "type import" : "import", node.start, moduleReference.expression);
    },
    TSModuleDeclaration(node) {
      if (node.id.type === "Literal") plain("module declaration", node.start, node.id);
    },
    CallExpression(node) {
      const [first] = node.arguments;
      if (LOADERS.has(source(node.callee))) harmless.add(node.callee.start);
      if (!LOADERS.has(source(node.callee)) || first === undefined || first.type === "SpreadElement") return;
      late("late import", node.start, first);
    },
    Identifier(node) {
      if (node.name === "require") loaders.set(node.start, node.name);
    },
    MemberExpression(node) {
      if (LOADERS.has(source(node))) loaders.set(node.start, source(node));
      if (!node.computed) harmless.add(node.property.start);
    },
    Property(node) {
      if (!node.computed && !node.shorthand) harmless.add(node.key.start);
    },
    TSPropertySignature(node) {
      harmless.add(node.key.start);
    },
    NewExpression(node) {
      const [first, base] = node.arguments;
      if (first === undefined || first.type === "SpreadElement") return;
      const callee = source(node.callee);
      const beside = base !== undefined && source(base) === "import.meta.url";
      if (callee === "URL" && beside) late("URL", node.start, first);
      const specifier = literalOf(first);
      if (callee === "Worker" && specifier !== undefined) names.push({ start: node.start, kind: "URL", specifier });
    },
  }).visit(program);
  for (const [start, expression] of loaders) {
    if (!harmless.has(start)) names.push({ start, kind: "late import", expression });
  }
  return names;
}

/** The packages that package.json names, and the files that tsconfig.json gives for a name (`gobuf/testing`). */
function knownNames(tree: Tree): { packages: Set<string>; paths: Map<string, string> } {
  const has = (file: string) => tree.files.includes(file);
  const manifest = has("package.json") ? JSON.parse(tree.read("package.json")) : {};
  const config = has("tsconfig.json") ? (Bun.JSONC.parse(tree.read("tsconfig.json")) as TsConfig) : {};
  const { dependencies, devDependencies, peerDependencies } = manifest;
  const packages = new Set(Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }));
  const paths = Object.entries(config.compilerOptions?.paths ?? {});
  return { packages, paths: new Map(paths.map(([name, [file = ""]]) => [name, posix.normalize(file)])) };
}

interface TsConfig {
  compilerOptions?: { paths?: Record<string, string[]> };
}

/**
 * Reads every module of a tree.
 *
 * @param unnamed the late imports that may name no file; one that is not found in the tree is a breach itself
 */
export async function readArrows(tree: Tree, unnamed: readonly Unnamed[] = []): Promise<Arrows> {
  // Loaded here: where there is no parser for the machine (an emulated one), the tests of the rules say so and skip.
  const { parseSync, Visitor } = await import("oxc-parser");
  const { packages, paths } = knownNames(tree);
  const all = new Set(tree.files);
  const modules = tree.files.filter(isModule);
  const arrows: Arrow[] = [];
  const breaches: Breach[] = [];
  const used = new Set<Unnamed>();

  for (const from of modules) {
    const text = tree.read(from);
    const { program, errors } = parseSync(from, text);
    for (const { message, labels } of errors) {
      const line = lineAt(text, labels[0]?.start ?? 0);
      breaches.push({ rule: "read", file: from, line, message: `it does not parse: ${message}` });
    }
    for (const { start, kind, specifier, expression } of namesIn(program, text, Visitor)) {
      const line = lineAt(text, start);
      if (specifier === undefined) {
        const excuse = unnamed.find(({ file, argument }) => file === from && argument === expression);
        if (excuse !== undefined) used.add(excuse);
        else {
          const message = `${kind} of ${expression}: no one can follow it; name the file in a literal`;
          breaches.push({ rule: "read", file: from, line, message });
        }
        continue;
      }
      const path = (specifier.split("?")[0] as string).replace(/^file:/, "");
      const own = path.startsWith(".") ? posix.join(posix.dirname(from), path) : paths.get(path);
      if (own !== undefined && all.has(own)) {
        arrows.push({ from, to: own, local: true, line, kind });
        continue;
      }
      const name = path.startsWith("@") ? path.split("/").slice(0, 2).join("/") : (path.split("/")[0] as string);
      const builtin = /^(node|bun):|^bun$/.test(path);
      if (own === undefined && (builtin || packages.has(name))) {
        arrows.push({ from, to: builtin ? path : name, local: false, line, kind });
      } else if (!isBuilt(own)) {
        const message = `${kind} of "${specifier}": the tree has no ${own ?? `package ${name} in package.json`}`;
        breaches.push({ rule: "read", file: from, line, message });
      }
    }
  }
  for (const excuse of unnamed.filter((each) => !used.has(each))) {
    const message = `its late import of ${excuse.argument} is excused, and is no longer there: take the excuse away`;
    breaches.push({ rule: "read", file: excuse.file, line: 0, message });
  }
  if (modules.length === 0) {
    breaches.push({ rule: "read", file: ".", line: 0, message: "no module was read; expected the project's files" });
  }
  return { modules, arrows, breaches };
}

/** Whether a file is one that the build makes: the library, which `src/runtime/library.ts` names for the bundler. */
function isBuilt(file: string | undefined): boolean {
  return file?.startsWith("zig-out/") ?? false;
}
