/** What a benchmark's reader must know of the machine and the versions. */
import { cpus, loadavg, release } from "node:os";
import packageJson from "../package.json";
import { descriptor } from "../src/ffi.ts";
import { ABI_NAMES } from "../src/layout.ts";
import type { Available } from "./peers.ts";
import type { Header } from "./schema.ts";

/** The header of a run. @param available what is measured */
export function header(available: readonly Available[], seed: number, quick: boolean): Header {
  const processors = cpus();
  return {
    gobuf: packageJson.version,
    abi: ABI_NAMES[descriptor.abi] ?? "unknown",
    bun: Bun.version,
    go: versionOf(available.find(({ impl }) => impl === "go")),
    peers: Object.fromEntries(available.map((peer) => [peer.impl, versionOf(peer)])),
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    kernel: release(),
    load: loadavg(),
    seed,
    quick,
  };
}

function versionOf(peer: Available | undefined): string {
  if (peer === undefined) return "SKIPPED: not asked for";
  return "skipped" in peer ? `SKIPPED: ${peer.skipped}` : peer.version;
}
