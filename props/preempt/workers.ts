/** Bodies whose registers are all known, preempted on Workers of their own. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { libraryPath } from "../native/bodies.ts";
import { hurry, type Registers, type RegistersOptions } from "./async.ts";

/** What registers() of async.ts finds, on so many Workers at once, each with a copy of the library, which a thread that ends takes along. */
export async function registersOnWorkers(workers: number, options: RegistersOptions): Promise<Registers[]> {
  const { everyUs = 100, seed = 1 } = options;
  const folder = mkdtempSync(join(tmpdir(), "gobuf-registers-"));
  // The monitor is one for all, and stays hurried until the last has ended.
  using _ = hurry(everyUs);
  const one = async (index: number): Promise<Registers> => {
    const path = join(folder, `${index}-${basename(libraryPath)}`);
    copyFileSync(libraryPath, path);
    const worker = new Worker(new URL("./registers.worker.ts", import.meta.url).href);
    const { promise, resolve, reject } = Promise.withResolvers<Registers>();
    worker.addEventListener("message", ({ data }) => resolve(data as Registers));
    worker.addEventListener("error", ({ message }) => reject(new Error(message)));
    worker.postMessage({ ...options, seed: seed + index * 10, path, everyUs: 0 });
    try {
      return await promise;
    } finally {
      const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
      worker.terminate();
      await closed;
    }
  };
  try {
    return await Promise.all(Array.from({ length: workers }, (_, index) => one(index)));
  } finally {
    // Windows removes no library that is loaded.
    if (process.platform !== "win32") rmSync(folder, { recursive: true, force: true });
  }
}
