/**
 * `bun run shuffled [--seed N] [PATH...]`: the test files in a drawn order, one process for all
 * of them, as `bun test` has it. What a file leaves behind (a run, a global, a fake clock) meets other files than it does
 * in the order of their names. Bun's own `--randomize` shuffles the tests within the files as well.
 */
import fc from "fast-check";
import { checked, command, integer } from "./command.ts";

/** A test's time limit where it sets none, ms: what hangs is told of, and a busy machine fails nothing. */
const TEST_MS = 60_000;
const SEED_MAX = 2 ** 31 - 1;

/** The test files below the current folder, sorted: those that `bun test` finds. Where paths are given, those with one of them in their own. */
export function testFiles(paths: readonly string[] = []): string[] {
  const files = [...new Bun.Glob("**/*.test.ts").scanSync(".")].map((file) => file.replaceAll("\\", "/"));
  const parts = paths.map((path) => path.replace(/^\.\//, ""));
  return files
    .filter((file) => !/(^|\/)(node_modules|\..*)\//.test(file))
    .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
    .sort();
}

/** All of them, in the order that belongs to a seed. */
export function drawn<T>(all: readonly T[], seed: number): T[] {
  const arbitrary = fc.shuffledSubarray([...all], { minLength: all.length });
  return fc.sample(arbitrary, { seed, numRuns: 1 })[0] as T[];
}

/** The seed of a day, e.g. 20261130: the same on all machines, another one the day after. */
export function seedOf(day: Date): number {
  return Number(day.toISOString().slice(0, 10).replaceAll("-", ""));
}

/** Collects the command's paths. @throws where no test file has one of them in its path: a run of nothing would be green */
function paths(text: string, before: string[]): string[] {
  const path = checked((given) => {
    if (testFiles([given]).length === 0) throw new Error(`no test file has "${given}" in its path`);
    return given;
  })(text);
  return [...before, path];
}

if (import.meta.main) {
  const shuffled = command(
    "bun run shuffled",
    "Runs the test files in a drawn order, all in one process. Exit code: that of `bun test`; 2 where the command line " +
      "is wrong.",
  )
    .option("--seed <n>", "draws the order; by default the day (UTC), as a number", integer(0, SEED_MAX))
    .option("--rerun-each <n>", "runs each file so often", integer(1, 1000), 1)
    .argument("[path...]", "files with one of these in their paths; by default all", paths, [])
    .parse();
  const only = shuffled.processedArgs[0] as string[];
  const { seed = seedOf(new Date()), rerunEach } = shuffled.opts<{ seed?: number; rerunEach: number }>();
  const found = testFiles(only);
  if (found.length === 0) {
    console.error("gobuf: no test files below this folder: run it in the project's");
    process.exit(1);
  }
  const files = drawn(found, seed);
  const replay = `npx bun run shuffled --seed ${seed}${rerunEach === 1 ? "" : ` --rerun-each ${rerunEach}`}${only.map((path) => ` ${path}`).join("")}`;
  console.error(`gobuf: ${files.length} test files in the order of seed ${seed}: ${replay}`);
  const again = rerunEach === 1 ? [] : [`--rerun-each=${rerunEach}`];
  const child = Bun.spawn(
    [process.execPath, "test", `--timeout=${TEST_MS}`, ...again, ...files.map((file) => `./${file}`)],
    {
      stdio: ["inherit", "inherit", "inherit"],
    },
  );
  process.exitCode = await child.exited;
  if (process.exitCode !== 0) console.error(`gobuf: red in the order of seed ${seed}; replay: ${replay}`);
}
