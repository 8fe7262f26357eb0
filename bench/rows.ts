/**
 * The rows of the benchmark: how many operations a sample covers, and what each program must give for them.
 */

import { PIECES_MS } from "./programs/late.ts";

/** What is measured: time on the clock, CPU time of all threads, or resident memory. */
export type Metric = "time" | "cpu" | "bytes";

/** What one program measures; most measure one thing. */
export interface Part {
  /** Behind the row's name; empty where there is one part. */
  readonly suffix: string;
  readonly metric: Metric;
  /** What is counted: the numbers are for one of it. */
  readonly unit: string;
}

/** One program, in every implementation that has it. */
export interface Row {
  readonly group: Group;
  readonly name: string;
  readonly parts: readonly Part[];
  /** Operations a sample. */
  readonly n: number;
  /** `n` belongs to the program; else slow peers do a tenth of it. */
  readonly fixed: boolean;
  /** What a program gives that did its work. */
  readonly check: (n: number) => number;
  /** Each sample in a process of its own: memory that was used before is not new. */
  readonly fresh: boolean;
  /** Too long for a quick run. */
  readonly long: boolean;
}

/** The groups of rows, in order. */
export const GROUPS = [
  "switch",
  "gosched",
  "goroutines as they grow",
  "channels",
  "sync",
  "programs",
  "timers",
  "event loop",
  "preemption",
  "procs",
  "threads",
  "parked",
  "start",
] as const;
export type Group = (typeof GROUPS)[number];

/** How many operations a sample has. */
export interface Scale {
  /** As a fraction of the full ones. */
  readonly scale: number;
  /** Whether the rows of a million goroutines are in. */
  readonly long: boolean;
}

/** A whole run, and a quick one. */
export const FULL: Scale = { scale: 1, long: true };
export const QUICK: Scale = { scale: 0.1, long: false };

const sum = (n: number) => (n * (n - 1)) / 2;
const sums = (n: number) => 16 * sum(n / 16);
const all = (n: number) => n;

/** Implementations that get a tenth of the operations, where `n` is not the program's. */
const SLOW: ReadonlySet<string> = new Set(["effect", "csp", "swapcontext"]);

/** Operations a sample of an implementation. */
export function operations(row: Row, impl: string): number {
  return SLOW.has(impl) && !row.fixed ? row.n / 10 : row.n;
}

/** The name of what a part of a row measures. */
export function partName(row: Row, part: Part): string {
  return part.suffix === "" ? row.name : `${row.name}, ${part.suffix}`;
}

interface Options {
  /** `n` is a multiple of it, and `n / 10` is divisible by whatever the program divides by: bodies, rings, groups. */
  step?: number;
  check?: (n: number) => number;
  fixed?: boolean;
  fresh?: boolean;
  long?: boolean;
}

/** All rows of a run. */
export function rows({ scale, long }: Scale): Row[] {
  const list: Row[] = [];
  const add = (group: Group, name: string, n: number, parts: readonly Part[], options: Options = {}) => {
    const { step = 160_000, check = all, fixed = false, fresh = false, long = false } = options;
    const scaled = fixed ? n : Math.max(1, Math.round((n * scale) / step)) * step;
    list.push({ group, name, parts, n: scaled, fixed, check, fresh, long });
  };
  const time = (unit: string): Part[] => [{ suffix: "", metric: "time", unit }];
  /** A row that stands once more with sixteen bodies, whose checks are those of sixteen smaller programs. */
  const twice = (group: Group, name: string, n: number, unit: string, options: Options = {}) => {
    const { check = all } = options;
    add(group, name, n, time(unit), options);
    add(group, `${name}, 16 bodies`, n, time(unit), { ...options, check: check === sum ? sums : check });
  };

  add("switch", "raw switch", 2_000_000, time("round trip"));
  add("switch", "gogo+mcall", 2_000_000, time("round trip"));
  add("switch", "gogo+mcall, no FP words", 2_000_000, time("round trip"));
  add("switch", "execute from TypeScript", 2_000_000, time("round trip"));
  add("switch", "systemstack call", 2_000_000, time("call"));

  for (const size of [1, 2, 100]) twice("gosched", `gosched ${size}`, 1_600_000, "gosched");
  twice("gosched", "gosched 10000", 1_600_000, "gosched", { step: 800_000 });
  add("gosched", "gosched, yield* 8 deep", 960_000, time("gosched"));
  add("gosched", "gosched, call 8 deep", 960_000, time("gosched"));

  // With 1, 2, 100 and 10,000 these are the curve.
  const curve = "goroutines as they grow";
  add(curve, "gosched 10", 1_600_000, time("gosched"));
  add(curve, "gosched 1000", 1_600_000, time("gosched"));
  add(curve, "gosched 100000", 2_000_000, time("gosched"), { fixed: true });
  add(curve, "gosched 1000000", 5_000_000, time("gosched"), { fixed: true, long: true });

  twice("channels", "unbuffered trip", 320_000, "round trip", { check: sum });
  twice("channels", "buffered item 128", 640_000, "item", { check: sum });
  twice("channels", "select 2", 160_000, "item", { check: sum });
  twice("channels", "select 8", 160_000, "item", { check: sum });
  for (const name of ["sendAsync to a waiting goroutine", "for await an item"]) {
    add("channels", name, 64_000, time("item"), { step: 16_000, check: sum });
  }

  twice("sync", "spawn+exit", 320_000, "goroutine");
  add("sync", "spawn+exit, after native", 320_000, time("goroutine"));
  twice("sync", "mutex hand-off 10", 160_000, "lock");
  twice("sync", "WaitGroup fan-out 1000", 160_000, "goroutine");

  add("programs", "daisy chain 100k", 100_000, time("link"), { fixed: true });
  add("programs", "sieve 2000", 2000, time("prime"), { fixed: true, check: () => 17_389 });
  add("programs", "skynet 1M", 1_000_000, time("leaf"), { fixed: true, check: sum });

  add("timers", "sleep 100k", 100_000, [{ suffix: "", metric: "cpu", unit: "timer" }], { fixed: true });
  add("timers", "timer start+stop", 320_000, time("timer"));

  const lateness: Part[] = [
    { suffix: "interval, median", metric: "time", unit: "tick" },
    { suffix: "interval, 99 %", metric: "time", unit: "tick" },
    { suffix: "immediate", metric: "time", unit: "promise" },
    { suffix: "request", metric: "time", unit: "request" },
  ];
  for (const ms of PIECES_MS) {
    add("event loop", `beside pieces of ${ms} ms`, long ? 200 : 20, lateness, { fixed: true, step: 1 });
  }

  const looks: Part[] = [
    { suffix: "with a look", metric: "time", unit: "iteration" },
    { suffix: "without", metric: "time", unit: "iteration" },
  ];
  add("preemption", "loop", 16_000_000, looks);
  add("preemption", "preemption", 16_000, time("preemption"), { step: 1600 });
  const ticks: Part[] = [
    { suffix: "median", metric: "time", unit: "tick" },
    { suffix: "99 %", metric: "time", unit: "tick" },
  ];
  add("preemption", "interval beside a body that spins", long ? 200 : 20, ticks, { fixed: true });

  const ps = (unit: string): Part[] => [
    { suffix: "1 P", metric: "time", unit },
    { suffix: "2 Ps", metric: "time", unit },
  ];
  add("procs", "tasks of 1 ms", long ? 1000 : 100, ps("task"), { fixed: true });
  add("procs", "skynet on Ps", 100_000, ps("leaf"), { fixed: true, check: sum });
  add("procs", "word between Ms", 160_000, ps("round trip"), { check: sum });
  add("procs", "steal", 16_000, time("steal"), { step: 1600 });
  add("procs", "main woken", 4000, time("round trip"), { step: 400, check: sum });

  const threads: Part[] = [
    { suffix: "1 thread", metric: "time", unit: "task" },
    { suffix: "2 threads", metric: "time", unit: "task" },
  ];
  for (const name of ["number through threads", "object through threads"]) {
    add("threads", name, 160_000, time("item"), { step: 16_000, check: sum });
  }
  add("threads", "trip between threads", 16_000, time("round trip"), { step: 1600, check: sum });
  add("threads", "tasks on threads", long ? 1000 : 100, threads, { fixed: true });
  add("threads", "start on a thread", 16, time("goroutine"), { fixed: true });

  const parked: Part[] = [
    { suffix: "create", metric: "time", unit: "goroutine" },
    { suffix: "memory", metric: "bytes", unit: "goroutine" },
    { suffix: "wake all", metric: "time", unit: "goroutine" },
  ];
  add("parked", "parked 100k", 100_000, parked, { fixed: true, fresh: true });
  add("parked", "parked 1M", 1_000_000, parked, { fixed: true, fresh: true, long: true });
  add("start", "import and first run", 4, time("process"), { fixed: true });
  return list.filter((row) => long || !row.long);
}
