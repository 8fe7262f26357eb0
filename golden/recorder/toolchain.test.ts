/** Which Go: stand-ins of go commands and their GOROOTs, of which no file of Go is needed. V2, V4: see the tests' names. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildError, buildRecorder, recorderFolder } from "./build.ts";
import { findGo, type Go, goAvailable, minorOf } from "./toolchain.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-toolchain-"));
  mkdirSync(join(folder, "golden"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function script(path: string, text: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A GOROOT with what a recorder's cache looks at. */
function standIn(name: string, version: string, proc = "61"): Go {
  const goroot = join(folder, name);
  for (const pkg of ["runtime", "internal", "sync", "time", "reflect", "syscall"]) {
    mkdirSync(join(goroot, "src", pkg, "deep"), { recursive: true });
    writeFileSync(join(goroot, "src", pkg, "deep", "a.go"), `package ${pkg}\n`);
  }
  writeFileSync(join(goroot, "src", "runtime", "proc.go"), `package runtime // ${proc}\n`);
  mkdirSync(join(goroot, "pkg", "tool", "linux_amd64"), { recursive: true });
  for (const tool of ["compile", "asm", "link"]) writeFileSync(join(goroot, "pkg", "tool", "linux_amd64", tool), tool);
  const told = JSON.stringify({ GOVERSION: version, GOOS: "linux", GOARCH: "amd64", GOROOT: goroot });
  const command = script(join(goroot, "bin", "go"), `echo '${told}'`);
  return { ok: true, version, goos: "linux", goarch: "amd64", goroot, command };
}

/** A go command that does as GOTOOLCHAIN says, as Go's own does: it stands for a GOROOT by that name. */
function switching(name: string, before = ""): string {
  return script(join(folder, name), `${before}\nexec ${folder}/\${GOTOOLCHAIN:-own}/bin/go "$@"`);
}

describe.skipIf(process.platform === "win32")(
  "V4: one Go for all (stand-ins are shell scripts: not on Windows)",
  () => {
    const before = { path: process.env.PATH, toolchain: process.env.GOTOOLCHAIN };
    beforeAll(() => {
      standIn("own", "go1.26.8");
      standIn("go1.24.1", "go1.24.1");
      standIn("go1.23.9", "go1.23.9");
      delete process.env.GOTOOLCHAIN;
    });
    afterAll(() => {
      process.env.PATH = before.path;
      if (before.toolchain !== undefined) process.env.GOTOOLCHAIN = before.toolchain;
    });

    const versionOf = (path?: string, toolchain?: string) => {
      const go = findGo(path, toolchain);
      return go.ok ? [go.version, go.command] : go.reason;
    };
    const own = (name: string) => [name === "own" ? "go1.26.8" : name, join(folder, name, "bin", "go")];

    test("that GOTOOLCHAIN names: a wrapper's, the caller's, the environment's; and then it is called by its own path", () => {
      const plain = switching("plain-go");
      expect(versionOf(plain)).toEqual(own("own"));
      expect(versionOf(switching("wrapper", "GOTOOLCHAIN=go1.24.1"))).toEqual(own("go1.24.1"));
      expect(versionOf(plain, "go1.24.1")).toEqual(own("go1.24.1"));
      process.env.GOTOOLCHAIN = "go1.23.9";
      expect(versionOf(plain)).toEqual(own("go1.23.9"));
      delete process.env.GOTOOLCHAIN;
      expect(versionOf(plain)).toEqual(own("own"));
    });

    test("of a GOROOT, and of PATH", () => {
      expect(versionOf(join(folder, "go1.24.1"))).toEqual(own("go1.24.1"));
      script(join(folder, "on-path", "go"), `exec ${folder}/go1.23.9/bin/go "$@"`);
      process.env.PATH = join(folder, "on-path");
      expect(versionOf()).toEqual(own("go1.23.9"));
      process.env.PATH = join(folder, "golden");
      expect(versionOf()).toBe("no go on PATH");
      process.env.PATH = before.path;
    });

    test("that is none is told of by its path, and so is one that is too old", () => {
      expect(versionOf(join(folder, "nothing"))).toEndWith("is not there; expected a go command, or a GOROOT");
      expect(versionOf(join(folder, "golden"))).toEndWith("has no bin/go; expected a go command, or a GOROOT");
      expect(versionOf(script(join(folder, "mute"), "echo go"))).toEndWith("it is no go command");
      expect(versionOf(script(join(folder, "red"), "echo no network >&2; exit 1"), "go1.99.1")).toBe(
        "go env failed (GOTOOLCHAIN=go1.99.1): no network",
      );
      const old = goAvailable(join(folder, "go1.23.9"));
      const linux = process.platform === "linux" ? "1.24 or newer, this is go1.23.9" : "recording needs Linux";
      expect(old).toMatchObject({ ok: false, reason: expect.stringContaining(linux) });
    });
  },
);

describe("V2: a recorder's place goes by", () => {
  test("the contents of Go's runtime and of its tools, not by the version or the place alone", () => {
    const one = recorderFolder(standIn("one", "go1.26.8"));
    expect(recorderFolder(standIn("two", "go1.26.8"))).toBe(one);
    expect(recorderFolder(standIn("edited", "go1.26.8", "64"))).not.toBe(one);
    expect(recorderFolder(standIn("newer", "go1.26.9"))).not.toBe(one);
    const tool = standIn("tool", "go1.26.8");
    writeFileSync(join(tool.goroot, "pkg", "tool", "linux_amd64", "compile"), "another");
    expect(recorderFolder(tool)).not.toBe(one);
  });

  test("and a Go that is not whole is refused by what it lacks", () => {
    const broken = standIn("broken", "go1.26.8");
    rmSync(join(broken.goroot, "pkg"), { recursive: true });
    expect(() => recorderFolder(broken)).toThrow(BuildError);
    expect(() => recorderFolder(broken)).toThrow(/^go1\.26\.8 in .*broken is not whole: .*compile/);
    expect(() => buildRecorder(standIn("strange", "go1.26.8"))).toThrow(
      /^the recorder does not build with go1\.26\.8 in .*strange:\nrecorder overlay: no single declaration /,
    );
  });
});

test("minorOf", () => {
  expect(["go1.26.8", "go1.26", "go1.27rc1", "go1.3"].map(minorOf)).toEqual([26, 26, 27, 3]);
  expect(minorOf("devel go1.28-abc")).toBeNaN();
});
