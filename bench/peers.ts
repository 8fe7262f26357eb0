/**
 * The implementations that are measured, how each is built and started, and what is missing where one cannot be.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, Peer } from "./peer.ts";

const folder = join(import.meta.dir, "peers");

/** Builds what is to be built. @returns how it is started, or why it cannot be */
type Prepare = (options: { seed: number; asked: boolean }) => Command | string;

/** A process of TypeScript programs. @param root the checkout whose bench runs */
export function host(impl: string, seed: number, root = join(import.meta.dir, "..")): Command {
  return { argv: [process.execPath, join(root, "bench", "host.ts"), impl, String(seed)] };
}

/** Runs a compiler. @returns what it said when it failed */
function compile(cwd: string, argv: readonly string[]): string | undefined {
  const build = Bun.spawnSync([...argv], { cwd, stdout: "ignore", stderr: "pipe" });
  if (build.exitCode === 0) return undefined;
  const said = build.stderr.toString().trim().split("\n");
  return `${argv[0]} failed: ${said.find((line) => line.includes("error")) ?? said[0]}`;
}

/** A binary in a folder of built things. */
function built(...path: string[]): string {
  const at = join(folder, ...path);
  mkdirSync(join(at, ".."), { recursive: true });
  return process.platform === "win32" ? `${at}.exe` : at;
}

function go(procs: number | undefined): Prepare {
  return () => {
    if (!Bun.which("go")) return "no go on PATH";
    const binary = built("go", ".cache", "bench");
    const wrong = compile(join(folder, "go"), ["go", "build", "-o", binary, "."]);
    if (wrong !== undefined) return wrong;
    // Whatever the user's shell sets for other programs is not Go's default.
    const defaults = { GOGC: "", GOMEMLIMIT: "", GODEBUG: "" };
    return { argv: [binary], env: { ...defaults, GOMAXPROCS: procs === undefined ? "" : String(procs) } };
  };
}

/** A program of one file in C or C++. */
function compiled(name: string, compilers: readonly string[], source: string, ...flags: string[]): Prepare {
  return () => {
    const compiler = compilers.find((candidate) => Bun.which(candidate));
    if (compiler === undefined) return `no ${compilers.join(" or ")} on PATH`;
    const binary = built(".cache", name);
    const wrong = compile(folder, [compiler, "-O2", source, "-o", binary, ...flags]);
    return wrong ?? { argv: [binary] };
  };
}

/** Built when it is asked for by name: cargo fetches what it needs. */
const corosensei: Prepare = ({ asked }) => {
  const crate = join(folder, "corosensei");
  const binary = built("corosensei", "target", "release", "gobuf-bench-corosensei");
  if (!asked) return existsSync(binary) ? { argv: [binary] } : "not built: ask for it with --peers corosensei or all";
  if (!Bun.which("cargo")) return "no cargo on PATH";
  return compile(crate, ["cargo", "build", "--release", "--locked", "--quiet"]) ?? { argv: [binary] };
};

const typescript =
  (impl: string): Prepare =>
  ({ seed }) =>
    host(impl, seed);

/** Ours. */
export const OURS = ["native", "generator"] as const;

/** All implementations, in the order of the table. */
const PREPARE: Readonly<Record<string, Prepare>> = {
  native: typescript("native"),
  generator: typescript("generator"),
  go: go(1),
  "go-all": go(undefined),
  async: typescript("async"),
  effect: typescript("effect"),
  csp: typescript("csp"),
  swapcontext: compiled("swapcontext", ["cc", "gcc", "clang"], "swapcontext.c"),
  corosensei,
  boost: compiled("boost", ["c++", "g++", "clang++"], "boost.cpp", "-lboost_context"),
};

/** Names of the peers. */
export const PEERS: readonly string[] = Object.keys(PREPARE).filter(
  (impl) => !(OURS as readonly string[]).includes(impl),
);

/** An implementation that is there, or the reason why it is not. */
export type Available =
  | {
      readonly impl: string;
      readonly command: Command;
      readonly version: string;
      readonly programs: ReadonlySet<string>;
    }
  | { readonly impl: string; readonly skipped: string };

/**
 * Builds and tries an implementation.
 *
 * @param asked it was asked for by name
 */
export async function prepare(impl: string, seed: number, asked: boolean): Promise<Available> {
  const command = PREPARE[impl]?.({ seed, asked }) ?? "no such implementation";
  return typeof command === "string" ? { impl, skipped: command } : await tryOut(impl, command);
}

/** What is to be said of a failure in a line: Bun prints the source around an error before it. */
export function gist(message: string): string {
  const lines = message.split("\n");
  const error = lines.find((line) => line.startsWith("error: "));
  return error?.slice("error: ".length) ?? lines.slice(0, 3).join(" ");
}

/** Starts an implementation to see that it runs, and what it has. */
export async function tryOut(impl: string, command: Command): Promise<Available> {
  try {
    await using peer = await Peer.start(impl, command);
    return { impl, command, version: peer.version, programs: peer.programs };
  } catch (error) {
    return { impl, skipped: gist((error as Error).message) };
  }
}
