/** What a program of the benchmark is, in whatever implementation. */
import { readFileSync } from "node:fs";

/** What a program measured by itself. */
export interface Measured {
  /** As of {@link Program}. */
  readonly check: number;
  /** Totals of all operations, one for each part of the row: nanoseconds, CPU nanoseconds or bytes. */
  readonly values: readonly number[];
}

/**
 * Does `n` operations and gives a number that only one gives that did them. A plain number: the time of the whole call
 * is the row's; else what it measured by itself.
 */
export type Program = (n: number) => Promise<number | Measured>;

/** Programs by the names of their rows. */
export type Programs = Readonly<Record<string, Program>>;

/** CPU time of this process so far, all its threads, nanoseconds. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Resident memory of this process, bytes, after a collection. */
export function residentBytes(): number {
  Bun.gc(true);
  return process.memoryUsage.rss();
}

/**
 * What this process takes of the system, after a collection: resident bytes, bytes of page tables, and mappings.
 *
 * @throws Error on a system other than Linux
 */
export function memoryBytes(): [resident: number, pageTables: number, mappings: number] {
  Bun.gc(true);
  if (process.platform !== "linux") throw new Error("only Linux says what page tables take");
  const status = readFileSync("/proc/self/status", "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
  return [bytes("VmRSS"), bytes("VmPTE"), readFileSync("/proc/self/maps", "utf8").split("\n").length];
}
