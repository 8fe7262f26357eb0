/** This checkout's programs on another checkout's `src`, whose modules lie elsewhere or are not there. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { abiSkip } from "../scripts/abis/skip.ts";
import { packageRoot } from "../src/runtime/library.ts";
import { openBaseline } from "./baseline.ts";
import { follow, graft } from "./graft.ts";
import { Peer } from "./peer.ts";
import { OURS } from "./peers.ts";

/** Processes of programs. */
setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "gobuf-graft-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A graft links to the other checkout's modules. */
const linked = abiSkip("windows", "wine 8 makes no symbolic links");

let made = 0;

/** Writes files. @returns their folder */
function write(files: Record<string, string>): string {
  const root = join(folder, `made ${++made}`);
  mkdirSync(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const TSCONFIG = JSON.stringify({ compilerOptions: { paths: { gobuf: ["./src/index.ts"] } } });
const PACKAGE = JSON.stringify({ name: "gobuf", type: "module" });

/** A checkout whose bench is one program, loaded as the real one's are. */
function ours(program: string): string {
  return write({
    "tsconfig.json": TSCONFIG,
    "bench/host.ts": 'await import("./programs/one.ts");\n',
    "bench/programs/one.ts": program,
  });
}

/** Grafts, and runs the program. */
function run(program: string, src: Record<string, string>): { code: number; out: string; err: string } {
  const theirs = write({ "package.json": PACKAGE, ...src });
  const at = write({});
  graft(theirs, at, ours(program));
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, join(at, "bench", "host.ts")], {
    stdin: "ignore",
  });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

const COUNTER = "let n = 0;\nexport const count = () => ++n;\nexport type Count = number;\n";
const PROGRAM = `
import { go } from "gobuf";
import { type Count, count } from "../../src/runtime/counter.ts";
import { start as begin } from "../../src/run.ts";
const c: Count = count();
go();
console.log(c, count(), begin());
`;

describe("a program finds what it imports", () => {
  const index = 'export { go } from "./go.ts";\n';
  const go = (path: string) => `import { count } from "${path}";\nexport const go = () => void count();\n`;
  const table: [string, Record<string, string>][] = [
    [
      "where this checkout has it",
      {
        "src/index.ts": index,
        "src/go.ts": go("./runtime/counter.ts"),
        "src/runtime/counter.ts": COUNTER,
        "src/run.ts": "export const start = () => 7;\n",
      },
    ],
    [
      "in another folder",
      {
        "src/index.ts": index,
        "src/go.ts": go("./counter.ts"),
        "src/counter.ts": COUNTER,
        "src/deep/down/run.ts": "export const start = () => 7;\n",
      },
    ],
    [
      "in another module, which the one of its name does not pass on",
      {
        "src/index.ts": `${index}export { start } from "./proc.ts";\n`,
        "src/go.ts": go("./counts.ts"),
        "src/counts.ts": COUNTER,
        "src/run.ts": "export const other = 1;\n",
        "src/proc.ts": "export function start() { return 7; }\n",
        "src/proc.test.ts": "export const start = 8;\n",
      },
    ],
    [
      "by the module's file name, where others have the name as well",
      {
        "src/index.ts": index,
        "src/go.ts": go("./counter.ts"),
        "src/counter.ts": COUNTER,
        "src/deep/run.ts": "export const start = () => 7;\n",
        "src/race.ts": "export const start = () => 8;\n",
      },
    ],
  ];
  for (const [where, src] of table) {
    linked(`${where}, and there is one instance of each module`, () => {
      expect(run(PROGRAM, src)).toEqual({ code: 0, out: "1 3 7\n", err: "" });
    });
  }
});

describe("what a program does not find is named", () => {
  const rest = { "src/index.ts": "export const go = () => {};\n", "src/counter.ts": COUNTER };
  const table: [string, Record<string, string>, string][] = [
    ["no module has it", rest, "no module of its src exports start"],
    [
      "several have it",
      { ...rest, "src/a.ts": "export const start = 1;\n", "src/b/c.ts": "export const start = 2;\n" },
      "several modules of its src export start: src/a.ts, src/b/c.ts",
    ],
  ];
  for (const [what, src, why] of table) {
    linked(what, () => {
      const { code, out, err } = run(PROGRAM, src);
      expect(err).toContain(`error: bench: src/run.ts is not to be had from the baseline: ${why}`);
      expect([code, out]).toEqual([1, ""]);
    });
  }

  linked("a module imported as a whole has no names", () => {
    const whole = 'import * as all from "../../src/run.ts";\nconsole.log(all);\n';
    expect(() => run(whole, rest)).toThrow("bench/programs/one.ts imports ../../src/run.ts as a whole");
  });
});

test("the programs of this checkout import by name", () => {
  const { files, ofSrc } = follow(packageRoot);
  expect(files).toContain(join("bench", "programs", "native.ts"));
  expect(ofSrc.get(join("src", "index.ts"))).toContain("run");
  expect(ofSrc.size).toBeGreaterThan(3);
  for (const [file] of ofSrc) expect(existsSync(join(packageRoot, file)), file).toBe(true);
});

const test_ = abiSkip(["arm64", "windows", "musl"], "it starts processes of the same programs");

test_("both kinds of body run on this checkout's src with its folders renamed", async () => {
  const root = write({});
  for (const name of ["package.json", "zig-out"]) {
    cpSync(join(packageRoot, name), join(root, name), { recursive: true });
  }
  const renamed = new Map([
    ["runtime", "core"],
    ["native", "compiled"],
  ]);
  const names = readdirSync(join(packageRoot, "src"), { recursive: true, encoding: "utf8" });
  for (const name of names.filter((one) => one.endsWith(".ts") && !one.endsWith(".test.ts"))) {
    const [first = "", ...rest] = name.split("/");
    const to = join(root, "src", rest.length === 0 ? first : join(renamed.get(first) ?? first, ...rest));
    mkdirSync(dirname(to), { recursive: true });
    const text = readFileSync(join(packageRoot, "src", name), "utf8");
    const moved = text.replace(
      /"(\.\.?\/(?:\.\.\/)*)(runtime|native)\//g,
      (_, up, wing) => `"${up}${renamed.get(wing)}/`,
    );
    writeFileSync(to, moved);
  }
  using baseline = openBaseline(root);
  if (baseline.kind !== "checkout") throw new Error("no checkout");
  for (const impl of OURS) {
    await using peer = await Peer.start(impl, baseline.command(impl, 1));
    expect(await peer.sample("gosched 2", 1600, 1, 1600)).toHaveLength(1);
  }
});
