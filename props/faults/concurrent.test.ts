/** Tests of users' beside each other: `bun test --concurrent`, and one that times out before the others. */
import { expect, test } from "bun:test";
import { join } from "node:path";

/** Runs a file of tests in a process of its own. @returns the runner's counts */
function counts(file: string, ...args: string[]): { pass: number; fail: number } {
  const run = Bun.spawnSync([process.execPath, "test", ...args, join(import.meta.dir, file)], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const text = run.stderr.toString();
  const count = (what: string) => Number(new RegExp(`^ *(\\d+) ${what}$`, "m").exec(text)?.[1] ?? -1);
  return { pass: count("pass"), fail: count("fail") };
}

test("fifty tests with real and fake clocks at a time", () => {
  expect(counts("concurrent.ts", "--concurrent")).toEqual({ pass: 50, fail: 0 });
}, 60_000);

test("F7: a test that times out leaves the next ones green", () => {
  expect(counts("stuck.ts")).toEqual({ pass: 50, fail: 1 });
}, 60_000);
