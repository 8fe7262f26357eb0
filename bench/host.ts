/**
 * `bun bench/host.ts IMPL SEED`: a process that runs the programs of one implementation in TypeScript, one at a time.
 *
 * First it prints `VERSION` TAB the names of its programs, separated by TABs. A line `SAMPLES N NAME` asks for samples of
 * a program. The answer is one line: for each sample its check and its values (nanoseconds, CPU nanoseconds or bytes of
 * all N operations), separated by spaces; samples separated by `;`. Or `!` and what went wrong. bench/peers has the same
 * for other languages.
 */
import type { Program, Programs } from "./program.ts";

/** The implementations that are TypeScript, and what loads them. */
const IMPLS: Record<string, (seed: number) => Promise<{ version: string; programs: Programs }>> = {
  generator: async (seed) => {
    const { programs, setSeed } = await import("./programs/gobuf.ts");
    setSeed(seed);
    return { version: await versionOf("gobuf"), programs };
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
};

/** A package's version, from the package. */
async function versionOf(name: string): Promise<string> {
  const { default: manifest } = await import(`${name}/package.json`, { with: { type: "json" } });
  return manifest.version;
}

/** One sample. @returns the check, and what was measured */
async function sample(program: Program, n: number): Promise<number[]> {
  Bun.gc(true); // what others left behind is not this sample's to sweep up
  const start = Bun.nanoseconds();
  const got = await program(n);
  const ns = Bun.nanoseconds() - start;
  return typeof got === "number" ? [got, ns] : [got.check, ...got.values];
}

async function answer(programs: Programs, line: string): Promise<string> {
  const [samples = "", n = "", ...words] = line.split(" ");
  const program = programs[words.join(" ")];
  if (program === undefined) return `! no such program: ${words.join(" ")}`;
  const list: number[][] = [];
  for (let i = 0; i < Number(samples); i++) list.push(await sample(program, Number(n)));
  return list.map((values) => values.join(" ")).join(";");
}

const [impl = "", seed = "1"] = process.argv.slice(2);
const load = IMPLS[impl];
if (load === undefined) throw new Error(`bench: host ${impl}: expected one of ${Object.keys(IMPLS).join(", ")}`);
const { version, programs } = await load(Number(seed));
console.log([version, ...Object.keys(programs)].join("\t"));
for await (const line of console) {
  if (line !== "")
    console.log(await answer(programs, line).catch((error) => `! ${String(error).replaceAll("\n", " ")}`));
}
