/**
 * Loaded first by a Bun that runs under an emulator (run.ts says so in BUN_OPTIONS): mends what the emulator lacks and
 * what tests and commands need that know nothing of emulators.
 */
import * as fs from "node:fs";

// Under qemu the kernel cannot start this very file: what stands for it is the script that starts qemu.
if (process.env.GOBUF_ABI_BUN) process.execPath = process.env.GOBUF_ABI_BUN;

// Bun removes a tree by FileDispositionInformationEx. Wine 8 answers "not implemented", where Bun has another way for
// "not supported" only, and gives EFAULT. One file or empty folder at a time it can.
if (process.env.GOBUF_ABI === "windows") {
  const { rmSync } = fs;
  const remove = (path: fs.PathLike, options?: fs.RmOptions): void => {
    if (!options?.recursive) return rmSync(path, options);
    const name = path instanceof URL ? Bun.fileURLToPath(path) : String(path);
    const stat = fs.lstatSync(name, { throwIfNoEntry: false });
    if (stat === undefined && options.force) return;
    if (!stat?.isDirectory()) return fs.unlinkSync(name);
    for (const entry of fs.readdirSync(name)) remove(`${name}\\${entry}`, options);
    fs.rmdirSync(name);
  };
  const { mock } = await import("bun:test");
  const mended = { ...fs, rmSync: remove };
  mock.module("node:fs", () => ({ ...mended, default: mended }));
}
