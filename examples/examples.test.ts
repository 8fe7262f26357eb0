/** Every example runs, as a user runs it, and prints what it should. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { compilerTest } from "../scripts/abis/compiler.ts";
import { abiSkip, type TestFunction } from "../scripts/abis/skip.ts";

/** Each is a process, on a machine that may be busy. */
setDefaultTimeout(60_000);

/** What threads share is Linux's, and under qemu a thread takes seconds to start. */
const sharing: TestFunction =
  process.platform === "linux" ? abiSkip("arm64", "a thread takes seconds to start under qemu") : test.skip;

const kitchen = join(tmpdir(), `gobuf-kitchen-${process.pid}.trace`);
afterAll(() => rmSync(kitchen, { force: true }));

const expected: Record<string, { args?: string[]; compiles?: true; threads?: true; output: string[] }> = {
  "pipeline.ts": { output: ["the squares of 1 to 100 add up to 338350"] },
  "workers.ts": { output: ["done: ant, bee, cat, dog, elk, fox", "stopped: an empty job"] },
  "rate-limiter.ts": {
    args: ["fake"],
    output: [0, 0, 0, 100, 200, 300].map((ms, i) => `request ${i + 1} after ${ms} ms`),
  },
  "crawler.ts": {
    output: [
      "/ 200 (4 links)",
      "/ants 200 (2 links)",
      "/ants/red 200 (0 links)",
      "/bees 200 (2 links)",
      "/gone 404",
      "/slow no answer in time",
    ],
  },
  "chat.ts": { output: ["bee joins", "ant: hello", "bee: hi, ant", "ant leaves", "the server stops"] },
  "fan-out.ts": { output: Array(5).fill("80 is the better price") },
  "native/blocking.ts": {
    compiles: true,
    output: ["at once", "at once", "at once", "goroutine has 9 letters", "a goroutine's call: 6"],
  },
  "native/main.ts": {
    compiles: true,
    output: ["6171 takes 261 steps", "C, Zig and TypeScript counted 9999 walks"],
  },
  "native/mandelbrot.ts": {
    compiles: true,
    output: [
      "",
      "                                            .+.",
      "                                            ....++.",
      "                                           ...+++..",
      "                                       .....+####+...",
      "                                   .........+####+.........",
      "                                 ....+#++############+.++++.",
      "                              .....+.+###################+..",
      "                    ...............+#####################+...",
      "                   ....++.++++...++#######################+..",
      "                  ....++#######+++########################++.",
      "            .......+++####################################+.",
      "     ###################################################+...",
      "            .......+++####################################+.",
      "                  ....++#######+++########################++.",
      "                   ....++.++++...++#######################+..",
      "                    ...............+#####################+...",
      "                              .....+.+###################+..",
      "                                 ....+#++############+.++++.",
      "                                   .........+####+.........",
      "                                       .....+####+...",
      "                                           ...+++..",
      "                                            ....++.",
      "                                            .+.",
    ],
  },
  "threads/lines.ts": {
    threads: true,
    output: [
      "/: 667 requests, 67 of them not found, 1998 ms",
      "/ants: 667 requests, 67 of them not found, 2000 ms",
      "/bees: 666 requests, 66 of them not found, 1997 ms",
    ],
  },
  "threads/server.ts": {
    threads: true,
    output: ["prime 1: 2", "prime 100: 541", "prime 500: 3571", "prime 100000000: context deadline exceeded"],
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
  for (const [file, { args = [], compiles, threads, output }] of Object.entries(expected)) {
    const run: TestFunction = compiles ? compilerTest : threads ? sharing : test.concurrent;
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

  const stops = abiSkip("windows", "wine has no Ctrl-C for a process without a console");

  /** Starts an example that goes on until Ctrl-C. @returns it, and what gives its lines */
  function begin(file: string, ...args: string[]) {
    const command = [process.execPath, join(import.meta.dir, file), ...args];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const lines = createInterface({ input: Readable.fromWeb(child.stdout as never) })[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value as string | undefined;
    return { child, next };
  }

  stops("crawler.ts --endless ends in order by Ctrl-C, and loses nothing", async () => {
    const { child, next } = begin("crawler.ts", "--endless");
    expect(await next()).toBe("crawling: Ctrl-C ends it");
    child.kill("SIGINT");
    expect(await next()).toMatch(/^stopped, interrupt signal received, [1-9]\d* pages so far$/);
    expect(await next()).toBeUndefined();
    expect(await child.exited).toBe(0);
  });

  stops("chat.ts --port serves others until Ctrl-C, and says good-bye", async () => {
    const { child, next } = begin("chat.ts", "--port", "0");
    const url = (await next())?.replace("NAME", "cat") ?? "";
    const heard: string[] = [];
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.onerror = () => reject(new Error(`no WebSocket at ${url}`));
      socket.onclose = () => resolve();
      socket.onmessage = ({ data }) => {
        heard.push(String(data));
        if (heard.length === 1) socket.send("anybody?");
        if (heard.length === 2) child.kill("SIGINT");
      };
    });
    expect(heard).toEqual(["cat joins", "cat: anybody?", "the server stops"]);
    expect(await child.exited).toBe(0);
  });

  test("none is forgotten here", () => {
    const all = readdirSync(import.meta.dir, { recursive: true, encoding: "utf8" });
    const files = all.map((name) => name.replaceAll("\\", "/")).filter((name) => /(?<!\.test)\.ts$/.test(name));
    // What others start on their threads is no program.
    const programs = files.filter((name) => name !== "threads/stages.ts");
    expect(programs.sort()).toEqual(Object.keys(expected).sort());
  });
});
