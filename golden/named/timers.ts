/** Programs of timers that no random one of the corpus stands for. */
import type { CaseInput, Op } from "../format.ts";
import { named } from "./case.ts";

/** Microseconds after which each timer starts a goroutine, and its body. */
const SET: readonly (readonly [us: number, body: number])[] = [
  [60, 2],
  [30, 3],
  [30, 4],
  [30, 3],
  [30, 4],
  [0, 3],
  [30, 4],
  [30, 2],
  [30, 2],
  [30, 4],
  [30, 3],
  [0, 4],
  [30, 2],
  [30, 4],
  [30, 2],
  [60, 3],
  [30, 3],
  [0, 2],
  [30, 3],
  [60, 3],
  [60, 4],
  [30, 4],
  [30, 4],
  [60, 4],
  [30, 3],
];
const STOPPED = [8, 22, 0, 19, 19, 7, 17, 6];

/**
 * Behind the timers that have expired Go drops stopped ones from the head of its heap before it counts whether there are
 * too many left, and counts them against the length that the heap had when it was unlocked last.
 */
const COUNTED: readonly Op[][] = [
  [
    ...SET.map(([us, body], t): Op => ["afterfunc", t, us, body]),
    ["go", 1],
    ...STOPPED.map((t): Op => ["tstop", t]),
    ["sleep", 30],
    ["sleep", 200],
    ["gosched"],
  ],
  [
    ["trecv", 19],
    ["tstop", 13],
    ["treset", 15, 60],
    ["tstop", 16],
  ],
  [
    ["afterfunc", 23, 30, 2],
    ["sleep", 10],
  ],
  [["tstop", 4]],
  [
    ["sleep", 90],
    ["treset", 22, 30],
  ],
];

export const TIMERS: readonly CaseInput[] = [
  named("timers-zombies-against-the-length-of-before", { timers: SET.length, bodies: COUNTED }),
];
