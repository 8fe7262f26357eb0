/**
 * `bun props/procs/speed.ts`: what several Ms gain. Tasks that compute, on 1 M and on as many as asked for, in turn in one
 * process; and a word that goes to and fro between two Ms. Prints ratios: on a busy machine they say little, and its load
 * stands beside them.
 */
import { availableParallelism, loadavg } from "node:os";
import { chan, go, run, WaitGroup } from "gobuf";
import { openBodies, Works } from "./bodies.ts";

const { symbols } = openBodies();
const TASKS = 1000;
const ROUNDS = 5;
const procs = Math.max(2, Math.min(4, availableParallelism()));

/** Milliseconds for all tasks. @param count rounds of the computer in each */
async function tasks(count: number, ms: number): Promise<number> {
  const works = new Works(TASKS);
  const start = performance.now();
  await run(
    function* () {
      const wg = new WaitGroup();
      wg.add(TASKS);
      for (let i = 0; i < TASKS; i++) go.native(symbols.p_computer, works.set(i, { count, wg, id: i }));
      yield* wg.wait();
    },
    { procs: ms },
  );
  return performance.now() - start;
}

/** Nanoseconds for one way of a word between two native goroutines. */
async function pingpong(words: number, ms: number): Promise<number> {
  const works = new Works(2);
  const start = performance.now();
  await run(
    function* () {
      const [a, b] = [chan<number>(0), chan<number>(0)];
      const wg = new WaitGroup();
      wg.add(1);
      go.native(symbols.p_echo, works.set(0, { in: a, out: b }));
      go.native(symbols.p_pinger, works.set(1, { in: b, out: a, count: words, wg }));
      yield* wg.wait();
    },
    { procs: ms },
  );
  return ((performance.now() - start) * 1e6) / (2 * words);
}

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1] as number;

// So many rounds are about a millisecond.
const calibration = 200_000;
await tasks(10, 1);
const rounds = Math.round((calibration * TASKS) / (await tasks(calibration, 1)));
const single: number[] = [];
const several: number[] = [];
for (let i = 0; i < ROUNDS; i++) {
  single.push(await tasks(rounds, 1));
  several.push(await tasks(rounds, procs));
}
const load = loadavg()[0] as number;
console.log(`load ${load.toFixed(1)} on ${availableParallelism()} cores${load > 0.5 ? ": the machine is busy" : ""}`);
console.log(
  `${TASKS} tasks of 1 ms: 1 M ${median(single).toFixed(0)} ms, ${procs} Ms ${median(several).toFixed(0)} ms, ` +
    `gain ${(median(single) / median(several)).toFixed(2)}`,
);
const ways = [await pingpong(50_000, 1), await pingpong(50_000, procs)] as const;
console.log(`a word's way between two goroutines: 1 M ${ways[0].toFixed(0)} ns, ${procs} Ms ${ways[1].toFixed(0)} ns`);
