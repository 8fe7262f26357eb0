/**
 * Random workloads of golden/format.ts that cover every operation and shrink to few goroutines with few operations.
 *
 * fast-check shrinks towards shorter lists, smaller numbers and the first of several choices: the plainest operation
 * stands first, and no operation refers to what a shrunk workload no longer has, because indices are taken modulo.
 */
import fc from "fast-check";
import {
  type CaseInput,
  INDEXED_OPS,
  type IndexedOpName,
  type Op,
  SELECT_CASES_MAX,
  type Workload,
} from "../../golden/format.ts";

/** An operation whose indices are not yet reduced to what the workload has. */
type LooseOp =
  | { kind: "indexed"; name: IndexedOpName; index: number }
  | { kind: "plain"; name: "gosched" | "goexit" }
  | { kind: "select"; cases: [send: boolean, chan: number][]; hasDefault: boolean }
  | { kind: "sleep"; us: number }
  | { kind: "work"; thousands: number }
  | { kind: "once"; once: number; body: LooseOp[] };

const index = fc.nat(15);
const indexedNames = Object.keys(INDEXED_OPS) as IndexedOpName[];

const simpleOp: fc.Arbitrary<LooseOp> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<LooseOp>({ kind: "plain", name: "gosched" }) },
  {
    weight: 20,
    arbitrary: fc.record<LooseOp & { kind: "indexed" }>({
      kind: fc.constant("indexed"),
      name: fc.constantFrom(...indexedNames),
      index,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record<LooseOp & { kind: "select" }>({
      kind: fc.constant("select"),
      cases: fc.array(fc.tuple(fc.boolean(), index), { maxLength: SELECT_CASES_MAX }),
      hasDefault: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<LooseOp & { kind: "sleep" }>({
      kind: fc.constant("sleep"),
      us: fc.constantFrom(1, 0, 100, 100, 700, 2500),
    }),
  },
  { weight: 1, arbitrary: fc.constant<LooseOp>({ kind: "work", thousands: 1 }) },
  { weight: 1, arbitrary: fc.constant<LooseOp>({ kind: "plain", name: "goexit" }) },
);

const op: fc.Arbitrary<LooseOp> = fc.oneof(
  { weight: 12, arbitrary: simpleOp },
  {
    weight: 1,
    arbitrary: fc.record<LooseOp & { kind: "once" }>({
      kind: fc.constant("once"),
      once: index,
      body: fc.array(simpleOp, { maxLength: 4 }),
    }),
  },
);

const none: Op = ["gosched"];

/** Reduces an operation to what the workload has; where it has none of the kind, the operation becomes a gosched. */
function tighten(loose: LooseOp, has: Omit<Workload, "bodies" | "join">, bodies: number): Op {
  const count = (field: (typeof INDEXED_OPS)[IndexedOpName]): number => {
    if (field === "bodies") return bodies;
    return field === "chans" ? has.chans.length : has[field];
  };
  switch (loose.kind) {
    case "plain":
      return [loose.name];
    case "sleep":
      return ["sleep", loose.us];
    case "work":
      return ["work", loose.thousands];
    case "indexed": {
      const n = count(INDEXED_OPS[loose.name]);
      return n === 0 ? none : [loose.name, loose.index % n];
    }
    case "select": {
      const n = has.chans.length;
      const cases = n === 0 ? [] : loose.cases.map(([send, c]) => [send ? "send" : "recv", c % n] as const);
      // A select of no cases with a default is no operation of the format.
      return ["select", cases, loose.hasDefault && cases.length > 0];
    }
    case "once": {
      if (has.onces === 0) return none;
      return ["once", loose.once % has.onces, loose.body.map((inner) => tighten(inner, has, bodies))];
    }
  }
}

/** A workload. @param maxOps operations of a body at the most */
export function workload(maxOps = 12): fc.Arbitrary<Workload> {
  return fc
    .record({
      chans: fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constant(null) }), {
        maxLength: 4,
      }),
      mutexes: fc.nat(2),
      rwmutexes: fc.nat(2),
      waitgroups: fc.nat(2),
      conds: fc.nat(2),
      onces: fc.nat(2),
      join: fc.boolean(),
      bodies: fc.array(fc.array(op, { maxLength: maxOps }), { minLength: 1, maxLength: 5 }),
    })
    .map(({ bodies, ...has }) => ({
      ...has,
      bodies: bodies.map((body, b) =>
        // A body starts later ones only, so that every workload ends: the format knows no loop.
        body.map((loose) => {
          const later = bodies.length - b - 1;
          if (loose.kind !== "indexed" || loose.name !== "go") return tighten(loose, has, bodies.length);
          return later === 0 ? none : (["go", b + 1 + (loose.index % later)] as const);
        }),
      ),
    }));
}

/** A workload with a seed for select's draws. */
export function caseInput(maxOps?: number): fc.Arbitrary<CaseInput> {
  return fc.record({
    name: fc.constant("property"),
    seed: fc.nat(2 ** 31 - 1),
    workload: workload(maxOps),
  });
}
