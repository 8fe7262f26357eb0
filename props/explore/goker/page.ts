/** The table of GoKer's kernels: README.md beside this file. */
import { join } from "node:path";
import { kernels, untold } from "./kernels.ts";
import { DRAWN, type Row, SEEDS } from "./rows.ts";

/** Where the page is. */
export const PAGE = join(import.meta.dir, "README.md");

/** How often Go showed a kernel. */
export interface Shown {
  readonly shown: number;
  readonly of: number;
}

/** What Go was, and what it showed, by kernel. */
export interface InGo {
  readonly version: string;
  /** GOMAXPROCS. */
  readonly procs: number;
  readonly kernels: Readonly<Record<string, Shown>>;
}

function median(runs: readonly (number | null)[]): string {
  const sorted = runs.filter((n) => n !== null).toSorted((a, b) => a - b);
  if (sorted.length === 0) return "not in 1000";
  const seeds = sorted.length === runs.length ? "" : `, ${sorted.length} of ${runs.length} seeds`;
  return `${sorted[(sorted.length - 1) >> 1]} (${sorted.at(-1)})${seeds}`;
}

/** The cells of a row that do not depend on the machine. */
export function cellsOf({ kernel, shownInOrder, runs, exhaustive, schedule, twin }: Row): string[] {
  return [
    kernel.name,
    kernel.kind,
    kernel.what,
    shownInOrder ? "shows" : "hides",
    ...DRAWN.map((scheduler) => median(runs[scheduler])),
    String(exhaustive),
    `\`${schedule}\``,
    twin,
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** The rows of a page, without the cell that depends on the machine, by kernel. */
export function rowsOfPage(text: string): Map<string, string[]> {
  const rows = text.split("\n").filter((row) => /^\| [a-z]+#\d+ \| (non)?blocking \|/.test(row));
  const cells = rows.map((row) => row.slice(2, -2).split(" | ").slice(0, -1));
  return new Map(cells.map((list) => [list[0] as string, list]));
}

/** What Go showed, as an earlier page says it. */
export function inGoOfPage(text: string): InGo {
  const [, version = "", procs] = /\(go(\S+), GOMAXPROCS (\d+)\)/.exec(text) ?? [];
  const list = [...text.matchAll(/^\| (\S+#\d+) .* \| (\d+) of (\d+) \|$/gm)];
  return {
    version: `go${version}`,
    procs: Number(procs),
    kernels: Object.fromEntries(
      list.map(([, name, shown, of]) => [name, { shown: Number(shown), of: Number(of) }] as const),
    ),
  };
}

function hidden(rows: readonly Row[], inGo: InGo): string {
  const quiet = rows.filter(({ shownInOrder }) => !shownInOrder);
  const never = quiet.filter(({ kernel }) => inGo.kernels[kernel.name]?.shown === 0);
  return (
    `Go's own order hides ${quiet.length} of the ${rows.length}` +
    (never.length === 0 ? "." : `; Go itself showed ${never.length} of those in none of its runs.`)
  );
}

/** The page. */
export function page(rows: readonly Row[], inGo: InGo): string {
  const { blocking = [], nonblocking = [] } = Object.groupBy(kernels, ({ kind }) => kind);
  const body = rows.map((row) => {
    const go = inGo.kernels[row.kernel.name];
    return line([...cellsOf(row), go === undefined ? "not run" : `${go.shown} of ${go.of}`]);
  });
  return `# GoKer

Made by \`npx bun run explore:goker --write\`. GoKer is the half of [GoBench](https://github.com/timmyyuan/gobench) (Yuan
and others, CGO 2021) with the kernels: 103 concurrency bugs of Go projects, each cut down to the goroutines that it takes.
${blocking.length} of its blocking and ${nonblocking.length} of its nonblocking kernels are retold here on gobuf's API, in other words and as small as
they get, each with a twin that has the project's fix; nothing of GoBench is copied.

Runs until it is found: the median over seeds 1 to ${SEEDS}, in parentheses the most; PCT with depth 3. The mixed scheduler is
what \`explore\` has by default. The exhaustive scheduler (2 preemptions) has no seed. The string is the schedule that fails,
shrunk. Each twin passes ${SEEDS} times 1000 runs of each scheduler that draws, and what the exhaustive one has in 10,000. The
last column: how often a program in Go ([go/](go)) shows the bug (${inGo.version}, GOMAXPROCS ${inGo.procs}).

${hidden(rows, inGo)}

| kernel | kind | what is wrong | Go's order | random | PCT | mixed | exhaustive | schedule | its twin | Go |
|---|---|---|---|---|---|---|---|---|---|---|
${body.join("\n")}

## Not retold

| kernel | why |
|---|---|
${untold.map(({ name, why }) => line([name, why])).join("\n")}
`;
}
