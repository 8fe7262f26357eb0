/** Zig is found in the order that zig.ts says, and what does not work is named. */
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
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

  test("a $ZIG that starts at the folder one is in is found from every other", () => {
    const from = relative(process.cwd(), join(good, "zig"));
    expect(findZig(silent({ ZIG: from.startsWith(".") ? from : `./${from}` }))).toEqual([join(good, "zig")]);
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

  test("F44: PyPI's package is installed by the digests of its wheels, and is there only when it is whole", () => {
    const log = join(folder, "pip.log");
    const pip = fake(
      "pip",
      "python3",
      `[ "$2" = pip ] || exit 1
echo "$@" >>'${log}'
while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; shift; done
/bin/mkdir -p "$target/ziglang" && printf '#!/bin/sh\\necho 0.16.0\\n' >"$target/ziglang/zig" && /bin/chmod +x "$target/ziglang/zig"
[ -z "$FAIL" ] || { echo 'DO NOT MATCH THE HASHES' >&2; exit 1; }`,
    );
    const around = (env: Record<string, string>) => silent({ PATH: pip, ...env });
    expect(() => findZig(around({ FAIL: "1" }))).toThrow("pip install ziglang==0.16.0: DO NOT MATCH THE HASHES");
    expect(existsSync(join(folder, "installed"))).toBe(false);
    expect(findZig(around({}))).toEqual([join(folder, "installed", "ziglang", "zig")]);
    const [line = ""] = readFileSync(log, "utf8").split("\n");
    expect(line).toContain("-m pip install -q --require-hashes --no-deps --only-binary :all: --target ");
    rmSync(join(folder, "installed"), { recursive: true });
    const requirements = line.split(" -r ")[1] ?? "";
    const pinned = readFileSync(requirements, "utf8");
    expect(pinned).toMatch(/^ziglang==0\.16\.0( \\\n +--hash=sha256:[0-9a-f]{64}){6}\n$/m);
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
