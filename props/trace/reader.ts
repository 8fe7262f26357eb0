/** Go's own reader of traces, golang.org/x/exp/trace: main.go beside this file, built once a test file. */
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { goAsTold, goEnvironment, installedGo, minorOf } from "../go.ts";

const FOLDER = import.meta.dir;
const CACHE = join(FOLDER, ".cache");
const environment = goEnvironment(join(CACHE, "go-build"));
/** The first use builds what Go ships as sources only. */
export const BUILD_MS = 180_000;

/** The release of Go whose format the traces have, as the 26 of 1.26. */
const FORMAT = 26;

/** What the reader says of a trace: Result of main.go. */
export interface Verdict {
  readonly file: string;
  readonly accepted: boolean;
  readonly reason: string;
  readonly syncs: number;
  readonly events: number;
  readonly goroutines: readonly string[] | null;
  readonly names: Readonly<Record<string, string>>;
  readonly procs: readonly string[] | null;
  readonly stacks: readonly string[] | null;
  readonly annotations: readonly string[] | null;
  /** In place of what goroutines did, where it was asked for: "id from to proc thread". */
  readonly changes: readonly string[] | null;
  readonly rises: boolean;
  readonly span: number;
}

function go(...args: string[]) {
  const found = installedGo();
  if (!found.ok) throw new Error(found.reason);
  return Bun.spawnSync([found.command, ...args], { cwd: FOLDER, env: environment, stdout: "pipe", stderr: "pipe" });
}

function mustGo(...args: string[]): string {
  const { exitCode, stdout, stderr } = go(...args);
  if (exitCode !== 0) throw new Error(`go ${args.join(" ")}: exit code ${exitCode}\n${stderr}`);
  return stdout.toString().trim();
}

/** Why there is no Go to read traces, undefined when there is one. */
export function whyNoGo(): string | undefined {
  const found = installedGo();
  if (!found.ok) return found.reason;
  return minorOf(found.version) >= FORMAT ? undefined : `${found.version} is older than the format, 1.${FORMAT}`;
}

/** Why the pages of `go tool trace` cannot be looked at, undefined when they can: each release writes its own. */
export function whyNoPages(): string | undefined {
  const told = goAsTold("trace");
  return told.ok ? undefined : told.reason;
}

/** Why Go's reader cannot be built, undefined when it can: it is a module that must be there, or be fetched. */
export function whyNoReader(): string | undefined {
  const why = whyNoGo();
  if (why !== undefined) return why;
  const { exitCode, stderr } = go("mod", "download");
  return exitCode === 0
    ? undefined
    : `golang.org/x/exp cannot be fetched: ${stderr.toString().trim().split("\n").at(-1)}`;
}

let built = "";

/** Builds the reader. @throws Error when it does not compile */
export function buildReader(): void {
  mkdirSync(CACHE, { recursive: true });
  const binary = join(CACHE, process.platform === "win32" ? "reader.exe" : "reader");
  // Under another name until it is whole.
  const unfinished = `${binary}.${process.pid}`;
  mustGo("build", "-o", unfinished, ".");
  renameSync(unfinished, binary);
  built = binary;
}

/** Reads traces, in one process. @param changes asks for `changes` */
export async function readTraces(files: readonly string[], changes = false): Promise<Verdict[]> {
  if (built === "") buildReader();
  const stdin = new TextEncoder().encode(files.map((file) => `${file}\n`).join(""));
  const child = Bun.spawn([built, ...(changes ? ["changes"] : [])], { stdin, stdout: "pipe", stderr: "pipe" });
  const [out, err, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (exitCode !== 0) throw new Error(`the reader of traces: exit code ${exitCode}\n${err}`);
  const lines = out.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Verdict);
}

/** Path of the program behind `go tool trace`, which is built the first time. */
export function traceTool(): string {
  return mustGo("tool", "-n", "trace");
}
