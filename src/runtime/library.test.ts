/** A library that cannot be the right one is refused by name, before the loader sees it. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTRACT_ABI_VERSION } from "./codes.ts";
import { descriptor, libraryPath } from "./ffi.ts";
import { DESCRIPTOR_WORDS } from "./layout.ts";
import { checkLibraryFile, hostPlatform, libraryFile, type Platform } from "./library.ts";

const folder = mkdtempSync(join(tmpdir(), "gobuf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = readFileSync(libraryPath);
const host = hostPlatform();

function fileOf(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Loads a library in a process of its own. */
function load(path: string): { code: number; err: string } {
  const script = `import { descriptor } from ${JSON.stringify(join(import.meta.dir, "ffi.ts"))}; console.log(descriptor.abi)`;
  const run = Bun.spawnSync([process.execPath, "-e", script], {
    env: { ...process.env, GOBUF_LIBRARY: path },
    stderr: "pipe",
  });
  return { code: run.exitCode, err: run.stderr.toString() };
}

/** The library with one word of its descriptor changed. */
function withWord(name: (typeof DESCRIPTOR_WORDS)[number], value: number): string {
  const copy = Buffer.from(bytes);
  const table = Uint32Array.from(DESCRIPTOR_WORDS, (word) => descriptor[word]);
  const at = copy.indexOf(Buffer.from(table.buffer));
  expect(at).toBeGreaterThan(0);
  copy.writeUInt32LE(value, at + 4 * DESCRIPTOR_WORDS.indexOf(name));
  return fileOf(`${name}.so`, copy);
}

test("the built one is accepted", () => {
  checkLibraryFile(libraryPath, host);
  expect(load(libraryPath)).toMatchObject({ code: 0 });
});

describe("refused by its headers", () => {
  test.each([0, 3, 20, 63, 64, 200, 4096])("the first %p bytes", (length) => {
    const path = fileOf(`cut-${length}.so`, bytes.subarray(0, length));
    expect(() => checkLibraryFile(path, host)).toThrow(
      /cut-\d+\.so is refused: it(s headers run past| is (truncated|no ELF))/,
    );
  });

  test("all but its last byte", () => {
    const path = fileOf("cut.so", bytes.subarray(0, bytes.length - 1));
    expect(() => checkLibraryFile(path, host)).toThrow(`truncated: ${bytes.length - 1} bytes of the ${bytes.length}`);
  });

  test("no library at all", () => {
    const path = fileOf(
      "text.so",
      Buffer.from("this is text, and long enough to have been a header of something or other"),
    );
    expect(() => checkLibraryFile(path, host)).toThrow("it is no ELF, Mach-O or PE file");
  });

  test.each(["linux-arm64", "darwin-x64", "windows-x64"] satisfies Platform[])(
    "one for another platform than %s",
    (other) => {
      if (other === host) return;
      expect(() => checkLibraryFile(libraryPath, other)).toThrow(`it is a ${host} file; expected a ${other} library`);
    },
  );

  test("a path that is not there, by the process that was told of it", () => {
    const { code, err } = load(join(folder, "none.so"));
    expect(code).not.toBe(0);
    expect(err).toContain("gobuf: no library at");
  });
});

describe("refused by its descriptor, by the word", () => {
  test.each([
    ["magic", 1, "descriptor's magic is 0x1, expected 0x46424f47"],
    ["abi_version", 99, `descriptor's ABI version is 99, expected ${CONTRACT_ABI_VERSION}`],
    ["words", 3, "descriptor's word count is 3"],
    ["g_goid", 8, "descriptor's g_goid is 8"],
    ["gobuf_size", 100, "descriptor's gobuf_size is 100"],
    ["g_stride", 100, "descriptor's g_stride is 100, expected a multiple of 64"],
  ] as const)("%s", (name, value, expected) => {
    const { code, err } = load(withWord(name, value));
    expect(code).not.toBe(0);
    expect(err).toContain(expected);
    expect(err).toContain(`${name}.so is refused`);
  });
});

test("names of files and platforms", () => {
  expect(libraryFile("gobuf", "windows-x64")).toBe("gobuf.dll");
  expect(libraryFile("gobuf", "darwin-arm64")).toBe("libgobuf.dylib");
  expect(libraryFile("gobuf_probe", "linux-x64")).toBe("libgobuf_probe.so");
});
