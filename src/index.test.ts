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

test("the README's examples in TypeScript are these three", () => {
  expect(blocks).toHaveLength(3);
});

test("the README's example runs and gives what it says", () => {
  expect(runBlock(blocks[0] ?? "", "total")).toEqual({ code: 0, out: "14\n" });
});

compilerTest("so does the one with a body in C", () => {
  const [, c = ""] = /```c\n(.*?)```/s.exec(readme) ?? [];
  expect(runBlock(blocks[1] ?? "", "sum", { "squares.c": c })).toEqual({ code: 0, out: "285\n" });
});

test("the exploration finds what it says", () => {
  const [, said = ""] = /```text\n(ExploreError: .*?)```/s.exec(readme) ?? [];
  const code = (blocks[2] ?? "").replace(
    /^explore\(.*$/m,
    'let text = "";\ntry {\n  $&\n} catch (error) {\n  text = String(error);\n}',
  );
  const { code: exitCode, out } = runBlock(code, "text");
  const text = out
    .slice(0, out.indexOf("\n\ngoroutine 1"))
    .replace(/\([^(]*example\.ts:(\d+):(\d+)\)/, "(bank.ts:$1:$2)");
  expect({ exitCode, text: `${text}\n` }).toEqual({ exitCode: 0, text: said });
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
