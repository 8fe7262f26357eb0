/**
 * `bun props/procs/terminations.ts`: Workers that are terminated at a random moment while a run with several Ps is under way
 * in them. Each of them closes, no thread stays behind, and what they took of the arena serves the next; this thread's own
 * runs go on. It counts where the ends hit.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { go, run, WaitGroup } from "gobuf";
import { command, integer } from "../../scripts/command.ts";
import { HEADER_G_NEXT, HEADER_M_COUNT } from "../../src/runtime/codes.ts";
import { mmem, native } from "../../src/runtime/ffi.ts";
import { openBodies, Works } from "./bodies.ts";
import { PHASE, PHASES, type Start } from "./phases.ts";

/** A Worker that has not closed then never does: the Ms of a pool come back every 20 ms. */
const CLOSES_MS = 60_000;
/** Half of the moments are drawn from its start on, half from when its first run is under way. */
const FROM_START_MS = 250;
const UNDER_WAY_MS = 40;
/** Runs of this thread's: one behind so many ends. */
const OWN = 10;

export interface Ends {
  readonly ends: number;
  readonly ms: number;
  /** How often each phase was hit. */
  readonly hits: Readonly<Record<string, number>>;
  readonly own: number;
  /** Gs and Ms that the arena has given out: after a tenth of the ends, and after the last. */
  readonly gs: readonly [number, number];
  readonly m: readonly [number, number];
  readonly stacks: readonly [number, number];
  readonly threads: readonly [number, number];
  readonly wrong: readonly string[];
}

const threads = () => readdirSync("/proc/self/task").length;

function taken() {
  const stats = new Uint32Array(4);
  native.gobuf_stackstats(stats as never);
  return {
    gs: Atomics.load(mmem, HEADER_G_NEXT),
    m: Atomics.load(mmem, HEADER_M_COUNT),
    stacks: (stats[0] as number) + (stats[1] as number),
  };
}

/** Starts a Worker and terminates it. @returns the phase that it was in */
async function end(draw: (n: number) => number, procs: number): Promise<string> {
  const shared = new SharedArrayBuffer(16);
  const words = new Int32Array(shared);
  const worker = new Worker(new URL("./terminations-worker.ts", import.meta.url));
  const closed = new Promise<boolean>((resolve) => worker.addEventListener("close", () => resolve(true)));
  const failed = Promise.withResolvers<never>();
  worker.onerror = (event) => failed.reject(new Error(event.message));
  const begun = new Promise<void>((resolve) => worker.addEventListener("message", () => resolve(), { once: true }));
  worker.postMessage({ shared, procs } satisfies Start);
  const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  if (draw(2) === 0) await Promise.race([rest(draw(FROM_START_MS)), failed.promise]);
  else {
    await Promise.race([begun, failed.promise]);
    await rest(draw(UNDER_WAY_MS));
  }
  worker.terminate();
  failed.promise.catch(() => {});
  const timer = Promise.withResolvers<boolean>();
  const late = setTimeout(() => timer.resolve(false), CLOSES_MS);
  const hasClosed = await Promise.race([closed, timer.promise]);
  clearTimeout(late);
  const phase = PHASES[Atomics.load(words, PHASE)] ?? "?";
  if (!hasClosed) throw new Error(`a Worker that was terminated (${phase}) has not closed after ${CLOSES_MS} ms`);
  return phase;
}

/** Terminates so many, one after the other. */
export async function terminations(count: number, seed: number, procs: number): Promise<Ends> {
  let x = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  const draw = (n: number) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
  const { symbols } = openBodies();
  const works = new Works(6);
  const hits: Record<string, number> = {};
  const wrong: string[] = [];
  let own = 0;
  let early = taken();
  const before = threads();
  const start = performance.now();
  for (let n = 1; n <= count && wrong.length === 0; n++) {
    try {
      const phase = await end(draw, procs);
      hits[phase] = (hits[phase] ?? 0) + 1;
      if (n % OWN === 0) {
        own++;
        await run(
          function* () {
            const wg = new WaitGroup();
            wg.add(6);
            for (let i = 0; i < 6; i++) go.native(symbols.p_yielder, works.set(i, { count: 50, wg }));
            yield* wg.wait();
          },
          { procs },
        );
        if (works.total("done") !== 300)
          wrong.push(`a run of this thread's gave ${works.total("done")} turns, expected 300`);
      }
    } catch (error) {
      wrong.push(`end ${n} of seed ${seed}: ${(error as Error).message}`);
    }
    if (n === Math.ceil(count / 10)) early = taken();
  }
  // The last one's threads may be on their way out.
  const patience = performance.now() + CLOSES_MS;
  while (threads() > before + procs + 4 && performance.now() < patience) await Bun.sleep(1);
  const late = taken();
  const pair = (name: keyof typeof late): [number, number] => [early[name], late[name]];
  // A few chunks for those that ended while others began.
  const most = { gs: 16 * 64, m: 8 + 2 * procs, stacks: 16 * 64 };
  for (const name of ["gs", "m", "stacks"] as const) {
    if (late[name] - early[name] > most[name]) {
      wrong.push(`${name}: ${early[name]} after a tenth of the ends, ${late[name]} after the last`);
    }
  }
  if (threads() > before + procs + 4) wrong.push(`${threads()} threads, ${before} before`);
  return {
    ends: Object.values(hits).reduce((a, b) => a + b, 0),
    ms: performance.now() - start,
    hits,
    own,
    gs: pair("gs"),
    m: pair("m"),
    stacks: pair("stacks"),
    threads: [before, threads()],
    wrong,
  };
}

if (import.meta.main) {
  const options = command(
    "bun props/procs/terminations.ts",
    "Terminates Workers at random moments while runs with several Ps are under way in them, and counts where. Exit code: 0 " +
      "each of them closed and left nothing, 1 not so; 2 the command line makes no sense.",
  )
    .option("--count <n>", "Workers, one after the other", integer(1, 1_000_000), 1000)
    .option("--seed <n>", "of the moments", integer(0, 2 ** 31), 1)
    .option("--procs <n>", "Ps of each run", integer(2, 64), Math.max(2, Math.min(4, availableParallelism())))
    .option("--json", "prints a line of JSON")
    .parse()
    .opts<{ count: number; seed: number; procs: number; json?: boolean }>();
  if (process.platform !== "linux") {
    console.error("terminations: on Linux only, as runs with several Ps are");
    process.exit(2);
  }
  const found = await terminations(options.count, options.seed, options.procs);
  if (options.json) console.log(JSON.stringify(found));
  else {
    console.log(
      `${found.ends} ends in ${(found.ms / 1000).toFixed(1)} s, seed ${options.seed}, ${options.procs} Ps each`,
    );
    for (const phase of PHASES) console.log(`  ${phase}: ${found.hits[phase] ?? 0}`);
    console.log(`  ${found.own} runs of this thread's beside them`);
    for (const name of ["gs", "m", "stacks", "threads"] as const)
      console.log(`  ${name}: ${found[name].join(" then ")}`);
    for (const text of found.wrong) console.log(`  WRONG: ${text}`);
  }
  process.exit(found.wrong.length === 0 ? 0 : 1);
}
