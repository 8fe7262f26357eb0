/** Each mutant of mutants.ts, run by the fidelity command in a copy of the project: it must turn the run red, by name. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureNativeSync } from "../../scripts/build.ts";
import { findLibrary, hostPlatform, libraryFile } from "../../src/runtime/library.ts";
import { type Mutant, SCHEDULER_MUTANTS, SYSV_MUTANTS } from "./mutants.ts";

const ROOT = join(import.meta.dir, "..", "..");
/** What the command and the library are made of. */
const SOURCES = [
  "src",
  "golden",
  "props/fidelity",
  "arch",
  "scripts",
  "build.zig",
  "build.zig.zon",
  "package.json",
  "tsconfig.json",
];
/** A build of the library, and a run. */
const MUTANT_MS_MAX = 60_000;
/** The small readable cases are enough: they have one for each rule. */
const GOLDEN = ["--runs", "0", "--golden", "golden/named.jsonl"];
let copy = "";
let library = "";

beforeAll(async () => {
  library = await findLibrary();
  copy = mkdtempSync(join(tmpdir(), "gobuf-mutants-"));
  for (const name of SOURCES) {
    const filter = (path: string) => !path.endsWith(".test.ts") && !path.includes(".cache");
    cpSync(join(ROOT, name), join(copy, name), { recursive: true, filter });
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function fidelity(folder: string, ...argv: string[]) {
  const command = [process.execPath, "props/fidelity/main.ts", ...GOLDEN, ...argv];
  // The copy has no node_modules: a link to them is what wine cannot make.
  const env = { ...process.env, NODE_PATH: join(ROOT, "node_modules") };
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd: folder, env, stdin: "ignore" });
  return { exitCode, output: stdout.toString() + stderr.toString() };
}

function withMutant({ file, from, to }: Mutant, f: () => void): void {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  expect(source.split(from).length - 1).toBe(1);
  writeFileSync(path, source.replace(from, to));
  try {
    f();
  } finally {
    writeFileSync(path, source);
  }
}

describe("a fault of the scheduler is found", () => {
  const run = () => fidelity(copy, "--bodies", "generator", "--library", library);

  test("and the copy itself has none", () => {
    const { exitCode, output } = run();
    expect(output).toContain(" 0 divergent");
    expect(exitCode).toBe(0);
  });

  for (const mutant of SCHEDULER_MUTANTS) {
    test(`${mutant.rule} (${mutant.file})`, () => {
      withMutant(mutant, () => {
        const { exitCode, output } = run();
        expect(output).toContain(mutant.named);
        expect(exitCode).toBe(1);
      });
    });
  }
});

describe.skipIf(hostPlatform() !== "linux-x64")("a fault of the switch is found", () => {
  /** The faulty library under the project's own probe. */
  const run = () => {
    const platform = hostPlatform();
    ensureNativeSync([platform], copy);
    const faulty = join(copy, "zig-out", "lib", platform, libraryFile("gobuf", platform));
    return fidelity(ROOT, "--bodies", "native", "--library", faulty);
  };

  test(
    "and a library built from the copy itself has none",
    () => {
      const { exitCode, output } = run();
      expect(output).toContain(" 0 divergent");
      expect(exitCode).toBe(0);
    },
    MUTANT_MS_MAX,
  );

  for (const mutant of SYSV_MUTANTS) {
    test(
      `${mutant.rule} (${mutant.file})`,
      () => {
        withMutant(mutant, () => {
          const { exitCode, output } = run();
          expect(output).toContain(mutant.named);
          expect(exitCode).toBe(1);
        });
      },
      MUTANT_MS_MAX,
    );
  }
});
