/**
 * The other side of `--baseline`: a checkout in a folder, a commit of this one, or the JSON of an earlier run.
 *
 * A checkout is measured with this checkout's programs (graft.ts): so both sides run the same programs, whatever the
 * other's bench was like.
 */
import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { scratch } from "../scripts/scratch.ts";
import { hostPlatform, libraryFile, otherThanFile, packageRoot } from "../src/runtime/library.ts";
import { graft } from "./graft.ts";
import type { Command } from "./peer.ts";
import { host } from "./peers.ts";
import { checkReport, type Report } from "./schema.ts";

/** A checkout, ready to be measured. */
export interface Checkout extends Disposable {
  readonly kind: "checkout";
  readonly what: string;
  /** How an implementation of it is started. */
  command(impl: string, seed: number): Command;
}

/** An earlier run. */
export interface Earlier extends Disposable {
  readonly kind: "report";
  readonly what: string;
  readonly report: Report;
}

export type Baseline = Checkout | Earlier;

function git(...args: string[]): string {
  const run = Bun.spawnSync(["git", ...args], { cwd: packageRoot, stdout: "pipe", stderr: "pipe" });
  if (run.exitCode !== 0) throw new Error(run.stderr.toString().trim());
  return run.stdout.toString().trim();
}

/** @throws Error when a folder is no checkout of gobuf */
function checkCheckout(root: string): void {
  const refuse = (why: string): never => {
    throw new Error(`${root} is no checkout of gobuf: ${why}`);
  };
  const manifest = join(root, "package.json");
  if (!existsSync(manifest)) refuse("it has no package.json");
  const { name } = parse<{ name?: string } | null>(manifest) ?? {};
  if (name !== "gobuf") refuse(`its package is ${name}`);
  if (!existsSync(join(root, "src", "index.ts"))) refuse("it has no src/index.ts");
}

/** What a JSON file holds. @throws Error that says that it is none */
function parse<T>(file: string): T {
  const other = otherThanFile(file);
  if (other !== undefined) throw new Error(`${file} is ${other}; expected a regular file`);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}`);
  }
}

function checkout(root: string, what: string, remove: () => void): Checkout {
  const grafted = scratch("baseline", tmpdir(), remove);
  const at = grafted.path;
  try {
    checkCheckout(root);
    graft(root, at);
  } catch (error) {
    grafted[Symbol.dispose]();
    throw error;
  }
  const platform = hostPlatform();
  const probe = join(packageRoot, "zig-out", "lib", platform, libraryFile("gobuf_probe", platform));
  return {
    kind: "checkout",
    what,
    // The other side has a library of its own, in its own zig-out; the native bodies are ours.
    command: (impl, seed) => ({
      ...host(impl, seed, at),
      env: { GOBUF_LIBRARY: "", GOBUF_BENCH_PROBE: probe },
    }),
    [Symbol.dispose]: () => grafted[Symbol.dispose](),
  };
}

/** What the folder of a commit is for. */
const COMMIT = "commit";

/** Has git forget worktrees of ours whose folder is gone: this process's, and those of processes that were killed. */
function forgetWorktrees(): void {
  const paths = [...git("worktree", "list", "--porcelain").matchAll(/^worktree (.*)/gm)].map(([, path = ""]) => path);
  for (const path of paths) {
    if (basename(path).startsWith(`gobuf-${COMMIT}-`) && !existsSync(path)) git("worktree", "remove", "--force", path);
  }
}

/** A commit, checked out to a folder of its own for the time being. */
function commit(ref: string): Checkout {
  const hash = git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`);
  const checkedOut = scratch(COMMIT, tmpdir(), forgetWorktrees);
  const at = checkedOut.path;
  try {
    git("worktree", "add", "--detach", at, hash);
    symlinkSync(join(packageRoot, "node_modules"), join(at, "node_modules"), "junction");
    return checkout(at, `${ref} (${hash.slice(0, 12)})`, () => checkedOut[Symbol.dispose]());
  } catch (error) {
    checkedOut[Symbol.dispose]();
    throw error;
  }
}

function report(file: string): Earlier {
  const found = parse<Report>(file);
  const wrong = checkReport(found);
  if (wrong.length > 0) throw new Error(`${file} is no report of this bench: ${wrong.slice(0, 3).join("; ")}`);
  if (found.rows.length === 0) throw new Error(`${file} has no rows to compare with: it is a comparison itself`);
  return { kind: "report", what: file, report: found, [Symbol.dispose]: () => {} };
}

/**
 * Finds what a baseline names.
 *
 * @param name a folder, a file or a commit
 * @throws Error that says what it is not
 */
export function openBaseline(name: string): Baseline {
  if (!existsSync(name)) {
    try {
      return commit(name);
    } catch (error) {
      const why = (error as Error).message || "no such commit";
      throw new Error(
        `bench: --baseline ${name}: expected a checkout's folder, a report of --json, or a commit (${why})`,
      );
    }
  }
  try {
    const at = resolve(name);
    return statSync(at).isDirectory() ? checkout(at, name, () => {}) : report(at);
  } catch (error) {
    throw new Error(`bench: --baseline ${name}: ${(error as Error).message}`);
  }
}
