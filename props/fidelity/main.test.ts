/** The command as a process: exit codes and last lines. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const SAMPLE = "golden/sample.jsonl";
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-fidelity-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fidelity(...argv: string[]) {
  const command = [process.execPath, join(import.meta.dir, "main.ts"), ...argv];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd: ROOT, stdin: "ignore" });
  return { exitCode, lines: stdout.toString().trimEnd().split("\n"), errors: stderr.toString() };
}

test("0 when nothing diverged, with a last line for each kind of body", () => {
  const json = join(folder, "result.json");
  const { exitCode, lines } = fidelity("--golden", SAMPLE, "--runs", "20", "--json", json);
  expect(exitCode).toBe(0);
  expect(lines.slice(-2)).toEqual([
    "golden generator: 25 cases, 1469 ops, 1513 transitions, 0 divergent",
    "golden native: 25 cases, 1469 ops, 1513 transitions, 0 divergent",
  ]);
  expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ ok: true, failures: [] });
});

test("1 when an event differs, and it is named", () => {
  const path = join(folder, "tampered.jsonl");
  const text = readFileSync(join(ROOT, SAMPLE), "utf8");
  writeFileSync(path, text.replace('"2 runnable>running"', '"1 runnable>running"'));
  const { exitCode, lines } = fidelity("--golden", path, "--runs", "0", "--bodies", "generator");
  expect(exitCode).toBe(1);
  expect(lines).toContain('    expected "1 runnable>running"');
  expect(lines).toContain('    got      "2 runnable>running"');
  expect(lines.at(-1)).toBe("golden generator: 25 cases, 1469 ops, 1513 transitions, 1 divergent");
});

test("1 when nothing was compared", () => {
  const { exitCode, lines } = fidelity(
    ..."--bodies generator --runs 0 --shard 9999/10000".split(" "),
    "--golden",
    SAMPLE,
  );
  expect(exitCode).toBe(1);
  expect(lines.join("\n")).toContain("nothing was compared");
});

test("2 for a command line that makes no sense, and for a library that cannot be one", () => {
  expect(fidelity("--nope")).toMatchObject({ exitCode: 2, errors: expect.stringContaining("unknown option '--nope'") });
  const text = join(ROOT, "package.json");
  expect(fidelity("--library", text)).toMatchObject({
    exitCode: 2,
    errors: expect.stringContaining(`${text} is refused`),
  });
});
