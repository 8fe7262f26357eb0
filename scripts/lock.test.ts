/** The lock between processes. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "./lock.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-lock-"));
const path = join(folder, "lock");
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that runs `inside` while it holds the lock. */
function start(inside: string) {
  const script = `
    import { withLock } from ${JSON.stringify(join(import.meta.dir, "lock.ts"))};
    import { appendFileSync } from "node:fs";
    const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    withLock(${JSON.stringify(path)}, 20000, () => { ${inside} });`;
  return Bun.spawn([process.execPath, "-e", script], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
}

/** A process that holds the lock until it is killed. */
async function startHolder() {
  const holder = start('console.log("in"); sleep(1e6);');
  for await (const _ of holder.stdout) break;
  return holder;
}

test("is held while the function runs, and free afterwards, also when it throws", () => {
  expect(withLock(path, 1000, () => readFileSync(path, "utf8"))).toContain(`process ${process.pid} (`);
  expect(existsSync(path)).toBe(false);
  expect(() =>
    withLock(path, 1000, () => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(existsSync(path)).toBe(false);
  expect(withLock(path, 1000, () => 7)).toBe(7);
});

test("F33: a process that waits says whom it waits for, and names it when the time is over", async () => {
  const holder = await startHolder();
  try {
    const lines: string[] = [];
    const wait = () =>
      withLock(
        path,
        1500,
        () => 7,
        (line) => void lines.push(line),
      );
    expect(wait).toThrow(`gobuf: process ${holder.pid} (bun) has held ${path} for 1500 ms: stop it, or wait for it`);
    expect(lines).toEqual([`gobuf: waiting for process ${holder.pid} (bun), which holds ${path}`]);
  } finally {
    holder.kill("SIGKILL");
    await holder.exited;
  }
});

test("F33: a holder that was killed does not hold it", async () => {
  const holder = await startHolder();
  holder.kill("SIGKILL");
  await holder.exited;
  // It could not take its name away.
  expect(readFileSync(path, "utf8")).toContain(`process ${holder.pid} (`);
  expect(withLock(path, 0, () => 7)).toBe(7);
});

describe("F33: a file without a holder holds nothing", () => {
  test.each([
    ["of process 1, which runs", "1"],
    ["of this process's parent", String(process.ppid)],
    ["of no process", "4194304999"],
    ["that is empty", ""],
    ["that is something else", "\0garbage"],
  ])("%s", (_, text) => {
    writeFileSync(path, text);
    expect(withLock(path, 0, () => 7)).toBe(7);
    expect(existsSync(path)).toBe(false);
  });
});

test("F33: of processes that wait for one that is killed one comes in at a time", async () => {
  const log = join(folder, "log");
  const holder = await startHolder();
  const waiting = Array.from({ length: 4 }, () =>
    start(`
      appendFileSync(${JSON.stringify(log)}, "in ");
      sleep(20);
      appendFileSync(${JSON.stringify(log)}, "out ");`),
  );
  holder.kill("SIGKILL");
  expect(await Promise.all(waiting.map((child) => child.exited))).toEqual([0, 0, 0, 0]);
  expect(readFileSync(log, "utf8")).toBe("in out ".repeat(4));
});

describe("where there can be no lock, the error names it", () => {
  test("a file in the folder's place", () => {
    writeFileSync(join(folder, "file"), "");
    const at = join(folder, "file", "lock");
    expect(() => withLock(at, 0, () => 7)).toThrow(`gobuf: there can be no lock ${at}: `);
  });

  test("something else in the database's place", () => {
    const at = join(folder, "other");
    writeFileSync(`${at}.db`, "no database ".repeat(100));
    expect(() => withLock(at, 0, () => 7)).toThrow(
      `gobuf: there can be no lock ${at}: file is not a database: remove ${at}.db`,
    );
    mkdirSync(join(folder, "folder.db"));
    expect(() => withLock(join(folder, "folder"), 0, () => 7)).toThrow("gobuf: there can be no lock ");
  });
});
