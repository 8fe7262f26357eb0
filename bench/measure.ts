/**
 * Measures a row: some samples of each implementation in turn, several rounds, every other one backwards, so that a
 * change of the machine's mood meets all of them.
 */
import type { Peer, Sample } from "./peer.ts";
import { type Metric, operations, partName, type Row } from "./rows.ts";
import { median, spread } from "./statistics.ts";

interface Common {
  readonly group: string;
  readonly name: string;
  readonly impl: string;
  /** What the numbers are for one of. */
  readonly unit: string;
  /** Operations a sample, and how many samples there were. */
  readonly n: number;
  readonly samples: number;
  /** Distance of the quartiles of the samples, as a share of the median. */
  readonly spread: number;
  /** The median of each round, in order; the rounds of two implementations were taken in turn. Older reports have none. */
  readonly rounds?: readonly number[];
  /** Go's median by this one, Go with GOMAXPROCS=1; null for Go itself and where Go has no such row. */
  readonly vs_go: number | null;
  /** Lowest and highest ratio of a round. */
  readonly vs_go_low: number | null;
  readonly vs_go_high: number | null;
}

/** A row that is measured in nanoseconds: on the clock, or of CPU time. */
export interface TimeResult extends Common {
  readonly metric: "time" | "cpu";
  readonly ns_min: number;
  readonly ns_median: number;
  readonly ns_max: number;
}

/** A row that is measured in bytes. */
export interface BytesResult extends Common {
  readonly metric: "bytes";
  readonly bytes_min: number;
  readonly bytes_median: number;
  readonly bytes_max: number;
}

/** One implementation of a row, measured. */
export type Result = TimeResult | BytesResult;

/** A result's numbers, whatever they count. */
export function numbersOf(r: Result): { min: number; median: number; max: number } {
  return r.metric === "bytes"
    ? { min: r.bytes_min, median: r.bytes_median, max: r.bytes_max }
    : { min: r.ns_min, median: r.ns_median, max: r.ns_max };
}

/** Quartiles further apart than this share of the median say that the machine is busy with something else. */
const NOISY = 0.15;

/** Whether a result's samples lie too far apart to trust them. */
export function isNoisy(r: Result): boolean {
  return r.spread > NOISY;
}

/** Whether so many results are noisy that the machine is too busy for a judgement. */
export function isTooNoisy(results: readonly Result[]): boolean {
  return results.filter(isNoisy).length > results.length / 4;
}

/** How long a row is measured. */
export interface Effort {
  /** Rounds of a pass. Each pass has processes of its own; in those behind the first only {@link JUDGED} take part. */
  readonly rounds: number;
  readonly passes: number;
  /** The row ends then (performance.now()), when each implementation has had two rounds. No end if left out. */
  readonly until?: number;
  /** Samples of an implementation a round: as many as fit into the time, at least one. */
  readonly samples: number;
  readonly roundMs: number;
  /** How long a program runs before it is measured, at least twice. */
  readonly warmMs: number;
}

/** Those that aims speak of: they are measured by several processes, for processes of one program differ. */
export const JUDGED: ReadonlySet<string> = new Set(["native", "generator", "go", "async", "boost"]);

/** So many rounds a spread needs. */
const ROUNDS_LEAST = 2;

/** What rounds of an implementation gave: of each round its samples. */
export type Rounds = readonly (readonly number[])[];

/** Sums samples up. @param go Go's rounds, unless this is Go */
export function summarise(
  row: { group: string; name: string; unit: string; metric: Metric; n: number },
  impl: string,
  rounds: Rounds,
  go: Rounds | undefined,
): Result {
  const all = rounds.flat();
  const ratios = go?.slice(0, rounds.length).map((samples, i) => median(samples) / median(rounds[i] ?? []));
  const common = {
    group: row.group,
    name: row.name,
    impl,
    unit: row.unit,
    n: row.n,
    samples: all.length,
    spread: spread(all),
    rounds: rounds.map(median),
    vs_go: go === undefined ? null : median(go.flat()) / median(all),
    vs_go_low: ratios === undefined ? null : Math.min(...ratios),
    vs_go_high: ratios === undefined ? null : Math.max(...ratios),
  };
  const [min, middle, max] = [Math.min(...all), median(all), Math.max(...all)];
  return row.metric === "bytes"
    ? { ...common, metric: row.metric, bytes_min: min, bytes_median: middle, bytes_max: max }
    : { ...common, metric: row.metric, ns_min: min, ns_median: middle, ns_max: max };
}

/** Starts one implementation for one row. */
export interface Starter {
  readonly impl: string;
  start(): Promise<Peer>;
}

/** A peer that measures one row. */
class Runner {
  private readonly n: number;
  /** How long a sample takes, milliseconds, all told. */
  private cost = 0;

  constructor(
    private readonly row: Row,
    private readonly peer: Peer,
  ) {
    this.n = operations(row, peer.impl);
  }

  private async run(count: number): Promise<Sample[]> {
    const start = performance.now();
    const samples = await this.peer.sample(this.row.name, this.n, count, this.row.check(this.n));
    this.cost = (performance.now() - start) / count;
    return samples;
  }

  async warm({ warmMs }: Effort): Promise<void> {
    const start = performance.now();
    await this.run(1);
    if (this.cost > warmMs) return;
    do await this.run(1);
    while (performance.now() - start < warmMs);
  }

  round({ samples, roundMs }: Effort): Promise<Sample[]> {
    return this.run(Math.max(1, Math.min(samples, Math.floor(roundMs / this.cost))));
  }
}

/** One round of an implementation: of a fresh row in a process of its own. */
async function freshRound(row: Row, starter: Starter): Promise<Sample[]> {
  await using peer = await starter.start();
  const n = operations(row, starter.impl);
  return await peer.sample(row.name, n, 1, row.check(n));
}

/** What is done about an implementation that fails: it throws, or the row goes on without that one. */
export type OnFailure = (impl: string, error: Error) => void;

const rethrow: OnFailure = (_impl, error) => {
  throw error;
};

/** All rounds of a row. @returns the samples of each round, by implementation */
export async function sampleRow(
  row: Row,
  starters: readonly Starter[],
  effort: Effort,
  onFailure = rethrow,
): Promise<Map<string, Sample[][]>> {
  const { passes, until = Number.POSITIVE_INFINITY } = effort;
  const found = new Map<string, Sample[][]>(starters.map(({ impl }) => [impl, []]));
  // Fresh rows have a process for each round.
  const times = row.fresh || row.long ? 1 : passes;
  let these = starters;
  for (let i = 0; i < times && these.length > 0; i++) {
    const start = performance.now();
    await samplePass(row, these, effort, onFailure, found);
    these = these.filter(({ impl }) => JUDGED.has(impl) && found.has(impl));
    const now = performance.now();
    if (now + (now - start) > until) break;
  }
  return found;
}

/** The rounds of a pass, which has processes of its own. @param found what was sampled so far; a pass adds to it */
async function samplePass(
  row: Row,
  starters: readonly Starter[],
  effort: Effort,
  onFailure: OnFailure,
  found: Map<string, Sample[][]>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const turns = new Map<string, () => Promise<Sample[]>>();
  const attempt = async (impl: string, step: () => Promise<void>) => {
    try {
      await step();
    } catch (error) {
      onFailure(impl, error as Error);
      turns.delete(impl);
      found.delete(impl);
    }
  };
  for (const starter of starters) {
    if (row.fresh) {
      turns.set(starter.impl, () => freshRound(row, starter));
      continue;
    }
    await attempt(starter.impl, async () => {
      const runner = new Runner(row, stack.use(await starter.start()));
      await runner.warm(effort);
      turns.set(starter.impl, () => runner.round(effort));
    });
  }
  for (let round = 0; round < effort.rounds; round++) {
    if (round >= ROUNDS_LEAST && effort.until !== undefined && performance.now() > effort.until) return;
    const order = [...turns];
    if (round % 2 === 1) order.reverse();
    for (const [impl, turn] of order) {
      await attempt(impl, async () => void found.get(impl)?.push(await turn()));
    }
  }
}

/** The rounds of one part of a row. */
export function partOf(samples: readonly Sample[][], part: number): number[][] {
  return samples.map((round) => round.map((values) => values[part] ?? Number.NaN));
}

/** Measures a row. @returns a result for each implementation and each thing that the row measures */
export async function measureRow(
  row: Row,
  starters: readonly Starter[],
  effort: Effort,
  onFailure = rethrow,
): Promise<Result[]> {
  const found = await sampleRow(row, starters, effort, onFailure);
  const go = found.get("go");
  return row.parts.flatMap((part, i) =>
    [...found].map(([impl, samples]) => {
      const what = { ...part, group: row.group, name: partName(row, part), n: operations(row, impl) };
      return summarise(what, impl, partOf(samples, i), impl === "go" || go === undefined ? undefined : partOf(go, i));
    }),
  );
}
