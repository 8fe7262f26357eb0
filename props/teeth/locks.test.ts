/**
 * What the library guards by locks, with several threads at it at once: without the lock, two get the same stack, chunk or M,
 * a count is lost, or a region shrinks.
 */
import { expect, test } from "bun:test";
import { abiSkip } from "../../scripts/abis/skip.ts";
import { stackStats } from "../stack-fixture.ts";
import type { Race, Seen } from "./race-worker.ts";

/** CALLS of race-worker.ts, which is not to run here. */
const CALLS = 64;

const THREADS = 4;
/** Two threads meet before each call: their calls begin at the same time wherever there are two processors. */
const PAIR = 2;
/** Under an emulator a thread takes seconds to start. */
const RACE_MS = 60_000;
const WORDS = 1 << 20;

/** Starts the threads, lets them race once they are all there, and ends them. */
async function race(what: Race["what"], rounds: number, threads = PAIR): Promise<Seen[]> {
  const shared = new SharedArrayBuffer(4 * (what === "stacks" ? WORDS : 1));
  const workers = Array.from({ length: threads }, () => new Worker(new URL("./race-worker.ts", import.meta.url).href));
  const message = <T>(worker: Worker) =>
    new Promise<T>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as T);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  try {
    await Promise.all(workers.map((worker) => message(worker)));
    const results = workers.map((worker) => message<Seen>(worker));
    for (const worker of workers) worker.postMessage({ what, rounds, threads, shared } satisfies Race);
    return await Promise.all(results);
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

const wrongOf = (seen: readonly Seen[]) => seen.flatMap(({ wrong }) => wrong).slice(0, 5);

/** All that the threads got, each only once. */
function expectApart(seen: readonly Seen[], count: number): void {
  const all = seen.flatMap(({ got }) => got);
  expect(all.length).toBe(count);
  expect(all.length - new Set(all).size).toBe(0);
}

test(
  "four threads take and free stacks of three pools: no stack is two goroutines', no count is lost",
  async () => {
    const before = stackStats();
    const seen = await race("stacks", 3000, THREADS);
    expect(wrongOf(seen)).toEqual([]);
    const after = stackStats();
    expect(after.live - before.live).toBe(0);
    // at most what all had at once, of every size
    expect(after.free - before.free).toBeLessThanOrEqual(THREADS * 32 * 2);
  },
  RACE_MS,
);

test(
  "two threads take chunks of Gs and sudogs at the same time: none is both's",
  async () => {
    const rounds = 100;
    expectApart(await race("chunks", rounds), PAIR * rounds * (CALLS + 1));
  },
  RACE_MS,
);

const quick = abiSkip("windows", "wine opens a thread's handle for each M that is asked for: minutes of it");
quick(
  "two threads become more Ms at the same time: none is both's",
  async () => {
    const rounds = 80;
    // A process has 256 Ms, which come back when their threads have ended: eight pairs of threads, one after the other.
    for (let pair = 0; pair < 8; pair++) expectApart(await race("ms", rounds), PAIR * rounds);
  },
  RACE_MS,
);

test(
  "two threads make a region larger at the same time: what one made usable, the other does not take away",
  async () => {
    expect(wrongOf(await race("commits", 300))).toEqual([]);
  },
  RACE_MS,
);
