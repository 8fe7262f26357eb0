/** Bodies in C++: an exception that is caught, or in flight, is its goroutine's, whatever other goroutines throw meanwhile. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { native } from "gobuf";
import { currentAbi } from "../../scripts/abis/abis.ts";
import { packageRoot } from "../../src/runtime/library.ts";

const compiler = process.platform === "linux" && currentAbi() === undefined ? Bun.which("g++") : null;
const folder = mkdtempSync(join(tmpdir(), "gobuf-cxx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles cxx.cc. @returns the library's path */
function compiled(name: string, include: string): string {
  const library = join(folder, `${name}.so`);
  const source = join(import.meta.dir, "cxx.cc");
  const args = ["-std=c++17", "-O2", "-shared", "-fPIC", "-I", include, "-o", library, source];
  const built = Bun.spawnSync([compiler as string, ...args]);
  expect(built.exitCode, built.stderr.toString()).toBe(0);
  return library;
}

const PROGRAM = `
  import { go, native, runSync, sleep } from "gobuf";
  const [library, count, rounds] = process.argv.slice(-3);
  const { symbols } = native.dlopen(library, { thrower: native.body });
  const sums = runSync(function* () {
    const works = Array.from({ length: Number(count) }, (_, n) => Uint32Array.of((n + 1) * 1e6, Number(rounds), 0, 0));
    for (const work of works) go.native(symbols.thrower, work);
    for (let n = 0; n < 50; n++) yield* sleep(1);
    return [2, 3].map((i) => works.reduce((total, work) => total + work[i], 0));
  });
  console.log(JSON.stringify(sums));
`;

/** Runs so many goroutines, in a process of their own. @returns what it said: how often one was right, and was wrong */
function throwAll(library: string, count: number, rounds: number): string {
  const args = ["-e", PROGRAM, library, String(count), String(rounds)];
  const child = Bun.spawnSync([process.execPath, ...args], { cwd: packageRoot, stderr: "pipe" });
  return child.exitCode === 0 ? child.stdout.toString().trim() : `exit code ${child.exitCode}: ${child.stderr}`;
}

const PREEMPTED_ROUNDS = 200;
const PREEMPTED_PROGRAM = `
  import { go, gosched, native, run } from "gobuf";
  import { hurry } from "./props/preempt/async.ts";
  const [library, count, rounds] = process.argv.slice(-3);
  const { symbols } = native.dlopen(library, { computing_thrower: native.body }, { preempt: "async" });
  const works = Array.from({ length: Number(count) }, (_, n) => Uint32Array.of((n + 1) * 1e6, Number(rounds), 0, 0));
  using _ = hurry(100);
  await run(function* () {
    for (const work of works) go.native(symbols.computing_thrower, work);
    while (works.some((work) => work[2] + work[3] < 3 * Number(rounds))) yield* gosched();
  });
  if (native.preemptions().taken < 10) throw new Error("nothing was preempted");
  console.log(JSON.stringify([2, 3].map((i) => works.reduce((total, work) => total + work[i], 0))));
`;

/** The same of goroutines that are preempted wherever they are. */
function preempted(library: string, count: number): string {
  const args = ["-e", PREEMPTED_PROGRAM, library, String(count), String(PREEMPTED_ROUNDS)];
  const child = Bun.spawnSync([process.execPath, ...args], { cwd: packageRoot, stderr: "pipe", timeout: 30_000 });
  return child.exitCode === 0 ? child.stdout.toString().trim() : `exit code ${child.exitCode}: ${child.stderr}`;
}

describe.skipIf(compiler === null)("F26: exceptions of C++ (skipped where there is no g++)", () => {
  const checksARound = 6;
  const rounds = 30;

  test.each([1, 3, 20])(
    "%i goroutines find their own in catch blocks and destructors",
    (count) => {
      const library = compiled(`kept-${count}`, native.include);
      expect(throwAll(library, count, rounds)).toBe(JSON.stringify([checksARound * count * rounds, 0]));
    },
    30_000,
  );

  test("they do when they are preempted in a catch block, and without what the header says of the library they do not", () => {
    const header = readFileSync(join(native.include, "gobuf.h"), "utf8");
    const says = "  GOBUF_EXCEPTIONS ";
    expect(header).toContain(says);
    const unsaid = join(folder, "unsaid");
    mkdirSync(unsaid);
    writeFileSync(join(unsaid, "gobuf.h"), header.replace(says, "                   "));
    const right = (count: number) => JSON.stringify([3 * count * PREEMPTED_ROUNDS, 0]);
    expect(preempted(compiled("preempted", native.include), 4)).toBe(right(4));
    expect(preempted(compiled("unsaid-4", unsaid), 4)).not.toBe(right(4));
  }, 60_000);

  test("without what the header keeps they do not", () => {
    const header = readFileSync(join(native.include, "gobuf.h"), "utf8");
    const keeps = "#define GOBUF_KEEPS gobuf_cxx_kept gobuf_kept;";
    expect(header).toContain(keeps);
    writeFileSync(join(folder, "gobuf.h"), header.replace(keeps, "#define GOBUF_KEEPS"));
    const library = compiled("mixed", folder);
    expect(throwAll(library, 1, rounds)).toBe(JSON.stringify([checksARound * rounds, 0]));
    expect(throwAll(library, 3, rounds)).not.toBe(JSON.stringify([checksARound * 3 * rounds, 0]));
  }, 30_000);
});
