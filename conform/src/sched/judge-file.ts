/** Judges a file of traces that a port wrote itself: each workload again on Go, or looked for among the kit's own traces. */
import type { Case } from "../../../golden/format.ts";
import { readGoldenFile } from "../../../props/fidelity/reader.ts";
import { ABILITIES, type Hello, LEVELS, type Level } from "./hello.ts";
import { judge } from "./judge.ts";
import type { Reference } from "./reference.ts";
import { type Found, resultOf, type SchedReport } from "./run.ts";

/** Go's side of each case. */
async function goOf(cases: readonly Case[], reference: Reference): Promise<readonly (Case | undefined)[]> {
  if (reference.record !== undefined) return reference.record(cases);
  const known = new Map(reference.cases?.map((c) => [JSON.stringify([c.seed, c.workload]), c]));
  return cases.map(({ seed, workload }) => known.get(JSON.stringify([seed, workload])));
}

/** Judges a file. @throws Error where it cannot be read */
export async function judgeFile(file: string, reference: Reference, level: Level): Promise<SchedReport> {
  const { header, cases } = readGoldenFile(file);
  const status = cases.some((c) => c.status.length > 0);
  const names = { name: header.corpus, version: header.go };
  const hello: Hello = { conform: 1, ...names, ops: ABILITIES, order: "total", deadlocks: true, status, level };
  const go = await goOf(cases, reference);
  const found: Found[] = cases.map((input, i) => ({
    input,
    go: go[i],
    answer: input,
    judged: judge(input, input, hello, go[i]),
  }));
  const results = [];
  for (const each of LEVELS) results.push(await resultOf(each, found, hello, undefined, reference, level));
  return { hello, reference: reference.name, results, lacks: [], skipped: {} };
}
