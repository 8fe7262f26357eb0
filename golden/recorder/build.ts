/** Builds the recorder with a Go, once for each state of its sources and of that Go's. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeOverlay } from "./overlay.ts";
import { type Go, goEnvironment } from "./toolchain.ts";

const SOURCES = import.meta.dir;
const CACHE = join(SOURCES, "..", ".cache");
/** What of a GOROOT decides what a recorder does: the packages below these of src, and the tools. */
const PACKAGES = ["runtime", "internal", "sync", "time", "reflect", "syscall"];
const TOOLS = ["compile", "asm", "link"];

/** A Go that a recorder cannot be built with: no case was run. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

function sourceFiles(): string[] {
  const names = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.go$|^go\.mod$|^overlay\.ts$/.test(name)).sort();
}

const contents = new Map<string, string>();

/**
 * A digest of what a Go is made of, its version apart: somebody may have changed its sources.
 * It is taken once a process.
 */
function contentsOf({ goroot, goos, goarch }: Go): string {
  const known = contents.get(goroot);
  if (known !== undefined) return known;
  const hash = new Bun.CryptoHasher("sha256");
  const add = (name: string) => hash.update(`\0${name}\0`).update(readFileSync(join(goroot, name)));
  for (const folder of PACKAGES.map((name) => join("src", name))) {
    const names = readdirSync(join(goroot, folder), { recursive: true, encoding: "utf8" });
    const built = names.filter((name) => /\.(?:go|s|h)$/.test(name) && !/_test\.go$|(?:^|\/)testdata\//.test(name));
    for (const name of built.sort()) add(join(folder, name));
  }
  for (const tool of TOOLS) add(join("pkg", "tool", `${goos}_${goarch}`, tool));
  const digest = hash.digest("hex");
  contents.set(goroot, digest);
  return digest;
}

/** The folder of the recorder of a Go. @throws BuildError where that Go lacks a part */
export function recorderFolder(go: Go): string {
  const { version, goos, goarch } = go;
  try {
    const hash = createHash("sha256").update(JSON.stringify([version, goos, goarch, contentsOf(go), buildFlags("")]));
    for (const name of sourceFiles()) hash.update(`\0${name}\0`).update(readFileSync(join(SOURCES, name)));
    return join(CACHE, `recorder-${hash.digest("hex").slice(0, 16)}`);
  } catch (error) {
    throw new BuildError(`${version} in ${go.goroot} is not whole: ${(error as Error).message}`);
  }
}

/**
 * The path of the recorder's binary, built if it is not there yet.
 * @throws BuildError when the overlay does not fit the runtime, or the build fails
 */
export function buildRecorder(go: Go): string {
  const { version } = go;
  const folder = recorderFolder(go);
  const binary = join(folder, "recorder");
  if (existsSync(binary)) return binary;
  mkdirSync(CACHE, { recursive: true });
  sweep();
  const building = mkdtempSync(join(CACHE, `building-${process.pid}-`));
  try {
    const map = writeOverlay(go.goroot, join(SOURCES, "overlay", "gobuf_record.go"), join(building, "overlay"));
    // a fetched Go lies in the module cache, and cmd/go lays nothing over files of that: this build has another one
    const env = { ...goEnvironment(join(CACHE, "go-build")), GOMODCACHE: join(CACHE, "modules") };
    const args = ["build", ...buildFlags(map), "-o", join(building, "recorder"), "."];
    const { status, stderr } = spawnSync(go.command, args, { cwd: SOURCES, env, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    rmSync(join(building, "overlay"), { recursive: true });
    publish(building, folder, binary);
  } catch (error) {
    throw new BuildError(`the recorder does not build with ${version} in ${go.goroot}:\n${(error as Error).message}`);
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
