/** Projects of a few files for the tests, which git knows. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scratch } from "../../../scripts/scratch.ts";

/** A project of a few files in a folder of its own, which git knows. */
export function project(stack: DisposableStack, files: Readonly<Record<string, string>>): string {
  const { path } = stack.use(scratch("planted"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  Bun.spawnSync(["git", "init", "-q"], { cwd: path });
  return path;
}
