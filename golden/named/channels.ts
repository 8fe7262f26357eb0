/** Rules 8 to 10: hand-over, close, select. */
import type { CaseInput } from "../format.ts";
import { main, named, times, YIELD } from "./case.ts";

export const CHANNELS: readonly CaseInput[] = [
  // The receiver waits; the sender gives it the value and goes on.
  named("rule-08-send-to-a-waiting-receiver", {
    chans: [0],
    bodies: [main(["go", 1], YIELD, ["send", 0], ["work", 1], YIELD), [["recv", 0]]],
  }),
  // The sender waits; the receiver takes the value from it and goes on.
  named("rule-08-receive-from-a-waiting-sender", {
    chans: [0],
    bodies: [main(["go", 1], YIELD, ["recv", 0], ["work", 1], YIELD), [["send", 0]]],
  }),
  // A full buffer and a waiting sender: main receives the oldest value, and the sender's goes to the end of the ring.
  named("rule-08-a-full-buffer-rotates", {
    chans: [2],
    bodies: [main(["go", 1], YIELD, ...times(4, ["recv", 0]), YIELD), times(4, ["send", 0])],
  }),
  // 1 waits on two channels; the second send finds its select decided, skips it and reaches 2.
  named("rule-08-a-decided-select-is-skipped", {
    chans: [0, 0],
    bodies: [
      main(["go", 1], YIELD, ["go", 2], YIELD, ["send", 0], ["send", 1], YIELD),
      [
        [
          "select",
          [
            ["recv", 0],
            ["recv", 1],
          ],
          false,
        ],
      ],
      [["recv", 1]],
    ],
  }),
  // Five receivers, closed upon: they run 1 5 4 3 2.
  named("rule-09-close-wakes-receivers-lifo", {
    chans: [0],
    bodies: [main(...times(5, ["go", 1], YIELD), ["close", 0], YIELD), [["recv", 0]]],
  }),
  // Three senders, closed upon: they panic, in the order 1 3 2.
  named("rule-09-close-wakes-senders-lifo", {
    chans: [0],
    bodies: [main(...times(3, ["go", 1], YIELD), ["close", 0], YIELD), [["send", 0]]],
  }),
  // 1 waits to send and to receive on one channel in one select: close decides it once, as a receive. 2 comes too late.
  named("rule-09-close-wakes-a-select-once", {
    chans: [0, 0],
    bodies: [
      main(["go", 1], YIELD, ["close", 0], ["go", 1], YIELD),
      [
        [
          "select",
          [
            ["recv", 1],
            ["send", 0],
            ["recv", 0],
          ],
          false,
        ],
      ],
    ],
    seed: 4,
  }),
  // Three ready channels, ten selects: the drawn poll order decides each time.
  named("rule-10-select-draws-its-poll-order", {
    chans: [4, 4, 4],
    bodies: [
      [
        ...times(4, ["send", 0], ["send", 1], ["send", 2]),
        ...times(10, [
          "select",
          [
            ["recv", 0],
            ["recv", 1],
            ["recv", 2],
          ],
          false,
        ]),
      ],
    ],
  }),
  // Sends are handed over before receives, receives in reverse: the same draw, another case, than in source order.
  named("rule-10-sends-first-receives-reversed", {
    chans: [9, 9],
    bodies: [
      [
        ...times(9, ["send", 0]),
        ...times(6, [
          "select",
          [
            ["recv", 0],
            ["send", 1],
            ["recv", 0],
          ],
          false,
        ]),
      ],
    ],
  }),
  // A select waits twice on one channel: the heapsort of the lock order decides which case a sender meets.
  named("rule-10-one-channel-twice", {
    chans: [0, 0],
    bodies: [
      main(["go", 1], ...times(6, YIELD, ["send", 0]), YIELD),
      [
        ...times(3, [
          "select",
          [
            ["recv", 0],
            ["recv", 0],
          ],
          false,
        ]),
        ...times(3, [
          "select",
          [
            ["recv", 1],
            ["recv", 0],
            ["recv", 0],
          ],
          false,
        ]),
      ],
    ],
    seed: 5,
  }),
  // One case draws too: each select of two is decided by the second and third draw after the one before it.
  named("rule-10-a-single-case-draws", {
    chans: [9, 9],
    bodies: [
      times(
        6,
        ["select", [["send", 0]], false],
        [
          "select",
          [
            ["send", 0],
            ["send", 1],
          ],
          false,
        ],
      ),
    ],
  }),
];
