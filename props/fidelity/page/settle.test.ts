/** `fidelity --write` and `--check`: what is out of date or broken is told, fails, and is written only by `--write`. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settle } from "./page.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-settle-"));
const file = join(folder, "PAGE.md");
afterAll(() => rmSync(folder, { recursive: true }));

/** Settles a page where another, or none, lies. @returns whether it is well, what was said, and what lies there then */
function run(mode: "write" | "check", text: string, there: string | undefined, faults: readonly string[] = []) {
  rmSync(file, { force: true });
  if (there !== undefined) writeFileSync(file, there);
  const said: string[] = [];
  const ok = settle(mode, file, { text, faults }, (line) => void said.push(line));
  return [ok, said.join(), existsSync(file) ? readFileSync(file, "utf8") : undefined] as const;
}

const LATE = (line: number) => `FIDELITY.md is out of date from line ${line} on: run \`bun run fidelity --write\``;

test("--check passes what is the same, and nothing else; it writes nothing", () => {
  expect(run("check", "a\nb\n", "a\nb\n")).toEqual([true, "", "a\nb\n"]);
  expect(run("check", "a\nb\n", "a\nc\n")).toEqual([false, LATE(2), "a\nc\n"]);
  expect(run("check", "a\nb\n", "a\nb")).toEqual([false, LATE(3), "a\nb"]);
  expect(run("check", "a\n", undefined)).toEqual([false, LATE(1), undefined]);
});

test("--write writes", () => {
  expect(run("write", "a\n", "b\n")).toEqual([true, "", "a\n"]);
  expect(run("write", "a\n", undefined)).toEqual([true, "", "a\n"]);
});

test("a broken row fails both, and is not written", () => {
  for (const mode of ["check", "write"] as const) {
    expect(run(mode, "a\n", "b\n", ["x: broken"])).toEqual([false, "FIDELITY.md: x: broken", "b\n"]);
    expect(run(mode, "a\n", "a\n", ["x: broken"])).toEqual([false, "FIDELITY.md: x: broken", "a\n"]);
  }
});
