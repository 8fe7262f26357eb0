/** `golden:record --check` sees any difference between what is committed and what Go does, and writes nothing. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Corpus, corpusBytes, corpusLines } from "./corpus.ts";
import { type Case, type CaseInput, GO_VERSION } from "./format.ts";
import { generate } from "./generate.ts";
import { type Means, recordCorpora } from "./record.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));

const GO = { ok: true, version: GO_VERSION, goos: "linux", goarch: "amd64", goroot: "", command: "go" } as const;
const ORIGIN = { go: GO.version, goos: GO.goos, goarch: GO.goarch };
const CASES = [1, 2, 3].map((seed) => generate(seed));
const traceOf = (input: CaseInput): Case => ({ ...input, outcome: "return", ops: ["0 start 0"], status: [] });

/** Two corpora, of which the first lies in a file. */
function plant(name: string, committed = CASES.map(traceOf)): readonly [Corpus, Corpus] {
  const at = (file: string): Corpus => ({ name, path: join(folder, name + file), cases: CASES });
  const corpora = [at("a.jsonl"), at("b.jsonl.gz")] as const;
  for (const { path } of corpora) writeFileSync(path, corpusBytes(path, corpusLines(name, ORIGIN, committed)));
  return corpora;
}

function means(corpora: readonly Corpus[], change: Partial<Means> = {}) {
  const lines: string[] = [];
  const record: Means["record"] = (inputs) => Promise.resolve(inputs.map(traceOf));
  return {
    lines,
    means: {
      goAvailable: () => GO,
      corpora: () => corpora,
      record,
      print: (l: string) => void lines.push(l),
      ...change,
    },
  };
}

test("what is the same is said to be", async () => {
  const { means: m, lines } = means(plant("same"));
  expect(await recordCorpora(true, undefined, m)).toBe(true);
  expect(lines.map((line) => line.split(", ").at(-1))).toEqual(["the same", "the same"]);
});

describe("a difference fails, by name, and what is committed stays", () => {
  const [first] = CASES;
  const changes: [string, (cases: Case[]) => Case[], string][] = [
    [
      "an event",
      (cases) => cases.with(1, { ...(cases[1] as Case), ops: ["0 start 1"] }),
      "ops[0]: committed 0 start 1",
    ],
    ["an outcome", (cases) => cases.with(2, { ...(cases[2] as Case), outcome: "deadlock" }), "committed deadlock"],
    ["a case more", (cases) => [...cases, traceOf({ ...(first as CaseInput), name: "more" })], "1 lines more"],
    ["a case less", (cases) => cases.slice(0, -1), "is not in the committed file"],
  ];
  test.each(changes)("%s", async (what, change, says) => {
    const planted = plant(what, change(CASES.map(traceOf)));
    const before = readFileSync(planted[0].path);
    // The first differs and the second does not, and the other way round.
    for (const corpora of [planted, planted.toReversed()]) {
      const good = (corpora[1] as Corpus).path;
      writeFileSync(good, corpusBytes(good, corpusLines(what, ORIGIN, CASES.map(traceOf))));
      const { means: m, lines } = means(corpora);
      expect(await recordCorpora(true, undefined, m)).toBe(false);
      expect(lines[0]).toContain("DIFFERS");
      expect(lines[0]).toContain(says);
      expect(lines[1]).toContain("the same");
      plant(what, change(CASES.map(traceOf)));
    }
    expect(readFileSync(planted[0].path)).toEqual(before);
  });

  test("other bytes of the same cases", async () => {
    const [one, two] = plant("bytes");
    writeFileSync(one.path, readFileSync(one.path, "utf8").trimEnd());
    const { means: m, lines } = means([one, two]);
    expect(await recordCorpora(true, undefined, m)).toBe(false);
    expect(lines[0]).toContain("the same cases in other bytes");
  });

  test("no file", async () => {
    const [one, two] = plant("gone");
    rmSync(one.path);
    const { means: m, lines } = means([one, two]);
    expect(await recordCorpora(true, undefined, m)).toBe(false);
    expect(lines[0]).toContain("there is no such file");
    expect(existsSync(one.path)).toBe(false);
    expect(await recordCorpora(false, undefined, m)).toBe(true);
    expect(await recordCorpora(true, undefined, m)).toBe(true);
  });
});

test("without Go, or with another, nothing is recorded and nothing passes", async () => {
  const planted = plant("other");
  const none = means(planted, { goAvailable: () => ({ ok: false, reason: "no go on PATH" }) });
  expect(recordCorpora(true, undefined, none.means)).rejects.toThrow("cannot record: no go on PATH");
  const other = means(planted, { goAvailable: () => ({ ...GO, version: "go1.26.1" }) });
  expect(recordCorpora(true, undefined, other.means)).rejects.toThrow("the go on PATH is go1.26.1");
});
