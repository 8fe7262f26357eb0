/** `bun run fidelity --procs N`: judged runs with several Ms. It prints what they did, and fails below what they must do. */
import { run } from "gobuf";
import { MAIN, type Pool, type PStats, SPARES_MAX, STATS, setPoolWitness } from "../../../src/procs/pool.ts";
import { native } from "../../../src/runtime/ffi.ts";
import { openBodies } from "../../procs/bodies.ts";
import type { ProcsOptions } from "../cli.ts";
import { judge } from "./judge.ts";
import { DEADLOCK, type Draw, WORKLOADS } from "./workloads.ts";

/** Status changes that an M may note in one run. */
const ROOM = 1 << 20;

/** A draw by a seed: xorshift of 32 bits. */
function drawBy(seed: number): Draw {
  let x = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
}

/** What the runs must have done at least, for each round: a smaller number says that they did not try what they are for. */
const LEAST: Partial<Record<keyof Sums, number>> = {
  executed: 20_000,
  migrations: 1,
  parked: 2,
  woken: 2,
  syscalls: 10,
  retaken: 1,
  waited: 0.25,
};
/** Fewer rounds than this show nothing for sure: who gets a processor is the system's to say. */
const ROUNDS_TELL = 8;
type Sums = PStats & { transitions: number; migrations: number; goroutines: number; calls: number; waited: number };

/** @returns whether nothing was wrong */
export async function runProcs({ procs, rounds, seed }: ProcsOptions): Promise<boolean> {
  if (process.platform !== "linux") {
    console.error("fidelity --procs: runs with several Ps are there on Linux only");
    return false;
  }
  const { symbols } = openBodies();
  const zero = { transitions: 0, migrations: 0, goroutines: 0, calls: 0, waited: 0 } as Sums;
  for (const name of STATS) zero[name] = 0;
  const sums = zero;
  const wrong: string[] = [];
  let [runs, deadlocks] = [0, 0];
  const contended = native.gobuf_procs_contended();
  const start = performance.now();
  for (let round = 0; round < rounds && wrong.length === 0; round++) {
    for (const [kind, workload] of [...WORKLOADS, DEADLOCK].entries()) {
      const own = seed + 1000 * round + kind;
      const again = `replay: bun run fidelity --procs ${procs} --seed ${seed + 1000 * round} --rounds 1`;
      const isDeadlock = workload === DEADLOCK;
      const look = (pool: Pool) => {
        const noted = Array.from({ length: procs + SPARES_MAX }, (_, i) => pool.events(i));
        noted.push(pool.events(MAIN));
        const lost = noted.reduce((sum, list) => sum + list.lost, 0);
        if (lost > 0) wrong.push(`${lost} status changes had no room in the log: ${again}`);
        const { seen, wrong: found } = judge(noted.map((list) => list.events));
        for (const text of found) wrong.push(`${text}: ${again}`);
        for (const p of pool.stats()) for (const name of STATS) sums[name] += p[name];
        sums.transitions += seen.transitions;
        sums.migrations += seen.migrations;
        sums.goroutines += seen.goroutines;
        sums.calls += seen.calls;
        sums.waited += seen.waited;
        const calls = pool.stats().reduce((sum, p) => sum + p.syscalls, 0);
        if (calls !== seen.calls) wrong.push(`${calls} blocking calls, and ${seen.calls} in the trace: ${again}`);
        const counted = pool.stats().reduce((sum, p) => sum + p.executed, 0);
        if (counted !== seen.executes) wrong.push(`${counted} executes, and ${seen.executes} in the trace: ${again}`);
      };
      setPoolWitness(look, ROOM);
      runs++;
      try {
        const text = await run(workload(symbols, drawBy(own)), { procs });
        if (isDeadlock) wrong.push(`a deadlock was missed: ${again}`);
        if (text !== null) wrong.push(`${text}: ${again}`);
      } catch (error) {
        const { message } = error as Error;
        if (isDeadlock && message.startsWith("all goroutines are asleep - deadlock!")) deadlocks++;
        else wrong.push(`${message}: ${again}`);
      }
    }
  }
  setPoolWitness(null);
  const ms = performance.now() - start;
  const locks = native.gobuf_procs_contended() - contended;
  for (const [name, least] of Object.entries(LEAST) as [keyof Sums, number][]) {
    const got = sums[name];
    if (rounds >= ROUNDS_TELL && got < least * rounds)
      wrong.push(`${name}: ${got}, expected at least ${least * rounds}: these runs show too little`);
  }
  const line = Object.entries({ ...sums, contended: locks, deadlocks }).map(([name, n]) => `${name} ${n}`);
  console.log(`procs ${procs}: ${runs} runs in ${ms.toFixed(0)} ms: ${line.join(", ")}`);
  for (const text of wrong.slice(0, 20)) console.log(`  ${text}`);
  console.log(`procs ${procs}: ${wrong.length === 0 ? "0" : wrong.length} wrong`);
  return wrong.length === 0;
}
