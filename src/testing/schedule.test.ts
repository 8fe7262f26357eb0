/** Schedules as strings: every schedule comes back from its string, and other texts are refused. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Deviation, formatSchedule, PLAIN, parseSchedule, ScheduleError } from "./schedule.ts";

const deviations = fc
  .uniqueArray(fc.record({ step: fc.nat(100_000), pick: fc.integer({ min: 1, max: 2000 }) }), {
    selector: ({ step }) => step,
  })
  .map((list): Deviation[] => list.toSorted((a, b) => a.step - b.step));

test("a schedule and its string", () => {
  const schedule = {
    deviations: [
      { step: 5, pick: 1 },
      { step: 6, pick: 2 },
      { step: 43, pick: 27 },
    ],
    lenient: false,
    mode: PLAIN,
  };
  expect(formatSchedule(schedule)).toBe("g1:5A0B10AA");
  expect(parseSchedule("g1:5A0B10AA")).toEqual(schedule);
  expect(parseSchedule("g1~")).toEqual({ deviations: [], lenient: true, mode: PLAIN });
  for (const [head, mode] of [
    ["g1c:", { calls: true, early: false }],
    ["g1t:", { calls: false, early: true }],
    ["g1ct:", { calls: true, early: true }],
  ] as const) {
    expect(formatSchedule({ ...schedule, mode })).toBe(`${head}5A0B10AA`);
    expect(parseSchedule(`${head}5A0B10AA`)).toEqual({ ...schedule, mode });
  }
});

test("every schedule comes back from its string", () => {
  fc.assert(
    fc.property(deviations, fc.boolean(), fc.boolean(), fc.boolean(), (list, lenient, calls, early) => {
      const schedule = { deviations: list, lenient, mode: { calls, early } };
      expect(parseSchedule(formatSchedule(schedule))).toEqual(schedule);
    }),
    { seed: 1 },
  );
});

describe("what is no schedule is refused", () => {
  const cases: [text: string, why: string][] = [
    ["", "expected it to start with g1:"],
    ["5A", "expected it to start with g1:"],
    ["g2:5A", "of another version of gobuf: expected g1, g1c, g1t or g1ct"],
    ["g1x:5A", "of another version of gobuf: expected g1, g1c, g1t or g1ct"],
    ["g1tc:5A", "of another version of gobuf: expected g1, g1c, g1t or g1ct"],
    ["g1c:5", "expected digits or small letters, then capital letters, from character 5 on"],
    ["g1:5", "expected digits or small letters, then capital letters, from character 4 on"],
    ["g1:A", "expected digits or small letters, then capital letters, from character 4 on"],
    ["g1:5A 0B", "expected digits or small letters, then capital letters, from character 6 on"],
    ["g1:5A\n", "expected digits or small letters, then capital letters, from character 6 on"],
    ["g1:zzzzzzzA", "a number is too large"],
    ["g1:1ZZZZZZZZ", "a number is too large"],
    ["g1:zikzj0AzikzjA", "a number is too large"],
  ];
  for (const [text, why] of cases) {
    test(JSON.stringify(text), () => {
      expect(() => parseSchedule(text)).toThrow(new ScheduleError(`gobuf: schedule ${JSON.stringify(text)}: ${why}`));
    });
  }

  test("whatever the text is, there is a schedule or a ScheduleError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^g1c?t?[:~][0-9a-zA-Z]*$/)), (text) => {
        try {
          const schedule = parseSchedule(text);
          expect(parseSchedule(formatSchedule(schedule))).toEqual(schedule);
        } catch (error) {
          expect(error).toBeInstanceOf(ScheduleError);
        }
      }),
      { seed: 1 },
    );
  });
});
