/**
 * What gobuf aims at: how many times as fast as another implementation each row is to be, or how much memory it may take.
 * The project has set these figures. Whether a run meets them is computed from that run.
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

type Where = Partial<Record<Common["impl"], string>>;

function faster(row: string, times: Partial<Record<Common["impl"], number>>, where: Where = {}, over = "go"): Faster[] {
  return both.flatMap((impl) => {
    const aim = times[impl];
    if (aim === undefined) return [];
    const text = where[impl];
    return [{ row, impl, over, times: aim, ...(text === undefined ? {} : { where: text }) }];
  });
}

// Shares of time are from a sampling profiler on a quiet x86-64 machine, where a gosched took native bodies 23 ns,
// generators 26 and Go 55 to 65.
const GOSCHED: Where = {
  native:
    'Nearly half of the time is one switch into the goroutine and back (the row "execute from TypeScript"), which alone sets a limit to the ratio. Two compare-and-swaps of the status, which let another thread scan a G, take 2.5 ns. The run queues, the log of status changes, and the checks that the JIT makes at each variable of another module take 10 ns.',
  generator:
    "Two compare-and-swaps of the status take 3.5 ns; yield* and the resume of the generator take 9 ns. These two alone are more than a fifth of Go's time. The run queues, the log of status changes, and the checks that the JIT makes at each variable of another module take 13 ns.",
};
const TRIP: Where = {
  native:
    "Four operations, each with a switch into the goroutine and back, take 42 ns; a fifth of Go's time is 48 ns. Two turns of the scheduler follow, and two hand-overs, each of which takes a sudog and links it.",
  generator:
    "The scheduler takes 32 % (two turns of 23 ns), which is nearly a fifth of Go's time already. The two sends, each of which readies the other goroutine, take 20 %; the two receives, each of which takes a sudog and parks, 17 %; the bodies with their yield* 22 %; their loop counters, which JavaScriptCore increments by a call in a generator, 8 %.",
};
const SELECT: Where = {
  native: "As for generators; in addition the cases are copied through the M's scratch memory.",
  generator:
    "For each case there is a draw of Go's random generator, a place in the sorted lock order, and a sudog, which is taken, linked, unlinked and given back.",
};
const CHANNELS: Where = {
  native: 'Channel operations, as in "unbuffered trip".',
  generator:
    'Channel operations, as in "unbuffered trip". The rest is memory: a channel is three objects, a body is a generator.',
};

/** The aims, in the order of the rows. */
export const aims: readonly Aim[] = [
  // Boost.Context saves the registers that gobuf saves; corosensei saves fewer, swapcontext the signal mask as well.
  ...faster("raw switch", { native: 1 / 1.3 }, {}, "boost"),
  ...[1, 2, 100].flatMap((size) => faster(`gosched ${size}`, { native: 8, generator: 5 }, GOSCHED)),
  ...faster(
    "gosched 10000",
    { native: 20, generator: 5 },
    {
      native:
        "Half of the time is the first access to the goroutine's stack: 10,000 stacks lie on 10,000 pages, more than the TLB holds, and the batches of the global queue mix their order. (In strict order a turn takes 29 ns. A prefetch of the next stack does not help: it waits for the same page walk.)",
      generator: "As in smaller rings, and cache misses: 10,000 generators and Gs take 5 MB.",
    },
  ),
  ...faster("unbuffered trip", { native: 5, generator: 5 }, TRIP),
  ...faster("buffered item 128", { native: 1, generator: 1 }),
  ...faster("select 2", { native: 3, generator: 3 }, SELECT),
  ...faster("select 8", { native: 3, generator: 3 }, SELECT),
  ...faster(
    "spawn+exit",
    { native: 8, generator: 2.5 },
    {
      native:
        "Two switches into the goroutine and back (the second for the body's WaitGroup) take 21 ns, which is more than an eighth of Go's time. An FFI call sets the goroutine up, and its status changes three times.",
      generator:
        "go takes 36 % (it makes a generator, the list of its arguments, and a G, and changes the status twice), the goroutine's turn 24 %, its end 21 %, and garbage collection 15 %.",
    },
  ),
  ...faster("daisy chain 100k", { native: 4, generator: 4 }, CHANNELS),
  ...faster("sieve 2000", { native: 4, generator: 4 }, CHANNELS),
  ...faster(
    "skynet 1M",
    { native: 3, generator: 3 },
    {
      ...CHANNELS,
      native:
        "For each leaf there is a go, a receive and a send, each with a switch into the goroutine and back. 67,000 goroutines exist at once, on as many pages, more than the TLB and the caches hold. In a tree of 10,000 leaves, with 1,600 goroutines at once, a leaf takes half of the time.",
    },
  ),
  ...faster("sleep 100k", { native: 1, generator: 1 }),
  ...faster("timer start+stop", { generator: 1 }),
  {
    row: "parked 1M, memory",
    impl: "native",
    // 4.3 KB of 1,024 bytes: its page alone is 4.
    bytes: 4403,
    where:
      "The stack's one page (4096 B), the G (192 B), its sudog (32 B), and what JavaScript holds for both (40 B, and room to grow).",
  },
  {
    row: "parked 1M, memory",
    impl: "generator",
    bytes: 520,
    where:
      "The G (192 B), the generator with its two arguments (192 B), the sudog (32 B), and what JavaScript holds for both (40 B, and room to grow).",
  },
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
