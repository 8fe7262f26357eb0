/** The sections on Go's releases, and on the changes of status that Go makes, beside the port's. */
import { GO_VERSION } from "../../../golden/format.ts";
import { minorOf } from "../../../golden/record.ts";
import { COUNTED, type Matrix, matrixFaults, readMatrix } from "../matrix.ts";
import { RELATION } from "../relation.ts";
import { GO_EDGES, GO_STATUSES, PORT_ONLY } from "../status/table.ts";

/** The release that the port follows. */
const FOLLOWED = minorOf(GO_VERSION);

const row = (...cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

function versionTable({ versions }: Matrix): string[] {
  const names = Object.keys(versions);
  const rules = [...new Set(Object.values(versions).flatMap((counts) => Object.keys(counts)))];
  const cell = (version: string, rule: string) => {
    const [cases, differ] = versions[version]?.[rule] ?? [0, 0];
    return cases === 0 ? "not recorded" : differ === 0 ? "same" : `${differ} differ`;
  };
  const casesOf = (rule: string) => Object.values(versions)[0]?.[rule]?.[0] ?? 0;
  return [
    row("cases of", "how many", ...names.map((name) => name.replace(/^go/, ""))),
    `|---|---|${"---|".repeat(names.length)}`,
    ...rules.map((rule) => row(rule, casesOf(rule), ...names.map((name) => cell(name, rule)))),
  ];
}

/** The section on Go's releases. @returns its lines; what keeps it from being true goes to `faults` */
export function versionsSection(faults: string[]): string[] {
  const matrix = readMatrix();
  faults.push(...matrixFaults(matrix));
  return [
    `The goldens are recordings of ${GO_VERSION}. \`bun run fidelity --go-matrix\` fetches these Gos and records the same cases with`,
    "each; *same*: every event of every case of the [rule](golden/README.md#the-rules-that-the-named-cases-show) is. The newest",
    "that there is when it runs is recorded, too, and is told of only. `--live N` compares fresh workloads with any of them.",
    "",
    ...versionTable(matrix),
    "",
  ];
}

const between = ({ since, until }: { readonly since?: number; readonly until?: number }) =>
  since !== undefined ? `from 1.${since} on` : until !== undefined ? `till 1.${until}` : "yes";

/** The section on statuses: every change that Go makes or the port's relation allows, and why one has it and one has not. */
export function statusSection(): string[] {
  const { taken } = readMatrix();
  const port: readonly string[] = RELATION;
  const seen = (edge: string) => (taken[GO_VERSION] ?? []).includes(edge);
  const isGone = (until: number | undefined) => until !== undefined && until < FOLLOWED;
  const edges = [
    ...GO_EDGES.map(({ edge, when, lacks, since, until }) =>
      row(
        edge,
        between({ ...(since !== undefined && { since }), ...(until !== undefined && { until }) }),
        isGone(until) ? "" : seen(edge) ? "taken" : "not seen",
        port.includes(edge) ? "yes" : "no",
        `${when}${lacks === undefined ? "" : `. ${lacks}`}${edge in PORT_ONLY ? `. ${PORT_ONLY[edge]}` : ""}`,
      ),
    ),
    ...port
      .filter((edge) => !GO_EDGES.some((each) => each.edge === edge))
      .map((edge) => row(edge, "no", "", "yes", PORT_ONLY[edge] ?? "")),
  ];
  const { length } = GO_EDGES.filter(({ until }) => !isGone(until));
  return [
    `Go's source (${GO_VERSION}) makes ${length} changes of status; the relation has ${port.length} edges. Each row is a change that one of them has.`,
    "*In Go's source*: its compare-and-swaps of a status, with the arguments of every call that leads to one",
    "(`props/fidelity/status/main.go`); the check `status` compares them with this table, and a Go with another status or change",
    `fails it. *In a run*: of a program with garbage collection, stopped worlds, a heap dump, traces, threads of C, coroutines,`,
    `growing stacks, preemption and the leak profile, on a runtime that counts them (${COUNTED.join(", ")} by \`--go-matrix\`; here`,
    `${GO_VERSION}).`,
    "",
    row("change", "in Go's source", "in a run", "in the relation", "when Go makes it; why they differ"),
    "|---|---|---|---|---|",
    ...edges,
    "",
    row("status", "number", "in Go", "scan bit in Go", "in gobuf"),
    "|---|---|---|---|---|",
    ...GO_STATUSES.map(({ name, number, scan, ...releases }) =>
      row(
        name,
        number,
        between(releases),
        { both: "taken and given back", released: "given back (taken with the status)", none: "no" }[scan],
        port.some((edge) => edge.split(">").includes(name)) ? "yes" : "no",
      ),
    ),
    "",
  ];
}
