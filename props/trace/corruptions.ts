/** Deliberate faults in a Go trace, each of which its reader must refuse, and what it says then. */
import { decode, encode, eventLists, type Wire, type WireEvent } from "./wire.ts";

/** A fault. */
export interface Corruption {
  readonly name: string;
  /** What the reader says. */
  readonly says: RegExp;
  /** Changes the trace. @returns false when it has no place for the fault */
  apply(wire: Wire): boolean;
  /** Changes the bytes that come of it. */
  cut?(bytes: Uint8Array): Uint8Array;
}

const ADVANCE = /failed to advance/;

/** A goroutine's events know it by number; those of the running one do not name it. */
interface Place {
  readonly events: WireEvent[];
  readonly index: number;
  readonly event: WireEvent;
  /** The goroutine that runs behind the event, 0 for none. */
  readonly running: number;
  /** And before it. */
  readonly before: number;
  /** Sequence numbers of goroutines behind the event. */
  readonly seqs: ReadonlyMap<number, number>;
  /** Goroutines that are runnable behind the event. */
  readonly runnable: ReadonlySet<number>;
}

/** The first place that `choose` takes, with what holds there. */
function find(wire: Wire, choose: (place: Place) => boolean): Place | undefined {
  let running = 0;
  const seqs = new Map<number, number>();
  const runnable = new Set<number>();
  for (const events of eventLists(wire)) {
    for (const [index, event] of events.entries()) {
      const before = running;
      const [, g = 0, seq = 0] = event.args;
      switch (event.name) {
        case "GoCreate":
          seqs.set(g, 0);
          runnable.add(g);
          break;
        case "GoStatus":
          seqs.set(g, 0);
          break;
        case "GoStart":
          running = g;
          runnable.delete(g);
          seqs.set(g, seq);
          break;
        case "GoUnblock":
          runnable.add(g);
          seqs.set(g, seq);
          break;
        case "GoStop":
          runnable.add(running);
          running = 0;
          break;
        case "GoBlock":
        case "GoDestroy":
          running = 0;
      }
      const place = { events, index, event, running, before, seqs, runnable };
      if (choose(place)) return place;
    }
  }
  return undefined;
}

function named(name: string): (place: Place) => boolean {
  return ({ event }) => event.name === name;
}

/** Puts an event behind a place. */
function insert(place: Place | undefined, make: (place: Place) => [name: string, ...args: number[]]): boolean {
  if (place === undefined) return false;
  const [name, ...args] = make(place);
  place.events.splice(place.index + 1, 0, { name, args: [0, ...args] });
  return true;
}

function again(name: string) {
  return (wire: Wire): boolean => insert(find(wire, named(name)), ({ event }) => [event.name, ...event.args.slice(1)]);
}

/** Changes a number of an event. */
function change(name: string, arg: number, by: number) {
  return (wire: Wire): boolean => {
    const place = find(wire, named(name));
    if (place === undefined) return false;
    place.event.args[arg] = (place.event.args[arg] ?? 0) + by;
    return true;
  };
}

function without(kind: string) {
  return (wire: Wire): boolean => {
    const index = wire.parts.findIndex((part) => part.kind === kind);
    if (index >= 0) wire.parts.splice(index, 1);
    return index >= 0;
  };
}

function withoutLastEnd(wire: Wire): boolean {
  return wire.parts.pop()?.kind === "end";
}

function seqOf({ seqs }: Place, g: number): number {
  return (seqs.get(g) ?? 0) + 1;
}

/** An illegal transition each: for any trace that has the transition which it stands beside. */
export const illegalTransitions: readonly Corruption[] = [
  {
    name: "unblock of a running goroutine",
    says: ADVANCE,
    apply: (wire) => insert(find(wire, named("GoStart")), (p) => ["GoUnblock", p.running, seqOf(p, p.running), 0]),
  },
  {
    name: "start of a waiting goroutine",
    says: ADVANCE,
    apply: (wire) => insert(find(wire, named("GoBlock")), (p) => ["GoStart", p.before, seqOf(p, p.before)]),
  },
  {
    name: "unblock of a runnable goroutine",
    says: ADVANCE,
    apply: (wire) => insert(find(wire, named("GoStop")), (p) => ["GoUnblock", p.before, seqOf(p, p.before), 0]),
  },
  {
    name: "unblock of a goroutine that is gone",
    says: ADVANCE,
    apply: (wire) => insert(find(wire, named("GoDestroy")), (p) => ["GoUnblock", p.before, seqOf(p, p.before), 0]),
  },
  {
    name: "start while another goroutine runs",
    says: /expected no goroutine/,
    apply: (wire) =>
      insert(
        find(wire, ({ running, runnable }) => running !== 0 && runnable.size > 0),
        (p) => {
          const [g = 0] = p.runnable;
          return ["GoStart", g, seqOf(p, g)];
        },
      ),
  },
  { name: "block while no goroutine runs", says: /expected a goroutine/, apply: again("GoBlock") },
  { name: "end of a goroutine while none runs", says: /expected a goroutine/, apply: again("GoDestroy") },
  { name: "stop while no goroutine runs", says: /expected a goroutine/, apply: again("GoStop") },
  { name: "second creation of a goroutine", says: /already exists/, apply: again("GoCreate") },
  { name: "second start of a goroutine", says: ADVANCE, apply: again("GoStart") },
  { name: "start of a P that runs", says: ADVANCE, apply: again("ProcStart") },
  { name: "stop of a P that is idle", says: /proc/, apply: again("ProcStop") },
];

/** Faults of other kinds. */
export const otherFaults: readonly Corruption[] = [
  { name: "gap in the sequence of a goroutine", says: ADVANCE, apply: change("GoUnblock", 2, 1) },
  { name: "gap in the sequence of the P", says: ADVANCE, apply: change("ProcStart", 2, 1) },
  { name: "status that the generation before gainsays", says: /inconsistent status/, apply: change("GoStatus", 3, 1) },
  { name: "reason that no string is written for", says: /invalid string ID/, apply: change("GoBlock", 1, 10_000) },
  { name: "stack that is not written", says: /invalid stack ID/, apply: change("GoBlock", 2, 10_000) },
  { name: "generation without its clock", says: /no frequency event/, apply: without("sync") },
  { name: "generation without its strings", says: /invalid func string ID/, apply: without("strings") },
  { name: "generation without its end", says: /missing end-of-generation/, apply: without("end") },
  { name: "last generation without its end", says: /incomplete generation/, apply: withoutLastEnd },
  {
    name: "batch that is cut off",
    says: /failed to read full batch/,
    apply: withoutLastEnd,
    cut: (bytes) => bytes.slice(0, -1),
  },
  {
    name: "version that nobody knows",
    says: /unknown or unsupported/,
    apply: (wire) => {
      wire.header = new TextEncoder().encode("go 1.99 trace\0\0\0");
      return true;
    },
  },
  {
    name: "header of something else",
    says: /bad file format|not a Go execution trace/,
    apply: (wire) => {
      wire.header = new TextEncoder().encode("no trace at all\0");
      return true;
    },
  },
];

/** Faults of tasks: for a trace that has one with a region in it, a goroutine that blocks, and one that ends the task. */
export const taskFaults: readonly Corruption[] = [
  { name: "second begin of a task", says: /task ID conflict/, apply: again("UserTaskBegin") },
  {
    name: "task of a type that no string is written for",
    says: /invalid string ID/,
    apply: change("UserTaskBegin", 3, 10_000),
  },
  {
    name: "task that begins at a stack that is not written",
    says: /invalid stack ID/,
    apply: change("UserTaskBegin", 4, 10_000),
  },
  { name: "region that ends in another task", says: /region/, apply: change("UserRegionEnd", 1, 1) },
  {
    name: "end of a task while no goroutine runs",
    says: /expected a goroutine/,
    apply: (wire) => insert(find(wire, named("GoBlock")), () => ["UserTaskEnd", 1, 0]),
  },
];

/** A trace with a fault in it; undefined when it has no place for it. */
export function corrupt(bytes: Uint8Array, { apply, cut = (b) => b }: Corruption): Uint8Array | undefined {
  const wire = decode(bytes);
  return apply(wire) ? cut(encode(wire)) : undefined;
}
