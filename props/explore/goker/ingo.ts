/** The kernels in Go: the module in go/, built once, each kernel in a process of its own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { goEnvironment, installedGo, minorOf } from "../../go.ts";
import type { Kernel } from "./kernel.ts";
import type { InGo, Shown } from "./page.ts";

const MODULE = join(import.meta.dir, "go");
const CACHE = join(MODULE, ".cache");
const environment = goEnvironment(join(CACHE, "go-build"));
/** Loop variables of their own and min, max of the language: what the programs are written for. */
const OLDEST = 24;
/** A process that does not end by itself is stopped: no kernel takes as long. */
const LIMIT_MS = 120_000;

/** Why the kernels cannot run in Go. */
export interface Skipped {
  readonly skipped: string;
}

/** The go command and its version, or why there is none to use. */
function usable(): { command: string; version: string } | Skipped {
  const go = installedGo();
  if (!go.ok) return { skipped: go.reason };
  return minorOf(go.version) >= OLDEST ? go : { skipped: `${go.version} is older than 1.${OLDEST}` };
}

/** Builds the program. @returns its path @throws Error when it does not compile */
function build(command: string): string {
  mkdirSync(CACHE, { recursive: true });
  const binary = join(CACHE, process.platform === "win32" ? "goker.exe" : "goker");
  const line = [command, "build", "-o", binary, "."];
  const { exitCode, stderr } = Bun.spawnSync(line, { cwd: MODULE, env: environment, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`go build: exit code ${exitCode}\n${stderr}`);
  return binary;
}

/** The names of the kernels that the module has. @throws Error when it does not compile */
export function namesInGo(): string[] | Skipped {
  const go = usable();
  if ("skipped" in go) return go;
  return Bun.spawnSync([build(go.command)])
    .stdout.toString()
    .trim()
    .split("\n");
}

/** Runs kernels in Go, so often each. @throws Error when the module does not compile, or a process does not end well */
export function runInGo(kernels: readonly Pick<Kernel, "name">[], runs: number): InGo | Skipped {
  const go = usable();
  if ("skipped" in go) return go;
  const binary = build(go.command);
  let procs = 0;
  const shown = kernels.map(({ name }): [string, Shown] => {
    const { exitCode, stdout, stderr, signalCode } = Bun.spawnSync([binary, "-kernel", name, "-runs", String(runs)], {
      timeout: LIMIT_MS,
    });
    if (exitCode !== 0) throw new Error(`${name} in Go: ${signalCode ?? `exit code ${exitCode}`}\n${stderr}`);
    const told = JSON.parse(stdout.toString()) as Shown & { procs: number };
    procs = told.procs;
    return [name, { shown: told.shown, of: told.of }];
  });
  return { version: go.version, procs, kernels: Object.fromEntries(shown) };
}
