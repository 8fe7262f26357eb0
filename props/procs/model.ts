/**
 * `bun run model`: the model checker of runs with several Ms. It builds arch/model.zig, in which the functions of arch/procs/
 * have their shared accesses in the hands of a checker, and runs it.
 */
import { join, resolve } from "node:path";
import { command } from "../../scripts/command.ts";
import { findZig, zigEnv } from "../../scripts/zig.ts";

const root = resolve(import.meta.dir, "..", "..");

/** Builds the checker. @returns its path @throws Error with what Zig said */
export function buildModel(): string {
  const [program = "", ...rest] = findZig();
  const zig = Bun.spawnSync([program, ...rest, "build", "model", "--prefix", join(root, "zig-out")], {
    cwd: root,
    env: zigEnv(process.env, root),
    stdout: "pipe",
    stderr: "pipe",
  });
  if (zig.exitCode !== 0) throw new Error(`zig build model: ${zig.stderr}${zig.stdout}`);
  return join(root, "zig-out", "model", "gobuf_model");
}

if (import.meta.main) {
  const { args } = command(
    "bun run model",
    "Tries every interleaving of the run queues, locks, parking, blocking calls, channels and objects of sync of runs with several Ms, at small sizes, and the " +
      "deliberate faults of each model. Exit code: 0 all hold and every fault is found, 1 not so; 2 the command line makes no sense.",
  )
    .argument(
      "[models...]",
      "only models whose names begin so: lock, note, runq, park, syscall, chan, sema, rwmutex, mutex, cond, once",
    )
    .parse();
  if (process.platform !== "linux") {
    console.error("bun run model: on Linux only, as runs with several Ms are");
    process.exit(2);
  }
  const { exitCode } = Bun.spawnSync([buildModel(), ...args], { stdout: "inherit", stderr: "inherit" });
  process.exit(exitCode);
}
