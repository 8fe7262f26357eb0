/** FIDELITY.md, from a run's results. Nothing in it changes from one run to the next but what was found. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ABI_TEXTS } from "../../../src/runtime/codes.ts";
import { seedLayout } from "../../../src/runtime/layout.ts";
import { packageRoot } from "../../../src/runtime/library.ts";
import { readShare, shareLines } from "../../mutants/generated/share.ts";
import type { Row } from "../result.ts";
import { GO_ITEMS } from "./go.ts";
import { guideSection } from "./goguide.ts";
import { gotestsSection } from "./gotests.ts";
import type { Item } from "./item.ts";
import { type Evidence, JUDGES, type Judges } from "./judge.ts";
import { anchorOf, checkLink, namedCaseTable } from "./links.ts";
import { SEED_ITEMS } from "./seed.ts";
import { statusSection, versionsSection } from "./versions.ts";

/** A page, and what keeps it from being true. */
export interface Page {
  readonly text: string;
  readonly faults: readonly string[];
}

const inCell = (text: string) => text.replaceAll("|", "\\|");
const line = (...cells: readonly (string | number)[]) => `| ${cells.map((c) => inCell(String(c))).join(" | ")} |`;

async function itemTable(
  from: string,
  items: readonly Item[],
  evidence: Evidence,
  faults: string[],
  judges: Judges,
): Promise<string[]> {
  const lines = [line("name", from, "property checked", "evidence", "status"), "|---|---|---|---|---|"];
  for (const item of items) {
    const { status, fault } = await judges.item(item, evidence);
    if (fault !== undefined) faults.push(fault);
    const evidenceCell = item.checks.map((check) => checkLink(check, evidence)).join(" ");
    const [property, shown] =
      item.reason === undefined
        ? [item.property, status]
        : item.expect === "missing"
          ? ["", `[${status}](#${anchorOf(item.name)})`]
          : [`differs in [${item.property}](#${anchorOf(item.name)})`, status];
    lines.push(line(item.name, item.from, property, evidenceCell, shown));
  }
  return lines;
}

function abiTable(): string[] {
  const lines = [
    line("ABI", "callee-saved slots", "Gobuf", "G, the Rust seed's fields", "G, whole"),
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

/** A section for each row that differs or is missing: the tables link here. */
function divergences(items: readonly Item[]): string[] {
  const says = { same: "", differs: "Differs by design.", missing: "Missing." } as const;
  return items.flatMap(({ name, from, reason, expect }) =>
    reason === undefined ? [] : [`### ${name}`, "", `(${from}) ${says[expect]} ${reason}.`, ""],
  );
}

/** What each status and each kind of evidence means. */
const LEGEND = `Written by \`bun run fidelity --write\`, never by hand; \`bun run fidelity --check\` fails when it is out of date. Each row
is a function, a type or a table that gobuf ported, from Go or from the *Rust seed* (the G, Gobuf, statuses and per-thread
context of go-lib, a port of Go's runtime to Rust, with which gobuf began; not to be confused with the seeds of random
numbers). The checks that a row names as its evidence ran for this page.

| status | what it says |
|---|---|
| same | gobuf does what the original does; every check of the row holds |
| differs by design | gobuf differs on purpose; every check of the row holds, and they check what gobuf does instead. The row links to the reason |
| missing | gobuf has nothing of the kind; the row links to the reason |

A row with a check that does not hold is *broken*: then nothing is written, and the command fails.

| evidence | what holds | compared with |
|---|---|---|
| \`golden:PREFIX\` | the named golden cases whose names begin with PREFIX (small programs, each for one rule; [listed below](#named-golden-cases)) give the recorded events, one for one, on generator and native bodies | recordings of Go 1.26.8 |
| \`goldens\` | the same for all golden cases, the random ones with them; programs of timers on generator bodies alone | recordings of Go 1.26.8 |
| \`random\` | random workloads give events that Go's rules allow, the same on both kinds of body, and the same when run again | rules written down apart from the port (\`props/fidelity/legality.ts\`) |
| \`probe\` | every callee-saved register and floating-point control word keeps its random value across every operation, in a body and on g0 | the values written before |
| \`preempt\` | every register of native bodies that are preempted between two instructions, on main and on Workers, with collections meanwhile; the counts and edges of bodies that give way under a storm of preemptions, and the traces of golden cases under one; on Linux with x86-64 every instruction: a preemption before the k-th one of a round trip through each operation of gobuf.h is taken or refused as the place says (a sample of k; \`--steps 1\` takes all) | the values written before; what each body was told to do, the status relation, recordings of Go; whose code and whose stack it is |
| \`relation\` | every pair of statuses, with every scan bit, is allowed or refused on a real G | a table written down apart from the port (\`props/fidelity/relation.ts\`) |
| \`status\` | the statuses and status changes that the source of the installed Go has are those [listed below](#statuses), each with the reason where the relation differs | the table there (\`props/fidelity/status/table.ts\`) |
| \`layout\` | the library states these offsets and sizes | a table written down apart from the port (\`props/fidelity/layout.ts\`) |
| \`test:FILE\`, \`test:FILE:NAME\` | \`bun test FILE\` passes; with NAME, its tests whose names match, at least one | values that the test states |
| \`word:NAME=N\` | the library's word NAME is N | the number N |
| \`export:FILE:NAME\` | \`src/FILE\` exports a function of that name; it says nothing of what the function does, and is never a row's only evidence | the name |
| \`absent:NAME\` | nothing in \`src/\` or \`arch/\` is declared under that name | the name |`;

/** What the verdicts on mutants mean. */
const VERDICTS = `A mutant is a deliberate fault in the library or in \`src\`, or a *neutral* change, which no program can tell. The suite is run on
each (\`bun run mutants\`). FOUND: the suite failed, as it must. NEUTRAL-OK: a neutral change, and the suite passed, as it must.
EQUIVALENT: no program can tell, and the argument is listed (\`props/mutants/listed.ts\`). UNTESTABLE-HERE: the suite passed, and what it
would take to tell is listed there. SURVIVED: the suite passed, and should have failed. WRONG: a neutral change failed, a listed
one was found, or the mutant does not build.`;

/** Makes the page. @param rows of the run whose results are the evidence */
export async function renderPage(rows: readonly Row[], evidence: Evidence, judges = JUDGES): Promise<Page> {
  const faults: string[] = [];
  const seed = await itemTable("part of the Rust seed", SEED_ITEMS, evidence, faults, judges);
  const go = await itemTable("Go file", GO_ITEMS, evidence, faults, judges);
  const gotests = await gotestsSection(evidence, faults, judges);
  const versions = versionsSection(faults);
  const lines = [
    "# Fidelity",
    "",
    LEGEND,
    "",
    "## The run",
    "",
    "*Divergent* are cases in which an event differs. Generator bodies are TypeScript, native bodies C or Zig.",
    "",
    ...runTable(rows),
    "",
    "## Sizes, bytes",
    "",
    ...abiTable(),
    "",
    "## Mutants",
    "",
    VERDICTS,
    "",
    ...mutantTable(),
    "",
    ...shareLines(readShare()),
    "",
    "## The Rust seed",
    "",
    ...seed,
    "",
    "## Go 1.26",
    "",
    ...go,
    "",
    "## Statuses",
    "",
    ...statusSection(),
    "## Go versions",
    "",
    ...versions,
    "## Go's own tests",
    "",
    ...gotests,
    "",
    "## Go in gobuf",
    "",
    ...guideSection(faults),
    "## What differs or is missing, and why",
    "",
    ...divergences([...SEED_ITEMS, ...GO_ITEMS]),
    "## Named golden cases",
    "",
    "Each is a small program for one rule of [golden/README.md](golden/README.md#the-rules-that-the-named-cases-show).",
    "",
    ...namedCaseTable(evidence.cases),
    "",
  ];
  return { text: lines.join("\n"), faults };
}
