/** The overlay over Go's runtime: each change finds its one place, or is refused. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeOverlay } from "./overlay.ts";

// stand-ins with the declarations and places that the overlay looks for, and nothing else
const SOURCES: Readonly<Record<string, string>> = {
  "proc.go":
    "\nfunc casgstatus() {\n\tif gp.bubble != nil {\n\t}\n}\n\nfunc preemptone(pp *p) bool {\n\treturn true\n}\n",
  "select.go":
    "\nfunc selectgo() {\n\tj := cheaprandn(3)\n}\n\nfunc (c *hchan) sortkey() uintptr {\n\treturn 1\n}\n\nfunc after() {\n\tcheaprandn(1)\n}\n",
  "chan.go": "\ntype hchan struct {\n\tlock mutex\n}\n",
};

let folder: string;
let runtime: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-overlay-"));
  runtime = join(folder, "src", "runtime");
  mkdirSync(runtime, { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true }));

function overlayOf(changes: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries({ ...SOURCES, ...changes })) writeFileSync(join(runtime, file), text);
  return writeOverlay(folder, "added.go", join(folder, "overlay"));
}

test("the map names the changed files and the added one", () => {
  const map = JSON.parse(readFileSync(overlayOf({}), "utf8")) as { Replace: Record<string, string> };
  const changed = ["proc.go", "select.go", "chan.go"].map((file) => join(runtime, file));
  expect(Object.keys(map.Replace).sort()).toEqual([join(runtime, "gobuf_record.go"), ...changed].sort());
  const select = readFileSync(map.Replace[join(runtime, "select.go")], "utf8");
  expect(select).toContain("j := gobufDraw(3)");
  expect(select).toContain("\tcheaprandn(1)");
});

test("a missing declaration is named", () => {
  expect(() => overlayOf({ "chan.go": "\ntype channel struct {\n\tlock mutex\n}\n" })).toThrow(
    "no single declaration src/runtime/chan.go, type hchan struct",
  );
});

test("a missing place is named, and so is one that occurs twice", () => {
  const twice = SOURCES["select.go"].replace("cheaprandn(3)", "cheaprandn(3) + cheaprandn(3)");
  for (const changed of [twice, SOURCES["select.go"].replace("cheaprandn(3)", "rand(3)")]) {
    expect(() => overlayOf({ "select.go": changed })).toThrow(
      '"cheaprandn(" is not exactly once in src/runtime/select.go, func selectgo(',
    );
  }
});
