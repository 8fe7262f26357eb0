/**
 * Judged runs on the library whose shared accesses come late (arch/delayed.zig): in a process of its own, which loads that
 * one. `bun props/fidelity/procs/delayed.ts PROCS ROUNDS SEED HISTORIES` prints a line of JSON.
 */
import { dlopen } from "bun:ffi";
import { join, resolve } from "node:path";
import { parseInteger } from "../../../scripts/numbers.ts";
import { findZig, zigEnv } from "../../../scripts/zig.ts";
import type { HistorySums } from "./histories.ts";
import type { Rounds } from "./rounds.ts";

const root = resolve(import.meta.dir, "..", "..", "..");

export interface DelayedOptions {
  readonly procs: number;
  readonly rounds: number;
  readonly seed: number;
  /** Programs whose histories are checked. */
  readonly histories: number;
  /** They are killed then: something has hung. */
  readonly limitMs?: number;
}

export interface Delayed {
  readonly rounds: Rounds;
  readonly histories: HistorySums;
  /** Shared accesses that came late. */
  readonly late: number;
}

/** Nobody waits longer: something hangs. */
const LIMIT_MS = 600_000;

/** Builds the library. @returns its path, or why it cannot be built @throws Error with what Zig said */
function build(): { path: string } | string {
  let zig: readonly string[];
  try {
    zig = findZig();
  } catch (error) {
    return (error as Error).message;
  }
  const out = join(root, "zig-out");
  const { exitCode, stderr } = Bun.spawnSync([...zig, "build", "delayed", "--prefix", out], {
    cwd: root,
    env: zigEnv(process.env, root),
    stdout: "ignore",
    stderr: "pipe",
  });
  if (exitCode !== 0) throw new Error(`zig build delayed: ${stderr}`);
  return { path: join(out, "delayed", "libgobuf.so") };
}

/** Runs them. @returns what they did, or why there is no such library */
export function delayedRounds({
  procs,
  rounds,
  seed,
  histories,
  limitMs = LIMIT_MS,
}: DelayedOptions): Delayed | string {
  const built = build();
  if (typeof built === "string") return built;
  const { stdout, stderr, exitCode, signalCode } = Bun.spawnSync(
    [process.execPath, import.meta.path, ...[procs, rounds, seed, histories].map(String)],
    {
      env: { ...process.env, GOBUF_LIBRARY: built.path },
      stdout: "pipe",
      stderr: "pipe",
      timeout: limitMs,
      killSignal: "SIGKILL",
    },
  );
  const text = stdout.toString().trim().split("\n").at(-1) ?? "";
  if (exitCode === 0) return JSON.parse(text) as Delayed;
  throw new Error(`delayed runs: exit code ${exitCode} ${signalCode ?? ""}\n${stdout}${stderr}`);
}

if (import.meta.main) {
  const [procs = 2, rounds = 1, seed = 1, count = 1] = process.argv
    .slice(2)
    .map((text) => parseInteger(text, 0, 2 ** 32));
  // Loads the library.
  const [{ openBodies }, { judgedRounds }, { judgedHistories }] = await Promise.all([
    import("../../procs/bodies.ts"),
    import("./rounds.ts"),
    import("./histories.ts"),
  ]);
  const { libraryPath } = await import("../../../src/runtime/ffi.ts");
  const { symbols: delays } = dlopen(libraryPath, { gobuf_delays: { args: ["u64"], returns: "u64" } });
  delays.gobuf_delays(BigInt(seed + 1));
  const { symbols } = openBodies();
  const found: Delayed = {
    rounds: await judgedRounds(symbols, { procs, rounds, seed }),
    histories: await judgedHistories(symbols, { procs, count, seed }),
    late: Number(delays.gobuf_delays(0n)),
  };
  console.log(JSON.stringify(found));
}
