/**
 * `bun run soak`: a server and all that comes and goes beside it, for minutes or hours. Everything that can be held is
 * measured after each round, when it must have been given back. Prints a table of samples; fails by the name of what grows.
 */
import { Option } from "commander";
import { command, integer } from "../../scripts/command.ts";
import { GAUGES, growing, SAMPLES_MIN, type Sample, sample } from "./gauges.ts";
import { Load } from "./load.ts";
import { PLANTS } from "./plants.ts";

/** Rows of the table, at most. */
const ROWS = 24;

interface Options {
  minutes?: number;
  seconds?: number;
  rounds?: number;
  workers: boolean;
  plant?: string;
}

const { minutes, seconds, rounds, workers, plant } = command(
  "bun run soak",
  "A server with channels, contexts, timers, selects and native bodies; runs, services and Workers that come and go: what " +
    "they hold is measured after each round. Prints a table of samples. Exit code: 0 all is flat, 1 something grows, or an " +
    "answer was wrong; 2 the command line makes no sense.",
)
  .addOption(new Option("--minutes <n>", "how long").argParser(integer(1, 100_000)).conflicts(["seconds", "rounds"]))
  .addOption(
    new Option("--seconds <n>", "how long; 10 by default").argParser(integer(1, 1_000_000)).conflicts("rounds"),
  )
  .addOption(new Option("--rounds <n>", "so many rounds").argParser(integer(SAMPLES_MIN, 1_000_000)))
  .addOption(new Option("--no-workers", "without Workers"))
  .addOption(new Option("--plant <leak>", "hold something for ever in each round").choices(Object.keys(PLANTS)))
  .parse()
  .opts<Options>();

const start = performance.now();
const end = start + (minutes !== undefined ? 60 * minutes : (seconds ?? 10)) * 1000;

function wanted(samples: readonly unknown[]): boolean {
  if (rounds !== undefined) return samples.length < rounds;
  return performance.now() < end || samples.length < SAMPLES_MIN;
}

const load = new Load(workers);
const samples: Sample[] = [];
const times: number[] = [];
while (wanted(samples)) {
  await load.round();
  if (plant !== undefined) PLANTS[plant]?.leak(load.service);
  samples.push(sample());
  times.push((performance.now() - start) / 1000);
}

const heads = ["s", ...GAUGES.map((gauge) => gauge.name)];
const widths = heads.map((head) => Math.max(7, head.length));
const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i] as number)).join("  ");
console.log(row(heads));
const every = Math.max(1, Math.ceil(samples.length / ROWS));
samples.forEach((values, i) => {
  if (i % every !== 0 && i !== samples.length - 1) return;
  console.log(row([(times[i] as number).toFixed(1), ...values.map(String)]));
});

const { done } = load;
console.log(
  `${samples.length} rounds: ${done.requests} requests, ${done.runs} runs, ${done.services} services, ${done.natives} native ` +
    `bodies, ${done.workers} Workers`,
);
const grown = growing(samples);
for (const line of grown) console.error(`soak: ${line}`);
if (grown.length === 0) console.log("nothing grows");
// What is planted keeps the event loop, and what grows may.
process.exit(grown.length === 0 ? 0 : 1);
