/** Rules 1 to 7 and 14: run queues, slices, parking, timers. */
import type { CaseInput } from "../format.ts";
import { main, named, times, YIELD } from "./case.ts";

export const SCHEDULER: readonly CaseInput[] = [
  // The last of three started runs first (runnext), then the two that it kicked to the tail: 3 1 2.
  named("rule-01-go-takes-runnext", {
    bodies: [main(["go", 1], ["go", 1], ["go", 1], YIELD), []],
  }),
  // 1 waits; main starts 2 and then wakes 1, which takes runnext from 2: 1 runs before 2.
  named("rule-02-ready-takes-runnext", {
    chans: [0],
    bodies: [main(["go", 1], YIELD, ["go", 2], ["send", 0], YIELD), [["recv", 0]], []],
  }),
  // 2 yields to the global tail: what 1 starts after that comes before it, and so does main, which yielded before.
  named("rule-03-gosched-goes-to-the-global-tail", {
    bodies: [
      main(["go", 1], ["go", 2], YIELD, YIELD),
      [
        ["go", 3],
        ["go", 3],
      ],
      [YIELD],
      [],
    ],
  }),
  // 1 hands a starving mutex to 2 and yields, but to the LOCAL tail: 3, which went to the global one before, is later.
  named("rule-03-goyield-goes-to-the-local-tail", {
    chans: [0],
    mutexes: 1,
    bodies: [
      main(["go", 1], YIELD, ["go", 2], ["sleep", 9000]),
      [["lock", 0], ["sleep", 2000], ["unlock", 0], ["lock", 0], YIELD, ["go", 3], ["send", 0], ["unlock", 0]],
      [
        ["lock", 0],
        ["unlock", 0],
      ],
      [["recv", 0], YIELD],
    ],
  }),
  // 1 and 2 wake each other for more than 61 switches, but inherit each other's slice: main stays in the global queue.
  named("rule-04-inherited-slices-do-not-count", {
    chans: [0],
    bodies: [main(["go", 1], ["go", 2], YIELD), times(64, ["send", 0]), times(64, ["recv", 0])],
  }),
  // The very first slice looks at the global queue too: main is back before 1 has run.
  named("rule-05-slice-0-is-global", {
    bodies: [[["go", 1], YIELD, YIELD], []],
  }),
  // The 61st slice goes to main, in the global queue, though some of the seventy still wait in the local one.
  named("rule-05-every-61st-slice-is-global", {
    bodies: [main(...times(70, ["go", 1]), YIELD), []],
  }),
  // 1, 2 and 3 yield, and come back as one batch behind main: what 3 starts waits behind the rest of that batch.
  named("rule-05-a-global-batch-fills-the-local-queue", {
    bodies: [
      main(["go", 1], ["go", 1], ["go", 2], YIELD, YIELD, YIELD),
      [YIELD, YIELD],
      [YIELD, ["go", 3], ["go", 3], YIELD],
      [],
    ],
  }),
  // 258 started at once: the local queue of 256 is full, and its oldest 128 go to the global tail with the kicked one.
  named("rule-06-a-full-local-queue-spills-half", {
    bodies: [main(...times(258, ["go", 1]), YIELD, YIELD), []],
  }),
  // Waking 258 fills the queue as well as starting them does.
  named("rule-06-waking-spills-too", {
    conds: 1,
    bodies: [main(...times(2, ...times(129, ["go", 1]), YIELD), ["broadcast", 0], YIELD, YIELD), [["condwait", 0]]],
  }),
  // A goroutine that blocks is waiting before the next one runs.
  named("rule-07-park-then-schedule", {
    chans: [0],
    bodies: [main(["go", 1], ["recv", 0]), [YIELD, ["send", 0]]],
  }),
  // A goroutine that ends is dead before the next one runs, after its body as after Goexit.
  named("rule-07-goexit-then-schedule", {
    bodies: [main(["go", 1], ["go", 2], YIELD), [["goexit"], YIELD], []],
  }),
  // Eleven equal deadlines come out of the 4-ary heap as it happens to hold them, not in the order they were set.
  named("rule-14-equal-deadlines", {
    bodies: [main(...times(11, ["go", 1], YIELD), ["sleep", 20]), [["sleep", 10]]],
  }),
  // Two deadlines set in turn, the later one first: a new one rises only past a later one, a removed one sinks likewise.
  named("rule-14-two-deadlines", {
    bodies: [main(...times(6, ["go", 1], YIELD, ["go", 2], YIELD), ["sleep", 30]), [["sleep", 20]], [["sleep", 10]]],
  }),
  // One check runs every timer that has expired; the last one readied takes runnext and runs first.
  named("rule-14-one-check-runs-all-expired", {
    bodies: [
      main(["go", 1], YIELD, ["go", 2], YIELD, ["sleep", 30]),
      [["sleep", 10]],
      [
        ["sleep", 10],
        ["sleep", 5],
      ],
    ],
  }),
  // 0 or less does not even yield.
  named("rule-14-no-sleep-at-all", {
    bodies: [main(["go", 1], ["sleep", 0], ["sleep", -1], YIELD), []],
  }),
  // The clock stands still while anything can run: 1 yields nine times before main's microsecond is over.
  named("rule-14-the-clock-stands-still", {
    bodies: [main(["go", 1], ["sleep", 1]), times(9, YIELD)],
  }),
];
