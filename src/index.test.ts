/** What the README shows is what runs. */
import { expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code ?? "",
);

test("the README's example runs and gives what it says", async () => {
  expect(blocks).toHaveLength(1);
  // In the package, so that its own name is found; run in a process of its own, as a user's program is.
  const file = join(root, `.readme-example-${process.pid}.ts`);
  writeFileSync(file, `${blocks[0]}\nconsole.log(total);\n`);
  try {
    const run = Bun.spawnSync([process.execPath, file], { cwd: root, stderr: "pipe" });
    expect({ code: run.exitCode, out: run.stdout.toString() }).toEqual({ code: 0, out: "14\n" });
  } finally {
    rmSync(file);
  }
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
