/** Rounds of judged workloads: each is run, its results compared with what they must be, and its merged trace judged. */
import { run } from "gobuf";
import { MAIN, type Pool, type PStats, SPARES_MAX, STATS, setPoolWitness } from "../../../src/procs/pool.ts";
import { native } from "../../../src/runtime/ffi.ts";
import type { openBodies } from "../../procs/bodies.ts";
import { judge } from "./judge.ts";
import { DEADLOCK, differs, drawBy, type Numbers, VERDICT, WORKLOADS } from "./workloads.ts";

/** Status changes that an M may note in one run. */
const ROOM = 1 << 20;

/** What rounds did, all together. */
export type Sums = PStats & {
  runs: number;
  transitions: number;
  migrations: number;
  goroutines: number;
  calls: number;
  waited: number;
  contended: number;
  deadlocks: number;
};

export interface Rounds {
  readonly sums: Sums;
  readonly wrong: readonly string[];
}

/** A workload of a round: what Go runs as well. */
export interface Drawn {
  readonly kind: string;
  readonly numbers: Numbers;
  readonly expected: Numbers;
}

/** The seed of a round. */
export const roundSeed = (seed: number, round: number): number => seed + 1000 * round;

/** What is drawn in a round. */
export function drawRound(seed: number): Drawn[] {
  return [...WORKLOADS, DEADLOCK].map((workload, i) => {
    const numbers = workload.draw(drawBy(seed + i));
    return { kind: workload.kind, numbers, expected: workload.expected(numbers) };
  });
}

/** @param stops is asked after each round whether there were enough */
export async function judgedRounds(
  symbols: ReturnType<typeof openBodies>["symbols"],
  { procs, rounds, seed }: { procs: number; rounds: number; seed: number },
  stops: (sums: Sums) => boolean = () => false,
): Promise<Rounds> {
  const sums = {
    runs: 0,
    transitions: 0,
    migrations: 0,
    goroutines: 0,
    calls: 0,
    waited: 0,
    contended: 0,
    deadlocks: 0,
  } as Sums;
  for (const name of STATS) sums[name] = 0;
  const wrong: string[] = [];
  const contended = native.gobuf_procs_contended();
  for (let round = 0; round < rounds && wrong.length === 0 && !stops(sums); round++) {
    for (const [kind, workload] of [...WORKLOADS, DEADLOCK].entries()) {
      const own = roundSeed(seed, round) + kind;
      const say = (text: string) =>
        wrong.push(
          `${workload.kind}: ${text}: replay: bun run fidelity --procs ${procs} --seed ${own - kind} --rounds 1`,
        );
      setPoolWitness((pool) => look(pool, sums, say), ROOM);
      sums.runs++;
      const draw = drawBy(own);
      const numbers = workload.draw(draw);
      try {
        const text = differs(await run(workload.main(symbols, numbers, draw), { procs }), workload.expected(numbers));
        if (text !== null) say(text);
      } catch (error) {
        const { message } = error as Error;
        if (workload === DEADLOCK && message.startsWith(VERDICT)) sums.deadlocks++;
        else say(message);
      }
    }
  }
  setPoolWitness(null);
  sums.contended = native.gobuf_procs_contended() - contended;
  return { sums, wrong };
}

/** Judges what a pool has noted, and adds up what it did. */
function look(pool: Pool, sums: Sums, say: (text: string) => void): void {
  const noted = [...Array.from({ length: pool.procs + SPARES_MAX }, (_, i) => i), MAIN].map((who) => pool.events(who));
  const lost = noted.reduce((sum, list) => sum + list.lost, 0);
  if (lost > 0) say(`${lost} status changes had no room in the log`);
  const { seen, wrong } = judge(noted.map((list) => list.events));
  for (const text of wrong) say(text);
  const stats = pool.stats();
  for (const p of stats) for (const name of STATS) sums[name] += p[name];
  sums.transitions += seen.transitions;
  sums.migrations += seen.migrations;
  sums.goroutines += seen.goroutines;
  sums.calls += seen.calls;
  sums.waited += seen.waited;
  const calls = stats.reduce((sum, p) => sum + p.syscalls, 0);
  if (calls !== seen.calls) say(`${calls} blocking calls, and ${seen.calls} in the trace`);
  const counted = stats.reduce((sum, p) => sum + p.executed, 0);
  if (counted !== seen.executes) say(`${counted} executes, and ${seen.executes} in the trace`);
}
