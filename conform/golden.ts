/** Records the traces of Go that the kit has with it, for who has no Go: `bun conform/golden.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusBytes, corpusLines } from "../golden/corpus.ts";
import type { Case, CaseInput } from "../golden/format.ts";
import { type Go, goAvailable, record } from "../golden/record.ts";
import { command } from "../scripts/command.ts";
import { ABILITIES, type Ability } from "./src/sched/hello.ts";
import { workloadOf } from "./src/sched/workloads.ts";

export const GOLDEN = join(import.meta.dir, "golden", "sched.jsonl.gz");

/** Sets of operations that ports begin with, each with the one before; a scheduler gets the workloads of all that it has. */
const TIERS: readonly (readonly Ability[])[] = (
  [
    ["go", "send", "recv"],
    ["gosched", "work"],
    ["close"],
    ["select"],
    ["lock", "unlock"],
    ["wgadd", "wgdone", "wgwait", "join"],
  ] as Ability[][]
)
  .map((_, i, all) => all.slice(0, i + 1).flat())
  .concat([[...ABILITIES]]);
const CASES_EACH = 60;

/** The workloads of the kit's traces. */
export function inputs(): CaseInput[] {
  return TIERS.flatMap((ops, tier) =>
    Array.from({ length: CASES_EACH }, (_, k) => {
      const seed = 1 + tier * CASES_EACH + k;
      const input = workloadOf(seed, { ops, ...(tier < 2 && { capacities: [0, 1, 2, 3] }) });
      return { ...input, name: `tier${tier}-${input.name}` };
    }),
  );
}

/** The bytes of the file, as a Go records it. */
export function goldenBytes(go: Go, cases: readonly Case[]): Uint8Array {
  return corpusBytes(GOLDEN, corpusLines("conform", { go: go.version, goos: go.goos, goarch: go.goarch }, cases));
}

if (import.meta.main) {
  command("bun conform/golden.ts", "Records the traces of Go that the conformance kit has with it.").parse();
  const go = goAvailable();
  if (!go.ok) throw new Error(go.reason);
  const bytes = goldenBytes(go, await record(inputs(), { go }));
  writeFileSync(GOLDEN, bytes);
  console.log(`${GOLDEN}: ${bytes.length} bytes`);
}
