/**
 * `bun run fidelity --procs N`: runs with several Ms, judged. Workloads on the library as it is, and on one whose shared
 * accesses come late; registers across migration; histories of channels; the same workloads in Go. It prints what they did,
 * and fails below what they must do.
 */
import { openBodies } from "../../procs/bodies.ts";
import type { ProcsOptions } from "../cli.ts";
import { besideGo } from "./beside-go.ts";
import { delayedRounds } from "./delayed.ts";
import { type HistorySums, judgedHistories } from "./histories.ts";
import { migrate } from "./registers.ts";
import { judgedRounds, type Sums } from "./rounds.ts";

/** What the runs must have done at least, for each round: a smaller number says that they did not try what they are for. */
const LEAST: Partial<Record<keyof Sums, number>> = {
  executed: 20_000,
  migrations: 1,
  parked: 2,
  woken: 2,
  syscalls: 10,
  retaken: 1,
};
/** Fewer rounds than this show nothing for sure: who gets a processor is the system's to say. */
const ROUNDS_TELL = 8;
/** Goroutines that look at their registers; operations of each, for each round. */
const MIGRANTS = 16;
const LOOKS = 20_000;
/** Switches for each round: ten million in a run that names no number of rounds. */
const SWITCHES = 417_000;
/** Histories for each round. */
const HISTORIES = 6;
/** Rounds with delays, and beside Go: so many of all. */
const DELAYED_SHARE = 4;
const GO_ROUNDS_MAX = 3;

/** @returns whether nothing was wrong */
export async function runProcs({ procs, rounds, seed, go }: ProcsOptions): Promise<boolean> {
  if (process.platform !== "linux") {
    console.error("fidelity --procs: runs with several Ps are there on Linux only");
    return false;
  }
  const { symbols } = openBodies();
  const tells = rounds >= ROUNDS_TELL;
  const wrong: string[] = [];
  const counted = (what: string, start: number, counts: object) => {
    const text = Object.entries(counts).map(([name, n]) => `${name} ${n}`);
    console.log(`procs ${procs}: ${what} in ${(performance.now() - start).toFixed(0)} ms: ${text.join(", ")}`);
  };
  const again = `replay: bun run fidelity --procs ${procs} --seed ${seed} --rounds ${rounds}`;
  /** Fails where less was seen than what makes it a check. */
  const atLeast = (what: string, got: number, least: number) => {
    if (tells && got < least) wrong.push(`${what}: ${got}, expected at least ${least}: these runs show too little`);
  };

  let start = performance.now();
  const judged = await judgedRounds(symbols, { procs, rounds, seed });
  wrong.push(...judged.wrong);
  const { runs, ...sums } = judged.sums;
  counted(`${runs} runs`, start, sums);
  for (const [name, least] of Object.entries(LEAST) as [keyof Sums, number][]) {
    atLeast(name, judged.sums[name], least * rounds);
  }

  start = performance.now();
  const count = 4 * Math.ceil((LOOKS * rounds) / 4);
  const { skipped, first, ...registers } = await migrate({ procs, seed, migrants: MIGRANTS, count });
  counted(`registers of ${MIGRANTS} goroutines`, start, registers);
  if (registers.bad !== 0) wrong.push(`registers: ${registers.bad} are wrong: ${first}: ${again}`);
  if (skipped !== null) console.log(`  SKIPPED: goroutines that are interrupted between two instructions: ${skipped}`);
  atLeast("migrations of goroutines that look at their registers", registers.migrations, rounds);
  atLeast("registers that were compared", registers.compared, MIGRANTS * LOOKS * rounds);
  if (skipped === null) atLeast("words of registers in a wait", registers.interrupted, 1000 * rounds);

  start = performance.now();
  const seen = await judgedHistories(symbols, { procs, count: HISTORIES * rounds, seed });
  sayHistories(counted, start, seen, "histories");
  wrong.push(...seen.wrong);
  atLeast("operations that overlap in a history", seen.overlaps, rounds);

  start = performance.now();
  const late = delayedRounds({ procs, rounds: Math.ceil(rounds / DELAYED_SHARE), seed, histories: HISTORIES * rounds });
  if (typeof late === "string") console.log(`  SKIPPED: shared accesses that come late: ${late}`);
  else {
    const { runs: number, ...did } = late.rounds.sums;
    counted(`${number} runs whose shared accesses come late`, start, { late: late.late, ...did });
    sayHistories(counted, start, late.histories, "histories of such runs");
    wrong.push(...late.rounds.wrong, ...late.histories.wrong);
    atLeast("shared accesses that came late", late.late, 10_000 * Math.ceil(rounds / DELAYED_SHARE));
    atLeast("operations that overlap in a history with delays", late.histories.overlaps, rounds);
  }

  start = performance.now();
  const beside = await besideGo({ procs, rounds: Math.min(rounds, GO_ROUNDS_MAX), seed }, go);
  if (beside.skipped !== null) console.log(`  SKIPPED: the same workloads in Go: ${beside.skipped}`);
  else {
    const { skipped: _, wrong: found, version, runs: number, ...did } = beside;
    counted(`${number} runs of ${version} with GOMAXPROCS=${procs}`, start, did);
    wrong.push(...found);
    atLeast("transitions of Go's", beside.transitions, 10_000);
    atLeast("migrations of Go's", beside.migrations, 1);
  }

  const switches = judged.sums.executed + registers.operations;
  console.log(`procs ${procs}: ${switches} switches of goroutines in all`);
  atLeast("switches", switches, SWITCHES * rounds);
  for (const text of wrong.slice(0, 20)) console.log(`  ${text}`);
  console.log(`procs ${procs}: ${wrong.length === 0 ? "0" : wrong.length} wrong`);
  return wrong.length === 0;
}

function sayHistories(
  counted: (what: string, start: number, counts: object) => void,
  start: number,
  { wrong: _, runs, ...counts }: HistorySums,
  what: string,
): void {
  counted(`${runs} ${what}`, start, counts);
}
