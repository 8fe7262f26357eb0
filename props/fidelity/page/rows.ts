/** `fidelity --row`: rows of FIDELITY.md checked alone, each by what it names as its evidence and by nothing else. */
import { UsageError } from "../cli.ts";
import { goldenFiles } from "../golden-part.ts";
import { readGoldenFile } from "../reader.ts";
import type { Reporter } from "../reporter.ts";
import type { Failure, Row } from "../result.ts";
import type { Target } from "../target.ts";
import { GO_ITEMS } from "./go.ts";
import type { Item } from "./item.ts";
import { judgeItem } from "./judge.ts";
import { SEED_ITEMS } from "./seed.ts";

export const ITEMS: readonly Item[] = [...SEED_ITEMS, ...GO_ITEMS];

/** The rows of these names. @throws UsageError when there is none of a name */
export function itemsOf(names: readonly string[]): Item[] {
  return names.flatMap((name) => {
    const items = ITEMS.filter((one) => one.name === name);
    if (items.length === 0) throw new UsageError(`--row: FIDELITY.md has no row ${JSON.stringify(name)}`);
    return items;
  });
}

/** What of a run rows need. */
export interface Needs {
  readonly part: (name: string) => boolean;
  /** Of the golden part: which cases. */
  readonly golden: (name: string) => boolean;
}

export const EVERYTHING: Needs = { part: () => true, golden: () => true };

/** What the checks of these rows look at. */
export function needsOf(items: readonly Item[]): Needs {
  const checks = items.flatMap((item) => item.checks);
  const prefixes = checks.flatMap((check) => /^golden:(.*)/.exec(check)?.[1] ?? []);
  const parts = new Set(checks.map((check) => (/^goldens$|^golden:/.test(check) ? "golden" : check)));
  const all = checks.includes("goldens");
  return {
    part: (name) => parts.has(name),
    golden: (name) => all || prefixes.some((prefix) => name.startsWith(prefix)),
  };
}

/** Judges the rows of these names by a run that had what they need. @returns those that are broken */
export async function brokenRows(
  names: readonly string[],
  target: Target,
  rows: readonly Row[],
  failures: readonly Failure[],
  reporter: Reporter,
): Promise<Failure[]> {
  if (names.length === 0) return [];
  const parts = new Set(rows.map((row) => row.part));
  const cases = goldenFiles([]).flatMap((file) => readGoldenFile(file).cases);
  const broken: Failure[] = [];
  for (const item of itemsOf(names)) {
    const { status, fault } = await judgeItem(item, { failures, parts, cases, layout: target.layout });
    reporter.line(`${item.name}: ${status}`);
    if (fault === undefined) continue;
    reporter.line(`FIDELITY.md: ${fault}`);
    broken.push({ part: "row", body: "", title: fault, details: [], replay: undefined });
  }
  return broken;
}
