/** What the README shows is what runs. */
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compilerTest } from "../scripts/abis/compiler.ts";

const root = join(import.meta.dir, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? "");

/** Runs a block of TypeScript that leaves its result in a variable, with files beside it. */
function runBlock(code: string, result: string, files: Record<string, string> = {}): { code: number; out: string } {
  // In the package, so that its own name is found; run in a process of its own, as a user's program is.
  const folder = mkdtempSync(join(root, ".readme-example-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "example.ts"), `${code}\nconsole.log(${result});\n`);
    const run = Bun.spawnSync([process.execPath, join(folder, "example.ts")], { cwd: root, stderr: "pipe" });
    return { code: run.exitCode, out: run.stdout.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the README's examples in TypeScript are these two", () => {
  expect(blocks).toHaveLength(2);
});

test("the README's example runs and gives what it says", () => {
  expect(runBlock(blocks[0] ?? "", "total")).toEqual({ code: 0, out: "14\n" });
});

compilerTest("so does the one with a body in C", () => {
  const [, c = ""] = /```c\n(.*?)```/s.exec(readme) ?? [];
  expect(runBlock(blocks[1] ?? "", "sum", { "squares.c": c })).toEqual({ code: 0, out: "285\n" });
});

test("its imports are what the package exports", async () => {
  const exported = await import("./index.ts");
  const imported =
    /import \{([^}]*)\} from "gobuf"/
      .exec(blocks[0] ?? "")?.[1]
      ?.split(",")
      .map((name) => name.trim()) ?? [];
  expect(imported.length).toBeGreaterThan(0);
  for (const name of imported) expect(Object.keys(exported)).toContain(name);
});
