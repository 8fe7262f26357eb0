/** Finds the installed Go and builds the recorder with it, once for each state of its sources. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeOverlay } from "./overlay.ts";

const SOURCES = import.meta.dir;
const CACHE = join(SOURCES, "..", ".cache");
/** Releases whose runtime the overlay knows. */
const KNOWN = /^go1\.26(\.\d+)?$/;

export interface Go {
  readonly ok: true;
  /** For example `go1.26.8`. */
  readonly version: string;
  readonly goos: string;
  readonly goarch: string;
  readonly goroot: string;
}

/** The environment of the build: without settings of the user that would change what is built. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOEXPERIMENT: _experiment, ...kept } = process.env;
  const { HOME, GOCACHE } = kept;
  const cache = HOME === undefined && GOCACHE === undefined ? { GOCACHE: join(CACHE, "go-build") } : {};
  return { ...kept, ...cache, GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: "local", CGO_ENABLED: "0" };
}

function go(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("go", args, { cwd: SOURCES, env: buildEnvironment(), encoding: "utf8" });
}

/** The Go on PATH when it can record, else the reason why not. */
export function goAvailable(): Go | { readonly ok: false; readonly reason: string } {
  const refuse = (reason: string) => ({ ok: false, reason }) as const;
  if (process.platform !== "linux") return refuse(`recording needs Linux, this is ${process.platform}`);
  if (Bun.which("go") === null) return refuse("no go on PATH");
  const result = go(["env", "-json", "GOVERSION", "GOOS", "GOARCH", "GOROOT"]);
  if (result.status !== 0) return refuse(`go env failed: ${result.stderr.trim()}`);
  const env: unknown = JSON.parse(result.stdout);
  const { GOVERSION: version, GOOS: goos, GOARCH: goarch, GOROOT: goroot } = env as Readonly<Record<string, string>>;
  if (!KNOWN.test(version)) return refuse(`recording needs Go 1.26.x, the go on PATH is ${version}`);
  return { ok: true, version, goos, goarch, goroot };
}

function sourceFiles(): string[] {
  const names = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.go$|^go\.mod$|^overlay\.ts$/.test(name)).sort();
}

/**
 * The path of the recorder's binary, built if it is not there yet.
 * @throws when the overlay does not fit the runtime, or the build fails
 */
export function buildRecorder(installed: Go): string {
  const hash = createHash("sha256").update(JSON.stringify([installed, buildFlags("")]));
  for (const name of sourceFiles()) hash.update(`\0${name}\0`).update(readFileSync(join(SOURCES, name)));
  const folder = join(CACHE, `recorder-${hash.digest("hex").slice(0, 16)}`);
  const binary = join(folder, "recorder");
  if (existsSync(binary)) return binary;
  mkdirSync(CACHE, { recursive: true });
  sweep();
  const building = mkdtempSync(join(CACHE, `building-${process.pid}-`));
  try {
    const map = writeOverlay(installed.goroot, join(SOURCES, "overlay", "gobuf_record.go"), join(building, "overlay"));
    const result = go(["build", ...buildFlags(map), "-o", join(building, "recorder"), "."]);
    if (result.status !== 0)
      throw new Error(`the recorder does not build with ${installed.version}:\n${result.stderr}`);
    rmSync(join(building, "overlay"), { recursive: true });
    publish(building, folder, binary);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return binary;
}

/** Removes what builds have left whose process was killed. */
function sweep(): void {
  for (const name of readdirSync(CACHE)) {
    const pid = /^building-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function buildFlags(map: string): string[] {
  return [`-overlay=${map}`, "-tags=faketime", "-trimpath"];
}

/** Another process may have published the same build first; either is good. */
function publish(building: string, folder: string, binary: string): void {
  try {
    renameSync(building, folder);
  } catch (error) {
    if (!existsSync(binary)) throw error;
  }
}
