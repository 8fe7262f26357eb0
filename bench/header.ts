/** What a benchmark's reader must know of the machine and the versions. */
import { cpus, loadavg, release } from "node:os";
import packageJson from "../package.json";
import { ABI_TEXTS } from "../src/runtime/codes.ts";
import { descriptor } from "../src/runtime/ffi.ts";
import { packageRoot } from "../src/runtime/library.ts";
import type { Options } from "./options.ts";
import type { Available } from "./peers.ts";
import type { Header } from "./schema.ts";

/** The header of a run. @param available what is measured */
export function header(available: readonly Available[], options: Options): Header {
  const processors = cpus();
  return {
    gobuf: packageJson.version,
    commit: commitOf(packageRoot),
    command: commandOf(options),
    date: new Date().toISOString(),
    abi: ABI_TEXTS[descriptor.abi] ?? "unknown",
    bun: Bun.version,
    go: versionOf(available.find(({ impl }) => impl === "go")),
    peers: Object.fromEntries(available.map((peer) => [peer.impl, versionOf(peer)])),
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    kernel: release(),
    load: loadavg(),
    seed: options.seed,
    quick: options.quick === true,
  };
}

/** The command that makes a page of the same rows. */
function commandOf({ quick, filter, peers, seed }: Options): string {
  const FIRST_SEED = 1;
  const parts = [
    ...(quick ? ["--quick"] : []),
    ...(filter === undefined ? [] : [`--filter '${filter.text}'`]),
    ...(peers === undefined ? [] : [`--peers ${peers.length === 0 ? "none" : peers.join(",")}`]),
    ...(seed === FIRST_SEED ? [] : [`--seed ${seed}`]),
  ];
  return ["npx bun run bench", ...parts, "--html page.html"].join(" ");
}

/** The commit of a checkout. */
function commitOf(root: string): string {
  if (!Bun.which("git")) return "unknown";
  const git = Bun.spawnSync(["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"], { cwd: root });
  return git.stdout.toString().trim() || "unknown";
}

function versionOf(peer: Available | undefined): string {
  if (peer === undefined) return "SKIPPED: not asked for";
  return "skipped" in peer ? `SKIPPED: ${peer.skipped}` : peer.version;
}
