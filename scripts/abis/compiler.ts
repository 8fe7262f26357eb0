/** Tests that want the C compiler of bun:ffi: skipped by name where this Bun has none, with the reason. */
import { cc } from "bun:ffi";
import { test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestFunction } from "./skip.ts";

let found: string | null | undefined;

/** Why nothing can be compiled here; null where it can. */
export function noCompiler(): string | null {
  if (found !== undefined) return found;
  const folder = mkdtempSync(join(tmpdir(), "gobuf-cc-"));
  try {
    const source = join(folder, "one.c");
    writeFileSync(source, "int one(void) { return 1; }\n");
    const library = cc({ source, symbols: { one: { args: [], returns: "i32" } } });
    found = library.symbols.one() === 1 ? null : "it compiles wrongly";
    library.close();
  } catch (error) {
    found = ((error as Error).message.split("\n")[0] ?? "").replaceAll(folder, "...");
  } finally {
    rmSync(folder, { recursive: true });
  }
  return found;
}

/** `test`, or one that skips where bun:ffi has no compiler. */
export const compilerTest: TestFunction = (name, body, timeoutMs) => {
  const reason = noCompiler();
  if (reason === null) test(name, body, timeoutMs);
  else test.skip(`${name} (skipped: bun:ffi cannot compile C here: ${reason})`, body);
};
