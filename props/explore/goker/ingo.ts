/** The kernels in Go: the module in go/, built once, each kernel in a process of its own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { goEnvironment } from "../../go.ts";
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

function go(...args: string[]) {
  return Bun.spawnSync(["go", ...args], { cwd: MODULE, env: environment, stdout: "pipe", stderr: "pipe" });
}

/** What `go env GOVERSION` says, or why there is none to use. */
function goVersion(): string | Skipped {
  if (Bun.which("go") === null) return { skipped: "no go on PATH" };
  const { exitCode, stdout, stderr } = go("env", "GOVERSION");
  if (exitCode !== 0) return { skipped: `go env: ${stderr.toString().trim()}` };
  const version = stdout.toString().trim();
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0);
  return minor >= OLDEST ? version : { skipped: `${version} is older than 1.${OLDEST}` };
}

/** Builds the program. @returns its path @throws Error when it does not compile */
function build(): string {
  mkdirSync(CACHE, { recursive: true });
  const binary = join(CACHE, process.platform === "win32" ? "goker.exe" : "goker");
  const { exitCode, stderr } = go("build", "-o", binary, ".");
  if (exitCode !== 0) throw new Error(`go build: exit code ${exitCode}\n${stderr}`);
  return binary;
}

/** The names of the kernels that the module has. @throws Error when it does not compile */
export function namesInGo(): string[] | Skipped {
  const version = goVersion();
  if (typeof version !== "string") return version;
  return Bun.spawnSync([build()]).stdout.toString().trim().split("\n");
}

/** Runs kernels in Go, so often each. @throws Error when the module does not compile, or a process does not end well */
export function runInGo(kernels: readonly Pick<Kernel, "name">[], runs: number): InGo | Skipped {
  const version = goVersion();
  if (typeof version !== "string") return version;
  const binary = build();
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
  return { version, procs, kernels: Object.fromEntries(shown) };
}
