/** Zig is found in the order that zig.ts says, and what does not work is named. */
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findZig } from "./zig.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-zig-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An executable that answers as the shell script says. @returns its folder */
function fake(where: string, name: string, script: string): string {
  const at = join(folder, where);
  mkdirSync(at, { recursive: true });
  const path = join(at, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return at;
}

const silent = (env: Record<string, string>, lines: string[] = []) => ({
  env: { ...env, PATH: env.PATH ?? "" },
  folder: join(folder, "installed"),
  log: (line: string) => void lines.push(line),
});

describe.skipIf(process.platform === "win32")("findZig (the fakes are shell scripts: not on Windows)", () => {
  const good = fake("good", "zig", "echo 0.16.3");
  const old = fake("old", "zig", "echo 0.14.1");
  const python = fake("python", "python3", '[ "$2" = ziglang ] && echo 0.16.0');
  const bare = fake("bare", "python3", "echo no such module >&2; exit 1");

  test("$ZIG comes first", () => {
    expect(findZig(silent({ ZIG: join(good, "zig"), PATH: old }))).toEqual([join(good, "zig")]);
  });

  test("a $ZIG of another version, or that is not there, is an error, whatever else there is", () => {
    expect(() => findZig(silent({ ZIG: join(old, "zig"), PATH: good }))).toThrow(
      "it is version 0.14.1; expected Zig 0.16.x",
    );
    expect(() => findZig(silent({ ZIG: join(folder, "none"), PATH: good }))).toThrow("expected Zig 0.16.x");
  });

  test("zig on PATH comes before python's, unless it is another version", () => {
    expect(findZig(silent({ PATH: `${good}:${python}` }))).toEqual([join(good, "zig")]);
    expect(findZig(silent({ PATH: `${old}:${python}` }))).toEqual([join(python, "python3"), "-m", "ziglang"]);
  });

  test("where nothing works, the error lists what was tried and why not", () => {
    const lines: string[] = [];
    const find = () => findZig(silent({ PATH: `${old}:${bare}` }, lines));
    expect(find).toThrow(
      "no Zig 0.16.x found. Tried:\n  zig on PATH: it is version 0.14.1\n  python3 -m ziglang: it exits with 1",
    );
    expect(find).toThrow("pip install ziglang==0.16.0: no such module");
    expect(lines[0]).toContain("installing ziglang==0.16.0 from PyPI");
    expect(() => findZig(silent({ PATH: join(folder, "empty") }))).toThrow("python3: not on PATH");
  });
});
