/** Reports of a bundle: no frame of gobuf's own is in them, minified or not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "minified-program.ts");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-minified-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a program prints, without what a minifier and a bundler change: the names of its functions, and its places. */
async function shape(file: string): Promise<string> {
  const child = Bun.spawn([process.execPath, file], { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect({ err, code }).toEqual({ err: "", code: 0 });
  return out
    .replace(/^\t.*$/gm, "\tplace")
    .replace(/^.*\(\.\.\.\)$/gm, "function")
    .replace(/^created by .* in goroutine/gm, "created by a function in goroutine");
}

async function bundled(minify: boolean, splitting: boolean): Promise<string> {
  const outdir = join(folder, `${minify}-${splitting}`);
  const built = await Bun.build({ entrypoints: [PROGRAM], target: "bun", outdir, minify, splitting });
  expect(built.success).toBe(true);
  return join(outdir, "minified-program.js");
}

describe("F15: frames of gobuf's own are told apart in a bundle", () => {
  for (const minify of [false, true]) {
    for (const splitting of [false, true]) {
      test(`F15: ${minify ? "minified" : "not minified"}${splitting ? ", with chunks" : ""}: as many frames as in the sources`, async () => {
        const plain = await shape(PROGRAM);
        // One of each kind. recvAsync has no place but gobuf's.
        expect(plain.match(/^goroutine/gm)?.length).toBe(20);
        expect(plain.match(/:\nfunction\n(?!\t)/g)?.length).toBe(1);
        expect(await shape(await bundled(minify, splitting))).toBe(plain);
      }, 60_000);
    }
  }
});
