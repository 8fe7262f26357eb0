/** Whatever a schedule says, the run that comes of it is legal; and where it says nothing, it is the ordinary run. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { schedules } from "gobuf/fast-check";
import type { CaseInput } from "../../golden/format.ts";
import { generate } from "../../golden/generate.ts";
import { RandomStrategy } from "../../src/testing/random.ts";
import { Replayer } from "../../src/testing/replayer.ts";
import { parseSchedule } from "../../src/testing/schedule.ts";
import { type Chooser, steered } from "../../src/testing/steer.ts";
import { goOrder } from "../../src/testing/strategy.ts";
import { caseInput } from "../arbitraries/workload.ts";
import { check } from "../check.ts";
import { gobuf } from "../fidelity/gobuf.ts";
import { runGenerators } from "../fidelity/interp.ts";
import { divergences, illegalities } from "../fidelity/run-case.ts";

const FILE = "props/explore/legality.test.ts";
const OPTIONS = { steps: 1_000_000, fair: false, calls: false, early: true };
/** Runs are cut off early: with a point behind each go statement, those that only start goroutines take long. */
const WITH_CALLS = { ...OPTIONS, calls: true, fair: true, steps: 5000 };
/** Long workloads, some of them three times: slow on an emulated processor. */
setDefaultTimeout(120_000);

function run(input: CaseInput, chooser: Chooser, options = OPTIONS) {
  return steered(chooser, options, () => runGenerators(gobuf, input));
}

function property<T>(name: string, arbitrary: fc.Arbitrary<T>, holds: (value: T) => void): void {
  test(name, () => check(FILE, name, arbitrary, holds, 300));
}

/** Small ones, which shrink, and those of the fidelity command, which are long. */
const inputs = fc.oneof(
  caseInput(),
  fc.nat().map((seed) => generate(seed)),
);

describe("random workloads", () => {
  property("under no schedule they do what they do anyway", inputs, (input) => {
    expect(divergences(runGenerators(gobuf, input), run(input, goOrder).value)).toEqual([]);
  });

  const seeded = fc.tuple(inputs, fc.nat(1000));
  property("are legal under a schedule at random, and the same once more", seeded, ([input, seed]) => {
    const { value, deviations } = run(input, new RandomStrategy(seed, 0).next(1));
    expect(illegalities(input, value)).toEqual([]);
    const replayer = new Replayer({ deviations, lenient: false, mode: OPTIONS });
    const again = run(input, replayer);
    expect(divergences(value, again.value)).toEqual([]);
    expect([again.deviations, replayer.mismatch(again.decisions)]).toEqual([deviations, ""]);
  });

  property(
    "are legal, and the same once more, where calls are points and schedules are fair",
    seeded,
    ([input, seed]) => {
      const { value, deviations } = run(input, new RandomStrategy(seed, 0).next(1), WITH_CALLS);
      // What a body notes of a call it notes when the call has returned: others may have gone on from it before.
      expect(illegalities(input, value).filter((text) => text.startsWith("status"))).toEqual([]);
      const replayer = new Replayer({ deviations, lenient: false, mode: WITH_CALLS });
      const again = run(input, replayer, WITH_CALLS);
      expect(divergences(value, again.value)).toEqual([]);
      expect([again.deviations, replayer.mismatch(again.decisions)]).toEqual([deviations, ""]);
    },
  );

  const scheduled = fc.tuple(inputs, schedules({ steps: 200, deviations: 20 }));
  property("are legal under the arbitrary's schedules", scheduled, ([input, schedule]) => {
    expect(illegalities(input, run(input, new Replayer(parseSchedule(schedule))).value)).toEqual([]);
  });
});

test("schedules at random do not only leave things as they are", () => {
  const other = Array.from({ length: 100 }, (_, seed) => generate(seed)).filter((input) => {
    const { value } = run(input, new RandomStrategy(1, 0).next(1));
    return divergences(runGenerators(gobuf, input), value).length > 0;
  });
  expect(other.length).toBeGreaterThan(90);
});
