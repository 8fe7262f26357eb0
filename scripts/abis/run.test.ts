/** The runner's command line, what it gives a foreign Bun, and what a process under an emulator finds. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentAbi, parseAbi, STAMP, startBun } from "./abis.ts";
import { BUN_VERSION } from "./pins.ts";
import { parseWhat } from "./run.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-abis-"));
  for (const abi of ["arm64", "windows"]) {
    mkdirSync(join(folder, abi));
    writeFileSync(join(folder, abi, STAMP), "");
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  expect(existsSync(folder)).toBe(false);
});

test("an ABI is one of three", () => {
  expect(parseAbi("musl")).toBe("musl");
  expect(() => parseAbi("s390x")).toThrow('no ABI "s390x": expected arm64, windows, musl');
  expect(() => parseAbi("toString")).toThrow('no ABI "toString"');
  expect(() => parseAbi(undefined)).toThrow("no ABI given: expected arm64, windows, musl");
});

test("a command is `test` or a file of the project", () => {
  expect(parseWhat("test")).toBe("test");
  expect(parseWhat("bench/main.ts")).toBe("bench/main.ts");
  // `bun run` would start the machine's own Bun from PATH.
  expect(() => parseWhat("run")).toThrow('cannot run "run": expected `test` or a .ts file');
});

test("the machine's own ABI has no name here", () => {
  expect(currentAbi({})).toBeUndefined();
  expect(currentAbi({ GOBUF_ABI: "arm64" })?.title).toBe("AArch64 under qemu");
  expect(currentAbi({ GOBUF_ABI: "windows" })?.title).toBe("Microsoft x64 under wine");
  expect(() => currentAbi({ GOBUF_ABI: "vax" })).toThrow('no ABI "vax"');
});

test("an ABI that is not set up says how to do it", () => {
  const start = () => startBun("musl", { GOBUF_ABIS: folder });
  expect(start).toThrow("the ABI musl is not set up in");
  expect(start).toThrow("run `bun run setup:abis musl`");
});

test("a foreign Bun gets its caller's environment and what it needs beside", () => {
  const { command, env } = startBun("windows", { GOBUF_ABIS: folder, SOME: "1", NONE: undefined });
  expect(command.at(-1)).toEndWith("bun.exe");
  expect(env).toMatchObject({ SOME: "1", GOBUF_ABI: "windows", DISPLAY: "", WINEDLLOVERRIDES: "mscoree,mshtml=" });
  expect(env).not.toHaveProperty("NONE");
  expect(env.BUN_OPTIONS).toEndWith('preload.ts"');
  const arm64 = startBun("arm64", { GOBUF_ABIS: folder });
  expect(arm64.env.GOBUF_ABI_BUN).toBe(arm64.command[0] as string);
});

test("files are made and found by names that start at the folder one is in", () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    writeFileSync("here.txt", "here");
    expect(readFileSync(join(folder, "here.txt"), "utf8")).toBe("here");
    const { stderr } = Bun.spawnSync([process.execPath, "-e", "1"], { stdin: "ignore", cwd: folder });
    expect(stderr.toString()).toBe(""); // Bun complains of its emulator here, if it does
  } finally {
    process.chdir(before);
  }
});

test("a test can start the Bun that it runs on", () => {
  const script = "console.log(Bun.version, process.arch, process.env.GOBUF_ABI ?? '')";
  const { exitCode, stdout } = Bun.spawnSync([process.execPath, "-e", script], { stdin: "ignore" });
  expect(exitCode).toBe(0);
  expect(stdout.toString().trim()).toBe(`${BUN_VERSION} ${process.arch} ${process.env.GOBUF_ABI ?? ""}`.trim());
});

test("a tree of files can be removed", () => {
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "a", "b"), { recursive: true });
  writeFileSync(join(tree, "a", "file"), "");
  rmSync(tree, { recursive: true });
  expect(existsSync(tree)).toBe(false);
  expect(() => rmSync(tree, { recursive: true })).toThrow("ENOENT");
  rmSync(tree, { recursive: true, force: true });
});
