/** The lock between processes. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "./lock.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-lock-"));
const path = join(folder, "lock");
afterAll(() => rmSync(folder, { recursive: true }));

test("is held while the function runs, and free afterwards, also when it throws", () => {
  expect(withLock(path, 1000, () => readFileSync(path, "utf8"))).toBe(String(process.pid));
  expect(existsSync(path)).toBe(false);
  expect(() =>
    withLock(path, 1000, () => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(existsSync(path)).toBe(false);
});

test("a holder that is gone does not hold it", () => {
  const gone = Bun.spawnSync([process.execPath, "-e", ""]).pid;
  writeFileSync(path, String(gone));
  expect(withLock(path, 1000, () => 7)).toBe(7);
});

test("a holder that lives is named when the time is over", () => {
  writeFileSync(path, String(process.ppid));
  expect(() => withLock(path, 10, () => 7)).toThrow(`process ${process.ppid} has held`);
  rmSync(path);
});

test("processes that start together come in one after the other", async () => {
  const log = join(folder, "log");
  const script = `
    import { withLock } from ${JSON.stringify(join(import.meta.dir, "lock.ts"))};
    import { appendFileSync } from "node:fs";
    withLock(${JSON.stringify(path)}, 20000, () => {
      appendFileSync(${JSON.stringify(log)}, "in ");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      appendFileSync(${JSON.stringify(log)}, "out ");
    });`;
  const all = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, "-e", script]));
  expect(await Promise.all(all.map((child) => child.exited))).toEqual([0, 0, 0, 0]);
  expect(readFileSync(log, "utf8")).toBe("in out ".repeat(4));
});
