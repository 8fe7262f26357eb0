/**
 * What the soak measures between two rounds of its load, when the load has let go of all that it took: each gauge is flat
 * then, or something is not given back.
 */
import { heapStats } from "bun:jsc";
import { readdirSync, readFileSync } from "node:fs";
import { liveHandles } from "../../src/native/handles.ts";
import { allgs } from "../../src/runtime/g.ts";
import { liveSudogs } from "../../src/runtime/sudog.ts";
import { heap } from "../../src/runtime/time.ts";
import { runs, worlds } from "../../src/runtime/world.ts";

/** One thing that may grow. */
export interface Gauge {
  readonly name: string;
  /** How much it may rise by noise: the collector's, the allocator's. 0 for what is counted exactly. */
  noise(before: number): number;
  read(): number;
}

const MIB = 2 ** 20;

function allRuns() {
  return runs.filter((run) => run !== undefined);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

const exact = () => 0;

const EVERYWHERE: readonly Gauge[] = [
  {
    name: "RSS, MiB",
    noise: (before) => Math.max(12, before * 0.06),
    read: () => Math.round(process.memoryUsage.rss() / MIB),
  },
  { name: "JS objects", noise: (before) => Math.max(3000, before * 0.03), read: () => heapStats().objectCount },
  { name: "Gs", noise: exact, read: () => sum(allRuns().map((run) => run.gcount)) },
  // What a thread has made is kept for the next goroutines; their number follows the most that there were at a time.
  { name: "Gs made", noise: (before) => Math.max(64, before * 0.2), read: () => allgs().length },
  { name: "sudogs", noise: exact, read: liveSudogs },
  { name: "runs", noise: exact, read: () => allRuns().length },
  { name: "worlds", noise: exact, read: () => worlds.size },
  { name: "promises", noise: exact, read: () => sum(allRuns().map((run) => run.waiters.size + run.expected)) },
  { name: "timers", noise: exact, read: () => heap.length },
  { name: "handles", noise: exact, read: liveHandles },
];

const LINUX: readonly Gauge[] = [
  {
    name: "maps",
    noise: () => 24,
    read: () => readFileSync("/proc/self/maps", "latin1").split("\n").length - 1,
  },
  { name: "files", noise: () => 4, read: () => readdirSync("/proc/self/fd").length },
];

/** Those that this system has. */
export const GAUGES: readonly Gauge[] = process.platform === "linux" ? [...EVERYWHERE, ...LINUX] : EVERYWHERE;

/** The value of each gauge, in their order. */
export type Sample = readonly number[];

/** Reads all gauges, behind a full collection: garbage is no leak. */
export function sample(): Sample {
  Bun.gc(true);
  return GAUGES.map((gauge) => gauge.read());
}

/** The least samples that can be judged: three of each third. */
export const SAMPLES_MIN = 9;

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

/**
 * Names the gauges that grow. The first third is warm-up: pools and caches fill. Then a gauge grows when its median of the
 * last third lies above that of the second by more than its noise: a spike is no growth, and neither is a level that was
 * reached once.
 *
 * @returns one line for each, none when all are flat
 */
export function growing(samples: readonly Sample[]): string[] {
  if (samples.length < SAMPLES_MIN) throw new RangeError(`expected ${SAMPLES_MIN} samples, got ${samples.length}`);
  const third = Math.floor(samples.length / 3);
  return GAUGES.flatMap((gauge, i) => {
    const values = samples.map((all) => all[i] as number);
    const before = median(values.slice(third, values.length - third));
    const after = median(values.slice(values.length - third));
    if (after - before <= gauge.noise(before)) return [];
    return [`${gauge.name}: grows: ${before} is the median of the second third of the samples, ${after} of the last`];
  });
}
