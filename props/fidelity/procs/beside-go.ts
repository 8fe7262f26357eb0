/**
 * Go beside it: the workloads of a round in the real Go, with as many Ps. Its execution traces go before the judge of the
 * pools' traces, and its results must be those that every order gives.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGo } from "../../../golden/recorder/toolchain.ts";
import { MAIN, NO_P, type PoolEvent } from "../../../src/procs/pool.ts";
import { goEnvironment } from "../../go.ts";
import { readTraces, whyNoReader } from "../../trace/reader.ts";
import { judge } from "./judge.ts";
import { type Drawn, drawRound, roundSeed } from "./rounds.ts";
import { differs, type Numbers, VERDICT } from "./workloads.ts";

const FOLDER = join(import.meta.dir, "go");
const CACHE = join(FOLDER, ".cache");

/** Go's statuses as its reader calls them, by the numbers of runtime2.go. */
const STATUSES: Readonly<Record<string, number>> = { NotExist: 0, Runnable: 1, Running: 2, Syscall: 3, Waiting: 4 };
const DEAD = 6;
/** The highest number of a goroutine that may be one. */
const NONE = -1;

export interface BesideGo {
  /** Why nothing was run; null: it was. */
  readonly skipped: string | null;
  readonly version: string;
  readonly runs: number;
  readonly transitions: number;
  readonly migrations: number;
  readonly goroutines: number;
  readonly deadlocks: number;
  readonly wrong: readonly string[];
}

const nothing = { version: "", runs: 0, transitions: 0, migrations: 0, goroutines: 0, deadlocks: 0, wrong: [] };

/** The changes of a trace as a pool's events: of goroutines whose start it has. An M is a thread, a P a proc. */
export function eventsOf(changes: readonly string[]): PoolEvent[] {
  const known = new Map<string, number>();
  // No number of an M is main's.
  const threads = new Map<string, number>();
  const events: PoolEvent[] = [];
  for (const [number, change] of changes.entries()) {
    const [id = "", from = "", to = "", proc = "", thread = ""] = change.split(" ");
    if (from === "NotExist" && to === "Runnable") known.set(id, known.size + 1);
    const gp = known.get(id);
    if (gp === undefined) continue;
    const who = threads.get(thread) ?? MAIN + 1 + threads.size;
    threads.set(thread, who);
    const ends = to === "NotExist";
    events.push({
      number,
      gp,
      old: STATUSES[from] ?? NONE,
      new: ends ? DEAD : (STATUSES[to] ?? NONE),
      who,
      p: Number(proc) < 0 ? NO_P : Number(proc),
    });
  }
  return events;
}

/** Runs the first rounds of a seed. */
export async function besideGo(
  { procs, rounds, seed }: { procs: number; rounds: number; seed: number },
  path?: string,
): Promise<BesideGo> {
  const go = findGo(path);
  const skipped = go.ok ? whyNoReader() : go.reason;
  if (!go.ok || skipped !== undefined) return { ...nothing, skipped: skipped ?? "" };
  mkdirSync(CACHE, { recursive: true });
  const binary = join(CACHE, "workloads");
  const environment = goEnvironment(join(CACHE, "go-build"));
  const built = Bun.spawnSync([go.command, "build", "-o", binary, "."], {
    cwd: FOLDER,
    env: environment,
    stderr: "pipe",
  });
  if (built.exitCode !== 0) throw new Error(`go build: ${built.stderr}`);
  const folder = mkdtempSync(join(tmpdir(), "gobuf-beside-go-"));
  const wrong: string[] = [];
  const say = (drawn: Drawn, text: string) => {
    if (wrong.length < 10) wrong.push(`Go's ${drawn.kind} ${JSON.stringify(drawn.numbers)}: ${text}`);
  };
  const env = { ...environment, GOMAXPROCS: String(procs), GODEBUG: "" };
  const start = (list: readonly (Drawn & { trace: string })[]) => {
    const text = list.map((one) => `${JSON.stringify(one)}\n`).join("");
    return Bun.spawnSync([binary], { env, stdin: new TextEncoder().encode(text), stdout: "pipe", stderr: "pipe" });
  };
  try {
    const drawn = Array.from({ length: rounds }, (_, round) => drawRound(roundSeed(seed, round))).flat();
    const traced = drawn
      .filter(({ kind }) => kind !== "deadlock")
      .map((one, i) => ({ ...one, trace: join(folder, `${i}.trace`) }));
    const { stdout, stderr, exitCode } = start(traced);
    if (exitCode !== 0) throw new Error(`Go's workloads: exit code ${exitCode}: ${stderr}`);
    const results = stdout.toString().trim().split("\n");
    for (const [i, one] of traced.entries()) {
      const text = differs(JSON.parse(results[i] ?? "{}") as Numbers, one.expected);
      if (text !== null) say(one, text);
    }
    let [transitions, migrations, goroutines, deadlocks] = [0, 0, 0, 0];
    // One at a time: a trace of many goroutines is long.
    for (const one of traced) {
      const [verdict] = await readTraces([one.trace], true);
      if (verdict === undefined || !verdict.accepted) {
        say(one, `its trace is refused: ${verdict?.reason}`);
        continue;
      }
      const { seen, wrong: found } = judge([eventsOf(verdict.changes ?? [])], "go");
      transitions += seen.transitions;
      migrations += seen.migrations;
      goroutines += seen.goroutines;
      for (const text of found) say(one, text);
    }
    // One that is a deadlock ends its process.
    for (const one of drawn.filter(({ kind }) => kind === "deadlock")) {
      const { stderr: said } = start([{ ...one, trace: "" }]);
      if (said.toString().includes(VERDICT)) deadlocks++;
      else say(one, `no deadlock was seen: ${said}`);
    }
    return {
      skipped: null,
      version: go.version,
      runs: drawn.length,
      transitions,
      migrations,
      goroutines,
      deadlocks,
      wrong,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
