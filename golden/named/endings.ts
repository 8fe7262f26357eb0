/** How a case ends, and what events there are beside the plain ones. */
import type { CaseInput } from "../format.ts";
import { main, named, times, YIELD } from "./case.ts";

export const ENDINGS: readonly CaseInput[] = [
  // Main is gone and the rest ends by itself.
  named("outcome-nogoroutines", {
    bodies: [main(["go", 1], ["goexit"]), [YIELD, ["sleep", 10]]],
  }),
  // Main is gone and one waits for ever: an ordinary deadlock.
  named("outcome-deadlock-without-main", {
    chans: [0],
    bodies: [main(["go", 1], ["goexit"]), [["recv", 0]]],
  }),
  // Main has ended: that 1 waits for ever does not matter.
  named("outcome-return-with-one-left", {
    chans: [0],
    bodies: [main(["go", 1], YIELD), [["recv", 0]]],
  }),
  // Goexit in a once body of a once body: every op on the way ends, then the goroutine; its lock stays locked.
  named("events-of-goexit-in-nested-once", {
    mutexes: 1,
    onces: 2,
    bodies: [
      main(["go", 1], YIELD, ["lock", 0]),
      [
        ["lock", 0],
        [
          "once",
          0,
          [
            ["work", 1],
            ["once", 1, [["goexit"]]],
          ],
        ],
      ],
    ],
  }),
  // What a body still holds is unlocked at its end, mutexes in index order and then the RWMutex, before the exit event.
  named("events-of-locks-at-the-end", {
    mutexes: 2,
    rwmutexes: 1,
    join: true,
    bodies: [
      main(["go", 1], YIELD, ["go", 2], YIELD, ["go", 3], YIELD, ["go", 4], YIELD),
      [["wlock", 0], ["lock", 1], ["lock", 0], ...times(5, YIELD)],
      [["lock", 1]],
      [["rlock", 0]],
      [["lock", 0]],
    ],
  }),
  // Locking what one holds, unlocking what one does not, and a second hold of an RWMutex are all skipped.
  named("events-of-skipped-locks", {
    mutexes: 1,
    rwmutexes: 1,
    bodies: [
      [
        ["unlock", 0],
        ["lock", 0],
        ["lock", 0],
        ["runlock", 0],
        ["wlock", 0],
        ["rlock", 0],
        ["runlock", 0],
        ["wunlock", 0],
        ["rlock", 0],
        ["wlock", 0],
        ["wunlock", 0],
      ],
    ],
  }),
  // A nil channel is no part of the draw, is never chosen, and close of it panics.
  named("events-of-nil-channels", {
    chans: [null, 4, 4],
    bodies: [
      [
        ...times(4, [
          "select",
          [
            ["send", 0],
            ["send", 1],
            ["send", 2],
          ],
          false,
        ]),
        ["select", [["recv", 0]], true],
        ["close", 0],
        [
          "select",
          [
            ["recv", 0],
            ["send", 0],
          ],
          false,
        ],
      ],
    ],
  }),
];
