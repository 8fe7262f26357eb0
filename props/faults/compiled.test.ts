/** Fault F29: native.cc where the package's folder is not: in an executable and in a bundle, moved elsewhere. */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilerTest, noCompiler } from "../../scripts/abis/compiler.ts";
import { abiSkip, type TestFunction } from "../../scripts/abis/skip.ts";
import { packageRoot } from "../../src/runtime/library.ts";

const BODIES = `#include "gobuf.h"
GOBUF_RUNTIME
void doubler(void *arg) {
  gobuf_handle ch = gobuf_handle_of(arg);
  gobuf_send(ch, 2 * gobuf_recv(ch).value);
}
`;

const APP = `import { resolve } from "node:path";
import path from "./bodies.c" with { type: "file" };
import { go, native, run } from "gobuf";

// In a bundle the path is relative to it.
const source = resolve(import.meta.dir, path);
const symbols = { doubler: native.body };
for (const given of [source, Bun.file(source)]) {
  using bodies = native.cc({ source: given, symbols });
  console.log(await run(function* () {
    const ch = native.chan(native.i32);
    go.native(bodies.symbols.doubler, ch);
    yield* ch.send(21);
    return yield* ch.recv();
  }));
}
for (const missing of [new URL("./other.c", import.meta.url), "other.c"]) {
  try {
    native.cc({ source: missing, symbols });
  } catch (error) {
    console.log(error.message);
  }
}
`;

const folder = mkdtempSync(join(tmpdir(), "gobuf-compiled-"));
const project = join(folder, "project");
const elsewhere = join(folder, "elsewhere");
const temporary = join(folder, "tmp");

beforeAll(() => {
  // wine 8 makes no symbolic links, and nothing runs there.
  if (process.platform === "win32") return;
  for (const path of [join(project, "node_modules"), elsewhere, temporary]) mkdirSync(path, { recursive: true });
  // As this checkout has it: the modules that the package's manifest names are made when it is packed.
  const gobuf = join(project, "node_modules", "gobuf");
  mkdirSync(gobuf);
  for (const name of ["src", "arch", "scripts", "zig-out"]) {
    symlinkSync(join(packageRoot, name), join(gobuf, name), "junction");
  }
  writeFileSync(join(gobuf, "package.json"), '{ "name": "gobuf", "type": "module", "exports": "./src/index.ts" }');
  writeFileSync(join(project, "bodies.c"), BODIES);
  writeFileSync(join(project, "app.ts"), APP);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function must(command: string[], cwd: string): string {
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd, env, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit code ${exitCode}\n${stdout}${stderr}`);
  return stdout.toString();
}

/** Builds, and runs what was made, in another folder and with the sources gone. @returns the lines it prints */
function built(args: string[], output: string, command: string[]): string[] {
  must([process.execPath, "build", "app.ts", ...args], project);
  renameSync(join(project, output), join(elsewhere, output));
  renameSync(join(project, "bodies.c"), join(project, "gone.c"));
  try {
    return must(command, elsewhere).trim().split("\n");
  } finally {
    renameSync(join(project, "gone.c"), join(project, "bodies.c"));
    expect(readdirSync(temporary).filter((name) => name.startsWith("gobuf-cc"))).toEqual([]);
  }
}

const here = abiSkip(["windows", "arm64", "musl"], "an executable is made for this machine, and its C by its compiler");
const compiles: TestFunction = noCompiler() === null ? here : compilerTest;

const app = process.platform === "win32" ? "app.exe" : "app";

for (const flags of ["", "--minify --bytecode --format=esm"]) {
  compiles(
    `F29: native.cc in an executable, bun build --compile ${flags}`,
    () => {
      const args = ["--compile", "--outfile", app, ...flags.split(" ").filter(Boolean)];
      const lines = built(args, app, [join(elsewhere, app)]);
      expect(lines.slice(0, 2)).toEqual(["42", "42"]);
      expect(lines[2]).toMatch(
        /^gobuf: native\.cc: no source at .*other\.c\. An executable has it with `import .*native\.dlopen$/,
      );
      expect(lines[3]).toBe("gobuf: native.cc: no source at other.c");
    },
    60_000,
  );
}

compiles(
  "F29: native.cc in a bundle",
  () => {
    const lines = built(["--target=bun", "--outdir=dist"], "dist", [process.execPath, join("dist", "app.js")]);
    expect(lines.slice(0, 2)).toEqual(["42", "42"]);
    expect(lines[2]).toMatch(/^gobuf: native\.cc: no source at .*other\.c$/);
  },
  60_000,
);

compiles("F29: native.cc from the sources", () => {
  expect(must([process.execPath, "app.ts"], project).split("\n").slice(0, 2)).toEqual(["42", "42"]);
});
