/** The command as a process: exit codes and last lines. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "./result.ts";

/** Each is a process that runs the suite, some of them on a busy machine. */
setDefaultTimeout(120_000);

const ROOT = join(import.meta.dir, "..", "..");
const SAMPLE = "golden/sample.jsonl";
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-fidelity-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Longer than any run here takes: one that waits for ever ends so, without an exit code. */
const HANG_MS = 60_000;

function fidelity(...argv: string[]) {
  const command = [process.execPath, join(import.meta.dir, "main.ts"), ...argv];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd: ROOT, stdin: "ignore", timeout: HANG_MS });
  return { exitCode, lines: stdout.toString().trimEnd().split("\n"), errors: stderr.toString() };
}

test("0 when nothing diverged, with a last line for each kind of body", () => {
  const json = join(folder, "result.json");
  const xml = join(folder, "result.xml");
  const { exitCode, lines } = fidelity("--golden", SAMPLE, "--runs", "20", "--json", json, "--junit", xml);
  expect(exitCode).toBe(0);
  expect(lines.slice(-2)).toEqual([
    "golden generator: 25 cases, 1469 ops, 1513 transitions, 0 divergent",
    "golden native: 25 cases, 1469 ops, 1513 transitions, 0 divergent",
  ]);
  const result = JSON.parse(readFileSync(json, "utf8")) as { rows: Row[] };
  expect(result).toMatchObject({ ok: true, failures: [] });
  expect(result.rows.map(({ part, body }) => `${part} ${body}`.trim())).toEqual([
    "layout",
    "relation",
    "probe native",
    "preempt native",
    "golden generator",
    "golden native",
    "random generator",
    "random native",
  ]);
  for (const row of result.rows) expect(row.compared, row.part).toBeGreaterThan(0);
  const suites = [
    ...readFileSync(xml, "utf8").matchAll(/<testsuite name="(.*?)" tests="1" failures="0" skipped="0" time=/g),
  ];
  expect(suites.map(([, name]) => name)).toEqual(result.rows.map(({ part, body }) => `${part} ${body}`.trim()));
});

test("1 when a part that was asked for compared nothing, though others did", () => {
  const { exitCode, lines } = fidelity(..."--bodies generator --runs 1 --shard 2/2 --golden".split(" "), SAMPLE);
  expect(lines).toContain("random on generator bodies: it compared nothing");
  expect(lines.at(-1)).toStartWith("golden generator: 12 cases");
  expect(exitCode).toBe(1);
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

describe.skipIf(process.platform === "win32")(
  "F34: what is no regular file is refused by name (not on Windows)",
  () => {
    const at = (name: string) => join(folder, name);
    beforeAll(() => {
      for (const name of ["fifo.jsonl", "in-fifo/a.jsonl"]) {
        mkdirSync(join(at(name), ".."), { recursive: true });
        expect(Bun.spawnSync(["mkfifo", at(name)]).exitCode).toBe(0);
      }
      mkdirSync(at("in-device"));
      for (const name of ["zero.jsonl", "in-device/zero.jsonl"]) symlinkSync("/dev/zero", at(name));
      mkdirSync(at("in-folder/a.jsonl"), { recursive: true });
    });

    const small = ["--runs", "0", "--bodies", "generator"];
    test.each([
      ["--golden", "fifo.jsonl", "it is a FIFO; expected a file, or a folder of them"],
      ["--golden", "zero.jsonl", "it is a device; expected a file, or a folder of them"],
      ["--library", "fifo.jsonl", "is refused: it is a FIFO; expected a "],
      ["--library", "zero.jsonl", "is refused: it is a device; expected a "],
      ["--library", "in-fifo", "is refused: it is a folder; expected a "],
    ])("%s %s", (option, name, says) => {
      const { exitCode, errors } = fidelity(...small, option, at(name));
      expect(errors).toContain(at(name));
      expect(errors).toContain(says);
      expect(exitCode).toBe(2);
    });

    test("--replay of a case in one", () => {
      const { exitCode, errors } = fidelity("--replay", `golden:${at("fifo.jsonl")}#x`);
      expect(errors).toContain(`${at("fifo.jsonl")}: it is a FIFO`);
      expect(exitCode).toBe(2);
    });

    test.each([
      ["in-fifo", "a.jsonl: it is a FIFO; expected a regular file"],
      ["in-device", "zero.jsonl: it is a device; expected a regular file"],
      ["in-folder", "a.jsonl: it is a folder; expected a regular file"],
    ])("one in a folder: %s; and the others are compared", (name, says) => {
      copyFileSync(join(ROOT, SAMPLE), at(`${name}/sample.jsonl`));
      const { exitCode, lines } = fidelity(...small, "--golden", at(name));
      expect(lines.join("\n")).toContain(`${at(name)}/${says}`);
      expect(lines.at(-1)).toBe("golden generator: 25 cases, 1469 ops, 1513 transitions, 0 divergent");
      expect(exitCode).toBe(1);
    });
  },
);
