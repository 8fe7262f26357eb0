/** Makes a workload smaller as long as it shows the same: fewer operations, no join, fewer goroutines. */
import type { Op, Workload } from "../../../golden/format.ts";

/** Workloads that are tried. */
const TRIES_MAX = 300;

const without = <T>(list: readonly T[], at: number, count: number) => [...list.slice(0, at), ...list.slice(at + count)];

/** Smaller workloads, the much smaller ones first. */
function* smaller(workload: Workload): Generator<Workload> {
  const { bodies } = workload;
  const used = new Set(bodies.flat().flatMap((op) => (op[0] === "go" ? [op[1]] : [])));
  const last = bodies.length - 1;
  if (last > 0 && !used.has(last)) yield { ...workload, bodies: bodies.slice(0, last) };
  for (const [b, body] of bodies.entries()) {
    for (let size = body.length; size >= 1; size = size >> 1) {
      for (let at = 0; at + size <= body.length; at += size) {
        const ops: readonly Op[] = without(body, at, size);
        yield { ...workload, bodies: bodies.map((all, k) => (k === b ? ops : all)) };
      }
    }
    for (const [i, op] of body.entries()) {
      if (op[0] !== "select" || op[1].length < 2) continue;
      for (let k = 0; k < op[1].length; k++) {
        const less: Op = ["select", without(op[1], k, 1), op[2]];
        yield { ...workload, bodies: bodies.map((all, j) => (j === b ? all.with(i, less) : all)) };
      }
    }
  }
  if (workload.join) yield { ...workload, join: false };
}

/** Leaves out the channels that nothing names any more. */
function withFewerChannels(workload: Workload): Workload {
  const named = new Set<number>();
  const renumber = (ops: readonly Op[], of: (c: number) => number): Op[] =>
    ops.map((op): Op => {
      if (op[0] === "send" || op[0] === "recv" || op[0] === "close") return [op[0], of(op[1])];
      if (op[0] === "select")
        return ["select", op[1].map((each) => (each[0] === "timer" ? each : [each[0], of(each[1])])), op[2]];
      return op[0] === "once" ? ["once", op[1], renumber(op[2], of)] : op;
    });
  for (const ops of workload.bodies)
    renumber(ops, (c) => {
      named.add(c);
      return c;
    });
  const kept = workload.chans.flatMap((_, c) => (named.has(c) ? [c] : []));
  return {
    ...workload,
    chans: kept.map((c) => workload.chans[c] as number | null),
    bodies: workload.bodies.map((ops) => renumber(ops, (c) => kept.indexOf(c))),
  };
}

/** Leaves out channels that nothing names any more, and counts from the end. */
function trimmed(whole: Workload): Workload {
  const workload = withFewerChannels(whole);
  const text = JSON.stringify(workload.bodies);
  const names = (ops: string, k: number) => new RegExp(`\\["(?:${ops})",${k}[,\\]]`).test(text);
  const count = (n: number, ops: string) => {
    let left = n;
    while (left > 0 && !names(ops, left - 1)) left--;
    return left;
  };
  return {
    ...workload,
    mutexes: count(workload.mutexes, "lock|unlock"),
    rwmutexes: count(workload.rwmutexes, "wlock|wunlock|rlock|runlock"),
    waitgroups: count(workload.waitgroups, "wgadd|wgdone|wgwait"),
    conds: count(workload.conds, "condwait|signal|broadcast"),
    onces: count(workload.onces, "once"),
  };
}

/**
 * Shrinks a workload.
 *
 * @param shows whether a smaller workload shows the same
 */
export async function shrink(workload: Workload, shows: (smaller: Workload) => Promise<boolean>): Promise<Workload> {
  let best = workload;
  let tries = 0;
  for (let found = true; found && tries < TRIES_MAX; ) {
    found = false;
    for (const next of smaller(best)) {
      if (tries++ >= TRIES_MAX) break;
      if (!(await shows(next))) continue;
      best = next;
      found = true;
      break;
    }
  }
  const clean = trimmed(best);
  return (await shows(clean)) ? clean : best;
}
