/** Generated mutants: operators, the draw, the verdicts on planted faults, what is kept, what is argued. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLATFORMS } from "../../../scripts/build.ts";
import { gitTree, plantedTree, type Tree } from "../../../scripts/house/tree.ts";
import { scratch } from "../../../scripts/scratch.ts";
import { hostPlatform, packageRoot } from "../../../src/runtime/library.ts";
import { type Argued, agreedOf, readArgued, staleOf } from "./argued.ts";
import { type Candidate, digest, type GeneratedVerdict, identify, PARTS } from "./candidate.ts";
import { apportion, candidatesOf, draw, partOf } from "./catalogue.ts";
import { Edits } from "./edits.ts";
import { Graph } from "./graph.ts";
import { failedFile, timesOf } from "./judge.ts";
import { checksOf, ladderOf, NOTHING_KNOWN } from "./ladder.ts";
import { project } from "./planted.ts";
import { type Judged, patchOf, percent, refutedOf, rowOf, survivorsOf, tableOf } from "./report.ts";
import { Results } from "./results.ts";
import { judgeDraws, together, writtenOf } from "./session.ts";
import { States } from "./states.ts";

/** The instrumenter is large: on a busy machine it takes seconds to load. */
setDefaultTimeout(60_000);

using home = new DisposableStack();
const stack = home.move();
afterAll(() => stack.dispose());

describe("the draw", () => {
  const texts = {
    "src/a.ts": "export const f = (a: number) => a + 1 > 2;\n",
    "arch/b.zig": "fn f() void {\n    g(1, 2);\n    h(3);\n}\n",
  };

  test("identities come from what stands around, not from the line", async () => {
    const ids = async (tree: Tree) => (await candidatesOf(tree, "linux-x64")).map(({ id }) => id);
    const before = await ids(plantedTree(texts));
    expect(new Set(before).size).toBe(before.length);
    const moved = plantedTree({ ...texts, "arch/b.zig": `const a = b;\n\n\n${texts["arch/b.zig"]}` });
    const after = await ids(moved);
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
  });

  test("the same seed draws the same, a larger draw holds the smaller one, another seed another", () => {
    const many = Array.from({ length: 300 }, (_, i): Candidate => {
      const part = i < 200 ? "src" : i < 230 ? "arch" : "suite";
      return { id: String(i), part, file: "", operator: "", at: 0, from: "", to: "" };
    });
    const ids = (n: number, seed: number) =>
      draw(many, n, seed).map(({ order, wanted }) => order.slice(0, wanted).map(({ id }) => id));
    expect(ids(30, 1)).toEqual(ids(30, 1));
    expect(ids(30, 1)).not.toEqual(ids(30, 2));
    expect(ids(30, 1).map(({ length }) => length)).toEqual([20, 3, 7]);
    for (const [i, part] of ids(30, 1).entries()) expect(ids(60, 1)[i]?.slice(0, part.length)).toEqual(part);
  });

  test("shares are whole, and all of them together what is wanted", () => {
    expect(apportion(10, [9, 9, 9])).toEqual([4, 3, 3]);
    expect(apportion(10, [2, 0, 1])).toEqual([2, 0, 1]);
    expect(apportion(0, [2, 1])).toEqual([0, 0]);
    expect(apportion(5, [0, 0, 0])).toEqual([0, 0, 0]);
  });

  test("each file of the project is in its part, and what is not built here in none", () => {
    expect(partOf("src/runtime/chan.ts", "linux-x64")).toBe("src");
    expect(partOf("arch/sysv_x86_64.S", "linux-x64")).toBe("arch");
    expect(partOf("arch/aarch64.S", "linux-x64")).toBeUndefined();
    expect(partOf("arch/aarch64.S", "linux-arm64")).toBe("arch");
    expect(partOf("arch/os/windows.zig", "linux-x64")).toBeUndefined();
    const here = (file: string) => PLATFORMS.filter((platform) => partOf(file, platform) !== undefined);
    expect(here("arch/async_ms_x86_64.S")).toEqual(["windows-x64"]);
    expect(here("arch/async_sysv_x86_64.S")).toEqual(["linux-x64", "darwin-x64"]);
    expect(here("arch/probe/async_aarch64.S")).toEqual(["linux-arm64", "darwin-arm64"]);
    expect(here("arch/os/x86_64_frame.zig")).toEqual(["linux-x64", "windows-x64", "darwin-x64"]);
    expect(here("arch/os/posix_preempt.zig")).toHaveLength(4);
    for (const file of ["props/mutants/suite-judges.ts", "props/mutants/rows-go.ts", "props/mutants/threads.ts"])
      expect(partOf(file, "linux-x64"), "a list of mutants by hand").toBeUndefined();
    expect(partOf("props/mutants/harness.ts", "linux-x64")).toBe("suite");
    expect(partOf("arch/probe/probe.zig", "linux-x64")).toBe("suite");
    expect(partOf("arch/probe/bodies.c", "linux-x64"), "a program").toBeUndefined();
    expect(partOf("arch/procs/model/explore.zig", "linux-x64"), "of no library").toBeUndefined();
    expect(partOf("props/fidelity/compare.ts", "linux-x64")).toBe("suite");
    expect(partOf("src/runtime/chan.test.ts", "linux-x64")).toBeUndefined();
    expect(partOf("arch/codes.zig", "linux-x64")).toBeUndefined();
    const { files } = gitTree(packageRoot);
    for (const part of ["src", "arch", "suite"]) {
      expect(files.filter((file) => partOf(file, hostPlatform()) === part).length, part).toBeGreaterThan(15);
    }
  });

  test("what says nothing is replaced by the next, and no more is judged than is wanted", async () => {
    const order = Array.from({ length: 9 }, (_, i) => ({ id: String(i) }) as Candidate);
    const said: GeneratedVerdict[] = ["found", "does not compile", "survived", "same code", "timed out"];
    for (const jobs of [1, 3]) {
      const judged = await judgeDraws([{ part: "src", wanted: 4, order }], jobs, async ({ id }) => {
        await Bun.sleep(0);
        return { verdict: said[Number(id)] ?? "found", by: "", step: "" };
      });
      expect(judged.map(({ candidate }) => candidate.id).sort(), `${jobs} jobs`).toEqual([
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
      ]);
    }
    const draws = (["src", "arch", "suite"] as const).map((part, i) => ({
      part,
      wanted: [4, 2, 4][i] as number,
      order: order.map(({ id }) => ({ id: `${part} ${id}` }) as Candidate),
    }));
    const parts = await judgeDraws(draws, 1, async () => ({ verdict: "found", by: "", step: "" }));
    const firsts = parts.slice(0, 5).map(({ candidate }) => candidate.id.split(" ")[0]);
    expect(new Set(firsts), "some of each part come first").toEqual(new Set(["src", "arch", "suite"]));
    expect(parts).toHaveLength(10);
    const few = await judgeDraws([{ part: "src", wanted: 99, order }], 2, async () => ({
      verdict: "same code",
      by: "",
      step: "",
    }));
    expect(few).toHaveLength(9);
    let calls = 0;
    const over = await judgeDraws(
      [{ part: "src", wanted: 9, order }],
      1,
      async () => ({ verdict: "found", by: "", step: "" }),
      () => calls++ === 2,
    );
    expect(over, "the time is over before the third").toHaveLength(2);
  });

  test("what the quick time through found counts where the time was over before the last came to it", () => {
    const of = (id: string, verdict: GeneratedVerdict): Judged => ({
      candidate: { id } as Candidate,
      judgement: { verdict, by: "", step: "" },
    });
    const quick = [of("a", "found"), of("b", "not judged"), of("c", "does not compile"), of("d", "not judged")];
    const last = [of("a", "found"), of("b", "survived")];
    const both = together(quick, last).map(({ candidate, judgement }) => `${candidate.id} ${judgement.verdict}`);
    expect(both.sort()).toEqual(["a found", "b survived", "c does not compile"]);
  });
});

describe("the ladder", () => {
  test("its own test first, then by the imports; a test that does not depend on the file is no step", async () => {
    const tree = plantedTree({
      "src/a.ts": "export const a = 1;\n",
      "src/b.ts": 'export { a } from "./a.ts";\n',
      "src/a.test.ts": 'import "./a.ts";\n',
      "src/other.test.ts": 'import "./a.ts";\n',
      "src/far.test.ts": 'import "./b.ts";\n',
      "src/none.test.ts": "export {};\n",
    });
    const graph = await Graph.of(tree);
    const candidate: Candidate = { id: "1", part: "src", file: "src/a.ts", operator: "", at: 0, from: "", to: "" };
    const names = (known = NOTHING_KNOWN) => ladderOf(candidate, graph, known).map(({ name }) => name);
    expect(names()).toEqual(["src/a.test.ts src/other.test.ts", "fidelity named", "src/far.test.ts", "fidelity"]);
    const known = { finders: (key: string) => (key === "src/a.ts" ? ["src/far.test.ts"] : []), msOf: () => undefined };
    const hinted = ["src/far.test.ts", "src/a.test.ts src/other.test.ts", "fidelity named", "fidelity"];
    expect(names(known)).toEqual(hinted);
    // What takes long is the first step for the mutant that it has found, not for others of the file.
    const slow = { ...known, msOf: (name: string) => (name === "src/far.test.ts" ? 60_000 : undefined) };
    expect(names(slow).at(-1)).toBe("src/far.test.ts");
    expect(names({ ...slow, finders: (key) => (key === candidate.id ? ["src/far.test.ts"] : []) })).toEqual(hinted);
    // What it has passed is no step any more.
    const left = ladderOf(candidate, graph, known, (name) => name !== "src/far.test.ts" && name !== "fidelity named");
    expect(left.map(({ name }) => name)).toEqual(["src/a.test.ts src/other.test.ts", "fidelity"]);
    const all = ["src/a.test.ts", "src/far.test.ts", "src/other.test.ts", "fidelity named", "fidelity"];
    expect(checksOf(candidate, graph)).toEqual(all);
    // A test that is late on a busy machine has found nothing.
    const [step] = ladderOf(candidate, graph, NOTHING_KNOWN);
    const files = ["./src/a.test.ts", "./src/other.test.ts"];
    expect(step?.args).toEqual(["test", "--bail=1", "--timeout=60000", ...files]);
  });

  test("a step's processor time is shared by how long its files took", () => {
    const suite = (name: string, time: string) =>
      `  <testsuite name="${name}" file="${name}" tests="1" time="${time}" hostname="x">`;
    const xml = [suite("a.test.ts", "0.3"), suite("b.test.ts", "0.1"), '    <testsuite name="inner" time="9">'].join(
      "\n",
    );
    expect([...timesOf(xml, 1000)]).toEqual([
      ["a.test.ts", 750],
      ["b.test.ts", 250],
    ]);
    expect(timesOf("", 1000).size).toBe(0);
    expect(timesOf(suite("a.test.ts", "0"), 1000).size).toBe(0);
  });

  test("the file of a failure is the last one named above it", () => {
    const output = "a.test.ts:\n(pass) x\n\nb.test.ts:\nerror: no\n(fail) y\n\nc.test.ts:\n";
    expect(failedFile(output, ["a.test.ts", "b.test.ts", "c.test.ts"])).toBe("b.test.ts");
    expect(failedFile("", ["a.test.ts"])).toBeUndefined();
  });
});

describe("what is kept", () => {
  const result = {
    id: "0123456789",
    file: "src/a.ts",
    tree: "t",
    verdict: "found",
    by: "(fail) x",
    step: "src/a.test.ts",
    ms: 5,
  } as const;

  test("is there for the next run, for the same state of the tree only", () => {
    const { path } = stack.use(scratch("results"));
    const first = new Results(path);
    first.record(result);
    first.timed("src/a.test.ts", 1234);
    const second = new Results(path);
    expect(second.of(result.id, () => "t")).toEqual(result);
    expect(second.of(result.id, () => "u")).toBeUndefined();
    expect(second.finders("src/a.ts")).toEqual(["src/a.test.ts"]);
    expect(second.finders(result.id)).toEqual(["src/a.test.ts"]);
    expect(second.msOf("src/a.test.ts")).toBe(1234);
  });

  test("a line cut short by the end of a run is left out, and the next one is whole", () => {
    const { path } = stack.use(scratch("results"));
    new Results(path).record(result);
    appendFileSync(join(path, "results.jsonl"), '0123abcd {"id":"1');
    const again = new Results(path);
    again.record({ ...result, id: "1111111111" });
    expect(new Results(path).of("1111111111", () => "t")?.verdict).toBe("found");
  });

  test.each([
    ["another verdict", (text: string) => text.replace('"found"', '"survived"')],
    ["no JSON", () => "x\n"],
    ["an empty line", (text: string) => `${text}\n`],
    [
      "a sealed line that is no result",
      () => {
        const text = '{"id":7}';
        return `${digest(text).slice(0, 8)} ${text}\n`;
      },
    ],
  ])("%s in it is refused, by its line", (_, change) => {
    const { path } = stack.use(scratch("results"));
    new Results(path).record(result);
    const file = join(path, "results.jsonl");
    writeFileSync(file, change(readFileSync(file, "utf8")));
    expect(() => new Results(path)).toThrow(/results\.jsonl:\d is no result that a run has written/);
  });

  test("the edits of files are the same when they are kept, made once, and refused when something else wrote them", async () => {
    const { path } = stack.use(scratch("edits"));
    const tree = plantedTree({
      "src/a.ts": "export const f = (a: number) => a + 1;\n",
      "arch/b.zig": "fn f() void {\n    g(1);\n}\n",
    });
    const first = await candidatesOf(tree, "linux-x64", PARTS, new Edits(path));
    expect(first).toEqual(await candidatesOf(tree, "linux-x64"));
    const never = () => expect.unreachable("made again");
    const kept = new Edits(path);
    const raws = await kept.of({ part: "src", file: "src/a.ts" }, tree.read("src/a.ts"), never as never);
    expect(identify(tree.read("src/a.ts"), raws)).toEqual(first.filter(({ part }) => part === "src"));
    expect(await kept.of({ part: "src", file: "src/a.ts" }, "another", () => [])).toEqual([]);
    appendFileSync(join(path, "edits.json"), " ");
    expect(() => new Edits(path)).toThrow("nothing that a run has written");
  });

  test("what a mutant has passed and that it compiles is kept, each for its state", () => {
    const { path } = stack.use(scratch("results"));
    const first = new Results(path);
    first.passed("1", "a.test.ts", "t");
    first.compiles("2", "t");
    const second = new Results(path);
    const passes = (id: string, step: string, tree: string) => second.hasPassed(id, step, tree);
    expect([passes("1", "a.test.ts", "t"), passes("2", "a.test.ts", "t")]).toEqual([true, false]);
    expect([passes("1", "b.test.ts", "t"), passes("1", "a.test.ts", "u")]).toEqual([false, false]);
    expect([second.isCompiled("2", "t"), second.isCompiled("2", "u"), second.isCompiled("1", "t")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("the state of a step is that of what it imports and of all that is no TypeScript, not of other tests, pages and arguments", async () => {
    const texts = {
      "src/a.ts": "1",
      "src/b.ts": 'import "./a.ts";',
      "props/a.test.ts": 'import "../src/b.ts";',
      "props/b.test.ts": "1",
      "props/fidelity/main.ts": "1",
      "arch/a.zig": "1",
      "README.md": "1",
      "props/mutants/generated/argued.json": "[]",
    };
    const of = async (steps: readonly string[], change: Record<string, string>) => {
      const tree = plantedTree({ ...texts, ...change });
      return new States(tree, await Graph.of(tree)).of(steps);
    };
    const one = ["props/a.test.ts"];
    const state = await of(one, {});
    const same = { "README.md": "2", "props/mutants/generated/argued.json": "[1]", "props/b.test.ts": "2" };
    expect(await of(one, same)).toBe(state);
    for (const change of [
      { "src/a.ts": "2" },
      { "props/a.test.ts": 'import "../src/b.ts"; 2' },
      { "arch/a.zig": "2" },
      { "arch/new.zig": "" },
    ]) {
      expect(await of(one, change), JSON.stringify(change)).not.toBe(state);
    }
    expect(await of(["fidelity"], { "props/fidelity/main.ts": "2" })).not.toBe(await of(["fidelity"], {}));
    const both = ["props/a.test.ts props/b.test.ts"];
    expect(await of(both, { "props/b.test.ts": "2" })).not.toBe(await of(both, {}));
  });

  test("the state of what the type checker says is that of the file, of what it imports, and of what imports it", async () => {
    const texts = { "a.ts": "1", "b.ts": 'import "./a.ts";', "c.ts": 'import "./b.ts";', "d.ts": "1" };
    const of = async (change: Record<string, string>) => {
      const tree = plantedTree({ ...texts, ...change });
      return new States(tree, await Graph.of(tree)).ofCompiling("b.ts");
    };
    const state = await of({});
    for (const change of [{ "a.ts": "2" }, { "b.ts": 'import "./a.ts"; 2' }, { "c.ts": 'import "./b.ts"; 2' }]) {
      expect(await of(change), JSON.stringify(change)).not.toBe(state);
    }
    expect(await of({ "d.ts": "2" })).toBe(state);
  });
});

describe("the report", () => {
  const text = "one\ntwo\nthree\nfour\nfive\nsix\n";
  const candidate = identify(text, [
    { part: "src", file: "a.txt", operator: "x", at: 4, from: "two\nthree", to: "2" },
  ])[0] as Candidate;

  /** Mutants of src with these verdicts, by their places. */
  const verdictsOf = (verdicts: readonly GeneratedVerdict[]) =>
    verdicts.map((verdict, i) => ({
      candidate: { ...candidate, id: String(i) },
      judgement: { verdict, by: "", step: "" },
    }));

  test("its patch is one that git applies", () => {
    const root = project(stack, { "a.txt": text });
    const run = Bun.spawnSync(["git", "apply", "-"], { cwd: root, stdin: Buffer.from(patchOf(text, candidate)) });
    expect(run.stderr.toString()).toBe("");
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("one\n2\nfour\nfive\nsix\n");
  });

  test("counts what was drawn, and what is argued is no survivor", () => {
    const verdicts: GeneratedVerdict[] = [
      "found",
      "found",
      "timed out",
      "survived",
      "survived",
      "does not compile",
      "same code",
      "not judged",
    ];
    const judged = verdictsOf(verdicts);
    const row = rowOf(judged, new Set(["3", "0"]));
    expect(row).toEqual({
      drawn: 5,
      found: 2,
      "timed out": 1,
      survived: 1,
      argued: 1,
      share: 0.8,
      "does not compile": 1,
      "same code": 1,
      "not judged": 1,
    });
    expect(tableOf(judged, [])).toContain("60.0 %");
    expect(percent(0.96999)).toBe("96.9 %");
    expect(rowOf([], new Set()).share, "nothing is known").toBe(0);
  });

  test("what is written of a draw has each part's counts, and how many of those left have passed anything", () => {
    const order = verdictsOf([
      "found",
      "timed out",
      "survived",
      "survived",
      "does not compile",
      "not judged",
      "not judged",
    ]);
    const draws = [
      { part: "src", wanted: 6, order: order.map(({ candidate }) => candidate) },
      { part: "arch", wanted: 2, order: [] },
      { part: "suite", wanted: 0, order: [] },
    ] as const;
    const begun = { isBegun: (id: string) => id === "5" };
    expect(writtenOf(7, draws, order, new Set(["3"]), begun)).toEqual({
      seed: 7,
      parts: {
        src: { wanted: 6, found: 2, argued: 1, survived: 1, begun: 1 },
        arch: { wanted: 2, found: 0, argued: 0, survived: 0, begun: 0 },
      },
    });
  });

  test("what is argued is there", async () => {
    const argued = readArgued();
    const { files, read } = gitTree(packageRoot);
    const named = new Set(argued.map(({ file }) => file));
    const some = { files: files.filter((file) => named.has(file)), read };
    // What is not built for this machine has no mutants here.
    const here = argued.filter(({ file }) => partOf(file, hostPlatform()) !== undefined);
    expect(staleOf(here, await candidatesOf(some, hostPlatform()))).toEqual([]);
  });

  test.each([
    ["no argument", { why: "" }],
    ["no edit", { to: 7 }],
    ["no word of who has read it", { read: undefined }],
  ])("a list with an entry that has %s is refused", (_, change) => {
    const path = join(stack.use(scratch("argued")).path, "argued.json");
    const { id, file, operator, from, to } = candidate;
    const entry = { id, file, operator, from, to, why: "it is a test of the list", read: true };
    writeFileSync(path, JSON.stringify([{ ...entry, ...change }]));
    expect(() => readArgued(path)).toThrow("entry 0");
  });

  test("an argument whose mutant is gone is stale, and so is one whose edit is another", () => {
    const { id, file, operator, from, to } = candidate;
    const argued = { id, file, operator, from, to, why: "it is a test of the list", read: true };
    expect(staleOf([argued], [candidate])).toEqual([]);
    expect(staleOf([argued], [])).toHaveLength(1);
    expect(staleOf([{ ...argued, to: "3" }], [candidate])).toHaveLength(1);
  });

  test("an argument that only its author has read leaves its mutant a survivor; one that is refuted is told, read or not", () => {
    const [own, agreed] = [false, true].map((read, i): Argued => ({ ...candidate, id: String(i), why: "", read }));
    const argued = [own, agreed] as Argued[];
    expect(agreedOf(argued)).toEqual([agreed as Argued]);
    const survivors = verdictsOf(["survived", "survived"]);
    expect(survivorsOf(survivors, agreedOf(argued)).map(({ id }) => id)).toEqual(["0"]);
    expect(refutedOf(survivors, argued)).toEqual([]);
    expect(refutedOf(verdictsOf(["found", "timed out", "found"]), argued)).toHaveLength(2);
    expect(refutedOf(verdictsOf(["not judged", "not judged"]), argued), "nothing is said of them").toEqual([]);
  });
});
