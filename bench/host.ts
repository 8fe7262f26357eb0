/**
 * `bun bench/host.ts IMPL SEED`: a process that runs the programs of one implementation in TypeScript, one at a time.
 *
 * First it prints `VERSION` TAB the names of its programs, separated by TABs. A line `SAMPLES N NAME` asks for samples of
 * a program. The answer is one line: for each sample its check and its values (nanoseconds, CPU nanoseconds or bytes of
 * all N operations), separated by spaces; samples separated by `;`. Or `!` and what went wrong. bench/peers has the same
 * for other languages.
 */
import { measure } from "mitata";
import { parseInteger } from "../scripts/numbers.ts";
import type { Program, Programs } from "./program.ts";

/** The implementations that are TypeScript, and what loads them. */
const IMPLS: Record<string, (seed: number) => Promise<{ version: string; programs: Programs }>> = {
  generator: async (seed) => {
    const { programs, setSeed } = await import("./programs/gobuf.ts");
    const { programs: mixed } = await import("./programs/mixed.ts");
    const { programs: bridge } = await import("./programs/bridge.ts");
    const { first } = await import("./programs/start.ts");
    setSeed(seed);
    const others = { ...mixed, ...bridge, "import and first run": first };
    return { version: await versionOf("gobuf"), programs: { ...programs, ...others } };
  },
  native: async (seed) => {
    const { setSeed } = await import("./programs/gobuf.ts");
    const { programs } = await import("./programs/native.ts");
    setSeed(seed);
    return { version: await versionOf("gobuf"), programs };
  },
  async: async () => ({ version: `Bun ${Bun.version}`, programs: (await import("./programs/async.ts")).programs }),
  effect: async () => ({
    version: await versionOf("effect"),
    programs: (await import("./programs/effect.ts")).programs,
  }),
  csp: async () => ({
    version: await versionOf("@thi.ng/csp"),
    programs: (await import("./programs/csp.ts")).programs,
  }),
  stacks: async () => ({
    version: await versionOf("gobuf"),
    programs: (await import("./programs/native.ts")).ofStacks,
  }),
};

/** A package's version, from the package. */
async function versionOf(name: string): Promise<string> {
  const { default: manifest } = await import(`${name}/package.json`, { with: { type: "json" } });
  return manifest.version;
}

/** Samples as they go over the wire: the check, and what was measured. */
type Answer = readonly (readonly number[])[];

/** How a program tells its time: by the time of the whole call, by itself, or by several things at once. */
type Kind = "call" | "manual" | "several";

function kindOf(got: Awaited<ReturnType<Program>>): Kind {
  if (typeof got === "number") return "call";
  return got.values.length === 1 ? "manual" : "several";
}

/** Samples by mitata, which collects garbage before each: what others left behind is not this one's to sweep up. */
async function timed(program: Program, kind: "call" | "manual", n: number, count: number): Promise<Answer> {
  const checks = new Set<number>();
  const run = async () => {
    const got = await program(n);
    checks.add(typeof got === "number" ? got : got.check);
    return typeof got === "number" ? 0 : (got.values[0] ?? Number.NaN);
  };
  const options = {
    min_samples: count,
    max_samples: count,
    min_cpu_time: 0,
    warmup_samples: 0,
    // A sample is long: it needs no batch. And each counts: how far they lie apart is what the spread tells.
    batch_threshold: 0,
    samples_threshold: Number.POSITIVE_INFINITY,
    inner_gc: true,
  };
  const byItself = function* () {
    yield { manual: run };
  };
  const { samples } = await (kind === "call" ? measure(run, options) : measure(byItself, options));
  const [check = Number.NaN, ...others] = checks;
  if (others.length > 0) throw new Error(`it gave ${[...checks].join(" and ")}`);
  return samples.map((value) => [check, value]);
}

/** What is known of the programs that have run. */
const kinds = new Map<Program, Kind>();

/** One sample, of a program that nothing is known of yet, or that measures several things. */
async function once(program: Program, n: number): Promise<readonly number[]> {
  Bun.gc(true);
  const start = Bun.nanoseconds();
  const got = await program(n);
  const ns = Bun.nanoseconds() - start;
  kinds.set(program, kindOf(got));
  return typeof got === "number" ? [got, ns] : [got.check, ...got.values];
}

async function samplesOf(program: Program, n: number, count: number): Promise<Answer> {
  const kind = kinds.get(program);
  if (kind === "call" || kind === "manual") return await timed(program, kind, n, count);
  const list: (readonly number[])[] = [];
  for (let i = 0; i < count; i++) list.push(await once(program, n));
  return list;
}

async function answer(programs: Programs, line: string): Promise<string> {
  const [samples = "", n = "", ...words] = line.split(" ");
  const program = programs[words.join(" ")];
  if (program === undefined) return `! no such program: ${words.join(" ")}`;
  const list = await samplesOf(program, Number(n), Number(samples));
  return list.map((values) => values.join(" ")).join(";");
}

const [impl = "", seed = "1"] = process.argv.slice(2);
const load = IMPLS[impl];
if (load === undefined) throw new Error(`bench: host ${impl}: expected one of ${Object.keys(IMPLS).join(", ")}`);
const { version, programs } = await load(parseInteger(seed, 0, Number.MAX_SAFE_INTEGER));
console.log([version, ...Object.keys(programs)].join("\t"));
for await (const line of console) {
  if (line !== "")
    console.log(await answer(programs, line).catch((error) => `! ${String(error).replaceAll("\n", " ")}`));
}
