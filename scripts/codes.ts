/**
 * Writes arch/codes.toml, the one table of codes, in the languages that use it: the marked part of gobuf.h and of
 * gobuf.zig, arch/codes.zig, src/runtime/codes.ts. Without `--write` it says which of them is not what the table gives.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { command } from "./command.ts";

const TABLE = "arch/codes.toml";
const WIDTH = 120;
const U32_MAX = 0xffff_ffff;

/** One code. */
export interface Code {
  readonly name: string;
  readonly code: number;
  readonly about?: string;
  readonly call?: string;
  readonly text?: string;
  readonly zig?: string;
}

/** One kind of code. */
export interface Section {
  readonly name: string;
  readonly about: string;
  readonly enum?: string;
  readonly c?: string;
  readonly zig?: string;
  readonly macros: boolean;
  readonly codes: readonly Code[];
}

const SECTION_KEYS = ["about", "enum", "c", "zig", "macros"];
const CODE_KEYS = ["code", "about", "call", "text", "zig"];

function fail(where: string, what: string): never {
  throw new Error(`gobuf: ${TABLE}: ${where}: ${what}`);
}

function optionalString(table: Record<string, unknown>, key: string, where: string): string | undefined {
  const value = table[key];
  if (value !== undefined && typeof value !== "string") fail(where, `${key} is ${value}: expected a string`);
  return value;
}

function parseCode(section: string, name: string, value: unknown): Code {
  const where = `${section}.${name}`;
  if (!/^[a-z][a-z0-9_]*$/.test(name)) fail(where, "expected a name of lower-case letters, digits and _");
  if (typeof value !== "object" || value === null) fail(where, "expected { code = NUMBER, ... }");
  const table = value as Record<string, unknown>;
  const other = Object.keys(table).find((key) => !CODE_KEYS.includes(key));
  if (other !== undefined) fail(where, `unknown key ${other}: expected ${CODE_KEYS.join(", ")}`);
  const { code } = table;
  if (typeof code !== "number" || !Number.isInteger(code) || code < 0 || code > U32_MAX) {
    fail(where, `code is ${code}: expected a whole number of 0 to 0xFFFFFFFF`);
  }
  const strings = Object.fromEntries(
    ["about", "call", "text", "zig"].map((key) => [key, optionalString(table, key, where)]),
  );
  return { name, code, ...strings };
}

function parseSection(name: string, value: unknown): Section {
  if (typeof value !== "object" || value === null) fail(name, "expected a section [NAME] of codes");
  const table = value as Record<string, unknown>;
  const about = optionalString(table, "about", name) ?? fail(name, "it has no about");
  const codes = Object.entries(table)
    .filter(([key]) => !SECTION_KEYS.includes(key))
    .map(([key, code]) => parseCode(name, key, code));
  if (codes.length === 0) fail(name, "it has no codes");
  const [first, second] = firstTwice(codes, ({ code }) => code) ?? [];
  if (first && second) fail(`${name}.${second.name}`, `code ${second.code} is ${first.name}'s already`);
  const strings = Object.fromEntries(["enum", "c", "zig"].map((key) => [key, optionalString(table, key, name)]));
  return { name, about, macros: table.macros === true, codes, ...strings };
}

/** The first two items that have the same key. */
function firstTwice<T>(items: readonly T[], keyOf: (item: T) => unknown): [T, T] | undefined {
  const seen = new Map<unknown, T>();
  for (const item of items) {
    const before = seen.get(keyOf(item));
    if (before !== undefined) return [before, item];
    seen.set(keyOf(item), item);
  }
  return undefined;
}

/**
 * Reads the table.
 *
 * @throws Error that names the section and the code, and says what was expected
 */
export function parseCodes(toml: string): Section[] {
  let parsed: object;
  try {
    parsed = Bun.TOML.parse(toml);
  } catch (cause) {
    throw new Error(`gobuf: ${TABLE}: ${(cause as Error).message}`, { cause });
  }
  const sections = Object.entries(parsed).map(([name, value]) => parseSection(name, value));
  for (const namesOf of [tsNames, cNames]) {
    const twice = firstTwice(sections.flatMap(namesOf), (name) => name);
    if (twice) fail(twice[0], "two codes have this name");
  }
  const codeOf = (section: string, name: string) =>
    sections.find((one) => one.name === section)?.codes.find((one) => one.name === name)?.code ??
    fail(`${section}.${name}`, "it is missing");
  // Three ranges that execute's result falls into.
  const [embedder, first] = [codeOf("trap", "embedder"), codeOf("execute", "first")];
  for (const { name, codes } of sections) {
    for (const one of codes) {
      if (name === "trap" && one.code > embedder) {
        fail(`trap.${one.name}`, `code ${one.code}: expected one below ${embedder}, where the embedder's begin`);
      }
      if (name === "execute" && one.code < first) {
        fail(`execute.${one.name}`, `code ${one.code}: expected one above ${hex(first)}, or it could be a trap's`);
      }
    }
  }
  return sections;
}

function tsNames(section: Section): string[] {
  return section.codes.map(({ name }) => `${section.name}_${name}`.toUpperCase());
}

function cNames({ c, codes }: Section): string[] {
  return c === undefined ? [] : codes.map(({ name }) => c + name.toUpperCase());
}

function hex(code: number): string {
  return code < 0x1_0000 ? String(code) : `0x${code.toString(16).toUpperCase()}`;
}

/** Breaks a comment into lines: the first begins with `begin`, the others with `next`; `end` follows the last. */
function comment(text: string, begin: string, next: string, end = ""): string {
  const lines: string[] = [];
  let line = begin;
  for (const word of text.split(/\s+/)) {
    if (`${line} ${word}`.length > WIDTH - end.length) {
      lines.push(line);
      line = next;
    }
    line += ` ${word}`;
  }
  return [...lines, line + end].join("\n");
}

/** C: an enum, or macros. */
function cSection({ about, c, macros, codes }: Section): string {
  const beside = (one: Code) => (one.about === undefined ? "" : ` /* ${one.about} */`);
  const lines = codes.map((one, i) => {
    const name = `${c}${one.name.toUpperCase()}`;
    if (macros) return `#define ${name} ${hex(one.code)}u${beside(one)}`;
    return `  ${name} = ${hex(one.code)}${i + 1 < codes.length ? "," : ""}${beside(one)}`;
  });
  const all = macros ? lines : ["enum {", ...lines, "};"];
  return [comment(about, "/*", " *", " */"), ...all, ""].join("\n");
}

function zigEnum(type: string, { about, codes }: Section): string {
  const lines = codes.flatMap((one) => [
    ...(one.about === undefined ? [] : [comment(one.about, "    ///", "    ///")]),
    `    ${one.name} = ${hex(one.code)},`,
  ]);
  return [comment(about, "///", "///"), `pub const ${type} = enum(u32) {`, ...lines, "};", ""].join("\n");
}

/** Constants in Zig, by their names. */
function zigConstants(codes: readonly Code[], indent: string, nameOf: (one: Code) => string): string[] {
  return codes.flatMap((one) => [
    ...(one.about === undefined ? [] : [comment(one.about, `${indent}///`, `${indent}///`)]),
    `${indent}pub const ${nameOf(one)}: u32 = ${hex(one.code)};`,
  ]);
}

/** For bodies in Zig. */
function bodiesZigSection(section: Section): string {
  if (section.enum !== undefined) return zigEnum(section.enum, section);
  const lines = zigConstants(section.codes, "", (one) => section.zig + (one.zig ?? one.name));
  return [comment(section.about, "//", "//"), ...lines, ""].join("\n");
}

/** For the library. */
function coreZigSection(section: Section): string {
  if (section.enum !== undefined) return zigEnum(section.enum, section);
  const lines = zigConstants(section.codes, "    ", (one) => one.name);
  return [comment(section.about, "///", "///"), `pub const ${section.name} = struct {`, ...lines, "};", ""].join("\n");
}

function tsSection(section: Section): string {
  const { name, about, codes } = section;
  const names = tsNames(section);
  const lines = codes.flatMap((one, i) => [
    ...(one.about === undefined ? [] : [comment(one.about, "/**", " *", " */")]),
    `export const ${names[i]} = ${hex(one.code).toLowerCase()};`,
  ]);
  const tables = (["call", "text"] as const).flatMap((key) => {
    const entries = codes.flatMap((one, i) => {
      return one[key] === undefined ? [] : [`  [${names[i]}]: ${JSON.stringify(one[key])},`];
    });
    if (entries.length === 0) return [];
    const what = key === "call" ? "The functions of gobuf.h, by the code that each uses." : "What each code means.";
    const table = `${name.toUpperCase()}_${key.toUpperCase()}S`;
    return [`/** ${what} */`, `export const ${table}: Readonly<Record<number, string>> = {`, ...entries, "};"];
  });
  return [comment(about, "//", "//"), ...lines, ...tables, ""].join("\n");
}

const MADE = `made by scripts/codes.ts from ${TABLE}: change it there`;
const BEGIN = `codes, ${MADE}`;
const END = "end of the codes";

/** A file with its marked part replaced. */
function withPart(path: string, text: string, [before, after]: readonly [string, string], part: string): string {
  const begin = `${before}${BEGIN}${after}\n`;
  const end = `${before}${END}${after}\n`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`gobuf: ${path}: expected the lines "${begin.trim()}", "${end.trim()}"`);
  return `${text.slice(0, from)}${begin}\n${part}\n${text.slice(to)}`;
}

/**
 * What the table's files are to be.
 *
 * @param root the checkout
 * @returns text by path from the root
 */
export function generate(root: string): Map<string, string> {
  const read = (path: string) => readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
  const sections = parseCodes(read(TABLE));
  const all = (write: (section: Section) => string, of = sections) => of.map(write).join("\n");
  const [header, bodies] = ["arch/include/gobuf.h", "arch/include/gobuf.zig"];
  const forBodies = all(
    bodiesZigSection,
    sections.filter(({ zig }) => zig !== undefined),
  );
  const forC = all(
    cSection,
    sections.filter(({ c }) => c !== undefined),
  );
  return new Map([
    [header, withPart(header, read(header), ["/* ", " */"], forC)],
    [bodies, withPart(bodies, read(bodies), ["// ", ""], forBodies)],
    ["arch/codes.zig", `//! Codes that cross the C ABI, ${MADE}.\n\n${all(coreZigSection)}`],
    ["src/runtime/codes.ts", `/** Codes that arch/ and src/ share, ${MADE}. */\n\n${all(tsSection)}`],
  ]);
}

/** Paths of the files that are not what the table gives. */
export function stale(root: string): string[] {
  return [...generate(root)].flatMap(([path, text]) => {
    const file = join(root, path);
    let found: string | undefined;
    try {
      found = readFileSync(file, "utf8").replaceAll("\r\n", "\n");
    } catch {}
    return found === text ? [] : [path];
  });
}

/** Writes the files. */
export function write(root: string): void {
  for (const [path, text] of generate(root)) writeFileSync(join(root, path), text);
}

if (import.meta.main) {
  const options = command(
    "bun run codes",
    `Checks that the files made from ${TABLE} are what it gives. Exit code: 0 they are, 1 one is not, 2 the command line is wrong.`,
  )
    .option("--write", "write them")
    .parse()
    .opts<{ write?: boolean }>();
  const root = resolve(import.meta.dir, "..");
  try {
    if (options.write) write(root);
    const wrong = stale(root);
    if (wrong.length > 0) {
      console.error(`gobuf: not what ${TABLE} gives: ${wrong.join(", ")}: run \`bun run codes --write\``);
      process.exit(1);
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
