/**
 * Workloads for a scheduler: random ones cut down to the operations that it has, and networks, which have one outcome whatever
 * the order. The same seed and the same hello give the same workload everywhere.
 */
import { type CaseInput, GOROUTINES_MAX, type Op, type Workload } from "../../../golden/format.ts";
import { generate } from "../../../golden/generate.ts";
import { Prng } from "../../../golden/prng.ts";
import type { Ability, Hello } from "./hello.ts";

/** What of a hello decides which workloads it gets. */
export type Abilities = Pick<Hello, "ops" | "capacities">;

const reduced = (ops: readonly Op[], has: ReadonlySet<Ability>): Op[] =>
  ops.flatMap((op): Op[] => {
    if (op[0] === "once" && has.has("once")) return [["once", op[1], reduced(op[2], has)]];
    return has.has(op[0] as Ability) ? [op] : [];
  });

/** The capacity in place of one that a scheduler does not have: the nearest. */
function nearest(capacity: number | null, { capacities }: Abilities): number | null {
  if (capacities === undefined) return capacity ?? 0;
  if (capacities.includes(capacity)) return capacity;
  const numbers = capacities.filter((c) => c !== null);
  const far = (c: number) => Math.abs(c - (capacity ?? 0));
  return numbers.reduce((best, c) => (far(c) < far(best) ? c : best));
}

/** Cuts a workload down to what a scheduler has. */
export function project(workload: Workload, abilities: Abilities): Workload {
  const has = new Set(abilities.ops);
  const { timers: _, ...rest } = workload;
  return {
    ...rest,
    chans: workload.chans.map((capacity) => nearest(capacity, abilities)),
    join: workload.join && has.has("join"),
    bodies: workload.bodies.map((ops) => reduced(ops, has)),
  };
}

/** Whether a scheduler has all that a workload needs. */
export function canRun(workload: Workload, abilities: Abilities): boolean {
  return Bun.deepEquals(project(workload, abilities), workload);
}

/** Goroutines of a network, main apart, and their messages. */
const NODES: readonly [number, number] = [2, 4];
const MESSAGES: readonly [number, number] = [2, 7];
const BURST: readonly [number, number] = [1, 3];

/** A network: each channel has one goroutine that sends and one that receives, so that no order changes a result. */
export function network(seed: number, abilities: Abilities): CaseInput {
  const random = new Prng(seed);
  const has = new Set(abilities.ops);
  const nodes = 1 + random.within(NODES);
  const bodies: Op[][] = Array.from({ length: nodes }, () => []);
  const chans: (number | null)[] = [];
  const of = new Map<string, number>();
  for (let k = 1; k < nodes; k++) bodies[0]?.push(["go", k]);
  for (let left = random.within(MESSAGES); left > 0; left--) {
    const from = random.below(nodes);
    const to = (from + 1 + random.below(nodes - 1)) % nodes;
    const key = `${from}>${to}`;
    if (!of.has(key)) {
      of.set(key, chans.length);
      chans.push(nearest(random.below(4), abilities));
    }
    const c = of.get(key) as number;
    // several at a time, so that a buffer holds more than one
    const burst = random.within(BURST);
    for (let k = 0; k < burst; k++) bodies[from]?.push(["send", c]);
    if (has.has("gosched") && random.chance(0.3)) bodies[random.below(nodes)]?.push(["gosched"]);
    // some receives are left out and some are one too many: some networks end in a deadlock
    const more = random.chance(0.06) ? 1 : 0;
    const fewer = random.chance(0.06) ? 1 : 0;
    for (let k = 0; k < burst + more - fewer; k++) bodies[to]?.push(["recv", c]);
  }
  const none = { mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0 };
  return { name: `network-${seed}`, seed, workload: { chans, ...none, join: has.has("join"), bodies } };
}

/** One workload in so many is a network, where the scheduler has what those need. */
const NETWORKS_EVERY = 3;

/** The workload of a seed. */
export function workloadOf(seed: number, abilities: Abilities): CaseInput {
  const has = (["go", "send", "recv"] as const).every((op) => abilities.ops.includes(op));
  if (has && seed % NETWORKS_EVERY === 0) return network(seed, abilities);
  const input = generate(seed);
  return { ...input, workload: project(input.workload, abilities) };
}

/**
 * Whether outcome and results are the same in every legal order: each channel has one goroutine at each end and is never closed,
 * no operation looks at more than one, and nothing else is shared. Others may have one outcome, too; this is what can be seen.
 */
export function isDetermined(workload: Workload): boolean {
  const bodies = workload.bodies;
  const runs = bodies.map((_, b): number => (b === 0 ? 1 : 0));
  let started = 0;
  for (const [b, ops] of bodies.entries()) {
    for (const op of ops) {
      if (op[0] !== "go") continue;
      // numbers of goroutines are in the order of their creation: one goroutine alone may create
      if (b !== 0 || op[1] === 0) return false;
      started++;
      runs[op[1]] = (runs[op[1]] as number) + 1;
    }
  }
  if (started > GOROUTINES_MAX || runs.some((times) => times > 1)) return false;
  const ends = new Map<string, Set<number>>();
  for (const [b, ops] of bodies.entries()) {
    if (runs[b] === 0) continue;
    for (const op of ops) {
      if (op[0] === "go" || op[0] === "gosched" || op[0] === "work" || op[0] === "sleep") continue;
      if (op[0] !== "send" && op[0] !== "recv") return false;
      const end = ends.getOrInsertComputed(`${op[0]} ${op[1]}`, () => new Set());
      end.add(b);
      if (end.size > 1) return false;
    }
  }
  return true;
}
