/**
 * Random programs of timers from a seed: many of them due at the same times, stopped and reset in bursts. Go leaves a
 * stopped timer in its heap and moves a reset one late, and what is left of that decides the order of equal deadlines.
 */
import type { CaseInput, Op, SelectCase } from "./format.ts";
import { SEED_LIMIT } from "./format.ts";
import { Prng } from "./prng.ts";

/** Deadlines, microseconds from now; few, so that many timers have the same one. */
const DELAYS: readonly (readonly number[])[] = [
  [10, 20, 30, 40, 50],
  [10, 20, 20, 40, 100],
  [30, 30, 30, 60, 0],
  [100, 200, 300, 400, -5],
];
const SLEEPS: readonly number[] = [0, 10, 10, 20, 30, 50, 90];
const BURSTS: readonly [number, number] = [4, 9];
const SLOTS: readonly (readonly [number, number])[] = [
  [1, 3],
  [3, 10],
  [8, 40],
  [20, 40],
];
const WORKERS: readonly [number, number] = [0, 4];
const WORKER_OPS: readonly [number, number] = [3, 12];
/** Bodies that timers start: they do nothing, stop a timer, reset one, reset one and wait. */
const STARTED_BODIES: readonly [number, number] = [2, 5];
const SELECT_CASES: readonly [number, number] = [1, 3];

interface Context {
  readonly random: Prng;
  readonly slots: number;
  readonly delays: readonly number[];
  readonly chans: number;
  /** Numbers of the bodies that timers start. */
  readonly started: readonly [first: number, last: number];
  /** How likely a new timer has a channel. */
  readonly channels: number;
  /** Main waits for ever at its end. */
  readonly deadlock: boolean;
  /** A slot that the workers come back to. */
  readonly favourite: number;
}

/**
 * A random program of timers.
 *
 * @param seed an integer in 0..2^53-1; also the seed of the case's select draw
 * @returns a case named `timers-SEED`
 */
export function generateTimers(seed: number): CaseInput {
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= SEED_LIMIT)
    throw new RangeError(`seed ${seed}: expected an integer from 0 to 2^53-1`);
  const random = new Prng(seed);
  const workers = random.within(WORKERS);
  const slots = random.within(random.pick(SLOTS));
  const startedBodies = random.within(STARTED_BODIES);
  const context: Context = {
    random,
    slots,
    deadlock: random.chance(0.2),
    favourite: random.below(slots),
    delays: random.pick(DELAYS),
    chans: 2,
    started: [1 + workers, workers + startedBodies],
    channels: random.pick([0, 0.2, 0.6]),
  };
  const bodies = [
    main(context, workers),
    ...Array.from({ length: workers }, () => worker(context)),
    ...Array.from({ length: startedBodies }, () => started(context)),
  ];
  const none = { mutexes: 0, rwmutexes: 0, waitgroups: 0, conds: 0, onces: 0 };
  return {
    name: `timers-${seed}`,
    seed,
    workload: { chans: [0, 2], ...none, timers: context.slots, join: false, bodies },
  };
}

function repeat(count: number, make: () => Op): Op[] {
  return Array.from({ length: count }, make);
}

function slot({ random, slots }: Context): number {
  return random.below(slots);
}

function delay({ random, delays }: Context): number {
  return random.pick(delays);
}

/** The slot of a worker's op. */
function workersSlot(context: Context): number {
  return context.random.chance(0.6) ? context.favourite : slot(context);
}

/** Sets the timer of a slot, of any kind. */
function set(context: Context, at = slot(context)): Op {
  const { random, started, channels, favourite, deadlock } = context;
  if (!random.chance(at === favourite ? 0.8 : channels))
    return ["afterfunc", at, delay(context), random.within(started)];
  const kind = random.weighted({ newtimer: 5, newticker: deadlock ? 0 : 3, after: 2 });
  return [kind, at, delay(context)];
}

function select(context: Context): Op {
  const { random } = context;
  const cases = Array.from({ length: random.within(SELECT_CASES) }, (): SelectCase => {
    if (random.chance(0.7)) return ["timer", workersSlot(context)];
    return [random.chance(0.5) ? "send" : "recv", random.below(context.chans)];
  });
  return ["select", cases, random.chance(0.25)];
}

/** Bursts of settings, of stops and of resets, with sleeps between them. Main waits for nothing else before its end. */
function main(context: Context, workers: number): Op[] {
  const { random, slots } = context;
  const ops: Op[] = [];
  for (let at = 0; at < slots; at++) if (random.chance(0.95)) ops.push(set(context, at));
  for (let b = 1; b <= workers; b++) ops.push(["go", b]);
  for (let left = random.within(BURSTS); left > 0; left--) {
    const count = random.within([1, Math.ceil(slots / 2)]);
    const kind = random.weighted({ set: 3, stop: 5, reset: 4, mixed: 6 });
    ops.push(
      ...repeat(count, () => {
        const one = kind === "mixed" ? random.weighted({ set: 3, stop: 4, reset: 4, gosched: 1 }) : kind;
        if (one === "set") return set(context);
        if (one === "stop") return ["tstop", slot(context)];
        return one === "reset" ? ["treset", slot(context), delay(context)] : ["gosched"];
      }),
    );
    ops.push(["sleep", random.pick(SLEEPS)]);
  }
  // The last timers may be stopped ones, behind which nothing comes. A ticker may be in Go's heap though nobody waits on
  // it, when it was reset there: a program that has one never comes to a deadlock.
  if (context.deadlock) return [...ops, ["recv", 0]];
  return [...ops, ["sleep", 200], ["gosched"]];
}

/** Waits on the channels of timers, and changes them. */
function worker(context: Context): Op[] {
  const { random } = context;
  return repeat(random.within(WORKER_OPS), () => {
    switch (random.weighted({ recv: 4, select: 5, sleep: 4, stop: 2, reset: 3, set: 1, send: 1, take: 1 })) {
      case "recv":
        return ["trecv", workersSlot(context)];
      case "select":
        return select(context);
      case "sleep":
        return ["sleep", random.pick(SLEEPS)];
      case "stop":
        return ["tstop", workersSlot(context)];
      case "reset":
        return ["treset", workersSlot(context), delay(context)];
      case "set":
        return set(context, workersSlot(context));
      case "send":
        return ["send", random.below(context.chans)];
      default:
        return ["recv", random.below(context.chans)];
    }
  });
}

/** What a timer starts. */
function started(context: Context): Op[] {
  const { random } = context;
  return repeat(random.within([0, 2]), () => {
    const kind = random.weighted({ stop: 4, reset: 4, sleep: 2, set: 1 });
    if (kind === "stop") return ["tstop", slot(context)];
    if (kind === "reset") return ["treset", slot(context), delay(context)];
    return kind === "set" ? set(context) : ["sleep", random.pick(SLEEPS)];
  });
}
