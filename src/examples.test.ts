/**
 * The examples of the API page: every public export has one, all of them compile, and all of them run.
 *
 * An example that imports nothing is the inside of a goroutine: it gets every name of gobuf, and the fake clock.
 */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { compilerTest } from "../scripts/abis/compiler.ts";
import { abiSkip } from "../scripts/abis/skip.ts";

const src = import.meta.dir;
const root = join(src, "..");

function read(file: string): string {
  return readFileSync(join(src, file), "utf8");
}

interface Exported {
  readonly name: string;
  /** The file that declares it. */
  readonly file: string;
  /** How it is imported: `name` or `type name`. */
  readonly specifier: string;
}

/** What a file exports from others. */
function exportsOf(file: string): Exported[] {
  const exported: Exported[] = [];
  for (const [, allTypes, list = "", from = ""] of read(file).matchAll(
    /^export (type )?\{([^}]*)\} from "\.\/(.*?)"/gm,
  )) {
    for (const item of list.split(",")) {
      const name = item.trim().replace(/^type /, "");
      if (name === "") continue;
      const isType = allTypes !== undefined || item.trim().startsWith("type ");
      exported.push({ name, file: join(dirname(file), from), specifier: isType ? `type ${name}` : name });
    }
  }
  return exported;
}

/** What a file declares and exports itself. */
function declaredIn(file: string): Exported[] {
  const declarations = read(file).matchAll(/^export (?:const|class|interface|type|function\*?) (\w+)/gm);
  return [...new Set([...declarations].map(([, name = ""]) => name))].map((name) => ({ name, file, specifier: name }));
}

const index = exportsOf("index.ts");
const everything: [where: string, exported: Exported][] = [
  ...index.map((e): [string, Exported] => [e.name, e]),
  ...[...exportsOf("context/context.ts"), ...declaredIn("context/context.ts")].map((e): [string, Exported] => [
    `context.${e.name}`,
    e,
  ]),
  ...[...exportsOf("trace/trace.ts"), ...declaredIn("trace/trace.ts")].map((e): [string, Exported] => [
    `trace.${e.name}`,
    e,
  ]),
  ...exportsOf("native/nativeapi.ts").map((e): [string, Exported] => [`native.${e.name}`, e]),
  ...exportsOf("testing/index.ts").map((e): [string, Exported] => [`gobuf/testing ${e.name}`, e]),
  ...declaredIn("testing/fast-check.ts").map((e): [string, Exported] => [`gobuf/fast-check ${e.name}`, e]),
  ...declaredIn("testing/synctest.ts").map((e): [string, Exported] => [`gobuf/testing synctest.${e.name}`, e]),
];

/** The comment in front of an export. */
function commentOf({ name, file }: Exported): string {
  const declaration = new RegExp(`^export (?:abstract )?(?:const|class|interface|type|function\\*?) ${name}\\b`, "m");
  const text = read(file);
  const at = declaration.exec(text)?.index;
  if (at === undefined) throw new Error(`${file} does not declare ${name}`);
  const before = text.slice(0, at).trimEnd();
  return before.endsWith("*/") ? before.slice(before.lastIndexOf("/**")) : "";
}

interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

function examplesIn(file: string): Example[] {
  const text = read(file);
  return [...text.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length + 1,
    code: (match[1] ?? "").replaceAll(/^ *\* ?/gm, ""),
  }));
}

const files = (readdirSync(src, { recursive: true }) as string[]).filter(
  (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
);
const examples = files.sort().flatMap(examplesIn);

/** A file's path as one word. */
function nameOf(file: string): string {
  return file.replace(".ts", "").replaceAll(/[/\\]/g, "-");
}

/** The module that an example is. */
function moduleOf({ file, line, code }: Example): string {
  if (/^import /m.test(code)) return code;
  const names = index.map((e) => e.specifier).join(", ");
  const body = code.replaceAll(/^/gm, "  ");
  return `import { context, native, trace, ${names} } from "gobuf";
export default await run(function* example_${nameOf(file).replaceAll("-", "_")}_${line}() {\n${body}}, { clock: "fake" });\n`;
}

/** The C that examples compile. */
const BODIES = `#include "gobuf.h"
GOBUF_RUNTIME
void doubler(void *arg) {
  gobuf_handle ch = gobuf_handle_of(arg);
  gobuf_send(ch, 2 * gobuf_recv(ch).value);
}
void maker(void *arg) {
  gobuf_handle ch = gobuf_chan_make(0);
  gobuf_send(gobuf_handle_of(arg), ch);
  gobuf_send(ch, 42);
  gobuf_chan_free(ch);
}
void caller(void *arg) { gobuf_call(gobuf_handle_of(arg), gobuf_from_f64(0.5)); }
`;

let folder: string;

function pathOf(example: Example): string {
  return join(folder, `${nameOf(example.file)}-${example.line}.ts`);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-examples-"));
  writeFileSync(join(folder, "bodies.c"), BODIES);
  for (const example of examples) writeFileSync(pathOf(example), moduleOf(example));
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noUnusedLocals: false,
      typeRoots: [join(root, "node_modules", "@types")],
      paths: {
        gobuf: [join(src, "index.ts")],
        "gobuf/fast-check": [join(src, "testing", "fast-check.ts")],
        "gobuf/testing": [join(src, "testing", "index.ts")],
        "fast-check": [join(root, "node_modules", "fast-check")],
      },
    },
    include: [folder],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("examples of the public exports", () => {
  for (const [where, exported] of everything) {
    test(`${where} has one`, () => {
      const comment = commentOf(exported);
      expect(comment).toContain("@example");
      expect(comment).toContain("```ts");
    });
  }
});

const compiles = abiSkip("windows", "TypeScript's compiler is not installed for Windows");

compiles(
  "the examples compile",
  async () => {
    const tsc = Bun.spawn([process.execPath, "x", "tsc", "--noEmit", "-p", folder], { cwd: root, stdout: "pipe" });
    expect(await tsc.stdout.text()).toBe("");
    expect(await tsc.exited).toBe(0);
  },
  30_000,
);

describe("examples run", () => {
  for (const example of examples) {
    const run = example.code.includes("native.cc(") ? compilerTest : test;
    run(`${example.file}:${example.line}`, async () => {
      const printed: string[] = [];
      const log = spyOn(console, "log").mockImplementation((...values) => void printed.push(values.join(" ")));
      try {
        await import(pathOf(example));
      } finally {
        log.mockRestore();
      }
      // What a line says that it prints.
      for (const [, text = ""] of example.code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)) {
        expect(printed).toContain(text);
      }
    });
  }
});
