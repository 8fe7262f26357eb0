/** Rules 11 to 13: semaphores and what is made of them, wait reasons, Once. */
import type { CaseInput, Op } from "../format.ts";
import { main, named, times, YIELD } from "./case.ts";

export const SYNC: readonly CaseInput[] = [
  // Four waiters of one mutex get it in the order in which they asked.
  named("rule-11-a-semaphore-is-fifo", {
    mutexes: 1,
    join: true,
    bodies: [
      main(["lock", 0], ...times(4, ["go", 1], YIELD), ["unlock", 0]),
      [
        ["lock", 0],
        ["unlock", 0],
      ],
    ],
  }),
  // 1 is woken but main takes the mutex again: 1 waits anew, in front of 2.
  named("rule-11-a-woken-waiter-can-lose", {
    mutexes: 1,
    join: true,
    bodies: [
      main(["lock", 0], ["go", 1], YIELD, ["go", 1], YIELD, ["unlock", 0], ["lock", 0], YIELD, ["unlock", 0]),
      [
        ["lock", 0],
        ["unlock", 0],
      ],
    ],
  }),
  // The write unlock readies all three readers, 1 2 3, then lets go of the inner mutex; 4, a writer, waited on that.
  named("rule-11-write-unlock-readies-the-readers", {
    rwmutexes: 1,
    join: true,
    bodies: [
      main(["wlock", 0], ...times(3, ["go", 1], YIELD), ["go", 2], YIELD, ["wunlock", 0]),
      [["rlock", 0], YIELD, ["runlock", 0]],
      [
        ["wlock", 0],
        ["wunlock", 0],
      ],
    ],
  }),
  // 1 writes behind a reader, 2 writes behind the writer: 2 waits for a plain Mutex.
  named("rule-11-a-writer-behind-a-writer", {
    rwmutexes: 1,
    join: true,
    bodies: [
      main(["rlock", 0], ["go", 1], YIELD, ["go", 1], YIELD, ["runlock", 0]),
      [
        ["wlock", 0],
        ["wunlock", 0],
      ],
    ],
  }),
  // Each Done below zero panics and counts all the same: after two of them the first Add(1) panics too.
  named("rule-11-a-negative-waitgroup-stays-negative", {
    waitgroups: 1,
    bodies: [
      [
        ["wgdone", 0],
        ["wgdone", 0],
        ["wgadd", 0],
        ["wgadd", 0],
        ["wgadd", 0],
        ["wgdone", 0],
        ["wgwait", 0],
      ],
    ],
  }),
  // Main counts up again before 1, readied, has returned from Wait: 1 panics.
  named("rule-11-waitgroup-reuse-panics", {
    waitgroups: 1,
    bodies: [main(["wgadd", 0], ["go", 1], YIELD, ["wgdone", 0], ["wgadd", 0], YIELD), [["wgwait", 0]]],
  }),
  // Four waiters are readied in the order 1 2 3 4, so they run 4 1 2 3.
  named("rule-11-waitgroup-wakes-fifo", {
    waitgroups: 1,
    bodies: [main(["wgadd", 0], ...times(4, ["go", 1], YIELD), ["wgdone", 0], YIELD), [["wgwait", 0]]],
  }),
  // Signal serves tickets in their order; Broadcast readies the rest in theirs, so the last of them runs first.
  named("rule-11-cond-serves-tickets-fifo", {
    conds: 1,
    bodies: [main(...times(5, ["go", 1], YIELD), ["signal", 0], YIELD, ["broadcast", 0], YIELD), [["condwait", 0]]],
  }),
  // The second caller of a Once waits for its Mutex.
  named("rule-11-second-caller-of-once", {
    onces: 1,
    join: true,
    bodies: [main(["go", 1], YIELD, ["once", 0, []]), [["once", 0, [YIELD, YIELD]]]],
  }),
  // 1 is readied, but main, which goes on, has the mutex again before 1 runs.
  named("rule-12-the-unlocker-barges", {
    mutexes: 1,
    join: true,
    bodies: [
      main(["lock", 0], ["go", 1], YIELD, ["unlock", 0], ["lock", 0], YIELD, ["unlock", 0]),
      [
        ["lock", 0],
        ["unlock", 0],
      ],
    ],
  }),
  // Unlocked twice before 1 has run: one is woken already, so the second unlock wakes nobody, and 2 sleeps on.
  named("rule-12-only-one-is-woken", {
    mutexes: 1,
    join: true,
    bodies: [
      main(["lock", 0], ["go", 1], YIELD, ["go", 1], YIELD, ["unlock", 0], ["lock", 0], ["unlock", 0], YIELD),
      [["lock", 0], YIELD, ["unlock", 0]],
    ],
  }),
  // 1 lost after more than 1 ms: the mutex starves, main hands it over, yields, and cannot barge a second time.
  named("rule-12-starving-after-a-millisecond", {
    mutexes: 1,
    join: true,
    bodies: [
      main(["lock", 0], ["go", 1], ["sleep", 1001], ["unlock", 0], ["lock", 0], YIELD, ["unlock", 0], ["lock", 0]),
      [
        ["lock", 0],
        ["unlock", 0],
      ],
    ],
  }),
  // Exactly 1 ms is not more than 1 ms: the same as before, and main barges a second time.
  named("rule-12-not-yet-starving", {
    mutexes: 1,
    join: true,
    bodies: [
      main(["lock", 0], ["go", 1], ["sleep", 1000], ["unlock", 0], ["lock", 0], YIELD, ["unlock", 0], ["lock", 0]),
      [
        ["lock", 0],
        ["unlock", 0],
      ],
    ],
  }),
  // The mutex starves for 1. 2, next in line, waited less than 1 ms: it ends that, and barges though 3 is waiting.
  named("rule-12-starvation-ends", {
    mutexes: 1,
    join: true,
    bodies: [
      main(
        ["lock", 0],
        ["go", 1],
        ["sleep", 1500],
        ["unlock", 0],
        ["lock", 0],
        YIELD,
        ["go", 2],
        YIELD,
        ["go", 2],
        YIELD,
        ["unlock", 0],
      ),
      [
        ["lock", 0],
        ["unlock", 0],
      ],
      [
        ["lock", 0],
        ["unlock", 0],
        ["lock", 0],
        ["unlock", 0],
      ],
    ],
  }),
  // Goroutine n waits for the n-th of twelve reasons.
  named("rule-12b-every-wait-reason", {
    chans: [0, 0, null],
    mutexes: 1,
    rwmutexes: 2,
    waitgroups: 1,
    conds: 1,
    bodies: [
      main(
        ["lock", 0],
        ["rlock", 0],
        ["wlock", 1],
        ["wgadd", 0],
        ...Array.from({ length: 12 }, (_, i): Op[] => [["go", i + 1], YIELD]).flat(),
      ),
      [
        [
          "select",
          [
            ["recv", 0],
            ["send", 1],
          ],
          false,
        ],
      ],
      [["select", [], false]],
      [["recv", 0]],
      [["send", 1]],
      [["recv", 2]],
      [["send", 2]],
      [["sleep", 10]],
      [["lock", 0]],
      [["rlock", 1]],
      [["wlock", 0]],
      [["wgwait", 0]],
      [["condwait", 0]],
    ],
  }),
  // Goexit ends the Once as a return does: it is done, and a second caller runs nothing.
  named("rule-13-once-is-done-after-goexit", {
    onces: 1,
    bodies: [main(["go", 1], YIELD, ["once", 0, [YIELD]], YIELD), [["once", 0, [["goexit"]]]]],
  }),
  // 1 waits for the Once whose body ends in Goexit; woken, it finds it done.
  named("rule-13-once-is-done-before-it-unlocks", {
    onces: 1,
    join: true,
    bodies: [main(["go", 1], ["go", 1], YIELD), [["once", 0, [YIELD, YIELD, ["goexit"]]]]],
  }),
  // A Once inside itself can never end.
  named("rule-13-once-inside-itself-deadlocks", {
    onces: 1,
    bodies: [[["once", 0, [["once", 0, []]]]]],
  }),
];
