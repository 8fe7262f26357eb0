/**
 * Writes the declarations of the package's entries into types/, and of the modules that they lead to. Those of the others
 * would be a twentieth of the package.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import pkg from "../package.json";
import { command } from "./command.ts";

command("bun scripts/declarations.ts", "Writes the declarations of the package's entries into types/.").parse();

const root = join(import.meta.dir, "..");
const types = join(root, "types");
rmSync(types, { recursive: true, force: true });
const { exitCode } = Bun.spawnSync(
  [process.execPath, join("node_modules", "typescript-7", "bin", "tsc"), "-p", "tsconfig.types.json"],
  {
    cwd: root,
    stdio: ["inherit", "inherit", "inherit"],
  },
);
if (exitCode !== 0) process.exit(exitCode);

const reached = new Set<string>();
const next = Object.values(pkg.exports).flatMap((entry) =>
  typeof entry === "string" ? [] : [join(root, entry.types)],
);
for (let file = next.pop(); file !== undefined; file = next.pop()) {
  if (reached.has(file)) continue;
  reached.add(file);
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/\b(?:from|import\() ?"(\.[^"]+)\.ts"/g)) {
    next.push(resolve(dirname(file), `${path}.d.ts`));
  }
}
for (const name of readdirSync(types, { recursive: true, encoding: "utf8" })) {
  if (/\.d\.ts(\.map)?$/.test(name) && !reached.has(join(types, name.replace(/\.map$/, "")))) rmSync(join(types, name));
}
