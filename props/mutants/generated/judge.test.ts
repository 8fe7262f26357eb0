/** The judge on planted faults: found, survived, compiled or not, and what is red by itself. */
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
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
          'import { readFileSync, writeFileSync } from "node:fs";',
          'import { expect, test } from "bun:test";',
          `const text = readFileSync("zig-out/lib/${hostPlatform()}/liba.so", "utf8");`,
          'test("one", () => expect(text).toContain("g(1)"));',
        ].join("\n"),
        "ends.test.ts":
          'import { test } from "bun:test";\nimport { seen } from "./a.ts";\ntest("ends", () => { if (seen() === 3) process.kill(process.ppid, "SIGKILL"); });\n',
      });
  const files = ["a.test.ts"];

  /** Judges an edit by tests. */
  async function judged(
    edit: readonly [from: string, to: string],
    tests: readonly string[] = files,
    file = "a.ts",
    isOne = false,
  ) {
    using copy = new Copy(root);
    Bun.spawnSync([process.execPath, "scripts/build.ts"], { cwd: copy.folder });
    const library = join(copy.folder, "zig-out", "lib", hostPlatform(), "liba.so");
    const built = readFileSync(library, "utf8");
    const results = new Results(join(stack.use(scratch("results")).path, "kept"));
    const red = new Map<string, string>();
    const judge = new Judge(copy, results, () => "state", red);
    const candidate = planted(root, file, ...edit);
    const ladder = isOne ? [testStep(tests, NOTHING_KNOWN)] : tests.map((file) => testStep([file], NOTHING_KNOWN));
    const judgement = await judge.judge(candidate, () => ladder);
    const after = readFileSync(join(copy.folder, file), "utf8");
    expect(after, "the edit is taken back").toBe(readFileSync(join(root, file), "utf8"));
    expect(readFileSync(library, "utf8"), "and what was built of it").toBe(built);
    const passed = tests.filter((test) => results.hasPassed(candidate.id, test, "state"));
    return { ...judgement, red: [...red.keys()], ms: tests.map((test) => results.msOf(test)), passed };
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
    "is found by a test that was seen green before, and is not taken once more without the fault",
    async () => {
      using copy = new Copy(root);
      const results = new Results(join(stack.use(scratch("results")).path, "kept"));
      const red = new Map<string, string>();
      const judge = new Judge(copy, results, () => "state", red);
      // It would be red again.
      results.green("red.test.ts", "state");
      const candidate = planted(root, "a.ts", "unseen = () => 1", "unseen = () => 2");
      const { verdict, step } = await judge.judge(candidate, () => [testStep(["red.test.ts"], NOTHING_KNOWN)]);
      expect({ verdict, step, red: red.size }).toEqual({ verdict: "found", step: "red.test.ts", red: 0 });
    },
    MS_MAX,
  );

  test(
    "is judged by the tests behind one that is red without it, and what it has passed is kept",
    async () => {
      const tests = ["red.test.ts", "a.test.ts"];
      const { verdict, step, red } = await judged(["seen = () => 1", "seen = () => 2"], tests, "a.ts", true);
      expect({ verdict, step, red }).toEqual({ verdict: "found", step: "a.test.ts", red: ["red.test.ts"] });
      const unseen = await judged(["unseen = () => 1", "unseen = () => 2"], tests, "a.ts", true);
      expect({ verdict: unseen.verdict, passed: unseen.passed }).toEqual({
        verdict: "survived",
        passed: ["a.test.ts"],
      });
    },
    MS_MAX,
  );

  test(
    "is left for later where its steps take more than it has; the first is taken anyway",
    async () => {
      using copy = new Copy(root);
      const results = new Results(join(stack.use(scratch("results")).path, "kept"));
      const judge = new Judge(copy, results, () => "state", new Map());
      const ladder = ["a.test.ts", "once.test.ts"].map((file) => testStep([file], NOTHING_KNOWN));
      const candidate = planted(root, "a.ts", "unseen = () => 1", "unseen = () => 2");
      const { verdict } = await judge.judge(candidate, () => ladder, { mostMs: 1 });
      expect(verdict).toBe("not judged");
      expect(["a.test.ts", "once.test.ts"].map((name) => results.hasPassed(candidate.id, name, "state"))).toEqual([
        true,
        false,
      ]);
    },
    MS_MAX,
  );

  test(
    "is not found by a test that came to a limit because nobody knew how long it takes",
    async () => {
      using copy = new Copy(root);
      const results = new Results(join(stack.use(scratch("results")).path, "kept"));
      const judge = new Judge(copy, results, () => "state", new Map());
      // The first run of it builds something, and takes longer than a test may.
      writeFileSync(
        join(copy.folder, "slow.test.ts"),
        [
          'import { existsSync, writeFileSync } from "node:fs";',
          'import { test } from "bun:test";',
          'test("slow", async () => {',
          '  if (existsSync("built")) return;',
          '  writeFileSync("built", "");',
          "  for (;;);",
          "}, 1e6);",
        ].join("\n"),
      );
      const candidate = planted(root, "a.ts", "unseen = () => 1", "unseen = () => 2");
      const { verdict } = await judge.judge(candidate, () => [testStep(["slow.test.ts"], NOTHING_KNOWN)], {
        limits: () => ({ cpuMs: 1500, wallMs: 600_000, idleMs: 600_000, bytes: 2 ** 32 }),
      });
      expect(verdict).toBe("survived");
    },
    MS_MAX,
  );

  test(
    "is not judged when the time is over in the middle of a step, which is ended",
    async () => {
      using copy = new Copy(root);
      const results = new Results(join(stack.use(scratch("results")).path, "kept"));
      const red = new Map<string, string>();
      const judge = new Judge(copy, results, () => "state", red);
      writeFileSync(
        join(copy.folder, "endless.test.ts"),
        'import { test } from "bun:test";\ntest("endless", () => { for (;;); }, 1e6);\n',
      );
      const candidate = planted(root, "a.ts", "unseen = () => 1", "unseen = () => 2");
      // The time is over when the type checker, or the step, has had two seconds.
      const start = performance.now();
      const { verdict } = await judge.judge(candidate, () => [testStep(["endless.test.ts"], NOTHING_KNOWN)], {
        leftMs: () => start + 2000 - performance.now(),
      });
      expect({ verdict, red: red.size }).toEqual({ verdict: "not judged", red: 0 });
      expect(performance.now() - start).toBeLessThan(30_000);
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
    "of many files the type checker is asked at once: what one of them has wrong is said of none that it can come from",
    async () => {
      const root = project(stack, {
        "package.json": JSON.stringify({ scripts: { typecheck: "bun check.ts" } }),
        // Refuses 9 where it is, and 7 in a file in all that read it.
        "check.ts": [
          'import { readFileSync, writeFileSync } from "node:fs";',
          'const [a, b, c] = ["a.ts", "b.ts", "c.ts"].map((file) => readFileSync(file, "utf8"));',
          "const wrong = [];",
          'for (const [file, text] of [["a.ts", a], ["b.ts", b], ["c.ts", c]]) if (text.includes("9")) wrong.push(file);',
          'if (a.includes("7")) wrong.push("d.ts");',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the program's
          "for (const file of wrong) console.log(`${file}(1,1): error TS1: no`);",
          'if (c.includes("8")) console.log("c.ts(1,1): error TS6133: unread");',
          'if (c.includes("8")) process.exit(1);',
          "process.exit(wrong.length === 0 ? 0 : 1);",
        ].join("\n"),
        "a.ts": "export const x = 1;\n",
        "b.ts": "export const x = 1;\n",
        "c.ts": "export const x = 1;\n",
      });
      using copy = new Copy(root);
      const results = new Results(join(stack.use(scratch("results")).path, "kept"));
      const judge = new Judge(copy, results, () => "state", new Map());
      /** a.ts is read by b.ts and d.ts. */
      const isReached = (from: string, to: string) => from === to || (from === "a.ts" && to !== "c.ts");
      const good = async (...to: string[]) => {
        const all = to.map((x, i) => planted(root, `${"abc"[i]}.ts`, "x = 1", `x = ${x}`));
        return (await judge.compiled(all, isReached)).good.map(({ file }) => file);
      };
      const bad = async (...to: string[]) => {
        const all = to.map((x, i) => planted(root, `${"abc"[i]}.ts`, "x = 1", `x = ${x}`));
        const found = (await judge.compiled(all, isReached)).bad;
        return [...found].map(([{ file }, why]) => `${file}: ${why}`);
      };
      expect(await good("2", "2", "2")).toEqual(["a.ts", "b.ts", "c.ts"]);
      expect(await good("2", "9", "2"), "once b.ts is out, a.ts is good").toEqual(["c.ts"]);
      expect(await good("7", "2", "2")).toEqual(["b.ts", "c.ts"]);
      expect(await good("2", "2", "9")).toEqual(["a.ts", "b.ts"]);
      expect(await bad("2", "9", "2"), "an error that may come from another file is nobody's yet").toEqual([]);
      expect(await bad("2", "2", "8")).toEqual(["c.ts: error TS6133: unread"]);
      for (const file of ["a.ts", "b.ts", "c.ts"])
        expect(readFileSync(join(copy.folder, file), "utf8")).toBe("export const x = 1;\n");
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
