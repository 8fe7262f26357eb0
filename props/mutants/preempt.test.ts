/** The mutants of the injected call are not fewer than its instructions, as the assembler has made them. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findZig, zigEnv } from "../../scripts/zig.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { ASYNC_CALL } from "./assembly.ts";
import { preemptDeletions } from "./preempt.ts";

const objdump = Bun.which("objdump");
const skipped = objdump === null ? " (skipped: there is no objdump)" : "";
const folder = mkdtempSync(join(tmpdir(), "gobuf-disassembly-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(objdump === null)(`a mutant for each instruction of the disassembly${skipped}`, () => {
  const object = join(folder, "async.o");
  const args = ["build-obj", ASYNC_CALL, "-target", "x86_64-linux-none", "-I", "arch", `-femit-bin=${object}`];
  const built = Bun.spawnSync([...findZig(), ...args], { cwd: packageRoot, env: zigEnv() });
  expect(built.exitCode, built.stderr.toString()).toBe(0);
  const lines = Bun.spawnSync([objdump as string, "-d", "--no-show-raw-insn", object])
    .stdout.toString()
    .split("\n");
  const instructions = lines.filter((line) => /^ +[0-9a-f]+:\t/.test(line));
  expect(instructions.length).toBeGreaterThan(40);
  const deleted = preemptDeletions();
  expect(deleted.length).toBe(instructions.length);
  expect(new Set(deleted.map(({ name }) => name)).size).toBe(deleted.length);
});
