/**
 * Which Go. It is looked for once, as the user's own commands would find it: the go on PATH or one that is named, and
 * what GOTOOLCHAIN makes of that. From then on it is used by its own path, so that no place can find another.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** The oldest release whose runtime the recorder's overlay knows, as the 24 of 1.24. */
const OLDEST = 24;

export interface Go {
  readonly ok: true;
  /** For example `go1.26.8`. */
  readonly version: string;
  readonly goos: string;
  readonly goarch: string;
  readonly goroot: string;
  /** The path of its go command. */
  readonly command: string;
}

/** There is no Go to use. */
export interface NoGo {
  readonly ok: false;
  readonly reason: string;
}

function no(reason: string): NoGo {
  return { ok: false, reason };
}

/** The environment without settings that would change what is built; GOTOOLCHAIN is left, for it says which Go. */
function asking(): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOEXPERIMENT: _experiment, GOROOT: _root, ...kept } = process.env;
  return { ...kept, GOFLAGS: "", GOWORK: "off" };
}

/** The command that `path` stands for: a go command, or a folder with bin/go. @throws Error */
function commandAt(path: string): string {
  const full = resolve(path);
  if (!existsSync(full)) throw new Error(`${path} is not there; expected a go command, or a GOROOT`);
  if (!statSync(full).isDirectory()) return full;
  const inside = join(full, "bin", process.platform === "win32" ? "go.exe" : "go");
  if (!existsSync(inside)) throw new Error(`${path} has no bin/go; expected a go command, or a GOROOT`);
  return inside;
}

const found = new Map<string, Go | NoGo>();

/**
 * Finds Go.
 *
 * @param path of a go command or of a GOROOT; the go on PATH when absent
 * @param toolchain as GOTOOLCHAIN names it, `go1.24.13`: it is fetched when it is not there; the environment's when absent
 */
export function findGo(path?: string, toolchain?: string): Go | NoGo {
  const key = JSON.stringify([path, toolchain, process.env.GOTOOLCHAIN, process.env.PATH]);
  const known = found.get(key) ?? look(path, toolchain);
  found.set(key, known);
  return known;
}

function look(path: string | undefined, toolchain: string | undefined): Go | NoGo {
  let command: string;
  try {
    command = path === undefined ? (Bun.which("go", { PATH: process.env.PATH ?? "" }) ?? "") : commandAt(path);
  } catch (error) {
    return no((error as Error).message);
  }
  if (command === "") return no("no go on PATH");
  const env = toolchain === undefined ? asking() : { ...asking(), GOTOOLCHAIN: toolchain };
  const names = ["GOVERSION", "GOOS", "GOARCH", "GOROOT"] as const;
  // in this folder, whose go.mod asks for the oldest that will do
  const asked = spawnSync(command, ["env", "-json", ...names], { cwd: import.meta.dir, env, encoding: "utf8" });
  if (asked.error !== undefined) return no(`${command} does not start: ${asked.error.message}`);
  const chosen = env.GOTOOLCHAIN ? ` (GOTOOLCHAIN=${env.GOTOOLCHAIN})` : "";
  if (asked.status !== 0) return no(`go env failed${chosen}: ${asked.stderr.trim()}`);
  let told: Record<(typeof names)[number], string>;
  try {
    told = JSON.parse(asked.stdout);
  } catch {
    return no(`${command} env${chosen} did not answer with JSON: it is no go command`);
  }
  const own = join(told.GOROOT, "bin", process.platform === "win32" ? "go.exe" : "go");
  if (!existsSync(own)) return no(`there is no ${own}: the Go of ${command}${chosen} has no command of its own`);
  return {
    ok: true,
    version: told.GOVERSION,
    goos: told.GOOS,
    goarch: told.GOARCH,
    goroot: told.GOROOT,
    command: own,
  };
}

/** The 26 of `go1.26.8`, NaN for a version that is no release (`devel ...`). */
export function minorOf(version: string): number {
  return Number(/^go1\.(\d+)(?:\D|$)/.exec(version)?.[1]);
}

/** The Go that is to record, or the reason why it cannot. Parameters as of {@link findGo}. */
export function goAvailable(path?: string, toolchain?: string): Go | NoGo {
  if (process.platform !== "linux") return no(`recording needs Linux, this is ${process.platform}`);
  const go = findGo(path, toolchain);
  if (!go.ok) return go;
  return minorOf(go.version) >= OLDEST ? go : no(`recording needs Go 1.${OLDEST} or newer, this is ${go.version}`);
}

/**
 * The environment in which a Go that was found builds: without settings of the user that would change what is built.
 *
 * @param cache folder for what the build keeps, where there is no home
 */
export function goEnvironment(cache: string): NodeJS.ProcessEnv {
  const { HOME, GOCACHE, LOCALAPPDATA } = process.env;
  const homeless = HOME === undefined && GOCACHE === undefined && LOCALAPPDATA === undefined;
  return { ...asking(), ...(homeless ? { GOCACHE: cache } : {}), GOTOOLCHAIN: "local", CGO_ENABLED: "0" };
}
