/**
 * Runs a property so that a failure can be repeated: prints the seed, the shrunk counterexample, and the command that
 * runs it again.
 *
 * `GOBUF_SEED` replaces the seed, `GOBUF_PATH` the path of the counterexample (both as a failure prints them);
 * `GOBUF_RUNS` multiplies the number of runs.
 */
import fc from "fast-check";
import { integerFromEnv } from "../scripts/numbers.ts";

/** How many times as many runs at most: more would take days. */
const RUNS_MAX = 100_000;

/** The seed of every property that names none: the same run each time. */
const SEED = 20_261_124;

let told = false;

/** The seed, told once a process: on a failure it comes with the property. */
function seedOf(): number {
  const seed = integerFromEnv("GOBUF_SEED", SEED, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (!told) console.log(`properties: seed ${seed} (GOBUF_SEED replaces it)`);
  told = true;
  return seed;
}

/**
 * Checks a property.
 *
 * @param name of the test, for the command that replays it
 * @param file of the test, `import.meta.file` under props/ or src/
 * @throws Error with seed, counterexample and command
 */
export function check<T>(
  file: string,
  name: string,
  arbitrary: fc.Arbitrary<T>,
  property: (value: T) => void,
  runs = 100,
): void {
  const seed = seedOf();
  const path = process.env.GOBUF_PATH;
  const details = fc.check(fc.property(arbitrary, property), {
    seed,
    ...(path === undefined ? {} : { path }),
    numRuns: runs * integerFromEnv("GOBUF_RUNS", 1, 1, RUNS_MAX),
  });
  if (!details.failed) return;
  const cause = details.errorInstance;
  const lines = [
    `property ${JSON.stringify(name)} fails after ${details.numRuns} runs and ${details.numShrinks} shrinks`,
    `seed ${details.seed}, counterexample: ${fc.stringify(details.counterexample?.[0])}`,
    cause instanceof Error ? cause.message : String(cause),
    `replay: GOBUF_SEED=${details.seed} GOBUF_PATH=${details.counterexamplePath} npx bun test ${file} -t '${name}'`,
  ];
  throw new Error(lines.join("\n"), { cause });
}
