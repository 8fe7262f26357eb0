/** What the source of a Go's runtime says of goroutine statuses: main.go beside this file, built once, reads it. */
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Go, goEnvironment } from "../../../golden/record.ts";

const FOLDER = import.meta.dir;
export const CACHE = join(FOLDER, ".cache");

/** A status change that the source can make. A scan bit that is taken with it stands before the status: scanpreempted. */
export interface Change {
  readonly from: string;
  readonly to: string;
  /** "file.go:function", each once. */
  readonly where: readonly string[];
}

/** What main.go prints. */
export interface Source {
  readonly statuses: Readonly<Record<string, number>>;
  /** What castogscanstatus takes, and casfrom_Gscanstatus gives back. */
  readonly scannable: readonly string[];
  readonly releasable: readonly string[];
  readonly changes: readonly Change[];
  /** Uses of a status that it could not make out. */
  readonly untold: readonly string[];
}

/** Builds the reader. @returns its path @throws Error when it does not compile */
function build(go: Go): string {
  const binary = join(CACHE, `reader-${go.version.replaceAll(/[^\w.-]/g, "_")}`);
  const isNewer = existsSync(binary) && statSync(binary).mtimeMs > statSync(join(FOLDER, "main.go")).mtimeMs;
  if (isNewer) return binary;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  const env = goEnvironment(join(CACHE, "go-build"));
  const { exitCode, stderr } = Bun.spawnSync([go.command, "build", "-o", unfinished, "."], { cwd: FOLDER, env });
  if (exitCode !== 0) throw new Error(`the reader of statuses does not build with ${go.version}:\n${stderr}`);
  renameSync(unfinished, binary);
  return binary;
}

/**
 * Reads the runtime of a Go.
 *
 * @param folder of its source, where that is not the Go's own
 * @throws Error when it cannot be read
 */
export function readSource(go: Go, folder = join(go.goroot, "src", "runtime")): Source {
  const { exitCode, stdout, stderr } = Bun.spawnSync([build(go), folder]);
  if (exitCode !== 0) throw new Error(`the statuses of ${go.version} cannot be read: ${stderr.toString().trim()}`);
  return JSON.parse(stdout.toString()) as Source;
}
