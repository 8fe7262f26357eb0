/** What a run of generated mutants came to, as FIDELITY.md tells it. `--generated --write` writes it, and nothing else. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PARTS, type Part } from "./candidate.ts";
import { percent } from "./report.ts";

/** Where it is kept. */
export const SHARE_FILE = join(import.meta.dir, "share.json");

/** Counts of a part's mutants. */
export interface PartShare {
  /** The run was to judge so many. */
  readonly wanted: number;
  /** A check went red, or came to a limit. */
  readonly found: number;
  /** No program can tell, and the argument is listed. */
  readonly argued: number;
  /** Every check passed. */
  readonly survived: number;
  /** Of those that were not judged to their end: they have passed the checks that are the most likely to find them. */
  readonly begun: number;
}

export interface Share {
  readonly seed: number;
  readonly parts: Readonly<Partial<Record<Part, PartShare>>>;
}

export function writeShare(share: Share, file = SHARE_FILE): void {
  writeFileSync(file, `${JSON.stringify(share, null, 2)}\n`);
}

/** What was written; undefined where nothing was. */
export function readShare(file = SHARE_FILE): Share | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Share) : undefined;
}

const judgedOf = ({ found, argued, survived }: PartShare) => found + argued + survived;

const sum = (counts: readonly PartShare[], of: (count: PartShare) => number) =>
  counts.reduce((all, count) => all + of(count), 0);

/** The lines of the page. */
export function shareLines(share: Share | undefined): string[] {
  if (share === undefined) return ["No run of mutants that nobody chose has been written."];
  const rows = PARTS.flatMap((part): [string, PartShare][] => {
    const counts = share.parts[part];
    return counts === undefined ? [] : [[part, counts]];
  });
  const counts = rows.map(([, count]) => count);
  const all: PartShare = {
    wanted: sum(counts, (c) => c.wanted),
    found: sum(counts, (c) => c.found),
    argued: sum(counts, (c) => c.argued),
    survived: sum(counts, (c) => c.survived),
    begun: sum(counts, (c) => c.begun),
  };
  const judged = judgedOf(all);
  const open = all.wanted - judged;
  const line = (name: string, c: PartShare) =>
    `| ${name} | ${c.wanted} | ${judgedOf(c)} | ${c.found} | ${c.argued} | ${c.survived} | ${c.wanted - judgedOf(c)} |`;
  return [
    `Mutants that nobody chose are drawn by chance from all that operators make of \`src\`, of the library and of the suite itself`,
    `(\`bun run mutants --generated ${all.wanted} --seed ${share.seed}\`). Of ${all.wanted} that were drawn, ${judged} have been judged: ${all.found} were found,`,
    `${all.argued} are argued to be equivalent (\`props/mutants/generated/argued.json\`), ${all.survived} survived: ${percent(judged === 0 ? 0 : (all.found + all.argued) / judged)} of those judged were found`,
    ...(open === 0
      ? ["or argued."]
      : [
          `or argued. ${open} have not been judged to their end, of which ${all.begun} have passed the checks that are the most likely to find`,
          "them: what is found is found early, so the share of all may be smaller.",
        ]),
    "",
    "| of | drawn | judged | found | argued | survived | not judged |",
    "|---|---|---|---|---|---|---|",
    ...rows.map(([part, count]) => line(part, count)),
    line("all", all),
  ];
}
