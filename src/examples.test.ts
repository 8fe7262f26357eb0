/**
 * The examples of the API page: every public export has one, all of them compile and run, and each prints exactly what it
 * says that it prints.
 *
 * An example that imports nothing is the inside of a goroutine: it gets every name of gobuf, and the fake clock. It states
 * its output as `console.log(x); // 42`, a statement a line in the order of the printing, or where that cannot be (a loop,
 * a function, several lines) in a block at its end, as Go's examples do: `// Output:` and the lines.
 */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { format } from "node:util";
import { compilerTest } from "../scripts/abis/compiler.ts";
import { abiSkip } from "../scripts/abis/skip.ts";
import { statedOutput } from "../scripts/stated.ts";
import { go, native, run } from "./index.ts";

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
  ...[...exportsOf("trace/pprof.ts"), ...declaredIn("trace/pprof.ts")].map((e): [string, Exported] => [
    `pprof.${e.name}`,
    e,
  ]),
  ...exportsOf("native/nativeapi.ts").map((e): [string, Exported] => [`native.${e.name}`, e]),
  ...exportsOf("testing/index.ts").map((e): [string, Exported] => [`gobuf/testing ${e.name}`, e]),
  ...declaredIn("testing/fast-check.ts").map((e): [string, Exported] => [`gobuf/fast-check ${e.name}`, e]),
  ...declaredIn("trace/opentelemetry.ts").map((e): [string, Exported] => [`gobuf/opentelemetry ${e.name}`, e]),
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
function moduleOf({ code }: Example): string {
  if (/^import /m.test(code)) return code;
  const names = index.map((e) => e.specifier).join(", ");
  const body = code.replaceAll(/^/gm, "  ");
  return `import { context, native, pprof, trace, ${names} } from "gobuf";
export default await run(function* main() {\n${body}}, { clock: "fake" });\n`;
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
void deep(void *arg) { volatile char frame[1000]; frame[0] = 1; deep(arg); }
void caller(void *arg) { gobuf_call(gobuf_handle_of(arg), gobuf_from_f64(0.5)); }
`;

/** The module that examples of `go.worker` start. */
const STAGE = `import type { Go, RecvChan, SendChan } from "gobuf";
export function* square(from: RecvChan<number>, to: SendChan<number>): Go {
  for (let n = yield* from.recv(); n !== undefined; n = yield* from.recv()) yield* to.send(n * n);
  to.close();
}
`;

let folder: string;

function pathOf(example: Example): string {
  return join(folder, `${nameOf(example.file)}-${example.line}.ts`);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-examples-"));
  writeFileSync(join(folder, "bodies.c"), BODIES);
  writeFileSync(join(folder, "stage.ts"), STAGE);
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
        "gobuf/opentelemetry": [join(src, "trace", "opentelemetry.ts")],
        "@opentelemetry/api": [join(root, "node_modules", "@opentelemetry", "api")],
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

/** What threads share is Linux's, and under qemu a thread takes seconds to start. */
const sharing =
  process.platform === "linux" ? abiSkip("arm64", "a thread takes seconds to start under qemu") : test.skip;

const compiles = abiSkip(["arm64", "windows"], "TypeScript's compiler is a program of this machine");

compiles(
  "the examples compile",
  async () => {
    const tsc = Bun.spawn(
      [process.execPath, join(root, "node_modules/typescript-7/bin/tsc"), "--noEmit", "-p", folder],
      { cwd: root, stdout: "pipe" },
    );
    expect(await tsc.stdout.text()).toBe("");
    expect(await tsc.exited).toBe(0);
  },
  30_000,
);

/** Runs what prints. @returns the lines that it printed */
async function linesOf(print: () => Promise<unknown>): Promise<string[]> {
  const printed: string[] = [];
  const log = spyOn(console, "log").mockImplementation(
    (...values) => void printed.push(...format(...values).split("\n")),
  );
  try {
    await print();
  } finally {
    log.mockRestore();
  }
  return printed;
}

describe("examples run, and print what they say", () => {
  for (const example of examples) {
    const shares = /\.shared[<(]|go\.worker[<(]/.test(example.code);
    const run = example.code.includes("native.cc(") ? compilerTest : shares ? sharing : test;
    run(`${example.file}:${example.line}`, async () => {
      const stated = statedOutput(example.code);
      expect(await linesOf(() => import(pathOf(example)))).toEqual(stated);
    });
  }

  const planted = async (code: string) => {
    const print = new Function(code) as () => void;
    const printed = await linesOf(async () => print());
    expect(printed).toEqual(statedOutput(code));
  };

  test.each([
    ["beside each statement", "console.log(1); // 1\nconsole.log('a', true); // a true\n"],
    ["in a block", "for (const n of [1, 2]) console.log(n);\n// Output:\n// 1\n// 2\n"],
    ["none", "void 0;\n"],
  ])("planted: %s", async (_, code) => {
    await planted(code);
  });

  test.each([
    ["prints and does not say what", "console.log(1);\n", "it prints 1 times and says 0 times what"],
    ["says less than it prints", "console.log(1); // 1\nconsole.log(2);\n", "it prints 2 times and says 1 times what"],
    ["prints another value", "console.log(1); // 2\n", "toEqual"],
    ["prints nothing", "if (false) console.log(1); // 1\n", "toEqual"],
    ["prints in another order", "queue = () => console.log(1); // 1\nconsole.log(2); // 2\nqueue();", "toEqual"],
    ["prints more", "for (const n of [1, 2]) console.log(n); // 1\n", "toEqual"],
    ["says it in both ways", "console.log(1); // 1\n// Output:\n// 1\n", "expected one of them"],
    ["says something and prints nothing", "void 0;\n// Output:\n// 1\n", "nothing is printed"],
    ["prints an error", "console.error(1); // 1\n", "it prints 1 times and says 0 times what"],
  ])("planted, refused: one that %s", async (_, code, why) => {
    await expect(planted(`let queue;\n${code}`)).rejects.toThrow(why);
  });
});

/** The example in the first comment of a file, whose lines begin so. */
function headExample(file: string, prefix: string): string {
  const lines = readFileSync(join(native.include, file), "utf8").split("\n");
  const from = lines.findIndex((line) => line.startsWith(prefix));
  const length = lines.slice(from).findIndex((line) => !line.startsWith(prefix));
  return lines
    .slice(from, from + length)
    .map((line) => line.slice(prefix.length))
    .join("\n");
}

/** The sum of what the body of both examples sends. */
function sumOf(squares: native.Body): Promise<number> {
  return run(function* () {
    const ch = native.chan(native.i32);
    go.native(squares, ch);
    let total = 0;
    for (let v = yield* ch.recv(); v !== undefined; v = yield* ch.recv()) total += v;
    return total;
  });
}

describe("the example at the head of", () => {
  compilerTest("gobuf.h compiles, and sends ten squares", async () => {
    const source = join(folder, "head.c");
    writeFileSync(source, headExample("gobuf.h", " *     "));
    using library = native.cc({ source, symbols: { squares: native.body } });
    expect(await sumOf(library.symbols.squares)).toBe(285);
  });

  const builds = abiSkip(["arm64", "musl", "windows"], "Zig's compiler is for this machine");
  builds(
    "gobuf.zig is built by the command below it, and sends ten squares",
    async () => {
      writeFileSync(join(folder, "bodies.zig"), headExample("gobuf.zig", "//!     "));
      const [, build = ""] =
        /^\/\/! Build it by `zig (.*)`\.$/m.exec(readFileSync(join(native.include, "gobuf.zig"), "utf8")) ?? [];
      // Imported late: src requires the build of the library, which stands on this module, while the imports above load.
      const { findZig } = await import("../scripts/zig.ts");
      const command = [...findZig(), ...build.replace("PATH", native.include).split(" "), "-femit-bin=bodies.lib"];
      const { exitCode, stderr } = Bun.spawnSync(command, { cwd: folder, stderr: "pipe" });
      expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
      using library = native.dlopen(join(folder, "bodies.lib"), { squares: native.body });
      expect(await sumOf(library.symbols.squares)).toBe(285);
    },
    120_000,
  );
});
