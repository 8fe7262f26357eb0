/**
 * gobuf/fast-check: an arbitrary of schedules for properties of fast-check, which must be installed beside gobuf.
 *
 * @example
 * ```ts
 * import fc from "fast-check";
 * import { chan, go } from "gobuf";
 * import { schedules } from "gobuf/fast-check";
 * import { replay } from "gobuf/testing";
 *
 * function program(values: readonly number[]) {
 *   return function* () {
 *     const ch = chan<number>(2);
 *     for (const value of values) {
 *       go(function* () {
 *         yield* ch.send(value);
 *       });
 *     }
 *     let sum = 0;
 *     for (const _ of values) sum += (yield* ch.recv()) ?? 0;
 *     if (sum !== values.reduce((a, b) => a + b, 0)) throw new Error(`the sum is ${sum}`);
 *   };
 * }
 * fc.assert(
 *   fc.property(fc.array(fc.nat(9), { maxLength: 4 }), schedules(), (values, schedule) => {
 *     replay(program(values), schedule);
 *   }),
 *   { seed: 1 },
 * );
 * ```
 */
import fc from "fast-check";
import { formatSchedule, PLAIN } from "./schedule.ts";

/**
 * Options of {@link schedules}.
 *
 * @example
 * ```ts
 * import { type ScheduleConstraints, schedules } from "gobuf/fast-check";
 *
 * const constraints: ScheduleConstraints = { steps: 20, width: 3, deviations: 4 };
 * console.log(schedules(constraints).canShrinkWithoutContext("g1~")); // false
 * ```
 */
export interface ScheduleConstraints {
  /** The deviations from Go's order lie in the first so many decisions of a run: 1 to 2^20, by default 50. */
  steps?: number;
  /** About how many goroutines can run at a time, among which a deviation chooses: 2 to 1000, by default 4. */
  width?: number;
  /** The most deviations from Go's order: 0 to `steps`, by default 8. */
  deviations?: number;
}

/**
 * An arbitrary of schedules for `replay`, as strings. They shrink towards Go's own order.
 *
 * They fit every program: where there are fewer goroutines to choose from than a schedule says, its number is taken
 * modulo theirs.
 *
 * @throws Error by fast-check, for bad constraints
 * @example
 * ```ts
 * import fc from "fast-check";
 * import { schedules } from "gobuf/fast-check";
 *
 * console.log(fc.sample(schedules(), { numRuns: 3, seed: 1 })); // [ 'g1~11B', 'g1~5ChApC', 'g1~8C' ]
 * ```
 */
export function schedules(constraints: ScheduleConstraints = {}): fc.Arbitrary<string> {
  const steps = constraints.steps ?? 50;
  const deviation = fc.record({
    step: fc.integer({ min: 0, max: steps - 1 }),
    pick: fc.integer({ min: 1, max: (constraints.width ?? 4) - 1 }),
  });
  const maxLength = Math.min(steps, constraints.deviations ?? 8);
  return fc
    .uniqueArray(deviation, { maxLength, size: "max", selector: ({ step }) => step })
    .map((list) =>
      formatSchedule({ deviations: list.toSorted((a, b) => a.step - b.step), lenient: true, mode: PLAIN }),
    );
}
