/** Whole processes, from their start to their end: a small program of gobuf, and beside it one that does nothing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "../program.ts";

/** What a user's import of gobuf loads: the file that the package's exports name, once it is built; else the sources. */
function entry(): string {
  const sources = Bun.resolveSync("gobuf", import.meta.dir);
  const root = join(sources, "..", "..");
  const manifest = join(root, "package.json");
  if (!existsSync(manifest)) return sources;
  const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { exports?: { "."?: { default?: string } } };
  // What is there may be of older sources. A graft of a baseline has no such script, and is measured by its sources.
  const bundle = join(root, "scripts", "bundle.ts");
  if (existsSync(bundle)) Bun.spawnSync([process.execPath, bundle]);
  const built = join(root, exports?.["."]?.default ?? "");
  return existsSync(built) && /\.[jt]s$/.test(built) ? built : sources;
}

/** Runs a text as a program, in `n` processes, one after another. */
function processes(text: string): Program {
  return async (n) => {
    for (let i = 0; i < n; i++) {
      const { exited } = Bun.spawn([process.execPath, "-e", text], { stdin: "ignore", stdout: "ignore" });
      const code = await exited;
      if (code !== 0) throw new Error(`the program ended with exit code ${code}`);
    }
    return n;
  };
}

const small = (from: string) => `
  import { chan, go, run } from ${JSON.stringify(from)};
  const got = await run(function* () {
    const c = chan();
    go(function* () { yield* c.send(42); });
    return yield* c.recv();
  });
  if (got !== 42) process.exit(1);
`;

/** A program that does nothing, and the small one. */
export const empty: Program = processes(";");
export const first: Program = (n) => {
  // Once: the first sample warms up, and is not counted.
  program ??= processes(small(entry()));
  return program(n);
};
let program: Program | undefined;
