/**
 * What gobuf aims at, and what a run says of it. The aims are figures of the project's own; whether one is met is always
 * computed from a run.
 */
import { numbersOf, type Result } from "./measure.ts";

interface Common {
  readonly row: string;
  readonly impl: "native" | "generator";
  /** Where the time goes, for a reader who finds the aim missed. */
  readonly where?: string;
}

/** To be so many times as fast as another implementation: its median by ours. */
export interface Faster extends Common {
  readonly over: string;
  readonly times: number;
}

/** To take no more memory, bytes. */
export interface Smaller extends Common {
  readonly bytes: number;
}

export type Aim = Faster | Smaller;

/** What a run says of an aim. */
export interface Verdict {
  readonly row: string;
  readonly impl: string;
  /** The implementation compared with; null where the aim is a number of bytes. */
  readonly over: string | null;
  readonly aim: number;
  /** What the run reached; null where it did not measure it. */
  readonly reached: number | null;
  readonly verdict: "met" | "missed" | "not measured";
  readonly where?: string;
}

const both = ["native", "generator"] as const;

function faster(row: string, times: Partial<Record<Common["impl"], number>>, over = "go"): Faster[] {
  return both.flatMap((impl) => {
    const aim = times[impl];
    return aim === undefined ? [] : [{ row, impl, over, times: aim }];
  });
}

/** The aims, in the order of the rows. */
export const aims: readonly Aim[] = [
  // Boost.Context saves the registers that gobuf saves; corosensei saves fewer, swapcontext the signal mask as well.
  ...faster("raw switch", { native: 1 / 1.3 }, "boost"),
  ...[1, 2, 100].flatMap((size) => faster(`gosched ${size}`, { native: 8, generator: 5 })),
  ...faster("gosched 10000", { native: 20, generator: 5 }),
  ...faster("unbuffered trip", { native: 5, generator: 5 }),
  ...faster("buffered item 128", { native: 1, generator: 1 }),
  ...faster("select 2", { native: 3, generator: 3 }),
  ...faster("select 8", { native: 3, generator: 3 }),
  ...faster("spawn+exit", { native: 8, generator: 2.5 }),
  ...faster("daisy chain 100k", { native: 4, generator: 4 }),
  ...faster("sieve 2000", { native: 4, generator: 4 }),
  ...faster("skynet 1M", { generator: 3 }),
  ...faster("sleep 100k", { native: 1, generator: 1 }),
  ...faster("timer start+stop", { generator: 1 }),
  { row: "parked 1M, memory", impl: "native", bytes: 4300 },
  { row: "parked 1M, memory", impl: "generator", bytes: 520 },
];

/** What an aim is, in words. */
export function aimText(v: Pick<Verdict, "over" | "aim">): string {
  return v.over === null ? `at most ${v.aim} B` : `${v.aim.toFixed(2).replace(/\.?0+$/, "")} times ${v.over}`;
}

/** Judges the aims by a run's results. */
export function judge(results: readonly Result[], list: readonly Aim[] = aims): Verdict[] {
  const medianOf = (row: string, impl: string) => {
    const result = results.find((r) => r.name === row && r.impl === impl);
    return result === undefined ? undefined : numbersOf(result).median;
  };
  return list.map((aim) => {
    const ours = medianOf(aim.row, aim.impl);
    const where = aim.where === undefined ? {} : { where: aim.where };
    if ("bytes" in aim) {
      const verdict = ours === undefined ? "not measured" : ours <= aim.bytes ? "met" : "missed";
      return { row: aim.row, impl: aim.impl, over: null, aim: aim.bytes, reached: ours ?? null, verdict, ...where };
    }
    const theirs = medianOf(aim.row, aim.over);
    const reached = ours === undefined || theirs === undefined ? null : theirs / ours;
    const verdict = reached === null ? "not measured" : reached >= aim.times ? "met" : "missed";
    return { row: aim.row, impl: aim.impl, over: aim.over, aim: aim.times, reached, verdict, ...where };
  });
}
