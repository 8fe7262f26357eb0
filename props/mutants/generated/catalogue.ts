/** Which files mutants are drawn from, all mutants of them, and the draw. */
import type { Tree } from "../../../scripts/house/tree.ts";
import type { Platform } from "../../../src/runtime/library.ts";
import { type Candidate, digest, identify, PARTS, type Part } from "./candidate.ts";
import type { Edits } from "./edits.ts";
import { languageOf, textEdits } from "./text.ts";
import { typescriptEdits } from "./typescript.ts";

/** Which files of arch/ are built for a platform; the others' mutants no run here could find. */
const NATIVE: Readonly<Record<Platform, RegExp>> = {
  "linux-x64":
    /^(?:(?:async_)?(?:sysv_)?x86_64\.S|(?:linux|posix)\w*\.zig|x86_64_frame\.zig|registers_x86_64\.h|switch_\w+\.S)$/,
  "linux-arm64": /^(?:(?:async_)?aarch64\.S|(?:linux|posix)\w*\.zig|aarch64_frame\.zig)$/,
  "windows-x64": /^(?:(?:async_)?(?:ms_)?x86_64\.S|windows\w*\.zig|x86_64_frame\.zig|registers_x86_64\.h)$/,
  "darwin-x64": /^(?:(?:async_)?(?:sysv_)?x86_64\.S|(?:macos|posix)\w*\.zig|x86_64_frame\.zig|registers_x86_64\.h)$/,
  "darwin-arm64": /^(?:(?:async_)?aarch64\.S|(?:macos|posix)\w*\.zig|aarch64_frame\.zig)$/,
};

/** Names of files that are built for some platforms only. */
const OF_SOME =
  /^(?:(?:async_)?(?:(?:sysv_|ms_)?x86_64|aarch64)\.S|(?:linux|macos|windows|posix)\w*\.zig|(?:x86_64|aarch64)_frame\.zig|registers_x86_64\.h|switch_\w+\.S)$/;

/** What the suite judges with: judges, comparers, readers, parts, harnesses, the probe; not the programs that it judges. */
const SUITE =
  /^(?:props\/(?:fidelity|mutants|arbitraries)\/.*\.ts|props\/(?:check|image|overflows|stack-fixture)\.ts|golden\/\w+\.ts|bench\/(?:aims|compare|graft|measure|options|schema|stats|statistics|verdict)\.ts|arch\/probe\/.*)$/;

/** Lists, not code: the faults that are written by hand, and the rows of FIDELITY.md. */
const LISTS =
  /^props\/(?:mutants\/(?:scheduler|worlds|switch|native|named|listed|kinds|preempt|threads|timers|rings|spans|neutral|(?:suite|rows)-(?!fault)\w+)|fidelity\/page\/(?:go|seed))\.ts$/;

/**
 * Bodies that tests and the bench run, beside the probe: programs, as those of props/native/. And the explorer of a model,
 * which is in no library.
 */
const PROGRAMS =
  /^arch\/(?:probe\/(?:bench|bodies|preempt|hostile|history)\.(?:zig|c|h)|model\.zig|delayed\.zig|procs\/model\/.*)$/;

/** Made from arch/codes.toml, with which `bun run lint` compares them. */
const MADE = new Set(["arch/codes.zig", "src/runtime/codes.ts"]);

/** The part that a file belongs to; undefined where none of its mutants is drawn. */
export function partOf(file: string, platform: Platform): Part | undefined {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const isCode = file.endsWith(".ts") || languageOf(file) !== undefined;
  if (!isCode || MADE.has(file) || PROGRAMS.test(file) || LISTS.test(file) || /\.test(?:-d)?\.ts$|\.d\.ts$/.test(file))
    return undefined;
  if (file.startsWith("arch/") && OF_SOME.test(name) && !NATIVE[platform].test(name)) return undefined;
  if (SUITE.test(file)) return "suite";
  if (file.startsWith("src/")) return "src";
  return file.startsWith("arch/") ? "arch" : undefined;
}

/** All mutants of a tree, in the order of files. @param kept where edits of files that have not changed are found */
export async function candidatesOf(
  tree: Tree,
  platform: Platform,
  parts: readonly Part[] = PARTS,
  kept?: Edits,
): Promise<Candidate[]> {
  const all: Candidate[] = [];
  for (const file of tree.files) {
    const part = partOf(file, platform);
    if (part === undefined || !parts.includes(part)) continue;
    const text = tree.read(file);
    const make = () => (file.endsWith(".ts") ? typescriptEdits(part, file, text) : textEdits(part, file, text));
    const raws = kept === undefined ? await make() : await kept.of({ part, file }, text, make);
    all.push(...identify(text, raws));
  }
  kept?.save(parts.length === PARTS.length);
  return all;
}

/**
 * Shares a number among parts in proportion to their sizes: what is left over after rounding down goes to the largest
 * remainders.
 */
export function apportion(n: number, sizes: readonly number[]): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (total === 0 ? 0 : (n * size) / total));
  const whole = exact.map(Math.floor);
  const byRemainder = exact
    .map((share, i) => [share - Math.floor(share), i] as const)
    .sort(([a, i], [b, j]) => b - a || i - j);
  const left = Math.min(n, total) - whole.reduce((sum, share) => sum + share, 0);
  for (const [, i] of byRemainder.slice(0, left)) whole[i] = (whole[i] as number) + 1;
  return whole.map((share, i) => Math.min(share, sizes[i] as number));
}

/** A part's share of a draw. */
export interface Draw {
  readonly part: Part;
  /** How many are to be judged. */
  readonly wanted: number;
  /** All of the part in the order of the draw: the first `wanted` are judged, then those that take the place of others. */
  readonly order: readonly Candidate[];
}

/**
 * Draws mutants. The order of a part follows from seed and identities alone, so a larger draw holds a smaller one, and an
 * edit of one file changes the draw by that file's mutants only.
 */
export function draw(candidates: readonly Candidate[], n: number, seed: number): Draw[] {
  const ranked = candidates
    .map((candidate) => [digest(`${seed}:${candidate.id}`), candidate] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, candidate]) => candidate);
  const parts = PARTS.map((part) => ranked.filter((candidate) => candidate.part === part));
  const wanted = apportion(
    n,
    parts.map(({ length }) => length),
  );
  return PARTS.map((part, i) => ({ part, wanted: wanted[i] as number, order: parts[i] as Candidate[] }));
}
