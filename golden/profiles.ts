/** The kinds of workload that generate.ts makes: what each is heavy on, as numbers. */
import type { PlainOpName } from "./format.ts";

type Range = readonly [low: number, high: number];
/** An op, or a few that belong together: a critical section. */
export type Step = PlainOpName | "locked" | "wlocked" | "rlocked";

export interface Profile {
  /** How often this profile is taken when none is asked for. */
  readonly share: number;
  /** Bodies other than main's. */
  readonly bodies: Range;
  /** Steps of a body; main has half as many again. */
  readonly steps: Range;
  /** Goroutines that main starts first. */
  readonly spawns: Range;
  readonly weights: Readonly<Partial<Record<Step, number>>>;
  readonly chans: Range;
  /** Capacities to choose from; `null` is a nil channel. */
  readonly capacities: readonly (number | null)[];
  readonly selectCases: Range;
  /** Probability that a select case takes the channel of the case before it. */
  readonly twice: number;
  /** Of each other kind of object. */
  readonly objects: Range;
  /** Microseconds. */
  readonly sleeps: readonly number[];
  /** Most levels of once bodies. */
  readonly onceDepth: number;
  readonly join: number;
  /** Probability that main ends by Goexit. */
  readonly mainGoexit: number;
  /** Probability that a body starts any body, and not only one after its own, which bounds their number. */
  readonly recursive: number;
}

const BASE: Omit<Profile, "share" | "weights"> = {
  bodies: [2, 6],
  steps: [4, 14],
  spawns: [2, 10],
  chans: [1, 4],
  capacities: [0, 0, 0, 1, 1, 2, 5],
  selectCases: [1, 3],
  twice: 0.1,
  objects: [1, 2],
  sleeps: [0, 10, 20, 30, 50, 50, 120, 250, -5],
  onceDepth: 1,
  join: 0.5,
  mainGoexit: 0.02,
  recursive: 0.1,
};

const EVERYTHING: Profile["weights"] = {
  send: 9,
  recv: 9,
  select: 6,
  gosched: 6,
  sleep: 4,
  lock: 3,
  unlock: 3,
  wlock: 2,
  wunlock: 2,
  rlock: 2,
  runlock: 2,
  locked: 2,
  wlocked: 1,
  rlocked: 1,
  wgadd: 2,
  wgdone: 3,
  wgwait: 1,
  condwait: 1,
  signal: 2,
  broadcast: 1,
  close: 0.7,
  go: 2,
  once: 2,
  goexit: 0.3,
  work: 0.5,
};

/** Traffic that keeps going whatever else a profile does. */
const TRAFFIC: Profile["weights"] = { send: 4, recv: 4, gosched: 4, sleep: 1, work: 0.2 };

export const PROFILES = {
  mix: { ...BASE, share: 20, weights: EVERYTHING },
  channels: {
    ...BASE,
    share: 12,
    spawns: [4, 14],
    weights: { send: 10, recv: 10, gosched: 3, close: 0.25, go: 1, sleep: 0.5 },
  },
  select: {
    ...BASE,
    share: 12,
    spawns: [4, 14],
    twice: 0.15,
    weights: { select: 12, send: 4, recv: 4, gosched: 3, close: 0.25, go: 1 },
  },
  "select-twice": {
    ...BASE,
    share: 5,
    chans: [1, 2],
    selectCases: [2, 3],
    twice: 0.7,
    weights: { select: 10, send: 3, recv: 3, gosched: 3, close: 0.3 },
  },
  locks: {
    ...BASE,
    share: 10,
    spawns: [4, 16],
    weights: {
      locked: 6,
      wlocked: 5,
      rlocked: 7,
      lock: 1,
      unlock: 2,
      wlock: 1,
      wunlock: 2,
      rlock: 1,
      runlock: 2,
      gosched: 5,
      sleep: 1,
    },
  },
  groups: {
    ...BASE,
    share: 8,
    spawns: [4, 16],
    weights: { wgadd: 7, wgdone: 7, wgwait: 4, condwait: 6, signal: 4, broadcast: 2, gosched: 6, sleep: 1, go: 1 },
  },
  sleep: {
    ...BASE,
    share: 6,
    spawns: [6, 24],
    sleeps: [10, 20, 20, 20, 30, 30, 60, 500],
    weights: { sleep: 10, gosched: 2, send: 1, recv: 1, locked: 1, go: 1 },
  },
  starvation: {
    ...BASE,
    share: 10,
    spawns: [3, 8],
    steps: [5, 12],
    sleeps: [300, 700, 900, 1600, 2500],
    weights: { locked: 6, lock: 4, unlock: 4, sleep: 5, gosched: 3, wlocked: 3, rlocked: 2 },
    join: 0.9,
  },
  goexit: {
    ...BASE,
    share: 6,
    mainGoexit: 0.8,
    weights: { ...TRAFFIC, goexit: 2, once: 2, locked: 2, lock: 1, rlock: 1, wgdone: 1, go: 1 },
  },
  // nothing that blocks for good: main leaves, and the others come to an end
  "goexit-alone": {
    ...BASE,
    share: 4,
    mainGoexit: 1,
    weights: {
      gosched: 4,
      sleep: 4,
      locked: 4,
      rlocked: 2,
      wlocked: 1,
      signal: 1,
      wgdone: 1,
      once: 2,
      goexit: 0.1,
      close: 0.5,
      work: 0.5,
      go: 0.5,
    },
  },
  panics: {
    ...BASE,
    share: 5,
    capacities: [0, 1, 2, null],
    weights: { ...TRAFFIC, close: 5, select: 4, wgdone: 4, wgadd: 2, wgwait: 1, once: 1 },
  },
  once: {
    ...BASE,
    share: 5,
    objects: [2, 3],
    onceDepth: 3,
    weights: { ...TRAFFIC, once: 9, goexit: 0.3, locked: 1, select: 2, close: 0.5 },
  },
  nil: {
    ...BASE,
    share: 5,
    capacities: [null, 0, 0, 1, 2],
    selectCases: [0, 3],
    weights: { ...TRAFFIC, select: 9, gosched: 8, close: 0.5, go: 2 },
  },
  // the two that fill a run queue are few, because they are long
  overflow: {
    ...BASE,
    share: 2,
    bodies: [2, 4],
    steps: [1, 4],
    spawns: [257, 399],
    weights: {
      ...TRAFFIC,
      gosched: 8,
      recv: 6,
      condwait: 3,
      broadcast: 0.7,
      close: 0.2,
      select: 1,
      sleep: 2,
      locked: 2,
      rlocked: 1,
    },
  },
  limit: {
    ...BASE,
    share: 1,
    bodies: [2, 3],
    steps: [1, 5],
    spawns: [20, 60],
    recursive: 1,
    weights: { go: 12, gosched: 5, send: 1, sleep: 1 },
  },
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];
