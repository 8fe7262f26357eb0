/** The mutants of the injected call are not fewer than its instructions, as the assembler has made them. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findZig, zigEnv } from "../../scripts/zig.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { ASYNC_CALL } from "./assembly.ts";
import type { Abi } from "./mutant.ts";
import { preemptDeletions } from "./preempt.ts";

const objdump = Bun.which("objdump");
const readelf = Bun.which("readelf");
const skipped = objdump === null ? " (skipped: there is no objdump)" : "";
const folder = mkdtempSync(join(tmpdir(), "gobuf-disassembly-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Assembles an ABI's injected call. @returns the object's path */
function assembled(abi: Abi, target: string): string {
  const object = join(folder, `${abi}.o`);
  const args = ["build-obj", ASYNC_CALL[abi], "-target", target, "-I", "arch", `-femit-bin=${object}`];
  const built = Bun.spawnSync([...findZig(), ...args], { cwd: packageRoot, env: zigEnv() });
  expect(built.exitCode, built.stderr.toString()).toBe(0);
  return object;
}

/** A mutant for each instruction, each with a name of its own. */
function expectAll(abi: Abi, instructions: number): void {
  const deleted = preemptDeletions(abi);
  expect(deleted.length).toBe(instructions);
  expect(new Set(deleted.map(({ name }) => name)).size).toBe(deleted.length);
}

for (const [abi, target] of [
  ["linux-x64", "x86_64-linux-none"],
  ["windows-x64", "x86_64-windows-gnu"],
] as const) {
  test.skipIf(objdump === null)(`a mutant for each instruction of the disassembly, ${abi}${skipped}`, () => {
    const object = assembled(abi, target);
    const lines = Bun.spawnSync([objdump as string, "-d", "--no-show-raw-insn", object])
      .stdout.toString()
      .split("\n");
    const instructions = lines.filter((line) => /^ +[0-9a-f]+:\t(?!nop)/.test(line));
    expect(instructions.length).toBeGreaterThan(40);
    expectAll(abi, instructions.length);
  });
}

// binutils of another processor have no disassembler for AArch64, but its instructions have four bytes each.
test.skipIf(readelf === null)(
  `a mutant for each instruction, linux-arm64${readelf === null ? " (skipped: there is no readelf)" : ""}`,
  () => {
    const sections = Bun.spawnSync([
      readelf as string,
      "-SW",
      assembled("linux-arm64", "aarch64-linux-none"),
    ]).stdout.toString();
    const bytes = / \.text +PROGBITS +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+)/.exec(sections)?.[1];
    expectAll("linux-arm64", Number.parseInt(bytes ?? "", 16) / 4);
  },
);
