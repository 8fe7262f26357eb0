/** What is said of a mutant by what the suite said: each case of the verdict, and when a step has said that it went well. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureOf, hasSaidSo, type Step, verdictOf } from "./verdict.ts";

describe("the verdict", () => {
  const named = "src/the 61 rule at 60";
  const equivalent = "linux-x64/delete gobuf_entry 9: ud2";
  const untestable = "linux-arm64/delete gobuf_gogo 1: bti c";
  const table: [string, { name: string; neutral?: boolean }, Partial<Step> & { red: boolean }, string][] = [
    ["a fault that turned the suite red", { name: "src/some" }, { red: true }, "FOUND"],
    ["a fault that did not", { name: "src/some" }, { red: false }, "SURVIVED"],
    [
      "a named fault of which the suite says what it must",
      { name: named },
      { red: true, output: '... case "rule-05-every-61st-slice-is-global" ...' },
      "FOUND",
    ],
    [
      "a named fault of which it says something else",
      { name: named },
      { red: true, output: "error: no such file" },
      "WRONG",
    ],
    ["a named fault that did not turn it red", { name: named }, { red: false }, "SURVIVED"],
    ["a neutral change that passed", { name: "src/neutral: some", neutral: true }, { red: false }, "NEUTRAL-OK"],
    ["a neutral change that did not", { name: "src/neutral: some", neutral: true }, { red: true }, "WRONG"],
    ["an equivalent one that passed", { name: equivalent }, { red: false }, "EQUIVALENT"],
    ["an equivalent one that was found", { name: equivalent }, { red: true }, "WRONG"],
    [
      "one that its reader saw in the source",
      { name: untestable },
      { red: true, by: "(fail) it begins with a landing pad" },
      "UNTESTABLE-HERE",
    ],
    ["one that its reader did not see", { name: untestable }, { red: false }, "WRONG"],
  ];
  test.each(table)("on %s", (_, { name, neutral }, step, verdict) => {
    const mutant = { name, subject: "src", kind: "", edits: [], ...(neutral ? { neutral } : {}) } as const;
    expect(verdictOf(mutant, { by: "", output: "", ...step }).verdict).toBe(verdict as never);
  });
});

const folder = mkdtempSync(join(tmpdir(), "gobuf-verdict-"));
afterAll(() => rmSync(folder, { recursive: true }));
const none = join(folder, "none.json");
const result = (value: unknown) => {
  const path = join(folder, "result.json");
  writeFileSync(path, JSON.stringify(value));
  return path;
};

describe("a step has said that it went well", () => {
  test.each<[string, boolean]>([
    [" 3 pass\n 0 fail\n", true],
    [" 3 pass\r\n 0 fail\r\n", true],
    [" 0 pass\n 0 fail\n", false],
    [" 3 pass\n 1 fail\n", false],
    [" 3 pass\n 10 fail\n", false],
    [" 3 pass\n", false],
    [" 0 fail\n", false],
    ["", false],
  ])("by %j: %p", (output, said) => {
    expect(hasSaidSo(output, none)).toBe(said);
  });

  test("by a result that is in order, whatever else it prints, and by no other", () => {
    expect(hasSaidSo("", result({ ok: true }))).toBe(true);
    for (const value of [{ ok: false }, {}, { ok: 1 }])
      expect(hasSaidSo(" 3 pass\n 0 fail\n", result(value))).toBe(false);
  });
});

describe("the check that failed", () => {
  test("is that of the result, with its first detail", () => {
    const failures = [{ part: "golden", title: "case x", details: ["ops[1]"] }, { part: "random" }];
    expect(failureOf("(fail) other", result({ failures }))).toBe("golden: case x: ops[1]");
  });

  test.each([
    ["(fail) a > b [1.25ms]\n(fail) c", "(fail) a > b"],
    [
      "panic(main thread): Segmentation fault at address 0xDEAD\n",
      "crash: panic(main thread): Segmentation fault at address ...",
    ],
    ["noise\nfidelity: there is no such file\n", "fidelity: there is no such file"],
    ["TypeError: x is undefined", "TypeError: x is undefined"],
    ["nothing to see", undefined],
  ])("of %j", (output, says) => {
    expect(failureOf(output, none)).toBe(says);
  });
});
