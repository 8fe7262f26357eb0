/** The judge on planted faults: found, survived, compiled or not, and what is red by itself. */
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../../../scripts/scratch.ts";
import { hostPlatform } from "../../../src/runtime/library.ts";
import { Copy } from "../copy.ts";
import { type Candidate, identify } from "./candidate.ts";
import { Judge } from "./judge.ts";
import { NOTHING_KNOWN, testStep } from "./ladder.ts";
import { project } from "./planted.ts";
import { Results } from "./results.ts";

/** A test that starts processes, on a machine that has much else to do. */
const MS_MAX = 60_000;
const isWindows = process.platform === "win32";
const stack = new DisposableStack();
afterAll(() => stack.dispose());

/** The edit of a text that a mutant of a planted project makes. */
function planted(root: string, file: string, from: string, to: string): Candidate {
  const text = readFileSync(join(root, file), "utf8");
  const raw = { part: "src", file, operator: "planted", at: text.indexOf(from), from, to } as const;
  return identify(text, [raw])[0] as Candidate;
}

describe.skipIf(isWindows)("a planted fault (skipped on Windows, which has no process groups)", () => {
  const root = isWindows
    ? ""
    : project(stack, {
        "package.json": JSON.stringify({ scripts: { typecheck: "sh -c '! grep -q REFUSED a.ts'" } }),
        "a.ts": "export const seen = () => 1;\nexport const unseen = () => 1;\n",
        "a.test.ts":
          'import { expect, test } from "bun:test";\nimport { seen } from "./a.ts";\ntest("seen", () => expect(seen()).toBe(1));\n',
        "red.test.ts": 'import { expect, test } from "bun:test";\ntest("red", () => expect(1).toBe(2));\n',
        // Red the first time only.
        "once.test.ts":
          'import { existsSync, writeFileSync } from "node:fs";\nimport { expect, test } from "bun:test";\ntest("once", () => { const was = existsSync("was"); writeFileSync("was", ""); expect(was).toBe(true); });\n',
        // A library that its test reads, and a compiler of it that knows no 9.
        "a.zig": "fn f() void {\n    g(1);\n    h(5);\n}\n",
        "scripts/build.ts": [
          'import { mkdirSync, readFileSync, writeFileSync } from "node:fs";',
          `const folder = "zig-out/lib/${hostPlatform()}";`,
          'const text = readFileSync("a.zig", "utf8").replace("h(6)", "h(5)");',
          'if (text.includes("9")) { console.error("a.zig:2: error: no 9"); process.exit(1); }',
          "mkdirSync(folder, { recursive: true });",
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the program's
          "writeFileSync(`${folder}/liba.so`, text);",
        ].join("\n"),
        "zig.test.ts": [
          'import { readFileSync } from "node:fs";',
          'import { expect, test } from "bun:test";',
          `const text = readFileSync("zig-out/lib/${hostPlatform()}/liba.so", "utf8");`,
          'test("one", () => expect(text).toContain("g(1)"));',
        ].join("\n"),
        "ends.test.ts":
          'import { test } from "bun:test";\nimport { seen } from "./a.ts";\ntest("ends", () => { if (seen() === 3) process.kill(process.ppid, "SIGKILL"); });\n',
      });
  const files = ["a.test.ts"];

  /** Judges an edit by tests. */
  async function judged(edit: readonly [from: string, to: string], tests: readonly string[] = files, file = "a.ts") {
    using copy = new Copy(root);
    Bun.spawnSync([process.execPath, "scripts/build.ts"], { cwd: copy.folder });
    const library = join(copy.folder, "zig-out", "lib", hostPlatform(), "liba.so");
    const built = readFileSync(library, "utf8");
    const results = new Results(join(stack.use(scratch("results")).path, "kept"));
    const red = new Map<string, string>();
    const judge = new Judge(copy, results, "state", red);
    const candidate = planted(root, file, ...edit);
    const judgement = await judge.judge(candidate, () => tests.map((file) => testStep([file], NOTHING_KNOWN)));
    const after = readFileSync(join(copy.folder, file), "utf8");
    expect(after, "the edit is taken back").toBe(readFileSync(join(root, file), "utf8"));
    expect(readFileSync(library, "utf8"), "and what was built of it").toBe(built);
    return { ...judgement, red: [...red.keys()], ms: tests.map((test) => results.msOf(test)) };
  }

  test(
    "that a test sees is found, by its file",
    async () => {
      const { verdict, step, by } = await judged(["seen = () => 1", "seen = () => 2"]);
      expect({ verdict, step, by }).toEqual({ verdict: "found", step: "a.test.ts", by: "(fail) seen" });
    },
    MS_MAX,
  );

  test(
    "that no test sees survives",
    async () => {
      const { verdict, ms } = await judged(["unseen = () => 1", "unseen = () => 2"]);
      expect(verdict).toBe("survived");
      expect(ms[0], "the time that its test takes is known now").toBeGreaterThanOrEqual(0);
    },
    MS_MAX,
  );

  test(
    "is not found by a test that is red now and then",
    async () => {
      const { verdict } = await judged(["unseen = () => 1", "unseen = () => 2"], ["once.test.ts"]);
      expect(verdict).toBe("survived");
    },
    MS_MAX,
  );

  test(
    "is not found by a test that is red without it, which is told",
    async () => {
      const { verdict, red } = await judged(["unseen = () => 1", "unseen = () => 2"], ["red.test.ts"]);
      expect({ verdict, red }).toEqual({ verdict: "survived", red: ["red.test.ts"] });
    },
    MS_MAX,
  );

  test(
    "that the type checker refuses says nothing of the tests",
    async () => {
      expect((await judged(["seen = () => 1", "seen = () => REFUSED"])).verdict).toBe("does not compile");
      expect((await judged(["seen = () => 1", "seen = (): number => 1"])).verdict).toBe("same code");
    },
    MS_MAX,
  );

  test(
    "in what is built is judged by what is built of it",
    async () => {
      const verdict = async (from: string, to: string) => (await judged([from, to], ["zig.test.ts"], "a.zig")).verdict;
      expect(await verdict("g(1)", "g(2)")).toBe("found");
      expect(await verdict("h(5)", "h(7)")).toBe("survived");
      expect(await verdict("h(5)", "h(6)")).toBe("same code");
      expect(await verdict("h(5)", "h(9)")).toBe("does not compile");
    },
    MS_MAX,
  );

  test(
    "that ends its parent is found, and ends nothing else",
    async () => {
      expect((await judged(["seen = () => 1", "seen = () => 3"], ["ends.test.ts"])).verdict).toBe("found");
    },
    MS_MAX,
  );
});
