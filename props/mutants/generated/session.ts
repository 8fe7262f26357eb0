/** Judges a draw: some mutants at a time, each in a copy of its own; others take the places of those that say nothing. */
import { join } from "node:path";
import { ensureNativeSync } from "../../../scripts/build.ts";
import { gitTree, type Tree } from "../../../scripts/house/tree.ts";
import { hostPlatform, packageRoot } from "../../../src/runtime/library.ts";
import { Copy } from "../copy.ts";
import { agreedOf, readArgued, staleOf } from "./argued.ts";
import { type Candidate, isReplaced, lineOf, PARTS, type Part } from "./candidate.ts";
import { candidatesOf, type Draw, draw } from "./catalogue.ts";
import { Edits } from "./edits.ts";
import { Graph } from "./graph.ts";
import { Judge, type Judgement } from "./judge.ts";
import { checksOf, ladderOf } from "./ladder.ts";
import { type Judged, patchOf, percent, refutedOf, rowOf, survivorsOf, survivorText, tableOf } from "./report.ts";
import { type Result, Results } from "./results.ts";
import { type Share, writeShare } from "./share.ts";
import { States } from "./states.ts";
import { languageOf } from "./text.ts";

/** Where results are kept, from the root. */
const FOLDER = ".mutants";

/** What is asked for. */
export interface Wanted {
  readonly n: number;
  readonly seed: number;
  readonly parts: readonly Part[];
  readonly jobs: number;
  /** Percent that must be found, or argued. */
  readonly least?: number | undefined;
  /** Seconds after which nothing more is judged, nor to its end. */
  readonly seconds?: number | undefined;
  /** Whether what it comes to is written, for FIDELITY.md. */
  readonly write?: boolean | undefined;
}

/** A tree as it is now, whatever is edited while mutants of it are judged. */
function frozen({ files, read }: Tree): Tree {
  const texts = new Map(files.map((file) => [file, read(file)]));
  return { files, read: (file) => texts.get(file) ?? read(file) };
}

/** Judges the draws, `jobs` at a time. The first in their order that count are those that are judged, whatever comes first. */
export async function judgeDraws(
  draws: readonly Draw[],
  jobs: number,
  judge: (candidate: Candidate, job: number) => Promise<Judgement>,
  isOver = () => false,
): Promise<Judged[]> {
  const judged: Judged[] = [];
  const states = draws.map(({ wanted, order }) => ({ left: order.values(), open: wanted, wanted }));
  let wake = Promise.withResolvers<void>();
  let busy = 0;
  const next = () => {
    if (isOver()) return undefined;
    for (;;) {
      // The part of which the largest share is left: a run that is stopped has judged some of each.
      const [state] = states.filter(({ open }) => open > 0).sort((a, b) => b.open / b.wanted - a.open / a.wanted);
      if (state === undefined) return undefined;
      const { value, done } = state.left.next();
      if (done) {
        state.open = 0;
        continue;
      }
      state.open--;
      return { state, candidate: value };
    }
  };
  const work = async (job: number) => {
    for (;;) {
      const taken = next();
      if (taken === undefined) {
        if (busy === 0) return wake.resolve();
        await wake.promise;
        continue;
      }
      const { state, candidate } = taken;
      busy++;
      try {
        const judgement = await judge(candidate, job);
        judged.push({ candidate, judgement });
        // Another takes its place.
        if (isReplaced(judgement.verdict)) state.open++;
      } finally {
        busy--;
        wake.resolve();
        wake = Promise.withResolvers();
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)));
  return judged;
}

/** What the last time through says, and of those that it did not come to what the quick one before it found out. */
export function together(quick: readonly Judged[], last: readonly Judged[]): Judged[] {
  const seen = new Set(last.map(({ candidate }) => candidate.id));
  const only = quick.filter(
    ({ candidate, judgement }) => judgement.verdict !== "not judged" && !seen.has(candidate.id),
  );
  return [...last, ...only];
}

/** Milliseconds of processor time that each mutant has first: most are found in them, and what takes long comes last. */
const FIRST_MS = 15_000;
/** Mutants of which the type checker is asked at once. */
const BATCH = 40;

/** Copies, one a job, made when the first mutant needs it, and what judges in them. */
class Shops implements Disposable {
  private readonly copies = new DisposableStack();
  private readonly judges: Judge[] = [];
  private readonly said = new Set<string>();
  private readonly asked = new Set<string>();
  readonly red = new Map<string, string>();

  private constructor(
    private readonly tree: Tree,
    private readonly graph: Graph,
    private readonly results: Results,
    private readonly states: States,
    /** In the order of the draw. */
    private readonly drawn: readonly Candidate[],
    private readonly leftMs: () => number,
  ) {}

  static async of(tree: Tree, results: Results, drawn: readonly Candidate[], leftMs: () => number): Promise<Shops> {
    const graph = await Graph.of(tree);
    return new Shops(tree, graph, results, new States(tree, graph), drawn, leftMs);
  }

  /** The state of what a verdict depends on. */
  private stateOf(candidate: Candidate, { verdict, step }: Pick<Result, "verdict" | "step">): string {
    if (isReplaced(verdict)) return this.states.ofCompiling(candidate.file);
    return this.states.of(verdict === "survived" ? checksOf(candidate, this.graph) : [step]);
  }

  private known(candidate: Candidate): Result | undefined {
    return this.results.of(candidate.id, (result) => this.stateOf(candidate, result));
  }

  /** What an earlier run has kept of a mutant, and nothing of one that is still to be judged. */
  async kept(candidate: Candidate): Promise<Judgement> {
    const known = this.known(candidate);
    return known === undefined ? { verdict: "not judged", by: "", step: "" } : this.say(candidate, known, true);
  }

  /** @param mostMs what its steps may take, by what they usually take, before it is left for later */
  async judge(candidate: Candidate, job: number, mostMs = Number.POSITIVE_INFINITY): Promise<Judgement> {
    const known = this.known(candidate);
    if (known !== undefined) return this.say(candidate, known, true);
    const start = performance.now();
    const judge = this.judges[job] ?? this.open();
    this.judges[job] = judge;
    const { id, file } = candidate;
    const isCompiled = languageOf(file) === undefined && (await this.isCompiled(candidate, judge));
    const refused = this.known(candidate);
    if (refused !== undefined) return this.say(candidate, refused, false);
    const isLeft = (name: string) => !this.results.hasPassed(id, name, this.states.of([name]));
    const judgement = await judge.judge(candidate, () => ladderOf(candidate, this.graph, this.results, isLeft), {
      leftMs: this.leftMs,
      isCompiled,
      mostMs,
    });
    const isOpen = judgement.verdict === "not judged";
    if (!isReplaced(judgement.verdict) && !isCompiled) this.results.compiles(id, this.states.ofCompiling(file));
    const tree = isOpen ? "" : this.stateOf(candidate, judgement);
    if (!isOpen) this.results.record({ id, file, tree, ...judgement, ms: Math.round(performance.now() - start) });
    return this.say(candidate, judgement, false);
  }

  /** Whether the type checker takes a mutant: what is not known is asked with others that are drawn. */
  private async isCompiled({ id, file }: Candidate, judge: Judge): Promise<boolean> {
    const isKnown = (one: { id: string; file: string }) =>
      this.results.isCompiled(one.id, this.states.ofCompiling(one.file));
    if (isKnown({ id, file })) return true;
    // It has been asked with others, and nothing came of it: it is asked alone.
    if (this.asked.has(id)) return false;
    const batch = new Map<string, Candidate>();
    for (const one of this.drawn) {
      if (batch.size >= BATCH) break;
      if (languageOf(one.file) !== undefined || batch.has(one.file) || this.asked.has(one.id)) continue;
      if (one.file === file && one.id !== id) continue;
      if (this.known(one) === undefined && !isKnown(one)) batch.set(one.file, one);
    }
    for (const one of batch.values()) this.asked.add(one.id);
    const reached = new Map([...batch.keys()].map((name) => [name, this.graph.dependentsOf(name)]));
    const { good, bad } = await judge.compiled(
      [...batch.values()],
      (from, other) => reached.get(from)?.has(other) === true,
    );
    for (const one of good) this.results.compiles(one.id, this.states.ofCompiling(one.file));
    for (const [one, by] of bad) {
      const verdict = "does not compile";
      const tree = this.states.ofCompiling(one.file);
      this.results.record({ id: one.id, file: one.file, tree, verdict, by, step: "", ms: 0 });
    }
    return isKnown({ id, file });
  }

  private open(): Judge {
    ensureNativeSync();
    const copy = this.copies.use(new Copy(packageRoot));
    return new Judge(copy, this.results, (steps) => this.states.of(steps), this.red);
  }

  private say(candidate: Candidate, { verdict, by, step }: Judgement, isKept: boolean): Judgement {
    const { id, file, at, operator } = candidate;
    const where = `${file}:${lineOf(this.tree.read(file), at)}`;
    const how = by === "" ? "" : `  <- ${step === "" ? "" : `${step}: `}${by}`;
    // What is left for later says nothing yet.
    if (verdict !== "not judged" && !this.said.has(id))
      console.log(`${verdict.padEnd(16)} ${id} ${where} ${operator}${how}${isKept ? " (kept)" : ""}`);
    if (verdict !== "not judged") this.said.add(id);
    return { verdict, by, step };
  }

  [Symbol.dispose](): void {
    this.copies.dispose();
  }
}

/** Whether the list of arguments fits the sources; it says so where not. */
async function arguedOf(tree: Tree, candidates: readonly Candidate[], parts: readonly Part[], kept: Edits) {
  const argued = readArgued();
  const all = parts.length === PARTS.length ? candidates : await candidatesOf(tree, hostPlatform(), PARTS, kept);
  const stale = staleOf(argued, all);
  for (const line of stale) console.error(line);
  return stale.length === 0 ? argued : undefined;
}

/** What is written of a run. */
export function writtenOf(
  seed: number,
  draws: readonly Draw[],
  judged: readonly Judged[],
  argued: ReadonlySet<string>,
  results: Pick<Results, "isBegun">,
): Share {
  const parts = draws
    .filter(({ wanted }) => wanted > 0)
    .map(({ part, wanted }) => {
      const own = judged.filter(({ candidate }) => candidate.part === part);
      const row = rowOf(own, argued);
      const open = own.filter(
        ({ candidate, judgement }) => judgement.verdict === "not judged" && results.isBegun(candidate.id),
      );
      const found = row.found + row["timed out"];
      return [part, { wanted, found, argued: row.argued, survived: row.survived, begun: open.length }] as const;
    });
  return { seed, parts: Object.fromEntries(parts) };
}

/** `--generated`. @returns the exit code */
export async function runGenerated({
  n,
  seed,
  parts,
  jobs,
  least,
  seconds = Number.POSITIVE_INFINITY,
  write = false,
}: Wanted): Promise<number> {
  const start = performance.now();
  const tree = frozen(gitTree(packageRoot));
  const results = new Results(join(packageRoot, FOLDER));
  const kept = new Edits(join(packageRoot, FOLDER));
  const candidates = await candidatesOf(tree, hostPlatform(), parts, kept);
  const argued = await arguedOf(tree, candidates, parts, kept);
  if (argued === undefined) return 1;
  const draws = draw(candidates, n, seed);
  const drawn = draws.flatMap(({ order, wanted }) => order.slice(0, wanted));
  const leftMs = () => start + seconds * 1000 - performance.now();
  const isOver = () => leftMs() <= 0;
  using shops = await Shops.of(tree, results, drawn, leftMs);
  // First what is known: a run that goes on where another was has it whatever its time, and then what is open takes long.
  const before = await judgeDraws(draws, 1, (candidate) => shops.kept(candidate));
  const quick = await judgeDraws(draws, jobs, (candidate, job) => shops.judge(candidate, job, FIRST_MS), isOver);
  const last = await judgeDraws(draws, jobs, (candidate, job) => shops.judge(candidate, job), isOver);
  const judged = together(together(before, quick), last);
  const agreed = agreedOf(argued);
  for (const candidate of survivorsOf(judged, agreed)) {
    console.log(`\n${survivorText(candidate, tree.read(candidate.file))}`);
  }
  console.log(`\n${tableOf(judged, agreed)}`);
  const ids = new Set(agreed.map(({ id }) => id));
  const row = rowOf(judged, ids);
  const took = Math.round((performance.now() - start) / 1000);
  const of = `drawn with seed ${seed} of ${candidates.length} (${parts.join(", ")}) in ${took} s`;
  console.log(
    `\nfound ${row.found + row["timed out"]} of ${row.drawn}, ${row.argued} argued: ${percent(row.share)}; ${of}`,
  );
  if (write) writeShare(writtenOf(seed, draws, judged, ids, results));
  for (const { id } of argued.filter((one) => !agreed.includes(one)))
    console.log(`argued.json: ${id} counts as a survivor until somebody who did not write its argument has read it`);
  const refuted = refutedOf(judged, argued);
  for (const { candidate, judgement } of refuted) {
    console.error(`argued.json: ${candidate.id} is argued, but ${judgement.verdict}: take it out`);
  }
  for (const [step, by] of shops.red) console.error(`${step} is red without any fault, and found nothing: ${by}`);
  if (row.drawn < n) {
    // Those that survive take longest.
    const why = isOver() ? `the ${seconds} s were over, and the share is that of the quick ones` : "there are no more";
    console.error(`${row.drawn} of ${n} were judged: ${why}`);
  }
  const isEnough = least === undefined || (row.share * 100 >= least && row.drawn === n);
  if (!isEnough) console.error(`${percent(row.share)} were found or argued: expected ${least} % at least, of ${n}`);
  return isEnough && refuted.length === 0 && shops.red.size === 0 && row.drawn > 0 ? 0 : 1;
}

/** `--generated-one`. @returns the exit code */
export async function runOne(id: string, isPatch: boolean): Promise<number> {
  const tree = frozen(gitTree(packageRoot));
  const candidates = await candidatesOf(tree, hostPlatform(), PARTS, new Edits(join(packageRoot, FOLDER)));
  const candidate = candidates.find((one) => one.id === id);
  if (candidate === undefined) {
    console.error(`bun run mutants: no mutant of the sources as they are has the identity ${id}`);
    return 2;
  }
  const patch = patchOf(tree.read(candidate.file), candidate);
  if (isPatch) {
    process.stdout.write(patch);
    return 0;
  }
  using shops = await Shops.of(tree, new Results(join(packageRoot, FOLDER)), [], () => Number.POSITIVE_INFINITY);
  const { verdict } = await shops.judge(candidate, 0);
  console.log(patch);
  return verdict === "survived" || shops.red.size > 0 ? 1 : 0;
}
