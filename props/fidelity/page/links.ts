/** The links of FIDELITY.md: from a row to its evidence, and to the section that gives its reason. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/runtime/library.ts";
import type { GoldenCase } from "../reader.ts";
import type { CheckName } from "./item.ts";

/** The corpus of the cases written by hand; its workloads are in {@link SOURCES}. */
const CORPUS = "golden/named.jsonl";
const SOURCES = "golden/named";

/** The anchor that a Markdown heading gets: small letters, digits, `_` and `-`, spaces as `-`. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");
}

/** Where the workload of each named case is written: "golden/named/sync.ts#L12". */
function workloadPlaces(): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const file of readdirSync(join(packageRoot, SOURCES)).sort()) {
    const lines = readFileSync(join(packageRoot, SOURCES, file), "utf8").split("\n");
    lines.forEach((text, i) => {
      const name = /\bnamed\("([^"]+)"/.exec(text)?.[1];
      if (name !== undefined) places.set(name, `${SOURCES}/${file}#L${i + 1}`);
    });
  }
  return places;
}

const isNamed = (c: GoldenCase) => c.file.replaceAll("\\", "/").endsWith(CORPUS);

/** A check as it stands in a row, with a link to what it looks at. */
export function checkLink(check: CheckName, { cases }: { readonly cases: readonly GoldenCase[] }): string {
  const [kind, first = ""] = check.split(":");
  const link = (to: string) => `[\`${check}\`](${to})`;
  switch (kind) {
    case "golden": {
      const chosen = cases.filter((c) => isNamed(c) && c.name.startsWith(first));
      const [from, to] = [chosen[0]?.line, chosen.at(-1)?.line];
      return link(`${CORPUS}#L${from}${to === from ? "" : `-L${to}`}`);
    }
    case "test":
      return link(first);
    case "export":
      return link(`src/${first}`);
    default:
      return `\`${check}\``;
  }
}

/** A table of the named cases: the workload as it is written, and what Go did. */
export function namedCaseTable(cases: readonly GoldenCase[]): string[] {
  const places = workloadPlaces();
  return [
    "| case | workload | what Go did |",
    "|---|---|---|",
    ...cases.filter(isNamed).map(({ name, line }) => {
      const place = places.get(name);
      if (place === undefined) throw new Error(`${CORPUS}:${line}: case ${name} is not written in ${SOURCES}/`);
      return `| ${name} | [${place}](${place}) | [named.jsonl:${line}](${CORPUS}#L${line}) |`;
    }),
  ];
}
