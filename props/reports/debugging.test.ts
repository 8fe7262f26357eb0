/** The samples of docs/debugging.md: functions, offsets, and the numbers of a stack are those of this checkout. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { descriptor } from "../../src/runtime/ffi.ts";
import { packageRoot } from "../../src/runtime/library.ts";
import { StackOverflowError } from "../../src/runtime/panic.ts";

const page = readFileSync(join(packageRoot, "docs", "debugging.md"), "utf8");

/** The file of a frame, by its name or path. */
function sourceOf(name: string): string[] {
  const files = ["arch", "arch/probe", "arch/include", "examples/native"].flatMap((folder) =>
    readdirSync(join(packageRoot, folder)).map((file) => `${folder}/${file}`),
  );
  const found = files.find((file) => file === name || file.endsWith(`/${name}`));
  expect(found, `a source is called ${name}`).toBeDefined();
  return readFileSync(join(packageRoot, found as string), "utf8").split("\n");
}

test("each frame of a sample is of a function that its file has, at a line that it has", () => {
  const frames = [...page.matchAll(/(?:in |#\d+ +)([\w.]+) \(.*?\) at ([\w./]+):(\d+)$/gm)];
  expect(frames.length).toBeGreaterThan(8);
  for (const [text, name, file, at] of frames as unknown as [string, string, string, string][]) {
    const lines = sourceOf(file);
    const fn = name.split(".").at(-1) as string;
    expect(lines.join("\n"), text).toMatch(new RegExp(`^(?:FUNC|HIDDEN|LABEL) ${fn}\\b|\\bfn ${fn}\\(`, "m"));
    expect(lines.length, text).toBeGreaterThanOrEqual(Number(at));
  }
});

test.skipIf(process.platform !== "linux" || process.arch !== "x64")(
  "the offsets are the library's (skipped where the ABI is another than System V x86-64)",
  () => {
    const numbers = /status (\d+), goid (\d+), and of its Gobuf sp (\d+), pc (\d+), bp (\d+)/.exec(
      page.replace(/\s+/g, " "),
    );
    const { g_atomicstatus, g_goid, g_sched, gobuf_sp, gobuf_pc, gobuf_bp } = descriptor;
    const all = [g_atomicstatus, g_goid, g_sched + gobuf_sp, g_sched + gobuf_pc, g_sched + gobuf_bp];
    expect(numbers?.slice(1).map(Number)).toEqual(all);
    for (const [, offset] of page.matchAll(/\*\(long\*\)\(\$(?:g|rdi)\+(\d+)\)/g))
      expect(all).toContain(Number(offset));
  },
);

test("the overflow's message is the one that is thrown, with the size that a stack has on Linux", () => {
  const sample =
    /StackOverflowError: (stack overflow: goroutine (\d+) touched (0x\w+), .* \[(0x\w+), (0x\w+)\) .*)/.exec(page);
  const [, message, goid, address, lo, hi] = sample as unknown as [string, string, string, string, string, string];
  expect(new StackOverflowError(Number(goid), BigInt(address), BigInt(lo), BigInt(hi)).message.split("\n")[0]).toBe(
    message,
  );
  const onLinux = 128 * 1024;
  expect(Number(BigInt(hi) - BigInt(lo))).toBe(onLinux);
  if (process.platform === "linux") expect(descriptor.stack_size_default).toBe(onLinux);
});
