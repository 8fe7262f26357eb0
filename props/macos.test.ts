/**
 * The macOS libraries cannot run here: they are built, and read. Their exports are Linux's, and so are the switch's
 * instructions, byte for byte, but for what the TLS load and the distances of calls make different.
 */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abiSkip } from "../scripts/abis/skip.ts";
import { findZig } from "../scripts/zig.ts";
import { libraryFile, type Platform, packageRoot } from "../src/runtime/library.ts";
import { type Image, readImage } from "./image.ts";

const test = abiSkip(["arm64", "windows", "musl"], "it looks at files that are the same whatever runs here");
let folder = "";
const images = new Map<Platform, Image>();

beforeAll(() => {
  if (process.env.GOBUF_ABI) return;
  folder = mkdtempSync(join(tmpdir(), "gobuf-macos-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A library with its symbols. */
function image(platform: Platform): Image {
  let found = images.get(platform);
  if (found === undefined) {
    const args = ["build", `-Dplatform=${platform}`, "-Dstrip=false", "--prefix", join(folder, platform)];
    const run = Bun.spawnSync([...findZig(), ...args], { cwd: packageRoot, stderr: "pipe" });
    if (run.exitCode !== 0) throw new Error(run.stderr.toString());
    found = readImage(join(folder, platform, "lib", platform, libraryFile("gobuf", platform)));
    images.set(platform, found);
  }
  return found;
}

/** Functions of the switch without a TLS load or a call: the same bytes everywhere. */
const PURE = ["gobuf_gogo", "gobuf_leave"];

/** A function's code up to the next symbol, without what aligns that one. */
function codeOf(from: Image, name: string): string {
  const start = from.symbols.get(name)?.address ?? -1;
  const next = [...from.symbols.values()].map((s) => s.address).filter((a) => a > start);
  return from
    .code(start, Math.min(...next))
    .toString("hex")
    .replace(/(cc|90|1f2003d5|0f1f\w+|662e0f1f84\w+|00)*$/, "");
}

describe.each(["x64", "arm64"] as const)("darwin-%s", (arch) => {
  const exportsOf = ({ symbols }: Image) =>
    [...symbols]
      .filter(([name, { isExported }]) => isExported && name.startsWith("gobuf_"))
      .map(([name]) => name)
      .sort();

  test("exports what the Linux library exports", () => {
    const linux = exportsOf(image(`linux-${arch}`));
    expect(linux).toContain("gobuf_execute");
    expect(exportsOf(image(`darwin-${arch}`))).toEqual(linux);
  }, 120_000);

  test("switches with the same instructions, byte for byte", () => {
    for (const name of PURE) {
      const linux = codeOf(image(`linux-${arch}`), name);
      expect(linux.length, name).toBeGreaterThan(16);
      expect(codeOf(image(`darwin-${arch}`), name), name).toBe(linux);
    }
  }, 120_000);

  test("mcall saves with the same instructions behind the TLS load", () => {
    const tail = (from: Image) => {
      const start = from.symbols.get("gobuf_mcall")?.address ?? 0;
      const end = from.symbols.get("gobuf_leave")?.address ?? 0;
      return from.code(end - (end - start > 90 ? 60 : 40), end).toString("hex");
    };
    expect(tail(image(`darwin-${arch}`))).toBe(tail(image(`linux-${arch}`)));
  }, 120_000);
});
