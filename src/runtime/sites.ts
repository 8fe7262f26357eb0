/**
 * Where goroutines stand in their source: the places of operations and go statements, noted with `traceback: "all"`, as
 * frames for reports and traces. The scheduler stands on this file, and traceback.ts on the scheduler's clock.
 */
import { join } from "node:path";
import { framesBelow, gbody } from "./g.ts";
import { packageRoot, standsIn } from "./library.ts";
import { getg, isOwnCall, mp, setSiteHook } from "./m.ts";
import { isA } from "./panic.ts";

/** The places of one operation, by the levels of its goroutine's stack of generators. */
export type Sites = readonly (Error | undefined)[];

/**
 * Places by G: of the last operation, of the go statement. Kept only with tracebacks. There is one for each frame of the
 * goroutine's stack of generators, as JavaScript's own stack shows the top one's.
 */
const opSites = new Map<number, (Error | undefined)[]>();
const goSites = new Map<number, readonly (Error | undefined)[]>();
let tracebacks = 0;

/** Where this stands in a bundle, gobuf's frames cannot be told by their file. */
const bundled = standsIn === "bundle";

/** Starts (1) or stops (-1) noting places, for one run of those that want it. */
export function wantTracebacks(change: 1 | -1): void {
  tracebacks += change;
  if (tracebacks === 0) {
    opSites.clear();
    goSites.clear();
  }
  setSiteHook(tracebacks > 0 ? noteSite : null);
}

/** Forgets the places of a G that is gone. */
export function forgetSites(gp: number): void {
  opSites.delete(gp);
  goSites.delete(gp);
}

function noteSite(gp: number): void {
  const depth = framesBelow(gp);
  const sites = opSites.get(gp) ?? [];
  sites.length = depth;
  if (!isOwnCall(gbody[gp])) sites.push(new Error());
  opSites.set(gp, sites);
}

/** Notes where a goroutine is started: the creator's operation is the go statement. */
export function noteCreation(gp: number): void {
  if (tracebacks !== 0) noteCreator(gp);
}

function noteCreator(gp: number): void {
  opSites.delete(gp);
  const sites = opSites.get(mp.curg);
  if (sites === undefined) goSites.delete(gp);
  else goSites.set(gp, [...sites]);
}

/** Where the operation of a goroutine stands, by the levels of its stack; undefined without tracebacks. */
export function operationSites(gp: number): readonly (Error | undefined)[] | undefined {
  return opSites.get(gp);
}

/** Where a goroutine was started; undefined without tracebacks. */
export function creationSites(gp: number): readonly (Error | undefined)[] | undefined {
  return goSites.get(gp);
}

/** Folders of gobuf's code: a frame of the package's own modules says src where their map was read, dist where not. */
const folders = [join(packageRoot, "src"), join(packageRoot, "dist", "bun")];

function isOwn(frame: string): boolean {
  return (
    (folders.some((folder) => frame.includes(folder)) && !frame.includes(".test.ts")) ||
    !/[:)]/.test(frame) ||
    frame.includes("native:")
  );
}

const OWN = "gobuf.";
const SCHEDULER = /^(gobuf\.)?(scheduleTurns|proceed|resume) /;

/** Gives functions names by which frames are told: a bundler changes those that they have in their source. */
export function nameForFrames(functions: Readonly<Record<string, (...args: never[]) => unknown>>): void {
  if (standsIn === "src") return;
  for (const [name, f] of Object.entries(functions)) Object.defineProperty(f, "name", { value: OWN + name });
}

nameForFrames({ noteSite, getg });

/** The goroutine's own frames, "name (file:line:column)". */
export function framesOf(sites: readonly (Error | undefined)[] = []): string[] {
  return sites.toReversed().flatMap(framesAt);
}

/** A stack's text: of an error of the program's, whatever it is. */
function textOf(site: Error | undefined): string {
  try {
    return typeof site?.stack === "string" ? site.stack : "";
  } catch {
    // Ends no goroutine: a stack's text is read.
    return "";
  }
}

/** The frames of a stack, without the message before them. */
function stackOf(site: Error | undefined): string[] {
  const lines = textOf(site)
    .split("\n")
    .filter((line) => /^\s+at /.test(line));
  return lines.map((line) => line.trim().replace(/^at /, ""));
}

/** Its own frames of a stack: what stands between gobuf's own ones, and above the scheduler. */
function framesAt(site: Error | undefined): string[] {
  const all = stackOf(site);
  if (bundled) {
    // A place is noted in getg, which the operation calls: behind both, up to the scheduler. An error may be made anywhere.
    const noted = all.findLastIndex((frame) => frame.startsWith(OWN) && !SCHEDULER.test(frame));
    const own = noted < 0 ? all : all.slice(noted + 2);
    const scheduler = own.findIndex((frame) => SCHEDULER.test(frame));
    return own.slice(0, scheduler < 0 ? own.length : scheduler);
  }
  const first = all.findIndex((frame) => !isOwn(frame) || SCHEDULER.test(frame));
  if (first < 0 || SCHEDULER.test(all[first] as string)) return [];
  const behind = all.slice(first);
  const last = behind.findIndex(isOwn);
  return behind.slice(0, last < 0 ? behind.length : last);
}

/**
 * A goroutine failed where an error was made, if it was made in a goroutine at all: that is its place, and no longer that
 * of its last operation, which may stand in a function that has returned.
 */
export function noteThrow(gp: number, error: unknown): void {
  if (!tracebacks || !isA(error, Error)) return;
  if (!stackOf(error).some((frame) => SCHEDULER.test(frame))) return;
  const outermost = functionOf(framesAt(error));
  if (outermost === undefined) return;
  // The frames below the one that failed are where they were.
  const sites = opSites.get(gp) ?? [];
  const level = sites.findLastIndex((site) => functionOf(framesAt(site)) === outermost);
  opSites.set(gp, [...sites.slice(0, Math.max(0, level)), error]);
}

/** The name of the function that a level of the stack of generators runs. */
function functionOf(frames: readonly string[]): string | undefined {
  return frames.at(-1)?.replace(/ \(.*$/, "");
}
