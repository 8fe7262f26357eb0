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
    'nearly half is one execute and back (the row "execute from TypeScript"): no more can be asked than Go\'s time by that. The rest: two compare-and-swaps of the status, without which no other thread could scan a G (2.5 ns), the queues, the log of transitions and the checks of the JIT at each variable of a module (10 ns).',
  generator:
    "two compare-and-swaps of the status (3.5 ns), yield* and the resume of the generator (9 ns), the queues, the log of transitions and the checks of the JIT at each variable of a module (13 ns). The first two alone are more than a fifth of Go's time.",
};
const TRIP: Where = {
  native:
    "four operations, each of which is an execute and back: 42 ns, and a fifth of Go's time is 48. Then two turns of the scheduler, and two hand-overs, each of which takes a sudog and links it.",
  generator:
    "the scheduler, two turns of 23 ns, is 32 %, and with that nearly a fifth of Go's time; the two sends, each of which readies the other, 20 %; the two receives, each of which takes a sudog and parks, 17 %; the bodies with their yield* 22 %; 8 % are the bodies' loop counters, which JavaScriptCore counts up by a call in a generator.",
};
const SELECT: Where = {
  native: "as for generators, and the cases go through the M's scratch.",
  generator:
    "a draw for each case by Go's own generator, a sort of the cases, and a sudog for each that is taken, linked, unlinked and given back.",
};
const CHANNELS: Where = {
  native: 'channel operations, as in "unbuffered trip".',
  generator:
    'channel operations, as in "unbuffered trip"; what is left is memory: a channel is three objects, a body a generator.',
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
        "half is the first touch of the goroutine's stack: 10,000 stacks lie on 10,000 pages, more than the TLB holds, and the turn of the global queue mixes their order. (In strict order a turn takes 29 ns; to prefetch the next one's stack waits for the same page walk.)",
      generator: "as in smaller rings, and misses of the cache: 10,000 generators and Gs take 5 MB.",
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
        "two executes and back (the body counts its WaitGroup down), which are 21 ns, more than an eighth of Go's time; an FFI call to set up, three changes of status.",
      generator:
        "go is 36 % (a generator and the list of its arguments, a G with all that JavaScript holds beside it, two changes of status), its turn 24 %, its end 21 %, and to collect the garbage 15 %.",
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
        "a goroutine started by a trap, and a receive and a send, each of them an execute and back. 67,000 goroutines live at once, on as many pages, more than the TLB and the caches hold: a leaf of 10,000, with 1,600 at once, takes half of the time.",
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
      "the stack's one page (4096 B), the G (192 B), its sudog (32 B), what JavaScript holds beside both (40 B, and room to grow).",
  },
  {
    row: "parked 1M, memory",
    impl: "generator",
    bytes: 520,
    where:
      "the G (192 B), the generator (192 B, its two arguments with it), the sudog (32 B), what JavaScript holds beside both (40 B, and room to grow).",
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
