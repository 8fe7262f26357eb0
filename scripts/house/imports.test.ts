/** The rules for imports: each holds in the project, and each planted breach of it is found and named. */
import { afterAll, describe, expect, setDefaultTimeout } from "bun:test";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { packageRoot } from "../../src/runtime/library.ts";
import { abiSkip } from "../abis/skip.ts";
import { readArrows } from "./arrows.ts";
import { checkImports } from "./imports.ts";
import { formatBreach, gitTree, plantedTree, withFiles } from "./tree.ts";

const test = abiSkip(["arm64", "windows", "musl"], "it looks at files that are the same whatever runs here");

/** The whole tree is read, and copied. */
setDefaultTimeout(60_000);

/** A small house with every wing, where nothing is wrong. */
const house = plantedTree({
  "package.json": JSON.stringify({ peerDependencies: { "fast-check": "4" }, devDependencies: { commander: "15" } }),
  "tsconfig.json": '{ "compilerOptions": { /* as here */ "paths": { "gobuf": ["./src/index.ts"] } } }',
  "src/index.ts": 'export { go } from "./go.ts";\nexport * from "./time/timer.ts";',
  "src/eslint/index.ts": "export const rule = 1;",
  "src/testing/explore.ts": 'import { run } from "../run.ts";\nimport fc from "fast-check";\nexport { run, fc };',
  "src/run.ts": 'import { chan } from "./runtime/chan.ts";\nexport const run = chan;',
  "src/go.ts": 'import type { Native } from "./native/native.ts";\nexport const go = 1 as Native;',
  "src/runnative.ts": "export const native = 1;",
  "src/turns.ts": "export const step = 1;",
  "src/service.ts": "export const start = 1;",
  "src/async.ts": 'import { run } from "./run.ts";\nexport const wait = run;',
  "src/native/native.ts": 'import { readFileSync } from "node:fs";\nexport type Native = typeof readFileSync | 1;',
  "src/procs/pool.ts": "export const pool = 1;",
  "src/stage.ts": "export const stage = 1;",
  "src/worker.ts": "export const worker = 1;",
  "src/workers/group.ts": "export const group = 1;",
  "src/trace/trace.ts": 'export * from "../sync/mutex.ts";',
  "src/sync/mutex.ts": 'import { context } from "../context/context.ts";\nexport const mutex = context;',
  "src/sync/mutex.test.ts": 'import { run } from "../run.ts";\nrun;',
  "src/context/context.ts": 'import { timer } from "../time/timer.ts";\nexport const context = timer;',
  "src/time/timer.ts": 'import { chan } from "../runtime/chan.ts";\nexport const timer = chan;',
  "src/runtime/chan.ts": "export const chan = 1;\nexport type Chan = 1;",
  "src/runtime/proc.ts": 'import type { Chan } from "./chan.ts";\nexport const proc: Chan = 1;',
  "bench/main.ts": 'import { go } from "gobuf";\nconst { rows } = await import("./rows.ts");\ngo; rows;',
  "bench/rows.ts": "export const rows = 1;",
  "golden/format.ts": 'import { hash } from "./prng.ts";\nhash;',
  "golden/prng.ts": 'import "node:crypto";\nexport const hash = 1;',
  "golden/recorder/main.go": 'package main\n\nimport (\n\t"fmt"\n\t"internal/runtime/atomic"\n)\n',
  "arch/g.zig": 'const std = @import("std");\nconst os = @import("os/linux.zig");\nconst c = @import("layout");\n',
  "arch/os/linux.zig": 'const g = @import("../g.zig");\n',
  "arch/x.S": '#include "offsets.h"\n#include "asm.h"\n',
  "arch/asm.h": "#include <stdint.h>\n",
});

/** What is wrong with the small house once some files are changed. */
async function planted(changes: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const { breaches } = await checkImports(withFiles(house, changes), []);
  return breaches.map(formatBreach);
}

const ORDER =
  "from the top: index; eslint; testing; run, go, async; native; procs; workers; trace; sync; context; time; runtime";

test("the small house has no breach, and all its imports are arrows", async () => {
  expect(await planted({})).toEqual([]);
  const { modules, arrows } = await readArrows(house);
  expect(modules.length).toBe(25);
  expect(arrows.length).toBe(18);
});

describe("an import that runs up in src/ is found", () => {
  const from = "src/runtime/proc.ts";
  /** Each way to name a file, and what it is called. */
  const ways: readonly (readonly [string, string])[] = [
    ['import { run } from "../run.ts"; run;', "import"],
    ['import "../run.ts";', "import"],
    ['import run = require("../run.ts"); run;', "import"],
    ['import type { Run } from "../run.ts"; let r: Run;', "type import"],
    ['import { type Run } from "../run.ts"; let r: Run;', "type import"],
    ['let r: import("../run.ts").Run;', "type import"],
    ['let r: typeof import("../run.ts");', "type import"],
    ['export { run } from "../run.ts";', "export from"],
    ['export type { Run } from "../run.ts";', "export from"],
    ['export * from "../run.ts";', "export from"],
    ['declare module "../run.ts" { interface Run {} }', "module declaration"],
    ['export const f = () => import("../run.ts");', "late import"],
    [`export const f = () => import(\`../run.ts?copy=\${Date.now()}\`);`, "late import"],
    ['export const f = () => require("../run.ts");', "late import"],
    ['export const f = () => require.resolve("../run.ts");', "late import"],
    ['export const f = () => import.meta.require("../run.ts");', "late import"],
    ['export const f = () => import.meta.resolve("../run.ts");', "late import"],
    ['export const f = () => new Worker(new URL("../run.ts", import.meta.url));', "URL"],
    ['export const f = () => new Worker("../run.ts");', "URL"],
  ];
  for (const [text, kind] of ways) {
    test(`${kind}: ${text}`, async () => {
      const message = `${kind} of src/run.ts runs up, from runtime to run, go, async; ${ORDER}`;
      expect(await planted({ [from]: `// one line before\n${text}\n` })).toEqual([`${from}:2: wings: ${message}`]);
    });
  }

  test("from each wing to the next above it", async () => {
    const tops = [
      "index.ts",
      "eslint/index.ts",
      "testing/explore.ts",
      "run.ts",
      "native/native.ts",
      "procs/pool.ts",
      "workers/group.ts",
      "trace/trace.ts",
      "sync/mutex.ts",
    ];
    const all = [...tops, "context/context.ts", "time/timer.ts", "runtime/chan.ts"].map((file) => `src/${file}`);
    for (let i = 1; i < all.length; i++) {
      const text = `import type * as Above from "${"../".repeat((all[i]?.split("/").length ?? 0) - 1)}${all[i - 1]}";`;
      const found = await planted({ [all[i] as string]: text });
      // Some of them close a circle too.
      const wings = found.filter((line) => line.includes(": wings: "));
      expect(wings).toEqual([expect.stringContaining(`${all[i]}:1: wings: type import of ${all[i - 1]} runs up`)]);
    }
  });

  test("by the package's own name", async () => {
    expect(await planted({ [from]: 'import { go } from "gobuf"; go;' })).toEqual([
      `${from}:1: wings: import of src/index.ts runs up, from runtime to index; ${ORDER}`,
    ]);
  });

  test("out of src/, to a package that users do not have, and in a file of no wing", async () => {
    expect(await planted({ [from]: 'import { rows } from "../../bench/rows.ts"; rows;' })).toEqual([
      `${from}:1: wings: import of bench/rows.ts: src/ knows nothing above it; expected a file of src/`,
    ]);
    expect(await planted({ [from]: 'import { Command } from "commander"; Command;' })).toEqual([
      `${from}:1: wings: import of commander: what src/ imports is shipped; expected Bun's own modules, or a peer dependency`,
    ]);
    expect(await planted({ "src/attic.ts": "export const old = 1;" })).toEqual([
      expect.stringContaining("src/attic.ts: wings: it stands in no wing"),
    ]);
  });

  test("a test may import any wing, and nothing imports a test", async () => {
    expect(await planted({ "src/sync/mutex.test.ts": 'import "../testing/explore.ts";' })).toEqual([]);
    expect(await planted({ [from]: 'import "../sync/mutex.test.ts";' })).toContain(
      `${from}:1: tests: import of src/sync/mutex.test.ts: a test is imported by nothing; move what both need into a file of its own`,
    );
  });
});

describe("a circle is found", () => {
  test("of two files of a wing, one of them by a type alone", async () => {
    expect(await planted({ "src/runtime/chan.ts": 'import type { proc } from "./proc.ts";' })).toEqual([
      "src/runtime/chan.ts:1: circle: a circle of 2 files: " +
        "src/runtime/chan.ts:1 (type import) -> src/runtime/proc.ts:1 (type import) -> src/runtime/chan.ts",
    ]);
  });

  test("of three files on one floor, run, go and async, closed by a late import", async () => {
    const changes = { "src/run.ts": 'export const f = () => import("./go.ts");', "src/go.ts": 'import "./async.ts";' };
    expect(await planted(changes)).toEqual([
      "src/async.ts:1: circle: a circle of 3 files: src/async.ts:1 (import) -> src/run.ts:1 (late import) -> " +
        "src/go.ts:1 (import) -> src/async.ts",
    ]);
  });

  test("in bench/, and two circles are two breaches", async () => {
    const changes = {
      "bench/rows.ts": '\n\nimport "./main.ts";',
      "bench/a.ts": 'import "./b.ts";',
      "bench/b.ts": 'import "./a.ts";',
    };
    expect(await planted(changes)).toEqual([
      "bench/a.ts:1: circle: a circle of 2 files: bench/a.ts:1 (import) -> bench/b.ts:1 (import) -> bench/a.ts",
      "bench/main.ts:2: circle: a circle of 2 files: " +
        "bench/main.ts:2 (late import) -> bench/rows.ts:3 (import) -> bench/main.ts",
    ]);
  });

  test("of a file with itself, and a file that only leads to a circle is not on it", async () => {
    const changes = { "bench/rows.ts": 'import type { rows } from "./rows.ts";' };
    expect(await planted(changes)).toEqual([
      "bench/rows.ts:1: circle: a circle of 1 files: bench/rows.ts:1 (type import) -> bench/rows.ts",
    ]);
  });
});

describe("what golden/ and arch/ import from above is found", () => {
  test("golden/: a type, a package of the project, a module of Go", async () => {
    expect(await planted({ "golden/format.ts": 'import type { Chan } from "../src/runtime/chan.ts";' })).toEqual([
      "golden/format.ts:1: golden: type import of src/runtime/chan.ts: golden/ knows nothing above it; expected a file of golden/",
    ]);
    expect(await planted({ "golden/format.ts": 'import { go } from "gobuf"; go;' })).toEqual([
      "golden/format.ts:1: golden: import of src/index.ts: golden/ knows nothing above it; expected a file of golden/",
    ]);
    expect(await planted({ "golden/prng.ts": 'readFileSync(join(import.meta.dir, "../src/runtime"));' })).toEqual([
      'golden/prng.ts:1: golden: "../src/runtime" is the path of src/runtime: golden/ knows nothing above it; expected one of golden/',
    ]);
    const outside = (path: string) =>
      `golden/recorder/main.go:4: golden: import of ${path}: golden/ knows nothing above it; expected Go's standard library`;
    for (const path of ["example.com/m", "../../props/trace"]) {
      const text = `package main\n\nimport (\n\tx "${path}"\n)\n`;
      expect(await planted({ "golden/recorder/main.go": text })).toEqual([outside(path)]);
      expect(await planted({ "golden/recorder/main.go": `package main\n\n\nimport "${path}"\n` })).toEqual([
        outside(path),
      ]);
    }
  });

  test("arch/: a file of TypeScript, Zig, C or assembly that names a file outside", async () => {
    const outside = (file: string, line: number, path: string) =>
      `${file}:${line}: arch: it names "${path}": arch/ knows nothing above it; expected a file of arch/`;
    const cases: readonly (readonly [string, string, string])[] = [
      ["arch/g.zig", '\nconst t = @import("../src/table.zig");', "../src/table.zig"],
      ["arch/g.zig", '\nconst t = @embedFile("../props/words.json");', "../props/words.json"],
      ["arch/asm.h", '\n#include "../props/native/x.h"', "../props/native/x.h"],
      ["arch/x.S", '\n  .incbin "../src/data.bin"', "../src/data.bin"],
    ];
    for (const [file, text, path] of cases) expect(await planted({ [file]: text })).toEqual([outside(file, 2, path)]);
    expect(await planted({ "arch/g.zig": '\nconst path = "src/runtime/chan.ts";' })).toEqual([
      'arch/g.zig:2: arch: "src/runtime/chan.ts" is the path of src/runtime/chan.ts: arch/ knows nothing above it; expected one of arch/',
    ]);
    expect(await planted({ "arch/names.ts": "export {};" })).toEqual([
      "arch/names.ts: arch: arch/ has no TypeScript: it knows nothing above it; move the file",
    ]);
  });
});

describe("a tree that cannot be read is no green tree", () => {
  test("no files, no modules, no imports, an empty wing", async () => {
    const { breaches } = await checkImports(plantedTree({ "README.md": "" }), []);
    expect(breaches.map(formatBreach)).toContain(".: read: no module was read; expected the project's files");
    expect(await planted({ "src/trace/trace.ts": undefined })).toEqual([
      "src/trace/: read: no module was read there; expected some (scripts/house/imports.ts names the places)",
    ]);
    const silent = Object.fromEntries(house.files.filter((file) => file.endsWith(".ts")).map((file) => [file, ""]));
    expect(await planted(silent)).toEqual([".: read: no import was read; expected the project's"]);
  });

  test("a file that does not parse, and an import that names no file", async () => {
    const file = "src/runtime/proc.ts";
    expect(await planted({ [file]: "\nexport const = 1;" })).toEqual([
      expect.stringContaining(`${file}:2: read: it does not parse: `),
    ]);
    expect(await planted({ [file]: 'import "./attic.ts";' })).toEqual([
      `${file}:1: read: import of "./attic.ts": the tree has no src/runtime/attic.ts`,
    ]);
    expect(await planted({ [file]: 'import "./chan";' })).toEqual([
      `${file}:1: read: import of "./chan": the tree has no src/runtime/chan`,
    ]);
    expect(await planted({ [file]: 'import "left-pad";' })).toEqual([
      `${file}:1: read: import of "left-pad": the tree has no package left-pad in package.json`,
    ]);
  });

  test("a late import that no one can follow, unless it is excused; an excuse without one", async () => {
    const file = "src/runtime/proc.ts";
    const unfollowed = (expression: string) =>
      `${file}:1: read: late import of ${expression}: no one can follow it; name the file in a literal`;
    for (const [text, expression] of [
      ["import(name);", "name"],
      ["export const load = require;", "require"],
      ['[require].map((f) => f("../run.ts"));', "require"],
      ["export const load = { resolve: import.meta.resolve };", "import.meta.resolve"],
      [`require(\`./\${name}.ts\`);`, `\`./\${name}.ts\``],
      ['import { createRequire } from "node:module";', 'import { createRequire } from "node:module";'],
    ] as const) {
      expect(await planted({ [file]: text })).toEqual([unfollowed(expression)]);
    }
    const harmless =
      'const words = { require: 1 }; interface W { require: 1 } words.require; type T = typeof words["require"];';
    expect(await planted({ [file]: harmless })).toEqual([]);
    const excuse = { file, argument: "name", why: "a test" };
    const excused = await checkImports(withFiles(house, { [file]: "import(name);" }), [excuse]);
    expect(excused.breaches).toEqual([]);
    const stale = await checkImports(house, [excuse]);
    expect(stale.breaches.map(formatBreach)).toEqual([
      `${file}: read: its late import of name is excused, and is no longer there: take the excuse away`,
    ]);
  });
});

describe("the project", () => {
  const folder = mkdtempSync(join(tmpdir(), "gobuf-house-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("every module that git knows is read, and none breaks a rule", async () => {
    const { arrows, breaches } = await checkImports(gitTree(packageRoot));
    const listed = Bun.spawnSync(["git", "ls-files", "*.ts"], { cwd: packageRoot })
      .stdout.toString()
      .trim()
      .split("\n");
    expect(arrows.modules).toEqual(expect.arrayContaining(listed));
    expect(breaches.map(formatBreach)).toEqual([]);
  });

  test("the command of the lint step is green here, and red with a planted import and in an empty tree", () => {
    const { lint, house } = manifest.scripts;
    expect(lint.split(" && ")).toContain("bun run house");
    expect(house).toBe("bun scripts/house/main.ts");
    const command = (root: string) => {
      const run = Bun.spawnSync([process.execPath, join(packageRoot, "scripts/house/main.ts"), root]);
      return { code: run.exitCode, errors: run.stderr.toString(), out: run.stdout.toString() };
    };
    const git = (...args: string[]) => expect(Bun.spawnSync(["git", ...args], { cwd: folder }).exitCode).toBe(0);
    git("init", "-q");
    expect(command(folder)).toEqual({ code: 1, errors: expect.stringContaining("no files; expected"), out: "" });

    for (const file of gitTree(packageRoot).files) cpSync(join(packageRoot, file), join(folder, file));
    expect(command(folder)).toEqual({
      code: 0,
      errors: "",
      out: expect.stringMatching(/^house: .* \d+ modules, .*: no breach/),
    });
    writeFileSync(
      join(folder, "src/runtime/planted.ts"),
      '/** A planted file that knows what it must not. */\nimport type { Go } from "../go.ts";\n',
    );
    expect(command(folder)).toEqual({
      code: 1,
      errors: [
        `src/runtime/planted.ts:2: wings: type import of src/go.ts runs up, from runtime to run, go, async; ${ORDER}`,
        "src/runtime/planted.ts: map: the map does not name it\n",
      ].join("\n"),
      out: expect.stringContaining("2 breaches"),
    });
  });
});
