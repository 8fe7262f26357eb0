/** Every example runs, as a user runs it, and prints what it should. */
import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilerTest } from "../scripts/abis/compiler.ts";
import type { TestFunction } from "../scripts/abis/skip.ts";

const kitchen = join(tmpdir(), `gobuf-kitchen-${process.pid}.trace`);
afterAll(() => rmSync(kitchen, { force: true }));

const expected: Record<string, { args?: string[]; compiles?: true; output: string[] }> = {
  "pipeline.ts": { output: ["the squares of 1 to 100 add up to 338350"] },
  "workers.ts": { output: ["done: ant, bee, cat, dog, elk, fox", "stopped: an empty job"] },
  "rate-limiter.ts": {
    args: ["fake"],
    output: [0, 0, 0, 100, 200, 300].map((ms, i) => `request ${i + 1} after ${ms} ms`),
  },
  "crawler.ts": {
    output: [
      "200 / (3 links)",
      "200 /ants (2 links)",
      "200 /ants/red (0 links)",
      "200 /bees (2 links)",
      "404 /gone (0 links)",
    ],
  },
  "fan-out.ts": { output: Array(5).fill("80 is the better price") },
  "native/main.ts": {
    compiles: true,
    output: ["6171 takes 261 steps", "C, Zig and TypeScript counted 9999 walks"],
  },
  "trace.ts": { args: [kitchen], output: [`12 orders are in ${kitchen}`] },
  "lost-wakeup.ts": {
    output: [
      "all 17 schedules with at most 2 preemptions pass",
      "fatal error: deadlock: all goroutines in bubble are blocked",
      "after 3 schedules: g1:1A",
      "and again",
    ],
  },
  "sieve.ts": { output: ["2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97"] },
};

describe("examples", () => {
  for (const [file, { args = [], compiles, output }] of Object.entries(expected)) {
    const run: TestFunction = compiles ? compilerTest : test.concurrent;
    run(file, async () => {
      const child = Bun.spawn([process.execPath, join(import.meta.dir, file), ...args], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      expect({ exitCode, stderr, stdout }).toEqual({ exitCode: 0, stderr: "", stdout: `${output.join("\n")}\n` });
    });
  }

  test("none is forgotten here", () => {
    const all = readdirSync(import.meta.dir, { recursive: true, encoding: "utf8" });
    const files = all.map((name) => name.replaceAll("\\", "/")).filter((name) => /(?<!\.test)\.ts$/.test(name));
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });
});
