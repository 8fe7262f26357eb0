/** Scratch folders: however their process ends, they go. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abiSkip } from "./abis/skip.ts";
import { isSameProcess, startOf } from "./process.ts";
import { scratch } from "./scratch.ts";

const parent = mkdtempSync(join(tmpdir(), "gobuf-scratches-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** A process that makes a folder with a file in it, says so, and goes on. */
function start(then: string) {
  const script = `
    const { scratch } = await import(${JSON.stringify(join(import.meta.dir, "scratch.ts"))});
    const { path } = scratch("test", ${JSON.stringify(parent)});
    require("node:fs").writeFileSync(path + "/file", "");
    console.log(path);
    ${then}`;
  return Bun.spawn([process.execPath, "-e", script], { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) break;
  }
  return text.trim();
}

const WAIT = "setInterval(() => {}, 1000);";

describe("F31: a scratch folder", () => {
  test("goes when it is disposed of, and what else is to be done comes after", () => {
    let order = "";
    {
      using made = scratch("test", parent, () => {
        order += existsSync(made.path) ? "before" : "after";
      });
      expect(existsSync(made.path)).toBe(true);
    }
    expect(order).toBe("after");
    expect(readdirSync(parent)).toEqual([]);
  });

  test.each([
    ["the end of its program", "", 0],
    ["process.exit", "process.exit(3);", 3],
    ["an error that nobody catches", "setTimeout(() => { throw new Error('x'); }, 1);", 1],
    ["a rejection that nobody catches", "Promise.reject(new Error('x'));", 1],
  ])("goes with %s", async (_, then, code) => {
    const child = start(then);
    expect(await firstLine(child.stdout)).toContain("gobuf-test-");
    expect(await child.exited).toBe(code);
    expect(readdirSync(parent)).toEqual([]);
  });

  const signalled = abiSkip(["windows"], "there are no such signals");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    signalled(`goes with ${signal}`, async () => {
      const child = start(WAIT);
      expect(existsSync(await firstLine(child.stdout))).toBe(true);
      child.kill(signal);
      expect(await child.exited).toBeGreaterThan(128);
      expect(readdirSync(parent)).toEqual([]);
    });
  }

  signalled("of a process that was killed is removed by the next, and one that is in use is not", async () => {
    const killed = start(WAIT);
    const left = await firstLine(killed.stdout);
    killed.kill("SIGKILL");
    await killed.exited;
    const living = start(WAIT);
    const used = await firstLine(living.stdout);
    try {
      expect([existsSync(left), existsSync(used)]).toEqual([false, true]);
      using mine = scratch("test", parent);
      expect([existsSync(used), existsSync(mine.path)]).toEqual([true, true]);
    } finally {
      living.kill("SIGTERM");
      await living.exited;
    }
  });

  test.skipIf(process.platform !== "linux")("of a process whose number another one has is removed (Linux)", () => {
    // This process's number, with another start.
    const stale = join(parent, `gobuf-test-${process.pid}-1-xxxxxx`);
    mkdirSync(stale);
    using _ = scratch("test", parent);
    expect(existsSync(stale)).toBe(false);
  });
});

test("a process is told from another that had its number", () => {
  const start = startOf(process.pid);
  expect(isSameProcess(process.pid, start)).toBe(true);
  if (process.platform === "linux") {
    expect(start).toMatch(/^\d+$/);
    expect(isSameProcess(process.pid, "1")).toBe(false);
  }
  const gone = Bun.spawnSync([process.execPath, "-e", ""]).pid;
  expect(isSameProcess(gone, "")).toBe(false);
});

test("F31: a scratch folder that is gone leaves the process no listener", () => {
  const names = ["exit", "SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = () => names.map((name) => process.listenerCount(name));
  const before = listeners();
  const first = scratch("listeners");
  const during = listeners();
  {
    using _ = scratch("listeners");
    expect(listeners()).toEqual(during);
  }
  expect(during).toEqual(before.map((count) => count + 1));
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(listeners()).toEqual(before);
});
