/**
 * The rows of the benchmark: how many operations a sample covers, and what each program must give for them.
 */

/** One program, in every implementation that has it. */
export interface Row {
  name: string;
  /** What is counted. */
  unit: string;
  /** Operations a sample. */
  n: number;
  /** What a program gives that did its work. */
  check: number;
}

const sum = (n: number) => (n * (n - 1)) / 2;

/** All rows. @param scale operations a sample, as a fraction of the full ones */
export function rows(scale: number): Row[] {
  const n = (full: number) => Math.max(10_000, Math.round((full * scale) / 10_000) * 10_000);
  const counted = (name: string, full: number, unit: string): Row => ({ name, unit, n: n(full), check: n(full) });
  const summed = (name: string, full: number, unit: string): Row => ({ name, unit, n: n(full), check: sum(n(full)) });
  return [
    counted("raw switch", 2_000_000, "round trip"),
    counted("execute from TypeScript", 2_000_000, "round trip"),
    counted("gosched 1", 1_000_000, "gosched"),
    counted("gosched 2", 1_000_000, "gosched"),
    counted("gosched 100", 1_000_000, "gosched"),
    counted("gosched 10000", 2_000_000, "gosched"),
    counted("gosched 100, 16 bodies", 1_000_000, "gosched"),
    counted("gosched, yield* 8 deep", 1_000_000, "gosched"),
    counted("gosched, call 8 deep", 1_000_000, "gosched"),
    summed("unbuffered trip", 200_000, "round trip"),
    summed("buffered item 128", 500_000, "item"),
    summed("select 2", 200_000, "item"),
    summed("select 8", 200_000, "item"),
    counted("spawn+exit", 200_000, "goroutine"),
    counted("mutex hand-off 10", 200_000, "lock"),
    counted("WaitGroup fan-out 1000", 100_000, "goroutine"),
    { name: "daisy chain 100k", unit: "link", n: 100_000, check: 100_000 },
    { name: "sieve", unit: "prime of 500", n: 500, check: 3571 },
    { name: "skynet", unit: "leaf of 100k", n: 100_000, check: sum(100_000) },
  ];
}
