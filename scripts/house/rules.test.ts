/** The rules of the house: each holds in the project, and turns red where a breach of it is planted. */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { packageRoot } from "../../src/runtime/library.ts";
import { abiSkip } from "../abis/skip.ts";
import { catches } from "./catches.ts";
import { environment, variablesRead } from "./environment.ts";
import { faults } from "./faults.ts";
import { bareCodes, heads, lengths, machinePaths } from "./files.ts";
import { links } from "./links.ts";
import { map } from "./map.ts";
import { RULES } from "./rules.ts";
import { type Breach, formatBreach, gitTree, plantedTree, type Tree, withFiles } from "./tree.ts";

const test = abiSkip(["arm64", "windows", "musl"], "it looks at files that are the same whatever runs here");

/** The whole tree is read. */
setDefaultTimeout(60_000);

/** What a rule finds in a tree, as lines. */
const said = (breaches: readonly Breach[]) => breaches.map(formatBreach);

describe("the project keeps each rule", () => {
  for (const [name, rule] of Object.entries(RULES)) {
    test(name, () => expect(said(rule(gitTree(packageRoot)))).toEqual([]));
  }
});

describe("map", () => {
  const MAP = `# Hacking

## Map

| folder | what |
|---|---|
| \`src/\` | the port; \`runtime/\` is told of below, \`types/\` is what the build makes |
| \`arch/\`, \`bench/\` | the rest; \`page/\` writes HTML |

### src/

| file | of Go | what |
|---|---|---|
| \`index.ts\` | | names |
| \`runtime/\` | \`runtime/chan.go\` | \`chan.ts\` channels; **\`proc.ts\`** the rest of \`runtime\` |

### arch/

| file | what |
|---|---|
| \`g.zig\` | Gs, as \`chan.ts\` sees them |
| \`os/\` | systems |

## Other

| file | what |
|---|---|
| \`nothing.ts\` | no part of the map |
`;
  const whole = plantedTree({
    ".gitignore": "/types/\n",
    "HACKING.md": MAP,
    "src/index.ts": "",
    "src/runtime/chan.ts": "",
    "src/runtime/chan.test.ts": "",
    "src/runtime/proc.ts": "",
    "arch/g.zig": "",
    "arch/os/linux.zig": "",
    "bench/main.ts": "",
    "bench/page/html.ts": "",
  });
  const planted = (changes: Readonly<Record<string, string | undefined>>) => said(map(withFiles(whole, changes)));

  test("a map that has everything", () => expect(planted({})).toEqual([]));

  test("a file of src/ or arch/ that it does not name, at any depth", () => {
    for (const file of ["src/attic.ts", "src/runtime/attic.ts", "arch/attic.zig"]) {
      expect(planted({ [file]: "" })).toEqual([`${file}: map: the map does not name it`]);
    }
  });

  test("a folder without a row, though it lies in one that has a row", () => {
    for (const folder of ["tools", "bench/attic", "src/runtime/attic", "arch/os/attic"]) {
      const file = `${folder}/main.md`;
      expect(planted({ [file]: "" })).toContain(
        `${folder}: map: the map has no row for the folder ${folder}/, and no row names it`,
      );
    }
  });

  test("a name of something that is not there, in any cell", () => {
    expect(planted({ "src/runtime/proc.ts": undefined })).toEqual([
      "HACKING.md:15: map: the map names proc.ts, and the tree has no src/runtime/proc.ts",
    ]);
    expect(planted({ "arch/g.zig": undefined })).toEqual([
      "HACKING.md:21: map: the map names g.zig, and the tree has no arch/g.zig",
    ]);
    expect(planted({ "bench/page/html.ts": undefined })).toEqual([
      "HACKING.md:8: map: the map names page/, and the tree has no arch/page/",
    ]);
  });

  test("what a row says of another row's file is no row for that file", () => {
    expect(planted({ "HACKING.md": MAP.replace("`chan.ts` channels;", "") })).toEqual([
      "src/runtime/chan.ts: map: the map does not name it",
    ]);
  });

  test("wings in another order, and no map at all", () => {
    const lines = MAP.split("\n");
    [lines[13], lines[14]] = [lines[14] as string, lines[13] as string];
    expect(planted({ "HACKING.md": lines.join("\n") })).toEqual([
      "HACKING.md:10: map: the map shows the wing runtime above index; expected the order of scripts/house/imports.ts",
    ]);
    expect(planted({ "HACKING.md": MAP.replace("## Map", "## Plan") })).toContain(
      'HACKING.md: map: there is no map; expected tables under a heading "Map"',
    );
    expect(planted({ "HACKING.md": undefined })).toContain(
      'HACKING.md: map: there is no map; expected tables under a heading "Map"',
    );
  });
});

describe("environment", () => {
  const page = (...names: string[]) =>
    `# Hacking\n\n## Environment variables\n\n| variable | what |\n|---|---|\n${names.map((name) => `| \`${name}\` | |`).join("\n")}\n`;
  const found = (texts: Readonly<Record<string, string>>, ...listed: string[]) =>
    said(environment(plantedTree({ "HACKING.md": page(...listed), ...texts })));

  test("each way to read a variable is seen", () => {
    const ways: readonly (readonly [string, string])[] = [
      ["src/a.ts", "process.env.X_Y"],
      ["src/a.ts", "process.env?.X_Y"],
      ["src/a.test.ts", "Bun.env.X_Y"],
      ["src/a.ts", "import.meta.env.X_Y"],
      ["src/a.ts", "const f = (env: Env) => env.X_Y ?? 1;"],
      ["src/a.ts", 'process.env["X_Y"]'],
      ["src/a.ts", "const { X_Y: y, ...rest } = process.env;"],
      ["src/a.ts", "const { X_Y } = Bun.env;"],
      ["arch/a.zig", 'std.posix.getenv("X_Y")'],
      ["arch/a.zig", 'std.process.getEnvVarOwned(allocator, "X_Y")'],
      ["bench/a.c", 'getenv("X_Y")'],
      ["bench/a.go", 'os.Getenv("X_Y")'],
      ["bench/a.go", 'os.LookupEnv("X_Y")'],
      ["bench/a.rs", 'std::env::var("X_Y")'],
      [".ci/run", 'echo "$X_Y"'],
      [".ci/run", `echo "\${X_Y:-1}"`],
      ["scripts/a.sh", "export X_Y=1"],
    ];
    for (const [file, text] of ways) {
      expect({ text, found: found({ [file]: `\n${text}\n` }, "X_Y") }).toEqual({ text, found: [] });
      const lacking = `${file}:2: environment: it reads X_Y, which HACKING.md's table of environment variables lacks`;
      expect({ text, found: found({ [file]: `\n${text}\n`, "src/o.ts": "OTHER" }, "OTHER") }).toEqual({
        text,
        found: [lacking],
      });
    }
    expect(found({ "props/a.ts": 'numberOf("GOBUF_ANT", 1)', "src/o.ts": "OTHER" }, "OTHER")).toHaveLength(1);
  });

  test("a shell's own names are none, nor is what a child of a test is given", () => {
    const tree = plantedTree({
      ".ci/run": 'LOG=1\necho "$LOG $SECONDS $name"\n',
      "a.test.ts": "expect(env.ANT).toBe(1)",
    });
    expect(variablesRead(tree)).toEqual({ reads: [], breaches: [] });
  });

  test("a row that nothing names, no table, and a read that no one can look up", () => {
    expect(found({ "src/a.ts": "process.env.ANT" }, "ANT", "BEE")).toEqual([
      "HACKING.md:8: environment: its table of environment variables has BEE, which nothing in the project names: take it away",
    ]);
    const none = said(environment(plantedTree({ "src/a.ts": "" })));
    expect(none).toEqual([expect.stringContaining("HACKING.md: environment: there is no table")]);
    expect(found({ "src/a.ts": "ANT; process.env[name.toUpperCase()]" }, "ANT")).toEqual([
      "src/a.ts:1: environment: process.env[name.toUpperCase()]: no one can look that variable up; expected its name",
    ]);
  });
});

describe("links", () => {
  const site = plantedTree({
    "README.md": [
      "# Top `x.ts`, and_more",
      "[a](docs/more.md) [b](docs/) [c](docs/more.md#part-one-1) [d](#top-xts-and_more) [e](src/a.ts#L2)",
      "[f](https://example.com/nothing) [g][ref] ![h](docs/h.svg)",
      "`[no](link.md)`",
      "```\n[nor](this.md)\n```",
      "[ref]: src/a.ts",
    ].join("\n\n"),
    "docs/more.md":
      '## Part one\n\n## Part one\n\n[up](../README.md#set)\n[here](#part-one)\n<a id="here"></a>\n[x](#here)\n',
    "docs/h.svg": "",
    "src/a.ts": "1\n2\n",
  });
  const dead = (href: string) => said(links(withFiles(site, { "docs/x.md": `\n\nsee [it](${href})\n` }))).slice(1);

  test("links that are alive, and one that is not", () => {
    expect(said(links(site))).toEqual([
      "docs/more.md:5: links: the link ../README.md#set is dead: README.md has no heading of that name",
    ]);
  });

  test("a file, a folder, a heading, a line that is not there", () => {
    const line = (href: string, why: string) => [`docs/x.md:3: links: the link ${href} is dead: ${why}`];
    expect(dead("none.md")).toEqual(line("none.md", "the tree has no docs/none.md"));
    expect(dead("../none/")).toEqual(line("../none/", "the tree has no none"));
    expect(dead("#none")).toEqual(line("#none", "docs/x.md has no heading of that name"));
    expect(dead("more.md#part-two")).toEqual(line("more.md#part-two", "docs/more.md has no heading of that name"));
    expect(dead("../src/a.ts#L3")).toEqual(line("../src/a.ts#L3", "src/a.ts has 2 lines"));
    expect(dead("/README.md")).toEqual(
      line("/README.md", "a path from the root works on no site; expected one from the page's folder"),
    );
    expect(dead("../README.md")).toEqual([]);
  });
});

describe("heads", () => {
  const found = (file: string, text: string) => said(heads(plantedTree({ [file]: text })));

  test("what says what a file is for", () => {
    for (const [file, text] of [
      ["a.ts", "/** The reader of golden files. */\nimport x;"],
      ["a.ts", "#!/usr/bin/env bun\n\n// The reader of golden files.\nimport x;"],
      ["a.zig", "//! Guarded stacks, and their pool.\nconst std;"],
      ["a.go", "//go:build unix\n\n// Its CPU time, on Unix.\n\npackage main\n"],
      [".ci/run", "#!/usr/bin/env bash\n# The project's own check.\nset -e\n"],
      ["a.S", "/* The switch of System V. */\n"],
    ] as const) {
      expect({ text, found: found(file, text) }).toEqual({ text, found: [] });
    }
  });

  test("what does not", () => {
    for (const [file, text] of [
      ["a.ts", ""],
      ["a.ts", "import x;\n/** The reader of golden files. */"],
      ["a.ts", "// biome-ignore lint: it is generated by a tool\nimport x;"],
      ["a.go", "// Copyright 2009 The Go Authors. All rights reserved.\n\npackage main\n// Package main is it.\n"],
      ["a.go", "//go:build unix\n\npackage main\n"],
      ["a.zig", "//! Reader\n"],
      ["a.sh", "#!/bin/sh\nset -e\n"],
    ] as const) {
      const message = "it does not begin by saying what it is for; expected a comment before anything else";
      expect({ text, found: found(file, text) }).toEqual({ text, found: [`${file}:1: heads: ${message}`] });
    }
  });
});

test("lengths: a file that is too long, unless it is argued for; an argument for one that is not", () => {
  const tree = (lines: number): Tree => plantedTree({ "src/a.ts": "x\n".repeat(lines) });
  const long = [{ file: "src/a.ts", linesMax: 600, why: "a test" }];
  const remedy = "part it, or argue for it in LONG of scripts/house/files.ts";
  expect(said(lengths(tree(500), []))).toEqual([]);
  expect(said(lengths(tree(501), []))).toEqual([`src/a.ts: lengths: 501 lines; expected at most 500: ${remedy}`]);
  expect(said(lengths(tree(600), long))).toEqual([]);
  expect(said(lengths(tree(601), long))).toEqual([`src/a.ts: lengths: 601 lines; expected at most 600: ${remedy}`]);
  const folder = [{ file: "src/", linesMax: 600, why: "a test" }];
  expect(said(lengths(tree(600), folder))).toEqual([]);
  expect(said(lengths(tree(601), folder))).toEqual([`src/a.ts: lengths: 601 lines; expected at most 600: ${remedy}`]);
  expect(said(lengths(tree(600), [{ file: "arch/", linesMax: 600, why: "a test" }]))).toHaveLength(2);
  const stale = "src/a.ts: lengths: LONG of scripts/house/files.ts excuses it, and it has no more than 500 lines";
  expect(said(lengths(tree(500), long))).toEqual([`${stale}: take that away`]);
});

test("machine paths: somebody's home or checkout, in any file, and no others", () => {
  const found = (text: string) => said(machinePaths(plantedTree({ "a.md": `\n${text}` })));
  for (const path of ["/home/ant/gobuf", "/Users/ant", "/root/gobuf", "/work/tree", "/mnt/disk", "C:\\Users\\ant"]) {
    const shown = path.startsWith("C:") ? "C:\\Users\\" : path.split("/").slice(0, 3).join("/");
    const message = `${shown} is a path of one machine; expected one from the project's root, or a made one`;
    expect(found(`see "${path}"`)).toEqual([`a.md:2: machine paths: ${message}`]);
  }
  for (const path of [
    "/usr/bin/env",
    "/tmp/x",
    "/proc/self",
    "src/work/x",
    "https://a.b/home/x",
    "~/work/x",
    "$D/work/x",
  ]) {
    expect(found(`see "${path}"`)).toEqual([]);
  }
});

test("bare codes: a case of a number in src/native, however it is written, and nowhere else", () => {
  const found = (file: string, text: string) => said(bareCodes(plantedTree({ [file]: text })));
  for (const label of ["case 7:", "case  0x1f :", "case -1:", "case (7):", "case 1_000:"]) {
    const message = `src/native/trap.ts:2: bare codes: "${label}" is a bare code; expected its name from the table of codes`;
    expect(found("src/native/trap.ts", `\n${label} return;`)).toEqual([message]);
    expect(found("src/trace/x.ts", label)).toEqual([]);
  }
  expect(found("src/native/trap.ts", "case TRAP_SEND: case CODES.recv:")).toEqual([]);
});

describe("F10: a catch that may keep a goroutine from ending", () => {
  const found = (block: string, name = "(error) ") =>
    said(catches(plantedTree({ "src/a.ts": `try {\n  f();\n} catch ${name}{\n  ${block}\n}\n` })));

  const breaches: [what: string, block: string, name?: string][] = [
    ["swallows", "", ""],
    ["tells nobody", "log(error);"],
    ["throws another", 'throw new Error("x", { cause: error });'],
    ["throws in one case only", "if (error === BACK) throw error;"],
    ["returns in one case", "if (error === BACK) return;\n  throw error;"],
    ["throws in a block of a case", "if (error === BACK) {\n    throw error;\n  }"],
    ["says it in a word that is none", "// Goexit does not come here\n  f();"],
    ["gives no reason", "// Ends no goroutine:\n  f();"],
    ["names it in a string", 'log("Goexit");'],
  ];
  for (const [what, block, name] of breaches) {
    test(`that ${what} is a breach`, () => {
      expect(found(block, name)).toEqual([expect.stringMatching(/^src\/a\.ts:3: catches: .*Ends no goroutine/)]);
    });
  }

  const fine: [what: string, block: string][] = [
    ["throws it on", "f();\n  throw error;"],
    ["tells Goexit from the rest", "if (isGoexit(error)) throw error;\n  failed = true;"],
    ["gives the reason", "// Ends no goroutine: a file is read.\n  return undefined;"],
  ];
  for (const [what, block] of fine) {
    test(`that ${what} is none`, () => {
      expect(found(block)).toEqual([]);
    });
  }

  test("tests, and comments that show one, are let be", () => {
    const text = "try {\n  f();\n} catch {}\n";
    const example = `/**\n * ${text.replaceAll("\n", "\n * ")}\n */\nexport const a = 1;\n`;
    expect(said(catches(plantedTree({ "src/a.test.ts": text, "src/b.ts": example, "scripts/c.ts": text })))).toEqual(
      [],
    );
  });
});

describe("faults: each number is in a test's title", () => {
  const all = Array.from({ length: 51 }, (_, i) => `test("F${i + 1}: right", () => {});\n`);
  const found = (text: string) => said(faults(plantedTree({ "props/a.test.ts": text })));

  test("all of them are", () => {
    expect(found(all.join(""))).toEqual([]);
    expect(found(all.join("").replace('"F7: right"', "`F7, F8: right`"))).toEqual([]);
  });

  test("one that is missing is a breach, also when a comment, a name or another number has it", () => {
    const without = all.filter((_, i) => i !== 6).join("");
    const says = ["props/faults/: faults: F7: no test has it in its title; expected one in a .test.ts file"];
    for (const more of [
      "",
      "// F7: see above\n",
      "/** F7 */\n",
      "const F7 = 1;\n",
      'test("F77", f);\n',
      'test("xF7", f);\n',
    ]) {
      expect(found(without + more)).toEqual(says);
    }
    expect(said(faults(plantedTree({ "props/a.test.ts": without, "props/a.ts": 'say("F7")' })))).toEqual(says);
  });
});
