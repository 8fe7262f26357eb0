/**
 * `bun scripts/safe.ts test|FILE.ts [ARGUMENTS]`: runs a command of the project with every check on: the library built
 * with safety checks, and those of the run queues (GOBUF_CHECKS, src/runtime/runq.ts).
 */
import { join } from "node:path";
import { hostPlatform, libraryFile } from "../src/runtime/library.ts";
import { ensureNativeSync, libraryFolder } from "./build.ts";

/** The path of this machine's library with safety checks, which is built for it. */
export function safeLibrary(): string {
  ensureNativeSync(undefined, undefined, "safe");
  return join(libraryFolder(hostPlatform(), "safe"), libraryFile("gobuf", hostPlatform()));
}

/** The environment of a process that runs with every check on. */
export function safeEnv(): Record<string, string | undefined> {
  return { ...process.env, GOBUF_LIBRARY: safeLibrary(), GOBUF_CHECKS: "1" };
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const [what] = args;
  if (what !== "test" && !what?.endsWith(".ts")) {
    console.error(`gobuf: safe: cannot run ${what ?? "nothing"}: expected \`test\` or a .ts file, then its arguments`);
    process.exit(2);
  }
  const child = Bun.spawnSync([process.execPath, ...args], {
    env: safeEnv(),
    stdio: ["inherit", "inherit", "inherit"],
  });
  process.exit(child.exitCode);
}
