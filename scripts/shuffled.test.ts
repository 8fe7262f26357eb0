/** Test files in a drawn order: all of them, the same for a seed; and a file that depends on another is found. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { abiSkip } from "./abis/skip.ts";
import { drawn, seedOf, testFiles } from "./shuffled.ts";

/** Each case is a process or two, on a machine that may be busy. */
setDefaultTimeout(60_000);
const command = resolve(import.meta.dir, "shuffled.ts");
const folder = mkdtempSync(join(tmpdir(), "gobuf-shuffled-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const processes = abiSkip(["arm64", "windows", "musl"], "it is about a command, which runs on the machine itself");

test("the order is a permutation, the same for a seed, another for another", () => {
  const files = testFiles();
  expect(files.length).toBeGreaterThan(100);
  expect(files.every((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))).toBe(true);
  const orders = [1, 2, 3, 1].map((seed) => drawn(files, seed));
  for (const order of orders) expect([...order].sort()).toEqual(files);
  expect(orders[3]).toEqual(orders[0] as string[]);
  expect(new Set(orders.map((order) => order.join())).size).toBe(3);
  expect(orders[0]).not.toEqual(files);
});

test("paths leave the other files out", () => {
  const some = testFiles(["src/sync", "./scripts/shuffled"]);
  expect(some).toContain("scripts/shuffled.test.ts");
  expect(some.every((file) => file.startsWith("src/sync/") || file.startsWith("scripts/shuffled"))).toBe(true);
});

test("a day has a seed", () => {
  expect(seedOf(new Date("2026-11-30T23:59:59Z"))).toBe(20261130);
  expect(seedOf(new Date("2026-12-01T00:00:00Z"))).toBe(20261201);
});

/** Runs the command in a folder of planted tests. */
function run(...args: string[]) {
  const child = Bun.spawnSync([process.execPath, command, ...args], { cwd: folder });
  return { code: child.exitCode, text: child.stdout.toString() + child.stderr.toString() };
}

processes("a file that leaves something behind turns some orders red, which say how to replay them", () => {
  writeFileSync(
    join(folder, "a.test.ts"),
    `import { test } from "bun:test"; test("a", () => void (globalThis.left = 1));`,
  );
  const clean = `import { expect, test } from "bun:test"; test("b", () => expect(globalThis.left).toBeUndefined());`;
  writeFileSync(join(folder, "b.test.ts"), clean);
  const orders = [...Array(20).keys()].map((seed) => ({ seed, first: drawn(["a.test.ts", "b.test.ts"], seed)[0] }));
  for (const first of ["a.test.ts", "b.test.ts"]) {
    const seed = orders.find((order) => order.first === first)?.seed;
    const { code, text } = run("--seed", String(seed));
    expect(text).toContain(`gobuf: 2 test files in the order of seed ${seed}`);
    expect(text).toContain("Ran 2 tests across 2 files");
    expect(code).toBe(first === "a.test.ts" ? 1 : 0);
    const replay = `gobuf: red in the order of seed ${seed}; replay: npx bun run shuffled --seed ${seed}`;
    if (code === 1) expect(text).toContain(replay);
    else expect(text).not.toContain("replay:");
  }
  expect(run("--seed", "0", "--rerun-each", "2", "b.test").text).toContain("Ran 2 tests across 1 file");
});

processes("a folder without tests is no green run", () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, command], { cwd: empty });
  expect(exitCode).toBe(1);
  expect(stderr.toString()).toContain("no test files below this folder");
});
