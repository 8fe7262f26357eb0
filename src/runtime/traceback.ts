/**
 * The texts that Go prints about goroutines, after a panic, a deadlock, a SIGQUIT (goroutineheader and tracebackothers
 * in runtime/traceback.go).
 */
import { G_LR, G_STRIDE, G_STRIDE_BYTES, G_WAITREASON_BYTE, G_WAITSINCE, gmem, gmem8 } from "./ffi.ts";
import { eachG, gcreator, gentry, isNative } from "./g.ts";
import { goidOf, parentOf, readgstatus } from "./gstatus.ts";
import { mp, runNow } from "./m.ts";
import { printName } from "./printpanics.ts";
import { Gdead, Gidle, Grunnable, Gscan, Gwaiting, statusName, waitReasonStrings } from "./runtime2.ts";
import { creationSites, framesOf, operationSites, type Sites } from "./sites.ts";
import { sliceTime } from "./time.ts";
import { type Run, runOf, type World } from "./world.ts";

/**
 * What reports say of a goroutine.
 *
 * @example
 * ```ts
 * const [main]: GoroutineInfo[] = goroutines();
 * console.log(main?.goid, main?.name, main?.state); // 1 main running
 * ```
 */
export interface GoroutineInfo {
  /** Its number, from 1 (main). */
  goid: number;
  /** "running", "runnable", or, when it waits, Go's wait reason (runtime/runtime2.go): "chan receive", "sleep", ... */
  state: string;
  /**
   * How long it has waited, milliseconds of the run's clock, accurate to some 4 ms; it starts again at 0 after 2^32 ms
   * (49 days). 0 when it does not wait.
   */
  waited: number;
  /** The name of the function that it was started with. */
  name: string;
  /** The number of the goroutine that started it; 0 for main. */
  createdBy: number;
  /** The name of the function that goroutine was started with, also when it is gone; empty for main. */
  creator: string;
  /**
   * The stack of its last operation, innermost frame first; empty without the run's option `traceback: "all"`. Of a native
   * body that was preempted between two instructions: its name, and the address at which.
   */
  frames: readonly string[];
  /** The source line of its go statement; empty without the run's option `traceback: "all"`. */
  createdAt: string;
  /** Of a native goroutine of a run with several Ps that runs or is in a blocking call: the M that it is on, from 0. */
  m?: number;
  /** The P that this M has, from 0; none in a blocking call. */
  p?: number;
}

/** Native goroutines of runs with several Ps: pool.ts says how they are found. */
let pooled: (wanted: (run: Run) => boolean) => GoroutineInfo[] = () => [];

/** Says how. @internal */
export function setPooled(f: typeof pooled): void {
  pooled = f;
}

/** What there is to say of a goroutine, noted at once; its frames are still to be taken apart. */
interface Snapshot extends Omit<GoroutineInfo, "frames" | "createdAt" | "m" | "p"> {
  readonly at: Sites | undefined;
  readonly from: Sites | undefined;
  readonly pc: number;
}

/** The name of what a goroutine was started on. */
function nameOf(entry: unknown, goid: number): string {
  if (typeof entry === "function") return functionName(entry) || (goid === 1 ? "main" : "anonymous");
  return typeof entry === "number" || typeof entry === "bigint" ? `native 0x${entry.toString(16)}` : "anonymous";
}

/** A function's name may be anything. */
function functionName(f: { readonly name: unknown }): string {
  try {
    return typeof f.name === "string" ? f.name : "";
  } catch {
    // Ends no goroutine: a name is read.
    return "";
  }
}

/** The name of the function that a goroutine was started on. */
export function entryName(gp: number): string {
  return nameOf(gentry[gp], goidOf(gp));
}

/** A status, or what a goroutine waits for. */
function stateOf(gp: number, status: number): string {
  return status === Gwaiting ? waitReasonStrings[gmem8[gp * G_STRIDE_BYTES + G_WAITREASON_BYTE]] : statusName(status);
}

function snapshotOf(gp: number): Snapshot {
  const status = readgstatus(gp) & ~Gscan;
  const waits = status === Gwaiting;
  const createdBy = parentOf(gp);
  return {
    goid: goidOf(gp),
    state: stateOf(gp, status),
    waited: waits ? (sliceTime() - gmem[gp * G_STRIDE + G_WAITSINCE]) >>> 0 : 0,
    name: entryName(gp),
    createdBy,
    creator: createdBy === 0 ? "" : nameOf(gcreator[gp], createdBy),
    at: operationSites(gp),
    from: creationSites(gp),
    pc: preemptedAt(gp),
  };
}

/** The address at which a native body was preempted; 0 where it gave way by itself. */
function preemptedAt(gp: number): number {
  if (!isNative(gp) || readgstatus(gp) !== Grunnable) return 0;
  const i = gp * G_STRIDE + G_LR;
  return (gmem[i + 1] >>> 0) * 0x1_0000_0000 + (gmem[i] >>> 0);
}

function infoOf({ at, from, pc, ...rest }: Snapshot): GoroutineInfo {
  const frames = pc === 0 ? framesOf(at) : [`${rest.name} (pc=0x${pc.toString(16)})`];
  return { ...rest, frames, createdAt: framesOf(from)[0] ?? "" };
}

/**
 * The Gs of goroutines that exist, in Go's order: that of allgs, in which a G that is used again keeps its place. In a world
 * that did not find all Gs free it is that of their numbers.
 *
 * @param max so many at the most; above it the numbers do not count
 */
function existing(wanted: (run: Run) => boolean, max: number): number[] {
  const out: number[] = [];
  let fresh = true;
  eachG((gp) => {
    const status = readgstatus(gp) & ~Gscan;
    if (status === Gdead || status === Gidle) return true;
    const run = runOf(gp);
    if (run === undefined || !wanted(run)) return true;
    if (!run.world.fresh) fresh = false;
    out.push(gp);
    return out.length < max;
  });
  return fresh ? out : out.sort((a, b) => goidOf(a) - goidOf(b));
}

/**
 * All goroutines that exist, in the order in which Go lists them: main, then by their places, which new ones take over from
 * those that are gone. It may be called anywhere. Behind them come the native goroutines of runs with several Ps, which do not
 * stop for it. (tracebackothers in runtime/traceback.go.)
 *
 * @example
 * ```ts
 * go(function* worker() {
 *   yield* chan<number>().recv();
 * });
 * yield* gosched();
 * const waiting = goroutines().filter((g) => g.state === "chan receive");
 * console.log(waiting.map((g) => `${g.goid} ${g.name}`)); // [ '2 worker' ]
 * ```
 */
export function goroutines(): GoroutineInfo[] {
  return goroutinesOf((run) => run.world === runNow()?.world);
}

/** Those of the runs that are wanted. @internal */
export function goroutinesOf(wanted: (run: Run) => boolean): GoroutineInfo[] {
  const own = existing(wanted, Number.POSITIVE_INFINITY).map((gp) => infoOf(snapshotOf(gp)));
  return own.concat(pooled(wanted));
}

/**
 * Counts of a thread's goroutines: {@link metrics} gives them.
 *
 * @example
 * ```ts
 * const { goroutines: count, waiting }: Metrics = metrics();
 * console.log(count.running, Object.keys(waiting)); // 1 []
 * ```
 */
export interface Metrics {
  /** How many there are, by status. */
  readonly goroutines: { readonly running: number; readonly runnable: number; readonly waiting: number };
  /** How many of them wait, by what for: Go's wait reasons. */
  readonly waiting: Readonly<Record<string, number>>;
  /**
   * How often the scheduler has given a goroutine its turn, since the thread began; counted when it gives the event loop
   * the next turn, every few milliseconds. The first turn of a main that finds nothing under way is none of the scheduler's.
   */
  readonly switches: number;
  /**
   * How often a P has taken goroutines from another P's queue, in runs of this thread with several (`procs`); counted when
   * such a run is over. A run with one P has nobody to steal from.
   */
  readonly steals: number;
}

let steals = 0;

/** A run with several Ps is over, in which so many times goroutines were stolen. @internal */
export function addSteals(count: number): void {
  steals += count;
}

/**
 * Counts for a page of metrics, as Go's runtime/metrics and expvar have them: goroutines by state, switches, and steals. It may
 * be called anywhere.
 *
 * @example
 * ```ts
 * for (let i = 0; i < 3; i++) {
 *   go(function* () {
 *     yield* chan().recv();
 *   });
 * }
 * yield* gosched();
 * console.log(metrics().goroutines.waiting, metrics().waiting["chan receive"]); // 3 3
 * ```
 */
export function metrics(): Metrics {
  const count = { running: 0, runnable: 0, waiting: 0 };
  const waiting: Record<string, number> = {};
  const world = runNow()?.world;
  for (const gp of existing((run) => run.world === world, Number.POSITIVE_INFINITY)) {
    const status = readgstatus(gp) & ~Gscan;
    if (status !== Gwaiting) {
      count[status === Grunnable ? "runnable" : "running"]++;
      continue;
    }
    const state = stateOf(gp, status);
    count.waiting++;
    waiting[state] = (waiting[state] ?? 0) + 1;
  }
  return { goroutines: count, waiting, switches: mp.switches, steals };
}

const MINUTE_MS = 60_000;
/** "name (file:line:column)". */
const FRAME = /^(.*) \((.*)\)$/;

/** One goroutine as Go prints it. */
function format(g: GoroutineInfo): string {
  const minutes = Math.floor(g.waited / MINUTE_MS);
  const on = `${g.m === undefined ? "" : ` m=${g.m}`}${g.p === undefined ? "" : ` p=${g.p}`}`;
  const lines = [`goroutine ${g.goid}${on} [${g.state}${minutes >= 1 ? `, ${minutes} minutes` : ""}]:`];
  const name = printName(g.name);
  if (g.frames.length === 0) lines.push(`${name}(...)`);
  for (const frame of g.frames) {
    const at = FRAME.exec(frame);
    lines.push(`${at === null ? name : printName(at[1] as string)}(...)`, `\t${printName(at?.[2] ?? frame)}`);
  }
  if (g.createdBy !== 0) {
    lines.push(`created by ${printName(g.creator)} in goroutine ${g.createdBy}`);
    if (g.createdAt !== "") lines.push(`\t${printName(g.createdAt.replace(FRAME, "$2"))}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Goroutines that a report lists; it says how many more there are. */
export const LISTED_MAX = 1000;

/** Goroutines as Go prints them. @param leftOut how many more there are @internal */
export function formatGoroutines(list: readonly GoroutineInfo[], leftOut = 0): string {
  const blocks = list.slice(0, LISTED_MAX).map(format);
  const more = leftOut + Math.max(0, list.length - LISTED_MAX);
  if (more > 0) blocks.push(`...${more} goroutines left out...\n`);
  return blocks.join("\n");
}

/**
 * Notes what goroutines do, for a report that may be read later.
 *
 * @param first the G that comes first, 0 for none
 * @param all whether the others are wanted, too
 * @returns what gives the text
 */
export function noteGoroutines(world: World | undefined, first: number, all: boolean): () => string {
  const noted = first === 0 ? [] : [snapshotOf(first)];
  let leftOut = 0;
  let pool: GoroutineInfo[] = [];
  if (all) {
    const own = existing((run) => run.world === world, LISTED_MAX + 1).filter((gp) => gp !== first);
    noted.push(...own.slice(0, LISTED_MAX - noted.length).map(snapshotOf));
    pool = pooled((run) => run.world === world);
    let count = 0;
    for (const run of world?.runs ?? []) count += run.gcount;
    leftOut = count - noted.length;
  }
  const others = all ? (world?.others?.goroutines ?? "") : "";
  return () => {
    const own = formatGoroutines(noted.map(infoOf).concat(pool), leftOut);
    return others === "" ? own : `${own}\n${others}`;
  };
}

/** All goroutines of a world as a text. @internal */
export function goroutineDumpOf(world: World): string {
  return noteGoroutines(world, 0, true)();
}

/**
 * All goroutines as a text, as Go prints them on SIGQUIT (tracebackothers in runtime/traceback.go). Of more than 1000 it
 * says how many are left out.
 *
 * @param first the index of the G that comes first; 0 (the default): in the order of {@link goroutines}
 * @example
 * ```ts
 * go(function* worker() {
 *   yield* chan<number>().recv();
 * });
 * yield* gosched();
 * console.log(goroutineDump().trimEnd());
 * // Output:
 * // goroutine 1 [running]:
 * // main(...)
 * //
 * // goroutine 2 [chan receive]:
 * // worker(...)
 * // created by main in goroutine 1
 * ```
 */
export function goroutineDump(first = 0): string {
  return noteGoroutines(runNow()?.world, first, true)();
}
