/** The harness of the mutants: what it reads in assembly, its lists, and that every edit still fits its file. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/runtime/library.ts";
import { ASSEMBLY, deletions, sitesOf } from "./assembly.ts";
import { mutantsOf, SEEDED } from "./catalogue.ts";
import { LISTED, listed } from "./listed.ts";
import { ABIS, SUBJECTS } from "./mutant.ts";
import { NAMED, saysOf } from "./named.ts";
import { neutrals } from "./neutral.ts";

const SOURCE = `
#if defined(_WIN32)
.macro TWICE a, b
  movq \\a, \\b // windows
.endm
#else
.macro TWICE a, b
  movq \\a, \\b
  movq \\b, \\a
.endm
#endif
HIDDEN gobuf_gogo
  .cfi_startproc
  popq %rcx    // taken
1:
  TWICE %rax, %rbx
#if !defined(__linux__)
  hlt
#endif
END gobuf_gogo
HIDDEN gobuf_other
  nop
END gobuf_other
`;

describe("sitesOf", () => {
  test("finds the instructions of the switch, looks into macros, leaves out what is not assembled here", () => {
    const sites = sitesOf(SOURCE, "linux-x64");
    expect(sites.map(({ place, text }) => `${place} ${text}`)).toEqual([
      "1 popq %rcx",
      "2 movq %rax, %rbx",
      "3 movq %rbx, %rax",
    ]);
    expect(sites[0]?.without).toBe("  nop");
    expect(sites[2]?.without).toBe("  movq %rax, %rbx\n  nop");
  });

  test("takes the other branch on the other platform", () => {
    const texts = sitesOf(SOURCE, "windows-x64").map(({ text }) => text);
    expect(texts).toEqual(["popq %rcx", "movq %rax, %rbx", "hlt"]);
  });
});

test("every ABI has a mutant for each instruction, and names do not repeat", () => {
  const names = ABIS.flatMap(deletions).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(350);
  const all = [...names, ...SEEDED.map((m) => m.name)];
  expect(new Set(all).size).toBe(all.length);
  expect(SEEDED.length).toBeGreaterThanOrEqual(50);
  const listedBySubject = SUBJECTS.flatMap((subject) => mutantsOf(subject).faults);
  expect(listedBySubject.map((m) => m.name).sort()).toEqual(all.sort());
});

test("every edit fits: its text is in its file exactly once", () => {
  const texts = new Map<string, string>();
  const wrong: string[] = [];
  for (const mutant of [...SEEDED, ...SUBJECTS.flatMap(neutrals)]) {
    for (const { file, from } of mutant.edits) {
      const text = texts.get(file) ?? readFileSync(join(packageRoot, file), "utf8");
      texts.set(file, text);
      const count = typeof from === "string" ? text.split(from).length - 1 : 1;
      if (count !== 1) wrong.push(`${mutant.name}: ${file} has it ${count} times`);
    }
  }
  expect(wrong).toEqual([]);
});

test("what must be said is said of one mutant each", () => {
  const names = SUBJECTS.flatMap((subject) => mutantsOf(subject).faults).map(({ name }) => name);
  for (const { name, says } of NAMED) {
    const meant = names.filter((one) => name.test(one));
    expect(meant, String(name)).toHaveLength(1);
    expect(saysOf(meant[0] ?? "")).toBe(says);
  }
});

test("every entry of the list names a mutant that there is", () => {
  const names = SUBJECTS.flatMap((subject) => mutantsOf(subject).faults).map(({ name }) => name);
  for (const entry of LISTED)
    expect(
      names.some((name) => listed(name) === entry),
      String(entry.name),
    ).toBe(true);
  expect(listed("linux-x64/delete gobuf_gogo 1: popq %rcx")).toBeUndefined();
});

test("the assembly files are where the list says", () => {
  for (const file of Object.values(ASSEMBLY))
    expect(readFileSync(join(packageRoot, file), "utf8")).toContain("gobuf_gogo");
});
