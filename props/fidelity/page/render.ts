/** FIDELITY.md, from a run's results. Nothing in it changes from one run to the next but what was found. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ABI_TEXTS } from "../../../src/runtime/codes.ts";
import { seedLayout } from "../../../src/runtime/layout.ts";
import { packageRoot } from "../../../src/runtime/library.ts";
import type { Row } from "../result.ts";
import { GO_ITEMS } from "./go.ts";
import type { Item } from "./item.ts";
import { type Evidence, judgeItem } from "./judge.ts";
import { SEED_ITEMS } from "./seed.ts";

/** A page, and what keeps it from being true. */
export interface Page {
  readonly text: string;
  readonly faults: readonly string[];
}

const inCell = (text: string) => text.replaceAll("|", "\\|");
const line = (...cells: readonly (string | number)[]) => `| ${cells.map((c) => inCell(String(c))).join(" | ")} |`;

async function itemTable(items: readonly Item[], evidence: Evidence, faults: string[]): Promise<string[]> {
  const lines = [line("name", "from", "property checked", "how", "status"), "|---|---|---|---|---|"];
  for (const item of items) {
    const { status, fault } = await judgeItem(item, evidence);
    if (fault !== undefined) faults.push(fault);
    const how = item.expect === "missing" ? "" : item.checks.map((c) => `\`${c}\``).join(" ");
    lines.push(line(item.name, item.from, item.property, how, status));
  }
  return lines;
}

function abiTable(): string[] {
  const lines = [
    line("ABI", "callee-saved slots", "Gobuf", "G, the seed's fields", "G, whole"),
    "|---|---|---|---|---|",
  ];
  for (const abi of [1, 2, 3]) {
    const { callee_saved_slots, gobuf_size, g_size, g_full_size } = seedLayout(abi);
    lines.push(line(ABI_TEXTS[abi] ?? "", callee_saved_slots ?? 0, gobuf_size ?? 0, g_size ?? 0, g_full_size ?? 0));
  }
  return lines;
}

function runTable(rows: readonly Row[]): string[] {
  const lines = [line("part", "body", "cases", "ops", "transitions", "divergent"), "|---|---|---|---|---|---|"];
  for (const row of rows) {
    if (row.cases > 0) lines.push(line(row.part, row.body, row.cases, row.ops, row.transitions, row.divergent));
  }
  return lines;
}

/** Counts of one ABI's mutants, as `bun run mutants --write` leaves them. */
type MutantCounts = Readonly<Record<string, number>>;

function mutantTable(): string[] {
  const file = join(packageRoot, "props", "mutants", "results.json");
  if (!existsSync(file)) return ["No table of mutants has been written."];
  const results = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, MutantCounts>>;
  const verdicts = [...new Set(Object.values(results).flatMap((counts) => Object.keys(counts)))];
  const lines = [line("mutants of", ...verdicts), `|---|${verdicts.map(() => "---|").join("")}`];
  for (const [abi, counts] of Object.entries(results)) lines.push(line(abi, ...verdicts.map((v) => counts[v] ?? 0)));
  return lines;
}

function divergences(items: readonly Item[]): string[] {
  return items
    .filter((i) => i.reason !== undefined)
    .map((i) => `* **${i.name}** (${i.from}), ${i.expect}: ${i.reason}.`);
}

/** Makes the page. @param rows of the run whose results are the evidence */
export async function renderPage(rows: readonly Row[], evidence: Evidence): Promise<Page> {
  const faults: string[] = [];
  const seed = await itemTable(SEED_ITEMS, evidence, faults);
  const go = await itemTable(GO_ITEMS, evidence, faults);
  const lines = [
    "# Fidelity",
    "",
    "Written by `bun run fidelity --write`, never by hand; `bun run fidelity --check` fails when it is out of date. A",
    "row's status comes from checks that ran for this page: `golden:PREFIX` are the named golden cases that start so,",
    "`export:` that the function is there, `test:` a test file, other names a part of the run.",
    "",
    "## The run",
    "",
    ...runTable(rows),
    "",
    "## Sizes, bytes",
    "",
    ...abiTable(),
    "",
    "## Mutants",
    "",
    ...mutantTable(),
    "",
    "## The seed",
    "",
    ...seed,
    "",
    "## Go 1.26",
    "",
    ...go,
    "",
    "## Known divergences",
    "",
    ...divergences([...SEED_ITEMS, ...GO_ITEMS]),
    "",
  ];
  return { text: lines.join("\n"), faults };
}
