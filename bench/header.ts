/** What a benchmark's reader must know of the machine and the versions. */
import { cpus, loadavg, release } from "node:os";
import packageJson from "../package.json";
import { descriptor } from "../src/ffi.ts";
import { ABI_NAMES } from "../src/layout.ts";
import type { Header } from "./schema.ts";

/** The header of a run. @param go Go's version, or why it is missing */
export function header(go: string, seed: number): Header {
  const processors = cpus();
  return {
    gobuf: packageJson.version,
    abi: ABI_NAMES[descriptor.abi] ?? "unknown",
    bun: Bun.version,
    go,
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    kernel: release(),
    load: loadavg(),
    seed,
  };
}
