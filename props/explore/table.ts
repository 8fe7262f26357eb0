/** How many runs each explorer needs for each planted bug: the table in README.md beside this file. */
import { writeFileSync } from "node:fs";
import { ExploreError, type ExploreOptions, explore, replay } from "gobuf/testing";
import { command } from "../../scripts/command.ts";
import { PAGE, withSection } from "./page.ts";
import { type Planted, planted } from "./programs.ts";

const SEEDS = 20;

function failureOf(bug: Planted["bug"], options: ExploreOptions): ExploreError | undefined {
  try {
    explore(bug, options);
  } catch (error) {
    if (error instanceof ExploreError) return error;
    throw error;
  }
  return undefined;
}

/** Median of the runs that it took, over seeds 1 to 20, and the most. */
function runsNeeded({ bug, options }: Planted, scheduler: "random" | "pct"): string {
  const runs: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const error = failureOf(bug, { ...options, scheduler, seed, shrink: 0 });
    if (error !== undefined) runs.push(error.run);
  }
  if (runs.length === 0) return "not in 1000";
  const sorted = runs.toSorted((a, b) => a - b);
  const median = sorted[(sorted.length - 1) >> 1];
  return `${median} (${sorted.at(-1)})${runs.length < SEEDS ? `, ${runs.length} of ${SEEDS} seeds` : ""}`;
}

function row(bugs: Planted): string {
  const { name, bug, fixed, options } = bugs;
  replay(bug, "g1:", options);
  const exhaustive = failureOf(bug, { ...options, scheduler: "exhaustive" });
  if (exhaustive === undefined) throw new Error(`${name}: the exhaustive scheduler does not find it`);
  const { summary } = explore(fixed, { ...options, scheduler: "exhaustive" });
  const cells = [
    name,
    runsNeeded(bugs, "random"),
    runsNeeded(bugs, "pct"),
    String(exhaustive.run),
    `\`${exhaustive.schedule}\``,
    summary,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The page. */
export function page(): string {
  return withSection(`# Planted bugs

Made by \`npx bun run explore:table\`. Each program of [programs.ts](programs.ts) has a concurrency bug that does not show
while every decision is the one that Go's scheduler makes on one thread (*Go's order*): to run the program once finds nothing.
The table says how many runs of \`explore\` it takes until one fails.

- **random**, **PCT** (with depth 3): the median over seeds 1 to ${SEEDS}, and in parentheses the highest number.
- **exhaustive** (at most 2 preemptions): the number of the first schedule that fails. It draws nothing: schedules with
  fewer preemptions come first, and among those the schedules with fewer other deviations from Go's order.
- **schedule**: the failing schedule, shrunk. \`replay(bug, "g1:1A")\` runs it again.
- **its correct twin**: the same program without the bug, under the exhaustive scheduler.

| bug | random | PCT | exhaustive | schedule | its correct twin |
|---|---|---|---|---|---|
${planted.map(row).join("\n")}
`);
}

if (import.meta.main) {
  const { write } = command("bun props/explore/table.ts", "Looks for the planted bugs, and prints the table.")
    .option("--write", "write it to README.md as well")
    .parse()
    .opts<{ write?: boolean }>();
  const text = page();
  if (write) writeFileSync(PAGE, text);
  console.log(text);
}
