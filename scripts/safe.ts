/**
 * `bun run safe test|FILE.ts [ARGUMENTS]`: runs a command of the project with every check on: the library built
 * with safety checks, and those of the run queues (GOBUF_CHECKS, src/runtime/runq.ts).
 */
import { join } from "node:path";
import { hostPlatform, libraryFile } from "../src/runtime/library.ts";
import { parseWhat } from "./abis/run.ts";
import { ensureNativeSync, libraryFolder } from "./build.ts";
import { checked, command } from "./command.ts";

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
  const safe = command(
    "bun run safe",
    "Runs a command of the project with every check on, on a library with safety checks, which is built for it. Exit " +
      "code: the command's; 1 where the library does not build, 2 where the command line is wrong.",
  )
    .argument("<what>", "test, or a .ts file", checked(parseWhat))
    .argument("[argument...]", "its arguments")
    .passThroughOptions()
    .parse();
  const [what, args] = safe.processedArgs as [string, string[]];
  try {
    const child = Bun.spawnSync([process.execPath, what, ...args], {
      env: safeEnv(),
      stdio: ["inherit", "inherit", "inherit"],
    });
    process.exitCode = child.exitCode;
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
