/**
 * Measures a row: a few samples of each implementation in turn, several rounds, so that a change of the machine's mood
 * meets all of them.
 */
import { measure } from "mitata";
import type { GoPeer } from "./go.ts";
import type { Program } from "./programs.ts";
import type { Row } from "./rows.ts";

/** One implementation of a row, measured. */
export interface Result {
  name: string;
  impl: string;
  unit: string;
  /** Nanoseconds an operation: best and median of all samples. */
  ns_min: number;
  ns_median: number;
  /** Distance of the quartiles of the samples, as a share of the median. */
  spread: number;
  /** Go's time by ours, medians; null for Go itself and without Go. */
  vs_go: number | null;
  /** Lowest and highest ratio of a round. */
  vs_go_low: number | null;
  vs_go_high: number | null;
}

/** What a row is measured with. */
export interface Peers {
  generator: Readonly<Record<string, Program>>;
  native: Readonly<Record<string, Program>>;
  go: GoPeer | undefined;
}

/** How long a row is measured. */
export interface Effort {
  rounds: number;
  /** Samples of ours a round. */
  samples: number;
}

/** The value that cuts off a share `q` of the samples, which are in order. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Sums samples up. @param rounds samples of each round, of the implementation and of Go */
export function summarise(
  row: Pick<Row, "name" | "unit">,
  impl: string,
  rounds: readonly number[][],
  go: readonly number[][] | undefined,
): Result {
  const all = rounds.flat().sort((a, b) => a - b);
  const median = quantile(all, 0.5);
  const result: Result = {
    name: row.name,
    impl,
    unit: row.unit,
    ns_min: all[0] ?? Number.NaN,
    ns_median: median,
    spread: (quantile(all, 0.75) - quantile(all, 0.25)) / median,
    vs_go: null,
    vs_go_low: null,
    vs_go_high: null,
  };
  if (go === undefined) return result;
  const mid = (samples: readonly number[]) =>
    quantile(
      [...samples].sort((a, b) => a - b),
      0.5,
    );
  const ratios = rounds.map((samples, i) => mid(go[i] ?? []) / mid(samples)).sort((a, b) => a - b);
  result.vs_go = mid(go.flat()) / median;
  result.vs_go_low = ratios[0] ?? null;
  result.vs_go_high = ratios.at(-1) ?? null;
  return result;
}

/** Measures `program` by mitata. @returns nanoseconds an operation, one for each sample */
async function sampleProgram(row: Row, impl: string, program: Program, samples: number): Promise<number[]> {
  const { samples: ns } = await measure(
    async () => {
      const got = await program(row.n);
      if (got !== row.check) throw new Error(`bench: ${row.name}, ${impl}, gave ${got}, expected ${row.check}`);
    },
    { min_samples: samples, max_samples: samples, min_cpu_time: 0, warmup_samples: 1, batch_threshold: 0 },
  );
  return ns.map((sample) => sample / row.n);
}

/** Measures all implementations of a row. @returns a result for each that has it */
export async function measureRow(row: Row, peers: Peers, { rounds, samples }: Effort): Promise<Result[]> {
  const ours = { native: peers.native[row.name], generator: peers.generator[row.name] };
  const times: Record<string, number[][]> = {};
  const inGo = peers.generator[row.name] !== undefined ? peers.go : undefined;
  for (let round = 0; round < rounds; round++) {
    for (const [impl, program] of Object.entries(ours)) {
      if (program === undefined) continue;
      times[impl] ??= [];
      times[impl].push(await sampleProgram(row, impl, program, samples));
    }
    if (inGo === undefined) continue;
    const go: number[] = [];
    for (let i = 0; i < samples; i++) go.push(await inGo.sample(row.name, row.n, row.check));
    times.go ??= [];
    times.go.push(go);
  }
  const go = times.go;
  return Object.entries(times).map(([impl, list]) => summarise(row, impl, list, impl === "go" ? undefined : go));
}
