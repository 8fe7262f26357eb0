/**
 * Go's statuses and the changes between them, written down with the places that make them, beside the 13 edges of the
 * port's relation; each difference has its reason. `sourceFaults` compares the table with the source of a Go.
 */
import { RELATION, STATUSES } from "../relation.ts";
import type { Source } from "./read.ts";

/** The releases of Go in which something is, as the 26 of 1.26; without bounds it is in all from 1.24 on. */
interface Releases {
  readonly since?: number;
  readonly until?: number;
}

/** The newest release that the table is written down of. A newer one is compared with this one's. */
const NEWEST = 27;

export interface GoStatus extends Releases {
  readonly name: string;
  readonly number: number;
  /** Whether castogscanstatus takes its scan bit, and casfrom_Gscanstatus gives it back. */
  readonly scan: "both" | "released" | "none";
}

/** Go's statuses. */
export const GO_STATUSES: readonly GoStatus[] = [
  { name: "idle", number: 0, scan: "none" },
  { name: "runnable", number: 1, scan: "both" },
  { name: "running", number: 2, scan: "both" },
  { name: "syscall", number: 3, scan: "both" },
  { name: "waiting", number: 4, scan: "both" },
  { name: "dead", number: 6, scan: "none" },
  { name: "copystack", number: 8, scan: "none" },
  { name: "preempted", number: 9, scan: "released" },
  { name: "leaked", number: 10, scan: "both", since: 26 },
  { name: "deadextra", number: 11, scan: "both", since: 26 },
];

export interface GoEdge extends Releases {
  /** "from>to". */
  readonly edge: string;
  /** When Go makes the change. */
  readonly when: string;
  /** Why the port does not have it, for an edge that it lacks. */
  readonly lacks?: string;
}

const COLLECTOR = "JavaScriptCore's collector stops no goroutine, and the world is one thread";
const EXTRA = "The thread is Bun's own: no thread that is not gobuf's calls a goroutine, and gobuf_call runs on g0";

/** The changes that Go's source makes. */
export const GO_EDGES: readonly GoEdge[] = [
  {
    edge: "idle>dead",
    when: "a new G is made (newproc1)",
    lacks: "A creation is the one edge idle>runnable: nothing looks at a G in between",
  },
  {
    edge: "idle>deadextra",
    when: "an M for threads of C is made (oneNewExtraM)",
    lacks: EXTRA,
    since: 26,
  },
  {
    edge: "dead>runnable",
    when: "a go statement, with a new G or one that is used again (newproc1)",
    lacks: "A dead G that is used again is set to idle first, past the relation: the edge is idle>runnable",
  },
  {
    edge: "dead>waiting",
    when: "a coroutine is made (newcoro)",
    lacks: "Coroutines (iter.Pull) are not ported: JavaScript has generators",
  },
  { edge: "dead>syscall", when: "a thread of C calls Go (needm)", lacks: EXTRA, until: 25 },
  { edge: "syscall>dead", when: "such a call returns (dropm)", lacks: EXTRA, until: 25 },
  { edge: "deadextra>syscall", when: "a thread of C calls Go (needm)", lacks: EXTRA, since: 26 },
  { edge: "syscall>deadextra", when: "such a call returns (dropm)", lacks: EXTRA, since: 26 },
  { edge: "runnable>running", when: "the scheduler takes the G (execute), a coroutine is entered (coroswitch)" },
  { edge: "running>runnable", when: "Gosched, goyield, a preemption, exitsyscall without a P" },
  { edge: "running>waiting", when: "a park; garbage collection, a stopped world, a trace for their own goroutine" },
  { edge: "running>syscall", when: "a system call (entersyscall)" },
  { edge: "running>copystack", when: "a stack grows or shrinks (newstack)" },
  { edge: "running>preempted", when: "a goroutine is stopped for suspendG (preemptPark); with the scan bit taken" },
  { edge: "running>dead", when: "a goroutine ends (gdestroy)" },
  { edge: "waiting>runnable", when: "a goroutine is readied (ready, findRunnable)" },
  {
    edge: "waiting>running",
    when: "garbage collection, a stopped world, a trace gives its own goroutine back; a coroutine is entered",
    lacks: COLLECTOR,
  },
  {
    edge: "waiting>leaked",
    when: "the leak profile finds a goroutine that nothing can wake (findGoroutineLeaks)",
    lacks: "The leak profile is not ported: JavaScript does not tell what is reachable",
    since: 26,
  },
  {
    edge: "leaked>waiting",
    when: "the next collection looks anew (allGsSnapshotSortedForGC)",
    lacks: "The leak profile is not ported: JavaScript does not tell what is reachable",
    since: 26,
  },
  { edge: "syscall>running", when: "a system call returns (exitsyscall)" },
  { edge: "syscall>runnable", when: "a system call returns, and there is no P (exitsyscall0)", until: 25 },
  { edge: "copystack>running", when: "a stack has been copied (newstack)" },
  {
    edge: "preempted>waiting",
    when: "suspendG takes a preempted goroutine over (casGFromPreempted)",
    lacks:
      "The relation, as the Rust seed has it, makes one edge of two: preempted>runnable. casGFromPreempted makes the change outside of it",
  },
];

/** Why the port's relation has an edge that Go 1.26 never takes. */
export const PORT_ONLY: Readonly<Record<string, string>> = {
  "idle>runnable": "Go makes two changes of it, idle>dead and dead>runnable; the Rust seed has one, and so has gobuf",
  "syscall>runnable":
    "Go took it till 1.25; from 1.26 on it is syscall>running, then running>runnable. It is the Rust seed's. The M of a goroutine that was suspended notes it; the status word goes as in Go",
  "preempted>runnable":
    "Go takes preempted>waiting, then waiting>runnable, in every release. It is the Rust seed's; nothing in gobuf takes it",
};

const isIn = ({ since = 0, until = Number.POSITIVE_INFINITY }: Releases, minor: number) =>
  since <= minor && minor <= until;

/** The edges that Go takes in a release. */
export function edgesOf(minor: number): string[] {
  return GO_EDGES.filter((each) => isIn(each, Math.min(minor, NEWEST))).map(({ edge }) => edge);
}

/** Names that two lists do not share, in words. */
function differences(what: string, found: Iterable<string>, expected: Iterable<string>, where = (_: string) => "") {
  const [has, wants] = [new Set(found), new Set(expected)];
  return [
    ...[...has].filter((name) => !wants.has(name)).map((name) => `${what} ${name} is in Go${where(name)}, and not in`),
    ...[...wants].filter((name) => !has.has(name)).map((name) => `${what} ${name} is not in Go, but in`),
  ].map((text) => `${text} the table (props/fidelity/status/table.ts)`);
}

/** Where the source of a Go is another than the table says. @param minor of its release */
export function sourceFaults(source: Source, minor: number): string[] {
  const told = GO_STATUSES.filter((each) => isIn(each, Math.min(minor, NEWEST)));
  const bare = (status: string) => status.replace(/^scan/, "");
  const changes = new Map(source.changes.map(({ from, to, where }) => [`${bare(from)}>${bare(to)}`, where]));
  const names = (scans: readonly GoStatus["scan"][]) =>
    told.filter(({ scan }) => scans.includes(scan)).map((s) => s.name);
  return [
    ...differences(
      "status",
      Object.entries(source.statuses).map(([name, number]) => `${name} (${number})`),
      told.map(({ name, number }) => `${name} (${number})`),
    ),
    ...differences("scan bit of", source.scannable, names(["both"])),
    ...differences("release of the scan bit of", source.releasable, names(["both", "released"])),
    ...differences("edge", changes.keys(), edgesOf(minor), (edge) => ` (${(changes.get(edge) ?? []).join(", ")})`),
    ...source.untold.map((text) => `the source of Go has what its reader cannot make out: ${text}`),
  ];
}

/** Where the table of Go leaves a difference from the port's relation without a reason, or gives one for none. */
export function reasonFaults(): string[] {
  const port: readonly string[] = RELATION;
  const taken = new Set(edgesOf(26));
  const faults: string[] = [];
  for (const { edge, lacks } of GO_EDGES) {
    if ((lacks === undefined) !== port.includes(edge)) {
      faults.push(`edge ${edge}: ${lacks === undefined ? "no reason why the port lacks it" : "the port has it"}`);
    }
  }
  for (const edge of port) {
    if (taken.has(edge) === edge in PORT_ONLY) {
      faults.push(`edge ${edge}: ${taken.has(edge) ? "Go takes it" : "no reason why the port has it"}`);
    }
  }
  for (const [name, number] of Object.entries(STATUSES)) {
    if (GO_STATUSES.find((status) => status.name === name)?.number !== number) {
      faults.push(`status ${name} of the port is not Go's ${number}`);
    }
  }
  return faults;
}
