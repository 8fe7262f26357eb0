/** The golden part: recorded cases on every chosen kind of body, event for event. */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { otherThanFile } from "../../src/runtime/library.ts";
import { UsageError } from "./cli.ts";
import { type Bodies, type Context, inShard } from "./context.ts";
import { type GoldenCase, GoldenError, isGoldenName, readGoldenFile } from "./reader.ts";
import { type Replay, replayCommand } from "./replay.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { divergences, illegalities } from "./run-case.ts";
import { limitsOf } from "./trace.ts";

const PART = "golden";
const CORPORA = join(import.meta.dir, "..", "..", "golden");

/** The golden files a path stands for: itself, or those in the folder. @throws UsageError */
function filesAt(path: string): string[] {
  let other: string | undefined;
  try {
    other = otherThanFile(path);
  } catch (error) {
    throw new UsageError(`--golden ${path}: ${(error as Error).message}`);
  }
  if (other === undefined) return [path];
  if (other !== "a folder")
    throw new UsageError(`--golden ${path}: it is ${other}; expected a file, or a folder of them`);
  const names = readdirSync(path).filter(isGoldenName).sort();
  if (names.length === 0) throw new UsageError(`--golden ${path}: the folder has no .jsonl and no .jsonl.gz`);
  return names.map((name) => join(path, name));
}

/** The files to run: those of the command line, else the built-in corpora. @throws UsageError */
export function goldenFiles(paths: readonly string[]): string[] {
  const files = paths.length === 0 ? filesAt(relative(process.cwd(), CORPORA) || ".") : paths.flatMap(filesAt);
  return [...new Set(files)];
}

/** Reads every file; one that cannot be trusted is a failure, and the others still run. */
function readAll(files: readonly string[], failures: Failure[]): GoldenCase[] {
  return files.flatMap((file) => {
    try {
      return readGoldenFile(file).cases;
    } catch (error) {
      if (!(error instanceof GoldenError)) throw error;
      failures.push({ part: PART, body: "", title: `${file} is refused`, details: [error.message], replay: undefined });
      return [];
    }
  });
}

/** Runs one case on one kind of body. */
function runCase(c: GoldenCase, bodies: Bodies, tally: Tally, library: string | undefined): Failure | undefined {
  const refused = bodies.refuses?.(c.workload);
  if (refused !== undefined) {
    tally.skip(refused);
    return undefined;
  }
  const details = tally.timed(() => {
    const got = bodies.run(c, limitsOf(c));
    const found = [...divergences(c, got, tally), ...bodies.takeFaults()];
    // a file that was tampered with and a port that agrees with it: the judges know neither
    return found.length > 0 ? found : illegalities(c, got);
  });
  tally.add(c, details.length > 0);
  if (details.length === 0) return undefined;
  const replay = { kind: "golden", file: c.file, name: c.name } as const;
  const title = `case ${JSON.stringify(c.name)} of ${c.file}:${c.line}`;
  return { part: PART, body: bodies.kind, title, details, replay: replayCommand(replay, bodies.kind, { library }) };
}

/**
 * Runs the corpora, or the one case of a replay.
 *
 * @param isWanted of the corpora: by a case's name, whether it is run
 * @throws UsageError
 */
export function goldenPart(
  { options, reporter, bodies }: Context,
  replay?: Replay & { kind: "golden" },
  isWanted: (name: string) => boolean = () => true,
): PartResult {
  const failures: Failure[] = [];
  const files = replay === undefined ? goldenFiles(options.golden) : filesAt(replay.file);
  let cases = readAll(files, failures);
  if (replay === undefined) cases = cases.filter(({ name }, k) => inShard(options, k) && isWanted(name));
  else {
    cases = cases.filter((c) => c.name === replay.name);
    if (cases.length === 0 && failures.length === 0) {
      throw new UsageError(`--replay: ${replay.file} has no case ${JSON.stringify(replay.name)}`);
    }
  }
  reporter.begin(PART, cases.length * bodies.length, `runs of ${cases.length} cases in ${files.length} files`);
  const tallies = bodies.map((b) => new Tally(PART, b.kind));
  for (const c of cases) {
    bodies.forEach((b, i) => {
      const failure = runCase(c, b, tallies[i] as Tally, options.library);
      if (failure !== undefined) failures.push(failure);
      reporter.tick();
    });
  }
  const result = { rows: tallies.map((t) => t.row()), failures };
  reporter.end(result);
  return result;
}
