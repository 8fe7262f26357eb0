/** A rule of the house: HACKING's table of environment variables has each that the project reads, and no other. */
import { codeIn, readPage } from "./markdown.ts";
import { type Breach, isPlanted, lineAt, type Tree } from "./tree.ts";

/** The page with the table, and how the heading above the table begins. */
const PAGE = "HACKING.md";
const HEADING = /^environment variables/i;

/** Files that read a variable whose name they are given: the names stand where it is called. */
const BY_NAME: ReadonlySet<string> = new Set(["scripts/numbers.ts"]);

/** What reads a variable, by the kind of file; the first group is the name. */
const READS: readonly { readonly files: RegExp; readonly reads: RegExp }[] = [
  // In tests `env` alone is what a child was given.
  { files: /(?<!\.test)\.ts$/, reads: /(?<![\w$.])env\??\.([A-Z][A-Z0-9_]*)\b/g },
  { files: /\.ts$/, reads: /\b(?:process|Bun|import\.meta)\.env\??\.([A-Z][A-Z0-9_]*)\b/g },
  { files: /\.ts$/, reads: /\benv\[\s*["'`]([A-Z][A-Z0-9_]*)["'`]\s*\]/g },
  { files: /\.ts$/, reads: /\(\s*"(GOBUF_[A-Z0-9_]+)"/g },
  { files: /\.(?:go|rs|c|cpp|h|zig)$/, reads: /(?:[gG]etenv|LookupEnv|env::var(?:_os)?)\(\s*"([A-Za-z]\w*)"/g },
  { files: /\.zig$/, reads: /(?:getPosix|getEnvVarOwned|hasEnvVar\w*|environ_map\.get)\([^")]*"([A-Za-z]\w*)"/g },
  { files: /\.sh$|^\.ci\//, reads: /^[ \t]*export\s+([A-Z][A-Z0-9_]*)=/gm },
];
/** Some are taken out of the environment as the properties of an object. */
const TAKES = /\{([^{}]*)\}\s*(?::[^={}]+)?=\s*(?:process|Bun|import\.meta)\.env\b/g;
/** Read by an expression. */
const DYNAMIC = /\b(?:process|Bun|import\.meta)\.env\[(?!\s*["'`][A-Z][A-Z0-9_]*["'`]\s*\])[^\]]*\]/g;
/** A shell's own variables are no part of its environment. */
const SHELL_OWN = new Set(["SECONDS", "BASH_SOURCE", "BASHPID", "EPOCHREALTIME", "EUID", "FUNCNAME", "IFS", "LINENO"]);

/** Where a variable is read. */
interface Read {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** All variables that the files of a tree read, in the order of files and lines. */
export function variablesRead(tree: Tree): { reads: readonly Read[]; breaches: readonly Breach[] } {
  const reads: Read[] = [];
  const breaches: Breach[] = [];
  for (const file of tree.files.filter((each) => !isPlanted(each))) {
    if (!/\.(?:ts|go|rs|c|cpp|h|zig|sh)$|^\.ci\//.test(file)) continue;
    const text = tree.read(file);
    const found = (name: string, index: number) => void reads.push({ name, file, line: lineAt(text, index) });
    for (const { reads: pattern } of READS.filter(({ files }) => files.test(file))) {
      for (const { 1: name = "", index } of text.matchAll(pattern)) found(name, index);
    }
    if (file.endsWith(".ts")) {
      for (const { 1: taken = "", index } of text.matchAll(TAKES)) {
        for (const [, name = ""] of taken.matchAll(/(?:^|,)\s*"?([A-Z][A-Z0-9_]*)"?\s*(?=[:,=]|\s*$)/g))
          found(name, index);
      }
      for (const { 0: read, index } of text.matchAll(DYNAMIC)) {
        if (BY_NAME.has(file)) continue;
        const message = `${read}: no one can look that variable up; expected its name`;
        breaches.push({ rule: "environment", file, line: lineAt(text, index), message });
      }
    }
    if (/\.sh$|^\.ci\//.test(file)) {
      const own = new Set([...text.matchAll(/(?:^|[\s;(])([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name));
      for (const { 1: name = "", index } of text.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)) {
        if (!own.has(name) && !SHELL_OWN.has(name)) found(name, index);
      }
    }
  }
  return { reads, breaches };
}

/** Variables that the table lacks, and those in it that nothing reads. */
export function environment(tree: Tree): Breach[] {
  const { reads, breaches: dynamic } = variablesRead(tree);
  const breaches: Breach[] = [...dynamic];
  const page = tree.files.includes(PAGE) ? tree.read(PAGE) : "";
  const rows = readPage(page).rows.filter(({ under }) => HEADING.test(under.at(-1) ?? ""));
  const listed = new Set(rows.flatMap(({ cells }) => codeIn(cells[0] ?? "").map((name) => name.replace(/=.*/, ""))));
  if (listed.size === 0) {
    const message = "there is no table of environment variables; expected one under a heading of that name";
    breaches.push({ rule: "environment", file: PAGE, line: 0, message });
  }
  const told = new Set<string>();
  for (const { name, file, line } of reads) {
    if (listed.has(name) || told.has(name)) continue;
    told.add(name);
    const message = `it reads ${name}, which ${PAGE}'s table of environment variables lacks`;
    breaches.push({ rule: "environment", file, line, message });
  }
  // A variable may be there for what the project starts (Go, Wine): it is named somewhere then.
  const code = tree.files.filter((file) => /\.(?:ts|go|rs|c|cpp|h|zig|sh|json)$|^\.ci\//.test(file));
  for (const name of listed) {
    const word = new RegExp(`\\b${RegExp.escape(name)}\\b`);
    if (code.some((file) => word.test(tree.read(file)))) continue;
    const line = lineAt(page, page.indexOf(`\`${name}`));
    const message = `its table of environment variables has ${name}, which nothing in the project names: take it away`;
    breaches.push({ rule: "environment", file: PAGE, line, message });
  }
  return breaches;
}
