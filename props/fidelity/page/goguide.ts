/**
 * The section on docs/guide/go.md, the page that says of what a Go programmer reaches for whether gobuf has it: its counts,
 * and what it says that is not so.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as gobuf from "gobuf";
import * as testing from "gobuf/testing";
import { packageRoot } from "../../../src/runtime/library.ts";

const PAGE = join("docs", "guide", "go.md");

/** What the page says of a row. */
const VERDICTS = ["done", "idiom", "not"] as const;
type Verdict = (typeof VERDICTS)[number];

interface GuideRow {
  readonly go: string;
  readonly here: string;
  readonly says: string;
}

/** The rows of a page's first table. A bar within a code span is written `\|`. */
function rowsOf(page: string): GuideRow[] {
  const lines = page.split("\n");
  const from = lines.findIndex((line) => line.startsWith("|---"));
  const rows: GuideRow[] = [];
  for (let i = from + 1; lines[i]?.startsWith("|"); i++) {
    const [, go = "", here = "", says = ""] = (lines[i] ?? "").split(/(?<!\\)\|/).map((cell) => cell.trim());
    rows.push({ go, here, says });
  }
  return rows;
}

/** All names that users can write: exports, what namespaces have, methods and properties of classes and channels, gobuf.h. */
function publicNames(): Set<string> {
  const names = new Set<string>();
  const add = (value: object) => {
    for (const name of Object.getOwnPropertyNames(value)) names.add(name.toLowerCase());
  };
  const visit = (module: object) => {
    for (const [name, value] of Object.entries(module)) {
      names.add(name.toLowerCase());
      if (Object.prototype.toString.call(value) === "[object Module]") visit(value);
      else if (typeof value === "function" && typeof value.prototype === "object") add(value.prototype);
      else if (typeof value === "object" && value !== null) add(value);
    }
  };
  visit(gobuf);
  visit(testing);
  for (let proto: object = gobuf.chan(); proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) add(proto);
  const header = readFileSync(join(packageRoot, "arch", "include", "gobuf.h"), "utf8");
  for (const [, name = ""] of header.matchAll(/^static inline \w+ (gobuf_\w+)\(/gm)) names.add(name);
  const index = readFileSync(join(packageRoot, "src", "index.ts"), "utf8");
  for (const [, name = ""] of index.matchAll(/\btype (\w+)/g)) names.add(name.toLowerCase());
  for (const [, list = ""] of index.matchAll(/^export type \{([^}]*)\}/gm)) {
    for (const name of list.split(",")) names.add(name.trim().toLowerCase());
  }
  return names;
}

/** The names that a cell's code says gobuf has. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)]
    .map(([, code = ""]) => code.replace(/^yield\* /, ""))
    .filter((code) => !code.startsWith("gobuf/"))
    .flatMap((code) => /^(?:\w+\.)?(\w+)/.exec(code)?.[1] ?? []);
}

/** What is wrong with one row. */
function faultOf({ go, here, says }: GuideRow, page: string, names: ReadonlySet<string>): string | undefined {
  const verdict = /^\w+/.exec(says)?.[0] as Verdict;
  if (!VERDICTS.includes(verdict)) return `${go}: expected done, idiom or not, got ${JSON.stringify(says)}`;
  if (verdict === "not") return /^not: \S+ \S+/.test(says) ? undefined : `${go}: "not" needs its reason`;
  const [, heading] = /\]\(#([^)]+)\)/.exec(here) ?? [];
  if (heading !== undefined) {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
    return headings.includes(heading) ? undefined : `${go}: there is no section #${heading}`;
  }
  if (verdict === "idiom") return here === "" ? `${go}: the idiom is not said` : undefined;
  const said = namesIn(here.includes("`") ? here : go);
  if (said.length === 0) return `${go}: "done" names nothing`;
  const unknown = said.filter((name) => !names.has(name.toLowerCase()));
  return unknown.length === 0 ? undefined : `${go}: gobuf has no ${unknown.join(", ")}`;
}

/** The counts of a page's verdicts, and its faults. */
export function judgeGuide(page: string): { counts: Readonly<Record<Verdict, number>>; faults: string[] } {
  const rows = rowsOf(page);
  const names = publicNames();
  const faults = rows.flatMap((row) => faultOf(row, page, names) ?? []);
  if (rows.length === 0) faults.push("there is no table");
  const counts = { done: 0, idiom: 0, not: 0 };
  for (const { says } of rows) {
    for (const verdict of VERDICTS) if (says.startsWith(verdict)) counts[verdict]++;
  }
  return { counts, faults };
}

/** The section's lines. */
export function guideSection(faults: string[]): string[] {
  const { counts, faults: found } = judgeGuide(readFileSync(join(packageRoot, PAGE), "utf8"));
  for (const fault of found) faults.push(`${PAGE}: ${fault}`);
  const total = counts.done + counts.idiom + counts.not;
  return [
    `[Go in gobuf](docs/guide/go.md) says of ${total} things that Go programmers reach for whether gobuf has them: ${counts.done} are`,
    `*done*, under the names that the page gives (this run looked for each), ${counts.idiom} are done by another *idiom*, which the page`,
    `shows, ${counts.not} are *not* there, with the reason.`,
    "",
  ];
}
