/** What Shuttle needs for its kernels, as `explore:shuttle` found it, and the section of props/explore/README.md on it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAGE, rowsOfPage } from "../goker/page.ts";

const FOLDER = import.meta.dir;
export const MANIFEST = join(FOLDER, "Cargo.toml");
const FILE = join(FOLDER, "results.json");

/** Runs until it was found, for seeds 1 to 20; null where it was not within 1000. */
export type Runs = readonly (number | null)[];

/** A kernel under Shuttle. */
export interface Needed {
  readonly name: string;
  readonly random: Runs;
  readonly pct: Runs;
}

/** The version of Shuttle that the crate is pinned to. */
export function shuttleVersion(): string {
  const version = /^shuttle = "=([\d.]+)"$/m.exec(readFileSync(MANIFEST, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${MANIFEST} does not pin shuttle to one version`);
  return version;
}

export function readResults(): Needed[] {
  return JSON.parse(readFileSync(FILE, "utf8")) as Needed[];
}

export function writeResults(results: readonly Needed[]): void {
  writeFileSync(FILE, `[\n${results.map((each) => `  ${JSON.stringify(each)}`).join(",\n")}\n]\n`);
}

/** As in GoKer's table: the median, and the most in parentheses. */
export function cell(runs: Runs): string {
  const found = runs.filter((run) => run !== null).sort((a, b) => a - b);
  if (found.length === 0) return "not in 1000";
  const missed = found.length < runs.length ? `, ${found.length} of ${runs.length} seeds` : "";
  return `${found[(found.length - 1) >> 1]} (${found.at(-1)})${missed}`;
}

const median = (text: string) => Number(/^\d+/.exec(text)?.[0] ?? 1001);

/** Cells of a kernel: Shuttle's two, gobuf's random, PCT and mixed. @throws Error when GoKer's table has no such row */
export function cellsOf({ name, random, pct }: Needed, told: ReadonlyMap<string, readonly string[]>): string[] {
  const row = told.get(name);
  if (row === undefined) throw new Error(`${name} is not in ${PAGE}`);
  const [ours = "", oursPct = "", mixed = ""] = row.slice(4, 7);
  return [name, cell(random), ours, cell(pct), oursPct, mixed];
}

/** The section, of what was found and of GoKer's table. */
export function shuttleSection(results: readonly Needed[] = readResults()): string {
  const told = rowsOfPage(readFileSync(PAGE, "utf8"));
  const rows = results.map((each) => cellsOf(each, told));
  const fewer = (theirs: number, ours: number) =>
    rows.filter((row) => median(row[theirs] ?? "") < median(row[ours] ?? "")).length;
  return `## Beside Shuttle

[Shuttle](https://github.com/awslabs/shuttle) ${shuttleVersion()} explores programs in Rust, by the same two methods. ${rows.length} kernels
of [GoKer](goker/README.md) with locks and channels are retold for it in [shuttle/](shuttle/src/kernels.rs), as far as std's
primitives go: there is no \`select\`, and a closed channel is one whose sender is gone. \`npx bun run explore:shuttle\` builds
them with cargo, and says when they differ from this table. Runs until it is found, as above; PCT with depth 3; the mixed
scheduler is what \`explore\` has by default. Each twin passes 100 runs of each method and seed.

| kernel | Shuttle, random | gobuf, random | Shuttle, PCT | gobuf, PCT | gobuf, mixed |
|---|---|---|---|---|---|
${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}

By its median Shuttle needs fewer runs than gobuf for ${fewer(1, 2)} kernels by random and ${fewer(3, 4)} by PCT; gobuf for ${fewer(2, 1)} and ${fewer(4, 3)}. What they
differ in:

- **The first run.** Both PCTs begin with a fixed order, which tells how long a run is: Shuttle's with the oldest thread first, gobuf's
  with Go's own. The kernels that one of them finds in 1 are those that its fixed order shows.
- **Modes.** A run of gobuf is in one of four modes (whether calls such as \`close\` are points at which others may run, and whether timers
  expire early), in turn. A bug that needs one of them waits for its turn. Shuttle has no clock, and all its points are always on.
- **Points.** In Shuttle each access to a lock, channel or atomic is a point before which others may run. In gobuf a point
  lies behind an operation, and code between two operations is never parted, as in JavaScript. A kernel has fewer decisions so.

This table showed three faults of gobuf's PCT, which are mended. It ran Go's order once in each mode, so that a bug which Go's order
hides took 5 runs at least. It dropped priorities at decisions of every kind (which case a \`select\` takes, whether the clock
moves), where a drop does nothing. And it drew two drops for one place.
`;
}
