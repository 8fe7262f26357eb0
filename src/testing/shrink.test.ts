/**
 * Shrinking against all schedules of small made-up programs, whose simplest failing one is known: what it gives fails in the
 * same way, is no less simple than what it began with, and cannot be made simpler by one step of its own kinds.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { check } from "../../props/check.ts";
import { type Deviation, formatSchedule, PLAIN } from "./schedule.ts";
import { shrink } from "./shrink.ts";

const text = (deviations: readonly Deviation[]) => formatSchedule({ deviations, lenient: false, mode: PLAIN });
const of = (...pairs: readonly (readonly [step: number, pick: number])[]): Deviation[] =>
  pairs.map(([step, pick]) => ({ step, pick }));
const never = () => false;

/** Shrinks where a schedule fails by a rule; what has steps twice or out of order is none. */
function shrunk(found: readonly Deviation[], rule: (deviations: readonly Deviation[]) => boolean): Deviation[] {
  expect(rule(found), "it begins with one that fails").toBe(true);
  return [...shrink(found, (candidate) => (isOne(candidate) && rule(candidate) ? candidate : null), never)];
}

const isOne = (list: readonly Deviation[]) =>
  list.every(({ step, pick }, i) => pick > 0 && step > (list[i - 1]?.step ?? -1));

describe("what is not needed is left out", () => {
  const many = Array.from({ length: 20 }, (_, i) => [2 * i, 3] as const);

  test("all of it, where any schedule fails", () => {
    expect(shrunk(of(...many), () => true)).toEqual([]);
    expect(shrunk([], () => true)).toEqual([]);
  });

  test("but for one, wherever it stands", () => {
    for (const [step] of many) {
      const rule = (list: readonly Deviation[]) => list.some((d) => d.step === step && d.pick === 3);
      expect(shrunk(of(...many), rule), `step ${step}`).toEqual(of([step, 3]));
    }
  });

  test("but for two, wherever they stand", () => {
    for (let i = 0; i < many.length; i += 3) {
      for (let j = i + 1; j < many.length; j += 4) {
        const steps = [2 * i, 2 * j];
        const rule = (list: readonly Deviation[]) => steps.every((step) => list.some((d) => d.step === step));
        expect(
          shrunk(of(...many), rule).map(({ step }) => step),
          `steps ${steps}`,
        ).toEqual(steps);
      }
    }
  });

  test("also one that can go only when another has moved", () => {
    // The one at 5 is needed while the other stands at 9.
    const rule = (list: readonly Deviation[]) =>
      list.some((d) => d.step <= 3) || (list.some((d) => d.step === 5) && list.some((d) => d.step === 9));
    expect(text(shrunk(of([5, 1], [9, 1]), rule))).toBe(text(of([0, 1])));
  });
});

describe("what is left is moved towards 0", () => {
  test("picks: the first other goroutine in place of a later one, where that fails as well", () => {
    expect(shrunk(of([4, 7]), (list) => list.some((d) => d.step === 4))).toEqual(of([4, 1]));
    expect(shrunk(of([4, 7]), (list) => list.some((d) => d.step === 4 && d.pick === 7))).toEqual(of([4, 7]));
    // Each on its own.
    const rule = (list: readonly Deviation[]) =>
      [1, 3, 5].every((step) => list.some((d) => d.step === step && (step !== 3 || d.pick === 5)));
    expect(shrunk(of([1, 5], [3, 5], [5, 5]), rule)).toEqual(of([1, 1], [3, 5], [5, 1]));
  });

  test("steps: to the earliest at which it fails, behind the deviation before it", () => {
    for (let least = 0; least <= 9; least++) {
      expect(shrunk(of([9, 1]), (list) => list.some((d) => d.step >= least))).toEqual(of([least, 1]));
    }
    expect(shrunk(of([3, 1], [9, 1]), (list) => list.length === 2 && list[0]?.step === 3)).toEqual(of([3, 1], [4, 1]));
    expect(shrunk(of([3, 1], [9, 1]), (list) => list.length === 2)).toEqual(of([0, 1], [1, 1]));
  });
});

test("a shorter string is simpler than one that comes earlier in the alphabet", () => {
  // zA is shorter than 10A, and comes behind it.
  expect([text(of([35, 1])), text(of([36, 1]))]).toEqual(["g1:zA", "g1:10A"]);
  const either = (list: readonly Deviation[]) => list.length === 1 && [35, 36].includes(list[0]?.step ?? -1);
  expect(shrunk(of([36, 1]), either)).toEqual(of([35, 1]));
  // AA is the 27th goroutine.
  const pick = (list: readonly Deviation[]) => list.length === 1 && [1, 27].includes(list[0]?.pick ?? -1);
  expect(shrunk(of([0, 27]), pick)).toEqual(of([0, 1]));
});

describe("it ends", () => {
  test("when no more schedules are to be tried, with the simplest so far", () => {
    for (let most = 0; most < 6; most++) {
      let tried = 0;
      const fails = (candidate: readonly Deviation[]) => {
        tried++;
        return candidate;
      };
      const best = shrink(of([1, 1], [2, 1], [3, 1], [4, 1]), fails, () => tried >= most);
      expect(tried).toBeLessThanOrEqual(most);
      if (most === 0) expect(best).toHaveLength(4);
    }
  });

  test("with what the runs came to, which may be other than what was asked for; and with nothing less simple", () => {
    // Each run deviates once more than it was asked to.
    const longer = (candidate: readonly Deviation[]) => [...candidate, ...of([50, 1])];
    expect(shrink(of([1, 1], [2, 1]), longer, never)).toEqual(of([50, 1]));
    // And one that comes to what it began with makes nothing simpler.
    expect(shrink(of([1, 2]), () => of([1, 2]), never)).toEqual(of([1, 2]));
    expect(shrink(of([1, 2]), () => of([1, 3]), never)).toEqual(of([1, 2]));
    expect(shrink(of([1, 2]), () => null, never)).toEqual(of([1, 2]));
  });
});

/** Whether the first is simpler, as it is defined: fewer deviations, a shorter string, an earlier one. */
function isSimpler(a: readonly Deviation[], b: readonly Deviation[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  const [one, other] = [text(a), text(b)];
  return one.length !== other.length ? one.length < other.length : one < other;
}

/** All steps of its kinds that shrinking may make of a schedule. */
function* stepsFrom(list: readonly Deviation[]): Generator<readonly Deviation[]> {
  for (const [i, one] of list.entries()) {
    yield list.toSpliced(i, 1);
    if (one.pick > 1) yield list.with(i, { ...one, pick: 1 });
    for (let step = (list[i - 1]?.step ?? -1) + 1; step < one.step; step++) yield list.with(i, { ...one, step });
  }
}

const NAME = "of any program it gives one that fails, is no less simple, and that no step of its own makes simpler";
test(NAME, () => {
  const steps = 6;
  const deviations = fc
    .uniqueArray(fc.nat(steps - 1), { maxLength: steps })
    .chain((at) =>
      fc.tuple(
        ...at
          .toSorted((a, b) => a - b)
          .map((step) => fc.record({ step: fc.constant(step), pick: fc.integer({ min: 1, max: 3 }) })),
      ),
    );
  const program = fc.record({ found: deviations, salt: fc.integer(), rarity: fc.integer({ min: 1, max: 4 }) });
  check(import.meta.file, NAME, program, ({ found, salt, rarity }) => {
    // Fails by chance, the same each time.
    const fails = (list: readonly Deviation[]) =>
      text(list) === text(found) || Number(Bun.hash(`${salt} ${text(list)}`) % 8n) < rarity;
    const best = shrunk(found, fails);
    expect(fails(best)).toBe(true);
    expect(isSimpler(found, best)).toBe(false);
    for (const step of stepsFrom(best)) expect(isSimpler(step, best) && fails(step), text(step)).toBe(false);
  });
});
