/** The part behind `--go-matrix`: each Go is fetched where it is not there, and records the committed cases. */
import { readFileSync } from "node:fs";
import { corpora, linesOf } from "../../golden/corpus.ts";
import { firstDifference, type Go, goAvailable, goEnvironment, minorOf, record } from "../../golden/record.ts";
import { UsageError } from "./cli.ts";
import type { Context } from "./context.ts";
import { COUNTED, type Count, corporaDigest, PINNED, ruleOf, writeMatrix } from "./matrix.ts";
import { type Failure, type PartResult, Tally } from "./result.ts";
import { CACHE, readSource } from "./status/read.ts";
import { sourceFaults } from "./status/table.ts";
import { takenBy } from "./status/taken.ts";

const PART = "go-matrix";

/** The newest release that the module proxy serves for this machine. @throws Error when it does not answer */
function newestServed(go: Go): string {
  const line = [go.command, "list", "-m", "-versions", "golang.org/toolchain"];
  const env = { ...goEnvironment(CACHE), GOFLAGS: "-mod=mod" };
  const { exitCode, stdout, stderr } = Bun.spawnSync(line, { cwd: import.meta.dir, env });
  if (exitCode !== 0) throw new Error(stderr.toString().trim());
  const served = [...stdout.toString().matchAll(/v0\.0\.1-(go1\.(\d+)\.(\d+))\.(\S+)/g)]
    .filter(([, , , , platform]) => platform === `${go.goos}-${go.goarch}`)
    .map(([, name = "", minor, patch]) => ({ name, order: Number(minor) * 1000 + Number(patch) }));
  return served.reduce((a, b) => (b.order > a.order ? b : a), { name: "", order: -1 }).name;
}

/** Records with one Go. @returns counts by rule, and where it differs */
async function recordWith(go: Go, tally: Tally): Promise<{ rules: Record<string, Count>; differences: string[] }> {
  const rules: Record<string, Count> = {};
  const differences: string[] = [];
  for (const { path, cases } of corpora()) {
    const committed = linesOf(path, new Uint8Array(readFileSync(path))).slice(1);
    const recorded = await record(cases, { go });
    for (const [i, c] of recorded.entries()) {
      const line = JSON.stringify(c);
      const differs = line !== committed[i];
      const [of, differ] = rules[ruleOf(c.name)] ?? [0, 0];
      rules[ruleOf(c.name)] = [of + 1, differ + Number(differs)];
      tally.add(c, differs);
      tally.compared += c.ops.length + c.status.length;
      if (differs) differences.push(firstDifference(["", committed[i] ?? ""], ["", line]) ?? c.name);
    }
  }
  return { rules, differences };
}

/** Records the committed cases with each Go that was asked for; all that are pinned, and the newest, by default. */
export async function matrixPart({ options, reporter }: Context): Promise<PartResult> {
  const own = goAvailable(options.go);
  if (!own.ok) throw new UsageError(`--go-matrix: ${own.reason}`);
  const asked = options.goMatrix ?? [];
  const tally = new Tally(PART, "");
  const failures: Failure[] = [];
  const fail = (title: string, details: readonly string[], more: Partial<Failure> = {}) =>
    void failures.push({ part: PART, body: "", title, details, replay: undefined, ...more });
  const versions = asked.length > 0 ? [...asked] : [...PINNED];
  let newest = "";
  if (asked.length === 0) {
    try {
      newest = newestServed(own);
    } catch (error) {
      tally.notes.push(`the newest is not known: ${(error as Error).message.split("\n")[0]}`);
    }
    if (newest !== "" && !PINNED.includes(newest)) versions.push(newest);
  }
  reporter.begin(PART, versions.length, "versions of Go");
  const counts: Record<string, Record<string, Count>> = {};
  const taken: Record<string, string[]> = {};
  for (const version of versions) {
    // what the calendar brings is told, and turns nothing red
    const binding = asked.length > 0 || PINNED.includes(version);
    const go = goAvailable(options.go, version);
    if (!go.ok) {
      const reason = go.reason.split("\n")[0] ?? "";
      reporter.line(`${version}: ${options.maySkip ? "SKIPPED" : "NOT RECORDED"}: ${reason}`);
      if (options.maySkip || !binding) tally.skip(`${version} cannot be fetched: ${reason}`);
      else fail(`there is no ${version}`, [go.reason], { notRecorded: true });
      continue;
    }
    try {
      const { rules, differences } = await recordWith(go, tally);
      const source = readSource(go);
      const faults = sourceFaults(source, minorOf(version));
      counts[version] = rules;
      reporter.line(
        `${version}: ${differences.length} cases differ, ${faults.length} statuses or changes${binding ? "" : " (informative)"}`,
      );
      if (!binding) for (const text of [...differences, ...faults].slice(0, 5)) reporter.line(`  ${text}`);
      else {
        for (const text of differences) fail(`${version} decides in another way`, [text]);
        for (const text of faults) fail(`${version}: ${text}`, []);
      }
      if (asked.length === 0 && COUNTED.includes(version)) taken[version] = takenBy(go, source);
    } catch (error) {
      if (binding) fail(`${version} cannot record`, [(error as Error).message], { notRecorded: true });
      else reporter.line(`${version} cannot record (informative): ${(error as Error).message.split("\n")[0]}`);
    }
    reporter.tick();
  }
  if (options.page === "write" && asked.length === 0) {
    const pinned = Object.fromEntries(Object.entries(counts).filter(([version]) => PINNED.includes(version)));
    writeMatrix({ corpora: corporaDigest(), versions: pinned, taken });
  }
  const result = { rows: [{ ...tally.row(), divergent: failures.length }], failures };
  reporter.end(result);
  return result;
}
