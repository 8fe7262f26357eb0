/** Each mutant of named.ts turns the first step of the suite red, which says what it must; without a fault it is green. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hostPlatform } from "../../src/runtime/library.ts";
import { mutantsOf } from "./catalogue.ts";
import { Workshop } from "./harness.ts";
import type { Mutant, Subject } from "./mutant.ts";
import { NAMED } from "./named.ts";

/** A build of the library, and a run. */
const MUTANT_MS_MAX = 60_000;

let shop: Workshop | undefined;
beforeAll(() => {
  shop = new Workshop();
}, MUTANT_MS_MAX);
afterAll(() => shop?.[Symbol.dispose]());

/** A test for the unchanged copy, and for each named mutant of a subject. */
function judged(subject: Subject): void {
  const { neutral, faults } = mutantsOf(subject);
  const named = faults.filter(({ name }) => NAMED.some((entry) => entry.name.test(name)));
  const [unchanged] = neutral;
  const expectations: [Mutant, string][] = named.map((mutant) => [mutant, "FOUND"]);
  if (unchanged !== undefined) expectations.unshift([unchanged, "NEUTRAL-OK"]);
  for (const [mutant, verdict] of expectations) {
    test(
      mutant.name,
      async () => {
        const outcome = await shop?.judge(mutant, "first step");
        expect(outcome?.verdict, outcome?.by).toBe(verdict as never);
      },
      MUTANT_MS_MAX,
    );
  }
}

describe("a fault of the scheduler is found, by name", () => judged("src"));

describe.skipIf(hostPlatform() !== "linux-x64")("a fault of the switch is found, by register", () =>
  judged("linux-x64"),
);
