/**
 * Runs after `bun install`: builds the native library in a checkout. An installed package brings its library along.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

if (existsSync(join(import.meta.dir, "..", "build.zig"))) {
  const { ensureNativeSync } = await import("./build.ts");
  ensureNativeSync();
}
